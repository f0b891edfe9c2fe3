"""What may be wrong with a recording, in words; and clipping, which every recording is asked for."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

CLIPPED_SHARE = 1e-4
"""Share of samples in flat tops from which clipping can be heard."""
FLAT_SAMPLES = 3
"""Neighbours at the peak, to a step of 16 bits, that make a flat top."""


@dataclass(frozen=True)
class Finding:
    """One thing that is wrong: level "error" or "warning", the file ("" for a whole side), what, and what to do."""

    level: str
    path: str
    what: str
    remedy: str

    def __str__(self) -> str:
        """Write the finding as one line."""
        return f"{self.level}: {self.path + ': ' if self.path else ''}{self.what}; {self.remedy}"


def clipped_share(x: NDArray[np.floating]) -> float:
    """Measure the share of samples in flat tops: ``FLAT_SAMPLES`` or more in a row at the highest or lowest value."""
    if not len(x):
        return 0.0
    count = 0
    for side in (x, -x):
        peak = float(side.max())
        if peak < 0.05:
            continue
        at = np.flatnonzero(side >= peak - 1.5 / 32768)
        runs = np.split(at, np.flatnonzero(np.diff(at) > 1) + 1)
        count += sum(len(run) for run in runs if len(run) >= FLAT_SAMPLES)
    return count / len(x)
