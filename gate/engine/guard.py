"""The guard: a classifier listens beside the gate, and an opening whose class is not heard in time is shut again.

It never delays an opening. The law, one step a block (docs/guard.md has the reasons):

* The newest probabilities that were known when a block was complete count for it, smoothed by one pole
  (``SMOOTH_MS``). *Speech is heard* from when its smoothed probability reaches ``SPEECH_AT`` until it falls under
  ``SPEECH_LOST_AT``; *music is sure* from ``MUSIC_AT`` until under ``MUSIC_LOST_AT``.
* The gate is *confirmed* while speech is heard (guard "speech"), or while music is not sure ("not-music").
* A clock runs while the gate by itself would be open, hold included, and is not confirmed. It stands at 0 while the
  gate would be shut, or is confirmed. So it starts at each opening, and again when a confirmed class is lost.
* When the clock is past the grace time, the goal of openness is 0: the gate shuts with its release, and stays shut
  until it is confirmed, or would have shut and opened again by itself.

A classifier that fails (NaN) or is not asked any more confirms everything: no guard is better than a wrong one.
"""

import os
from dataclasses import dataclass
from typing import Any

import numpy as np

from gate.constants import BLOCK_MS, FRAME_S
from gate.errors import ContractError, PresetError
from gate.modelfile.contract import Contract
from gate.modelfile.preset import resolve
from gate.parameters import BY_ID, default
from gate.realtime.classify_record import CLASSIFY_RECORD, FRAME_COLUMNS
from gate.realtime.native import at, carray, native
from gate.realtime.sidechain import ready

PRESET = "speech-music-noise"
"""What guards unless another is given."""

MODES = BY_ID["guard"].choices
"""Off, speech, not-music: by their numbers in the record's ``guard``."""

OFF, SPEECH, NOT_MUSIC = range(3)

SMOOTH_MS = 50.0
"""Time constant: a single frame of 10 ms neither confirms nor refutes."""

SHARE = 1.0 - float(np.exp(-1000.0 * FRAME_S / SMOOTH_MS))
"""Of a new frame in the smoothed probability."""

SPEECH_AT, SPEECH_LOST_AT = 0.5, 0.35
"""Speech is heard when it is likelier than all else together, and lost only when that is clearly over."""

MUSIC_AT, MUSIC_LOST_AT = 0.8, 0.6
"""Music has to be sure to shut a gate."""

GUARD_COLUMNS = ("guard_shut",)
"""Behind the curve's own columns; then one for each class, with its newest probability."""

EPSILON_MS = 1e-6
"""A grace time of whole blocks is that many blocks, whatever the rounding."""


@dataclass(frozen=True)
class Guard:
    """What a gate is guarded by.

    Attributes:
        contract: a classifier.
        mode: one of ``MODES``.
        grace_ms: how long the gate may be open before its class is heard.
    """

    contract: Contract
    mode: str
    grace_ms: float

    def __post_init__(self) -> None:
        """Check that the classifier knows the class that is asked for.

        Raises:
            ContractError: it does not, or is none.
            ValueError: mode or grace time are out of range.
        """
        self.contract.expect("classify")
        BY_ID["guard"].check(self.number)
        BY_ID["guard-grace"].check(self.grace_ms)
        check_class(self.contract, self.mode)

    @property
    def number(self) -> int:
        """Of the mode, as the record has it."""
        return BY_ID["guard"].choices.index(self.mode) if self.mode in MODES else -1


def choose(mode: str, grace_ms: float | None = None, model: str | None = None) -> Guard | None:
    """The guard that somebody asked for; None for "off", and nothing is looked up.

    Args:
        mode: one of ``MODES``.
        grace_ms: None takes the default.
        model: a preset's name, folder or file; None takes ``PRESET``.

    Raises:
        PresetError, ContractError: there is no such classifier, or it does not know the class.
    """
    if mode == "off":
        return None
    return Guard(find(model, mode), mode, default("guard-grace") if grace_ms is None else grace_ms)


def find(model: str | os.PathLike[str] | None, mode: str) -> Contract:
    """The classifier for a guard of that mode: a preset's name, folder or file; None takes ``PRESET``.

    Raises:
        PresetError, ContractError: there is none such.
    """
    try:
        return resolve(model or PRESET, "classify").contract
    except PresetError as error:
        if model is not None:
            raise
        raise PresetError(
            f"--guard {mode} needs the preset {PRESET}, which is not installed; "
            "give a classifier with --guard-model, or leave --guard out"
        ) from error


def check_class(contract: Contract, mode: str) -> None:
    """Refuse a classifier without the class that a mode asks for.

    Raises:
        ContractError: line "classes".
    """
    needed = {"speech": "speech", "not-music": "music"}.get(mode)
    if needed is not None and needed not in contract.classes:
        got = ", ".join(contract.classes)
        detail = f"expected a class named {needed} for --guard {mode}, got {got}; give another --guard-model"
        raise ContractError("classes", detail, source=contract.name)


@native
def hear(r: Any, heard: Any, working: Any) -> None:
    """Take the frames that were known when each queued block was complete.

    Args:
        r: the engine's record.
        heard: (2, batch) int64, overwritten: is the gate confirmed at each block, and how many frames were known.
        working: is the classifier still asked?
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
    """One frame of the classifier: smoothed probabilities, and what they say."""
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
    """1 from when a value reaches ``at_`` until it falls under ``lost_at``, else 0."""
    if before == 1:
        return 0 if value < lost_at else 1
    return 1 if value >= at_ else 0


@native
def guarded(age: Any, goal: Any, confirmed: Any, mode: Any, grace_ms: Any) -> Any:
    """One block further.

    Args:
        age: blocks for which the gate would have been open and was not confirmed (state).
        goal: of openness, without a guard: over 0 while the gate is open by itself, hold included.
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
    """Has the clock passed the grace time?"""
    return age * BLOCK_MS > grace_ms + EPSILON_MS


@native
def show_guard(r: Any, known: Any, first: Any) -> None:
    """Readout and curve columns of a block of the first unit, at which ``known`` frames were known."""
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
