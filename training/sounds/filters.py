"""Filters of a scene, as recipes: low-pass, high-pass, bell and tilt, drawn as channels and tone controls have them."""

from collections.abc import Iterable
from dataclasses import dataclass
from math import cos, pi, sin

import numpy as np
from numpy.typing import NDArray
from scipy import signal

from gate.constants import RATE
from training.sounds.changes import Sound, filtered, peak_section, tilt_section
from training.sounds.recipe import Recipe, Rng, log_uniform

OPEN_HZ = 21_000.0
"""A low-pass above this is none."""


@dataclass(frozen=True)
class Chances:
    """How filters are drawn; chances are shares of 1, bands and gains (least, most)."""

    coders_edge: float = 0.5
    """A low-pass ends as a coder's does, at once; half of what is sent somewhere has been through one."""
    low_pass: float = 0.75
    """A channel has an upper edge. With ``high_pass_from``, a quarter of the channels have both edges."""
    high_pass_from: float = 0.5
    """A channel has a lower edge where its lot is over this: half of them, as with microphones' switches."""
    low_pass_hz: tuple[float, float] = (3_400.0, 20_000.0)
    """From a telephone to a good microphone."""
    high_pass_hz: tuple[float, float] = (60.0, 300.0)
    """From rumble's to a telephone's."""
    tilt_hz: tuple[float, float] = (300.0, 4_000.0)
    tilt_db: tuple[float, float] = (-8.0, 8.0)
    bell_hz: tuple[float, float] = (80.0, 12_000.0)
    bell_db: tuple[float, float] = (-6.0, 6.0)
    bell_octaves: tuple[float, float] = (0.4, 2.0)
    """A tone control that nobody calls an effect: a dull microphone, a bright desk."""


CHANCES = Chances()


class Filter(Recipe):
    """One filter of a scene."""

    def sections(self) -> NDArray[np.float64]:
        """Compute second-order sections (S, 6), as scipy lays them out."""
        raise NotImplementedError


Filters = tuple[Filter, ...]


@dataclass(frozen=True)
class LowPass(Filter):
    """Low-pass at ``hz``: Butterworth of ``order``, or the edge of a coder where that is None."""

    hz: float
    order: int | None = None

    def sections(self) -> NDArray[np.float64]:
        """Compute second-order sections (S, 6)."""
        if self.order is None:
            return signal.ellip(8, 0.3, 65.0, self.hz, fs=RATE, output="sos")
        return signal.butter(self.order, self.hz, fs=RATE, output="sos")


@dataclass(frozen=True)
class HighPass(Filter):
    """Butterworth high-pass of ``order`` at ``hz``."""

    hz: float
    order: int

    def sections(self) -> NDArray[np.float64]:
        """Compute second-order sections (S, 6)."""
        return signal.butter(self.order, self.hz, "highpass", fs=RATE, output="sos")


@dataclass(frozen=True)
class Bell(Filter):
    """One bell, see ``training.sounds.changes.peak_section``."""

    hz: float
    gain_db: float
    octaves: float

    def sections(self) -> NDArray[np.float64]:
        """Compute one section (1, 6)."""
        return peak_section(self.hz, self.gain_db, self.octaves)


@dataclass(frozen=True)
class Tilt(Filter):
    """A gentle high shelf, see ``training.sounds.changes.tilt_section``."""

    hz: float
    gain_db: float

    def sections(self) -> NDArray[np.float64]:
        """Compute one section (1, 6)."""
        return tilt_section(self.hz, self.gain_db)


@dataclass(frozen=True)
class Resonance(Filter):
    """A low-pass of 12 dB an octave that peaks by ``q`` at ``hz``. Source: Audio EQ Cookbook, LPF."""

    hz: float
    q: float

    def sections(self) -> NDArray[np.float64]:
        """Compute one section (1, 6)."""
        w = 2.0 * pi * self.hz / RATE
        alpha, c = sin(w) / (2.0 * self.q), cos(w)
        return np.array([[(1 - c) / 2, 1 - c, (1 - c) / 2, 1 + alpha, -2 * c, 1 - alpha]]) / (1.0 + alpha)


def sections(filters: Iterable[Filter]) -> NDArray[np.float64]:
    """Compute the sections (S, 6) of filters in a row; (0, 6) of none."""
    return np.concatenate([np.empty((0, 6)), *(one.sections() for one in filters)])


def through(x: Sound, filters: Iterable[Filter]) -> Sound:
    """Run a sound through filters in a row, from rest; the sound itself where there are none."""
    return filtered(x, sections(filters))


def low_pass(rng: Rng, hz: float) -> Filters:
    """Draw a low-pass of any steepness, from a gentle roll-off to a coder's edge; none above ``OPEN_HZ``."""
    if hz > OPEN_HZ:
        return ()
    if rng.random() < CHANCES.coders_edge:
        return (LowPass(hz),)
    return (LowPass(hz, int(rng.integers(1, 5)) * 2),)


def high_pass(rng: Rng, hz: float) -> Filters:
    """Draw a Butterworth high-pass of 12 or 24 dB an octave."""
    return (HighPass(hz, int(rng.integers(1, 3)) * 2),)


def random_band(rng: Rng) -> Filters:
    """Draw a channel: low-pass at 3.4 to 20 kHz, high-pass at 60 to 300 Hz, or both."""
    which = rng.random()
    band: Filters = ()
    if which < CHANCES.low_pass:
        band += low_pass(rng, log_uniform(rng, *CHANCES.low_pass_hz))
    if which > CHANCES.high_pass_from:
        band += high_pass(rng, log_uniform(rng, *CHANCES.high_pass_hz))
    return band


def random_tone(rng: Rng) -> Filters:
    """Draw a gentle tone control: a tilt of up to 8 dB and up to two bells of up to 6 dB."""
    tone: Filters = (Tilt(log_uniform(rng, *CHANCES.tilt_hz), rng.uniform(*CHANCES.tilt_db)),)
    for _ in range(int(rng.integers(0, 3))):
        hz, gain_db = log_uniform(rng, *CHANCES.bell_hz), rng.uniform(*CHANCES.bell_db)
        tone += (Bell(hz, gain_db, rng.uniform(*CHANCES.bell_octaves)),)
    return tone
