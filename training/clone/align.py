"""Where a wet sound lies against its dry one: lag by stretches, drift between clocks, delay to a fraction, polarity.

A filter delays what it lets through, and this is part of its sound: it must not be taken for a delay. So the phase
that a filter of minimum phase with the measured magnitude would have is taken out first, and the delay is what
remains.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Sound = NDArray[np.float64]
Spectrum = NDArray[np.complex128]

STRETCH_S = 2.0
"""How long a stretch is whose lag is measured."""
GUESS_S = 4.0
"""How much of the loudest dry sound is looked for first."""
STRETCHES = 60
"""Most stretches that are measured, spread over the sound."""
WHITE = 0.7
"""Power of the cross spectrum's magnitude that is divided out: 0 is plain correlation, 1 keeps the phase alone."""
STRONG = 8.0
"""A correlation's peak, as a multiple of the rest's RMS, that is no accident: noise alone reaches 6 in a million lags."""
SHARPEST = 0.02
"""Share of a stretch's RMS peak under which it is too quiet to tell a lag."""
NEAR_SAMPLES = 3.0
"""A stretch agrees with the line through all lags if it lies as near as this."""
WELCH = 8192
"""Samples of a spectrum that the fine delay is read from."""
READ_TO = 0.85
"""Share of the highest frequency up to which phase is read: converters turn the rest."""
OVERSAMPLED = 4
"""How much finer than samples a correlation's peak is looked for."""
ORDER = 5
"""Order of the spline between samples of the finer sound."""


@dataclass(frozen=True)
class Line:
    """Lags as a line over time.

    Attributes:
        lag: samples that the wet sound is late at the dry one's first sample.
        slope: samples that the lag grows each sample: the clocks' difference.
        agreed: share of the strong stretches within ``NEAR_SAMPLES`` of the line, 0 to 1.
        scatter: median distance of the strong stretches from the line, samples.
        stretches: how many were strong.
        slope_error: standard error of the slope.
    """

    lag: float
    slope: float
    agreed: float
    scatter: float
    stretches: int
    slope_error: float


@dataclass(frozen=True)
class Fine:
    """What is left after a line was taken out: ``delay`` in samples, ``sign`` 1 or -1, ``alike`` (0 to 1: how much of the
    phase is a delay)."""

    delay: float
    sign: int
    alike: float


def correlation_lag(dry: Sound, wet: Sound, middle: int, reach: int) -> tuple[float, float]:
    """Find the lag of a stretch in a sound.

    Args:
        dry: (n,) the stretch.
        wet: (m,) sound in which it is looked for, from its first sample on.
        middle: the lag at which it is expected.
        reach: how far from there it may lie.

    Returns:
        The lag in samples with a fraction, and the peak as a multiple of the RMS of the rest.
    """
    from scipy.fft import irfft, next_fast_len, rfft

    size = next_fast_len(len(dry) + len(wet), real=True)
    cross = rfft(wet, size) * np.conj(rfft(dry, size))
    magnitude = np.abs(cross)
    cross /= np.maximum(magnitude, 1e-12 * np.max(magnitude, initial=1e-300)) ** WHITE
    together = irfft(cross, size)
    low, high = max(middle - reach, -len(dry)), min(middle + reach, len(wet))
    if high <= low:
        return float(middle), 0.0
    values = np.abs(together[np.arange(low, high + 1) % size])
    top = int(np.argmax(values))
    rest = float(np.sqrt(np.mean(np.square(together)))) or 1e-300
    return low + top + _parabola(values, top), float(values[top]) / rest


def first_guess(dry: Sound, wet: Sound, rate: int) -> tuple[int, int, float]:
    """Find about where the loudest seconds of a dry sound lie in a wet one: their start, lag, and strength."""
    n = min(int(GUESS_S * rate), len(dry))
    power = np.concatenate(([0.0], np.cumsum(np.square(dry))))
    starts = np.arange(0, len(dry) - n + 1, max(rate // 2, 1))
    start = int(starts[np.argmax(power[starts + n] - power[starts])])
    piece = dry[start : start + n] * np.hanning(n)
    lag, strength = correlation_lag(piece, wet, start, len(wet) + n)
    return start, round(lag) - start, strength


def lags(dry: Sound, wet: Sound, rate: int, guess: Line, reach: int) -> tuple[Sound, Sound, Sound]:
    """Measure lags by stretches.

    Returns:
        Middles of the stretches (samples of the dry sound), their lags, and their strengths; quiet ones are left out.
    """
    n = int(STRETCH_S * rate)
    loud = float(np.max(np.abs(dry), initial=0.0))
    found = []
    window = np.hanning(n)
    for start in np.linspace(0, max(len(dry) - n, 0), STRETCHES).astype(int):
        piece = dry[start : start + n]
        if len(piece) < n or np.sqrt(np.mean(np.square(piece))) < SHARPEST * loud:
            continue
        expected = round(guess.lag + guess.slope * start)
        low = start + expected - reach
        begin, end = max(low, 0), min(start + expected + n + reach, len(wet))
        if end - begin < n // 2:
            continue
        lag, strength = correlation_lag(piece * window, wet[begin:end], start + expected - begin, reach)
        found.append((start + n / 2, lag + begin - start, strength))
    table = np.array(found, dtype=np.float64).reshape(-1, 3)
    return table[:, 0], table[:, 1], table[:, 2]


def line(times: Sound, lag: Sound, strength: Sound) -> Line:
    """Draw a line through lags that a few wrong ones do not bend (Siegel's repeated medians)."""
    from scipy.stats import siegelslopes

    strong = strength > STRONG
    if np.count_nonzero(strong) < 3:
        return Line(float(np.median(lag)) if len(lag) else 0.0, 0.0, 0.0, np.inf, int(strong.sum()), np.inf)
    t, y = times[strong], lag[strong]
    slope, start = (float(v) for v in siegelslopes(y, t))
    off = np.abs(y - start - slope * t)
    near = off < NEAR_SAMPLES
    spread = float(np.sum(np.square(t[near] - np.mean(t[near])))) if near.any() else 0.0
    error = float(np.sqrt(np.mean(np.square(off[near])) / spread)) if spread > 0.0 else np.inf
    return Line(start, slope, float(np.mean(near)), float(np.median(off)), len(t), error)


def fine(dry: Sound, wet: Sound) -> Fine:
    """Measure the delay that is left between two sounds of one length, and whether the polarity is turned.

    Args:
        dry, wet: (n,), within some hundred samples of each other.
    """
    from scipy.signal import csd, welch

    size = min(WELCH, len(dry) // 4)
    _, power = welch(dry, nperseg=size, detrend=False)
    _, heard = welch(wet, nperseg=size, detrend=False)
    _, cross = csd(dry, wet, nperseg=size, detrend=False)
    coherence = np.square(np.abs(cross)) / np.maximum(power * heard, 1e-300)
    weight = coherence**2 * (power > 1e-10 * power.max())
    weight[0] = 0.0
    weight[int(READ_TO * len(weight)) :] = 0.0
    response = cross / np.maximum(power, 1e-300)
    phase = np.exp(-1j * _least_phase(np.abs(response), weight))
    # the cross spectrum's phase alone, without what a filter of minimum phase would add
    rest = weight * response / np.maximum(np.abs(response), 1e-300) * phase
    curve = np.fft.irfft(rest, size * OVERSAMPLED)
    top = int(np.argmax(np.abs(curve)))
    place = (top + _parabola(np.abs(curve), top)) / OVERSAMPLED
    delay = place - size if place > size / 2 else place
    turn = np.exp(2j * np.pi * np.arange(len(rest)) / size * delay)
    delay += _slope(rest * turn, size)
    turn = np.exp(2j * np.pi * np.arange(len(rest)) / size * delay)
    total = np.sum(rest * turn)
    return Fine(delay, 1 if total.real >= 0.0 else -1, float(abs(total) / max(np.sum(weight), 1e-300)))


def left_over(dry: Sound, wet: Sound) -> tuple[float, float]:
    """Measure what a drift that was taken out has left: the lag at the first sample, and how much it grows each sample."""
    third = len(dry) // 3
    first, last = (
        fine(dry[part], wet[part]).delay for part in (slice(0, third), slice(len(dry) - third, None))
    )
    slope = (last - first) / (len(dry) - third)
    return first - slope * third / 2.0, slope


def _slope(rest: Spectrum, size: int) -> float:
    """Return the small delay that is left in a spectrum whose phase is near 0 or pi."""
    total = np.sum(rest)
    phase = np.angle(rest * (1.0 if total.real >= 0.0 else -1.0))
    omega = 2.0 * np.pi * np.arange(len(rest)) / size
    weight = np.abs(rest) * (np.abs(phase) < 1.0)
    return float(-np.sum(weight * omega * phase) / max(np.sum(weight * omega * omega), 1e-300))


def _least_phase(magnitude: Sound, weight: Sound) -> Sound:
    """Return the phase of the filter of minimum phase with this magnitude; where nothing is known it is bridged."""
    known = weight > 0.25
    if np.count_nonzero(known) < 8:
        return np.zeros(len(magnitude))
    at = np.arange(len(magnitude))
    logs = np.interp(at, at[known], np.log(np.maximum(magnitude[known], 1e-12)))
    size = 2 * (len(magnitude) - 1)
    cepstrum = np.fft.irfft(logs, size)
    fold = np.zeros(size)
    fold[0], fold[1 : size // 2], fold[size // 2] = 1.0, 2.0, 1.0
    return np.asarray(np.imag(np.fft.rfft(cepstrum * fold, size)))


def _parabola(values: Sound, top: int) -> float:
    """Return where the top of a parabola through a peak and its neighbours lies, -0.5 to 0.5 samples from the peak."""
    if not 0 < top < len(values) - 1:
        return 0.0
    before, here, after = values[top - 1 : top + 2]
    bend = before - 2.0 * here + after
    return float(np.clip(0.5 * (before - after) / bend, -0.5, 0.5)) if bend < 0.0 else 0.0


def shifted(x: Sound, start: float, step: float, n: int) -> Sound:
    """Read a sound between its samples.

    Args:
        x: (m,).
        start: where the first sample is read, in samples; outside of x is silence.
        step: from one sample to the next, about 1.
        n: how many.

    Returns:
        (n,); a shift by whole samples at a step of 1 gives the samples as they are.
    """
    from scipy.ndimage import map_coordinates
    from scipy.signal import firwin, resample_poly

    if step == 1.0 and start == round(start):
        out = np.zeros(n)
        begin = int(start)
        low, high = max(begin, 0), min(begin + n, len(x))
        if high > low:
            out[low - begin : high - begin] = x[low:high]
        return out
    out, piece, edge = np.empty(n), 1 << 18, 256
    steep = firwin(2 * 64 * OVERSAMPLED + 1, 0.97 / OVERSAMPLED, window=("kaiser", 9.0))
    for first in range(0, n, piece):
        k = np.arange(first, min(first + piece, n))
        places = start + step * k
        low = int(np.floor(places[0])) - edge
        high = int(np.ceil(places[-1])) + edge
        part = shifted(x, float(low), 1.0, high - low)
        finer = resample_poly(part, OVERSAMPLED, 1, window=steep)
        out[k] = map_coordinates(finer, [(places - low) * OVERSAMPLED], order=ORDER, mode="constant")
    return out
