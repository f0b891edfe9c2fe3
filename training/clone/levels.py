"""Levels of a pair: of the whole, of the quietest parts, and of what a wet sound has of its own."""

import numpy as np
from numpy.typing import NDArray

from training.learn.findings import clipped_share

Sound = NDArray[np.float64]

QUIET_DB = 40.0
"""Stretches so far under the loud ones are quiet: what they hold beside the dry sound is noise."""


def at_full_scale(x: Sound) -> float:
    """Return the share of flat tops at full scale: a box may flatten tops lower down, and is a box that does so."""
    return clipped_share(x) if np.max(np.abs(x), initial=0.0) > 0.999 else 0.0


def rms_db(x: Sound) -> float:
    """Return the level of a whole sound, dBFS."""
    return float(10.0 * np.log10(max(float(np.mean(np.square(x))), 1e-30)))


def floor_db(x: Sound, rate: int) -> float:
    """Return the level of the quietest 5 % of stretches of 10 ms, at least -140 dBFS."""
    piece = rate // 100
    powers = np.mean(np.square(x[: len(x) // piece * piece].reshape(-1, piece)), axis=1)
    return float(10.0 * np.log10(max(float(np.percentile(powers, 5.0)), 1e-14)))


def noise_db(dry: Sound, wet: Sound, rate: int) -> float:
    """Return the level of what no gain makes of the dry sound in the wet one's quiet stretches, at least -140 dBFS."""
    piece = rate // 100
    n = len(dry) // piece
    d, w = (x[: n * piece].reshape(n, piece) for x in (dry, wet))
    power, cross, heard = (np.einsum("ij,ij->i", a, b) / piece for a, b in ((d, d), (d, w), (w, w)))
    left = np.maximum(heard - np.square(cross) / np.maximum(power, 1e-30), 1e-14)
    quiet = heard < float(np.percentile(heard, 95.0)) * 10.0 ** (-QUIET_DB / 10.0)
    return float(10.0 * np.log10(np.median(left[quiet]))) if np.count_nonzero(quiet) > 5 else -140.0
