"""What the panel shows and changes, without a window: values, undo, A and B. The window reads and writes only this.

Nothing here remembers what somebody did. The model looks at the gate now and then (``look``), and when a setting is
not what it was before, that is a step that can be undone, whoever caused it: mouse, MIDI, a preset. Changes of the same
things shortly after each other, and all within one drag, are one step.
"""

import contextlib
import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from gate.errors import ContractError
from gate.live.sessions import capture, take_up
from gate.panel.keeper import Keeper
from gate.parameters import BY_ID, FOLLOWS, attribute, default
from gate.session.session import Session

SAME_S = 0.8
"""Changes of the same things within this time, in s, are one step."""

MOST_STEPS = 200
"""Steps that can be undone."""

IDS = tuple(BY_ID)
"""Parameters that the panel sets: all of them. Some need a fresh plugin, and act in a moment (``Live.set``)."""

SLOTS = ("A", "B")

STEPS = ("preset", "before", "after", "monitor", "guard_model")
"""Parts of a session, beside parameters, whose change is a step; devices and MIDI belong to the desk and stay."""


def differences(one: Session, other: Session) -> frozenset[str]:
    """Return what of the sound is not the same in both sessions: parameters by id, and ``STEPS``."""
    if one == other:
        return frozenset()
    names = {id for id, _ in set(one.parameters) ^ set(other.parameters)}
    return frozenset(names | {name for name in STEPS if getattr(one, name) != getattr(other, name)})


class Model:
    """The gate as a panel sees it. Its methods are called from one thread, the window's.

    Attributes:
        keeper: owner of the gate.
        state: the session at the last look.
        slot: "A" or "B": which of the two is heard.
        asked: number of jobs given to the keeper.
        done: number of these jobs that are finished; only the keeper's thread counts them.
    """

    def __init__(self, keeper: Keeper, clock: Callable[[], float] = time.monotonic) -> None:
        self.keeper, self.live, self._clock = keeper, keeper.live, clock
        self.state = capture(self.live)
        self.slot = "A"
        self.asked = self.done = 0
        self._other: Session | None = None
        self._undo: list[tuple[Session, str]] = []
        self._redo: list[tuple[Session, str]] = []
        self._dragging = False
        self._last: tuple[frozenset[str], float] = (frozenset(), -SAME_S)

    # -- values

    def value(self, id: str) -> float:
        """Return a parameter's value now."""
        return self.live.value(id)

    def usual(self, id: str) -> float:
        """Return the value to which a parameter is reset: the preset's, or the table's."""
        if id in FOLLOWS:
            return float(getattr(self.live.preset.defaults, attribute(BY_ID[id])))
        return default(id)

    def set(self, id: str, value: float) -> None:
        """Set a parameter; out of range it becomes the nearer end; a value that the preset refuses changes nothing."""
        parameter = BY_ID[id]
        if not (parameter.silence and value == float("-inf")):
            value = min(max(value, parameter.minimum), parameter.maximum)
        with contextlib.suppress(ContractError):
            self.live.set(id, value)
        self.look()

    def begin(self) -> None:
        """Begin a drag: all changes until ``end`` are one step."""
        self.look()
        self._dragging, self._last = True, (frozenset(), -SAME_S)

    def end(self) -> None:
        """End the drag; all its changes are one undo step."""
        self.look()
        self._dragging, self._last = False, (frozenset(), -SAME_S)

    def set_preset(self, name: str) -> None:
        """Load another preset, in a moment."""
        self.change(lambda: self.live.rack.set_preset(name))

    def set_monitor(self, value: str) -> None:
        """Hear "out", "in" or "removed", in a moment."""
        self.change(lambda: self.live.set_monitor(value))

    def change(self, job: Callable[[], Any]) -> None:
        """Have a job done with the gate in a moment, such as adding a slot; its changes are a step of their own."""
        self.look()
        self._last = (frozenset(), -SAME_S)
        self._ask(job)

    def apply(self, session: Session) -> None:
        """Apply a session as one step, in a moment."""
        self.look()
        if not self.under_way:
            self._remember()
            self._go(session)

    def _ask(self, job: Callable[[], Any]) -> None:
        self.asked += 1

        def counted() -> None:
            try:
                job()
            finally:
                self.done += 1

        self.keeper.ask(counted)

    @property
    def under_way(self) -> bool:
        """Is something that was asked for still to be done?"""
        return self.asked != self.done

    # -- steps

    def look(self) -> bool:
        """Look at the gate; return whether a setting has changed since the last look."""
        if self.under_way:
            return False
        now = capture(self.live)
        names = differences(now, self.state)
        if not names:
            return False
        moment, (before, when) = self._clock(), self._last
        same = (self._dragging and bool(before)) or (names <= before and moment - when < SAME_S)
        if same:
            self._redo.clear()
        else:
            self._remember()
        self._last = (names | before if same else names, moment)
        self.state = now
        return True

    def _remember(self) -> None:
        """Store the state as a step to go back to; steps that were undone are dropped."""
        self._undo.append((self.state, self.slot))
        del self._undo[:-MOST_STEPS]
        self._redo.clear()

    @property
    def can_undo(self) -> bool:
        """Is there a step to undo?"""
        return bool(self._undo)

    @property
    def can_redo(self) -> bool:
        """Is there a step to do again?"""
        return bool(self._redo)

    def undo(self) -> None:
        """Go one step back."""
        self.look()
        self._step(self._undo, self._redo)

    def redo(self) -> None:
        """Do the next undone step again."""
        self.look()
        self._step(self._redo, self._undo)

    def _step(self, source: list[tuple[Session, str]], target: list[tuple[Session, str]]) -> None:
        if not source or self.under_way:
            return
        state, slot = source.pop()
        target.append((self.state, self.slot))
        if slot != self.slot:
            self._other, self.slot = self.state, slot
        self._go(state)

    # -- A and B

    def switch(self, slot: str) -> None:
        """Hear the other of A and B. The one that was never heard is a copy of this one."""
        self.look()
        if slot == self.slot or self.under_way:
            return
        goal = self.state if self._other is None else self._other
        self._remember()
        self._other, self.slot = self.state, slot
        self._go(goal)

    def copy(self) -> None:
        """Make the one that is not heard the same as the one that is."""
        self.look()
        self._other = self.state

    def hear_both(self, preset: str) -> None:
        """Make A the current session and B the same with another preset, and hear B."""
        self.look()
        if self.under_way:
            return
        self._remember()
        self._other, self.slot = self.state, SLOTS[1]
        self._go(replace(self.state, preset=preset))

    def _go(self, session: Session) -> None:
        """Apply a session; report what is no longer available (a preset that was deleted)."""
        self.state = session
        self._last = (frozenset(), -SAME_S)

        def job() -> None:
            now = capture(self.live)
            desk = {name: getattr(now, name) for name in ("midi_port", "midi_map", "devices")}
            take_up(self.live, replace(session, **desk))
            self.live.tend()

        self._ask(job)
