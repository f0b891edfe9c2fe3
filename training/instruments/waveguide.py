"""A plucked string as a loop: a delay of one period, a loss filter, all-passes for stiffness and for the rest.

Source: Jaffe and Smith, Extensions of the Karplus-Strong Plucked-String Algorithm, Computer Music Journal 7(2), 1983.
"""

from math import atan2, cos, pi, sin, sqrt

import numba
import numpy as np

from gate.constants import RATE

BRIGHT_HZ = 4_000.0
"""Where the second decay time is meant, or an octave over the lowest partial if that is higher."""
ALL_PASSES = 4


def loop(hz: float, ring_s: float, bright_s: float, stiff: float) -> tuple[int, float, float, float, float]:
    """Compute a string's loop: whole samples of delay, loss gain and pole, all-passes of the part and of the stiffness.

    Its lowest partial lies at ``hz`` exactly, whatever the filters delay it by.
    """
    period, w = RATE / hz, 2.0 * pi * hz / RATE
    bright_hz = max(BRIGHT_HZ, 2.0 * hz)
    per_loop = 10.0 ** (-3.0 * period / RATE / ring_s)
    fade = 10.0 ** (-6.0 * period / RATE * (1.0 / bright_s - 1.0 / ring_s))
    ratio = (cos(w) - fade * cos(2.0 * pi * bright_hz / RATE)) / (1.0 - fade)
    pole = ratio - sqrt(ratio * ratio - 1.0) if ratio > 1.0 else 0.95
    # The gain makes up for what the pole takes from the lowest partial; under it, it must stay below 1.
    while per_loop * sqrt(1.0 + pole * pole - 2.0 * pole * cos(w)) >= 0.99999 * (1.0 - pole):
        pole *= 0.9
    gain = per_loop * sqrt(1.0 + pole * pole - 2.0 * pole * cos(w))
    lost = atan2(pole * sin(w), 1.0 - pole * cos(w)) / w
    bend = _stiffness(hz, stiff)
    while ALL_PASSES * _delay(bend, w) > 0.4 * period:
        bend *= 0.9
        if bend > -1e-3:
            bend = 0.0
            break
    left = period - lost - (ALL_PASSES * _delay(bend, w) if bend else 0.0)
    whole = int(left - 0.4)
    part = left - whole
    return whole, gain, pole, sin((1.0 - part) * w / 2.0) / sin((1.0 + part) * w / 2.0), bend


def _delay(coefficient: float, w: float) -> float:
    """Compute the phase delay of a first-order all-pass, samples."""
    return 1.0 - 2.0 * atan2(coefficient * sin(w), 1.0 + coefficient * cos(w)) / w


def _stiffness(hz: float, stiff: float) -> float:
    """Find the coefficient of all-passes that put the 24th partial, or the one near 4 kHz if lower, where stiffness has it.

    Those between come near it. 0 if there is none.
    """
    k = min(int(4_000.0 / hz), 24)
    if k < 2:
        return 0.0
    high_hz = k * hz * sqrt((1.0 + stiff * k * k) / (1.0 + stiff))
    wanted = RATE / hz * (1.0 - k * hz / high_hz)
    low, high = -0.95, 0.0
    for _ in range(24):
        middle = (low + high) / 2.0
        drop = _delay(middle, 2.0 * pi * hz / RATE) - _delay(middle, 2.0 * pi * high_hz / RATE)
        low, high = (low, middle) if ALL_PASSES * drop < wanted else (middle, high)
    return high if high < -1e-3 else 0.0


@numba.njit(
    "float64[::1](float64[::1], int64, int64, float64, float64, float64, float64)", cache=True, nogil=True
)
def string(x, n, delay, gain, pole, part, bend):  # type: ignore[no-untyped-def]
    y = np.zeros(n)
    s = p0 = p1 = 0.0
    a0 = a1 = b0 = b1 = c0 = c1 = d0 = d1 = 0.0
    for i in range(n):
        v = 0.0
        if i >= delay:
            s = gain * y[i - delay] + pole * s
            p1 = part * (s - p1) + p0
            p0 = s
            v = p1
            if bend != 0.0:
                a1 = bend * (v - a1) + a0
                a0 = v
                b1 = bend * (a1 - b1) + b0
                b0 = a1
                c1 = bend * (b1 - c1) + c0
                c0 = b1
                d1 = bend * (c1 - d1) + d0
                d0 = c1
                v = d1
        y[i] = v + x[i] if i < len(x) else v
    return y
