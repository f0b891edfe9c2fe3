"""The law of the LSP gate (1.0.x, also in EasyEffects): a smoothed level on one of two curves, with hold.

A re-implementation from published behaviour (lsp-plugins-gate, its parameters and its drawn curves):

* key: high-pass and low-pass filters, then RMS over a sliding window, the reactivity;
* envelope: one pole up (attack) and one pole down (release), each of which covers sqrt(1/2) of a step in its
  time; a new highest value starts the hold, during which it does not fall;
* curve: gain in dB is the reduction under the zone's lower end, 0 over the threshold, and between the two a
  smooth step of the level in dB. Where the zone is -6 dB it begins 6 dB under the threshold;
* hysteresis: once the envelope is over the threshold, a second curve counts, with a threshold of its own,
  until the envelope is under that one's zone.

Key filters here are Butterworth of the second order, the gentlest of the three slopes there.
"""

from dataclasses import dataclass

import numba
import numpy as np
from numpy.typing import NDArray

from gate.constants import RATE

COVERED = np.sqrt(0.5)
"""Share of a step that attack and release cover in their time: -3 dB of it."""


@dataclass(frozen=True)
class LspSettings:
    """The controls with the makers' defaults. ``hysteresis_db`` 0 means that the gate's hysteresis switch is off.

    Decibels: threshold in dBFS; zone 0 or less; hysteresis 0 or less, under the threshold; reduction 0 or less.
    """

    threshold_db: float = -24.0
    zone_db: float = -6.0
    hysteresis_db: float = 0.0
    attack_ms: float = 20.0
    hold_ms: float = 0.0
    release_ms: float = 100.0
    reduction_db: float = -24.0
    reactivity_ms: float = 10.0
    high_pass_hz: float = 0.0
    low_pass_hz: float = 0.0


def detect(x: NDArray[np.floating], settings: LspSettings) -> NDArray[np.float64]:
    """Measure the key's level at each sample, RMS over the reactivity that ends there: (n,) -> (n,) linear."""
    window = max(1, round(settings.reactivity_ms * RATE / 1000.0))
    key = _filtered(np.asarray(x, dtype=np.float64), settings.high_pass_hz, settings.low_pass_hz)
    total = np.concatenate((np.zeros(window), np.cumsum(np.square(key))))
    return np.sqrt(np.maximum(total[window:] - total[: len(key)], 0.0) / window)


def gains(
    level: NDArray[np.float64], settings: LspSettings, rate_hz: float = float(RATE)
) -> NDArray[np.float64]:
    """Compute the gain of every sample, (n,) -> (n,), from the reduction to 1.

    Args:
        level: what ``detect`` returns, or the peaks of blocks with ``rate_hz`` as many as there are in a second.
        settings: the controls.
        rate_hz: steps a second.

    Raises:
        ValueError: zone, hysteresis or reduction is over 0 dB (this law does not duck).
    """
    for name in ("zone_db", "hysteresis_db", "reduction_db"):
        if getattr(settings, name) > 0.0:
            raise ValueError(f"expected {name} of 0 dB or less, got {getattr(settings, name):g}; lower it")
    return np.asarray(
        _run(
            level,
            settings.threshold_db,
            settings.threshold_db + settings.hysteresis_db,
            settings.zone_db,
            settings.reduction_db,
            _share(settings.attack_ms, rate_hz),
            _share(settings.release_ms, rate_hz),
            round(settings.hold_ms * rate_hz / 1000.0),
        )
    )


def _share(time_ms: float, rate_hz: float) -> float:
    """Compute the share of the distance covered in one step, so that ``COVERED`` is covered in ``time_ms``."""
    steps = time_ms * rate_hz / 1000.0
    return 1.0 if steps <= 0.0 else float(1.0 - (1.0 - COVERED) ** (1.0 / steps))


def _filtered(x: NDArray[np.float64], high_pass_hz: float, low_pass_hz: float) -> NDArray[np.float64]:
    """Apply the key filters; 0 Hz is none."""
    from scipy.signal import butter, sosfilt

    if high_pass_hz > 0.0:
        x = sosfilt(butter(2, high_pass_hz, "high", fs=RATE, output="sos"), x)
    if low_pass_hz > 0.0:
        x = sosfilt(butter(2, low_pass_hz, "low", fs=RATE, output="sos"), x)
    return x


@numba.njit("float64(float64, float64, float64, float64)", cache=True, nogil=True)
def curve_db(level_db, threshold_db, zone_db, reduction_db):  # type: ignore[no-untyped-def]
    if level_db >= threshold_db:
        return 0.0
    if level_db <= threshold_db + zone_db:
        return reduction_db
    u = (level_db - threshold_db - zone_db) / -zone_db
    return reduction_db * (1.0 - u * u * (3.0 - 2.0 * u))


@numba.njit(
    "float64[::1](float64[::1], float64, float64, float64, float64, float64, float64, int64)",
    cache=True,
    nogil=True,
)
def _run(level, rise_db, fall_db, zone_db, reduction_db, attack, release, hold):  # type: ignore[no-untyped-def]
    out = np.empty_like(level)
    shut = 10.0 ** (reduction_db / 20.0)
    rise, rise_zone = 10.0 ** (rise_db / 20.0), 10.0 ** ((rise_db + zone_db) / 20.0)
    fall, fall_zone = 10.0 ** (fall_db / 20.0), 10.0 ** ((fall_db + zone_db) / 20.0)
    envelope, highest, left, risen = 0.0, 0.0, 0, False
    for k in range(len(level)):
        distance = level[k] - envelope
        if distance >= 0.0:
            envelope += attack * distance
            if envelope >= highest:
                highest, left = envelope, hold
        elif left > 0:
            left -= 1
        else:
            envelope += release * distance
            highest = envelope
        if risen and envelope < fall_zone:
            risen = False
        elif not risen and envelope > rise:
            risen = True
        end, start = (fall, fall_zone) if risen else (rise, rise_zone)
        if envelope >= end:
            out[k] = 1.0
        elif envelope <= start:
            out[k] = shut
        else:
            level_db = 20.0 * np.log10(envelope)
            threshold_db = fall_db if risen else rise_db
            out[k] = 10.0 ** (curve_db(level_db, threshold_db, zone_db, reduction_db) / 20.0)
    return out
