"""Plugins: settings with units and ranges, which can be opened for a sound and then run compiled.

A ``Plugin`` holds what a user sets, as attributes. ``open`` makes a ``Running`` of it for one sound: a flat record
and the address of a compiled function ``f(record, input, output, frames)`` with the arguments of ``gate.realtime.process``:
the addresses of the record, of frames in and of frames out (interleaved channels, float32 or float64, and both may be
the same memory), and how many frames. It gives as many frames as it takes, ``latency_samples`` late, and neither
allocates, waits nor raises. Setting an attribute reaches every ``Running`` of the plugin at once.
"""

import threading
from inspect import Parameter as Argument
from inspect import Signature, signature
from typing import Any

from gate.errors import UsageError
from gate.parameters import Choice, Parameter, attribute, knobs, numbers
from gate.plugins.running import Format, Running


class Plugin:
    """Settings of a plugin that changes, or listens to, sound. Subclasses have a ``Knob`` for each parameter.

    Attributes:
        kind: its name in texts and session files (``gate.plugins.registry``); empty for one that is only made in Python.
        bypassed: its input is heard, as late as its output would be; the plugin listens on, and comes back at once.
    """

    kind = ""

    complete = True
    """Is ``table`` all that can be set? A third-party plugin brings more, which only its file knows."""

    __signature__: Signature

    settle_s = 0.0
    """Seconds that a fresh one listens to sound before it may be heard."""

    def __init__(self, **values: float | str | None) -> None:
        """Set the knobs, by the names of the attributes; the rest, and what is None, has its defaults.

        Raises:
            TypeError: there is no such knob.
            ValueError: a value is out of its range.
        """
        self._running: tuple[Running, ...] = ()
        self._lock = threading.Lock()
        self._bypassed = False
        given = numbers(type(self), values)
        self._values: dict[str, float] = {}
        for parameter in self.table():
            value = given.get(parameter.id, parameter.default)
            assert value is not None, f"{parameter.id} has no default of its own"
            self._values[parameter.id] = parameter.check(value)

    def __init_subclass__(cls, **rest: Any) -> None:
        """Let ``help`` and editors show a class's knobs where its constructor takes them as ``**values``."""
        super().__init_subclass__(**rest)
        cls.__signature__ = _signature(cls)

    @classmethod
    def table(cls) -> tuple[Parameter, ...]:
        """Return what can be set of every plugin of this class, in order."""
        return tuple(knob.parameter for knob in knobs(cls).values())

    @property
    def parameters(self) -> tuple[Parameter, ...]:
        """Parameters that can be set, in order: id, unit, range and help of each."""
        return self.table()

    @property
    def values(self) -> tuple[float, ...]:
        """Values of ``parameters`` now, in the same order."""
        return tuple(self._values[parameter.id] for parameter in self.parameters)

    def value(self, id: str) -> float:
        """Return the value of a parameter, by its id.

        Raises:
            KeyError: there is no such parameter.
        """
        return self._values[id]

    @property
    def file(self) -> str:
        """The preset's name or folder, or the file, that the plugin is made of; empty where there is none."""
        return ""

    def set(self, id: str, value: float) -> None:
        """Set a parameter by its id.

        It acts from the next block on; where that is impossible, in a fresh ``Running`` that open streams fade in.

        Raises:
            KeyError: there is no such parameter.
            ValueError: it is out of range.
            GateError: there can be no plugin with this value; nothing has changed.
        """
        parameter = {parameter.id: parameter for parameter in self.parameters}[id]
        before, checked = self._values[id], parameter.check(value)
        if checked == before:
            return
        self._values[id] = checked
        refused = [running for running in self.running if not (parameter.live and running.set(id, checked))]
        stale = [running for running in refused if not running.format.offline]
        for k, running in enumerate(stale):
            try:
                running.renew()
            except BaseException:
                self._values[id] = before
                for earlier in stale[:k]:
                    earlier.renew()
                raise

    @property
    def state(self) -> bytes:
        """Settings beside the parameters, in the plugin's own form, for a session file; empty where there are none."""
        return b""

    @state.setter
    def state(self, state: bytes) -> None:
        """Set a state that ``state`` returned earlier.

        Raises:
            UsageError: this plugin has no state.
        """
        if state:
            raise UsageError(
                f"{self.kind} has no state but its parameters, got {len(state)} bytes; leave them out"
            )

    @property
    def running(self) -> tuple[Running, ...]:
        """The plugin's running objects, the newest last."""
        return self._running

    @property
    def bypassed(self) -> bool:
        """Is the plugin's input heard in place of its output?"""
        return self._bypassed

    @bypassed.setter
    def bypassed(self, on: bool) -> None:
        self._bypassed = bool(on)
        for running in self._running:
            running.bypass(self._bypassed)

    def open(self, format: Format) -> Running:
        """Make everything that the plugin needs to run on a sound; the caller closes it.

        Raises:
            GateError: a model cannot be had or run.
            ValueError: this plugin cannot take such a sound.
        """
        running = self._open(format)
        running.when_closed(self._forget)
        with self._lock:
            self._running = (*self._running, running)
        self._bring_up(running)
        return running

    def _bring_up(self, running: Running) -> None:
        """Set on a new object what another thread set while it was made and could not reach yet."""
        running.bypass(self._bypassed)
        for parameter, value in zip(self.parameters, self.values, strict=True):
            if parameter.live:
                running.set(parameter.id, value)

    def _open(self, format: Format) -> Running:
        raise NotImplementedError

    def _forget(self, running: Running) -> None:
        with self._lock:
            self._running = tuple(other for other in self._running if other is not running)

    def __setattr__(self, name: str, value: Any) -> None:
        """Set an attribute that there is: a misspelled one would do nothing, silently.

        Raises:
            AttributeError: there is no such attribute.
        """
        if not name.startswith("_") and not hasattr(type(self), name):
            known = ", ".join([*map(attribute, self.parameters), "bypassed"])
            raise AttributeError(
                f"{type(self).__name__} has no {name!r}: expected one of {known}; check the spelling"
            )
        object.__setattr__(self, name, value)

    def __repr__(self) -> str:
        """Return the plugin as one would write it: settings at their defaults are left out."""
        values = zip(self.parameters, self.values, strict=True)
        shown = [f"{attribute(p)}={_shown(p, value)}" for p, value in values if value != p.default]
        return f"{type(self).__name__}({', '.join([*self._shown(), *shown])})"

    def _shown(self) -> list[str]:
        """Return what is written before the parameters."""
        return []


def _shown(parameter: Parameter, value: float) -> str:
    """Return a value as one would write it."""
    return repr(parameter.choices[int(value)]) if parameter.choices else f"{value:g}"


def _signature(kind: type[Plugin]) -> Signature:
    """Return what a plugin's constructor takes, each knob by its name."""
    taken = [one for one in signature(kind.__init__).parameters.values() if one.name != "self"]
    names = {one.name for one in taken}
    rest = [one for one in taken if one.kind is Argument.VAR_KEYWORD]
    named = [
        Argument(
            name,
            Argument.KEYWORD_ONLY,
            default=None,
            annotation=str | None if isinstance(knob, Choice) else float | None,
        )
        for name, knob in (knobs(kind).items() if rest else ())
        if name not in names
    ]
    return Signature([*(one for one in taken if one not in rest), *named, *([] if kind.complete else rest)])
