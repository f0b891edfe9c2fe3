"""Moves of controls, through a map, to a gate: takeover, learning, holds, programs, panic.

Everything here runs on the thread that reads MIDI, which writes parameters as it goes and never waits for sound;
``learn`` and ``forget`` may come from another one. Whether a control takes over is decided in ``takeover``.
"""

import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Protocol

from gate.errors import GateError
from gate.midi.bindings import HOLDS, PRESET, Binding
from gate.midi.controls import SERVANTS, Control, Controls, Move, Panic
from gate.midi.messages import Message, Parser
from gate.midi.takeover import PickUp
from gate.parameters import Parameter

LEARNED_KINDS = ("cc", "nrpn", "bend", "note")
"""Kinds that a parameter, hold or single preset can learn; a pair of controllers shows in its second half."""


class Target(Protocol):
    """A live gate, which a map moves. Each method returns at once, from any thread.

    A slot of the gate's chain may be gone: then its name raises ``UsageError``.
    """

    def parameter(self, name: str) -> Parameter:
        """Return the parameter of a name."""

    def value(self, name: str) -> float:
        """Return a parameter's value now; of a choice its number."""

    def set(self, name: str, value: float) -> None:
        """Give a parameter another value, in its range.

        Raises:
            GateError: what plays cannot take it.
        """

    def hold(self, state: str) -> None:
        """Hold the gate "open" or "shut"; "" ends the hold."""

    def ask_preset(self, preset: int | str) -> None:
        """Ask for another preset, by its number among those there are or by its name."""


class _Bound:
    """A binding at work."""

    def __init__(self, binding: Binding) -> None:
        self.binding = binding
        self.pressed = False
        self.pick_up = PickUp()
        self.sent: float | None = None


class Router:
    """A map at work.

    Args:
        bindings: the map.
        target: what it moves.
        on_learned: called with each binding that was learned, complete.
        clock: seconds, never going back; it tells a control that is turned from one that jumps.

    Attributes:
        messages: messages so far.
        refused: values that the gate cannot take, and that changed nothing.
        moved: values that were set, presets asked for and holds changed so far.
    """

    def __init__(
        self,
        bindings: Iterable[Binding],
        target: Target,
        on_learned: Callable[[Binding], None],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._target, self._on_learned, self._clock = target, on_learned, clock
        self._bound = [_Bound(binding) for binding in bindings]
        self._parser, self._controls = Parser(), Controls()
        self._held: list[_Bound] = []
        self._half: tuple[_Bound, Control] | None = None
        self._lock = threading.Lock()  # between whoever reads and whoever learns; no sound knows it
        self._sort()
        self.messages = self.moved = self.refused = 0

    # -- for the thread that reads

    def feed(self, data: Iterable[int]) -> None:
        """Take bytes as they come; nothing in them raises."""
        with self._lock:
            for message in self._parser.feed(data):
                self.messages += 1
                self._take(message)

    def let_go(self) -> None:
        """Forget half messages, pressed keys and where controls stand, end every hold: the device is gone."""
        with self._lock:
            self._parser.reset()
            self._controls.reset()
            self._forget_positions()
            self._panic()

    # -- for anybody

    @property
    def bindings(self) -> tuple[Binding, ...]:
        """The map as it is now, with what was learned."""
        return tuple(bound.binding for bound in self._bound)

    def rebind(self, bindings: Iterable[Binding]) -> None:
        """Take another map; bindings in both stay as they are, and what only the old one held is let go."""
        with self._lock:
            left = list(self._bound)
            bound = []
            for binding in bindings:
                same = next((one for one in left if one.binding == binding), None)
                if same is not None:
                    left.remove(same)
                bound.append(same or _Bound(binding))
            self._bound = bound
            for gone in left:
                self._hold(gone, False)
            self._sort()

    def learn(self, binding: Binding) -> None:
        """Bind the next control that moves to this binding's target, in place of what moved it until now."""
        with self._lock:
            self._remove(binding.target)
            self._bound.append(_Bound(replace(binding, control=None)))
            self._sort()

    def forget(self, target: str) -> bool:
        """Take all controls away from a target; return False where it had none."""
        with self._lock:
            return self._remove(target)

    # -- inside

    def _remove(self, target: str) -> bool:
        gone = [bound for bound in self._bound if bound.binding.target == target]
        self._bound = [bound for bound in self._bound if bound not in gone]
        for bound in gone:
            self._hold(bound, False)
        self._sort()
        return bool(gone)

    def _sort(self) -> None:
        self._by_control: dict[tuple[str, int, int], list[_Bound]] = {}
        for bound in self._bound:
            if bound.binding.control is not None:
                self._by_control.setdefault(bound.binding.control[:3], []).append(bound)
        self._learning = [bound for bound in self._bound if bound.binding.control is None]

    def _forget_positions(self) -> None:
        for bound in self._bound:
            bound.pick_up.forget()

    def _take(self, message: Message) -> None:
        moves = self._controls.take(message)
        if message.kind == "reset":  # a device that was switched on sends it
            self._forget_positions()
        if self._half is not None:
            self._second_half(moves)
        for move in moves:
            if isinstance(move, Panic):
                self._panic()
                continue
            if self._learning:
                self._learn(move)
            kind, high, low, channel = move.control
            found = self._by_control.get((kind, high, low), ())
            if kind == "program":
                found = [*found, *self._by_control.get((kind, -1, 0), ())]
            for bound in found:
                own = bound.binding.control
                if own is not None and own.channel in (0, channel):
                    try:
                        self._apply(bound, move)
                    except GateError:  # not with this preset, another one may; or its slot is gone
                        self.refused += 1

    def _apply(self, bound: _Bound, move: Move) -> None:
        binding = bound.binding
        on = move.on != binding.reverse
        pressed, bound.pressed = on and not bound.pressed, on
        if binding.target in HOLDS:
            if binding.toggle and pressed:
                self._hold(bound, bound not in self._held)
            elif not binding.toggle:
                self._hold(bound, on)
        elif binding.target == PRESET:
            self._ask(move.raw)
        elif binding.parameter is None:
            if pressed or move.control.kind == "program":
                self._ask(binding.target.partition(":")[2])
        elif binding.toggle or (binding.stepped and move.control.kind == "note"):
            self._switch(bound, on, pressed)
        elif move.control.kind != "note" or move.on:
            self._turn(bound, move)

    def _ask(self, preset: int | str) -> None:
        self._target.ask_preset(preset)
        self.moved += 1

    def _switch(self, bound: _Bound, on: bool, pressed: bool) -> None:
        """Set the high value while a key is pressed, else the low one; with a toggle, the other one at each press."""
        binding = bound.binding
        assert binding.low is not None and binding.high is not None
        if binding.toggle:
            if not pressed:
                return
            on = self._target.value(binding.target) != binding.high
        self._set(bound, binding.high if on else binding.low)

    def _turn(self, bound: _Bound, move: Move) -> None:
        """Apply a travel: set its value, once the control has the value in hand."""
        binding = bound.binding
        now = self._target.value(binding.target)
        if move.steps:
            bound.pick_up.release()
            self._set(bound, binding.stepped_from(now, move.steps))
            return
        wanted = binding.value(move.position)
        if binding.takeover == "pick-up":
            here = move.position if wanted == now else binding.position(now)  # a choice has room around it
            untouched, channel = now == bound.sent, move.control.channel
            if not bound.pick_up.takes(channel, move.position, here, untouched, self._clock()):
                return
        self._set(bound, wanted)

    def _set(self, bound: _Bound, value: float) -> None:
        self._target.set(bound.binding.target, value)
        bound.sent = self._target.value(bound.binding.target)
        self.moved += 1

    # -- holds: the newest one counts, and those before it again when it ends

    def _hold(self, bound: _Bound, on: bool) -> None:
        if on == (bound in self._held):
            return
        if on:
            self._held.append(bound)
        else:
            self._held.remove(bound)
        self._tell_hold()

    def _panic(self) -> None:
        for bound in self._bound:
            bound.pressed = False
        if self._held:
            self._held.clear()
            self._tell_hold()

    def _tell_hold(self) -> None:
        self._target.hold(self._held[-1].binding.target.removeprefix("hold-") if self._held else "")
        self.moved += 1

    # -- learning

    def _learn(self, move: Move) -> None:
        """Give the control to the first binding that waits for one, if it may have it and nobody else has."""
        control = move.control
        if control.kind == "cc" and control.high in SERVANTS:
            return
        if (control.kind == "note" and not move.on) or any(b.binding.fits(control) for b in self._bound):
            return
        for bound in self._learning:
            target = bound.binding.target
            if target == PRESET and control.kind == "program":
                control = control._replace(high=-1)
            elif target == PRESET or (
                control.kind not in LEARNED_KINDS
                and not (control.kind == "program" and target.startswith(f"{PRESET}:"))
            ):
                continue
            self._bind(bound, control)
            if control.kind == "cc" and control.high < 32:
                self._half = bound, control
            return

    def _second_half(self, moves: list[Move | Panic]) -> None:
        """Take the message after the one that was learned: if it is the low half, the control has 14 bits."""
        assert self._half is not None
        (bound, control), self._half = self._half, None
        low = Control("cc", control.high + 32, 0, control.channel)
        if bound in self._bound and any(isinstance(move, Move) and move.control == low for move in moves):
            self._bind(bound, Control("cc14", control.high, control.high + 32, control.channel))

    def _bind(self, bound: _Bound, control: Control) -> None:
        bound.binding = replace(bound.binding, control=control)
        self._sort()
        self._on_learned(bound.binding)
