"""Sounds cut in two: a part to learn from, and a part to judge by."""

from collections.abc import Sequence

import numpy as np

from gate.constants import RATE
from training.sounds.changes import Sound


def cut_in_two(sounds: Sequence[Sound], share: float) -> tuple[list[Sound], list[Sound]]:
    """Split sounds into the first ``share`` of all samples and the rest; one sound is cut, at a quiet place near there.

    Sounds of which less than half a second would remain on a side go there as a whole.
    """
    total, least = sum(len(x) for x in sounds), RATE // 2
    before, after, at = [], [], 0
    for x in sounds:
        cut = int(share * total) - at
        at += len(x)
        if cut >= least and len(x) - cut >= least:
            cut = _quietest(x, cut, min(cut - least // 2, len(x) - cut - least // 2, int(0.1 * total)))
            before.append(x[:cut])
            after.append(x[cut:])
        elif cut >= len(x) / 2:
            before.append(x)
        else:
            after.append(x)
    if not after and len(before) > 1:
        after.append(before.pop())
    if not before and len(after) > 1:
        before.append(after.pop(0))
    return before, after


def _quietest(x: Sound, cut: int, reach: int) -> int:
    """Find where, within ``reach`` samples of ``cut``, 20 ms of sound are the quietest."""
    if reach < RATE // 50:
        return cut
    start = cut - reach
    window = np.square(x[start : cut + reach], dtype=np.float64)
    sums = np.convolve(window, np.ones(RATE // 50), "valid")
    return start + int(np.argmin(sums)) + RATE // 100
