"""Made-up guitars and basses: plucked strings as waveguides, heard by a pickup or over a body.

Few guitars were recorded; here are as many as one likes. A string is a loop: a delay of one period with a loss filter, an
all-pass for stiffness and one for the rest of the period (Jaffe and Smith, Extensions of the Karplus-Strong Plucked-String
Algorithm, Computer Music Journal 7(2), 1983). It moves in two planes that fade differently, and since everything is linear,
where it is picked, the pickup and the body filter what excites it, not what comes out, which costs far less (Karjalainen,
Valimaki and Tolonen, Plucked-String Models, Computer Music Journal 22(3), 1998).
"""

from dataclasses import dataclass
from math import exp, pi

import numpy as np
from numpy.typing import NDArray
from scipy import signal

from gate.constants import RATE
from gate.levels import block_levels_db
from training.instruments import waveguide
from training.instruments.articulation import into_reach
from training.sounds.bench import Bench, Part, Studio
from training.sounds.changes import Sound, amplitude, faded, filtered
from training.sounds.filters import (
    Bell,
    Filters,
    HighPass,
    LowPass,
    Resonance,
    Tilt,
    high_pass,
    sections,
    through,
)
from training.sounds.recipe import Recipe, Rng, Seed, log_uniform

KINDS = {"electric": 0.38, "steel": 0.24, "nylon": 0.16, "bass": 0.22}
"""How often an instrument is one of these."""
LOWEST = {"electric": (35, 42), "steel": (37, 43), "nylon": (38, 50), "bass": (23, 31)}
"""MIDI pitch of the lowest string: down-tuned ones, baritones, small ones and five strings too."""
RING_S = {"electric": (3.0, 18.0), "steel": (2.5, 12.0), "nylon": (1.5, 7.0), "bass": (2.0, 16.0)}
"""Time in which the lowest string's fundamental falls by 60 dB."""
BRIGHT_S = {"electric": (0.25, 3.0), "steel": (0.3, 3.0), "nylon": (0.1, 0.8), "bass": (0.06, 2.0)}
"""The same at 4 kHz: old, flat-wound and gut strings are short there."""
FLAT_HZ = {
    "electric": (700.0, 9_000.0),
    "steel": (250.0, 2_500.0),
    "nylon": (350.0, 4_000.0),
    "bass": (250.0, 6_000.0),
}
"""A plucked string falls by 6 dB an octave up to here; what hears it, a microphone above all, lifts the rest."""
STIFF = {"electric": (1e-5, 2e-4), "steel": (2e-5, 3e-4), "nylon": (5e-6, 1e-4), "bass": (5e-5, 8e-4)}
"""Inharmonicity B of the open strings: partial k lies at k sqrt(1 + B k^2) times the lowest."""
DAMPED = 0.1
"""Chance of foam at the bridge, or a palm that stays: 0.12 to 0.8 s at the lowest string."""
EXCITED_S = 0.35
"""How long what excites a string lasts, the body's ringing in it."""
LONGEST_S, END_DB, END_S = 5.0, 58.0, 0.04
"""A note is at most so long, at its end so far under its top, and its last part fades out, as recorded ones do."""
TAKES = 2
"""Different notes of one pitch in a scene."""


WITH_PICK = {"electric": 0.85, "steel": 0.7, "nylon": 0.08, "bass": 0.4}
"""Chance of a pick and not fingers: rare on nylon, most players' choice on steel."""
BUZZES = 0.35
"""Chance of an instrument whose strings hit a fret now and then; a set-up costs money."""
TONE_KNOB = 0.3
"""Chance of a tone knob turned down."""


@dataclass(frozen=True)
class Instrument(Recipe):
    """One guitar or bass, drawn once. Tuples by string have one value for each string, the lowest first.

    ``picked`` and ``heard`` are places along the open string (0 bridge, 0.5 middle), ``heard`` None without a pickup;
    ``flat_hz`` is of ``FLAT_HZ``; ``hard_hz`` is where a full stroke's spectrum ends; ``width_s`` is how long finger or
    pick takes to let go; levels in dB are against the pluck itself; ``planes`` are the second plane's level, decay time
    over the first one's, and detuning in cents; ``buzz`` is the chance of a note's hitting a fret.
    """

    kind: str
    lowest: int
    ring_s: float
    ring_slope: float
    bright_s: tuple[float, ...]
    stiff: tuple[float, ...]
    off_cents: tuple[float, ...]
    picked: float
    heard_depth: float
    flat_hz: float
    hard_hz: float
    width_s: float
    noise_db: float
    click_db: float
    click_s: float
    planes: tuple[float, float, float]
    buzz: float
    filters: Filters
    heard: float | None = None

    @property
    def highest(self) -> float:
        """Find the highest fret of the highest string, MIDI pitch."""
        return self.lowest + 5.0 * (len(self.stiff) - 1) + 19.0


def draw(rng: Rng, kind: str | None = None) -> Instrument:
    """Draw an instrument, of one of ``KINDS`` or any."""
    if kind is None:
        kind = list(KINDS)[int(rng.choice(len(KINDS), p=list(KINDS.values())))]
    count = int(rng.integers(4, 6)) if kind == "bass" else 6
    with_pick = rng.random() < WITH_PICK[kind]
    pickup = kind in ("electric", "bass")
    ring_s = log_uniform(rng, 0.12, 0.8) if rng.random() < DAMPED else log_uniform(rng, *RING_S[kind])
    stiff = log_uniform(rng, *STIFF[kind]) * np.linspace(1.0, rng.uniform(0.2, 0.7), count)
    return Instrument(
        kind=kind,
        lowest=int(rng.integers(*LOWEST[kind])),
        ring_s=ring_s,
        ring_slope=float(rng.uniform(0.25, 0.9)),
        bright_s=tuple(log_uniform(rng, *BRIGHT_S[kind]) * np.exp(rng.normal(0.0, 0.2, count))),
        stiff=tuple(stiff * np.exp(rng.normal(0.0, 0.2, count))),
        off_cents=tuple(np.clip(rng.normal(0.0, 1.2, count), -2.5, 2.5)),
        picked=float(rng.uniform(0.06, 0.3)),
        heard=float(rng.uniform(0.05, 0.28)) if pickup else None,
        heard_depth=float(rng.uniform(0.5, 1.0)),
        flat_hz=log_uniform(rng, *FLAT_HZ[kind]),
        hard_hz=log_uniform(rng, 3_000.0, 14_000.0) if with_pick else log_uniform(rng, 1_000.0, 5_000.0),
        width_s=log_uniform(rng, 5e-5, 3e-4) if with_pick else log_uniform(rng, 2e-4, 1.2e-3),
        noise_db=float(rng.uniform(-30.0, -8.0)),
        click_db=float(rng.uniform(-40.0, -14.0)),
        click_s=log_uniform(rng, 4e-4, 4e-3) if with_pick else log_uniform(rng, 3e-3, 2e-2),
        planes=(float(rng.uniform(-0.7, 0.7)), float(rng.uniform(0.2, 0.9)), float(rng.uniform(-4.0, 4.0))),
        buzz=float(rng.uniform(0.02, 0.2)) if rng.random() < BUZZES else 0.0,
        filters=_pickup(rng) if pickup else _body(rng),
    )


def _pickup(rng: Rng) -> Filters:
    """Draw coil and cable: a low-pass that peaks at 2 to 5 kHz, less with the tone knob down."""
    coil: Filters = (Resonance(log_uniform(rng, 2_000.0, 5_000.0), log_uniform(rng, 0.8, 3.5)),)
    if rng.random() < TONE_KNOB:
        coil += (LowPass(log_uniform(rng, 500.0, 3_000.0), 1),)
    return coil + _colour(rng, 25.0)


def _body(rng: Rng) -> Filters:
    """Draw air and top: two to four peaks at 90 to 450 Hz, and a wooden, uneven rest, to a microphone or a piezo."""
    peaks = np.sort(np.exp(rng.uniform(np.log(90.0), np.log(450.0), int(rng.integers(2, 5)))))
    bells = [Bell(float(hz), rng.uniform(4.0, 13.0), rng.uniform(0.08, 0.5)) for hz in peaks]
    for _ in range(int(rng.integers(2, 5))):
        bells.append(Bell(log_uniform(rng, 500.0, 9_000.0), rng.uniform(-7.0, 7.0), rng.uniform(0.3, 1.5)))
    return (*bells, *_colour(rng, 60.0))


def _colour(rng: Rng, low_hz: float) -> Filters:
    tilt = Tilt(log_uniform(rng, 500.0, 3_000.0), rng.uniform(-8.0, 8.0))
    return (tilt, *high_pass(rng, log_uniform(rng, low_hz, 2.0 * low_hz)))


def pluck(rng: Rng, made: Instrument, pitch: float, force_db: float = 0.0) -> Sound:
    """Make one note, (n,) float32, its loudest block at 0 dBFS, silent at both ends; n is 5 s at most.

    Args:
        pitch: MIDI pitch, 15 to 100.
        force_db: of the stroke against a full one: softer is duller, and the pick is heard less.

    Raises:
        ValueError: the pitch is out of range.
    """
    if not 15.0 <= pitch <= 100.0:
        raise ValueError(f"expected a MIDI pitch of 15 to 100, got {pitch:g}; move it by octaves")
    string = int(np.clip((pitch - made.lowest) // 5.0, 0, len(made.stiff) - 1))
    cents = made.off_cents[string] + float(np.clip(rng.normal(0.0, 0.4), -0.8, 0.8))
    hz = 440.0 * 2.0 ** ((pitch - 69.0 + cents / 100.0) / 12.0)
    open_hz = min(440.0 * 2.0 ** ((made.lowest + 5.0 * string - 69.0) / 12.0), hz)
    low_hz = 440.0 * 2.0 ** ((made.lowest - 69.0) / 12.0)
    ring_s = made.ring_s * (hz / low_hz) ** -made.ring_slope * float(np.exp(rng.normal(0.0, 0.08)))
    ring_s = max(ring_s, 0.08)
    bright_s = float(made.bright_s[string]) * float(np.exp(rng.normal(0.0, 0.08)))
    stiff = float(made.stiff[string]) * (hz / open_hz) ** 2  # the same string, shorter
    n = int(min(1.1 * ring_s + 0.1, LONGEST_S) * RATE)

    pulse, click = _excitation(rng, made, hz, open_hz, force_db)
    share, shorter, apart_cents = made.planes
    y = np.zeros(n)
    for gain, ring, detuned in ((1.0, ring_s, 0.0), (share, ring_s * shorter, apart_cents)):
        loop = waveguide.loop(hz * 2.0 ** (detuned / 1200.0), ring, min(bright_s, 0.8 * ring), stiff)
        y += gain * waveguide.string(pulse[:n], n, *loop)
    if rng.random() < made.buzz:
        y = _buzzing(rng, y)
    y[: len(click)] += click[:n] * (np.max(np.abs(y)) * amplitude(made.click_db + 0.4 * force_db))
    return _ended(y)


def _excitation(
    rng: Rng, made: Instrument, hz: float, open_hz: float, force_db: float
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Make what starts the string, and what is heard of pick or finger itself (of peak 1): each (EXCITED_S,)."""
    size = int(EXCITED_S * RATE)
    x = np.zeros(size, np.float32)
    width = max(int(made.width_s * amplitude(-0.5 * force_db) * RATE), 2)
    x[:width] = np.hanning(width + 2)[1:-1]
    x[:width] /= np.sum(x[:width])
    scrape = np.arange(min(int(2.0 * RATE / hz), size // 4))
    fall = np.exp(-scrape * (hz / RATE * rng.uniform(1.5, 5.0)))
    x[: len(scrape)] += rng.standard_normal(len(scrape)) * fall * (amplitude(made.noise_db) / 4.0)
    # A string that is let go moves as the integral of this: 6 dB an octave.
    pole = exp(-pi * hz / RATE)
    hard_hz = float(np.clip(made.hard_hz * amplitude(0.8 * force_db), 300.0, 18_000.0))
    slope = np.array([[1.0, -exp(-2.0 * pi * max(made.flat_hz, 2.0 * hz) / RATE), 0.0, 1.0, -pole, 0.0]])
    force = signal.butter(1, hard_hz, fs=RATE, output="sos")
    x = filtered(x, np.concatenate([slope, force, sections(made.filters)]))
    x = _comb(x, min((made.picked * exp(rng.normal(0.0, 0.08))) * RATE / open_hz, 0.5 * RATE / hz), 1.0)
    if made.heard is not None:
        x = _comb(x, min(made.heard * RATE / open_hz, 0.5 * RATE / hz), made.heard_depth)
    click = rng.standard_normal(size // 2, dtype=np.float32)
    click *= np.exp(-np.arange(size // 2) / (made.click_s * RATE)).astype(np.float32)
    click = faded(through(click, (HighPass(150.0, 2), *made.filters)), RATE // 2_000)
    return faded(x, 4).astype(np.float64), click.astype(np.float64) / (float(np.max(np.abs(click))) + 1e-12)


def _comb(x: Sound, delay: float, depth: float) -> Sound:
    """Take away what was some samples ago, so that partials with a node there are missing."""
    whole, part = int(delay), np.float32(delay % 1.0)
    y = x.copy()
    y[whole:] -= np.float32(depth) * (np.float32(1.0) - part) * x[: len(x) - whole]
    y[whole + 1 :] -= np.float32(depth) * part * x[: len(x) - whole - 1]
    return y


def _buzzing(rng: Rng, y: NDArray[np.float64]) -> NDArray[np.float64]:
    """Let the string hit a fret while it swings far: what is over a limit comes back as sharp noise."""
    stop = min(len(y), RATE)
    limit = float(np.max(np.abs(y))) * rng.uniform(0.25, 0.7)
    over = np.maximum(np.abs(y[:stop]) - limit, 0.0) * rng.uniform(0.2, 1.0, stop)
    over *= np.linspace(1.0, 0.0, stop)
    sharp = filtered(
        over.astype(np.float32), signal.butter(2, (1_200.0, 7_000.0), "bandpass", fs=RATE, output="sos")
    )
    y[:stop] += sharp * rng.uniform(0.5, 2.5)
    return y


def _ended(y: NDArray[np.float64]) -> Sound:
    """Fall to ``END_DB`` under the top at the end, fade both ends, loudest block at 0 dBFS."""
    levels = block_levels_db(y.astype(np.float32))
    left = END_DB - float(np.max(levels) - np.mean(levels[-24:]))
    if left > 0.0:
        y *= np.exp(np.arange(len(y)) * (-left / 8.686 / len(y)))
    x = y.astype(np.float32)
    fall = int(END_S * RATE)
    x[-fall:] *= np.linspace(1.0, 0.0, fall, dtype=np.float32)
    x = faded(x, 12)
    return x * np.float32(amplitude(-float(np.max(block_levels_db(x)))))


@dataclass(frozen=True)
class Plucked(Part):
    """One note of a made-up instrument: its pitch and force, and where all that no hand does twice comes from."""

    instrument: Instrument
    pitch: float
    force_db: float
    seed: Seed

    def make(self, bench: Bench) -> Sound:
        """Make (m,) float32, see ``pluck``."""
        return pluck(self.seed.generator(), self.instrument, self.pitch, self.force_db)


class MadeUp:
    """Draws notes of a made-up guitar or bass, in place of ``training.instruments.guitarist.Player``."""

    def __init__(self, studio: Studio) -> None:
        """Draw an instrument."""
        self._studio = studio
        self.made = draw(studio.rng)
        self.name = f"made-up {self.made.kind}"
        self.bass = self.made.kind == "bass"
        self.low, self.high = self.made.lowest - 5.0, self.made.highest
        self._force_db = float(studio.rng.uniform(-8.0, -1.0))
        self._made: dict[tuple[int, int], Plucked] = {}

    def note(self, pitch: float) -> Plucked:
        """Draw a note of this MIDI pitch (moved by octaves into reach), ringing, its loudest block at 0 dBFS."""
        rng = self._studio.rng
        pitch = into_reach(pitch, self.low, self.high)
        key = (round(pitch * 100.0), int(rng.integers(TAKES)))
        if key not in self._made:
            force_db = min(self._force_db + float(rng.normal(0.0, 2.5)), 0.0)
            note = Plucked(self.made, pitch, force_db, Seed.here(rng))
            self._studio.bench.keep(note, pluck(rng, self.made, pitch, force_db))
            self._made[key] = note
        return self._made[key]
