"""A quick adaptation keeps what it judges by from learning, changes what it should, and says when it did not help."""

import dataclasses

import numpy as np
import pytest
import torch

from tests.training.tiny_corpus import chord, talk
from training.learn import quick
from training.learn.cut import cut_in_two
from training.learn.quick import QuickConfig, adapt, merit, mixed
from training.learn.quick_scenes import Sounds, judged, learned
from training.networks.gate_net import GateConfig, GateNet
from training.studies.quick import first_and_rest, pairs, table
from training.teach.batches import BatchConfig
from training.teach.features import Front

RATE = 48000
SMALL = QuickConfig(
    scenes=3,
    scene_s=1.0,
    judged=2,
    judged_s=2.0,
    steps=3,
    seconds_most=float("inf"),
    batch=BatchConfig(sequences=2, blocks=240),
)


@pytest.fixture(scope="module")
def sounds():
    """Six seconds of something like speech and of a chord, (n,) float32 at 48 kHz."""
    rng = np.random.default_rng(0)
    return talk(rng, RATE, 6.0).astype(np.float32), chord(6 * RATE, RATE).astype(np.float32)


@pytest.fixture
def net():
    torch.manual_seed(2)
    return GateNet(GateConfig(width=8, hidden=8)).eval()


def test_the_cut_loses_nothing_and_falls_into_quiet(sounds):
    """Both parts together are the sound; the cut is near the share, at its quietest place."""
    speech, _ = sounds
    before, after = cut_in_two([speech], 0.7)
    assert np.array_equal(np.concatenate([*before, *after]), speech)
    assert abs(len(before[0]) / len(speech) - 0.7) < 0.11
    assert np.sqrt(np.mean(before[0][-480:] ** 2)) < 0.1 * np.sqrt(np.mean(speech**2))
    several = [speech[:RATE], speech[RATE : 2 * RATE], speech[2 * RATE :]]
    before, after = cut_in_two(several, 0.7)
    assert np.array_equal(np.concatenate([*before, *after]), speech)
    assert before and after


def test_scenes_are_what_they_say(sounds):
    """Judged scenes have their SNR, threshold and length; learned ones are the same for the same seed."""
    corpus = Sounds([sounds[0]], [sounds[1]])
    scenes = judged(corpus, np.random.default_rng(1), 4, 2.0)
    assert [scene.recipe["snr_db"] for scene in scenes] == [0.0, 5.0, 10.0, 20.0]
    assert {len(scene.mixture) for scene in scenes} == {2 * RATE}
    for scene in scenes:
        assert scene.recipe["threshold_db"] < scene.loud_db
    front = Front()
    a, b = (learned(corpus, np.random.default_rng(3), 2, 1.0, front) for _ in range(2))
    assert all(np.array_equal(a.arrays[k], b.arrays[k]) for k in a.arrays)
    assert len(a) == 2


def test_a_target_without_phrases_is_refused(sounds):
    """Silence cannot be judged by: a sentence, not an endless search."""
    with pytest.raises(ValueError, match="record the target alone"):
        judged(Sounds([np.zeros(RATE, np.float32)], [sounds[1]]), np.random.default_rng(1), 1, 1.0)


def test_an_adaptation_is_reproducible_and_leaves_its_start_alone(sounds, net):
    """Two runs with one seed give the same weights, and the network that was handed in is as it was."""
    was = {k: v.clone() for k, v in net.state_dict().items()}
    config = dataclasses.replace(SMALL, least_gain=-1.0)
    runs = [adapt(net, (0.5, 0.35), [sounds[0]], [sounds[1]], config) for _ in range(2)]
    assert all(torch.equal(was[k], v) for k, v in net.state_dict().items())
    a, b = (run.net.state_dict() for run in runs)
    assert all(torch.equal(a[k], b[k]) for k in a)
    assert runs[0].helped
    assert any(not torch.equal(was[k], a[k]) for k in a)


def test_what_does_not_help_is_not_taken(sounds, net):
    """With an aim that nothing reaches, the weights that come back are those that went in, and it says so."""
    made = adapt(net, (0.5, 0.35), [sounds[0]], [sounds[1]], dataclasses.replace(SMALL, least_gain=2.0))
    assert not made.helped
    assert made.before is made.after
    assert all(torch.equal(v, made.net.state_dict()[k]) for k, v in net.state_dict().items())


def test_no_step_is_taken_when_the_time_is_up(sounds, net):
    """The clock ends it, before the first step if need be."""
    lines = []
    config = dataclasses.replace(SMALL, seconds_most=-1.0)
    made = adapt(net, (0.5, 0.35), [sounds[0]], [sounds[1]], config, say=lines.append)
    assert made.steps == 0
    assert "the time is up" in lines[0]


def test_learning_lowers_the_loss(sounds, net):
    """Fifty steps on one kind of scene fit it better than none."""
    config = dataclasses.replace(SMALL, steps=50, learning_rate=3e-3, least_gain=-1.0, mixes=(1.0,))
    lines = []
    adapt(net, (0.5, 0.35), [sounds[0]], [sounds[1]], config, say=lines.append)
    losses = [float(line.rsplit(" ", 1)[1]) for line in lines if line.startswith("step")]
    assert len(losses) == 5
    assert losses[-1] < losses[0] - 0.1


def test_half_way_is_half_way(net):
    """Mixing goes along the straight line between two networks."""
    other = GateNet(net.config)
    made = mixed(net, other, 0.5)
    expected = (net.heads.weight + other.heads.weight) / 2
    torch.testing.assert_close(made.heads.weight, expected)


def test_merit_prefers_what_is_right_and_calm(monkeypatch):
    """More right is better; as right with fewer needless openings is better too."""
    row = {"balanced": 0.9, "needless_min": 5.0, "chops_min": 10.0, "missed": 0.0}
    monkeypatch.setattr(quick.metrics, "pool", lambda scores: scores[0])
    assert merit([row | {"balanced": 0.91}]) > merit([row])
    assert merit([row | {"needless_min": 4.0}]) > merit([row])


def test_figures_are_of_new_sound(tmp_path, sounds):
    """What is learned from and what is judged by do not overlap, and add up."""
    first, rest = first_and_rest([sounds[0][: 2 * RATE], sounds[0][2 * RATE :]], 3.0)
    assert np.array_equal(np.concatenate([*first, *rest]), sounds[0])
    assert sum(len(x) for x in first) == 3 * RATE


def test_a_corpus_that_is_too_small_for_figures_is_refused(tmp_path):
    """Six seconds a speaker are not enough to learn from ten and judge by the rest."""
    from tests.training.tiny_corpus import make
    from training.recordings.corpus import Corpus

    with pytest.raises(ValueError, match="use a larger corpus"):
        pairs(Corpus.from_manifest(make(tmp_path)), 4)


def test_the_table_of_figures_is_the_mean_over_pairs():
    """Before, after and their difference, with an interval that holds it."""
    measures = dict.fromkeys(
        ("balanced", "onset_ms", "needless_min", "chops_min", "missed", "lost_db", "cut_db"), 0.5
    )
    rows = [
        {"before": measures, "after": measures | {"balanced": 0.5 + gain}, "taken": gain > 0}
        for gain in (0.0, 0.1, 0.2)
    ]
    text = table(rows, seed=0)
    assert "| balanced | 0.500 | 0.600 | +0.100 (" in text
    assert text.endswith("3 pairs: taken 2, balanced accuracy better in 2, worse in 0")
