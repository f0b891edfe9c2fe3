"""Gates to compare the taught one with: a ceiling, the gate everyone has, and the best that gate can be.

Each is a callable (scene, threshold_db) -> (open probability (T,) or None, gain (T,)), causal at block
resolution: what a gate does in a block rests on samples up to that block's end. Gains jump between shut and open,
as only decisions matter; shut is -80 dB, the range at which every gate here is judged.
"""

from itertools import product

import numba
import numpy as np
from numpy.typing import NDArray

from gate.constants import BLOCK, BLOCK_MS, RATE
from gate.levels import WINDOW, block_levels_db
from training.judging.gates import Scene

RANGE_DB = -80.0
SHUT_GAIN = 10.0 ** (RANGE_DB / 20.0)
HOLD_MS = 100.0
"""What ceiling and classic gate hold: half of the gap that the label fills, and the shortest of its tails."""
HYSTERESIS_DB = 4.0
"""The classic gate shuts this far under its threshold: several makers' default."""
SLOPE_DB = 3.0
"""Level over threshold at which the ceiling's open probability is .73; its AUC does not depend on it."""

ORACLE_HIGH_PASS_HZ = (0.0, 80.0, 150.0, 300.0)
ORACLE_OFFSET_DB = tuple(range(-6, 34, 2))
"""Thresholds that the oracle tries, over the scene's: bleed may be well over it."""
ORACLE_HYSTERESIS_DB = (0.0, 3.0, 6.0, 10.0)
ORACLE_HOLD_MS = (10.0, 50.0, 100.0, 200.0, 400.0)


def causal_levels_db(x: NDArray[np.floating]) -> NDArray[np.float32]:
    """Measure the level of each block as known at its end: RMS over the 5 ms that end there, (n,) -> (n // 100,) dB."""
    # A centred window over the sound delayed by this much ends where the block ends.
    late = (WINDOW - BLOCK) // 2
    return block_levels_db(np.concatenate((np.zeros(late, x.dtype), x)))[: len(x) // BLOCK]


def ceiling(scene: Scene, threshold_db: float) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Decide as the ceiling: hear the clean target alone, open over the threshold, hold 100 ms."""
    over = causal_levels_db(scene.target).astype(np.float64) - threshold_db
    held = _held_maximum(over, round(HOLD_MS / BLOCK_MS))
    return 1.0 / (1.0 + np.exp(-np.clip(held / SLOPE_DB, -60.0, 60.0))), _gains(held > 0.0)


def classic(scene: Scene, threshold_db: float) -> tuple[None, NDArray[np.float64]]:
    """Decide as the gate everyone has: 5 ms level of the mixture, the user's threshold, hysteresis and hold."""
    over = causal_levels_db(scene.mixture).astype(np.float64) - threshold_db
    return None, _gains(_level_gate(over, 0.0, -HYSTERESIS_DB, round(HOLD_MS / BLOCK_MS)))


def oracle_classic(scene: Scene, threshold_db: float) -> tuple[None, NDArray[np.float64]]:
    """Decide as the best classic gate: high-pass, threshold, hysteresis, hold chosen for this file, knowing the answer.

    The answer is the label; of all settings the first with the highest balanced accuracy is taken.
    """
    from training.labels import label

    truth = label(block_levels_db(scene.target), threshold_db)
    best, best_open = -1.0, np.zeros(len(truth), dtype=np.bool_)
    for cut_hz in ORACLE_HIGH_PASS_HZ:
        over = causal_levels_db(_high_passed(scene.mixture, cut_hz)).astype(np.float64) - threshold_db
        for offset, hysteresis, hold in product(ORACLE_OFFSET_DB, ORACLE_HYSTERESIS_DB, ORACLE_HOLD_MS):
            is_open = _level_gate(over, float(offset), offset - hysteresis, round(hold / BLOCK_MS))
            fit = _balanced(truth, is_open)
            if fit > best:
                best, best_open = fit, is_open
    return None, _gains(best_open)


def _gains(is_open: NDArray[np.bool_]) -> NDArray[np.float64]:
    return np.where(is_open, 1.0, SHUT_GAIN)


def _high_passed(x: NDArray[np.float32], cut_hz: float) -> NDArray[np.float32]:
    """Apply a second-order Butterworth high-pass, the key filter of common gates; 0 Hz is none."""
    if cut_hz <= 0.0:
        return x
    from scipy.signal import butter, sosfilt

    return np.asarray(sosfilt(butter(2, cut_hz, "high", fs=RATE, output="sos"), x), dtype=np.float32)


@numba.njit("boolean[::1](float64[::1], float64, float64, int64)", cache=True, nogil=True)
def _level_gate(over_db, open_db, close_db, hold_blocks):  # type: ignore[no-untyped-def]
    """Open over ``open_db``, shut once the level was under ``close_db`` for over ``hold_blocks`` blocks."""
    out = np.empty(len(over_db), np.bool_)
    is_open, under = False, 0
    for k in range(len(over_db)):
        if over_db[k] > open_db:
            is_open = True
        under = under + 1 if over_db[k] < close_db else 0
        if under > hold_blocks:
            is_open = False
        out[k] = is_open
    return out


@numba.njit("float64[::1](float64[::1], int64)", cache=True, nogil=True)
def _held_maximum(over_db, hold_blocks):  # type: ignore[no-untyped-def]
    """Find the highest level of each block and the ``hold_blocks`` before it."""
    out = np.empty_like(over_db)
    highest, at = -np.inf, -1
    for k in range(len(over_db)):
        if over_db[k] >= highest:
            highest, at = over_db[k], k
        elif k - at > hold_blocks:
            at = k - hold_blocks + int(np.argmax(over_db[k - hold_blocks : k + 1]))
            highest = over_db[at]
        out[k] = highest
    return out


@numba.njit("float64(int8[::1], boolean[::1])", cache=True, nogil=True)
def _balanced(truth, is_open):  # type: ignore[no-untyped-def]
    """Compute the balanced accuracy of one scene; the class that a scene lacks counts as right."""
    count, right = np.zeros(2), np.zeros(2)
    for k in range(len(truth)):
        if truth[k] >= 0:
            count[truth[k]] += 1.0
            if is_open[k] == (truth[k] == 1):
                right[truth[k]] += 1.0
    shut = right[0] / count[0] if count[0] else 1.0
    opened = right[1] / count[1] if count[1] else 1.0
    return (shut + opened) / 2.0
