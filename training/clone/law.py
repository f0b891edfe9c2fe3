"""A gain that follows a level, with numbers one can read: the law that is fitted to a pair, as plain as it can be.

    key        high-pass and low-pass, 12 dB an octave, where there are any
    detector   peak: magnitude of a sample. power: its square, rooted after the envelope. rms: root of the mean square over a
               window. falling: a peak that falls by a share of itself each sample. linear: a peak that falls steadily
    envelope   one pole up (attack) and one down (release) on the level, or on the gain; or straight ramps of the gain
    curve      step: shut under the zone, open over the threshold, smooth between. slope: so many dB for each dB under the
               threshold (an expander) or over it (a compressor), with a soft knee
    hold, hysteresis, make-up

Attack and release are time constants here: a pole covers 63 % of a step in its time. ``named`` says what dials of
others would read. Laws on the level are those of LSP, JUCE, ffmpeg, Calf and sox; ramps are those of OBS.
"""

from dataclasses import dataclass

import numba
import numpy as np
from numpy.typing import NDArray

Sound = NDArray[np.float64]

STRIDE = 4
"""Samples between two values of the gain."""
DEEPEST_DB = -120.0
SILENT = 1e-9

DETECTORS = ("peak", "power", "rms", "falling", "linear")
SHAPES = ("step", "slope")
PLACES = ("level", "gain", "ramp", "gain_db")


@dataclass(frozen=True)
class Dials:
    """The law's numbers.

    Attributes:
        kind: "down" turns down what is under the threshold (gate, expander), "over" what is over it (compressor, limiter).
        detector, shape, place: see the module; ``place`` is where attack and release act.
        threshold_db: dBFS, of the detector's level.
        range_db: gain where it is turned down most, relative to ``makeup_db``; 0 or less.
        zone_db: of a step, how far under the threshold it is shut; of a slope, how wide the knee is; 0 or more.
        slope: dB of gain for each dB of level; of a compressor 1 - 1 / ratio, of an expander ratio - 1.
        attack_ms, release_ms: time constants; of a ramp, the whole way.
        hold_ms: how long nothing falls.
        hysteresis_db: how far under the threshold an open gate begins to shut; 0 or more.
        window_ms: of rms, its length; of falling, its time constant; of linear, the fall from full scale to 0.
        key_high_pass_hz, key_low_pass_hz: 0 is none.
        makeup_db: gain where nothing is turned down.
    """

    kind: str = "down"
    detector: str = "peak"
    shape: str = "step"
    place: str = "level"
    threshold_db: float = -30.0
    range_db: float = -60.0
    zone_db: float = 6.0
    slope: float = 3.0
    attack_ms: float = 5.0
    hold_ms: float = 0.0
    release_ms: float = 80.0
    hysteresis_db: float = 0.0
    window_ms: float = 10.0
    key_high_pass_hz: float = 0.0
    key_low_pass_hz: float = 0.0
    makeup_db: float = 0.0

    @property
    def ratio(self) -> float:
        """The ratio as dials show it; infinite where a compressor's slope is 1."""
        if self.kind == "down":
            return 1.0 + self.slope
        return 1.0 / (1.0 - self.slope) if self.slope < 0.999 else float("inf")


def level(x: Sound, rate: int, dials: Dials) -> Sound:
    """Run key filters and detector: (n,) -> (n,), linear (of ``power`` the square)."""
    x = _filtered(x, rate, dials)
    if dials.detector == "peak":
        return np.abs(x)
    square = np.square(x)
    if dials.detector == "power":
        return square
    if dials.detector == "rms":
        window = max(1, round(dials.window_ms * rate / 1000.0))
        total = np.concatenate((np.zeros(window), np.cumsum(square)))
        return np.asarray(np.sqrt(np.maximum(total[window:] - total[: len(x)], 0.0) / window))
    if dials.detector == "falling":
        return np.asarray(np.sqrt(_falling(square, 1.0 - _share(dials.window_ms, rate), 0.0)))
    return np.asarray(_falling(np.abs(x), 1.0, 1000.0 / (max(dials.window_ms, 1e-3) * rate)))


def thinned_gain(detected: Sound, rate: int, dials: Dials) -> Sound:
    """Compute the gain from what ``level`` gave: (n,) -> (n // 4,) linear, make-up included, one value for four samples."""
    if dials.place in ("ramp", "gain"):
        threshold, ramp, power = dials.threshold_db, dials.place == "ramp", dials.detector == "power"
        attack, release = _share(dials.attack_ms, rate), _share(dials.release_ms, rate)
        hold = round(dials.hold_ms * rate / 1000.0)
        up = min(1.0, 1000.0 / max(dials.attack_ms * rate, 1e-3)) if ramp else attack
        down = min(1.0, 1000.0 / max(dials.release_ms * rate, 1e-3)) if ramp else release
        o = _switched(detected, _linear(threshold, power), _linear(threshold - dials.hysteresis_db, power),
                      up, down, hold, ramp)  # fmt: skip
        shut = 10.0 ** (max(dials.range_db, DEEPEST_DB) / 20.0)
        gain = shut + (1.0 - shut) * o
        return np.asarray(gain * 10.0 ** (dials.makeup_db / 20.0))
    gain_db = curved_db(envelope_db(detected, rate, dials), dials)
    if dials.place == "gain_db":
        gain_db = _smoothed(gain_db, *(_share(ms, rate / STRIDE) for ms in _risefall(dials)))
    return np.asarray(np.exp((gain_db + dials.makeup_db) * (np.log(10.0) / 20.0)))


def envelope_db(detected: Sound, rate: int, dials: Dials) -> Sound:
    """Compute the level that the curve reads, of laws on the level: (n,) -> (n // 4,) dBFS."""
    at_once = dials.place == "gain_db"
    shares = [1.0 if at_once else _share(ms, rate) for ms in (dials.attack_ms, dials.release_ms)]
    hold = round(dials.hold_ms * rate / 1000.0)
    return np.asarray(_followed(detected, dials.detector == "power", *shares, hold))


def curved_db(levels_db: Sound, dials: Dials) -> Sound:
    """Compute the gain in dB, make-up left out, for levels in the order of time: (k,) -> (k,)."""
    fall_db = dials.threshold_db - dials.hysteresis_db
    return np.asarray(
        _curved(levels_db, dials.threshold_db, fall_db, dials.hysteresis_db > 0.0, *_numbers(dials))
    )


def gain(x: Sound, rate: int, dials: Dials) -> Sound:
    """Compute the gain of every sample: (n,) -> (n,) linear."""
    thin = thinned_gain(level(x, rate, dials), rate, dials)
    if not len(thin):
        return np.full(len(x), 10.0 ** (dials.makeup_db / 20.0))
    return np.asarray(np.interp(np.arange(len(x)), np.arange(len(thin)) * STRIDE + STRIDE - 1, thin))


def named(dials: Dials) -> dict[str, tuple[float, float]]:
    """Say which attack and release in ms other makers' dials would show for these time constants.

    Sources: LSP covers 0.707 of a step in its time, JUCE's pole has exp(-2 pi / time), ffmpeg's and Calf's have
    4000 / (time rate), sox's a time constant.
    """
    if dials.place == "ramp":
        return {"OBS": (dials.attack_ms, dials.release_ms)}
    factors = {
        "LSP and ours": -np.log(1.0 - np.sqrt(0.5)),
        "JUCE": 2.0 * np.pi,
        "ffmpeg and Calf": 4.0,
        "sox": 1.0,
    }
    return {name: (float(dials.attack_ms * f), float(dials.release_ms * f)) for name, f in factors.items()}


def _risefall(dials: Dials) -> tuple[float, float]:
    """Return the times of a gain that rises and that falls: a compressor's attack lets the gain fall."""
    both = dials.attack_ms, dials.release_ms
    return both if dials.kind == "down" else (both[1], both[0])


def _numbers(dials: Dials) -> tuple[bool, bool, float, float, float]:
    return (
        dials.kind == "down",
        dials.shape == "step",
        max(dials.range_db, DEEPEST_DB),
        max(dials.zone_db, 1e-3),
        dials.slope,
    )


def _linear(level_db: float, power: bool) -> float:
    return float(10.0 ** (level_db / (10.0 if power else 20.0)))


def _share(time_ms: float, rate: float) -> float:
    """Return the share of a distance that a pole of this time constant covers in one step."""
    steps = time_ms * rate / 1000.0
    return 1.0 if steps <= 1e-3 else float(1.0 - np.exp(-1.0 / steps))


def _filtered(x: Sound, rate: int, dials: Dials) -> Sound:
    from scipy.signal import butter, sosfilt

    for hz, kind in ((dials.key_high_pass_hz, "high"), (dials.key_low_pass_hz, "low")):
        if 0.0 < hz < 0.49 * rate:
            x = sosfilt(butter(2, hz, kind, fs=rate, output="sos"), x)
    return x


@numba.njit(cache=True, nogil=True)
def _falling(x, kept, step):  # type: ignore[no-untyped-def]
    out = np.empty_like(x)
    y = 0.0
    for k in range(len(x)):
        y = x[k] if x[k] > y else max(x[k], x[k] + kept * (y - x[k]) - step)
        out[k] = y
    return out


@numba.njit(cache=True, nogil=True)
def _curve(level_db, threshold_db, down, step, range_db, zone_db, slope):  # type: ignore[no-untyped-def]
    if step:
        if not down:
            level_db, threshold_db = -level_db, -threshold_db
        if level_db >= threshold_db:
            return 0.0
        if level_db <= threshold_db - zone_db:
            return range_db
        u = (level_db - threshold_db + zone_db) / zone_db
        return range_db * (1.0 - u * u * (3.0 - 2.0 * u))
    under = threshold_db - level_db if down else level_db - threshold_db
    half = 0.5 * zone_db
    if under <= -half:
        return 0.0
    if under < half:
        under = (under + half) ** 2 / (2.0 * zone_db)
    return max(-slope * under, range_db)


@numba.njit(cache=True, nogil=True)
def _followed(detected, power, attack, release, hold):  # type: ignore[no-untyped-def]
    out = np.empty(len(detected) // STRIDE)
    envelope, highest, left = 0.0, 0.0, 0
    decibels = 10.0 if power else 20.0
    for k in range(len(out) * STRIDE):
        distance = detected[k] - envelope
        if distance >= 0.0:
            envelope += attack * distance
            if envelope >= highest:
                highest, left = envelope, hold
        elif left > 0:
            left -= 1
        else:
            envelope += release * distance
            highest = envelope
        if k % STRIDE == STRIDE - 1:
            out[k // STRIDE] = decibels * np.log10(max(envelope, SILENT * SILENT if power else SILENT))
    return out


@numba.njit(cache=True, nogil=True)
def _curved(levels_db, rise_db, fall_db, both, down, step, range_db, zone_db, slope):  # type: ignore[no-untyped-def]
    out = np.empty(len(levels_db))
    risen = False
    under = fall_db - (zone_db if step else 0.0)
    for k in range(len(out)):
        if both:
            if risen and levels_db[k] < under:
                risen = False
            elif not risen and levels_db[k] > rise_db:
                risen = True
        out[k] = _curve(levels_db[k], fall_db if risen else rise_db, down, step, range_db, zone_db, slope)
    return out


@numba.njit(cache=True, nogil=True)
def _switched(detected, rise, fall, up, down, hold, ramp):  # type: ignore[no-untyped-def]
    out = np.empty(len(detected) // STRIDE)
    opened, o, waited = False, 0.0, 0
    for k in range(len(out) * STRIDE):
        if detected[k] > rise:
            opened = True
        elif opened and detected[k] < fall:
            opened, waited = False, 0
        if opened:
            o = min(1.0, o + up) if ramp else o + up * (1.0 - o)
        else:
            waited += 1
            if waited > hold:
                o = max(0.0, o - down) if ramp else o - down * o
        if k % STRIDE == STRIDE - 1:
            out[k // STRIDE] = o
    return out


@numba.njit(cache=True, nogil=True)
def _smoothed(target, up, down):  # type: ignore[no-untyped-def]
    out = np.empty_like(target)
    y = target[0] if len(target) else 0.0
    for k in range(len(target)):
        y += (up if target[k] > y else down) * (target[k] - y)
        out[k] = y
    return out
