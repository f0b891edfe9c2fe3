"""What kind of box it is: each kind by a box that is known, and those that cannot be cloned."""

import numpy as np
import pytest

from tests.training.clone.sounds import RATE, bursts, noise
from training.clone import dynamics, kinds, law, search, signal
from training.clone.law import Dials
from training.clone.pair import aligned


def tell(dry, wet):
    return kinds.tell(aligned(dry, RATE, wet, RATE))


def test_a_gain():
    """A gain alone, turned over: its decibels and its polarity, and nothing else."""
    x = bursts(5.0)
    found = tell(x, -0.5 * x)
    assert (found.kind, found.polarity) == ("gain", -1)
    assert found.gain_db == pytest.approx(-6.02, abs=0.01)
    assert "-6.02 dB, polarity turned over, nothing else" in found.sentence()
    assert "no doubt" in found.sentence()


def test_a_filter():
    """A low-pass is a filter, not a network."""
    from scipy.signal import butter, sosfilt

    x = noise()
    found = tell(x, sosfilt(butter(2, 1500.0, fs=RATE, output="sos"), x))
    assert found.kind == "filter"
    assert found.left["filter"] < 1e-6 < found.left["gain"]


def test_a_distortion_without_memory():
    """A hyperbolic tangent is a curve, and the curve is met."""
    x = bursts(6.0)
    found = tell(x, np.tanh(6.0 * x))
    assert found.kind == "curve"
    at = np.linspace(-0.5, 0.5, 21)
    assert found.curve is not None
    assert np.max(np.abs(np.interp(at, *found.curve) - np.tanh(6.0 * at))) < 0.02


def test_a_distortion_with_a_short_memory():
    """A cubic before a filter is a distortion with a short memory: a network's task."""
    from scipy.signal import lfilter

    x = noise(6.0, rms=0.25)
    found = tell(x, lfilter([1.0, -0.7], [1.0], x - 0.6 * x**3))
    assert found.kind == "short"
    assert found.left["short"] < 0.5 * found.left["filter"]


def test_what_moves_by_itself_is_not_cloned():
    """A flanger does another thing each second: no kind that is cloned, and the sentence says what to switch off."""
    whole = signal.make(RATE)[: 2 * RATE].astype(np.float64)
    x = np.concatenate((whole, noise(5.3), whole))
    n = np.arange(len(x))
    delay = 12.0 + 10.0 * np.sin(2.0 * np.pi * 0.25 * n / RATE)
    found = tell(x, x + 0.9 * np.interp(n - delay, n, x))
    assert found.kind == "moving"
    assert kinds.moved(aligned(x, RATE, 0.5 * x, RATE)) < 1e-6
    assert "switch its modulation off" in found.sentence()


def test_a_gate_gets_its_law(monkeypatch):
    """A gain that follows the level is dynamics, with a law, and the classic gate's numbers beside it."""
    monkeypatch.setattr(dynamics, "DOWN", dynamics.CLASSIC)
    monkeypatch.setattr(search, "SIMPLEX_STEPS", 20)
    x = bursts(6.0)
    true = Dials(
        detector="rms", threshold_db=-28.0, zone_db=6.0, attack_ms=4.0, release_ms=70.0, range_db=-30.0
    )
    found = tell(x, x * law.gain(x, RATE, true))
    assert found.kind == "dynamics"
    assert found.fit is not None
    assert found.classic is found.fit
    assert found.fit.dials.threshold_db == pytest.approx(-28.0, abs=1.0)
    assert found.sentence().startswith("a gate: what is under")


def test_a_tremolo_is_no_gate(monkeypatch):
    """A gain that moves with the clock meets no law of levels, and is said to move by itself."""
    monkeypatch.setattr(dynamics, "OVER", (("peak", "slope", "level"),))
    monkeypatch.setattr(dynamics, "DOWN", dynamics.CLASSIC)
    monkeypatch.setattr(search, "SIMPLEX_STEPS", 20)
    x = noise(6.0)
    wet = x * 10.0 ** (-0.5 * (1.0 + np.sin(2.0 * np.pi * 3.0 * np.arange(len(x)) / RATE)))
    assert tell(x, wet).kind == "moving"
