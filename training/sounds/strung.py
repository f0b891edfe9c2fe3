"""Recordings strung into tracks: one looped, single noises, a made-up drummer's hits, a made-up player's notes."""

from dataclasses import dataclass

import numpy as np

from gate.constants import RATE
from training.recordings.corpus import Item
from training.sounds.bench import Bench, Part, Studio
from training.sounds.changes import Sound, add_at, amplitude, faded, resampled, resampled_length
from training.sounds.recipe import log_uniform

SPEEDS = (0.7, 1.4)
"""How fast a recording is played, least and most: half an octave down or up, so that one recording is many."""


@dataclass(frozen=True)
class Chances:
    """How recordings are strung; chances are shares of 1, pairs are (least, most)."""

    another: float = 0.4
    """The next single noise is of another recording."""
    event_s: tuple[float, float] = (0.2, 4.0)
    pause_s: tuple[float, float] = (0.1, 2.0)
    """What a track's pauses between single noises are around."""
    bpm: tuple[float, float] = (65.0, 190.0)
    missed: float = 0.06
    """A stroke of the pattern is left out: no drummer is a machine."""
    hit_speed: tuple[float, float] = (0.75, 1.33)
    """Tuning of drums."""
    one_note: float = 0.65
    """One note at a time, and not two or three."""
    rings: float = 0.4
    """A note rings as long as its recording, and is not damped."""
    beat_s: tuple[float, float] = (0.12, 0.9)
    no_rest: float = 0.85
    """A note is followed by the next in time, and not after a rest."""


CHANCES = Chances()


@dataclass(frozen=True)
class Looped(Part):
    """A recording from sample ``start`` on, played at ``speed``; where it is too short, again and again, from ``at`` on."""

    recording: str
    start: int
    speed: float
    at: int | None = None

    def make(self, bench: Bench) -> Sound:
        """Make (n,) float32, repeats joined by crossfades."""
        n = bench.n
        x = resampled(bench.load(self.recording, self.start, self.start + _needed(n, self.speed)), self.speed)
        if len(x) >= n:
            return x[:n]
        track = np.zeros(n, np.float32)
        cross = min(int(0.03 * RATE), len(x) // 4)
        x = faded(x, cross)
        at = n if self.at is None else self.at
        while at < n:
            add_at(track, x, at)
            at += max(len(x) - cross, 480)
        return track


@dataclass(frozen=True)
class Cut(Part):
    """Samples ``start`` to ``stop`` of a recording, or to its end, played at ``speed``."""

    recording: str
    start: int
    stop: int
    speed: float

    def make(self, bench: Bench) -> Sound:
        """Make (m,) float32, m as long as it is."""
        return resampled(bench.load(self.recording, self.start, self.stop), self.speed)


@dataclass(frozen=True)
class Events(Part):
    """Single noises: what, at which gain in dB, from which sample on."""

    events: tuple[tuple[Cut, float, int], ...]

    def make(self, bench: Bench) -> Sound:
        """Make (n,) float32, silent between them."""
        track = np.zeros(bench.n, np.float32)
        for cut, db, at in self.events:
            x = faded(bench.made(cut) * np.float32(amplitude(db)), int(0.004 * RATE))
            add_at(track, x, at)
        return track


@dataclass(frozen=True)
class Played(Part):
    """Notes or hits of recordings: ``strokes`` are (index of the sound, samples held or -1 for all, gain in dB, at)."""

    sounds: tuple[Cut, ...]
    strokes: tuple[tuple[int, int, float, int], ...]

    def add(self, bench: Bench, track: Sound) -> None:
        """Add to a track; what is held ends within 30 ms."""
        sounds = [bench.made(cut) for cut in self.sounds]
        for index, held, db, at in self.strokes:
            x = sounds[index]
            if held >= 0:
                x = x[:held].copy()
                tail = min(int(0.03 * RATE), len(x))
                x[len(x) - tail :] *= np.linspace(1.0, 0.0, tail, dtype=np.float32)
            add_at(track, x * np.float32(amplitude(db)), at)

    def make(self, bench: Bench) -> Sound:
        """Make (n,) float32."""
        track = np.zeros(bench.n, np.float32)
        self.add(bench, track)
        return track


@dataclass(frozen=True)
class Pattern(Part):
    """A made-up drummer: a few drums, each played by itself."""

    drums: tuple[Played, ...]

    def make(self, bench: Bench) -> Sound:
        """Make (n,) float32."""
        track = np.zeros(bench.n, np.float32)
        for drum in self.drums:
            drum.add(bench, track)
        return track


def looped(studio: Studio, item: Item, speed: float | None = None) -> Looped:
    """Draw an item from a random place on, again and again.

    Args:
        speed: how fast to play it (pitch goes with it); random, 0.7 to 1.4, when None.
    """
    rng, n = studio.rng, studio.n
    ratio = log_uniform(rng, *SPEEDS) if speed is None else speed
    length = studio.corpus.length(item)
    start = int(rng.integers(length))
    need = _needed(n, ratio)
    if start + need > length:
        start = int(rng.integers(max(length - need, 0) + 1))
    one = resampled_length(min(need, length - start), ratio)
    return Looped(item.name, start, ratio, -int(rng.integers(one)) if 0 < one < n else None)


def events(studio: Studio, items: tuple[Item, ...]) -> Events:
    """Draw single noises with pauses between them: some of the same kind, some not."""
    rng = studio.rng
    drawn = []
    item = pick(studio, items)
    pause_s = log_uniform(rng, *CHANCES.pause_s)
    at = int(rng.uniform(-1.0, 1.0) * RATE)
    while at < studio.n:
        if studio.happens(CHANCES.another):
            item = pick(studio, items)
        length = int(log_uniform(rng, *CHANCES.event_s) * RATE)
        start = int(rng.integers(max(studio.corpus.length(item) - length, 0) + 1))
        cut = Cut(item.name, start, start + length, log_uniform(rng, *SPEEDS))
        level = studio.loud_db(cut)
        if np.isfinite(level):
            drawn.append((cut, -level + rng.normal(0.0, 5.0), at))
        at += len(studio.bench.made(cut)) + int((0.02 + rng.exponential(pause_s)) * RATE)
    return Events(tuple(drawn))


def drum_pattern(studio: Studio, items: tuple[Item, ...]) -> Pattern:
    """Draw a made-up drummer: two to five drums on a grid of sixteenths, uneven in time and force."""
    rng = studio.rng
    hits = [item for item in items if item.kind != "drums/loops"] or list(items)
    kinds = sorted({item.kind for item in hits})
    step = 60.0 / rng.uniform(*CHANCES.bpm) / 4.0 * RATE
    swing, sloppy = rng.uniform(0.0, 0.3), rng.uniform(0.0, 0.012) * RATE
    drums = []
    for _ in range(int(rng.integers(2, 6))):
        kind = studio.one_of(kinds)
        of_kind = [item for item in hits if item.kind == kind]
        first = int(rng.integers(len(of_kind)))
        takes = of_kind[first : first + 4]  # neighbours in the list: most often the same drum at other forces
        speed = log_uniform(rng, *CHANCES.hit_speed)
        pattern = rng.random(int(rng.choice([8, 12, 16]))) < rng.choice([0.1, 0.25, 0.5, 0.9])
        force_db = rng.uniform(-10.0, 0.0)
        strokes = []
        for index in range(int(studio.n / step) + 1):
            if not pattern[index % len(pattern)] or studio.happens(CHANCES.missed):
                continue
            at = (index + swing * (index % 2)) * step + rng.normal(0.0, 1.0) * sloppy
            take = int(rng.integers(len(takes)))
            strokes.append((take, -1, force_db + rng.normal(0.0, 3.0), int(at)))
        drums.append(Played(tuple(Cut(i.name, 0, 2 * RATE, speed) for i in takes), tuple(strokes)))
    return Pattern(tuple(drums))


def notes(studio: Studio, items: tuple[Item, ...]) -> Played:
    """Draw a made-up player: notes and chords of one instrument, transposed, some damped, with rests."""
    rng = studio.rng
    owner = studio.one_of(items).path.parent
    of_owner = [item for item in items if item.path.parent == owner]
    sounds = []
    for _ in range(int(rng.integers(2, 6))):
        item = studio.one_of(of_owner)
        sounds.append(Cut(item.name, 0, 3 * RATE, 2 ** (rng.integers(-6, 7) / 12)))
    beat = log_uniform(rng, *CHANCES.beat_s) * RATE
    at = rng.uniform(-1.0, 1.0) * RATE
    strokes = []
    while at < studio.n:
        chord = 1 if studio.happens(CHANCES.one_note) else int(rng.integers(2, 4))
        rings = studio.happens(CHANCES.rings)
        held = len(studio.bench.made(sounds[0])) if rings else int(beat * rng.uniform(0.4, 2.5))
        for _ in range(chord):
            index = int(rng.integers(len(sounds)))
            db = rng.normal(0.0, 4.0)
            strokes.append((index, held, db, int(at + rng.uniform(0.0, 0.02) * RATE)))
        late = rng.choice([0.5, 1.0, 1.0, 2.0])
        at += beat * late * (1.0 if studio.happens(CHANCES.no_rest) else 3.0)
    return Played(tuple(sounds), tuple(strokes))


def pick(studio: Studio, items: tuple[Item, ...]) -> Item:
    """Draw an owner, then one of its items, so that sources with many takes do not crowd out the others."""
    owners: dict[str, list[Item]] = {}
    for item in items:
        owners.setdefault(item.owner, []).append(item)
    return studio.one_of(owners[studio.one_of(list(owners))])


def _needed(n: int, ratio: float) -> int:
    """Count the samples of a recording that n at this speed are made of, with some to spare."""
    return int(n * ratio) + 64
