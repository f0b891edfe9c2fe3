"""Guitars and basses as somebody recorded them playing: phrases through a DI box, and a song's guitar beside its band.

A recorded phrase has what no player of single notes has: fingers, timing, how one note goes over into the next. What is
quiet between phrases is made true silence, as with speech (``training.sounds.phrases``): so what the label says and what
the mixture holds stay the same thing.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from gate.constants import BLOCK, RATE
from gate.levels import block_levels_db, loud_level_db
from training.recordings.corpus import Corpus, Item
from training.sounds.bench import Bench, Part, Studio
from training.sounds.bleed import Bleed, Mix
from training.sounds.changes import Sound
from training.sounds.phrases import (
    AFTER_BLOCKS,
    BEFORE_BLOCKS,
    PAUSE_BLOCKS,
    Phrase,
    SpeechTrack,
    Utterance,
    cut,
    runs,
)
from training.sounds.recipe import log_uniform
from training.sounds.strung import Looped, looped

PHRASE_S = 8.0
"""A recording of a guitar that is so long is somebody playing, and not a note."""

BACKGROUND_DB = 50.0
"""What stays this far under a recording's loud level is its background: deeper than speech's, for strings ring on."""

FLOOR_MARGIN_DB = 8.0
"""In noisier recordings it is what stays within this of the floor."""

LONGEST_BLOCKS = int(4.0 * RATE / BLOCK)
"""Longer playing is cut at its quietest place, so that a rest of ours can come: many play on for half a minute."""

WINDOW_BLOCKS = int(0.1 * RATE / BLOCK)
"""Floors and rests are looked at through windows of 0.1 s."""

SILENT_DB, SOFT_DB, FLOOR_PERCENTILE = 80.0, 15.0, 2.0
"""The floor is this percentile of what is so far under the loud level, windows with silence in them left out: files that are
cut to silence between phrases hum on while somebody plays."""

QUIET_DB = 40.0
"""A recording whose floor is nearer than this to its loud level is no target."""

REST_DB, LEAST_REST = 30.0, 0.05
"""A song's guitar rests where it is so far under its loud level; one that rests for less of the song gives a gate nothing to
shut for."""

PLAYED = (0.1, 0.9)
"""Share of a stretch of a song in which its guitar should play, least and most."""

PHRASES_DB = -20.0
"""Loud level to which a recording is brought, as speech is."""

BESIDE = ("songs/drums", "songs/bass", "songs/other")
"""Stems of a band; where ``songs/song`` is there (all but the guitar), it is the band."""


@dataclass(frozen=True)
class Chances:
    """How recorded players are heard; chances are shares of 1, pairs are (least, most)."""

    speed: tuple[float, float] = (0.84, 1.19)
    """Three semitones down or up: another guitar, another tempo."""
    first_at_s: tuple[float, float] = (-3.0, 1.0)
    phrase_s: tuple[float, float] = (1.0, 6.0)
    """How long somebody plays before a rest of ours."""
    longest_pause_s: float = 3.0
    """Pauses in a recording are kept up to this; a scene has no time for longer ones."""
    rest: float = 0.9
    """A rest follows, as with players of single notes."""
    rest_s: tuple[tuple[float, float], ...] = ((0.3, 1.0), (1.0, 3.0))


CHANCES = Chances()


@dataclass(frozen=True)
class Playing:
    """When a recording plays: (P, 2) starts and stops in blocks, margins included; loud level and floor in dBFS.

    ``rests`` is the share of the recording that is ``REST_DB`` under the loud level.
    """

    spans: NDArray[np.int64]
    loud_db: float
    floor_db: float
    rests: float

    @property
    def clean(self) -> bool:
        """Tell whether a label can be made of it."""
        return len(self.spans) > 0 and self.floor_db <= self.loud_db - QUIET_DB


@dataclass(frozen=True)
class RecordedTrack(Part):
    """Somebody playing, recorded: on what, and how, in words; phrases, and where each is."""

    name: str
    ways: tuple[str, ...]
    phrases: tuple[Utterance, ...]

    def make(self, bench: Bench) -> Sound:
        """Make (n,) float32, true silence in the rests."""
        return SpeechTrack(self.phrases).make(bench)


@dataclass(frozen=True)
class Song:
    """A song's stems, aligned and equal in length: its guitar, if it may be a target, and the others."""

    name: str
    guitar: Item | None
    band: tuple[Item, ...]


def find_playing(x: Sound) -> Playing:
    """Find where a recording of a guitar plays."""
    levels = block_levels_db(x)
    loud = loud_level_db(levels)
    if not np.isfinite(loud) or len(levels) < WINDOW_BLOCKS:
        return Playing(np.empty((0, 2), np.int64), loud, loud, 0.0)
    smooth = np.convolve(levels, np.full(WINDOW_BLOCKS, 1 / WINDOW_BLOCKS), "valid")
    lowest = np.lib.stride_tricks.sliding_window_view(levels, WINDOW_BLOCKS).min(axis=1)
    soft = smooth[(lowest > loud - SILENT_DB) & (smooth < loud - SOFT_DB)]
    floor = float(np.percentile(soft, FLOOR_PERCENTILE) if len(soft) else np.min(smooth))
    bound = max(loud - BACKGROUND_DB, min(floor + FLOOR_MARGIN_DB, loud - REST_DB))
    spans: list[tuple[int, int]] = []
    for first, last in runs(levels > bound, PAUSE_BLOCKS):
        if (
            last - first >= 5 and np.max(levels[first:last]) > loud - REST_DB
        ):  # neither a click nor a hand on the strings
            spans += cut(
                levels, max(first - BEFORE_BLOCKS, 0), min(last + AFTER_BLOCKS, len(levels)), LONGEST_BLOCKS
            )
    return Playing(
        np.array(spans, np.int64).reshape(-1, 2), loud, floor, float(np.mean(smooth < loud - REST_DB))
    )


def phrase_items(corpus: Corpus, split: str) -> tuple[Item, ...]:
    """Find recordings of somebody playing that may be targets."""
    long = (item for item in corpus.items("guitar", split) if item.seconds >= PHRASE_S)
    return tuple(item for item in long if corpus.derive("playing", item, find_playing).clean)


def phrase_track(studio: Studio, items: Sequence[Item]) -> RecordedTrack:
    """Draw somebody playing phrases of one recording, in its own time, with rests between."""
    rng = studio.rng
    item = studio.one_of(items)
    found = studio.corpus.derive("playing", item, find_playing)
    speed = log_uniform(rng, *CHANCES.speed)
    at_s = rng.uniform(*CHANCES.first_at_s)
    phrases = []
    while at_s * RATE < studio.n:
        spans = _in_a_row(found.spans, int(rng.integers(len(found.spans))), rng.uniform(*CHANCES.phrase_s))
        phrases.append(_phrase(item, spans, speed, int(at_s * RATE), PHRASES_DB - found.loud_db))
        at_s += (spans[-1, 1] - spans[0, 0]) * BLOCK / RATE / speed
        if studio.happens(CHANCES.rest):
            at_s += float(rng.uniform(*studio.one_of(CHANCES.rest_s)))
    return RecordedTrack(item.path.stem, ("phrases",), tuple(phrases))


def songs(corpus: Corpus, split: str) -> list[Song]:
    """List songs of which all but the guitar is there; with the guitar, if it is clean and rests now and then."""
    stems: dict[Path, dict[str, Item]] = {}
    for item in corpus.items("songs", split):
        stems.setdefault(item.path.parent, {})[item.kind] = item
    found = []
    for folder, there in stems.items():
        band = (
            [there["songs/song"]]
            if "songs/song" in there
            else [there[kind] for kind in BESIDE if kind in there]
        )
        guitar = there.get("songs/guitar")
        if guitar is not None:
            playing = corpus.derive("playing", guitar, find_playing)
            guitar = guitar if playing.clean and playing.rests >= LEAST_REST else None
        if band:
            found.append(Song(folder.name, guitar, tuple(band)))
    return found


def band_bleed(studio: Studio, song: Song) -> Bleed:
    """Draw a stretch of a song without its guitar."""
    first = looped(studio, song.band[0], log_uniform(studio.rng, *CHANCES.speed))
    return _band(song, first.start, first.speed, first.at)


def song_stretch(studio: Studio, song: Song, speed: float | None = None) -> tuple[RecordedTrack, Bleed]:
    """Draw a stretch of a song in which its guitar rests part of the time: (guitar, everybody else), at their true levels.

    Args:
        speed: how fast to play it; drawn when None.

    Raises:
        ValueError: the song has no guitar that may be a target.
    """
    if song.guitar is None:
        raise ValueError(
            f"expected a song with a guitar that rests, got {song.name}; take one whose guitar is not None"
        )
    ratio = log_uniform(studio.rng, *CHANCES.speed) if speed is None else speed
    found = studio.corpus.derive("playing", song.guitar, find_playing)
    blocks = studio.corpus.length(song.guitar) // BLOCK
    need = int(studio.n * ratio) // BLOCK + 1
    start = _start(studio, found.spans, blocks, need)
    spans = np.clip(found.spans, start, start + need)
    spans = spans[spans[:, 1] - spans[:, 0] >= 2]
    phrases = ()
    if len(spans):
        phrases = (_phrase(song.guitar, spans, ratio, int((spans[0, 0] - start) * BLOCK / ratio), 0.0),)
    track = RecordedTrack(song.name, ("song",), phrases)
    return track, _band(song, start * BLOCK, ratio, 0 if need > blocks else None)


def _start(studio: Studio, spans: NDArray[np.int64], blocks: int, need: int) -> int:
    """Draw the first block of a stretch in which a guitar plays and rests; of any stretch where there is no such."""
    edges = np.zeros(blocks + 1, np.int64)
    np.add.at(edges, spans[:, 0], 1)
    np.add.at(edges, spans[:, 1], -1)
    played = np.concatenate([[0], np.cumsum(np.cumsum(edges[:-1]))])
    if need >= blocks:
        return 0
    share = (played[need:] - played[:-need]) / need
    good = np.flatnonzero((share >= PLAYED[0]) & (share <= PLAYED[1]))
    return int(studio.one_of(good if len(good) else np.arange(len(share))))  # type: ignore[arg-type]


def _band(song: Song, start: int, speed: float, at: int | None) -> Bleed:
    """Return the same stretch of all stems of a band."""
    stems = tuple((Looped(item.name, start, speed, at), 0.0) for item in song.band)
    return Bleed(Mix(stems), (f"band:{song.name}",))


def _phrase(item: Item, spans: NDArray[np.int64], speed: float, at: int, gain_db: float) -> Utterance:
    """Return spans (in blocks) of a recording as one phrase, as loud as it is there but for a gain of all its phrases."""
    joined: list[list[int]] = []
    for start, stop in (spans * BLOCK).tolist():
        if joined and start <= joined[-1][1]:
            joined[-1][1] = stop
        else:
            joined.append([start, stop])
    phrase = Phrase(item.name, tuple(map(tuple, joined)))  # type: ignore[arg-type]
    return Utterance(phrase, 0.0, speed, gain_db, at)


def _in_a_row(spans: NDArray[np.int64], first: int, seconds: float) -> NDArray[np.int64]:
    """Return spans from one on, about so long together, unless a long pause comes before."""
    last = first
    while last + 1 < len(spans):
        pause_s = (spans[last + 1, 0] - spans[last, 1]) * BLOCK / RATE
        if (
            pause_s > CHANCES.longest_pause_s
            or (spans[last + 1, 1] - spans[first, 0]) * BLOCK > seconds * RATE
        ):
            break
        last += 1
    return spans[first : last + 1]
