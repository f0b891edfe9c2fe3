"""One output for each input: the curve of a distortion without memory; and what is left without any memory."""

import numpy as np
from numpy.typing import NDArray

from training.clone.gains import shape_residual

Sound = NDArray[np.float64]

TRIED_S = 10.0
"""Seconds on which a pair is tried."""
BINS = 400
"""Bins with as many samples each, and again as many of one width: the rare loud samples count, too."""


def curve_of(dry: Sound, wet: Sound) -> tuple[Sound, float]:
    """Fit one output for each input, and judge it on every second tenth of a second.

    Returns:
        (2, k) inputs, growing, and their outputs; and the share of the energy that is left.
    """
    piece = max(len(dry) // 400, 1)
    learned = (np.arange(len(dry)) // piece) % 2 == 0
    x, y = dry[learned], wet[learned]
    edges = np.unique(
        np.concatenate((np.quantile(x, np.linspace(0.0, 1.0, BINS)), np.linspace(x.min(), x.max(), BINS)))
    )
    if len(edges) < 3:
        return np.zeros((2, 2)), 1.0
    bins = np.clip(np.searchsorted(edges, x, "right") - 1, 0, len(edges) - 2)
    count = np.bincount(bins, minlength=len(edges) - 1)
    full = count > 0
    inputs = np.bincount(bins, x, len(edges) - 1)[full] / count[full]
    outputs = np.bincount(bins, y, len(edges) - 1)[full] / count[full]
    return np.stack((inputs, outputs)), _share(
        wet[~learned] - np.interp(dry[~learned], inputs, outputs), wet[~learned]
    )


def left_simply(dry: Sound, wet: Sound, rate: int) -> float:
    """Measure what the better of a curve and a moving gain leaves of the wet energy in the middle of a pair."""
    first = max(len(dry) // 2 - int(TRIED_S * rate / 2.0), 0)
    part = slice(first, first + int(TRIED_S * rate))
    return min(curve_of(dry[part], wet[part])[1], shape_residual(dry[part], wet[part]))


def _share(left: Sound, wet: Sound) -> float:
    return float(np.square(left).sum() / max(float(np.square(wet).sum()), 1e-30))
