"""The test signal to play through a box: marks for alignment, levels for dynamics, sweeps and noise for the rest.

    0 s      silence: the floor
    1 s      the first mark
    2 s      floor again, steps and slow ramps of tones and noise, bursts at random levels, sweeps, noise
    178 s    the last mark
    180 s    the end

The signal is the same, to the bit, each time it is made at one rate. ``marks`` finds the two marks again in whatever
came out of the box, so that a recording may begin and end when it likes.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from gate.constants import RATE
from gate.files.sound_format import Layout
from gate.files.sound_writer import Writer

SECONDS = 180.0
"""How long the signal lasts."""
FIRST_S, LAST_S = 1.0, 178.0
"""Where the two marks begin."""
MARK_S = 0.5
"""How long a mark lasts: a sweep from 200 Hz to 6 kHz."""
MARK_HZ = (200.0, 6000.0)
PEAK = 0.9
"""Highest sample of the signal: under full scale, so that nothing clips on the way."""
SEED = 1612
FOUND = 0.35
"""Correlation with the mark from which a place counts as the mark, whatever the box did to it."""
TONES_HZ = (110.0, 440.0, 1000.0, 3500.0)
LEVELS_DB = (-70.0, -60.0, -50.0, -42.0, -36.0, -30.0, -24.0, -18.0, -12.0, -6.0, -1.0)
"""Levels of steps, dB under the highest sample."""

Sound = NDArray[np.float64]


@dataclass(frozen=True)
class Marks:
    """Where the two marks begin, in samples, with fractions; ``alike`` is the lesser correlation, 0 to 1."""

    first: float
    last: float
    alike: float


def make(rate: int = RATE) -> NDArray[np.float32]:
    """Make the signal.

    Args:
        rate: Hz, 8000 or more.

    Returns:
        (180 * rate,) float32, at most 0.9.
    """
    rng = np.random.default_rng(SEED)
    whole = np.zeros(int(SECONDS * rate))
    first, last = int(FIRST_S * rate), int(LAST_S * rate)
    mark = _mark(rate)
    begin = first + len(mark) + int(1.5 * rate)
    end = last - int(0.5 * rate)
    at = begin
    for piece in _pieces(rng, rate):
        piece = piece[: max(end - at, 0)]
        whole[at : at + len(piece)] = piece
        at += len(piece)
    for place in (first, last):
        whole[place : place + len(mark)] = mark
    return (PEAK * np.clip(whole, -1.0, 1.0)).astype(np.float32)


def write(path: Path, rate: int = RATE, *, force: bool = False) -> None:
    """Write the signal as a WAV of 24 bits, whole or not at all.

    Raises:
        AudioFileError: the file exists and ``force`` is not set, or the disk does not take it.
    """
    sound = make(rate)[:, None]
    with Writer(path, Layout(rate, 1, "WAV", "PCM_24"), force=force) as file:
        file.write(np.ascontiguousarray(sound))
        file.commit()


def marks(x: Sound, rate: int) -> Marks | None:
    """Find the two marks in a sound (n,); None where they are not there."""
    from scipy.signal import correlate

    mark = _mark(rate)
    if len(x) < 4 * len(mark):
        return None
    together = correlate(x, mark, "valid", "fft")
    total = np.concatenate(([0.0], np.cumsum(np.square(x, dtype=np.float64))))
    energy = np.sqrt(np.maximum(total[len(mark) :] - total[: -len(mark)], 1e-12) * np.sum(mark * mark))
    alike = np.abs(together) / energy
    half = len(alike) // 2
    places = (int(np.argmax(alike[:half])), half + int(np.argmax(alike[half:])))
    least = float(min(alike[place] for place in places))
    if least < FOUND:
        return None
    first, last = (place + _fraction(alike, place) for place in places)
    return Marks(first, last, least)


def _mark(rate: int) -> Sound:
    """Return a sweep that rises by octaves, with soft ends, -3 dB of the signal's highest sample."""
    n = int(MARK_S * rate)
    low, high = MARK_HZ[0], min(MARK_HZ[1], 0.4 * rate)
    grow = np.log(high / low)
    t = np.arange(n) / rate
    phase = 2.0 * np.pi * low * MARK_S / grow * (np.exp(t / MARK_S * grow) - 1.0)
    return np.asarray(0.7 * np.sin(phase) * _ends(n, rate, 0.01))


def _fraction(values: Sound, place: int) -> float:
    """Return where between samples the top of a parabola through three values lies, -0.5 to 0.5."""
    if not 0 < place < len(values) - 1:
        return 0.0
    before, here, after = values[place - 1 : place + 2]
    bend = before - 2.0 * here + after
    return float(np.clip(0.5 * (before - after) / bend, -0.5, 0.5)) if bend < 0.0 else 0.0


def _ends(n: int, rate: int, fade_s: float) -> Sound:
    """Return a window that rises and falls in ``fade_s``."""
    k = min(int(fade_s * rate), n // 2)
    window = np.ones(n)
    rise = 0.5 - 0.5 * np.cos(np.pi * np.arange(k) / max(k, 1))
    window[:k], window[n - k :] = rise, rise[::-1]
    return window


def _pieces(rng: np.random.Generator, rate: int) -> Iterator[Sound]:
    """Give the pieces between the marks, in order; together longer than there is room for."""
    for hz in TONES_HZ:
        yield _steps(rate, hz, rng)
    for hz in (1000.0, 0.0):
        yield _ramp(rate, hz, rng)
    yield _sweep(rate, -6.0, 8.0)
    for k in range(8):
        yield _bursts(rng, rate, (0.0, 440.0, 0.0, 1000.0)[k % 4], 6.0)
    yield _sweep(rate, -26.0, 6.0)
    yield _notes(rng, rate, 20.0)
    yield 10.0 ** (-14.0 / 20.0) * _noise(rng, int(8.0 * rate))
    for k in range(12):
        yield _bursts(rng, rate, (0.0, 220.0, 1800.0)[k % 3], 5.0)


def _noise(rng: np.random.Generator, n: int) -> Sound:
    """Return white noise whose samples reach about 1."""
    return np.clip(rng.normal(size=n) * 0.3, -1.0, 1.0)


def _source(rng: np.random.Generator, rate: int, hz: float, n: int) -> Sound:
    return np.sin(2.0 * np.pi * hz * np.arange(n) / rate) if hz else _noise(rng, n)


def _steps(rate: int, hz: float, rng: np.random.Generator) -> Sound:
    """Return a tone that is at each level for 0.25 s, up and down again, with jumps to a low level between."""
    levels = [*LEVELS_DB, *LEVELS_DB[::-1]]
    held = np.repeat(levels, int(0.25 * rate))
    pairs = np.concatenate(
        [
            np.repeat((-64.0, level), (int(0.22 * rate), int(0.22 * rate)))
            for level in (-6.0, -18.0, -30.0, -12.0)
        ]
    )
    level = np.concatenate((held, pairs))
    return 10.0 ** (level / 20.0) * _source(rng, rate, hz, len(level))


def _ramp(rate: int, hz: float, rng: np.random.Generator) -> Sound:
    """Return a sound that rises by 75 dB in 4 s and falls again."""
    up = np.linspace(-75.0, -1.0, int(4.0 * rate))
    level = np.concatenate((up, up[::-1]))
    return 10.0 ** (level / 20.0) * _source(rng, rate, hz, len(level))


def _sweep(rate: int, level_db: float, seconds: float) -> Sound:
    """Return a sweep from 20 Hz to 0.46 of the rate, which rises by octaves."""
    n, low, high = int(seconds * rate), 20.0, 0.46 * rate
    grow = np.log(high / low)
    t = np.arange(n) / rate
    phase = 2.0 * np.pi * low * seconds / grow * (np.exp(t / seconds * grow) - 1.0)
    return np.asarray(10.0 ** (level_db / 20.0) * np.sin(phase) * _ends(n, rate, 0.02))


def _bursts(rng: np.random.Generator, rate: int, hz: float, seconds: float) -> Sound:
    """Return bursts of random levels, lengths from 5 ms to 0.8 s, with random rests at a low level."""
    n = int(seconds * rate)
    level = np.full(n, -66.0)
    at = int(0.1 * rate)
    while at < n:
        long = int(rate * 10.0 ** rng.uniform(np.log10(0.005), np.log10(0.8)))
        level[at : at + long] = rng.uniform(-45.0, -1.0)
        at += long + int(rate * 10.0 ** rng.uniform(np.log10(0.02), np.log10(0.9)))
    return 10.0 ** (level / 20.0) * _source(rng, rate, hz, n)


def _notes(rng: np.random.Generator, rate: int, seconds: float) -> Sound:
    """Return struck notes with overtones that decay, as a guitar's do; the last ones together."""
    n = int(seconds * rate)
    sound = np.zeros(n)
    at, t = 0, np.arange(int(2.5 * rate)) / rate
    while at < n:
        hz = 82.4 * 2.0 ** (rng.integers(0, 36) / 12.0)
        decay = rng.uniform(2.0, 8.0)
        note = sum(np.sin(2.0 * np.pi * hz * k * t) * np.exp(-decay * k**0.5 * t) / k for k in range(1, 9))
        loud = 10.0 ** (rng.uniform(-30.0, -6.0) / 20.0)
        piece = (loud * np.asarray(note) * (1.0 - np.exp(-t * 800.0)))[: n - at]
        sound[at : at + len(piece)] += 0.6 * piece
        at += int(rate * rng.uniform(0.15, 0.7))
    return np.clip(sound, -1.0, 1.0)
