"""Rooms and plates: measured responses of the corpus, and made-up ones of any size."""

from dataclasses import dataclass
from pathlib import PurePosixPath

import numpy as np
from scipy.signal import oaconvolve

from gate.constants import RATE
from training.recordings.corpus import Item
from training.sounds.bench import Bench, Part, Studio
from training.sounds.changes import Sound, amplitude, faded, filtered, tilt_section
from training.sounds.recipe import Rng, Seed, draw_noise, log_uniform

LONGEST_S = 1.6
"""Longer tails are cut here with a fade: after that, a hall is 30 dB down or a special effect."""


@dataclass(frozen=True)
class Chances:
    """How rooms are drawn; pairs are (least, most)."""

    measured: float = 0.4
    """A room is one of the corpus, where it has any: there are few of them, and made-up ones are all different."""
    rt60_s: tuple[float, float] = (0.12, 0.9)
    """From a car to a bare living room, for the low half of the spectrum."""
    high_rt60: tuple[float, float] = (0.3, 0.8)
    """Of the high half, as a share of that: air and soft things take the highs first."""
    split_hz: tuple[float, float] = (700.0, 4_000.0)
    tail_from_s: tuple[float, float] = (0.001, 0.015)
    wall_s: tuple[float, float] = (0.0008, 0.04)
    """Walls, table, ceiling: 0.3 to 14 m of way more than the direct sound."""
    wall: tuple[float, float] = (2.0, 12.0)
    """Their strength, over the tail's."""
    direct_db: tuple[float, float] = (0.0, 20.0)
    """Direct sound over all the rest: from across the room to close up."""
    tilt_db: tuple[float, float] = (-8.0, 3.0)
    damped_to_s: tuple[float, float] = (0.3, 2.0)
    more_direct_db: tuple[float, float] = (4.0, 24.0)
    """Of a measured room: most are halls and plates of 2 to 8 s, in which a microphone close enough to be gated hears far
    less of them than the responses hold, and curtains and people damp them."""


CHANCES = Chances()


class Room(Part):
    """A room: ``make`` gives its response (n,), the direct sound at sample 0."""

    @property
    def name(self) -> str:
        """Name the room in words."""
        raise NotImplementedError


@dataclass(frozen=True)
class MadeUpRoom(Room):
    """Early reflections and a diffuse tail. ``walls`` are (s, sign, strength); levels and times as in ``Chances``."""

    rt60_s: float
    low: Seed
    high_rt60_s: float
    high: Seed
    split_hz: float
    tail_from_s: float
    walls: tuple[tuple[float, float, float], ...]
    direct_db: float
    tilt_db: float

    @property
    def name(self) -> str:
        """Name the room in words."""
        return "made-up"

    def make(self, bench: Bench | None = None) -> Sound:
        """Make the response (n,) float32; the direct sound is 1, reverberation ``direct_db`` under it in all."""
        n = _made_up_length(self.rt60_s)
        seconds = np.arange(n, dtype=np.float32) / np.float32(RATE)
        low = self.low.noise(n) * np.exp(np.float32(-6.91 / self.rt60_s) * seconds)
        high = self.high.noise(n) * np.exp(np.float32(-6.91 / self.high_rt60_s) * seconds)
        smooth = 1.0 - np.exp(-2.0 * np.pi * self.split_hz / RATE)
        split = np.array([[smooth, 0.0, 0.0, 1.0, smooth - 1.0, 0.0]])
        tail = filtered(low, split) + high - filtered(high, split)
        start = int(self.tail_from_s * RATE)
        tail[:start] = 0.0
        for at_s, sign, strength in self.walls:
            spread = float(np.sqrt(np.mean(np.square(tail[start : start + 2400])) + 1e-20))
            tail[int(at_s * RATE)] += np.float64(sign) * spread * strength
        tail *= np.float32(amplitude(-self.direct_db)) / max(float(np.sqrt(np.sum(np.square(tail)))), 1e-9)
        tail = filtered(tail, tilt_section(2_000.0, self.tilt_db))
        tail[0] = 1.0
        return _ended(tail)


@dataclass(frozen=True)
class MeasuredRoom(Room):
    """A response of the corpus from its onset, damped to fall by 60 dB in ``rt60_s``, ``direct_db`` under the dry sound."""

    recording: str
    rt60_s: float
    direct_db: float

    @property
    def name(self) -> str:
        """Name the room in words."""
        return PurePosixPath(self.recording).stem

    def make(self, bench: Bench) -> Sound:
        """Make the response (n,) float32, with the dry sound in it."""
        corpus = bench.corpus
        response = corpus.derive("response", corpus.named(self.recording), _from_onset)
        response = response[: int(self.rt60_s * RATE)]
        response = response * np.exp(
            np.arange(len(response), dtype=np.float32) * np.float32(-6.91 / (self.rt60_s * RATE))
        )
        response *= np.float32(amplitude(-self.direct_db) / np.sqrt(np.sum(np.square(response)) + 1e-12))
        response[0] += 1.0
        return _ended(response)


@dataclass(frozen=True)
class InRoom(Part):
    """A part in a room, or as it is."""

    part: Part
    room: Room | None = None

    def make(self, bench: Bench) -> Sound:
        """Make (n,) float32."""
        x = bench.made(self.part)
        return x if self.room is None else in_room(x, bench.made(self.room))


def made_up_room(rng: Rng, rt60_s: float | None = None) -> MadeUpRoom:
    """Draw a made-up room.

    Args:
        rt60_s: time in which the low half of the spectrum falls by 60 dB; random, 0.12 to 0.9 s, when None.
    """
    rt60_s = log_uniform(rng, *CHANCES.rt60_s) if rt60_s is None else rt60_s
    n = _made_up_length(rt60_s)
    low = draw_noise(rng, n)
    high_rt60_s = rt60_s * rng.uniform(*CHANCES.high_rt60)
    high = draw_noise(rng, n)
    split_hz, tail_from_s = log_uniform(rng, *CHANCES.split_hz), log_uniform(rng, *CHANCES.tail_from_s)
    walls = []
    for _ in range(int(rng.integers(3, 12))):
        at_s = log_uniform(rng, *CHANCES.wall_s)
        if int(at_s * RATE) < n:
            walls.append((at_s, float(rng.choice([-1.0, 1.0])), rng.uniform(*CHANCES.wall)))
    direct_db, tilt_db = rng.uniform(*CHANCES.direct_db), rng.uniform(*CHANCES.tilt_db)
    return MadeUpRoom(rt60_s, low, high_rt60_s, high, split_hz, tail_from_s, tuple(walls), direct_db, tilt_db)


def synthetic_room(rng: Rng, rt60_s: float | None = None) -> Sound:
    """Make the response (n,) float32 of a made-up room, drawn and made at once."""
    return made_up_room(rng, rt60_s).make()


def measured_room(item: Item, rng: Rng) -> MeasuredRoom:
    """Draw how a response of the corpus is used."""
    return MeasuredRoom(
        item.name, log_uniform(rng, *CHANCES.damped_to_s), rng.uniform(*CHANCES.more_direct_db)
    )


def random_room(studio: Studio) -> Room:
    """Draw a room, of the corpus or made up."""
    items = studio.items("impulse_response")
    if items and studio.happens(CHANCES.measured):
        return measured_room(studio.one_of(items), studio.rng)
    return made_up_room(studio.rng)


def in_room(x: Sound, response: Sound) -> Sound:
    """Put a sound in a room, cut to the same length."""
    return oaconvolve(x, response)[: len(x)].astype(np.float32, copy=False)


def _made_up_length(rt60_s: float) -> int:
    return int(min(rt60_s * 0.9, LONGEST_S) * RATE)


def _from_onset(x: Sound) -> Sound:
    """Cut a response to begin where it first reaches 20 dB under its peak, at most ``LONGEST_S`` long."""
    loud = np.abs(x)
    start = int(np.argmax(loud >= 0.1 * np.max(loud, initial=0.0)))
    return _ended(x[start : start + int(LONGEST_S * RATE)].copy())


def _ended(response: Sound) -> Sound:
    """Fade out the last fifth, so that no tail ends in a step."""
    last = len(response) // 5
    padded = faded(np.concatenate([np.zeros(last, np.float32), response[len(response) - last :]]), last)
    response[len(response) - last :] = padded[last:]
    return response
