"""The delay of a played sweep in what was heard, to a small fraction of a sample.

An exponential sweep holds all frequencies, is found in noise, and at no other place looks like itself. Its delay is
where its cross-correlation with what was heard is highest. Between samples that correlation is known exactly, as both
are band-limited: it is the inverse Fourier transform of the cross-spectrum at any time one likes, and Newton's method
climbs to its top. In white noise no estimator does better (Knapp and Carter, The generalized correlation method for
estimation of time delay, 1976).
"""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from benchmarks.errors import NothingHeard, NotThatSound

LOW_HZ, HIGH_HZ = 50.0, 20_000.0
"""Frequencies where the sweep begins and ends; it ends at ``OF_RATE`` of the rate where that is lower."""
OF_RATE = 0.45
LEVEL = 0.25
"""Peak of the sweep: -12 dBFS, so that a loop with some gain does not clip."""
FADE_S = 0.005
"""Fade at both ends, so that the sweep is band-limited."""

SILENCE = 1e-5
"""Peak under which nothing was heard: -100 dBFS."""
LEAST_LIKENESS = 0.5
"""Cosine between what was played and what was heard at that place: half is a noise 5 dB over the sound. Noise, speech,
music and hum stay under a tenth."""
CLIPPED = 0.999
MOST_SNR_DB = 120.0
STEPS = 8
"""Steps of Newton's method; four are enough."""


@dataclass(frozen=True)
class Arrival:
    """A sound that came back.

    Attributes:
        delay_samples: from the first sample played to its place in what was heard.
        gain_db: gain of the way there and back.
        inverted: whether the way inverts the polarity.
        snr_db: power of the sound over that of all else in its place; ``MOST_SNR_DB`` at most.
        clipped_samples: samples at full scale: with any, the level was too high.
    """

    delay_samples: float
    gain_db: float
    inverted: bool
    snr_db: float
    clipped_samples: int


def sweep(rate_hz: int, seconds: float = 1.0) -> NDArray[np.float32]:
    """Make an exponential sweep, (n,) float32, peak ``LEVEL``.

    Source: Farina, Simultaneous measurement of impulse response and distortion with a swept-sine technique, 2000.
    """
    t = np.arange(round(rate_hz * seconds)) / rate_hz
    ratio = math.log(min(HIGH_HZ, OF_RATE * rate_hz) / LOW_HZ)
    phase = 2.0 * np.pi * LOW_HZ * seconds / ratio * (np.exp(t / seconds * ratio) - 1.0)
    fade = np.clip(np.minimum(t, t[-1] - t) / FADE_S, 0.0, 1.0)
    return (LEVEL * np.sin(phase) * np.sin(0.5 * np.pi * fade) ** 2).astype(np.float32)


def find(played: NDArray[np.floating], heard: NDArray[np.floating]) -> Arrival:
    """Find what was played in what was heard.

    Args:
        played: (n,), full scale 1.0.
        heard: (m,), m >= n, recorded from the very sample on at which ``played`` began; it has to hold all of it.

    Raises:
        NothingHeard: what was heard is silent.
        NotThatSound: what was heard is something else.
        ValueError: what was heard is shorter than what was played, or holds values that are not finite.
    """
    x, y = np.asarray(played, np.float64), np.asarray(heard, np.float64)
    if len(y) < len(x) or not np.all(np.isfinite(y)):
        raise ValueError(
            f"expected {len(x)} finite samples or more, got {len(y)} or such that are not; record longer"
        )
    peak = float(np.max(np.abs(y)))
    if peak < SILENCE:
        shown = f"{20.0 * math.log10(peak):.0f} dBFS" if peak else "zeros"
        raise NothingHeard(
            f"expected the sound to come back, got {shown}; connect the output to the input and turn it up"
        )
    clipped = int(np.sum(np.abs(y) >= CLIPPED))
    y = y - np.mean(y)  # a sound card's offset is no sound
    size = 1 << (len(x) + len(y)).bit_length()
    cross = np.conj(np.fft.rfft(x, size)) * np.fft.rfft(y, size)
    correlation = np.fft.irfft(cross, size)[: len(y) - len(x) + 1]
    whole = int(np.argmax(np.abs(correlation)))
    sign = math.copysign(1.0, correlation[whole])
    delay, height = _top(sign * cross, size, whole)
    power = float(x @ x)
    there = y[whole : whole + len(x)]
    # without both means: an offset is no part of the likeness
    alike = height - len(x) * float(np.mean(x)) * float(np.mean(there))
    powers = len(x) ** 2 * float(np.var(x)) * float(np.var(there))
    likeness = min(alike / math.sqrt(powers + 1e-300), 1.0)
    if likeness < LEAST_LIKENESS:
        raise NotThatSound(
            f"expected the sweep to come back, got a sound that is like it by {likeness:.2f} of 1; "
            "check what is connected, and turn down what else can be heard"
        )
    rest = max(1.0 - likeness**2, 10.0 ** (-MOST_SNR_DB / 10.0))
    return Arrival(
        delay_samples=delay,
        gain_db=20.0 * math.log10(height / power),
        inverted=sign < 0.0,
        snr_db=min(10.0 * math.log10(likeness**2 / rest), MOST_SNR_DB),
        clipped_samples=clipped,
    )


def _top(cross: NDArray[np.complex128], size: int, whole: int) -> tuple[float, float]:
    """Return place (samples) and height of the correlation's top, at most one sample from ``whole``."""
    omega = 2.0 * np.pi * np.arange(len(cross)) / size
    weight = np.full(len(cross), 2.0 / size)
    weight[[0, -1]] = 1.0 / size
    at = float(whole)
    for _ in range(STEPS):
        turned = weight * cross * np.exp(1j * omega * at)
        slope = -float(np.sum(omega * turned.imag))
        bend = -float(np.sum(omega**2 * turned.real))
        if bend >= 0.0:  # no top nearby: what is there is not the sweep
            break
        at = float(np.clip(at - np.clip(slope / bend, -0.5, 0.5), whole - 1.0, whole + 1.0))
    return at, float(np.sum((weight * cross * np.exp(1j * omega * at)).real))
