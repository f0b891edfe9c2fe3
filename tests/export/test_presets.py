"""What is shipped is what was exported: parity, golden data, card."""

import json
from pathlib import Path

import numpy as np
import pytest

from export import golden, parity
from gate.modelfile import contract
from training.judging.metrics import MEASURES

PRESETS = [
    path
    for path in sorted((Path(__file__).parents[2] / "presets").glob("*/model.onnx"))
    if json.loads((path.parent / "preset.json").read_text()).get("kind", "gate") == "gate"
]
GOLDEN = {"rtol": 1e-3, "atol": 1e-3}
"""Another processor sums in another order; probability, gain and times to a thousandth."""


@pytest.fixture(params=PRESETS, ids=lambda path: path.parent.name)
def folder(request) -> Path:
    return request.param.parent


def test_voice_is_shipped():
    """The preset that gate-render takes without being told."""
    assert "voice" in [path.parent.name for path in PRESETS]


def test_kept_parity_is_within_tolerance(folder):
    """Torch, ONNX and engine gave one gain when the preset was made."""
    figures = json.loads((folder / "parity.json").read_text())
    gains = {name: value for name, value in figures.items() if name.endswith("_gain")}
    assert len(gains) == 5 and max(gains.values()) <= parity.GAIN_TOLERANCE


@pytest.mark.parametrize("batch", [1, 256])
def test_golden_input_gives_golden_output(folder, batch):
    """On this machine, live and offline, the preset does what it did where it was made."""
    kept = np.load(folder / "golden" / golden.FILE)
    x = kept["input"].astype(np.float32) / 32768
    np.testing.assert_allclose(x, golden.sound(), atol=1.1 / 32768)  # one step of 16 bits
    curve = parity.engine_curve(contract.read(folder / "model.onnx"), x, float(kept["threshold_db"]), batch)
    columns = [1, 2, 4, 5, 6, 9, 10]  # without times, gain in dB (-inf) and the key's edges (steps)
    np.testing.assert_allclose(curve[:, columns], kept["curve"][:, columns], **GOLDEN)


def test_the_golden_sound_makes_the_gate_move(folder):
    """Golden data of a gate that stays shut would hold it to nothing."""
    openness = np.load(folder / "golden" / golden.FILE)["curve"][:, 2]
    assert openness.max() > 0.9 and np.mean(openness < 0.1) > 0.2


def test_card_names_sources_and_scores(folder):
    """Every measure, every licence, and how to make it again."""
    checked = contract.read(folder / "model.onnx")
    card = (folder / "CARD.md").read_text()
    assert all(set(MEASURES) <= set(row) for row in checked.scores.values())
    for needed in ("python -m training.teach.train", "seed", "licence", "gcompris", "scenes of 20 s"):
        assert needed in card
