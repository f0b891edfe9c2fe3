"""The gain of every sample, from the gain of every block: the engine's ramps, for gates that run without an engine."""

import numba
import numpy as np
from numpy.typing import NDArray

from gate.constants import BLOCK, RATE
from gate.realtime.gain import OPENING_MS
from training.judging.baselines import SHUT_GAIN


def gain_ramps(
    goals: NDArray[np.floating], attack_ms: NDArray[np.floating] | float = OPENING_MS
) -> NDArray[np.float64]:
    """Compute the gain of each sample as the engine does (``gate.realtime.gain``), (T * 100,).

    From a block's first sample on, the gain moves linearly to the block's goal: within the block, or, when opening, within
    the attack if that is shorter, but never in less than 1 ms. Before the first block the gate is shut, 80 dB down.

    Args:
        goals: (T,) linear gain that each block's ramp goes to.
        attack_ms: (T,), or one for all; the default is for gates that jump.
    """
    goals = np.ascontiguousarray(goals, np.float64)
    attacks = np.empty_like(goals)
    attacks[:] = attack_ms
    return _gain_ramps(goals, attacks)


@numba.njit("float64[::1](float64[::1], float64[::1])", cache=True, nogil=True)
def _gain_ramps(goals, attack_ms):  # type: ignore[no-untyped-def]
    """Fill in the ramps block by block; a ramp is never longer than its block."""
    out = np.empty(len(goals) * BLOCK)
    gain = SHUT_GAIN
    for k in range(len(goals)):
        length = float(BLOCK)
        if goals[k] > gain:
            length = min(length, max(OPENING_MS, attack_ms[k]) * RATE / 1000.0)
        slope = (goals[k] - gain) / length
        for i in range(BLOCK):
            out[k * BLOCK + i] = goals[k] if i + 1 >= length else gain + slope * (i + 1)
        gain = goals[k]
    return out
