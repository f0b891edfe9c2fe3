"""The law of OBS Studio's noise gate: two thresholds on a peak that falls steadily, straight ramps.

A re-implementation from published behaviour (obs-studio, ``noise-gate-filter``):

* the gate opens at once when a sample's magnitude is over the open threshold;
* it shuts when a peak level that falls by (open - close) in 1/75 s is under the close threshold;
* open, the gain rises in a straight line, from 0 to 1 in the attack time; shut, it waits for the hold time
  and then falls in a straight line, from 1 to 0 in the release time.

Mono is taken at its full level, as in current releases; old ones halved it. There is no key filter.
"""

from dataclasses import dataclass

import numba
import numpy as np
from numpy.typing import NDArray

from gate.constants import RATE

DECAYS_PER_S = 75.0
"""How often a second the falling peak covers the way from the open to the close threshold."""


@dataclass(frozen=True)
class ObsSettings:
    """The five controls with the makers' defaults; dBFS of a sample's magnitude, milliseconds."""

    open_db: float = -26.0
    close_db: float = -32.0
    attack_ms: float = 25.0
    hold_ms: float = 200.0
    release_ms: float = 150.0


def detect(x: NDArray[np.floating]) -> NDArray[np.float64]:
    """Compute what the law compares with its thresholds: magnitude of each sample, (n,) -> (n,)."""
    return np.abs(np.asarray(x, dtype=np.float64))


def gains(
    magnitude: NDArray[np.float64], settings: ObsSettings, rate_hz: float = float(RATE)
) -> NDArray[np.float64]:
    """Compute the gain of every sample, (n,) -> (n,), from 0 to 1.

    Args:
        magnitude: what ``detect`` returns, or the peaks of blocks with ``rate_hz`` as many as there are in a second.
        settings: the controls; 0 ms is a jump.
        rate_hz: steps a second.

    Raises:
        ValueError: the close threshold is not under the open one; the peak would never fall.
    """
    if settings.close_db >= settings.open_db:
        raise ValueError(
            f"expected a close threshold under the open one ({settings.open_db:g} dB), got "
            f"{settings.close_db:g} dB; lower it"
        )
    opened, closed = 10.0 ** (settings.open_db / 20.0), 10.0 ** (settings.close_db / 20.0)
    return np.asarray(
        _run(
            magnitude,
            opened,
            closed,
            (opened - closed) * DECAYS_PER_S / rate_hz,
            _step(settings.attack_ms, rate_hz),
            settings.hold_ms / 1000.0,
            _step(settings.release_ms, rate_hz),
            1.0 / rate_hz,
        )
    )


def _step(time_ms: float, rate_hz: float) -> float:
    """Compute how far a ramp of this length goes in one step."""
    return 1.0 if time_ms <= 0.0 else min(1.0, 1000.0 / (time_ms * rate_hz))


@numba.njit(
    "float64[::1](float64[::1], float64, float64, float64, float64, float64, float64, float64)",
    cache=True,
    nogil=True,
)
def _run(magnitude, opened, closed, decay, attack, hold_s, release, step_s):  # type: ignore[no-untyped-def]
    out = np.empty_like(magnitude)
    is_open = False
    gain, level, shut_s = 0.0, 0.0, 0.0
    for k in range(len(magnitude)):
        now = magnitude[k]
        if now > opened:
            is_open = True
        # The level is that of the step before: a gate that has just opened is still judged by it.
        if is_open and level < closed:
            is_open = False
            shut_s = 0.0
        level = max(level, now) - decay
        if is_open:
            gain = min(1.0, gain + attack)
        else:
            shut_s += step_s
            if shut_s > hold_s:
                gain = max(0.0, gain - release)
        out[k] = gain
    return out
