"""Batches: drawn from a seed, at a threshold, labelled by the target alone."""

import dataclasses

import numpy as np
import torch

from tests.training.stores import make_store
from training.teach.batches import BatchConfig, draw
from training.teach.features import Store

CONFIG = BatchConfig(sequences=16, blocks=200, tilt_db=0.0, alone=0.0)


def test_one_seed_gives_one_batch(tmp_path):
    """All chance comes from the generator."""
    store = make_store(tmp_path)
    a, b = (draw(store, CONFIG, np.random.default_rng(4)) for _ in range(2))
    assert torch.equal(a.powers, b.powers) and torch.equal(a.label, b.label)


def test_bleed_alone_is_never_labelled_open(tmp_path):
    """Whatever the threshold: a scene without target stays shut."""
    store = Store(make_store(tmp_path, scenes=1).folders[0])
    assert not store.has_target.any()
    assert not (draw(store, CONFIG, np.random.default_rng(0)).label == 1).any()


def test_a_threshold_over_the_target_shuts(tmp_path):
    """A target below Threshold stays shut."""
    store = make_store(tmp_path)
    over = dataclasses.replace(CONFIG, threshold_above=1.0)
    labels = draw(store, over, np.random.default_rng(0)).label
    assert not (labels == 1).any()


def test_swapped_bleed_adds_in_power(tmp_path):
    """On average a remixed mixture has the power of its parts."""
    store = make_store(tmp_path)
    config = dataclasses.replace(CONFIG, remix=1.0, threshold_above=0.0)
    batch = draw(store, config, np.random.default_rng(0))
    ratio = batch.powers[..., :32].mean() / (batch.target + batch.bleed).mean()
    assert abs(float(ratio) - 1) < 0.05


def test_remixed_bleed_lies_as_far_under_the_target_as_drawn(tmp_path):
    """Loud levels of remixed sides differ by the signal-to-noise ratio that was asked for."""
    store = make_store(tmp_path)
    sure = dataclasses.replace(
        CONFIG,
        remix=1.0,
        snr_db=(12.0, 12.0),
        second=0.0,
        threshold_above=0.0,
        threshold_under_db=(20.0, 20.0),
        side_tilt_db=0.0,
    )
    batch = draw(store, sure, np.random.default_rng(1))
    with_target = (batch.label == 1).any(dim=1)
    bleed_db = 10.0 * torch.log10(batch.bleed[with_target].sum(-1).mean(dim=1))
    assert with_target.any() and float((bleed_db - (20.0 - 12.0)).abs().max()) < 0.7


def test_groups_follow_each_other_in_one_store(tmp_path):
    """Rows of several folders are numbered through, and each knows its folder."""
    a, b = make_store(tmp_path / "a", scenes=2), make_store(tmp_path / "b", scenes=3, seed=1)
    both = Store(a.folders[0], b.folders[0])
    assert len(both) == 5 and both.group.tolist() == [0, 0, 1, 1, 1]
    assert np.array_equal(both.row("bleed", 3), b.row("bleed", 1))
    assert np.array_equal(both.row("level_db", 1, slice(5, 9)), a.row("level_db", 1)[5:9])


def test_a_target_that_is_taken_away_is_never_labelled_open(tmp_path):
    """What is left is the bleed, at its level, and no label asks to open."""
    store = make_store(tmp_path)
    batch = draw(store, dataclasses.replace(CONFIG, remix=1.0, alone=1.0), np.random.default_rng(3))
    assert not (batch.label == 1).any()
    assert float(batch.target.max()) < 1e-4
    torch.testing.assert_close(batch.powers[..., :32].mean(), batch.bleed.mean(), rtol=1e-3, atol=0.0)
