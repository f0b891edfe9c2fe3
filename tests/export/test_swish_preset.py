"""A finished run of the frame classifier becomes a preset; what is shipped is what was exported."""

import dataclasses
import json
from pathlib import Path

import numpy as np
import pytest
import torch

from export import golden, swish_parity, swish_preset, to_onnx
from gate.modelfile import contract, preset
from training.networks.mfcc import COEFFICIENTS
from training.networks.swishnet import SwishConfig, SwishNet

GOLDEN = 1e-3
"""Absolute, in probability: another processor sums in another order."""
SHIPPED = [
    path.parent
    for path in sorted((Path(__file__).parents[2] / "presets").glob("*/model.onnx"))
    if json.loads((path.parent / "preset.json").read_text()).get("kind") == "classify"
]
MODEL = SwishConfig(memory=(0.3, 1.0, 3.0), level_blind=True)
RESULT = {
    "scores": {"auc": 0.875, "1 s": {"overall": 0.75}},
    "sources": [("speech", "somebody", 3, "CC0")],
    "training_data": "3 recordings from 1 sources; see CARD.md",
    "data_sha256": "0" * 64,
    "date": "2026-01-01",
}


def checkpoint(path: Path, model: SwishConfig = MODEL, **changes) -> Path:
    """A run's last checkpoint, with a network of which the golden sound makes something."""
    torch.manual_seed(12)
    net = SwishNet(model)
    with torch.no_grad():
        net.set_normalisation(torch.randn(COEFFICIENTS), 10.0 + torch.rand(COEFFICIENTS))
        net.out.weight.normal_(0.0, 0.7)
    config = {"name": "tiny", "taught": "nothing yet", "seed": 1, "model": dataclasses.asdict(model)}
    state = {"config": config, "step": 1, "average": net.state_dict(), "result": RESULT}
    torch.save(state | changes, path)
    return path


@pytest.fixture(scope="module")
def exported(tmp_path_factory) -> Path:
    """A preset's folder, from the command."""
    folder = tmp_path_factory.mktemp("swish")
    assert to_onnx.main([str(checkpoint(folder / "c.pt")), str(folder / "tiny")]) == 0
    return folder / "tiny"


@pytest.fixture(params=["exported", *SHIPPED], ids=lambda p: p if isinstance(p, str) else p.name)
def folder(request, exported) -> Path:
    return exported if request.param == "exported" else request.param


def test_kept_parity_is_within_tolerance(folder):
    """Torch, ONNX and engine said the same when the preset was made."""
    figures = json.loads((folder / "parity.json").read_text())
    assert len(figures) == 5 and max(figures.values()) <= swish_parity.TOLERANCE


@pytest.mark.parametrize("batch", [1, 64])
def test_golden_input_gives_golden_output(folder, batch):
    """On this machine, live and offline, the preset says what it said where it was made."""
    kept = np.load(folder / "golden" / golden.FILE)
    x = kept["input"].astype(np.float32) / 32768
    np.testing.assert_allclose(x, swish_parity.sound(), atol=1.1 / 32768)  # one step of 16 bits
    classes = swish_parity.engine_classes(contract.read(folder / "model.onnx"), x, batch)
    frames = classes.shape[1]
    assert frames > kept["classes"].shape[1] - batch
    np.testing.assert_allclose(classes, kept["classes"][:, :frames], atol=GOLDEN, rtol=0)


def test_the_golden_sound_makes_it_change_its_mind(folder):
    """Golden data of a classifier that always says the same would hold it to nothing."""
    classes = np.load(folder / "golden" / golden.FILE)["classes"]
    assert np.ptp(classes, axis=1).max() > 0.2
    np.testing.assert_allclose(classes.sum(axis=0), 1.0, atol=1e-5)


def test_card_names_sources_and_scores(folder):
    """How to make it again, every licence, the classes, and each score."""
    card, checked = (folder / "CARD.md").read_text(), contract.read(folder / "model.onnx")
    for needed in ("training.detector.train", "seed", "licence", "| class | source |", *checked.classes):
        assert needed in card


def test_the_command_takes_both_kinds(exported):
    """The checkpoint says which kind it is: this one becomes a classifier's preset, read back with its classes."""
    read = preset.resolve(exported, "classify").contract
    assert (read.name, read.classes) == ("tiny", ("speech", "music", "noise"))
    assert (read.sample_rate, read.block, read.latency_samples) == (16_000, 160, 0)
    card = (exported / "CARD.md").read_text()
    assert "| auc | 0.875 |" in card and "| 1 s, overall | 0.75 |" in card and "somebody" in card


def test_two_classes_have_names_too(tmp_path):
    """Speech or not."""
    to_onnx.export(checkpoint(tmp_path / "c.pt", SwishConfig(classes=2)), tmp_path / "p")
    assert contract.read(tmp_path / "p" / "model.onnx").classes == ("speech", "non_speech")


@pytest.mark.parametrize(
    ("model", "changes", "words"),
    [
        (MODEL, {"result": None}, "has not ended"),
        (SwishConfig(classes=5), {}, "2 or 3 classes"),
        (MODEL, {"average": {}}, "expected a frame classifier"),
    ],
)
def test_an_unfit_checkpoint_is_refused(tmp_path, capsys, model, changes, words):
    """One sentence, exit 1, nothing written."""
    path = checkpoint(tmp_path / "c.pt", model, **changes)
    assert to_onnx.main([str(path), str(tmp_path / "p")]) == 1
    assert words in capsys.readouterr().err
    assert not (tmp_path / "p").exists()


def test_networks_that_disagree_are_not_shipped(tmp_path, monkeypatch):
    """Parity is a condition of export, not a note in it."""
    monkeypatch.setattr(swish_parity, "measure", lambda *args: {"engine_batch_probability": 0.1})
    with pytest.raises(to_onnx.ExportError, match="agree"):
        swish_preset.export(torch.load(checkpoint(tmp_path / "c.pt"), weights_only=True), tmp_path / "p")
    assert not (tmp_path / "p").exists()
