"""How a kit sounds to a microphone, as recipes: what is played on it, close to a drum, and from beside it."""

from dataclasses import dataclass

import numpy as np

from gate.constants import RATE
from gate.levels import block_levels_db
from training.instruments.hits import Struck
from training.instruments.kit import Kit
from training.sounds.bench import Bench, Part
from training.sounds.bleed import Bleed
from training.sounds.changes import Sound, add_at, amplitude, filtered
from training.sounds.filters import Bell, Filters, through
from training.sounds.recipe import Recipe, Seed
from training.sounds.rooms import Room, in_room


@dataclass(frozen=True)
class PlayedStroke(Recipe):
    """One hit on a part, from sample ``at`` on; stopped after ``choked_at`` samples, if it is."""

    part: str
    struck: Struck
    at: int
    choked_at: int | None = None


@dataclass(frozen=True)
class PlayedKit(Recipe):
    """A kit, and what is played on it."""

    kit: Kit
    strokes: tuple[PlayedStroke, ...]

    def make(self, bench: Bench) -> dict[str, Sound]:
        """Make one dry track for each part that is played, (n,) float32."""
        tracks: dict[str, Sound] = {}
        for stroke in self.strokes:
            x = stroke.struck.make(self.kit[stroke.part], bench)
            if stroke.choked_at is not None:
                x = _choked(x, stroke.choked_at)
            if stroke.part not in tracks:
                tracks[stroke.part] = np.zeros(bench.n, np.float32)
            add_at(tracks[stroke.part], x, stroke.at)
        return tracks


@dataclass(frozen=True)
class Close(Part):
    """Some parts of a kit as a microphone close to them hears them, perhaps in a room ``room_db`` down."""

    played: PlayedKit
    parts: tuple[str, ...]
    room: Room | None = None
    room_db: float = 0.0

    def make(self, bench: Bench) -> Sound:
        """Make (n,) float32."""
        tracks = bench.made(self.played)
        x = np.zeros(bench.n, np.float32)
        for part in self.parts:
            x += tracks.get(part, np.float32(0.0))
        if self.room is None:
            return x
        response = bench.made(self.room) * np.float32(amplitude(-self.room_db))
        response[0] = 1.0
        return in_room(x, response)


@dataclass(frozen=True)
class Way(Recipe):
    """How a part is heard from afar: so late, filtered, and at its level."""

    part: str
    late_s: float
    filters: Filters
    far_db: float


@dataclass(frozen=True)
class Beside(Part):
    """A kit as a microphone beside it hears it: each part late by its distance, filtered, at its own level."""

    played: PlayedKit
    ways: tuple[Way, ...]

    def make(self, bench: Bench) -> Sound:
        """Make (n,) float32."""
        return self.heard(bench.made(self.played), bench.n)

    def heard(self, tracks: dict[str, Sound], n: int) -> Sound:
        """Make other tracks sound the same way."""
        out = np.zeros(n, np.float32)
        for way in self.ways:
            x = through(tracks[way.part], way.filters) * np.float32(amplitude(way.far_db))
            add_at(out, x, int(way.late_s * RATE))
        return out


@dataclass(frozen=True)
class Wires(Part):
    """A snare's wires, buzzing with what is heard, ``db`` under it."""

    heard: Part
    noise: Seed
    band: Filters
    db: float

    def make(self, bench: Bench) -> Sound:
        """Make (n,) float32: what is heard, and the wires."""
        x = bench.made(self.heard)
        levels = np.repeat(10.0 ** (block_levels_db(x) / 20.0), 100).astype(np.float32)
        soft = filtered(levels, np.array([[0.002, 0.0, 0.0, 1.0, -0.998, 0.0]]))
        return x + through(self.noise.noise(len(x)) * soft, self.band) * np.float32(amplitude(-self.db))


@dataclass(frozen=True)
class Singing(Part):
    """Toms that sing along with what is heard, a bell each."""

    heard: Part
    toms: tuple[Bell, ...]

    def make(self, bench: Bench) -> Sound:
        """Make (n,) float32."""
        x = bench.made(self.heard)
        for tom in self.toms:
            x = through(x, (tom,))
        return x


@dataclass(frozen=True)
class Beneath(Part):
    """A part, and a bleed under it at ``db``."""

    part: Part
    bleed: Bleed
    db: float

    def make(self, bench: Bench) -> Sound:
        """Make (n,) float32."""
        return bench.made(self.part) + bench.made(self.bleed) * np.float32(amplitude(self.db))


def _choked(x: Sound, at: int) -> Sound:
    """Stop a sound within 25 ms."""
    fall = RATE * 25 // 1000
    if at + fall >= len(x):
        return x
    x = x[: at + fall].copy()
    x[at:] *= np.linspace(1.0, 0.0, fall, dtype=np.float32) ** 2
    return x
