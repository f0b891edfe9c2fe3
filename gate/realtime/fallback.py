"""The classic gate that decides when a model cannot, with the same Threshold and Range.

It compares the level of each block, that of the loudest channel, with Threshold, and gives what a model gives: an open
probability and three times. Ballistics and gain stay as they are, so nothing clicks when one takes over from the other.
"""

from typing import Any

import numpy as np

from gate.constants import BLOCK
from gate.realtime.native import at, carray, native

ATTACK_MS, HOLD_MS, RELEASE_MS = 1.0, 120.0, 150.0
"""Times that fit most sounds: fast enough for drums, long enough to bridge the gaps within words."""

HYSTERESIS_DB = 3.0
"""How far under Threshold an open gate lets go."""


@native
def classic(r: Any, u: Any, gates: Any) -> None:
    """Decide the full queue for unit u.

    Args:
        r: the engine's record.
        u: which unit.
        gates: (4, batch) float32, overwritten: open probability, attack, hold and release in ms.
    """
    batch, units, stride = r.batch, r.units, r.blocks_stride
    queue = carray(at(r.blocks_at, np.float32), (r.listened * stride,), np.float32)
    thresholds = carray(at(r.thresholds_at, np.float32), (batch,), np.float32)
    first, last = (0, r.listened) if units == 1 else (u, u + 1)
    between = np.float32(0.5 * (r.open_at + r.close_at))
    for t in range(batch):
        power = 0.0
        for c in range(first, last):
            own = 0.0
            for i in range(c * stride + t * BLOCK, c * stride + (t + 1) * BLOCK):
                own += np.float64(queue[i]) * np.float64(queue[i])
            power = max(power, own / BLOCK)
        threshold = 10.0 ** (np.float64(thresholds[t]) / 10.0)
        if power > threshold:
            gates[0, t] = np.float32(1.0)
        elif power < threshold * 10.0 ** (-HYSTERESIS_DB / 10.0):
            gates[0, t] = np.float32(0.0)
        else:
            gates[0, t] = between
        gates[1, t], gates[2, t], gates[3, t] = (
            np.float32(ATTACK_MS),
            np.float32(HOLD_MS),
            np.float32(RELEASE_MS),
        )
