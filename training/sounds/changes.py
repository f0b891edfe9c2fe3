"""What happens to a sound on its way: speed, filters, fades, steps, coders, clipping.

Arrays are (n,) float32 at 48 kHz unless said otherwise. Nothing here is random.
"""

import io
from math import ceil, cos, pi, sin, sqrt

import numba
import numpy as np
import soundfile
from numpy.typing import NDArray
from scipy import signal

from gate.constants import RATE
from gate.levels import block_levels_db, loud_level_db

Sound = NDArray[np.float32]

PHASES = 1024
"""Rows of the resampler's table: its timing error is 1/2048 sample, some 70 dB under a tone at 8 kHz."""

HALF_TAPS = 12
"""Half width of the resampler's sinc in samples of the slower side."""


def amplitude(db: float) -> float:
    """Convert a level in dB to an amplitude factor."""
    return float(10.0 ** (db / 20.0))


def loud_db(x: Sound) -> float:
    """Measure the loud level of a sound, see ``gate.levels.loud_level_db``; nan if silent."""
    return loud_level_db(block_levels_db(x))


def resampled(x: Sound, ratio: float) -> Sound:
    """Read a sound ``ratio`` times as fast: pitch and speed go up together; what would alias is removed.

    Returns:
        (n / ratio,) float32. A windowed sinc, accurate up to about 20 kHz.
    """
    if ratio == 1.0 or len(x) == 0:
        return x
    half = ceil(HALF_TAPS * max(ratio, 1.0))
    return _read_at(x, ratio, _sinc_table(half, min(1.0, 1.0 / ratio)), int(len(x) / ratio))


def resampled_length(n: int, ratio: float) -> int:
    """Count the samples that ``resampled`` makes of n."""
    return n if ratio == 1.0 else int(n / ratio)


def _sinc_table(half: int, cutoff: float) -> Sound:
    """Compute a Kaiser-windowed sinc, one row for each fraction of a sample: (PHASES, 2 * half) float32."""
    at = np.arange(-half + 1, half + 1) - np.arange(PHASES)[:, None] / PHASES
    window = np.i0(8.0 * np.sqrt(np.maximum(0.0, 1.0 - (at / half) ** 2))) / np.i0(8.0)
    return (0.95 * cutoff * np.sinc(0.95 * cutoff * at) * window).astype(np.float32)


@numba.njit(
    "float32[::1](float32[::1], float64, float32[:, ::1], int64)", cache=True, nogil=True, fastmath=True
)
def _read_at(x, ratio, table, count):  # type: ignore[no-untyped-def]
    phases, taps = table.shape
    half = taps // 2
    y = np.empty(count, np.float32)
    for i in range(count):
        place = i * ratio
        whole = int(place)
        row = table[int((place - whole) * phases)]
        first = whole - half + 1
        total = np.float32(0.0)
        if first >= 0 and first + taps <= len(x):
            for k in range(taps):
                total += row[k] * x[first + k]
        else:
            for k in range(max(0, -first), min(taps, len(x) - first)):
                total += row[k] * x[first + k]
        y[i] = total
    return y


# -- filters


def filtered(x: Sound, sections: NDArray[np.float64]) -> Sound:
    """Run a sound through second-order sections (S, 6), as scipy lays them out, from rest."""
    if len(sections) == 0:
        return x
    return _cascade(x, np.ascontiguousarray(sections, dtype=np.float64))


@numba.njit("float32[::1](float32[::1], float64[:, ::1])", cache=True, nogil=True)
def _cascade(x, sections):  # type: ignore[no-untyped-def]
    y = np.empty_like(x)
    count = len(sections)
    s1 = np.zeros(count)
    s2 = np.zeros(count)
    for i in range(len(x)):
        v = np.float64(x[i])
        for k in range(count):
            w = sections[k, 0] * v + s1[k]
            s1[k] = sections[k, 1] * v - sections[k, 4] * w + s2[k]
            s2[k] = sections[k, 2] * v - sections[k, 5] * w
            v = w
        # 1e-30 is -600 dB: keeps a decaying filter out of denormals, which are slow.
        y[i] = v if abs(v) > 1e-30 else 0.0
        if i % 4096 == 0:
            for k in range(count):
                if abs(s1[k]) < 1e-30:
                    s1[k] = 0.0
                if abs(s2[k]) < 1e-30:
                    s2[k] = 0.0
    return y


def peak_section(hz: float, gain_db: float, octaves: float) -> NDArray[np.float64]:
    """Compute one bell: (1, 6). Source: R. Bristow-Johnson, Audio EQ Cookbook, peakingEQ."""
    a = 10.0 ** (gain_db / 40.0)
    w = 2.0 * pi * hz / RATE
    alpha = sin(w) * np.sinh(np.log(2.0) / 2.0 * octaves * w / sin(w))
    b0, b1, b2 = 1 + alpha * a, -2 * cos(w), 1 - alpha * a
    a0, a1, a2 = 1 + alpha / a, -2 * cos(w), 1 - alpha / a
    return np.array([[b0 / a0, b1 / a0, b2 / a0, 1.0, a1 / a0, a2 / a0]])


def tilt_section(hz: float, gain_db: float) -> NDArray[np.float64]:
    """Compute a high shelf of gentle slope around ``hz``: (1, 6). Source: Audio EQ Cookbook, highShelf with S = 0.5."""
    a = 10.0 ** (gain_db / 40.0)
    w = 2.0 * pi * hz / RATE
    alpha = sin(w) / 2.0 * sqrt((a + 1.0 / a) * (1.0 / 0.5 - 1.0) + 2.0)
    root = 2.0 * sqrt(a) * alpha
    b0 = a * ((a + 1) + (a - 1) * cos(w) + root)
    b1 = -2 * a * ((a - 1) + (a + 1) * cos(w))
    b2 = a * ((a + 1) + (a - 1) * cos(w) - root)
    a0 = (a + 1) - (a - 1) * cos(w) + root
    a1 = 2 * ((a - 1) - (a + 1) * cos(w))
    a2 = (a + 1) - (a - 1) * cos(w) - root
    return np.array([[b0 / a0, b1 / a0, b2 / a0, 1.0, a1 / a0, a2 / a0]])


def mirrored_highs(x: Sound, edge_hz: float, gain_db: float) -> Sound:
    """Give narrowband speech highs: its spectrum mirrored at its edge, quieter and falling.

    Fricatives carry most of what is near the edge, so the mirror image falls where real ones would be.
    """
    carrier = np.cos(2.0 * pi * 2.0 * edge_hz / RATE * np.arange(len(x))).astype(np.float32)
    top = min(1.5 * edge_hz, 0.49 * RATE)  # above lie the mirrored lows, voices that no mouth has
    band = np.concatenate(
        [
            signal.butter(4, edge_hz, "highpass", fs=RATE, output="sos"),
            signal.butter(8, top, fs=RATE, output="sos"),
            signal.butter(1, 1.3 * edge_hz, fs=RATE, output="sos"),
        ]
    )
    return x + np.float32(amplitude(gain_db)) * filtered(x * carrier, band)


# -- shapes in time


def faded(x: Sound, samples: int) -> Sound:
    """Fade both ends, in place, by a raised cosine of this many samples (half the sound at most)."""
    samples = min(samples, len(x) // 2)
    if samples > 0:
        ramp = (0.5 - 0.5 * np.cos(pi * (np.arange(samples) + 0.5) / samples)).astype(np.float32)
        x[:samples] *= ramp
        x[-samples:] *= ramp[::-1]
    return x


def add_at(track: Sound, x: Sound, at: int) -> None:
    """Add a sound to a track in place, cutting off what lies outside."""
    first, last = max(at, 0), min(at + len(x), len(track))
    if last > first:
        track[first:last] += x[first - at : last - at]


def stepped_gain(n: int, gains: NDArray[np.floating], at: NDArray[np.integer], ms: float) -> Sound:
    """Compute a gain curve (n,) that goes to ``gains[i]`` at sample ``at[i]`` within some ms; ``at`` rises from 0."""
    ramp = max(int(ms * RATE / 1000), 1)
    places = np.stack([at, at + ramp], axis=1).astype(np.float64).ravel()
    values = np.stack([np.concatenate([gains[:1], gains[:-1]]), gains], axis=1).ravel()
    return np.interp(np.arange(n), np.maximum.accumulate(places), values).astype(np.float32)


# -- losses


def clipped(x: Sound, share: float, hard: bool) -> Sound:
    """Clip at ``share`` of the sound's peak, or bend it round there (tanh)."""
    limit = np.float32(max(share * float(np.max(np.abs(x), initial=0.0)), 1e-9))
    return np.clip(x, -limit, limit) if hard else limit * np.tanh(x / limit)


def mu_law(x: Sound) -> Sound:
    """Code a sound of peak 1 as 8-bit mu-law, and decode it. Source: ITU-T G.711's law, mu = 255."""
    y = np.sign(x) * np.log1p(255.0 * np.minimum(np.abs(x), 1.0)) / np.log(256.0)
    y = np.round(y * 127.0) / 127.0
    return (np.sign(y) * np.expm1(np.abs(y) * np.log(256.0)) / 255.0).astype(np.float32)


def requantised(x: Sound, bits: int) -> Sound:
    """Round a sound of peak 1 to this many bits, without dither."""
    steps = np.float32(2 ** (bits - 1))
    return np.round(x * steps) / steps


def vorbis(x: Sound, quality: float) -> Sound:
    """Code as Ogg Vorbis and decode again, in memory; quality 0 (worst, spectral holes) to 1. Same length, aligned.

    The sound's peak must be 1 or less.
    """
    packed = io.BytesIO()
    with soundfile.SoundFile(
        packed, "w", RATE, 1, format="OGG", subtype="VORBIS", compression_level=1.0 - quality
    ) as file:
        for start in range(0, len(x), RATE):  # second by second: libsndfile keeps a write on its stack
            file.write(x[start : start + RATE])
    packed.seek(0)
    y = soundfile.read(packed, dtype="float32")[0]
    out = np.zeros_like(x)
    out[: min(len(x), len(y))] = y[: len(x)]
    return out
