"""Hold, attack and release, against the law written down."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gate.constants import BLOCK_MS
from gate.realtime.ballistics import (
    ATTACK_RANGE_MS,
    HOLD_RANGE_MS,
    RELEASE_RANGE_MS,
    gain_curve,
    openness_curve,
)
from tests.gate.engine_tools import Array

LAW_TOLERANCE = 1e-12
"""Openness, 0 to 1: compiled against Python, the same float64 arithmetic but for the exponential."""

OPEN_AT, CLOSE_AT = 0.5, 0.35


def law(gate: Array) -> Array:
    """The law, step by step, in Python."""
    decided, hold_left, openness, curve = False, 0.0, 0.0, []
    for p, attack, hold, release in gate.T.astype(np.float64):
        p = p if np.isfinite(p) else 0.0
        attack = np.clip(attack, 1.0, 30.0) if np.isfinite(attack) else 5.0
        hold = np.clip(hold, 0.0, 500.0) if np.isfinite(hold) else 100.0
        release = np.clip(release, 5.0, 1000.0) if np.isfinite(release) else 200.0
        if not decided and p > OPEN_AT:
            decided = True
        elif decided and p < CLOSE_AT:
            decided = False
        hold_left = hold if decided else max(hold_left - 100 / 48, 0.0)
        on = 1.0 if decided else min(hold_left / (100 / 48), 1.0)
        ms = attack if on > openness else release
        openness += (1.0 - np.exp(-np.log(1e4) * (100 / 48) / max(ms, 1.0))) * (on - openness)
        openness = 1.0 if openness > 1.0 - 1e-4 else 0.0 if openness < 1e-4 else openness
        curve.append(openness)
    return np.array(curve)


def steady(p: Array, attack: float = 5.0, hold: float = 50.0, release: float = 100.0) -> Array:
    times = [np.full(len(p), value) for value in (attack, hold, release)]
    return np.array([p, *times], np.float32)


numbers = st.one_of(st.floats(-1e4, 1e4), st.sampled_from([np.nan, np.inf, -np.inf, 0.0, 0.35, 0.5, 1.0]))


@given(
    st.lists(
        st.tuples(st.one_of(st.floats(0, 1), numbers), numbers, numbers, numbers), min_size=1, max_size=60
    )
)
@settings(deadline=None, derandomize=True)
def test_the_law(rows: list[tuple[float, ...]]) -> None:
    """Compiled ballistics keep the law for whatever a model may say."""
    gate = np.array(rows, np.float64).T
    curve = openness_curve(gate, OPEN_AT, CLOSE_AT)
    assert np.abs(curve - law(gate)).max() <= LAW_TOLERANCE
    assert curve.min() >= 0.0
    assert curve.max() <= 1.0


@pytest.mark.parametrize("attack_ms", [1.0, 2.0, 5.0, 30.0])
def test_an_attack_is_complete_after_its_time(attack_ms: float) -> None:
    """Openness is exactly 1 from the first block that ends after the attack time."""
    curve = openness_curve(steady(np.ones(40), attack=attack_ms), OPEN_AT, CLOSE_AT)
    complete = int(np.ceil(attack_ms / BLOCK_MS - 1e-9))
    assert np.all(curve[complete - 1 + 1 :] == 1.0)
    assert np.all(np.diff(curve) >= 0.0)
    if complete > 1:
        assert curve[complete - 2] < 1.0


@pytest.mark.parametrize("release_ms", [5.0, 100.0, 1000.0])
def test_a_release_is_complete_after_its_time(release_ms: float) -> None:
    """Openness is exactly 0 once the release time has passed."""
    p = np.r_[np.ones(40), np.zeros(600)]
    curve = openness_curve(steady(p, hold=0.0, release=release_ms), OPEN_AT, CLOSE_AT)[40:]
    complete = int(np.ceil(release_ms / BLOCK_MS - 1e-9))
    assert np.all(curve[complete:] == 0.0)
    assert curve[max(complete - 2, 0)] > 0.0


def test_a_hold_lasts_its_time() -> None:
    """After the last wanted block the gate stays open for the hold, to a block."""
    p = np.r_[np.ones(40), np.zeros(100)]
    curve = openness_curve(steady(p, hold=50.0), OPEN_AT, CLOSE_AT)
    assert np.all(curve[40 : 40 + 23] == 1.0)
    assert np.all(curve[40 + 24 :] < 1.0)


def test_between_the_thresholds_nothing_changes() -> None:
    """A probability between the thresholds neither opens nor closes; each threshold itself is between."""
    shut = openness_curve(steady(np.full(50, 0.5)), OPEN_AT, CLOSE_AT)
    kept = openness_curve(steady(np.r_[1.0, np.full(200, 0.35 + 1e-6)]), OPEN_AT, CLOSE_AT)
    assert not shut.any()
    assert kept[-1] == 1.0


def test_ranges_are_those_of_the_heads() -> None:
    """What is asked beyond a range counts as its end."""
    p = np.r_[np.ones(30), np.zeros(400)]
    for low, high in (
        (steady(p, -5.0, -5.0, -5.0), steady(p, ATTACK_RANGE_MS[0], HOLD_RANGE_MS[0], RELEASE_RANGE_MS[0])),
        (steady(p, 1e9, 1e9, 1e9), steady(p, ATTACK_RANGE_MS[1], HOLD_RANGE_MS[1], RELEASE_RANGE_MS[1])),
    ):
        assert np.array_equal(openness_curve(low, OPEN_AT, CLOSE_AT), openness_curve(high, OPEN_AT, CLOSE_AT))


def test_gain_of_openness() -> None:
    """Gain is exactly 1 when open and exactly the floor when shut, 0 for -inf."""
    openness = np.array([0.0, 0.25, 1.0])
    assert gain_curve(openness, -np.inf).tolist() == [0.0, 0.25, 1.0]
    assert gain_curve(openness, 0.0).tolist() == [1.0, 1.0, 1.0]
    assert gain_curve(openness, -20.0)[[0, 2]].tolist() == [0.1, 1.0]
