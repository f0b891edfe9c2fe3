"""A fixed linear filter between two sounds, as the impulse response of least squared error; and what it does, in words."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Sound = NDArray[np.float64]

TAPS = (32, 256, 2048, 16_384)
"""Lengths that are tried, in samples: a third of a second at most at 48 kHz."""
RIDGE = 1e-11
"""Share of the dry power that is added at all frequencies, so that none is divided by nothing."""
ROUNDS = 3
"""How often the rest is fitted again: correlations over a cut sound are a little off at its ends."""
FIT_S, JUDGED_S = 40.0, 20.0
"""Most seconds that are fitted, and judged."""
BETTER_DB = 1.0
"""A longer response has to be better by so much."""
PERFECT = 1e-10
"""Error share at which no longer response is tried."""
TAIL_SHARE = 1e-5
"""Share of a response's energy in its last quarter that means that it is cut: -50 dB."""
EARLY = 512
"""Samples before the delay that a response of linear phase may need."""


@dataclass(frozen=True)
class Filter:
    """A filter.

    Attributes:
        taps: (k,) its impulse response.
        early: samples of it that lie before the delay: the clone is so much late.
        esr: error energy over the wet energy, on sound that it was not fitted to.
        cut: True where the response does not end within its length.
    """

    taps: Sound
    early: int
    esr: float
    cut: bool


def fit(dry: Sound, wet: Sound, rate: int) -> Filter:
    """Fit the shortest response that is as good as the longer ones.

    Args:
        dry, wet: (n,) aligned.
        rate: Hz.
    """
    best = _longer(dry, wet, rate, 0)
    if best.esr > 1e-4:
        other = _longer(dry, wet, rate, EARLY)
        if other.esr < 0.5 * best.esr:
            return other
    return best


def _longer(dry: Sound, wet: Sound, rate: int, early: int) -> Filter:
    """Try response after response, each longer than the last, until that helps no more."""
    middle = int(0.75 * len(dry))
    first = slice(max(0, middle - int(FIT_S * rate)), middle)
    last = slice(middle, min(len(dry), middle + int(JUDGED_S * rate)))
    best: Filter | None = None
    for length in TAPS:
        if length > len(dry) // 16 or (early and length <= 2 * early):
            continue
        taps = response(dry[first], wet[first], length, early)
        left = error_share(dry[last], wet[last], taps, early)
        cut = bool(np.square(taps[-length // 4 :]).sum() > TAIL_SHARE * np.square(taps).sum())
        one = Filter(taps, early, left, cut)
        if best is not None and left > best.esr * 10.0 ** (-BETTER_DB / 10.0):
            break
        best = one
        if left < PERFECT:
            break
    return best or Filter(np.zeros(1), 0, 1.0, False)


def response(dry: Sound, wet: Sound, length: int, early: int = 0) -> Sound:
    """Compute the impulse response of least squared error.

    Args:
        dry, wet: (n,) aligned, n well over ``length``.
        length: samples of the response.
        early: how many of them lie before the delay.

    Returns:
        (length,).
    """
    from scipy.linalg import solve_toeplitz

    size = _size(len(dry) + length)
    spectrum = np.fft.rfft(dry, size)
    own = np.fft.irfft(np.square(np.abs(spectrum)), size)[:length].copy()
    own[0] *= 1.0 + RIDGE
    own[0] += 1e-30
    heard = _later(wet, early) if early else wet
    taps = np.zeros(length)
    rest = heard
    for _ in range(ROUNDS):
        across = np.fft.irfft(np.fft.rfft(rest, size) * np.conj(spectrum), size)[:length]
        taps = taps + solve_toeplitz(own, across)
        rest = heard - np.fft.irfft(spectrum * np.fft.rfft(taps, size), size)[: len(dry)]
        rest[: min(length, len(rest) // 4)] = 0.0
    return taps


def filtered(dry: Sound, taps: Sound, early: int = 0) -> Sound:
    """Apply a response: (n,) -> (n,), what lies before the delay taken back."""
    from scipy.signal import fftconvolve

    return np.asarray(fftconvolve(dry, taps)[early : early + len(dry)])


def error_share(dry: Sound, wet: Sound, taps: Sound, early: int = 0) -> float:
    """Compute the error energy over the wet energy, beginning and end of the sound left out."""
    left = wet - filtered(dry, taps, early)
    first, last = min(len(taps), len(dry) // 2), len(dry) - early
    return float(np.square(left[first:last]).sum() / max(np.square(wet[first:last]).sum(), 1e-30))


def magnitude_db(taps: Sound, rate: int, hz: Sound) -> Sound:
    """Compute what a response does to frequencies, dB."""
    from scipy.signal import freqz

    _, values = freqz(taps, worN=hz, fs=rate)
    return np.asarray(20.0 * np.log10(np.maximum(np.abs(values), 1e-12)))


def described(taps: Sound, rate: int) -> str:
    """Say what a filter does: where it is 3 dB down, how steeply it goes on from there, and its highest gain."""
    hz = np.geomspace(20.0, 0.48 * rate, 400)
    level = magnitude_db(taps, rate, hz)
    top = float(level.max())
    kept = np.flatnonzero(level >= top - 3.0)
    low, high = int(kept[0]), int(kept[-1])
    words = []
    if low > 0:
        words.append(f"3 dB down at {hz[low]:.0f} Hz and {_slope(level, hz, low, -1):.0f} dB an octave below")
    if high < len(hz) - 1:
        words.append(
            f"3 dB down at {hz[high]:.0f} Hz and {_slope(level, hz, high, 1):.0f} dB an octave above"
        )
    if not words:
        words.append(f"within {np.ptp(level):.1f} dB from 20 Hz to {hz[-1]:.0f} Hz")
    return f"{' and '.join(words)}; highest gain {top:+.1f} dB at {hz[int(np.argmax(level))]:.0f} Hz"


def _slope(level: Sound, hz: Sound, edge: int, way: int) -> float:
    """Return how many dB an octave a response falls by in the two octaves after an edge."""
    octaves = np.abs(np.log2(hz / hz[edge]))
    after = np.flatnonzero((octaves > 1.0) & (octaves < 2.0) & ((hz > hz[edge]) == (way > 0)))
    if len(after) < 2:
        return 0.0
    ends = after[0], after[-1]
    return float(abs(level[ends[1]] - level[ends[0]]) / abs(octaves[ends[1]] - octaves[ends[0]]))


def _later(x: Sound, by: int) -> Sound:
    return np.concatenate((np.zeros(by), x[:-by]))


def _size(n: int) -> int:
    from scipy.fft import next_fast_len

    return int(next_fast_len(n, real=True))
