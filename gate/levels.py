"""The level that Threshold is compared with: RMS over 5 ms, once a block."""

import numpy as np
from numpy.typing import NDArray

from gate.constants import BLOCK, RATE

WINDOW = RATE * 5 // 1000
"""Samples in 5 ms at 48 kHz."""

FLOOR_DB = -140.0
"""What digital silence reads, in dB re full scale."""


def block_levels_db(x: NDArray[np.floating]) -> NDArray[np.float32]:
    """Level of each block: RMS over the 5 ms centred on the block, in dB re full scale.

    Args:
        x: (n,) samples at 48 kHz, full scale 1.0. Outside it is silence.

    Returns:
        (n // 100,) float32, at least ``FLOOR_DB``. A full-scale sine reads -3 dB.
    """
    blocks = len(x) // BLOCK
    before = (WINDOW - BLOCK) // 2
    total = np.zeros(before + len(x) + WINDOW + 1)
    np.cumsum(np.square(x, dtype=np.float64), out=total[before + 1 : before + 1 + len(x)])
    total[before + 1 + len(x) :] = total[before + len(x)]
    at = np.arange(blocks) * BLOCK
    power = (total[at + WINDOW] - total[at]) / WINDOW
    return (10.0 * np.log10(np.maximum(power, 10 ** (FLOOR_DB / 10)))).astype(np.float32)


def loud_level_db(levels_db: NDArray[np.floating]) -> float:
    """Loud level of a sound: 90th percentile of its 5 ms levels within 40 dB of the highest; nan if silent."""
    highest = float(np.max(levels_db, initial=FLOOR_DB))
    if highest <= FLOOR_DB:
        return float("nan")
    return float(np.percentile(levels_db[levels_db > highest - 40.0], 90))
