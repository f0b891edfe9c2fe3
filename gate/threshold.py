"""``--threshold auto``: listen to the whole file once, and set the threshold between its noise and sound."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from gate.levels import FLOOR_DB, window_powers
from gate.parameters import BY_ID

OVER_FLOOR_DB = 6.0
"""How far over the noise floor the threshold goes: the floor's own 5 ms levels scatter by some 3 dB."""

UNDER_LOUD_DB = (35.0, 12.0)
"""How far under the loud level it lies at most (soft syllables have room) and at least (or they are lost)."""

FLOOR_PERCENTILE = 10.0
"""Of the levels that are not digital silence: recordings pause for more than a tenth of their time."""

LOUD_PERCENTILE, LOUD_SPAN_DB = 90.0, 40.0
"""The loud level, as ``gate.levels.loud_level_db`` has it: of the levels within 40 dB of the highest."""

BINS_PER_DB = 20
"""Fineness of the histogram: 0.05 dB."""

TOP_DB = 80.0
"""Where the histogram ends; a float file can be that loud."""

CHUNK = 1 << 16
"""Frames read at once, about: 64 Ki are half a megabyte of stereo."""


class Source(Protocol):
    """What is listened to: ``gate.audiofile.Reader`` is one."""

    @property
    def dtype(self) -> type[np.floating]:
        """Of the arrays that ``read`` takes."""

    def read(self, out: NDArray[Any]) -> int:
        """Fill ``out`` (n, channels); returns the frames filled, fewer than n only at the end."""


@dataclass(frozen=True)
class AutoThreshold:
    """What was measured and chosen, in dBFS; ``floor_db`` and ``loud_db`` are nan when the file is silent."""

    threshold_db: float
    floor_db: float
    loud_db: float
    sentence: str


class Levels:
    """A histogram of 5 ms levels, of any number of samples, in constant memory.

    Args:
        rate: of the sound, Hz.
    """

    def __init__(self, rate: int) -> None:
        self.window = max(1, round(rate * 0.005))
        self._counts = np.zeros(int((TOP_DB - FLOOR_DB) * BINS_PER_DB) + 1, np.int64)

    def add(self, x: NDArray[np.floating]) -> None:
        """Count the levels of x (n, channels): RMS over windows of 5 ms side by side, of the loudest channel.

        What remains after the last whole window is left out; samples that are not finite count as 0.
        """
        power = window_powers(x, self.window)
        heard = power[power > 10 ** (FLOOR_DB / 10)]
        bins = ((10.0 * np.log10(heard) - FLOOR_DB) * BINS_PER_DB).astype(np.int64)
        self._counts += np.bincount(np.clip(bins, 0, len(self._counts) - 1), minlength=len(self._counts))

    def floor_db(self) -> float:
        """Noise floor: the 10th percentile of all but digital silence; nan when there is nothing else."""
        return self._percentile(FLOOR_PERCENTILE, 0)

    def loud_db(self) -> float:
        """Loud level: the 90th percentile of those within 40 dB of the highest; nan for digital silence."""
        highest = np.flatnonzero(self._counts)
        if not len(highest):
            return float("nan")
        return self._percentile(LOUD_PERCENTILE, max(0, int(highest[-1]) - int(LOUD_SPAN_DB * BINS_PER_DB)))

    def _percentile(self, percent: float, lowest: int) -> float:
        total = np.cumsum(self._counts[lowest:])
        if not total[-1]:
            return float("nan")
        at = int(np.searchsorted(total, percent / 100.0 * total[-1]))
        return FLOOR_DB + (lowest + at + 0.5) / BINS_PER_DB


def measure(
    source: Source,
    rate: int,
    channels: int,
    fallback_db: float,
    pulse: Callable[[], None] = lambda: None,
) -> AutoThreshold:
    """Listen to a file from its beginning to its end and choose.

    Args:
        source: at its beginning; read to its end.
        rate: of the sound, Hz.
        channels: 1 to 32.
        fallback_db: threshold for a file that is silent all through: the preset's.
        pulse: called now and then; raises to end it.

    Raises:
        AudioFileError: the file cannot be read to its end.
    """
    levels = Levels(rate)
    buffer = np.empty((CHUNK // levels.window * levels.window, channels), source.dtype)
    while got := source.read(buffer):
        pulse()
        levels.add(buffer[:got])
    return choose(levels.floor_db(), levels.loud_db(), fallback_db)


def choose(floor_db: float, loud_db: float, fallback_db: float) -> AutoThreshold:
    """The threshold for a noise floor and a loud level (dBFS, nan for none), and why it is that."""
    if np.isnan(loud_db):
        sentence = (
            f"threshold {fallback_db:.1f} dBFS, the preset's: the file is silent, there is nothing to measure"
        )
        return AutoThreshold(fallback_db, floor_db, loud_db, sentence)
    lowest, highest = loud_db - UNDER_LOUD_DB[0], loud_db - UNDER_LOUD_DB[1]
    wanted = floor_db + OVER_FLOOR_DB
    threshold = min(max(wanted, lowest), highest)
    heard = f"noise floor {floor_db:.1f} dBFS, loud level {loud_db:.1f} dBFS"
    if wanted < lowest:
        why = f"{UNDER_LOUD_DB[0]:.0f} dB under the loud level, as low as it goes"
    elif wanted > highest:
        why = f"{UNDER_LOUD_DB[1]:.0f} dB under the loud level, as high as it goes; noise and sound are close"
    else:
        why = f"{OVER_FLOOR_DB:.0f} dB over the noise floor"
    table = BY_ID["threshold"]
    if not table.minimum <= threshold <= table.maximum:
        threshold = min(max(threshold, table.minimum), table.maximum)
        why = "the end of its range"
    threshold = round(threshold, 2)
    return AutoThreshold(threshold, floor_db, loud_db, f"threshold {threshold:.1f} dBFS, {why} ({heard})")
