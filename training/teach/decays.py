"""The time a target takes to fall: what a release is taught, and measured against."""

import numba
import numpy as np
from numpy.typing import NDArray

from gate.constants import BLOCK_MS

FALL_DB = 20.0
"""A target has decayed when its level is this far under Threshold."""
LONGEST_MS = 500.0
"""A decay is followed no further than this."""


@numba.njit(cache=True, nogil=True)
def _decays(labels, over_db, longest):  # type: ignore[no-untyped-def]
    blocks = len(labels)
    out = np.zeros(blocks, np.float32)
    for end in range(1, blocks):
        if labels[end - 1] != 1 or labels[end] != -1:
            continue
        fell = 0
        for k in range(end, min(end + longest, blocks)):
            if over_db[k] > 0.0:
                break
            if over_db[k] < -FALL_DB:
                fell = k - end + 1
                break
        k = end
        while fell > 0 and k < blocks and labels[k] == -1:
            out[k] = fell * BLOCK_MS
            k += 1
    return out


def decays_ms(label: NDArray[np.int8], over_db: NDArray[np.floating]) -> NDArray[np.float32]:
    """Measure the target's decay time in ms in each block of a closing's tail, 0 elsewhere.

    A decay lasts from the closing to the first block whose level is ``FALL_DB`` under Threshold, that block included.
    Closings whose target swells over Threshold before, or has not fallen after ``LONGEST_MS``, have none.

    Args:
        label: (T,) 1 open, 0 shut, -1 unscored. over_db: (T,) levels of the target over Threshold.
    """
    return _decays(label, np.ascontiguousarray(over_db, np.float32), round(LONGEST_MS / BLOCK_MS))
