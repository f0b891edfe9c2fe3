"""From full blocks to goals for the gain: the model's run, its outputs and the ballistics, compiled."""

from typing import Any

import numpy as np

from gate.constants import BLOCK, RATE
from gate.realtime.ballistics import approach, times, wanted
from gate.realtime.curve import CURVE, column
from gate.realtime.fallback import classic
from gate.realtime.gain import decibels, floor_gain, goal_gain
from gate.realtime.guard import guarded, hear, show_guard
from gate.realtime.key_band import hold_key
from gate.realtime.model_run import clear_states, readouts_of, run_model
from gate.realtime.native import at, carray, native

TIME_S, OPEN_PROBABILITY, OPENNESS = column("time_s"), column("open_probability"), column("openness")
GAIN_DB, LEVEL_DB, THRESHOLD_DB = column("gain_db"), column("level_db"), column("threshold_db")
ATTACK_MS, HOLD_MS, RELEASE_MS = column("attack_ms"), column("hold_ms"), column("release_ms")
KEY_LOW_HZ, KEY_HIGH_HZ = column("key_low_hz"), column("key_high_hz")
"""Columns of a row of the curve, by place."""

COLUMNS = len(CURVE)
"""Place of a guard's first column."""

PATIENCE = 8
"""Failed runs in a row after which the classic gate takes over: one costs up to 0.2 ms, and decides nothing."""

FAILED, LATE = 1, 2
"""Values of the record's ``fallback``."""

HOLDS = ("", "open", "shut")
"""Values of the record's ``held``: not held, or kept open or shut by hand, whatever model and guard say."""

HELD_OPEN, HELD_SHUT = HOLDS.index("open"), HOLDS.index("shut")


@native
def note(r: Any) -> None:
    """Give the blocks that have just become complete the threshold and range of now."""
    complete = r.queued // BLOCK
    if r.noted == complete:
        return
    thresholds = carray(at(r.thresholds_at, np.float32), (r.batch,), np.float32)
    floors = carray(at(r.floors_at, np.float64), (r.batch,), np.float64)
    floor = floor_gain(r.range_used)
    for t in range(r.noted, complete):
        thresholds[t] = r.threshold_used
        floors[t] = floor
    r.noted = complete


@native
def first_frame(r: Any, block: Any) -> Any:
    """Return the output frame in which a block begins."""
    return -(-block * BLOCK * r.down // r.up) + r.lead


@native
def decide(r: Any, call: Any) -> None:
    """Run the model over the full queue, and turn what it says into goals.

    Args:
        r: the engine's record.
        call: number of this call's first frame; no goal acts before it.
    """
    if r.classifier != 0:
        hear(r, carray(at(r.heard_at, np.int64), (2, r.batch), np.int64), r.fallback != LATE)
    hold_key(r)
    for u in range(r.units):
        gates = carray(at(r.gates_at + 4 * u * r.gates_stride, np.float32), (4, r.batch), np.float32)
        if r.fallback == 0:
            _run(r, u, gates)
        else:
            classic(r, u, gates)
            _hide_readouts(r, u)
        healthy = True
        for t in range(r.batch):
            p = _open_probability(r, gates, t)
            if np.isnan(p):
                healthy, p = False, 0.0
            goal, attack_ms, hold_ms, release_ms = _decide_block(r, u, t, p, gates)
            if u == 0:
                _begin(r, t, call)
                if r.curve_rows > 0 or t == r.batch - 1:
                    _show(r, t, p, goal, attack_ms, hold_ms, release_ms)
        _health(r, u, healthy)
    r.pending_tail += r.batch
    r.blocks += r.batch
    r.queued = 0
    r.noted = 0
    r.side = 1 - r.side


@native
def _open_probability(r: Any, gates: Any, t: Any) -> Any:
    """Return what the model says of block t; NaN, and counted, where any of its outputs is not finite."""
    if np.isfinite(gates[0, t] + gates[1, t] + gates[2, t] + gates[3, t]):
        return float(gates[0, t])
    r.model_errors += 1
    return np.nan


@native
def _decide_block(r: Any, u: Any, t: Any, p: Any, gates: Any) -> Any:
    """Take unit u one block further, and leave its goal for the gain.

    Args:
        r: the engine's record.
        u: the unit.
        t: the block, by its number in the queue.
        p: how probable it is that the gate is to be open, 0 to 1.
        gates: (4, batch) float32, what the model says.

    Returns:
        (gain to go to, attack, hold and release in ms as they act).
    """
    attack_ms, hold_ms, release_ms = times(
        gates[1, t] * r.attack_scale, gates[2, t] * r.hold_scale, gates[3, t] * r.release_scale
    )
    r.decided[u], r.hold_left_ms[u], openness = wanted(
        r.decided[u], r.hold_left_ms[u], p, hold_ms, r.open_at, r.close_at
    )
    if r.classifier != 0:
        heard = carray(at(r.heard_at, np.int64), (2, r.batch), np.int64)
        r.guard_age[u], openness = guarded(r.guard_age[u], openness, heard[0, t], r.guard, r.guard_grace_ms)
    if r.held == HELD_OPEN:
        openness = 1.0
    elif r.held == HELD_SHUT:
        openness = 0.0
    r.unit_openness[u] = approach(r.unit_openness[u], openness, attack_ms, release_ms)
    size = r.pending_size
    slot = (r.pending_tail + t) % size
    floors = carray(at(r.floors_at, np.float64), (r.batch,), np.float64)
    goals = carray(at(r.pending_goal_at, np.float64), (r.units, size), np.float64)
    attacks = carray(at(r.pending_attack_at, np.float64), (r.units, size), np.float64)
    goals[u, slot] = goal_gain(r.unit_openness[u], floors[t])
    attacks[u, slot] = attack_ms
    return goals[u, slot], attack_ms, hold_ms, release_ms


@native
def _begin(r: Any, t: Any, call: Any) -> None:
    """Note the output frame from which the goals of block t act."""
    begins = carray(at(r.pending_begin_at, np.int64), (r.pending_size,), np.int64)
    begins[(r.pending_tail + t) % r.pending_size] = max(first_frame(r, r.blocks + t), call)


@native
def _health(r: Any, u: Any, healthy: Any) -> None:
    """Count unit u's failed runs; clear what a failed one left, and give up on a model that keeps failing."""
    if healthy:
        r.model_failing = 0
        return
    clear_states(r, u)
    r.model_failing += 1
    if r.falls_back == 1 and r.model_failing >= PATIENCE:
        r.fallback = FAILED


@native
def _run(r: Any, u: Any, gates: Any) -> None:
    """Run the model once for unit u; when the run fails, its outputs are NaN."""
    if not run_model(r, u):
        gates[:] = np.nan
        _hide_readouts(r, u)


@native
def _hide_readouts(r: Any, u: Any) -> None:
    """Write NaN for what only a model that ran can say."""
    readouts_of(r, u)[:] = np.nan


@native
def _show(r: Any, t: Any, p: Any, goal: Any, attack_ms: Any, hold_ms: Any, release_ms: Any) -> None:
    """Write the readouts of the first unit's block t, and its row of the curve, a guard's columns included."""
    readouts = readouts_of(r, 0)
    r.open_probability, r.openness, r.gain_db = p, r.unit_openness[0], decibels(goal)
    r.attack_ms, r.hold_ms, r.release_ms = attack_ms, hold_ms, release_ms
    r.key_low_hz = readouts[r.key_low_row, t] if r.key_low_row >= 0 else np.nan
    r.key_high_hz = readouts[r.key_high_row, t] if r.key_high_row >= 0 else np.nan
    r.level_db = readouts[r.level_row, t] if r.level_row >= 0 else np.nan
    if r.curve_rows > 0:
        _write_row(r, t)
    if r.classifier != 0:
        heard = carray(at(r.heard_at, np.int64), (2, r.batch), np.int64)
        show_guard(r, heard[1, t], COLUMNS)
    if r.curve_rows > 0:
        r.curve_written += 1


@native
def _write_row(r: Any, t: Any) -> None:
    """Write the columns of ``CURVE`` into the next row, from the readouts just written."""
    thresholds = carray(at(r.thresholds_at, np.float32), (r.batch,), np.float32)
    curve = carray(at(r.curve_at, np.float64), (r.curve_rows, r.curve_columns), np.float64)
    row = curve[r.curve_written % r.curve_rows]
    row[TIME_S] = (r.blocks + t) * BLOCK / RATE
    row[OPEN_PROBABILITY] = r.open_probability
    row[OPENNESS] = r.openness
    row[GAIN_DB] = r.gain_db
    row[ATTACK_MS] = r.attack_ms
    row[HOLD_MS] = r.hold_ms
    row[RELEASE_MS] = r.release_ms
    row[KEY_LOW_HZ] = r.key_low_hz
    row[KEY_HIGH_HZ] = r.key_high_hz
    row[LEVEL_DB] = r.level_db
    row[THRESHOLD_DB] = thresholds[t]
