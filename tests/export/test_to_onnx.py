"""A finished checkpoint becomes a preset; anything else is refused with nothing written."""

import dataclasses

import numpy as np
import pytest
import torch

from export import golden, parity, to_onnx
from gate.modelfile import contract, preset
from training.judging.metrics import MEASURES
from training.networks.gate_net import GateConfig, GateNet
from training.teach.config import Config

CONFIG = Config(name="tiny", taught="nothing yet", model=GateConfig(width=8, hidden=8))
RESULT = {
    "open_at": 0.6,
    "close_at": 0.3,
    "scores": {"noise": dict.fromkeys(MEASURES, 0.5)},
    "by_snr": {"noise, 5 dB": dict.fromkeys(MEASURES, 0.5)},
    "intervals_95": {"noise": {m: (0.4, 0.6) for m in MEASURES}},
    "hardest": ["0.50: noise at 5 dB, rain"],
    "scenes_per_kind": 1,
    "sources": [("speech", "somebody", 3, "CC0")],
    "training_data": "3 recordings",
    "data_sha256": "0" * 64,
    "date": "2026-01-01",
}


@pytest.fixture
def checkpoint(tmp_path):
    torch.manual_seed(11)
    weights = GateNet(CONFIG.model).state_dict()
    path = tmp_path / "checkpoint.pt"
    torch.save({"config": dataclasses.asdict(CONFIG), "step": 1, "average": weights, "result": RESULT}, path)
    return path


def test_export_writes_a_preset_that_agrees_with_torch(checkpoint, tmp_path, capsys):
    """Model, defaults, card, parity and golden data; torch, ONNX and engine give one gate."""
    folder = tmp_path / "presets" / "tiny"
    assert to_onnx.main([str(checkpoint), str(folder)]) == 0
    assert "engine_batch_gain" in capsys.readouterr().out
    read = preset.resolve(folder)
    assert (read.contract.name, read.contract.open_at, read.contract.close_at) == ("tiny", 0.6, 0.3)
    text = (folder / "CARD.md").read_text()
    assert "somebody" in text and "rain" in text and "0.4 to 0.6" in text
    net, _, _ = to_onnx.load(checkpoint)
    figures = parity.measure(net, read.contract, golden.sound(), -40.0)
    assert max(v for k, v in figures.items() if k.endswith("_gain")) <= parity.GAIN_TOLERANCE


def test_golden_data_is_what_the_engine_gives(checkpoint, tmp_path):
    """The curve kept beside the model is the curve of the sound kept beside it."""
    to_onnx.export(checkpoint, tmp_path / "p")
    kept = np.load(tmp_path / "p" / "golden" / golden.FILE)
    checked = contract.read(tmp_path / "p" / "model.onnx")
    curve = parity.engine_curve(
        checked, kept["input"].astype(np.float32) / 32768, float(kept["threshold_db"]), 1
    )
    np.testing.assert_allclose(curve, kept["curve"], rtol=1e-4, atol=1e-4)


def test_an_unfinished_run_is_refused(checkpoint, tmp_path, capsys):
    """A preset needs decision thresholds and scores; a run has them when it has ended."""
    state = torch.load(checkpoint, weights_only=True) | {"result": None}
    torch.save(state, checkpoint)
    assert to_onnx.main([str(checkpoint), str(tmp_path / "p")]) == 1
    assert "has not ended" in capsys.readouterr().err
    assert not (tmp_path / "p").exists()


@pytest.mark.parametrize("content", [None, b"", b"not a checkpoint"])
def test_what_is_no_checkpoint_is_refused(tmp_path, capsys, content):
    """One sentence, exit 1, nothing written."""
    path = tmp_path / "x.pt"
    if content is not None:
        path.write_bytes(content)
    assert to_onnx.main([str(path), str(tmp_path / "p")]) == 1
    assert "expected a checkpoint" in capsys.readouterr().err
    assert not (tmp_path / "p").exists()


def test_networks_that_disagree_are_not_shipped(checkpoint, tmp_path, monkeypatch):
    """Parity is a condition of export, not a note in it."""
    monkeypatch.setattr(parity, "measure", lambda *args: {"engine_batch_gain": 0.1})
    with pytest.raises(to_onnx.ExportError, match="agree"):
        to_onnx.export(checkpoint, tmp_path / "p")
    assert not (tmp_path / "p").exists()
