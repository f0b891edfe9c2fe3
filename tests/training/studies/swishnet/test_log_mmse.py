"""Noise suppression: noise goes, what is no noise stays."""

import numpy as np
import pytest

from tests.training.tiny_corpus import talk
from training.studies.swishnet.log_mmse import LEAST_SNR, gains, log_mmse

RATE = 16000


def power_db(x):
    return 10 * np.log10(np.mean(np.square(x, dtype=np.float64)))


def test_hiss_goes_and_speech_stays():
    """In pauses noise falls by 15 dB or more; speech in noise comes nearer to the clean one by 3 dB or more."""
    rng = np.random.default_rng(1)
    clean = talk(rng, RATE, 6.0).astype(np.float32)
    noisy = (clean + 0.01 * rng.normal(size=len(clean))).astype(np.float32)
    made = log_mmse(noisy, RATE)
    pause = np.convolve(np.square(clean), np.ones(1600) / 1600, "same") < 1e-5
    assert pause.mean() > 0.1
    assert power_db(made[pause]) < power_db(noisy[pause]) - 15.0
    assert power_db(made - clean) < power_db(noisy - clean) - 3.0
    assert power_db(made[~pause]) == pytest.approx(power_db(clean[~pause]), abs=0.5)


def test_place_and_length_are_kept():
    """Output samples lie where their inputs lie: a loud tone over little noise comes out nearly as it was."""
    rng = np.random.default_rng(2)
    t = np.arange(2 * RATE + 7) / RATE
    x = (np.where(t > 0.5, 0.5 * np.sin(2 * np.pi * 500 * t), 0) + 1e-4 * rng.normal(size=len(t))).astype(
        "f4"
    )
    made = log_mmse(x, RATE)
    assert made.dtype == np.float32 and made.shape == x.shape
    assert power_db(made - x) < power_db(x) - 20.0


@pytest.mark.parametrize("x", [np.zeros(8000, np.float32), np.ones(100, np.float32)])
def test_zeros_and_short_sounds_come_back_as_they_are(x):
    """Nothing can be estimated of them."""
    assert np.array_equal(log_mmse(x, RATE), x)


def test_digital_silence_in_a_recording_is_no_trouble():
    """Zeros before, between and after: all is finite, and zeros stay (almost) zeros."""
    rng = np.random.default_rng(3)
    burst = 0.1 * rng.normal(size=RATE)
    x = np.concatenate([np.zeros(RATE), burst, np.zeros(3 * RATE), burst, np.zeros(RATE)]).astype(np.float32)
    made = log_mmse(x, RATE)
    assert np.isfinite(made).all()
    assert not made[: RATE // 2].any() and not made[-RATE // 2 :].any()


def test_gain_follows_the_paper():
    """In steady noise with one strong bin, its gain is that of equation 20 (a table of the integral), others' is small."""
    rng = np.random.default_rng(4)
    powers = rng.exponential(size=(400, 9))
    powers[200:, 4] = 1000.0
    gain = gains(powers)
    assert ((gain > 0) & (gain <= 1)).all()
    assert gain[390:, 4].min() > 0.98
    others = np.delete(gain[100:], 4, axis=1)
    assert np.median(others) < 3 * np.sqrt(LEAST_SNR)
