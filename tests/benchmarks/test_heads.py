"""What a learned control is worth against its best constant."""

import json

import numpy as np
import pytest
import torch

from benchmarks import heads
from tests.training import tiny_corpus
from training.judging.evaluate import Truth
from training.networks.gate_net import GateConfig, GateNet
from training.recordings.corpus import Corpus
from training.scenes.compose import Scene


def test_a_difference_is_paired_and_leaves_out_what_neither_has():
    """Two scenes 1 and 3 dB better, one without a figure: 2 dB, within the interval."""
    mean, low, high = heads.difference(np.array([5.0, 9.0, np.nan]), np.array([4.0, 6.0, 1.0]))
    assert mean == 2.0 and 1.0 <= low < 2.0 < high <= 3.0


def test_tails_are_compared_with_the_target_in_db():
    """6 dB too quiet in the tail, whatever happens elsewhere; nan where nothing closes."""
    rng = np.random.default_rng(0)
    x = 0.1 * rng.standard_normal(100 * 300).astype(np.float32)
    scene = Scene(x, x, -20.0)
    label = np.r_[np.ones(100, np.int8), np.full(100, -1, np.int8), np.zeros(100, np.int8)]
    truth = Truth(-40.0, label, np.ones(300), np.ones(300))
    sound = x.copy()
    sound[10_200:19_800] *= 0.5
    assert heads.tail_db(scene, sound, truth) == pytest.approx(6.02, abs=0.3)
    assert np.isnan(
        heads.tail_db(scene, sound, Truth(-40.0, np.ones(300, np.int8), np.ones(300), np.ones(300)))
    )


def test_presets_that_are_not_run_again_keep_their_figures(tmp_path):
    """If scenes and data are the same; else they would stand beside what they cannot be compared with."""
    about = {"seed": 0, "per_kind": 24, "data": "abc", "date": "today"}
    path = tmp_path / "heads.json"
    assert heads.kept(path, about) == {}
    path.write_text(json.dumps({"about": about, "presets": {"kick": {"kit": 1}}}))
    assert heads.kept(path, {**about, "date": "tomorrow"}) == {"kick": {"kit": 1}}
    assert heads.kept(path, {**about, "data": "other"}) == {}


def test_every_control_gets_a_row(tmp_path):
    """Attack, hold, release and key, for every kind of bleed, and a page that marks what is beyond its interval."""
    corpus = Corpus.from_manifest(tiny_corpus.make(tmp_path))
    torch.manual_seed(2)
    net = GateNet(GateConfig(width=4, hidden=4)).eval()
    groups = heads.kinds_of(corpus, "voice", 1, 0)
    assert set(groups) == {"noise", "music", heads.SPEECH_ALONE}
    rows = heads.table(net, groups["noise"], (0.4, 0.2))
    assert set(rows["parts"]) == {"attack", "hold", "release", "key"}
    about = dict.fromkeys(("command", "seed", "per_kind", "data", "date"), 1)
    page = heads.markdown({"voice": {"noise": rows}}, about)
    assert page.count("| voice, noise |") == 4
    assert heads._cell((1.0, 0.5, 1.5), "si_sdr_db") == "**+1.00 (+0.50 to +1.50)**"
    assert heads._cell((1.0, 0.5, 1.5), "tail_db") == "*+1.00 (+0.50 to +1.50)*"
    assert heads._cell((0.1, -0.5, 0.7), "balanced") == "+0.100 (-0.500 to +0.700)"
