"""Filters: the impulse response that explains a pair, to the tenth of a decibel."""

import numpy as np
import pytest
from scipy.signal import butter, firwin, sosfilt, sosfreqz

from tests.training.clone.sounds import RATE, noise
from training.clone import linear

TENTH_DB = 0.1
"""dB: what the low-pass of the question has to be met to."""


def test_a_low_pass_is_met_to_a_tenth_of_a_decibel_until_it_is_60_db_down():
    """A low-pass of 24 dB an octave: the clone's response is within 0.1 dB wherever it is less than 60 dB down."""
    sos = butter(4, 1000.0, fs=RATE, output="sos")
    x = noise()
    made = linear.fit(x, sosfilt(sos, x), RATE)
    hz = np.geomspace(20.0, 0.49 * RATE, 200)
    _, true = sosfreqz(sos, hz, fs=RATE)
    level = 20.0 * np.log10(np.abs(true))
    heard = level > -60.0
    assert np.max(np.abs(linear.magnitude_db(made.taps, RATE, hz) - level)[heard]) < TENTH_DB
    assert (made.early, made.cut) == (0, False)
    assert made.esr < 1e-6
    words = linear.described(made.taps, RATE)
    assert "dB an octave above" in words


def test_a_gain_needs_one_tap_and_a_short_filter_few():
    """The shortest length that explains a filter is taken."""
    x = noise()
    made = linear.fit(x, 0.5 * x + 0.2 * np.roll(x, 5), RATE)
    assert len(made.taps) == linear.TAPS[0]
    assert made.taps[[0, 5]] == pytest.approx([0.5, 0.2], abs=1e-6)


def test_a_linear_phase_filter_gets_samples_before_the_delay():
    """A filter that is symmetric about its delay is met with samples before it, and the number is told."""
    taps = firwin(301, 2000.0, fs=RATE)
    x = noise(4.0)
    wet = np.convolve(x, taps)[150 : 150 + len(x)]
    made = linear.fit(x, wet, RATE)
    assert made.early == linear.EARLY
    assert made.esr < 1e-4


def test_a_reverb_does_not_end(monkeypatch):
    """A decay longer than the longest response is told to be cut."""
    monkeypatch.setattr(linear, "TAPS", (32, 256, 1024))
    rng = np.random.default_rng(0)
    n = 3 * RATE
    decay = 0.05 * rng.normal(size=n) * 10.0 ** (-np.arange(n) / RATE)
    x = noise(4.0)
    wet = np.fft.irfft(np.fft.rfft(x, len(x) + n) * np.fft.rfft(decay, len(x) + n))[: len(x)]
    assert linear.fit(x, wet, RATE).cut
