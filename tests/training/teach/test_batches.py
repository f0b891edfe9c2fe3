"""Batches: drawn from a seed, at a threshold, labelled by the target alone."""

import dataclasses

import numpy as np
import torch

from tests.training.stores import make_store
from training.teach.batches import BatchConfig, draw

CONFIG = BatchConfig(sequences=16, blocks=200, tilt_db=0.0)


def test_one_seed_gives_one_batch(tmp_path):
    """All chance comes from the generator."""
    store = make_store(tmp_path)
    a, b = (draw(store, CONFIG, np.random.default_rng(4)) for _ in range(2))
    assert torch.equal(a.powers, b.powers) and torch.equal(a.label, b.label)


def test_bleed_alone_is_never_labelled_open(tmp_path):
    """Whatever the threshold: a scene without target stays shut."""
    store = make_store(tmp_path)
    store.arrays = {k: v[-1:] for k, v in store.arrays.items()}
    store.loud_db, store.has_target = store.loud_db[-1:], store.has_target[-1:]
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
    config = dataclasses.replace(CONFIG, remix=1.0, remix_level_db=0.0, threshold_above=0.0)
    batch = draw(store, config, np.random.default_rng(0))
    ratio = batch.powers[..., :32].mean() / (batch.target + batch.bleed).mean()
    assert abs(float(ratio) - 1) < 0.05
