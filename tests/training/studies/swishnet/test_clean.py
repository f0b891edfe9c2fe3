"""Silence goes, loudness becomes even."""

import numpy as np
import pytest

from training.studies.swishnet.clean import clean, even_loudness, without_silence
from training.studies.swishnet.settings import CleanConfig

RATE = 16000
WINDOW = 4000
EXACT_DB = 1e-3
"""A whole file at one level comes out at the wanted level but for rounding."""
RIPPLE_DB = 1.0
"""Where levels change, the gain's straight line over half a window leaves this much."""


def tone(seconds, gain=1.0):
    return (gain * np.sin(2 * np.pi * 400 * np.arange(int(seconds * RATE)) / RATE)).astype(np.float32)


def level_db(x):
    return 10 * np.log10(np.mean(np.square(x, dtype=np.float64)))


def test_windows_40_db_under_the_loudest_go():
    """-39 dB stays, -41 dB goes; what stays is as it was."""
    loud, soft, silent = tone(1.0), tone(1.0, 10 ** (-39 / 20)), tone(1.0, 10 ** (-41 / 20))
    kept = without_silence(np.concatenate([silent, loud, silent, soft, silent]), WINDOW, 40.0)
    assert np.array_equal(kept, np.concatenate([loud, soft]))


def test_a_rest_at_the_end_is_a_window_too():
    """Half a window at the end is judged by its own power."""
    x = np.concatenate([tone(0.25), tone(0.1), np.zeros(100, np.float32)])
    assert np.array_equal(without_silence(x, WINDOW, 40.0), x)
    quiet = np.concatenate([tone(0.25), tone(0.1, 1e-3)])
    assert np.array_equal(without_silence(quiet, WINDOW, 40.0), tone(0.25))


@pytest.mark.parametrize("x", [np.zeros(0, np.float32), np.zeros(9000, np.float32)])
def test_nothing_stays_nothing(x):
    """Digital silence, or no samples at all, becomes no samples."""
    assert len(clean(x, CleanConfig(), RATE)) == 0


def test_every_window_gets_the_same_loudness():
    """A recording that swells by 30 dB lies within a dB of -20 dBFS everywhere."""
    swelling = tone(5.0) * 10 ** (np.linspace(-30, 0, 5 * RATE) / 20)
    made = even_loudness(swelling.astype(np.float32), WINDOW, -20.0)
    levels = [level_db(w) for w in made.reshape(-1, WINDOW)]
    assert np.abs(np.array(levels) + 20).max() < RIPPLE_DB
    assert level_db(even_loudness(tone(1.0, 0.01), WINDOW, -20.0)) == pytest.approx(-20, abs=EXACT_DB)


def test_no_window_begins_with_a_step():
    """Between two windows the gain goes on where it was: a tone that drops by 20 dB keeps its slope's bound."""
    x = np.concatenate([tone(1.0), tone(1.0, 0.1)])
    with np.errstate(divide="ignore", invalid="ignore"):
        gain_db = 20 * np.log10(np.abs(even_loudness(x, WINDOW, -20.0) / x))
    gain_db = gain_db[np.isfinite(gain_db)]
    assert np.abs(np.diff(gain_db)).max() < 0.02  # 20 dB over the 4000 samples between two middles is .005


def test_gain_does_not_matter():
    """The same recording, quieter, becomes the same clean sound."""
    x = tone(2.0) * np.repeat([1.0, 0.2, 0.001, 0.5], 8000).astype(np.float32)
    assert np.allclose(clean(x, CleanConfig(), RATE), clean(0.03 * x, CleanConfig(), RATE), atol=1e-5)
