"""From full blocks to goals for the gain: the model's run, its outputs and the ballistics, compiled."""

from typing import Any

import numpy as np

from gate.constants import BLOCK, RATE
from gate.realtime.ballistics import approach, times, wanted
from gate.realtime.fallback import classic
from gate.realtime.gain import decibels, floor_gain, goal_gain
from gate.realtime.guard import guarded, hear, show_guard
from gate.realtime.key_band import hold_key
from gate.realtime.model_run import clear_states, readouts_of, run_model
from gate.realtime.native import at, carray, native

CURVE_COLUMNS = (
    "time_s",
    "open_probability",
    "openness",
    "gain_db",
    "attack_ms",
    "hold_ms",
    "release_ms",
    "key_low_hz",
    "key_high_hz",
    "level_db",
    "threshold_db",
)
"""What a row of the curve holds, in this order; ``gain_db`` is -inf where the gain is 0. A guard adds its own behind."""

COLUMNS = len(CURVE_COLUMNS)

PATIENCE = 8
"""Failed runs in a row after which the classic gate takes over: one costs up to 0.2 ms, and decides nothing."""

FAILED, LATE = 1, 2
"""Values of the record's ``fallback``."""

HOLDS = ("", "open", "shut")
"""By the record's ``held``: nothing, or what the gate is kept by hand, whatever model and guard say."""

HELD_OPEN, HELD_SHUT = HOLDS.index("open"), HOLDS.index("shut")


@native
def note(r: Any) -> None:
    """Blocks that have just become complete take the threshold and range of now."""
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
    """Output frame in which a block begins."""
    return -(-block * BLOCK * r.down // r.up) + r.lead


@native
def decide(r: Any, call: Any) -> None:
    """Run the model over the full queue, and turn what it says into goals.

    Args:
        r: the engine's record.
        call: number of this call's first frame; no goal acts before it.
    """
    batch, size = r.batch, r.pending_size
    thresholds = carray(at(r.thresholds_at, np.float32), (batch,), np.float32)
    floors = carray(at(r.floors_at, np.float64), (batch,), np.float64)
    begins = carray(at(r.pending_begin_at, np.int64), (size,), np.int64)
    goals = carray(at(r.pending_goal_at, np.float64), (r.units, size), np.float64)
    attacks = carray(at(r.pending_attack_at, np.float64), (r.units, size), np.float64)
    heard = carray(at(r.heard_at, np.int64), (2, batch), np.int64)
    if r.classifier != 0:
        hear(r, heard, r.fallback != LATE)
    hold_key(r)
    for u in range(r.units):
        gates = carray(at(r.gates_at + 4 * u * r.gates_stride, np.float32), (4, batch), np.float32)
        healthy = True
        if r.fallback == 0:
            _run(r, u, gates)
        else:
            classic(r, u, gates)
            _hide_readouts(r, u)
        for t in range(batch):
            p = float(gates[0, t])
            if not np.isfinite(gates[0, t] + gates[1, t] + gates[2, t] + gates[3, t]):
                healthy = False
                r.model_errors += 1
                p = 0.0
            attack_ms, hold_ms, release_ms = times(
                gates[1, t] * r.attack_scale, gates[2, t] * r.hold_scale, gates[3, t] * r.release_scale
            )
            decided, hold_left_ms, goal = wanted(
                r.decided[u], r.hold_left_ms[u], p, hold_ms, r.open_at, r.close_at
            )
            if r.classifier != 0:
                r.guard_age[u], goal = guarded(r.guard_age[u], goal, heard[0, t], r.guard, r.guard_grace_ms)
            if r.held == HELD_OPEN:
                goal = 1.0
            elif r.held == HELD_SHUT:
                goal = 0.0
            openness = approach(r.unit_openness[u], goal, attack_ms, release_ms)
            r.decided[u], r.hold_left_ms[u], r.unit_openness[u] = decided, hold_left_ms, openness
            slot = (r.pending_tail + t) % size
            goals[u, slot] = goal_gain(openness, floors[t])
            attacks[u, slot] = attack_ms
            if u == 0:
                begins[slot] = max(first_frame(r, r.blocks + t), call)
                if r.curve_rows > 0 or t == batch - 1:
                    _show(r, t, p, goals[0, slot], attack_ms, hold_ms, release_ms, thresholds[t])
                    if r.classifier != 0:
                        show_guard(r, heard[1, t], COLUMNS)
                    if r.curve_rows > 0:
                        r.curve_written += 1
        if healthy:
            r.model_failing = 0
        else:
            clear_states(r, u)
            r.model_failing += 1
            if r.falls_back == 1 and r.model_failing >= PATIENCE:
                r.fallback = FAILED
    r.pending_tail += batch
    r.blocks += batch
    r.queued = 0
    r.noted = 0
    r.side = 1 - r.side


@native
def _run(r: Any, u: Any, gates: Any) -> None:
    """One run of the model for unit u; when it fails, its outputs are NaN."""
    if not run_model(r, u):
        gates[:] = np.nan
        _hide_readouts(r, u)


@native
def _hide_readouts(r: Any, u: Any) -> None:
    """NaN for what only a model that ran can say."""
    readouts_of(r, u)[:] = np.nan


@native
def _show(
    r: Any, t: Any, p: Any, goal: Any, attack_ms: Any, hold_ms: Any, release_ms: Any, threshold_db: Any
) -> None:
    """Readouts and a curve row of the first unit's block t."""
    readouts = readouts_of(r, 0)
    r.open_probability, r.openness, r.gain_db = p, r.unit_openness[0], decibels(goal)
    r.attack_ms, r.hold_ms, r.release_ms = attack_ms, hold_ms, release_ms
    r.key_low_hz = readouts[r.key_low_row, t] if r.key_low_row >= 0 else np.nan
    r.key_high_hz = readouts[r.key_high_row, t] if r.key_high_row >= 0 else np.nan
    r.level_db = readouts[r.level_row, t] if r.level_row >= 0 else np.nan
    if r.curve_rows == 0:
        return
    curve = carray(at(r.curve_at, np.float64), (r.curve_rows, r.curve_columns), np.float64)
    row = curve[r.curve_written % r.curve_rows]
    row[0] = (r.blocks + t) * BLOCK / RATE
    row[1] = p
    row[2] = r.openness
    row[3] = r.gain_db
    row[4] = attack_ms
    row[5] = hold_ms
    row[6] = release_ms
    row[7] = r.key_low_hz
    row[8] = r.key_high_hz
    row[9] = r.level_db
    row[10] = threshold_db
