"""Hold, attack and release: from what the model says to how far the gate is open, one step a block.

The law, with dt the length of a block (2.083 ms):

* Two thresholds decide: over ``open_at`` the gate is wanted open, under ``close_at`` it is not, and between
  them it stays as it was.
* While it is wanted open, and for ``hold_ms`` after that, the goal of openness is 1; the last step of a hold
  counts for the part of the block that it covers. Otherwise the goal is 0.
* Openness approaches its goal by one pole. Attack and release are times *to completion*: after that time
  1e-4 (80 dB down) of the distance is left, and openness within 1e-4 of 0 or 1 is 0 or 1.

Training has the same law in torch, differentiable; a test holds the two together.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from gate.constants import BLOCK_MS
from gate.realtime.native import native

ATTACK_RANGE_MS = (1.0, 30.0)
"""Attack that a model may ask for, ms: a shorter one clicks, a longer one eats the beginning of words."""

HOLD_RANGE_MS = (0.0, 500.0)
"""Hold that a model may ask for, ms."""

RELEASE_RANGE_MS = (5.0, 1000.0)
"""Release that a model may ask for, ms."""

ATTACK_DEFAULT_MS, HOLD_DEFAULT_MS, RELEASE_DEFAULT_MS = 5.0, 100.0, 200.0
"""Times, ms, in place of one that is not a finite number."""

SNAP = 1e-4
"""Openness this near to 0 or 1 is 0 or 1; also what "to completion" leaves over."""

COMPLETION = float(np.log(1.0 / SNAP))
"""Time constants in an attack or release time: ln(10,000) = 9.21."""


@native
def bounded(value: Any, low: Any, high: Any, default: Any) -> Any:
    """Return ``value`` limited to low..high, or ``default`` where ``value`` is not a finite number."""
    if not np.isfinite(value):
        return default
    return min(max(value, low), high)


@native
def times(attack_ms: Any, hold_ms: Any, release_ms: Any) -> Any:
    """Return the three times in ms as float64, each limited to its range."""
    return (
        bounded(np.float64(attack_ms), ATTACK_RANGE_MS[0], ATTACK_RANGE_MS[1], ATTACK_DEFAULT_MS),
        bounded(np.float64(hold_ms), HOLD_RANGE_MS[0], HOLD_RANGE_MS[1], HOLD_DEFAULT_MS),
        bounded(np.float64(release_ms), RELEASE_RANGE_MS[0], RELEASE_RANGE_MS[1], RELEASE_DEFAULT_MS),
    )


@native
def wanted(
    decided: Any, hold_left_ms: Any, probability: Any, hold_ms: Any, open_at: Any, close_at: Any
) -> Any:
    """Decide what the gate wants: the first half of a step.

    Args:
        decided: 1.0 while the gate is wanted open, else 0.0 (state).
        hold_left_ms: time left of the hold (state).
        probability: that the gate should be open, from the model; what is not finite counts as 0.
        hold_ms: time to stay open, from ``times``.
        open_at: probability above which the gate opens.
        close_at: probability below which the gate lets go, at most ``open_at``.

    Returns:
        (decided, hold_left_ms, goal of openness), all float64.
    """
    p = np.float64(probability) if np.isfinite(probability) else 0.0
    open_ = p > open_at if decided == 0.0 else not p < close_at
    if open_:
        return 1.0, hold_ms, 1.0
    hold_left_ms = max(hold_left_ms - BLOCK_MS, 0.0)
    return 0.0, hold_left_ms, min(hold_left_ms / BLOCK_MS, 1.0)


@native
def approach(openness: Any, goal: Any, attack_ms: Any, release_ms: Any) -> Any:
    """Return openness one block nearer to its goal: the second half of a step.

    Args:
        openness: 0 to 1 (state).
        goal: 0 to 1, from ``wanted``.
        attack_ms: time to open to completion, from ``times``.
        release_ms: time to close to completion, from ``times``.
    """
    ms = attack_ms if goal > openness else release_ms
    openness += (1.0 - np.exp(-COMPLETION * BLOCK_MS / max(ms, 1.0))) * (goal - openness)
    if openness > 1.0 - SNAP:
        openness = 1.0
    elif openness < SNAP:
        openness = 0.0
    return openness


@native
def step(
    decided: Any,
    hold_left_ms: Any,
    openness: Any,
    probability: Any,
    attack_ms: Any,
    hold_ms: Any,
    release_ms: Any,
    open_at: Any,
    close_at: Any,
) -> Any:
    """Go one block further: ``wanted``, then ``approach``. Returns (decided, hold_left_ms, openness)."""
    decided, hold_left_ms, goal = wanted(decided, hold_left_ms, probability, hold_ms, open_at, close_at)
    return decided, hold_left_ms, approach(openness, goal, attack_ms, release_ms)


@native
def openness_curve(gate: Any, open_at: Any, close_at: Any) -> Any:
    """Return the openness of every block of a whole sound, beginning with the gate shut.

    Args:
        gate: (4, T) what a model gives: open probability, attack, hold and release in ms.
        open_at: probability above which the gate opens.
        close_at: probability below which the gate lets go.

    Returns:
        (T,) float64 in 0 to 1.
    """
    curve = np.empty(gate.shape[1], np.float64)
    decided, hold_left_ms, openness = 0.0, 0.0, 0.0
    for t in range(gate.shape[1]):
        attack_ms, hold_ms, release_ms = times(gate[1, t], gate[2, t], gate[3, t])
        decided, hold_left_ms, openness = step(
            decided, hold_left_ms, openness, gate[0, t], attack_ms, hold_ms, release_ms, open_at, close_at
        )
        curve[t] = openness
    return curve


def gain_curve(openness: NDArray[np.floating], range_db: float) -> NDArray[np.float64]:
    """Return the gain that each block's ramp goes to, for openness (T,) and a range in dB (-inf allowed)."""
    floor = 10.0 ** (min(range_db, 0.0) / 20.0)
    return np.where(openness >= 1.0, 1.0, floor + (1.0 - floor) * openness)
