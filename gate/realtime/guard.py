"""The guard's law, compiled into the gate: what the frames of a classifier confirm, and when that shuts the gate."""

from typing import Any

import numpy as np

from gate.constants import BLOCK_MS, FRAME_S
from gate.realtime.classify_record import CLASSIFY_RECORD, FRAME_COLUMNS
from gate.realtime.native import at, carray, native
from gate.realtime.sidechain import ready

OFF, SPEECH, NOT_MUSIC = range(3)


SMOOTH_MS = 50.0
"""Time constant: a single frame of 10 ms neither confirms nor refutes."""


SHARE = 1.0 - float(np.exp(-1000.0 * FRAME_S / SMOOTH_MS))
"""Share of a new frame in the smoothed probability."""


SPEECH_AT, SPEECH_LOST_AT = 0.5, 0.35
"""Speech is heard when it is likelier than all else together, and lost only when that is clearly over."""


MUSIC_AT, MUSIC_LOST_AT = 0.8, 0.6
"""Music has to be sure to shut a gate."""


EPSILON_MS = 1e-6
"""A grace time of whole blocks is that many blocks, whatever the rounding."""


@native
def hear(r: Any, heard: Any, working: Any) -> None:
    """Take the frames that were known when each queued block was complete.

    Args:
        r: the engine's record.
        heard: (2, batch) int64, overwritten: 1 where the gate is confirmed at a block, and how many frames were known.
        working: whether the classifier is still asked.
    """
    c = carray(at(r.classifier, CLASSIFY_RECORD), (1,))[0]
    frames = carray(at(c.frames_at, np.float64), (c.frame_rows, FRAME_COLUMNS), np.float64)
    for t in range(r.batch):
        complete = ready(r, r.blocks + t)
        while r.guard_read < c.frames and frames[r.guard_read % c.frame_rows, 0] <= complete:
            _take(r, frames[r.guard_read % c.frame_rows])
            r.guard_read += 1
        if not working:
            r.speech_heard, r.music_sure = 1, 0
        confirmed = r.speech_heard == 1 if r.guard == SPEECH else r.music_sure == 0
        heard[0, t] = 1 if confirmed or r.guard == OFF else 0
        heard[1, t] = r.guard_read


@native
def _take(r: Any, frame: Any) -> None:
    """Take one frame of the classifier: update the smoothed probabilities and what they say."""
    speech = frame[2 + r.speech_row] if r.speech_row >= 0 else 1.0
    music = frame[2 + r.music_row] if r.music_row >= 0 else 0.0
    if not (np.isfinite(speech) and np.isfinite(music)):  # it failed: nothing speaks against the sound
        r.guard_speech, r.guard_music = 1.0, 0.0
    else:
        r.guard_speech += SHARE * (speech - r.guard_speech)
        r.guard_music += SHARE * (music - r.guard_music)
    r.speech_heard = hysteresis(r.speech_heard, r.guard_speech, SPEECH_AT, SPEECH_LOST_AT)
    r.music_sure = hysteresis(r.music_sure, r.guard_music, MUSIC_AT, MUSIC_LOST_AT)


@native
def hysteresis(before: Any, value: Any, at_: Any, lost_at: Any) -> Any:
    """Return 1 from when a value reaches ``at_`` until it falls under ``lost_at``, else 0."""
    if before == 1:
        return 0 if value < lost_at else 1
    return 1 if value >= at_ else 0


@native
def guarded(age: Any, goal: Any, confirmed: Any, mode: Any, grace_ms: Any) -> Any:
    """Go one block further with the guard.

    Args:
        age: blocks for which the gate would have been open and was not confirmed (state).
        goal: goal of openness without a guard: over 0 while the gate is open by itself, hold included.
        confirmed: 1 or 0.
        mode: of the guard.
        grace_ms: grace time.

    Returns:
        (age, the goal with the guard).
    """
    if mode == OFF or goal == 0.0 or confirmed == 1:
        return 0.0, goal
    age += 1.0
    return age, (0.0 if is_over(age, grace_ms) else goal)


@native
def is_over(age: Any, grace_ms: Any) -> Any:
    """Return whether the guard's clock has passed the grace time."""
    return age * BLOCK_MS > grace_ms + EPSILON_MS


@native
def show_guard(r: Any, known: Any, first: Any) -> None:
    """Write the readout and the curve's columns of a block of the first unit, at which ``known`` frames were known."""
    r.guard_shut = 1 if is_over(r.guard_age[0], r.guard_grace_ms) else 0
    if r.curve_rows == 0:
        return
    curve = carray(at(r.curve_at, np.float64), (r.curve_rows, r.curve_columns), np.float64)
    row = curve[r.curve_written % r.curve_rows]
    row[first] = r.guard_shut
    c = carray(at(r.classifier, CLASSIFY_RECORD), (1,))[0]
    frames = carray(at(c.frames_at, np.float64), (c.frame_rows, FRAME_COLUMNS), np.float64)
    for k in range(c.classes):
        row[first + 1 + k] = frames[(known - 1) % c.frame_rows, 2 + k] if known > 0 else np.nan
