"""The spectrum of what comes in, as a curve over the logarithm of frequency, for whoever draws it."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

LOWEST_HZ, HIGHEST_HZ = 30.0, 20_000.0

POINTS = 160
"""Points of the curve, in equal ratios."""

WINDOW_S = 0.085
"""Seconds of sound that a spectrum is made of, about: 4096 samples at 48 kHz, bins of 12 Hz."""

FALL_DB = 1.2
"""The most that a point falls from one look to the next: so the eye can follow."""

FLOOR_DB = -120.0
"""Lowest level of a point."""


class Spectrum:
    """Spectra one after another, falling gently.

    Attributes:
        frequencies_hz: (POINTS,), frequencies of the points.
        levels_db: (POINTS,) dB; a full-scale sine reads 0.

    Args:
        rate: of the sound, Hz.
    """

    def __init__(self, rate: int) -> None:
        self.rate = rate
        self.size = 1 << round(np.log2(WINDOW_S * rate))
        self.frequencies_hz = np.geomspace(LOWEST_HZ, HIGHEST_HZ, POINTS)
        self.levels_db = np.full(POINTS, FLOOR_DB)
        self._window = np.hanning(self.size).astype(np.float32)
        self._scale = 2.0 / float(self._window.sum())
        bins_hz = np.fft.rfftfreq(self.size, 1.0 / rate)
        edges = np.geomspace(LOWEST_HZ, HIGHEST_HZ, 2 * POINTS + 1)[::2]  # half a step to either side
        self._first = np.searchsorted(bins_hz, edges[:-1]).clip(0, len(bins_hz) - 1)
        self._place = self.frequencies_hz / bins_hz[1]
        self._wide = np.searchsorted(bins_hz, edges[1:]) - self._first > 1
        self._heard = self.frequencies_hz < rate / 2.0

    def look(self, x: NDArray[Any]) -> None:
        """Take the newest ``size`` frames, x (size, channels); fewer frames change nothing."""
        if len(x) < self.size:
            return
        spectra = np.fft.rfft(x[-self.size :].T.astype(np.float32) * self._window)  # (channels, bins)
        power = np.square(np.abs(spectra) * self._scale).max(axis=0)
        level = 10.0 * np.log10(np.maximum(power, 10 ** (FLOOR_DB / 10)))
        most = np.maximum.reduceat(level, self._first)
        between = np.interp(
            self._place, np.arange(len(level)), level
        )  # low down a point is narrower than a bin
        new = np.where(self._wide, most, between)
        new[~self._heard] = FLOOR_DB
        np.nan_to_num(new, copy=False, nan=FLOOR_DB)
        np.maximum(new, self.levels_db - FALL_DB, out=self.levels_db)
