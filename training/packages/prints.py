"""Fingerprints: coarse enough that a copy in another format is found, fine enough that two strokes of one drum are two.

The first half second after a sound's onset, at 8 kHz and with its treble raised. Two sounds are one if their spectra in
bands are alike and their waveforms correlate.
"""

from collections.abc import Sequence
from math import gcd

import numpy as np
from numpy.typing import NDArray
from scipy.signal import resample_poly

RATE_HZ = 8_000
LENGTH = 4_096
ONSET = 0.1
"""A sound begins where it first reaches this share of its peak in the first seconds."""

BEFORE_S, WITHIN_S = 0.02, 20.0
BANDS = 64
ALIKE = 0.97
"""Cosine between the spectra of two sounds that are compared further."""

SAME = 0.93
"""Correlation of one sound with its copy: .999 at another rate, over .95 through Ogg Vorbis; two strokes are under it."""

ROWS = 1_024

LEAST_HELD = 0.02
"""Share of a sound's energy that must be left at 8 kHz: of a high tone only the click of its start would be compared."""

Prints = NDArray[np.float16]


def fingerprint(x: NDArray[np.float32], rate_hz: int) -> Prints:
    """Return the print of a recording (n,): (LENGTH,) float16, norm 1; zeros, which are like nothing, where none is held."""
    x = x[: int(WITHIN_S * rate_hz)]
    over = np.flatnonzero(np.abs(x) >= ONSET * np.max(np.abs(x), initial=0.0))
    start = (int(over[0]) if len(over) else 0) - int(BEFORE_S * rate_hz)
    cut = np.concatenate([np.zeros(max(-start, 0), np.float32), x[max(start, 0) :]])
    cut = cut[: (LENGTH + 400) * rate_hz // RATE_HZ]
    common = gcd(rate_hz, RATE_HZ)
    low = resample_poly(cut, RATE_HZ // common, rate_hz // common)
    sharp = np.diff(low, n=1, prepend=low[:1])[:LENGTH]
    out = np.zeros(LENGTH, np.float32)
    norm = float(np.linalg.norm(sharp))
    held = np.sum(np.square(low)) / RATE_HZ
    if norm > 0.0 and held > LEAST_HELD * np.sum(np.square(cut)) / rate_hz:
        out[: len(sharp)] = sharp / norm
    return out.astype(np.float16)


def copies(prints: Prints, earlier: int = 0) -> dict[int, int]:
    """Find sounds that are copies of one before them.

    Args:
        prints: (n, LENGTH), from ``fingerprint``.
        earlier: so many at the start are only compared with, not looked at.

    Returns:
        Place of a copy to the place of what it is a copy of.
    """
    shapes, found = _shapes(prints), dict[int, int]()
    for first in range(earlier, len(prints), ROWS):
        rows = shapes[first : first + ROWS]
        like = rows @ shapes[: first + len(rows)].T >= ALIKE
        for row, column in zip(*np.nonzero(like), strict=True):
            later, before = first + int(row), int(column)
            if (
                before < later
                and later not in found
                and before not in found
                and _same(prints[later], prints[before])
            ):
                found[later] = before
    return found


def _same(a: Prints, b: Prints) -> bool:
    size = 2 * LENGTH
    spectrum = np.fft.rfft(a.astype(np.float32), size) * np.conj(np.fft.rfft(b.astype(np.float32), size))
    return float(np.max(np.abs(np.fft.irfft(spectrum, size)))) >= SAME


def _shapes(prints: Prints) -> NDArray[np.float32]:
    """Return the square roots of each print's powers in bands of equal width, norm 1: (n, BANDS)."""
    shapes = np.zeros((len(prints), BANDS), np.float32)
    for first in range(0, len(prints), ROWS):
        power = np.square(np.abs(np.fft.rfft(prints[first : first + ROWS].astype(np.float32), axis=1)))[
            :, :-1
        ]
        shapes[first : first + ROWS] = np.sqrt(power.reshape(len(power), BANDS, -1).sum(axis=2))
    norm = np.linalg.norm(shapes, axis=1, keepdims=True)
    return shapes / np.maximum(norm, 1e-9)


def stacked(prints: Sequence[Prints]) -> Prints:
    """Stack prints: (n, LENGTH), also for none."""
    return np.stack(prints) if prints else np.zeros((0, LENGTH), np.float16)
