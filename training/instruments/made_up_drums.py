"""Made-up drums: membranes by their modes, a click of stick or beater, air, and for a snare its wires.

A few drums were recorded; here are as many as one likes, drawn from how drums work. The frequencies of an ideal membrane's
modes are zeros of Bessel functions (Rossing, Science of Percussion Instruments, 2000); air and the second head move them,
so each drum moves them a little. A harder stroke stretches the head: it starts higher and glides down.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import signal

from gate.constants import RATE
from gate.levels import block_levels_db
from training.instruments.hits import Piece
from training.sounds.bench import Bench, Studio
from training.sounds.changes import Sound, amplitude, faded, filtered
from training.sounds.recipe import Recipe, Rng, Seed, log_uniform

MODES = np.array([1.0, 1.594, 2.136, 2.296, 2.653, 2.918, 3.156, 3.501, 3.6, 4.06, 4.15, 4.6])
"""Frequencies of an ideal membrane's first modes over the lowest."""
TAKES_DB = (0.0, -2.0, -5.0, -9.0, -14.0, -20.0, -28.0)
"""Forces that a piece is struck with, under a full stroke."""
FUNDAMENTAL_HZ = {"kick": (38.0, 85.0), "snare": (130.0, 300.0), "toms": (60.0, 240.0)}
RING_S = {"kick": (0.08, 0.7), "snare": (0.05, 0.5), "toms": (0.15, 1.8)}
"""Time in which the lowest mode falls by 60 dB."""


@dataclass(frozen=True)
class Drum(Recipe):
    """One drum of a scene: ``ratios``, ``levels`` and ``ring_s`` of its modes, lowest first; bands are (low, high) Hz."""

    hz: float
    ratios: tuple[float, ...]
    levels: tuple[float, ...]
    ring_s: tuple[float, ...]
    glide: float
    glide_s: float
    click: float
    click_s: float
    click_band: tuple[float, float]
    wires: float
    wires_s: float
    wires_band: tuple[float, float]
    air: float
    air_s: float
    air_band: tuple[float, float]


def drum(rng: Rng, kind: str, hz: float | None = None, strike: str = "full") -> Drum:
    """Draw a drum.

    Args:
        kind: "kick", "snare" or "toms".
        hz: its lowest mode; at random if None.
        strike: of a snare: "full", "rim" (rimshot: bright, long, with the shell in it) or "side" (cross-stick: no wires,
            a knock).
    """
    hz = hz or log_uniform(rng, *FUNDAMENTAL_HZ[kind])
    count = {
        "kick": int(rng.integers(1, 6)),
        "snare": int(rng.integers(5, 13)),
        "toms": int(rng.integers(3, 12)),
    }[kind]
    ratios = MODES[:count] * np.exp(rng.normal(0.0, 0.03, count))
    ratios[0] = 1.0
    slope_db = float(rng.uniform(2.0, 14.0)) + (8.0 if kind == "kick" else 0.0)  # an octave
    levels = 10.0 ** (-(slope_db * np.log2(ratios) + rng.normal(0.0, 4.0, count)) / 20.0)
    levels[0] = 1.0
    ring_s = (
        log_uniform(rng, *RING_S[kind])
        * ratios ** -float(rng.uniform(0.3, 1.6))
        * np.exp(rng.normal(0.0, 0.25, count))
    )
    click_band = {"kick": (1_200.0, 5_500.0), "snare": (1_500.0, 9_000.0), "toms": (900.0, 6_000.0)}[kind]
    wires = amplitude(rng.uniform(-8.0, 12.0)) if kind == "snare" else 0.0
    if strike == "rim":
        levels[1:] *= amplitude(rng.uniform(3.0, 12.0))
        ring_s = ring_s * 1.6
    elif strike == "side":
        hz, ratios = log_uniform(rng, 350.0, 1_100.0), ratios * np.exp(rng.normal(0.0, 0.1, count))
        ring_s, wires = (
            np.full(count, log_uniform(rng, 0.02, 0.09)),
            wires * amplitude(-rng.uniform(12.0, 40.0)),
        )
    return Drum(
        hz=hz,
        ratios=tuple(ratios),
        levels=tuple(levels),
        ring_s=tuple(np.maximum(ring_s, 0.02)),
        glide=float(rng.uniform(0.3, 2.0)) if kind == "kick" else float(rng.uniform(0.0, 0.3)),
        glide_s=log_uniform(rng, 0.008, 0.05),
        click=amplitude(rng.uniform(-34.0, -6.0)),
        click_s=log_uniform(rng, 0.001, 0.008),
        click_band=(log_uniform(rng, 200.0, 1_500.0), log_uniform(rng, *click_band)),
        wires=wires,
        wires_s=log_uniform(rng, 0.04, 0.35),
        wires_band=(log_uniform(rng, 500.0, 3_000.0), log_uniform(rng, 4_000.0, 18_000.0)),
        air=amplitude(rng.uniform(-46.0, -18.0)),
        air_s=log_uniform(rng, 0.04, 0.5),
        air_band=(60.0, log_uniform(rng, 250.0, 5_000.0)),
    )


def _band(low_hz: float, high_hz: float) -> NDArray[np.float64]:
    """Compute a band of gentle edges, 6 dB an octave."""
    edges = (
        signal.butter(1, low_hz, "highpass", fs=RATE, output="sos"),
        signal.butter(1, high_hz, fs=RATE, output="sos"),
    )
    return np.concatenate(edges)


def hit(rng: Rng, drum: Drum, db: float) -> Sound:
    """Make one stroke, ``db`` under a full one, (n,) float32 of no particular level: softer is duller, and glides less."""
    force = amplitude(db)
    longest = max(max(drum.ring_s), 0.7 * drum.air_s, drum.wires_s if drum.wires > 0.0 else 0.0)
    seconds = float(np.clip(longest, 0.06, 2.0)) + 0.01
    t = np.arange(int(seconds * RATE)) / RATE
    bend = drum.glide * force**0.7
    phase = 2.0 * np.pi * drum.hz * (t + bend * drum.glide_s * (1.0 - np.exp(-t / drum.glide_s)))
    ratios = np.array(drum.ratios)
    where = np.exp(rng.normal(0.0, 0.35, len(ratios)))  # no stroke lands where the last one did
    where[0] = 1.0
    tilt = ratios ** (0.12 * db / 6.0)
    body = np.zeros(len(t))
    for ratio, level, ring in zip(
        ratios, np.array(drum.levels) * where * tilt, np.array(drum.ring_s), strict=True
    ):
        body += level * np.exp(-6.9 / ring * t) * np.sin(ratio * phase + rng.uniform(-0.4, 0.4))
    body *= 1.0 - np.exp(-t * RATE / 24.0)  # half a millisecond to get going
    body /= np.max(np.abs(body)) + 1e-9
    noise = rng.standard_normal(len(t), dtype=np.float32)
    click = filtered(noise * np.exp(-t / drum.click_s).astype(np.float32), _band(*drum.click_band))
    body += drum.click * force**0.5 * click / (np.max(np.abs(click)) + 1e-9)
    air = filtered(rng.standard_normal(len(t), dtype=np.float32), _band(*drum.air_band))
    air *= np.exp(-6.9 / drum.air_s * t).astype(np.float32)
    body += drum.air * air / (np.max(np.abs(air)) + 1e-9)
    if drum.wires > 0.0:
        rattle = filtered(rng.standard_normal(len(t), dtype=np.float32), _band(*drum.wires_band))
        rattle *= (np.exp(-6.9 / drum.wires_s * t) * (1.0 - np.exp(-t / 0.0015))).astype(np.float32)
        body += drum.wires * rattle / (np.std(rattle[: RATE // 50]) * 4.0 + 1e-9)
    return faded(body.astype(np.float32), 12)


@dataclass(frozen=True)
class MadeUpPiece(Piece):
    """A made-up drum, struck with all forces: ``hits`` are (dB under a full stroke, where its noise comes from)."""

    names: tuple[str, ...]
    hz: float
    levels_db: tuple[float, ...]
    drum: Drum
    hits: tuple[tuple[float, Seed], ...]

    def make(self, bench: Bench) -> list[Sound]:
        """Make the hits, each (m,) float32 at its level."""
        return self.levelled([hit(seed.generator(), self.drum, db) for db, seed in self.hits])

    def levelled(self, sounds: list[Sound]) -> list[Sound]:
        """Bring each hit to its level of the loudest 5 ms, in dBFS."""
        return [
            x * np.float32(amplitude(db - float(np.max(block_levels_db(x)))))
            for x, db in zip(sounds, self.levels_db, strict=True)
        ]


def made_up(studio: Studio, kind: str, hz: float | None = None, strike: str = "full") -> MadeUpPiece:
    """Draw a made-up drum as a piece of a kit; arguments as for ``drum``."""
    rng = studio.rng
    drawn = drum(rng, kind, hz, strike)
    hits, sounds = [], []
    for db in TAKES_DB:
        db += float(rng.normal(0.0, 0.5))
        hits.append((db, Seed.here(rng)))
        sounds.append(hit(rng, drawn, db))
    name = f"made-up {kind} {drawn.hz:.0f} Hz"
    piece = MadeUpPiece((name,), drawn.hz, TAKES_DB, drawn, tuple(hits))
    studio.bench.keep(piece, piece.levelled(sounds))
    return piece
