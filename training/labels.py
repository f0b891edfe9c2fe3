"""When should a gate be open? The label that every method here is taught with and scored by.

The clean target alone, at threshold T, decides; bleed never opens a gate:

    open      where the target's 5 ms level is over T, gaps shorter than 200 ms filled
    foot      before each opening, back to where the level left T - 6 dB: at least two blocks, at most 50 ms;
              unscored, since opening a little early is neither right nor wrong
    tail      after each closing, until the level is under T - 6 dB and 100 ms more; unscored, since
              letting go and holding on are both fine there
    shut      everything else

Edge cases, decided here:
- "Over" is strict: a level equal to T is not over it. Digital silence is over no threshold, however low.
- A gap is what lies *between* two stretches over T. Silence before the first and after the last is never
  filled, however short: nothing says that the target went on beyond the file.
- "Shorter than 200 ms" is strict: 95 blocks are filled, 96 blocks (exactly 200 ms) are a pause.
- A sound that is open in the first block has no foot; a tail is cut off by the end of the file.
- A tail ends 100 ms after the level is *first* under T - 6 dB: a target that swells again between T - 6 dB
  and T belongs shut. It never runs into the next opening; where it meets the next foot, both are unscored.
- The threshold may be one number or one a block (automation); each block is compared with its own.
"""

import numba
import numpy as np
from numpy.typing import NDArray

from gate.constants import BLOCK, RATE
from gate.levels import FLOOR_DB

OPEN, SHUT, UNSCORED = 1, 0, -1

GAP_BLOCKS = RATE * 200 // 1000 // BLOCK
"""Blocks in 200 ms: a gap with fewer is filled. All published figures use this for every target."""

FOOT_LEAST_BLOCKS = 2
FOOT_MOST_BLOCKS = RATE * 50 // 1000 // BLOCK
"""Blocks in 50 ms."""

TAIL_BLOCKS = RATE * 100 // 1000 // BLOCK
"""Blocks in 100 ms."""

UNDER_DB = 6.0
"""How far under the threshold foot and tail reach."""


def label(
    target_level_db: NDArray[np.floating], threshold_db: float | NDArray[np.floating]
) -> NDArray[np.int8]:
    """Label each block of a target.

    Args:
        target_level_db: (T,) 5 ms levels of the clean target alone, see ``gate.levels.block_levels_db``.
        threshold_db: dB re full scale, one number or (T,).

    Returns:
        (T,) int8: 1 open, 0 shut, -1 unscored (foot or tail).

    Raises:
        ValueError: the levels are not one-dimensional, or the thresholds do not fit them.
    """
    level = np.asarray(target_level_db, dtype=np.float32)
    threshold = np.asarray(threshold_db, dtype=np.float32)
    if level.ndim != 1 or (threshold.ndim != 0 and threshold.shape != level.shape):
        raise ValueError(
            f"expected levels (T,) and a threshold () or (T,), got {level.shape} and {threshold.shape}; "
            "label one channel at a time"
        )
    over_db = level - threshold
    over_db[level <= FLOOR_DB] = -np.inf
    return _label(over_db)


@numba.njit(cache=True, nogil=True)
def _foot(over_db, labels, opening):  # type: ignore[no-untyped-def]
    """Mark the foot before the opening at this block as unscored."""
    for back in range(1, min(FOOT_MOST_BLOCKS, opening) + 1):
        at = opening - back
        if back > FOOT_LEAST_BLOCKS and over_db[at] <= -UNDER_DB:
            return
        labels[at] = UNSCORED


@numba.njit(cache=True, nogil=True)
def _tail(over_db, labels, closing, end):  # type: ignore[no-untyped-def]
    """Mark the tail from this block on, but not past ``end``, as unscored."""
    left = -1  # blocks still to go once the level was under T - 6 dB; -1: it was not yet
    for k in range(closing, end):
        if left < 0 and over_db[k] < -UNDER_DB:
            left = TAIL_BLOCKS
        if left == 0:
            return
        labels[k] = UNSCORED
        left -= left > 0


@numba.njit("int8[::1](float32[::1])", cache=True, nogil=True)
def _label(over_db):  # type: ignore[no-untyped-def]
    """Label (T,) levels relative to the threshold, see ``label``."""
    blocks = len(over_db)
    labels = np.zeros(blocks, np.int8)
    closed_at = -1  # the first block after the last stretch over T; -1: there was none yet
    for k in range(blocks):
        if not over_db[k] > 0.0:
            continue
        if closed_at >= 0 and k > closed_at:
            if k - closed_at < GAP_BLOCKS:
                labels[closed_at:k] = OPEN
            else:
                _tail(over_db, labels, closed_at, k)
        if closed_at < 0 or k - closed_at >= GAP_BLOCKS:
            _foot(over_db, labels, k)
        labels[k] = OPEN
        closed_at = k + 1
    if 0 <= closed_at < blocks:
        _tail(over_db, labels, closed_at, blocks)
    return labels
