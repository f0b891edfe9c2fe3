"""What a gate or a compressor does to a probe, whatever its dials say: times to 90 %, thresholds and range, of any box.

Equal dials are no equal gates: an attack of 20 ms opens in 0.7 ms in one maker's gate and in 18 ms in another's, and
in some the time depends on the level. So boxes are compared by what they do: a tone steps from a level where the box
is at rest to one where it acts, and back; and it rises and falls slowly.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from training.clone import law
from training.clone.law import Dials

Sound = NDArray[np.float64]
Process = Callable[[Sound], Sound]
"""A box: (n,) to (n,), from rest each time, without delay."""

TONE_HZ = 1000.0
LEAD_S, STEP_S, REST_S = 0.6, 1.2, 3.0
RAMP_S = 5.0
RAMP_DB = (-75.0, -1.0)
COVERED = 0.9
"""Share of a change of the gain in dB that has to be covered."""
TOLD_DB = 0.5
"""A change of less says nothing of times."""


@dataclass(frozen=True)
class Behaviour:
    """What a box does to a tone of 1 kHz, peak levels.

    Attributes:
        rise_ms: from the tone's step up until 90 % of the change of the gain in dB are done.
        fall_ms: from its step down until 90 % of the way back are done, hold included.
        up_db, down_db: dBFS at which the gain has gone half its way while the tone rises, and falls, by 15 dB a second.
        low_db, high_db: gain at rest under the threshold, and over it.
    """

    rise_ms: float
    fall_ms: float
    up_db: float
    down_db: float
    low_db: float
    high_db: float


def of_law(dials: Dials, rate: int) -> Process:
    """Return a law as a box."""
    return lambda x: x * law.gain(x, rate, dials)


def measure(
    process: Process, rate: int, threshold_db: float, *, under_db: float = 15.0, over_db: float = 12.0
) -> Behaviour:
    """Measure a box.

    Args:
        process: the box.
        rate: Hz.
        threshold_db: about where it acts, dBFS: the step goes from ``under_db`` under it to ``over_db`` over it.
        under_db, over_db: dB, over 0.
    """
    low, high = max(threshold_db - under_db, -80.0), min(threshold_db + over_db, -0.5)
    lead, step, rest = (int(s * rate) for s in (LEAD_S, STEP_S, REST_S))
    level = np.concatenate((np.full(lead, low), np.full(step, high), np.full(rest, low)))
    gain = _gain_db(process, _tone(level, rate), rate)
    piece = _piece(rate)
    a, b = lead // piece, (lead + step) // piece
    before, over = float(np.median(gain[a // 2 : a])), float(np.median(gain[(a + b) // 2 : b]))
    after = float(np.median(gain[-len(gain) // 10 :]))
    ramp = np.linspace(*RAMP_DB, int(RAMP_S * rate))
    slow = _gain_db(process, _tone(np.concatenate((ramp, ramp[::-1])), rate), rate)
    half = len(slow) // 2
    levels = np.linspace(*RAMP_DB, half)
    middle = 0.5 * (before + over)
    up, down = slow[:half], slow[half : 2 * half][::-1]
    return Behaviour(
        _covered(gain[a:b], before, over) * piece / rate * 1000.0,
        _covered(gain[b:], over, after) * piece / rate * 1000.0,
        _crossed(levels, up, middle, over > before),
        _crossed(levels, down, middle, over > before),
        before,
        over,
    )


def _tone(level_db: Sound, rate: int) -> Sound:
    """Return the tone at levels in dB."""
    return np.asarray(
        10.0 ** (level_db / 20.0) * np.sin(2.0 * np.pi * TONE_HZ * np.arange(len(level_db)) / rate)
    )


def _piece(rate: int) -> int:
    """Return the samples of half a period of the tone."""
    return max(1, round(rate / TONE_HZ / 2.0))


def _gain_db(process: Process, tone: Sound, rate: int) -> Sound:
    """Measure the gain of each half period."""
    piece = _piece(rate)
    n = len(tone) // piece
    x = tone[: n * piece].reshape(n, piece)
    y = process(tone)[: n * piece].reshape(n, piece)
    cross = np.abs(np.einsum("ij,ij->i", x, y)) / np.maximum(np.einsum("ij,ij->i", x, x), 1e-30)
    return np.asarray(20.0 * np.log10(np.maximum(cross, 1e-6)))


def _covered(gain: Sound, start: float, end: float) -> float:
    """Return after how many pieces ``COVERED`` of the way from start to end is done, with a fraction; nan for no way."""
    if abs(end - start) < TOLD_DB or not len(gain):
        return float("nan")
    done = (gain - start) / (end - start)
    there = np.flatnonzero(done >= COVERED)
    if not len(there):
        return float("nan")
    k = int(there[0])
    before = done[k - 1] if k else 0.0
    return k + float((COVERED - before) / max(done[k] - before, 1e-9))


def _crossed(levels: Sound, gain: Sound, middle: float, rises: bool) -> float:
    """Return the level at which a gain over levels goes through its middle; nan where it does not."""
    beyond = gain >= middle if rises else gain <= middle
    if beyond.all() or not beyond.any():
        return float("nan")
    k = len(beyond) - int(np.argmax(~beyond[::-1]))  # after the last level at which it is not
    return float(levels[min(k, len(levels) - 1)])
