"""Made-up sounds that begin at once: what a gate should open for, one for each thing that a preset is taught.

All are 48 kHz, float32, their loud part at ``LOUD_DB``, the same at every run.
"""

import numpy as np
from numpy.typing import NDArray

from gate.constants import RATE
from gate.errors import UsageError

KINDS = ("voice", "kick", "snare", "toms", "guitar")
LOUD_DB = -20.0
"""RMS of a sound's loudest 5 ms, dBFS."""
SECONDS = 0.5
SEED = 0

PITCH_HZ = 120.0
FORMANTS_HZ = (730.0, 1090.0, 2440.0)
"""First formants of an a (Peterson and Barney 1952, men)."""
HALF_WIDTH_HZ = 90.0
RISE_S = 0.002
"""Rise of the vowel: a glottal stop before it, as in *apple*."""
NOTE = 45
"""MIDI pitch of the guitar's note: its open A string."""


def kind_of(preset: str) -> str:
    """Return what a preset is taught, by its name.

    Raises:
        UsageError: its name says nothing.
    """
    found = [kind for kind in KINDS if kind in preset.lower() or kind.rstrip("s") in preset.lower()]
    if len(found) != 1:
        raise UsageError(
            f"expected a preset named after one of {', '.join(KINDS)}, got {preset}; give --onset"
        )
    return found[0]


def onset(kind: str) -> NDArray[np.float32]:
    """Make the sound of one of ``KINDS``, (24000,) float32.

    Raises:
        ModuleNotFoundError: strings and drums need the extra ``learn``.
    """
    rng = np.random.default_rng(SEED)
    if kind == "voice":
        x = _vowel()
    elif kind == "guitar":
        from training.instruments import made_up_guitars as strings

        x = np.asarray(strings.pluck(rng, strings.draw(rng, "electric"), NOTE), np.float64)
    else:
        from training.instruments import made_up_drums as drums

        x = np.asarray(drums.hit(rng, drums.drum(rng, kind), 0.0), np.float64)
    n = int(SECONDS * RATE)
    x = np.pad(x, (0, max(0, n - len(x))))[:n]
    window = RATE // 200
    loud = np.sqrt(np.max(np.convolve(x**2, np.ones(window) / window, "valid")))
    return (x * 10.0 ** (LOUD_DB / 20.0) / loud).astype(np.float32)


def noise(n: int, db: float) -> NDArray[np.float32]:
    """Make a room's noise: falling by 3 dB an octave over 50 Hz, RMS at ``db`` dBFS, (n,) float32."""
    rng = np.random.default_rng(SEED + 1)
    falling = 1.0 / np.sqrt(np.maximum(np.fft.rfftfreq(n, 1.0 / RATE), 50.0))
    x = np.fft.irfft(np.fft.rfft(rng.standard_normal(n)) * falling, n)
    return (x * 10.0 ** (db / 20.0) / np.sqrt(np.mean(x**2))).astype(np.float32)


def speech(seconds: float) -> NDArray[np.float32]:
    """Make vowels and pauses of a quarter of a second in a room's noise 30 dB under them, (n,) float32."""
    n = round(seconds * RATE)
    vowel = onset("voice")[: RATE // 4]
    syllable = np.concatenate((vowel, np.zeros(RATE // 4, np.float32)))
    repeated = np.tile(syllable, n // len(syllable) + 1)[:n]
    return repeated + noise(n, LOUD_DB - 30.0)


def at_rate(x: NDArray[np.float32], rate_hz: int) -> NDArray[np.float32]:
    """Resample 48 kHz to another rate, without delay."""
    if rate_hz == RATE:
        return x
    from math import gcd

    from scipy.signal import resample_poly

    common = gcd(rate_hz, RATE)
    return np.asarray(resample_poly(x.astype(np.float64), rate_hz // common, RATE // common), np.float32)


def _vowel() -> NDArray[np.float64]:
    """Make a vowel: harmonics of a falling source, each formant a resonance."""
    t = np.arange(int(SECONDS * RATE)) / RATE
    x = np.zeros(len(t))
    for k in range(1, 60):
        heard = sum(1.0 / (1.0 + ((k * PITCH_HZ - at) / HALF_WIDTH_HZ) ** 2) for at in FORMANTS_HZ)
        x += heard / k * np.cos(2.0 * np.pi * k * PITCH_HZ * t)
    return x * np.minimum(1.0, np.minimum(t, t[-1] - t) / RISE_S)
