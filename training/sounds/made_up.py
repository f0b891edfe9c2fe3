"""Noises made from nothing, for what the corpus lacks: hum, hiss, fans, clicks, keys, breath, coughs, thumps.

Each takes the generator and a length and returns (n,) float32 at no particular level: the scene sets it. They are random
through and through, so that a recipe (``MadeUpNoise``) holds the kind and the generator's state.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy import fft

from gate.constants import RATE
from training.sounds.bench import Studio, Texture
from training.sounds.changes import Sound, add_at, faded, filtered, peak_section, stepped_gain
from training.sounds.filters import high_pass, low_pass, sections, through
from training.sounds.recipe import Rng, log_uniform

BUMPS = 0.6
"""Share of bumps in ``thumps``; the rest is rubbing, which is heard less often than it happens."""
LINE_OUTPUT = 0.5
"""Share of amplifiers' hiss that is not heard through the loudspeaker."""


def hum(rng: Rng, n: int) -> Sound:
    """Make mains hum or a ground loop: 50 or 60 Hz with harmonics, a little off, its level slowly moving."""
    mains = rng.choice([50.0, 60.0]) * rng.uniform(0.998, 1.002)
    count = int(rng.integers(3, 60))
    harmonic = np.arange(1, count + 1)
    levels_db = -rng.uniform(3.0, 14.0) * np.log2(harmonic) + rng.uniform(-12.0, 6.0, count)
    levels_db[::2] += rng.uniform(-12.0, 9.0)  # odd ones: rectifiers and transformers differ in them
    table = 4096  # one period; at 60 harmonics still 68 points a cycle
    spectrum = np.zeros(table // 2 + 1, np.complex128)
    spectrum[1 : count + 1] = 10.0 ** (levels_db / 20.0) * np.exp(2j * np.pi * rng.random(count))
    period = fft.irfft(spectrum).astype(np.float32)
    phase = np.arange(n) * (mains * table / RATE) + rng.uniform(0.0, table)
    whole = phase.astype(np.int64)
    part = (phase - whole).astype(np.float32)
    y = period[whole % table] * (1.0 - part) + period[(whole + 1) % table] * part
    return y * _wander(rng, n, 1.5)


def hiss(rng: Rng, n: int) -> Sound:
    """Make steady noise of any tilt, from rumble (-9 dB an octave) to a bright amplifier (+3)."""
    return coloured(rng, n, rng.uniform(-9.0, 3.0)) * _wander(rng, n, 1.0)


def coloured(rng: Rng, n: int, db_per_octave: float) -> Sound:
    """Make noise whose spectrum tilts by this much an octave (flat under 40 Hz), with a few broad bumps."""
    length = fft.next_fast_len(n, real=True)
    spectrum = fft.rfft(rng.standard_normal(length, dtype=np.float32))
    hz = np.fft.rfftfreq(length, 1.0 / RATE).astype(np.float32)
    octaves = np.log2(np.maximum(hz, 40.0) / np.float32(1_000.0))
    gain_db = np.float32(db_per_octave) * octaves
    for _ in range(int(rng.integers(0, 4))):
        centre, width = rng.uniform(-3.5, 3.5), rng.uniform(0.2, 1.5)
        gain_db += np.float32(rng.uniform(-9.0, 9.0)) * np.exp(-(((octaves - centre) / width) ** 2))
    spectrum *= np.exp(gain_db * np.float32(np.log(10.0) / 20.0))
    spectrum[hz < 15.0] = 0.0
    y = fft.irfft(spectrum, length)[:n]
    return y / np.float32(np.sqrt(np.mean(np.square(y))) + 1e-12)


def fan(rng: Rng, n: int) -> Sound:
    """Make a fan or drive: a wash of air, the blades' tones, a slow beat."""
    y = coloured(rng, n, rng.uniform(-8.0, -2.0))
    seconds = np.arange(n, dtype=np.float32) / np.float32(RATE)
    blade_hz = log_uniform(rng, 18.0, 300.0)
    for k in range(1, int(rng.integers(2, 9))):
        level = 10.0 ** (rng.uniform(-26.0, 0.0) / 20.0)
        y += np.float32(level) * np.sin(
            np.float32(2 * np.pi * blade_hz * k) * seconds + rng.uniform(0.0, 6.28)
        )
    beat = rng.uniform(0.0, 0.4) * np.sin(np.float32(2 * np.pi * log_uniform(rng, 0.2, 12.0)) * seconds)
    return y * (1.0 + beat) * _wander(rng, n, 2.0)


def clicks(rng: Rng, n: int) -> Sound:
    """Make a mouse: pairs of sharp clicks (down, up), a few a second at most."""
    tone_hz, ms = log_uniform(rng, 1_500.0, 8_000.0), log_uniform(rng, 0.4, 4.0)
    y = np.zeros(n, np.float32)
    at = rng.exponential(0.5) * RATE
    while at < n:
        add_at(y, _tick(rng, tone_hz, ms), int(at))
        add_at(
            y, rng.uniform(0.3, 0.9) * _tick(rng, tone_hz * 1.1, ms), int(at + rng.uniform(0.05, 0.16) * RATE)
        )
        at += (0.12 + rng.exponential(log_uniform(rng, 0.15, 1.5))) * RATE
    return y


def keys(rng: Rng, n: int) -> Sound:
    """Make typing: runs of key strokes, each a click, a knock of the desk and a quieter release."""
    tone_hz, knock_hz = log_uniform(rng, 1_200.0, 6_000.0), log_uniform(rng, 90.0, 400.0)
    ms, knock = log_uniform(rng, 1.0, 9.0), rng.uniform(0.1, 1.5)
    y = np.zeros(n, np.float32)
    at = rng.exponential(0.4) * RATE
    while at < n:
        for _ in range(int(rng.integers(1, 14))):
            loud = 10.0 ** (rng.uniform(-9.0, 0.0) / 20.0)
            add_at(y, loud * _tick(rng, tone_hz * rng.uniform(0.8, 1.25), ms), int(at))
            add_at(y, loud * knock * _knock(rng, knock_hz, 25.0), int(at))
            add_at(y, 0.4 * loud * _tick(rng, tone_hz, ms * 0.7), int(at + rng.uniform(0.06, 0.14) * RATE))
            at += (0.06 + rng.exponential(0.09)) * RATE
        at += rng.exponential(1.2) * RATE
    return y


def breath(rng: Rng, n: int) -> Sound:
    """Make breathing: airy noise that swells and falls, with the mouth's resonances."""
    noise = coloured(rng, n, rng.uniform(-5.0, 1.0))
    mouth = [
        peak_section(log_uniform(rng, low, 2.2 * low), rng.uniform(4.0, 14.0), 0.6) for low in (500, 1300)
    ]
    y = filtered(noise, np.concatenate(mouth))
    gain = np.zeros(n, np.float32)
    at = rng.uniform(-0.5, 2.0) * RATE
    while at < n:
        length = int(rng.uniform(0.25, 1.3) * RATE)
        add_at(gain, _swell(rng, length) * np.float32(10.0 ** (rng.uniform(-8.0, 0.0) / 20.0)), int(at))
        at += length + rng.uniform(0.3, 3.0) * RATE
    return y * gain


def coughs(rng: Rng, n: int) -> Sound:
    """Make coughs and throat-clearing without a voice: bursts of shaped noise, one to four in a row."""
    y = np.zeros(n, np.float32)
    at = rng.uniform(0.0, 1.5) * RATE
    while at < n:
        shape = np.concatenate(
            [
                peak_section(log_uniform(rng, low, 2 * low), rng.uniform(8.0, 16.0), 0.5)
                for low in (350, 1_000, 2_400)
            ]
        )
        for _ in range(int(rng.integers(1, 5))):
            length = int(rng.uniform(0.12, 0.4) * RATE)
            burst = coloured(rng, length, rng.uniform(-6.0, -1.0))
            burst *= _decay(length, rng.uniform(0.02, 0.09), rng.uniform(0.001, 0.008))
            add_at(y, faded(filtered(burst, shape), 96), int(at))
            at += length * rng.uniform(0.7, 1.6)
        at += rng.uniform(0.5, 4.0) * RATE
    return y


def thumps(rng: Rng, n: int) -> Sound:
    """Make handling noise: bumps of a stand or a hand on the microphone, and rubbing between them."""
    y = np.zeros(n, np.float32)
    at = rng.exponential(0.4) * RATE
    while at < n:
        if rng.random() < BUMPS:
            add_at(y, _knock(rng, log_uniform(rng, 25.0, 160.0), log_uniform(rng, 20.0, 180.0)), int(at))
        else:
            length = int(rng.uniform(0.1, 0.9) * RATE)
            rub = coloured(rng, length, rng.uniform(-7.0, -2.0)) * _wander(rng, length, 9.0, 0.02)
            add_at(y, faded(rub, int(0.02 * RATE)) * np.float32(rng.uniform(0.05, 0.5)), int(at))
        at += (0.08 + rng.exponential(log_uniform(rng, 0.15, 1.2))) * RATE
    return y


def buzz(rng: Rng, n: int) -> Sound:
    """Make a pickup's buzz: the sharp edges of mains hum, 100 or 120 a second, as dimmers and screens make them."""
    rate = 2.0 * rng.choice([50.0, 60.0]) * rng.uniform(0.998, 1.002)
    phase = (np.arange(n) * (rate / RATE) + rng.random()) % 1.0
    sharp = np.exp(-phase * log_uniform(rng, 8.0, 60.0)).astype(np.float32)
    sharp *= np.where(phase < 0.5, 1.0, rng.uniform(-0.3, 0.3)).astype(np.float32)
    band = high_pass(rng, log_uniform(rng, 80.0, 900.0))
    band += low_pass(rng, log_uniform(rng, 3_000.0, 12_000.0))
    return filtered(sharp, sections(band))


def amplifier(rng: Rng, n: int) -> Sound:
    """Make an amplifier's hiss, perhaps through its loudspeaker."""
    if rng.random() < LINE_OUTPUT:
        return hiss(rng, n)
    x = coloured(rng, n, rng.uniform(-3.0, 3.0))
    return through(x, low_pass(rng, log_uniform(rng, 3_500.0, 9_000.0)))


KINDS: dict[str, Callable[[Rng, int], Sound]] = {
    "hum": hum,
    "hiss": hiss,
    "fan": fan,
    "clicks": clicks,
    "keys": keys,
    "breath": breath,
    "coughs": coughs,
    "thumps": thumps,
}
"""What is heard beside voices and instruments, by name."""

ELECTRIC: dict[str, Callable[[Rng, int], Sound]] = {"hum": hum, "buzz": buzz, "amplifier": amplifier}
"""What comes with pickups, cables and amplifiers."""


@dataclass(frozen=True)
class MadeUpNoise(Texture):
    """A noise of ``KINDS`` or ``ELECTRIC``."""

    kind: str

    def sound(self, rng: Rng, n: int) -> Sound:
        """Make (n,) float32 at no particular level."""
        return (KINDS | ELECTRIC)[self.kind](rng, n)


def made_up_noise(studio: Studio, kind: str | None = None) -> MadeUpNoise:
    """Draw a noise; the kind too, of ``KINDS``, when None."""
    noise: MadeUpNoise = studio.texture(MadeUpNoise, kind or studio.one_of(list(KINDS)))
    return noise


def _tick(rng: Rng, hz: float, ms: float) -> Sound:
    """Draw a short click: noise around ``hz`` that dies away within a few ms."""
    n = int(ms * 6.0 * RATE / 1000.0) + 48
    x = rng.standard_normal(n, dtype=np.float32) * _decay(n, ms / 1000.0, 0.0002)
    return filtered(x, peak_section(min(hz, 20_000.0), 18.0, 1.0)) * np.float32(0.2)


def _knock(rng: Rng, hz: float, ms: float) -> Sound:
    """Draw a damped low tone whose pitch falls a little, with some dull noise in it."""
    n = int(ms * 5.0 * RATE / 1000.0) + 48
    seconds = np.arange(n, dtype=np.float32) / np.float32(RATE)
    phase = 2.0 * np.pi * hz * (seconds + rng.uniform(0.0, 0.01) * np.exp(-60.0 * seconds))
    dull = filtered(rng.standard_normal(n, dtype=np.float32), np.array([[0.02, 0.0, 0.0, 1.0, -0.98, 0.0]]))
    return (np.sin(phase) + rng.uniform(0.0, 4.0) * dull).astype(np.float32) * _decay(n, ms / 1000.0, 0.001)


def _decay(n: int, seconds: float, attack_s: float) -> Sound:
    """Compute an envelope (n,): a quick rise, then exponential decay to a third each ``seconds``."""
    t = np.arange(n, dtype=np.float32) / np.float32(RATE)
    return (1.0 - np.exp(-t / np.float32(attack_s))) * np.exp(-t / np.float32(seconds))


def _swell(rng: Rng, n: int) -> Sound:
    """Compute an envelope (n,) of a breath: up and down, its top anywhere."""
    top = rng.uniform(0.2, 0.7)
    place = np.linspace(0.0, 1.0, n, dtype=np.float32)
    return np.sin(np.pi * place ** np.float32(np.log(0.5) / np.log(top))) ** 2


def _wander(rng: Rng, n: int, db: float, every_s: float = 0.4) -> Sound:
    """Draw a gain curve (n,) that wanders by about this many dB."""
    at = np.arange(0, n + int(every_s * RATE), max(int(every_s * RATE), 1))
    gains = 10.0 ** (rng.normal(0.0, db * rng.random(), len(at)) / 20.0)
    return stepped_gain(n, gains, at, every_s * 1000.0)
