"""The ablation's rows, table and picture; the trainings themselves are those of training.teach.train."""

import json

import numpy as np
import pytest
import torch

from benchmarks import ablation
from tests.training import tiny_corpus
from training.networks.gate_net import GateConfig, GateNet
from training.recordings.corpus import Corpus
from training.teach.config import Config
from training.teach.validate import Validation


@pytest.fixture(scope="module")
def validation(tmp_path_factory):
    corpus = Corpus.from_manifest(tiny_corpus.make(tmp_path_factory.mktemp("corpus")))
    return Validation.from_corpus(corpus, per_kind=2)


@pytest.fixture(scope="module")
def net():
    torch.manual_seed(4)
    return GateNet(GateConfig(width=4, hidden=4)).eval()


def test_every_variant_is_a_configuration_that_can_be_built():
    """Unknown keys or bodies would end the run hours into it."""
    from pathlib import Path

    from training.config_file import load
    from training.networks.bodies import build
    from training.teach.config import Config

    for changes in ablation.VARIANTS.values():
        build(load(Path("training/configs/voice.toml"), Config, [*ablation.SHORTER, *changes]).model)


def test_a_constant_takes_the_place_of_one_answer(validation, net):
    """The row names the constant that was taken; the answers handed in stay as they are."""
    gates = validation.gates(net)
    kept = gates.copy()
    row = ablation.best_constant("release", 3, (5.0, 1000.0), net, gates, validation, Config())
    assert row["name"].startswith("release always ") and row["name"].endswith(" ms")
    np.testing.assert_array_equal(gates, kept)


def test_table_and_picture_are_written(validation, net, tmp_path):
    """Every row with its weights, cost and intervals; what cannot be exported has no cost."""
    gates = validation.gates(net)
    rows = [
        ablation.row("4 wide", net, gates, validation, Config(), 12.5),
        ablation.row("convolutions alone", net, gates, validation, Config(), float("nan")),
    ]
    about = dict.fromkeys(("command", "seed", "steps", "sequences", "data", "scenes", "date"), 1)
    text = ablation.markdown(json.loads(json.dumps(rows)), about)
    first, second = (
        line.split("|")[1:-1] for line in text.splitlines() if "wide |" in line or "alone |" in line
    )
    assert len(first) == len(second) == len(ablation.HEADS) + 3
    assert first[2].strip() == "12.5" and second[2].strip() == "-"
    ablation.picture(rows, tmp_path / "ablation.png")
    assert (tmp_path / "ablation.png").stat().st_size > 10_000
