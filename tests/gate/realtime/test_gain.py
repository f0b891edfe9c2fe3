"""Ramps and peaks at the level of samples."""

import numpy as np
import pytest

from gate.modelfile.contract import Contract
from gate.realtime.gain import decibels, floor_gain, goal_gain, peak, ramp_gain
from tests.gate.engine_tools import open_engine, run


def test_gain_of_a_range() -> None:
    """-inf is exactly 0, 0 dB exactly 1, and between them it is decibels."""
    assert [floor_gain(-np.inf), floor_gain(0.0), floor_gain(6.0)] == [0.0, 1.0, 1.0]
    assert floor_gain(-20.0) == pytest.approx(0.1, rel=1e-15)
    assert decibels(floor_gain(-63.0)) == pytest.approx(-63.0, rel=1e-15)
    assert decibels(0.0) == -np.inf


@pytest.mark.parametrize("floor", [0.0, 1e-4, 0.1, 1.0 / 3.0, 0.7, 1.0])
def test_gain_of_an_openness_is_exact_at_both_ends(floor: float) -> None:
    """Open is exactly 1 and shut exactly the floor, whatever the floor: samples are copied then."""
    assert goal_gain(1.0, floor) == 1.0
    assert goal_gain(0.0, floor) == floor
    between = [goal_gain(openness, floor) for openness in np.linspace(0.0, 1.0, 11)]
    assert np.all(np.diff(between) >= 0.0)


def test_a_ramp_arrives() -> None:
    """A ramp is linear and is exactly its goal from its length on."""
    assert ramp_gain(0.2, 0.7, 91.875, 0.0) == 0.2
    assert ramp_gain(0.2, 0.7, 100.0, 50.0) == pytest.approx(0.45, rel=1e-15)
    assert ramp_gain(0.2, 0.7, 91.875, 92.0) == 0.7
    assert ramp_gain(0.2, 0.7, 0.0, 0.0) == 0.7


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("size", [1, 3, 4096, 4097, 10_000])
def test_peaks(dtype: type, size: int) -> None:
    """The largest finite magnitude and the number of the others, at every place in a vector."""
    x = np.linspace(-0.9, 0.5, size).astype(dtype)
    assert peak(x) == (float(np.abs(x).max()), 0)
    for at in {0, size // 2, size - 1}:
        hurt = x.copy()
        hurt[at] = np.nan
        finite = hurt[np.isfinite(hurt)]
        assert peak(hurt) == (float(np.abs(finite).max(initial=0.0)), 1)
        hurt[at] = -np.inf
        assert peak(hurt)[1] == 1
        hurt[at] = -2.0
        assert peak(hurt) == (2.0, 0)
    assert peak(x[:0]) == (0.0, 0)


def test_an_opening_takes_its_attack(toy: Contract) -> None:
    """Opening ramps from the start of its block: over the attack, or a block where 3 ms are longer."""
    x = np.full((4800, 1), 1e-6)
    x[2000:] = 1.0
    with open_engine(toy, rate=48_000, channels=1, range_db=-np.inf, dtype=np.float64) as engine:
        gain = run(engine, x)[:, 0] / x[:, 0]
    assert not gain[:2000].any()
    first = gain[2000:2100]
    assert np.allclose(np.diff(first), first[0], rtol=1e-9)
    assert gain[2300] == 1.0


def test_a_goal_that_stays_lets_the_ramp_go_on(toy: Contract) -> None:
    """At 44.1 kHz blocks are 91.875 samples: the same goal again, before a ramp ends, restarts nothing."""
    with open_engine(toy, rate=44_100, channels=1, range_db=-6.0, dtype=np.float64) as engine:
        out = run(engine, np.full((44_100, 1), 1e-6))
    assert np.all(out == out[0])
