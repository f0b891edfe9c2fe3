"""``--threshold auto``: listen to the whole file once, and set the threshold between its noise and sound."""

import copy
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
"""The most that the threshold is under the loud level (soft syllables have room), and the least (or they are lost)."""

FLOOR_PERCENTILE = 10.0
"""Percentile of the levels that are not digital silence: recordings pause for more than a tenth of their time."""

SLOT_WINDOWS = 40
"""Windows of 5 ms in a slot, 0.2 s: a syllable, a stroke, a clap."""

SLOT_PERCENTILE = 90.0
"""Percentile of its windows that is a slot's level: no click makes it loud, no pause after a stroke makes it soft."""

EVENTS, EVENTS_A_MINUTE = 5, 2
"""A level that is reached fewer times than this (the greater of the two) is an accident: a clap, a door, a cough."""

ACTIVE_OVER_DB, ACTIVE_SHARE, ACTIVE_EVENTS = 15.0, 1 / 3, 2
"""Slots so far over the noise floor hold sound, if they are this share of all, or come from so many times ``EVENTS``.
If not, the sound is all of one level, and all slots count."""

TOP_PERCENTILE, TOP_SPAN_DB = 75.0, 30.0
"""The top is this percentile of the slots with sound, or the level that ``EVENTS`` reach, if that is higher. What lies
farther under the top than the span (bleed between strokes, breath) has no say in the loud level."""

LOUD_PERCENTILE = 75.0
"""Percentile of the slots with a say that is the loud level: as the loudest tenth of 5 ms in speech, songs, guitars."""

STEADY_DB, TONE_OVER_DB = 1.0, 6.0
"""Two slots whose windows all lie within the first figure are a tone: noise, voices and instruments scatter by more.
A tone the second figure over the floor of everything else is a line-up tone, and only its first slot counts."""

FAINT_DB, FAINT_SLOTS = -90.0, 2
"""Sound that stays under this for more than so many slots is no room but dither, or a codec's silence: silence."""

A_SECOND = 200
"""Windows in a second."""

BINS_PER_DB = 20
"""Fineness of the histogram: 0.05 dB."""

TOP_DB = 80.0
"""Upper end of the histogram; a float file can be that loud."""

CHUNK = 1 << 16
"""Frames read at once, about: 64 Ki are half a megabyte of stereo."""


class Source(Protocol):
    """A sound to listen to: ``gate.files.sound_reader.Reader`` is one."""

    @property
    def dtype(self) -> type[np.floating]:
        """Type of the arrays that ``read`` takes."""

    def read(self, out: NDArray[Any]) -> int:
        """Fill ``out`` (n, channels); return the frames filled, fewer than n only at the end."""


@dataclass(frozen=True)
class AutoThreshold:
    """Levels measured and threshold chosen, in dBFS; ``floor_db`` and ``loud_db`` are nan when the file is silent."""

    threshold_db: float
    floor_db: float
    loud_db: float
    sentence: str


class Levels:
    """The noise floor and the loud level of any number of samples, in constant memory.

    Windows of 5 ms give the floor. The loud level is a percentile of slots of 0.2 s, so no single event moves it by
    much: a clap is one slot or two, a door a few, and a tone counts at its beginning only.

    Args:
        rate: of the sound, Hz.
    """

    def __init__(self, rate: int) -> None:
        self.window = max(1, round(rate * 0.005))
        bins = _bin(TOP_DB) + 1
        self._windows, self._tones, self._faint, self._slots = (np.zeros(bins, np.int64) for _ in range(4))
        self._rises = np.zeros(
            bins + 1, np.int64
        )  # differences: `np.cumsum` of it says how often a level is reached
        self._slot = np.empty(0)  # windows of the slot that is not yet whole
        self._before = (-np.inf, np.inf, FLOOR_DB)  # of the slot before: lowest and highest window, level
        self._tone_db = np.nan  # level of the newest tone
        self._held: list[
            NDArray[np.float64]
        ] = []  # faint slots in a row, of which it is not yet known if they end

    def add(self, x: NDArray[np.floating]) -> None:
        """Take x (n, channels), which follows the sound taken before; samples that are not finite count as 0.

        What remains after the last whole window of 5 ms is left out.
        """
        power = window_powers(x, self.window)
        if not len(power):
            return
        floored = np.maximum(power.astype(np.float64), 10 ** (FLOOR_DB / 10))
        levels = np.concatenate([self._slot, 10.0 * np.log10(floored)])
        whole = len(levels) // SLOT_WINDOWS * SLOT_WINDOWS
        for slot in levels[:whole].reshape(-1, SLOT_WINDOWS):
            self._add_slot(slot)
        self._slot = levels[whole:]

    def floor_db(self) -> float:
        """Return the noise floor: the 10th percentile of what is not silence nor line-up tone; nan if nothing is."""
        return self._ended()._floor_db()

    def loud_db(self) -> float:
        """Return the loud level: a percentile of the slots that hold sound; nan for digital silence."""
        return self._ended()._loud_db()

    def _add_slot(self, levels: NDArray[np.float64]) -> None:
        if levels.max() < FAINT_DB:
            self._held.append(levels)
            if len(self._held) > FAINT_SLOTS + 1:
                self._faint += _histogram(self._held.pop())
            return
        self._end_faint()
        self._count(levels)

    def _end_faint(self) -> None:
        """Count the faint slots that were held: as room if they are few, as silence if not."""
        if len(self._held) <= FAINT_SLOTS:
            for levels in self._held:
                self._count(levels)
        else:
            self._faint += sum(map(_histogram, self._held))
            self._before = (*self._before[:2], FLOOR_DB)
        self._held.clear()

    def _count(self, levels: NDArray[np.float64]) -> None:
        lowest, highest = float(levels.min()), float(levels.max())
        level = float(np.sort(levels)[int(SLOT_PERCENTILE / 100.0 * (len(levels) - 1))])
        (low, high, before), self._before = self._before, (lowest, highest, level)
        if max(high, highest) - min(low, lowest) <= STEADY_DB:
            self._tone_db = level
        if (
            abs(level - self._tone_db) <= STEADY_DB / 2.0
        ):  # continues, or comes again: line-up tones are interrupted
            self._tones += _histogram(levels)
            return
        self._windows += _histogram(levels)
        if level > FLOOR_DB:
            self._slots[_bin(level)] += 1
            if level > before:
                self._rises[_bin(before) + 1] += 1
                self._rises[_bin(level) + 1] -= 1

    def _ended(self) -> "Levels":
        """Return these levels with what is held and with the slot that is not yet whole."""
        ended = copy.deepcopy(self)
        if len(self._slot):
            ended._add_slot(self._slot)
        ended._end_faint()
        return ended

    def _floor_db(self) -> float:
        counts = self._windows
        if counts.sum() < A_SECOND:  # nothing but a tone, or nearly: then the tone is the sound
            counts = counts + self._tones
        else:
            line_up = _bin(_percentile(counts, FLOOR_PERCENTILE) + TONE_OVER_DB)
            counts = np.concatenate([counts[:line_up] + self._tones[:line_up], counts[line_up:]])
        return _percentile(counts if counts.any() else self._faint, FLOOR_PERCENTILE)

    def _loud_db(self) -> float:
        slots = self._slots
        if not slots.any():  # nothing but clicks in silence, or all of it faint
            return _percentile(self._windows if self._windows.any() else self._faint, SLOT_PERCENTILE)
        reached = np.cumsum(self._rises[:-1])
        events = max(EVENTS, EVENTS_A_MINUTE * slots.sum() * SLOT_WINDOWS * 0.005 / 60.0)
        lowest = _bin(self._floor_db() + ACTIVE_OVER_DB)
        if slots[lowest:].sum() < ACTIVE_SHARE * slots.sum() and reached[lowest] < ACTIVE_EVENTS * events:
            lowest = 0
        often = np.flatnonzero(reached >= events)
        top = max(_bin(_percentile(slots, TOP_PERCENTILE, lowest)), int(often[-1]) if len(often) else 0)
        return _percentile(slots, LOUD_PERCENTILE, max(lowest, top - int(TOP_SPAN_DB * BINS_PER_DB)))


def _bin(level_db: float) -> int:
    """Return the place of a level in a histogram."""
    return int((min(max(level_db, FLOOR_DB), TOP_DB) - FLOOR_DB) * BINS_PER_DB)


def _histogram(levels_db: NDArray[np.float64]) -> NDArray[np.int64]:
    """Return how often each level comes, silence left out."""
    heard = np.minimum(levels_db[levels_db > FLOOR_DB], TOP_DB)
    return np.bincount(((heard - FLOOR_DB) * BINS_PER_DB).astype(np.int64), minlength=_bin(TOP_DB) + 1)


def _percentile(counts: NDArray[np.int64], percent: float, lowest: int = 0) -> float:
    """Return a percentile of the levels in a histogram from the bin ``lowest`` on, dBFS; nan if there are none."""
    total = np.cumsum(counts[lowest:])
    if not len(total) or not total[-1]:
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
    """Listen to a file from its beginning to its end, and choose the threshold.

    Args:
        source: at its beginning; read to its end.
        rate: of the sound, Hz.
        channels: 1 to 32.
        fallback_db: threshold for a file that is silent all through: the preset's.
        pulse: called now and then; raises to end the listening.

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
    """Return the threshold for a noise floor and a loud level (dBFS, nan for none), and why it is that."""
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
