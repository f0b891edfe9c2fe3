"""What fingers and palms do to a single note, as recipes: mute it, bend it, shake it, hammer on to the next."""

from dataclasses import dataclass

import numpy as np

from gate.constants import RATE
from training.sounds.changes import Sound, filtered
from training.sounds.recipe import Recipe, Rng

COMES = 0.5
"""Half of the bends come to the note, half leave it."""


class Touch(Recipe):
    """Something that is done to a note."""

    def make(self, x: Sound) -> Sound:
        """Make the note as it sounds then."""
        raise NotImplementedError


@dataclass(frozen=True)
class Muted(Touch):
    """Under the palm: dull over ``hz``, and falling to a third in each ``ring_s``."""

    ring_s: float
    hz: float

    def make(self, x: Sound) -> Sound:
        """Make a note dull and short."""
        x = x[: int(7.0 * self.ring_s * RATE)]
        x = x * np.exp(np.arange(len(x), dtype=np.float32) * np.float32(-1.0 / (self.ring_s * RATE)))
        pole = float(np.exp(-2.0 * np.pi * self.hz / RATE))
        section = np.array([[1.0 - pole, 0.0, 0.0, 1.0, -pole, 0.0]])
        return filtered(x, np.concatenate([section, section]))


@dataclass(frozen=True)
class Bent(Touch):
    """A slide or bend: from sample ``start`` on, within ``time`` samples, to a pitch so many semitones away, or from it."""

    semitones: float
    start: float
    time: float
    comes: bool

    def make(self, x: Sound) -> Sound:
        """Bend a note while it sounds."""
        along = (np.arange(len(x), dtype=np.float32) - np.float32(self.start)) / np.float32(self.time)
        curve = np.clip(along, 0.0, 1.0)
        if self.comes:
            curve = 1.0 - curve
        return _read(x, 2.0 ** (curve * np.float32(self.semitones / 12.0)))


@dataclass(frozen=True)
class Shaken(Touch):
    """Vibrato that grows within 0.4 s: its depth in octaves, and how often a second."""

    depth: float
    hz: float

    def make(self, x: Sound) -> Sound:
        """Shake a note while it sounds."""
        seconds = np.arange(len(x), dtype=np.float32) / np.float32(RATE)
        depth = self.depth * np.minimum(seconds / 0.4, 1.0)
        return _read(x, 2.0 ** (depth * np.sin(np.float32(2.0 * np.pi * self.hz) * seconds)))


def muted(rng: Rng, ring_s: float, hz: float) -> Muted:
    """Draw a mute of about this length."""
    return Muted(ring_s * float(np.exp(rng.normal(0.0, 0.15))), hz)


def bent(rng: Rng, semitones: float, length_s: float) -> Bent:
    """Draw a slide or bend in a note of a length: to it from so many semitones away, or away from it, in 40 to 250 ms."""
    start = rng.uniform(0.0, 0.5) * length_s * RATE
    return Bent(semitones, start, rng.uniform(0.04, 0.25) * RATE, bool(rng.random() < COMES))


def shaken(rng: Rng) -> Shaken:
    """Draw a vibrato."""
    return Shaken(rng.uniform(0.1, 0.5) / 12.0, rng.uniform(4.0, 6.5))


def _read(x: Sound, ratio: Sound) -> Sound:
    """Read a note at a changing speed."""
    place = np.cumsum(ratio, dtype=np.float64)
    place = place[: int(np.searchsorted(place, len(x) - 2))]
    whole = place.astype(np.int64)
    part = (place - whole).astype(np.float32)
    return x[whole] * (1.0 - part) + x[whole + 1] * part


def hammered(x: Sound, y: Sound, at_s: float) -> Sound:
    """Join two notes: the first, then on the same string, without the pick's attack, the second."""
    at, lap, skip = int(at_s * RATE), RATE * 6 // 1000, RATE // 50
    y = y[skip + at // 2 :]
    if at + lap >= len(x) or lap >= len(y):
        return x
    up = np.linspace(0.0, 1.0, lap, dtype=np.float32)
    here = float(np.sqrt(np.mean(np.square(x[max(at - 2_400, 0) : at])))) + 1e-6
    there = float(np.sqrt(np.mean(np.square(y[:2_400])))) + 1e-6
    out = np.concatenate([x[:at], y * np.float32(min(1.2 * here / there, 2.0))])
    out[at : at + lap] = x[at : at + lap] * (1.0 - up) + out[at : at + lap] * up
    return out


def into_reach(pitch: float, low: float, high: float) -> float:
    """Move a pitch by octaves until an instrument from ``low`` to ``high`` (MIDI, more than an octave apart) has it."""
    while pitch > high:
        pitch -= 12.0
    while pitch < low:
        pitch += 12.0
    return pitch
