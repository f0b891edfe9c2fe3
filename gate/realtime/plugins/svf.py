"""One step of a Butterworth filter of the second order, low-pass and high-pass at once, whose cutoff can move.

It is the bilinear transform of 1 / (s^2 + sqrt(2) s + 1) and of s^2 over the same, warped so that the cutoff lies where
it should, in the form with two integrators (a state-variable filter). Its states are integrals, not old
outputs, so a cutoff that moves changes slopes and makes no steps.

Source: V. Zavalishin, The Art of VA Filter Design, 4.1 to 4.4 (topology-preserving transform).
"""

import math
from typing import Any

import numpy as np

from gate.realtime.native import native

HIGHEST = 0.45
"""Highest cutoff, as a share of the rate: the transform ends at one half."""

TINY = 1e-30
"""A state below this is silence (-600 dBFS): farther down denormals would cost time."""

DAMPING = math.sqrt(2.0)
"""Damping of a Butterworth filter."""


@native
def coefficient(cutoff_hz: Any, rate: Any) -> Any:
    """Return what ``step`` needs of a cutoff: tan(pi cutoff / rate)."""
    return np.tan(np.pi * min(cutoff_hz, HIGHEST * rate) / rate)


@native
def step(value: Any, g: Any, first: Any, second: Any) -> Any:
    """Filter one sample; return (low, high, first, second), of which the last two are the integrators (state)."""
    high = (value - (g + DAMPING) * first - second) / (1.0 + g * (g + DAMPING))
    band = g * high + first
    first = g * high + band
    low = g * band + second
    return low, high, first, g * band + low


@native
def settled(state: Any) -> Any:
    """Return a state as it is, or 0 where it is nothing, or not finite."""
    return state if abs(state) > TINY and np.isfinite(state) else 0.0
