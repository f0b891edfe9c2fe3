"""Folds: taught without a group of sources, judged on it; what they say reaches the run's end and the card."""

import csv
import dataclasses
import json

import pytest
import torch

from export.card import _about_elsewhere, _elsewhere, _made
from tests.training import tiny_corpus
from training.config_file import ConfigError
from training.networks.gate_net import GateConfig
from training.recordings.corpus import Item
from training.recordings.groups import group_of
from training.recordings.source import DataConfig, open_corpus
from training.scenes.compose import SceneConfig
from training.teach.batches import BatchConfig
from training.teach.config import Config, FoldConfig
from training.teach.folds import folds
from training.teach.optimiser import OptimiserConfig
from training.teach.train import ELSEWHERE, finish, network, start_of
from training.teach.validate import Validation


@pytest.fixture(scope="module")
def config(tmp_path_factory):
    """Three small corpora of three sources, one a group."""
    folder = tmp_path_factory.mktemp("sources")
    places: dict[int, str] = {}
    number = 0
    while len(places) < 3:
        name, number = f"source {number}", number + 1
        group = group_of(Item(folder, "speech", "", "train", source=name))
        if group in places:
            continue
        made = tiny_corpus.make(folder / f"corpus-{group}")
        manifest = made / "manifest.csv"
        rows = list(csv.DictReader(manifest.read_text().splitlines()))
        for row in rows:
            row |= {"source": name, "speaker_or_item": f"{group} {row['speaker_or_item']}"}
        with manifest.open("w", newline="") as file:
            writer = csv.DictWriter(file, rows[0].keys())
            writer.writeheader()
            writer.writerows(rows)
        places[group] = str(made)
    data = DataConfig(
        corpus=places[0],
        also=(places[1], places[2]),
        store=str(folder / "data"),
        scenes=3,
        val_scenes=2,
        jobs=1,
        groups=True,
    )
    return Config(
        model=GateConfig(width=8, hidden=8),
        scene=SceneConfig(seconds=3.0),
        data=data,
        batch=BatchConfig(sequences=3, blocks=600),
        optimiser=OptimiserConfig(steps=2, evaluate_every=2),
    )


def assert_same_weights(a, b):
    """Both networks have the same weights, to the bit."""
    for name, value in a.state_dict().items():
        assert torch.equal(value, b.state_dict()[name]), name


def test_a_fold_is_judged_on_sources_that_it_does_not_know(config, tmp_path):
    """Rows, gap and thresholds are written; the end of the preset's own run takes the thresholds and tells the rest on."""
    config = dataclasses.replace(config, folds=FoldConfig(groups=(0, 2)))
    path = folds(config, tmp_path, report=lambda row: None)
    said = json.loads(path.read_text())
    assert path.name == ELSEWHERE and said["groups"] == [0, 2] and said["steps"] == 2
    for kind in ("noise", "music"):
        gap = said["elsewhere"][kind]["auc"] - said["known"][kind]["auc"]
        assert said["gap"][kind]["auc"] == pytest.approx(gap, abs=2e-4)
        low, high = said["intervals_95"][kind]["auc"]
        assert low <= said["elsewhere"][kind]["auc"] + 0.1 and high <= 1.0
    card = "\n".join(_elsewhere(said) + _about_elsewhere(said))
    assert "**elsewhere**, noise" in card and "2 gates, each of the same recipe (2 steps)" in card

    checkpoint = torch.load(tmp_path / "fold-0" / "checkpoint.pt", weights_only=True)
    assert checkpoint["config"]["data"]["held_out"] == 0 and checkpoint["result"] is None
    validation = Validation.from_corpus(open_corpus(config.data), per_kind=2)
    result = finish(config, network(tmp_path / "fold-0" / "checkpoint.pt"), validation, tmp_path)
    assert (result["open_at"], result["close_at"]) == (said["open_at"], said["close_at"])
    assert result["elsewhere"] == said

    onward = dataclasses.replace(config, folds=FoldConfig(steps=7, onward=2))
    made = _made("voice", onward, {"result": result, "step": 3})
    assert "teach.folds training/configs/voice.toml`, `python -m training.teach.train" in made
    assert "7 steps without group 2, 3 steps with all" in made
    held_out = network(tmp_path / "fold-2" / "checkpoint.pt")
    assert_same_weights(start_of(onward, tmp_path), held_out)
    assert start_of(config, tmp_path) is None
    with pytest.raises(ConfigError, match=r"fold-1.*run training\.teach\.folds"):
        start_of(dataclasses.replace(config, folds=FoldConfig(onward=1)), tmp_path)
    wider = dataclasses.replace(onward, model=GateConfig(width=9, hidden=8))
    with pytest.raises(ConfigError, match=r"size in \[model\]"):
        start_of(wider, tmp_path)


@pytest.mark.parametrize("groups", [(), (0, 0), (3,), (-1,)])
def test_a_group_that_is_none_is_refused(config, tmp_path, groups):
    """Groups are named once each, and there are three."""
    with pytest.raises(ConfigError, match=r"folds\.groups of 0 to 2"):
        folds(dataclasses.replace(config, folds=FoldConfig(groups=groups)), tmp_path)


def test_scenes_that_mix_sources_have_no_folds(config, tmp_path):
    """Without groups nothing can be left out; the sentence names the setting."""
    mixed = dataclasses.replace(config, data=dataclasses.replace(config.data, groups=False))
    with pytest.raises(ConfigError, match=r"data\.groups"):
        folds(mixed, tmp_path)
