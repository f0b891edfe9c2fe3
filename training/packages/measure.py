"""What a manifest says about a recording, measured as the first corpus was: levels of 10 ms, and where its spectrum ends."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

LOWEST_DB = -120.0
SPECTRUM_POINTS = 1024
SPECTRUM_DROP_DB = 65.0
"""The spectrum ends where it is last within this of its maximum."""

LONGEST_SPECTRUM_S = 60.0
"""Of longer recordings the spectrum is that of this much, from the middle."""

CLIPPED = 0.999
CLIPPED_RUN = 3
"""So many samples in a row at full scale are a clipped peak, not a chance."""


@dataclass(frozen=True)
class Measured:
    """Levels in dBFS of 10 ms windows, bandwidth and the share that is clipped (0 to 1).

    ``floor_dbfs`` is the 5th percentile of the levels, ``loud_dbfs`` the 95th.
    """

    peak_dbfs: float
    floor_dbfs: float
    loud_dbfs: float
    bandwidth_hz: float
    clipped: float

    @property
    def range_db(self) -> float:
        """Loud level minus floor."""
        return self.loud_dbfs - self.floor_dbfs


def measure(x: NDArray[np.float32], rate_hz: int) -> Measured:
    """Measure a recording (n,) of full scale 1.0; one shorter than 10 ms is one window."""
    peak = float(np.max(np.abs(x), initial=0.0))
    levels = levels_db(x, rate_hz)
    floor, loud = np.percentile(levels, (5, 95)) if len(levels) else (LOWEST_DB, LOWEST_DB)
    return Measured(_db(peak), float(floor), float(loud), bandwidth_hz(x, rate_hz), clipped_share(x))


def levels_db(x: NDArray[np.float32], rate_hz: int) -> NDArray[np.float64]:
    """Return the RMS of each whole 10 ms, in dBFS, at least ``LOWEST_DB``."""
    window = max(min(rate_hz // 100, len(x)), 1)
    cut = x[: len(x) // window * window].reshape(-1, window).astype(np.float64)
    return 10.0 * np.log10(np.maximum(np.square(cut).mean(axis=1), 10.0 ** (LOWEST_DB / 10.0)))


def bandwidth_hz(x: NDArray[np.float32], rate_hz: int) -> float:
    """Return where the mean spectrum is last within ``SPECTRUM_DROP_DB`` of its maximum; 0 for silence."""
    most = int(LONGEST_SPECTRUM_S * rate_hz)
    x = x[max(len(x) - most, 0) // 2 :][:most]
    frames = max(len(x) // SPECTRUM_POINTS, 1)
    padded = np.zeros(frames * SPECTRUM_POINTS, np.float32)
    padded[: min(len(x), len(padded))] = x[: len(padded)]
    window = np.hanning(SPECTRUM_POINTS).astype(np.float32)
    mean = np.abs(np.fft.rfft(padded.reshape(frames, SPECTRUM_POINTS) * window)).mean(axis=0)
    if not mean.max() > 0.0:
        return 0.0
    within = np.flatnonzero(mean >= mean.max() * 10.0 ** (-SPECTRUM_DROP_DB / 20.0))
    return float(within[-1] * rate_hz / SPECTRUM_POINTS)


def clipped_share(x: NDArray[np.float32]) -> float:
    """Return the share of samples in runs of ``CLIPPED_RUN`` or more at full scale."""
    over = np.abs(x) >= CLIPPED
    if not over.any():
        return 0.0
    edges = np.flatnonzero(np.diff(np.concatenate([[False], over, [False]])))
    runs = edges[1::2] - edges[::2]
    return float(runs[runs >= CLIPPED_RUN].sum() / len(x))


def _db(peak: float) -> float:
    return max(20.0 * float(np.log10(max(peak, 1e-9))), LOWEST_DB)
