"""Speech as something to build with: phrases cut at pauses, their background faded to true silence.

A label says "open" where the target is over the threshold. Room tone and hiss in a target's own pauses would
be called speech by a low threshold, so the background is taken out of the target before it is mixed: what
the mixture then holds and what the label says stay the same thing.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from gate.constants import BLOCK, RATE
from gate.levels import block_levels_db, loud_level_db
from training.recordings.corpus import Item
from training.sounds.bench import Bench, Part, Studio
from training.sounds.changes import Sound, add_at, amplitude, resampled, resampled_length
from training.sounds.recipe import Recipe, log_uniform

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
    for first, last in runs(levels > bound, PAUSE_BLOCKS):
        # a blip of under 10 ms, or nothing within 20 dB of the loud level: a click, a breath
        if last - first < 5 or np.max(levels[first:last]) < loud - 20.0:
            continue
        # Recordings joined from several rooms have several floors: look again, relative to this phrase.
        here = levels[first:last]
        loud_here = loud_level_db(here)
        for start, stop in runs(here > loud_here - LINGERING_DB, LINGERING_BLOCKS):
            if stop - start >= 5:
                start += int(np.argmax(here[start:stop] > loud_here - ONSET_DB))
                begin = max(first + start - BEFORE_BLOCKS, 0)
                spans += cut(levels, begin, min(first + stop + AFTER_BLOCKS, len(levels)))
    return Phrases(np.array(spans, np.int64).reshape(-1, 2), loud)


@dataclass(frozen=True)
class Chances:
    """How people speak in a scene; pairs are (least, most)."""

    second_under_db: tuple[float, float] = (-5.0, 0.0)
    """Level of a second speaker: somewhat farther from the microphone."""
    first_at_s: tuple[tuple[float, float], ...] = ((-2.0, 0.0), (0.0, 2.0))
    """Half of the scenes begin while somebody speaks."""
    pace_s: tuple[float, float] = (0.4, 1.6)
    """What a speaker's pauses are around, and how short and long one may be."""
    pause_s: tuple[float, float] = (0.3, 4.0)
    utterance_s: tuple[float, float] = (0.5, 6.0)
    """From a word to a sentence."""
    uneven_db: float = 2.5
    """Spread of utterances' levels (standard deviation): people turn their heads."""
    turns: float = 0.5
    """Either one of two may be next; who speaks on is drawn as well."""


CHANCES = Chances()

MISSES = 20
"""So many mute recordings in a row of drawing end a track: there may be no others."""


@dataclass(frozen=True)
class Phrase(Part):
    """Phrases in a row of one recording: ``spans`` are their (start, stop) in samples, margins included."""

    recording: str
    spans: tuple[tuple[int, int], ...]

    def make(self, bench: Bench) -> Sound:
        """Make (last stop - first start,) float32, true silence between the phrases."""
        start = self.spans[0][0]
        x = bench.load(self.recording, start, self.spans[-1][1])
        silent = 0
        for begin, end in self.spans:
            x[silent : begin - start] = 0.0
            _ease(x[begin - start : end - start])
            silent = end - start
        return x


@dataclass(frozen=True)
class Utterance(Recipe):
    """What somebody says: a phrase of loud level ``level_db``, played at ``speed``, from sample ``at`` on at ``db`` dBFS."""

    phrase: Phrase
    level_db: float
    speed: float
    db: float
    at: int


@dataclass(frozen=True)
class SpeechTrack(Part):
    """Speech with pauses."""

    utterances: tuple[Utterance, ...]

    def make(self, bench: Bench) -> Sound:
        """Make (n,) float32, exactly zero in the pauses; loud parts near -20 dBFS."""
        track = np.zeros(bench.n, np.float32)
        for one in self.utterances:
            x = bench.made(one.phrase) * np.float32(amplitude(-one.level_db))
            add_at(track, resampled(x, one.speed) * np.float32(amplitude(one.db)), one.at)
        return track


def speech_track(studio: Studio, people: Sequence[Sequence[Item]], speeds: Sequence[float]) -> SpeechTrack:
    """Draw speech with pauses.

    Args:
        people: items of each speaker; with two, they take turns.
        speeds: how fast each one's recordings are played (pitch goes with it).
    """
    rng = studio.rng
    who = int(rng.integers(len(people)))
    offsets_db = rng.uniform(*CHANCES.second_under_db, len(people)) * (np.arange(len(people)) > 0)
    at = int(rng.choice([rng.uniform(*around) for around in CHANCES.first_at_s]) * RATE)
    pace = log_uniform(rng, *CHANCES.pace_s)
    utterances: list[Utterance] = []
    misses = 0
    while at < studio.n and misses < MISSES:
        found = utterance(studio, people[who], rng.uniform(*CHANCES.utterance_s))
        if found is None:
            misses += 1
            continue
        phrase, level_db = found
        db = float(-20.0 + offsets_db[who] + rng.normal(0.0, CHANCES.uneven_db))
        utterances.append(Utterance(phrase, level_db, speeds[who], db, at))
        length = resampled_length(phrase.spans[-1][1] - phrase.spans[0][0], speeds[who])
        at += length + int(np.clip(pace * rng.lognormal(0.0, 0.7), *CHANCES.pause_s) * RATE)
        if len(people) > 1 and studio.happens(CHANCES.turns):
            who = int(rng.integers(len(people)))
    return SpeechTrack(tuple(utterances))


def utterance(studio: Studio, items: Sequence[Item], seconds: float) -> tuple[Phrase, float] | None:
    """Draw phrases in a row of one recording, about this long, with their loud level in dBFS; None if mute."""
    item = studio.one_of(items)
    phrases = studio.corpus.derive("phrases", item, find_phrases)
    if len(phrases.spans) == 0:
        return None
    first = last = int(studio.rng.integers(len(phrases.spans)))
    while last + 1 < len(phrases.spans):
        gap = phrases.spans[last + 1, 0] - phrases.spans[last, 1]
        if (phrases.spans[last + 1, 1] - phrases.spans[first, 0]) * BLOCK > seconds * RATE or gap > 480:
            break  # long enough, or a pause of a second: pauses are ours to choose
        last += 1
    spans = _joined(phrases.spans[first : last + 1]) * BLOCK
    phrase = Phrase(item.name, tuple(map(tuple, spans.tolist())))
    level_db = studio.loud_db(phrase)
    return (phrase, level_db) if np.isfinite(level_db) else None


def _ease(x: Sound) -> None:
    """Fade in within 6 ms and out within 40 ms, in place: both lie inside the margins of a phrase."""
    rise, fall = min(RATE * 6 // 1000, len(x) // 2), min(RATE * 40 // 1000, len(x) // 2)
    x[:rise] *= np.linspace(0.0, 1.0, rise, endpoint=False, dtype=np.float32)
    x[len(x) - fall :] *= np.linspace(1.0, 0.0, fall, dtype=np.float32)


def _joined(spans: NDArray[np.int64]) -> NDArray[np.int64]:
    """Join spans that touch: they were one phrase, cut for its length."""
    apart = np.flatnonzero(spans[1:, 0] > spans[:-1, 1])
    return np.stack([spans[np.r_[0, apart + 1], 0], spans[np.r_[apart, len(spans) - 1], 1]], axis=1)


def runs(over: NDArray[np.bool_], gap: int) -> list[tuple[int, int]]:
    """Find stretches of True as (start, stop), joined across gaps shorter than ``gap``."""
    edges = np.flatnonzero(np.diff(np.concatenate([[False], over, [False]])))
    runs: list[tuple[int, int]] = []
    for start, stop in edges.reshape(-1, 2):
        if runs and start - runs[-1][1] < gap:
            runs[-1] = (runs[-1][0], int(stop))
        else:
            runs.append((int(start), int(stop)))
    return runs


def cut(
    levels: NDArray[np.float32], start: int, stop: int, longest: int = LONGEST_BLOCKS
) -> list[tuple[int, int]]:
    """Cut a stretch of blocks at its quietest 50 ms until no part is longer than so many."""
    if stop - start <= longest:
        return [(start, stop)]
    third = (stop - start) // 3
    smooth = np.convolve(levels[start + third : stop - third], np.full(24, 1 / 24), "same")
    middle = start + third + int(np.argmin(smooth))
    return cut(levels, start, middle, longest) + cut(levels, middle, stop, longest)
