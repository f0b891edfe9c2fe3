"""Single hits and notes as something to play on: measured, trimmed, tuned, damped, struck at a wanted force."""

import re
from dataclasses import dataclass
from typing import Literal

import numpy as np
from scipy import fft

from gate.constants import BLOCK, RATE
from gate.levels import block_levels_db
from training.recordings.corpus import Corpus, Item
from training.sounds.bench import Bench, Part, Studio
from training.sounds.changes import Sound, amplitude, faded, filtered, resampled, tilt_section
from training.sounds.recipe import Recipe, Rng

FLOOR_DB = 36.0
"""A recording whose steady floor is nearer than this to its loudest 5 ms is not used as a target."""

END_DB = 58.0
"""A hit that was cut off while it rang is damped until its end is this far under its top."""

SMOOTH_BLOCKS = 12
"""25 ms: levels of a tail are looked at through this window."""


@dataclass(frozen=True)
class Measured:
    """What a recording of one hit or note is, in samples at 48 kHz.

    ``onset`` and ``stop`` bound the sound itself; ``level_db`` is its loudest 5 ms; ``clean`` is False if noise
    lies too close under it; ``hz`` is the strongest period of its body, 0 if it has none.
    """

    onset: int
    stop: int
    level_db: float
    clean: bool
    hz: float


def measure(x: Sound) -> Measured:
    """Measure a recording of one hit or note."""
    loud = np.abs(x)
    onset = max(int(np.argmax(loud >= 0.03 * np.max(loud, initial=0.0))) - RATE // 1000, 0)
    y = x[onset:]
    levels = block_levels_db(y)
    top = float(np.max(levels, initial=-140.0))
    body = y[RATE // 40 : RATE // 40 + RATE // 3]
    hz, _ = period(body)
    ends = max(len(levels) - RATE * 55 // 1000 // BLOCK, 4)  # the last 50 ms are a fade made with the file
    smooth = np.convolve(levels[:ends], np.full(SMOOTH_BLOCKS, 1 / SMOOTH_BLOCKS), "valid")
    if len(smooth) < 24 or top < -100.0:
        return Measured(onset, len(x), top, top >= -100.0, hz)
    tail = smooth[-max(len(smooth) // 3, 12) :]
    half = len(tail) // 2
    fall = (float(np.mean(tail[:half])) - float(np.mean(tail[half:]))) / (half * BLOCK / RATE)
    floor = float(np.median(tail))
    _, tonal = period(y[-RATE // 5 : -RATE // 18])
    steady = fall < 12.0 and tonal < 0.5  # dB a second; an instrument falls faster, or sings
    if not steady:
        return Measured(onset, len(x), top, True, hz)
    under = np.flatnonzero(smooth < floor + 7.0)
    stop = onset + (int(under[0]) + SMOOTH_BLOCKS) * BLOCK
    return Measured(onset, min(stop, len(x)), top, floor < top - FLOOR_DB, hz)


def period(x: Sound) -> tuple[float, float]:
    """Find the strongest period between 40 and 1,200 Hz, in Hz, and how periodic the sound is (0 to 1)."""
    if len(x) < RATE // 20:
        return 0.0, 0.0
    size = fft.next_fast_len(2 * len(x), real=True)
    power = np.square(np.abs(fft.rfft(x * np.hanning(len(x)).astype(np.float32), size)))
    power[: int(35.0 * size / RATE)] = 0.0
    lags = fft.irfft(power, size)[: RATE // 40]
    if lags[0] <= 1e-12:
        return 0.0, 0.0
    first = RATE // 1200
    best = float(np.max(lags[first:]))
    rising = lags[first:-1]
    # the first peak that is nearly as high as the highest: multiples of the period are as high
    peaks = np.flatnonzero((rising[1:-1] >= rising[:-2]) & (rising[1:-1] > rising[2:])) + 1
    good = [p for p in peaks if rising[p] > 0.85 * best]
    lag = first + (int(good[0]) if good else int(np.argmax(rising)))
    return RATE / lag, max(best / float(lags[0]), 0.0)


def take_name(item: Item) -> str:
    """Name a folder and a sound without the number of the take or its force: takes of one drum, struck one way, share it."""
    name = re.sub(r"_vl\d+|_rr\d+|_(?:hard|soft)$", "", item.path.stem)
    name = re.sub(r"__\d+-", "__", name)
    return f"{item.path.parent.name}/{re.sub(r'[-_]?[0-9]+$', '', name)}"


def grouped(items: tuple[Item, ...]) -> dict[str, list[Item]]:
    """Group items by ``take_name``."""
    groups: dict[str, list[Item]] = {}
    for item in items:
        groups.setdefault(take_name(item), []).append(item)
    return groups


def prepared(
    corpus: Corpus, item: Item, ratio: float, damp_db_s: float = 0.0, ring: Literal["damp", "go on"] = "damp"
) -> Sound:
    """Prepare one recording: trimmed to the sound, tuned by ``ratio``, damped by some dB a second, ending in silence.

    Args:
        ring: what becomes of a sound that was cut off while it rang: damped, or going on as a cymbal does.
    """
    m = corpus.derive("hit", item, measure)
    return shaped(corpus.load(item, m.onset, m.stop), m.level_db, ratio, damp_db_s, ring)


def shaped(
    x: Sound, level_db: float, ratio: float, damp_db_s: float = 0.0, ring: Literal["damp", "go on"] = "damp"
) -> Sound:
    """Tune and damp one hit whose loudest 5 ms are at ``level_db``, and let it end in silence; see ``prepared``.

    Args:
        x: (n,) float32 from the hit's onset on; changed in place.
    """
    x = faded(x, 24)
    levels = block_levels_db(x[: max(len(x) - RATE * 55 // 1000, BLOCK)])
    left = END_DB - (level_db - float(np.mean(levels[-SMOOTH_BLOCKS:])))
    seconds = len(x) / RATE
    if ring == "go on" and left > 12.0 and seconds > 0.6:
        x = _gone_on(x, left)
        left = 0.0
    slope = damp_db_s + max(left, 0.0) / max(seconds, 0.05)
    if slope > 0.0:
        x = x * np.exp(np.arange(len(x), dtype=np.float32) * np.float32(-slope / 8.686 / RATE))
    x = resampled(x, ratio)
    fall = min(RATE * 40 // 1000, len(x) // 4)
    x[len(x) - fall :] *= np.linspace(1.0, 0.0, fall, dtype=np.float32)
    return x


def _gone_on(x: Sound, left_db: float) -> Sound:
    """Let a cymbal ring on: its last 0.35 s again and again, overlapping, each time quieter."""
    x = x[: len(x) - RATE * 55 // 1000]
    piece, lap = x[-RATE * 35 // 100 :].copy(), RATE // 10
    levels = block_levels_db(piece)
    half = len(levels) // 2
    fall = float(np.mean(levels[:half]) - np.mean(levels[half:])) * 2.0  # dB in one piece
    fall = max(fall, 3.0)
    count = int(min(left_db / fall, 8.0)) + 1
    step = len(piece) - lap
    out = np.zeros(len(x) + count * step, np.float32)
    out[: len(x)] = x
    up = np.sqrt(np.linspace(0.0, 1.0, lap, dtype=np.float32))
    for k in range(count):
        next_piece = piece * np.float32(amplitude(-fall * (k + 1)))
        if k % 2 == 0:  # backwards, levelled: no cycle is heard
            next_piece = next_piece[::-1] * np.geomspace(
                amplitude(fall / 2), amplitude(-1.5 * fall), len(piece), dtype=np.float32
            )
        at = len(x) - lap + k * step
        out[at : at + lap] *= up[::-1]
        next_piece[:lap] *= up
        out[at : at + len(piece)] += next_piece
    return out


@dataclass(frozen=True)
class Take(Part):
    """One recording of a hit as a scene has it, see ``prepared``."""

    recording: str
    ratio: float
    damp_db_s: float = 0.0
    ring: Literal["damp", "go on"] = "damp"

    def make(self, bench: Bench) -> Sound:
        """Make (m,) float32, m as long as it is."""
        item = bench.corpus.named(self.recording)
        return prepared(bench.corpus, item, self.ratio, self.damp_db_s, self.ring)


class Piece(Recipe):
    """One drum or cymbal of a scene, struck with several forces; ``levels_db`` are those of its takes' loudest 5 ms."""

    names: tuple[str, ...]
    hz: float
    levels_db: tuple[float, ...]

    def make(self, bench: Bench) -> list[Sound]:
        """Make the takes, each (m,) float32 at its level."""
        raise NotImplementedError


@dataclass(frozen=True)
class RecordedPiece(Piece):
    """Takes of one drum, tuned and damped for the scene."""

    names: tuple[str, ...]
    hz: float
    levels_db: tuple[float, ...]
    takes: tuple[Part, ...]

    def make(self, bench: Bench) -> list[Sound]:
        """Make the takes, each (m,) float32 at its level."""
        return [bench.made(take) for take in self.takes]


def recorded_piece(
    studio: Studio,
    items: list[Item],
    ratio: float,
    damp_db_s: float = 0.0,
    ring: Literal["damp", "go on"] = "damp",
    takes: int = 7,
) -> RecordedPiece:
    """Draw a piece: takes of all forces, each tuned a little apart."""
    corpus, rng = studio.corpus, studio.rng
    by_force = sorted(items, key=lambda item: corpus.derive("hit", item, measure).level_db)
    count = min(takes, len(by_force))
    first = rng.random() if count < len(by_force) else 0.0
    places = ((np.arange(count) + first) * len(by_force) / count).astype(int)
    chosen = [by_force[i] for i in places]
    measured = [corpus.derive("hit", item, measure) for item in chosen]
    return RecordedPiece(
        names=tuple(item.path.stem for item in chosen),
        hz=float(np.median([m.hz for m in measured])) * ratio,
        levels_db=tuple(m.level_db for m in measured),
        takes=tuple(
            Take(item.name, ratio * float(np.exp(rng.normal(0.0, 0.004))), damp_db_s, ring) for item in chosen
        ),
    )


@dataclass(frozen=True)
class Struck(Recipe):
    """One hit: which take of the piece, and with which gain; softer than any take is duller too."""

    take: int
    gain_db: float

    def make(self, piece: Piece, bench: Bench) -> Sound:
        """Make (m,) float32; a full hit's loudest 5 ms are at 0 dBFS."""
        x = bench.made(piece)[self.take]
        if self.gain_db < -4.0:
            x = filtered(x, tilt_section(1_800.0, max(0.35 * self.gain_db, -12.0)))
        return x * np.float32(amplitude(self.gain_db - max(piece.levels_db)))


class Striker:
    """Draws hits; two in a row on a piece are never one take, where there is another of about that force."""

    def __init__(self, rng: Rng) -> None:
        self._rng = rng
        self._last: dict[int, int] = {}

    def strike(self, piece: Piece, db: float) -> Struck:
        """Draw one hit, ``db`` under a full one."""
        levels = np.array(piece.levels_db)
        wanted = float(np.max(levels)) + db
        off = np.abs(levels - wanted)
        last = self._last.get(id(piece), -1)
        near = [i for i in np.argsort(off)[:4] if off[i] < off.min() + 4.0 and i != last]
        take = int(near[int(self._rng.integers(len(near)))]) if near else int(np.argmin(off))
        self._last[id(piece)] = take
        return Struck(take, wanted - float(levels[take]) + float(self._rng.normal(0.0, 0.6)))
