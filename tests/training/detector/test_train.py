"""The detector's loop: it learns, goes on where it stopped, and says what it was taught."""

import dataclasses
import json

import numpy as np
import pytest
import torch

from tests.training import tiny_corpus
from tests.training.detector import made_sides
from training.detector.batches import MixConfig
from training.detector.config import DetectorConfig
from training.detector.sides import SideConfig
from training.detector.store import Counts, prepare
from training.detector.train import main, train
from training.networks.swishnet import SwishConfig, SwishNet
from training.recordings.source import DataConfig
from training.teach.optimiser import OptimiserConfig

PLAIN = MixConfig(
    sequences=6, frames=100, snr_db=(10.0, 30.0), level_db=(-30.0, -10.0), floor_db=(-100.0, -90.0),
    cut=0.0, mute=0.0, tone_db=0.0,
)  # fmt: skip


def _config(steps: int, every: int = 1000, **more) -> DetectorConfig:
    return DetectorConfig(
        name="tiny",
        model=SwishConfig(width=1, memory=(0.3,), level_blind=True),
        mix=PLAIN,
        optimiser=OptimiserConfig(steps=steps, evaluate_every=every, learning_rate=5e-3, average=0.9),
        **more,
    )


@pytest.fixture(scope="module")
def sides(tmp_path_factory):
    return made_sides.make(tmp_path_factory.mktemp("sides"))


def test_it_learns_what_can_be_told_apart(sides, tmp_path):
    """Classes with spectra of their own, after a few steps."""
    seen = []

    def accuracy(net: SwishNet) -> dict[str, float]:
        from training.detector.batches import draw

        batch = draw(sides, dataclasses.replace(PLAIN, sequences=20), np.random.default_rng(9))
        with torch.no_grad():
            right = net.eval()(batch.features)[0].argmax(-1) == batch.label
        seen.append(float(right[batch.label >= 0].float().mean()))
        return {"right": seen[-1]}

    data = DataConfig(corpus=str(tiny_corpus.make(tmp_path / "corpus")))
    judged = lambda net: {"scores": accuracy(net), "hardest": ["none"]}  # noqa: E731
    path = train(_config(80, data=data), tmp_path, sides, accuracy, judged)
    assert seen[-1] > 0.9
    result = torch.load(path, weights_only=False)["result"]
    assert result["scores"] == {"right": seen[-1]} and result["hardest"] == ["none"] and result["data_sha256"]


def test_a_run_that_was_stopped_goes_on_as_if_it_had_not(sides, tmp_path):
    """The same weights after 6 steps, in one go or in two."""
    whole = torch.load(train(_config(6, 3), tmp_path / "a", sides), weights_only=False)

    class Stopped(Exception):
        pass

    folder = tmp_path / "b"
    halfway, calls = folder / "checkpoint.pt", []

    def stop_at_six(net: SwishNet) -> dict[str, float]:
        calls.append(1)
        if len(calls) == 2:
            raise Stopped
        return {}

    with pytest.raises(Stopped):
        train(_config(6, 3), folder, sides, stop_at_six)
    assert torch.load(halfway, weights_only=False)["step"] == 3
    again = torch.load(train(_config(6, 3), folder, sides), weights_only=False)
    assert all(torch.equal(whole["net"][k], again["net"][k]) for k in whole["net"])


def test_the_command_prepares_learns_and_scores(tmp_path, capsys):
    """From recordings to a checkpoint with scores, and a plain error for a setting that is not there."""
    corpus = tiny_corpus.make(tmp_path / "corpus", kit=True)
    toml = tmp_path / "tiny.toml"
    toml.write_text(
        f'name = "tiny"\n[data]\ncorpus = "{corpus}"\nstore = "{tmp_path / "data"}"\njobs = 1\nval_scenes = 1\n'
        "[model]\nwidth = 1\n[side]\nseconds = 2.0\n[sides]\nspeech = 2\nmusic = 1\nnoise = 1\n"
        "[mix]\nsequences = 2\nframes = 60\nmute = 0.0\n[optimiser]\nsteps = 2\n"
    )
    assert main([str(toml), "--runs", str(tmp_path / "runs")]) == 0
    result = torch.load(tmp_path / "runs" / "tiny" / "checkpoint.pt", weights_only=False)["result"]
    assert 0.0 <= result["scores"]["AUC of speech, mixtures"]["all"] <= 1.0 and result["sources"]
    assert all("% right: " in words for words in result["hardest"])
    rows = [json.loads(line) for line in (tmp_path / "runs" / "tiny" / "log.jsonl").read_text().splitlines()]
    assert rows[-1]["step"] == 2
    capsys.readouterr()
    assert main([str(toml), "--set", "mix.sequence=3"]) == 1
    assert "unknown key mix.sequence; did you mean" in capsys.readouterr().err


def test_sides_are_the_same_when_made_again(tmp_path):
    """A store goes by its recipe, and row by row by its seed."""
    corpus = tiny_corpus.make(tmp_path / "corpus", kit=True)
    stores = [
        prepare(
            DataConfig(corpus=str(corpus), store=str(tmp_path / name), jobs=1),
            SideConfig(seconds=2.0), Counts(speech=1, music=1, noise=1), split="train", seed=0,
        )
        for name in ("one", "two")
    ]  # fmt: skip
    assert np.array_equal(stores[0].powers, stores[1].powers)
    assert np.array_equal(stores[0].heard, stores[1].heard)
    assert {name: len(rows) for name, rows in stores[0].of.items()} == {"speech": 1, "music": 1, "noise": 1}
