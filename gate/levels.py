"""The level that Threshold is compared with: RMS over 5 ms, once a block."""

from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from gate.constants import BLOCK, RATE

Float = TypeVar("Float", bound=np.floating[Any])

WINDOW = RATE * 5 // 1000
"""Samples in 5 ms at 48 kHz."""

FLOOR_DB = -140.0
"""Level of digital silence, in dB re full scale."""

LOUDEST_POWER = 1e30
"""Largest mean square, which everything louder counts as: it fits into a float32."""


def window_powers(x: NDArray[Float], window: int) -> NDArray[Float]:
    """Return the mean square of each window of a sound, in the channel that is the loudest there.

    So the level of several channels is that of the loudest one alone, whatever the others do: silent channels take
    nothing off, and two in antiphase do not cancel (docs/decisions/0022).

    Args:
        x: (n, channels) samples, full scale 1.0. Those that are not finite count as 0.
        window: samples, 1 or more; windows lie side by side, and what remains after the last whole one is left out.

    Returns:
        (n // window,) of x's type, 0 to ``LOUDEST_POWER``. One channel, and as many copies of it, give the same bits.
    """
    windows = len(x) // window
    cut = x[: windows * window].reshape(windows, window, x.shape[1])
    powers = np.zeros(windows, x.dtype)
    with np.errstate(over="ignore", invalid="ignore"):
        for channel in range(cut.shape[2]):
            own = np.ascontiguousarray(cut[:, :, channel])
            np.maximum(powers, np.einsum("ij,ij->i", own, own), out=powers)
        powers /= window
        odd = ~np.isfinite(powers)
        if odd.any():
            clean = np.nan_to_num(cut[odd], nan=0.0, posinf=0.0, neginf=0.0).astype(np.float64)
            powers[odd] = np.square(clean).mean(axis=1).max(axis=1)
    return np.minimum(powers, LOUDEST_POWER, out=powers)


def block_levels_db(x: NDArray[np.floating]) -> NDArray[np.float32]:
    """Return the level of each block: RMS over the 5 ms centred on the block, in dB re full scale.

    Args:
        x: (n,) samples at 48 kHz, full scale 1.0. Before and after them is silence.

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
    """Return a sound's loud level: 90th percentile of its 5 ms levels within 40 dB of the highest; nan if silent."""
    highest = float(np.max(levels_db, initial=FLOOR_DB))
    if highest <= FLOOR_DB:
        return float("nan")
    return float(np.percentile(levels_db[levels_db > highest - 40.0], 90))
