"""Speech as something to build with: phrases cut at pauses, their background faded to true silence.

A label says "open" where the target is over the threshold. Room tone and hiss in a target's own pauses would
be called speech by a low threshold, so the background is taken out of the target before it is mixed: what
the mixture then holds and what the label says stay the same thing.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from gate.constants import BLOCK, RATE
from gate.levels import block_levels_db, loud_level_db
from training.recordings.corpus import Corpus, Item
from training.sounds.changes import Rng, Sound, add_at, amplitude, loud_db, resampled

BACKGROUND_DB = 45.0
"""What stays this far under an item's loud level is its background, not speech."""

FLOOR_MARGIN_DB = 8.0
"""In noisier items it is what stays within this of the floor (but 30 dB under the loud level in any case)."""

PAUSE_BLOCKS = int(0.125 * RATE / BLOCK)
"""Shorter quiet stretches (stops, closures) belong to the phrase."""

LINGERING_DB = 33.0
LINGERING_BLOCKS = int(0.25 * RATE / BLOCK)
"""What lingers this far under its own phrase's loud level for this long is background as well."""

ONSET_DB = 28.0
"""A phrase starts, less a margin, when it first comes this near to its loud level: before is room tone."""

BEFORE_BLOCKS, AFTER_BLOCKS = 15, 40
"""Margins of a phrase: 31 ms for its onset, 83 ms for its last decay."""

LONGEST_BLOCKS = int(6.0 * RATE / BLOCK)
"""Longer phrases are cut at their quietest place."""


@dataclass(frozen=True)
class Phrases:
    """Where an item speaks: (P, 2) starts and stops in blocks, margins included, and its loud level."""

    spans: NDArray[np.int64]
    loud_db: float


def find_phrases(x: Sound) -> Phrases:
    """Find the phrases of a recording of speech."""
    levels = block_levels_db(x)
    loud = loud_level_db(levels)
    if not np.isfinite(loud):
        return Phrases(np.empty((0, 2), np.int64), loud)
    floor = float(np.percentile(levels, 5))
    bound = max(loud - BACKGROUND_DB, min(floor + FLOOR_MARGIN_DB, loud - 30.0))
    spans: list[tuple[int, int]] = []
    for first, last in _runs(levels > bound, PAUSE_BLOCKS):
        # a blip of under 10 ms, or nothing within 20 dB of the loud level: a click, a breath
        if last - first < 5 or np.max(levels[first:last]) < loud - 20.0:
            continue
        # Recordings joined from several rooms have several floors: look again, relative to this phrase.
        here = levels[first:last]
        loud_here = loud_level_db(here)
        for start, stop in _runs(here > loud_here - LINGERING_DB, LINGERING_BLOCKS):
            if stop - start >= 5:
                start += int(np.argmax(here[start:stop] > loud_here - ONSET_DB))
                begin = max(first + start - BEFORE_BLOCKS, 0)
                spans += _cut(levels, begin, min(first + stop + AFTER_BLOCKS, len(levels)))
    return Phrases(np.array(spans, np.int64).reshape(-1, 2), loud)


def speech_track(corpus: Corpus, rng: Rng, n: int, people: list[list[Item]], speeds: list[float]) -> Sound:
    """Speech with pauses: (n,) float32, exactly zero in the pauses; loud parts near -20 dBFS.

    Args:
        people: items of each speaker; with two, they take turns.
        speeds: how fast each one's recordings are played (pitch goes with it).
    """
    track = np.zeros(n, np.float32)
    who = int(rng.integers(len(people)))
    offsets_db = rng.uniform(-5.0, 0.0, len(people)) * (np.arange(len(people)) > 0)
    at = int(rng.choice([rng.uniform(-2.0, 0.0), rng.uniform(0.0, 2.0)]) * RATE)
    pace = np.exp(rng.uniform(np.log(0.4), np.log(1.6)))
    misses = 0
    while at < n and misses < 20:
        x = utterance(corpus, rng, people[who], rng.uniform(0.5, 6.0))
        if len(x) == 0:
            misses += 1
            continue
        x = resampled(x, speeds[who])
        add_at(track, x * np.float32(amplitude(-20.0 + offsets_db[who] + rng.normal(0.0, 2.5))), at)
        at += len(x) + int(np.clip(pace * rng.lognormal(0.0, 0.7), 0.3, 4.0) * RATE)
        if len(people) > 1 and rng.random() < 0.5:
            who = int(rng.integers(len(people)))
    return track


def utterance(corpus: Corpus, rng: Rng, items: list[Item], seconds: float) -> Sound:
    """Phrases in a row from one recording, loud level 0 dBFS, about this long; empty if mute."""
    item = items[int(rng.integers(len(items)))]
    phrases = corpus.derive("phrases", item, find_phrases)
    if len(phrases.spans) == 0:
        return np.empty(0, np.float32)
    first = last = int(rng.integers(len(phrases.spans)))
    while last + 1 < len(phrases.spans):
        gap = phrases.spans[last + 1, 0] - phrases.spans[last, 1]
        if (phrases.spans[last + 1, 1] - phrases.spans[first, 0]) * BLOCK > seconds * RATE or gap > 480:
            break  # long enough, or a pause of a second: pauses are ours to choose
        last += 1
    start = int(phrases.spans[first, 0]) * BLOCK
    x = corpus.load(item, start, int(phrases.spans[last, 1]) * BLOCK)
    silent = 0
    for begin, end in _joined(phrases.spans[first : last + 1]) * BLOCK - start:
        x[silent:begin] = 0.0
        _ease(x[begin:end])
        silent = end
    level = loud_db(x)
    if not np.isfinite(level):
        return np.empty(0, np.float32)
    return x * np.float32(amplitude(-level))


def _ease(x: Sound) -> None:
    """Fade in within 6 ms and out within 40 ms, in place: both lie inside the margins of a phrase."""
    rise, fall = min(RATE * 6 // 1000, len(x) // 2), min(RATE * 40 // 1000, len(x) // 2)
    x[:rise] *= np.linspace(0.0, 1.0, rise, endpoint=False, dtype=np.float32)
    x[len(x) - fall :] *= np.linspace(1.0, 0.0, fall, dtype=np.float32)


def _joined(spans: NDArray[np.int64]) -> NDArray[np.int64]:
    """Join spans that touch: they were one phrase, cut for its length."""
    apart = np.flatnonzero(spans[1:, 0] > spans[:-1, 1])
    return np.stack([spans[np.r_[0, apart + 1], 0], spans[np.r_[apart, len(spans) - 1], 1]], axis=1)


def _runs(over: NDArray[np.bool_], gap: int) -> list[tuple[int, int]]:
    """Stretches of True as (start, stop), joined across gaps shorter than ``gap``."""
    edges = np.flatnonzero(np.diff(np.concatenate([[False], over, [False]])))
    runs: list[tuple[int, int]] = []
    for start, stop in edges.reshape(-1, 2):
        if runs and start - runs[-1][1] < gap:
            runs[-1] = (runs[-1][0], int(stop))
        else:
            runs.append((int(start), int(stop)))
    return runs


def _cut(levels: NDArray[np.float32], start: int, stop: int) -> list[tuple[int, int]]:
    """Cut a stretch at its quietest 50 ms until no part is longer than ``LONGEST_BLOCKS``."""
    if stop - start <= LONGEST_BLOCKS:
        return [(start, stop)]
    third = (stop - start) // 3
    smooth = np.convolve(levels[start + third : stop - third], np.full(24, 1 / 24), "same")
    middle = start + third + int(np.argmin(smooth))
    return _cut(levels, start, middle) + _cut(levels, middle, stop)
