"""What fingers and palms do to a single note: mute it, bend it, shake it, hammer on to the next."""

import numpy as np

from gate.constants import RATE
from training.sounds.changes import Rng, Sound, filtered


def muted(rng: Rng, x: Sound, ring_s: float, hz: float) -> Sound:
    """A note under the palm: dull and short."""
    ring_s *= float(np.exp(rng.normal(0.0, 0.15)))
    x = x[: int(7.0 * ring_s * RATE)]
    x = x * np.exp(np.arange(len(x), dtype=np.float32) * np.float32(-1.0 / (ring_s * RATE)))
    pole = float(np.exp(-2.0 * np.pi * hz / RATE))
    section = np.array([[1.0 - pole, 0.0, 0.0, 1.0, -pole, 0.0]])
    return filtered(x, np.concatenate([section, section]))


def _read(x: Sound, ratio: Sound) -> Sound:
    """Read a note at a changing speed."""
    place = np.cumsum(ratio, dtype=np.float64)
    place = place[: int(np.searchsorted(place, len(x) - 2))]
    whole = place.astype(np.int64)
    part = (place - whole).astype(np.float32)
    return x[whole] * (1.0 - part) + x[whole + 1] * part


def bent(rng: Rng, x: Sound, semitones: float, length_s: float) -> Sound:
    """Slide or bend: to the note from so many semitones away, or away from it, within 40 to 250 ms."""
    start = rng.uniform(0.0, 0.5) * length_s * RATE
    time = rng.uniform(0.04, 0.25) * RATE
    curve = np.clip((np.arange(len(x), dtype=np.float32) - np.float32(start)) / np.float32(time), 0.0, 1.0)
    if rng.random() < 0.5:
        curve = 1.0 - curve
    return _read(x, 2.0 ** (curve * np.float32(semitones / 12.0)))


def vibrato(rng: Rng, x: Sound) -> Sound:
    seconds = np.arange(len(x), dtype=np.float32) / np.float32(RATE)
    depth = rng.uniform(0.1, 0.5) / 12.0 * np.minimum(seconds / 0.4, 1.0)
    return _read(x, 2.0 ** (depth * np.sin(np.float32(2.0 * np.pi * rng.uniform(4.0, 6.5)) * seconds)))


def hammered(x: Sound, y: Sound, at_s: float) -> Sound:
    """The first note, then on the same string, without the pick's attack, the second."""
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
    """A pitch moved by octaves until an instrument from ``low`` to ``high`` (MIDI, more than an octave apart) has it."""
    while pitch > high:
        pitch -= 12.0
    while pitch < low:
        pitch += 12.0
    return pitch
