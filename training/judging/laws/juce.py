"""The law of JUCE's ``dsp::NoiseGate`` (and of what is built on it): an expander after two envelopes.

A re-implementation from published behaviour (JUCE, ``dsp::NoiseGate`` and ``dsp::BallisticsFilter``):

* the square of the sample goes through an envelope that rises at once and falls with 50 ms, and its root is
  taken;
* that goes through an envelope with the attack and release times of the controls;
* over the threshold the gain is 1, under it (envelope / threshold) ^ (ratio - 1).

An envelope of T ms keeps exp(-2 pi / (T in samples)) of its distance a sample. There is no hold, no hysteresis,
no floor and no key filter.
"""

from dataclasses import dataclass

import numba
import numpy as np
from numpy.typing import NDArray

from gate.constants import RATE

RMS_RELEASE_MS = 50.0
"""Release of the first envelope, built in."""
SHORTEST_MS = 1e-3
"""Times under this are jumps."""


@dataclass(frozen=True)
class JuceSettings:
    """The four controls with the makers' defaults; dBFS, a ratio of 1 or more, milliseconds."""

    threshold_db: float = -100.0
    ratio: float = 10.0
    attack_ms: float = 1.0
    release_ms: float = 100.0


def detect(x: NDArray[np.floating]) -> NDArray[np.float64]:
    """Run the first envelope: level of each sample, (n,) -> (n,) linear, falling with 50 ms."""
    square = np.square(np.asarray(x, dtype=np.float64))
    return np.sqrt(_envelope(square, 0.0, _kept(RMS_RELEASE_MS, float(RATE))))


def gains(
    level: NDArray[np.float64], settings: JuceSettings, rate_hz: float = float(RATE)
) -> NDArray[np.float64]:
    """Compute the gain of every sample, (n,) -> (n,), from 0 to 1.

    Args:
        level: what ``detect`` returns, or the peaks of blocks with ``rate_hz`` as many as there are in a second.
        settings: the controls.
        rate_hz: steps a second.

    Raises:
        ValueError: the ratio is under 1.
    """
    if settings.ratio < 1.0:
        raise ValueError(f"expected a ratio of 1 or more, got {settings.ratio:g}; 1 leaves the sound alone")
    envelope = _envelope(level, _kept(settings.attack_ms, rate_hz), _kept(settings.release_ms, rate_hz))
    under = np.minimum(envelope / 10.0 ** (settings.threshold_db / 20.0), 1.0)
    return np.asarray(under ** (settings.ratio - 1.0))


def _kept(time_ms: float, rate_hz: float) -> float:
    """Compute the share of the distance that an envelope of this time keeps in one step."""
    return 0.0 if time_ms < SHORTEST_MS else float(np.exp(-2000.0 * np.pi / (time_ms * rate_hz)))


@numba.njit("float64[::1](float64[::1], float64, float64)", cache=True, nogil=True)
def _envelope(x, kept_up, kept_down):  # type: ignore[no-untyped-def]
    out = np.empty_like(x)
    y = 0.0
    for k in range(len(x)):
        y = x[k] + (kept_up if x[k] > y else kept_down) * (y - x[k])
        out[k] = y
    return out
