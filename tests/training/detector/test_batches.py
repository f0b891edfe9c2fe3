"""Mixtures from sides: classes, levels, determinism."""

import numpy as np
import pytest
import torch

from tests.training.detector import made_sides
from training.detector.batches import UNSCORED, MixConfig, classes, draw, draw_one, hiss_powers
from training.detector.store import band_powers
from training.networks import mfcc

SMALL = MixConfig(sequences=5, frames=90)


@pytest.fixture(scope="module")
def sides(tmp_path_factory):
    return made_sides.make(tmp_path_factory.mktemp("sides"))


def test_a_batch_is_of_its_seed(sides):
    """The generator's state alone decides."""
    one, two = (draw(sides, SMALL, np.random.default_rng(4)) for _ in range(2))
    assert one.features.shape == (5, 90, mfcc.COEFFICIENTS) and one.label.shape == (5, 90)
    assert torch.equal(one.features, two.features) and torch.equal(one.label, two.label)
    assert torch.isfinite(one.features).all()


def test_speech_goes_before_music_and_music_before_noise():
    """Silence is noise; about the edges of speech nothing is scored."""
    none, all_ = np.zeros(12, bool), np.ones(12, bool)
    part = np.arange(12) >= 6
    label = classes({"speech": part, "music": all_, "noise": all_}, margin=1)
    assert label.tolist() == [1] * 5 + [UNSCORED] * 2 + [0] * 5
    assert (classes({"speech": none, "music": none, "noise": none}, margin=2) == 2).all()
    assert (classes({"speech": none, "music": none, "noise": all_}, margin=2) == 2).all()


def test_nothing_but_hiss_is_left_of_an_empty_mixture(sides):
    """Silence with a recorder's hiss is noise."""
    config = MixConfig(frames=90, speech=0.0, music=0.0, noise=0.0, mute=0.0, cut=0.0)
    powers, label = draw_one(sides, config, np.random.default_rng(0))
    assert (label == 2).all() and (powers >= mfcc.FLOOR).all()


def test_hiss_is_what_the_front_makes_of_white_noise():
    """Mean and spread of the bands, within what 1000 frames can tell."""
    rng = np.random.default_rng(1)
    x = (10.0 ** (-40.0 / 20.0) * rng.standard_normal(16_000 * 10)).astype(np.float32)
    heard = mfcc.band_powers(torch.from_numpy(x)[None])[0].numpy()[5:]
    made = hiss_powers(rng, 1000, -40.0)
    assert np.abs(10 * np.log10(heard.mean(0) / made.mean(0))).max() < 0.6
    spread = lambda p: np.log(p).std(0)  # noqa: E731
    assert np.abs(spread(heard) / spread(made) - 1.0).max() < 0.4


def test_powers_of_48_khz_sound_are_those_of_16_khz():
    """A tone keeps band and power through the resampling."""
    t = np.arange(48_000) / 48_000
    tone = (0.1 * np.sin(2 * np.pi * 1000 * t)).astype(np.float32)
    direct = mfcc.band_powers(torch.from_numpy(tone[::3].copy())[None])[0].numpy()
    assert np.allclose(band_powers(tone)[10:90], direct[10:90], rtol=0.02, atol=1e-3)
