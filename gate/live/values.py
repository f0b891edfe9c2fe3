"""Settings of the gate at work and of the slots around it: by name, from any thread, while a player plays them."""

import contextlib
import os
import threading
from collections.abc import Callable, Mapping
from typing import Any

from gate.engine.settings import check_key
from gate.errors import GateError, UsageError
from gate.live.player import Player
from gate.live.slots import Slots
from gate.modelfile.preset import Preset, address, resolve
from gate.parameters import BY_ID, FOLLOWS, Parameter, attribute
from gate.plugins.learned import Gate
from gate.plugins.plugin import Plugin
from gate.session.session import BYPASS, GATE, absolute


class Values:
    """The values of a gate and of the slots around it.

    ``find``, ``value``, ``check``, ``at_once``, ``set`` of what is set at once, and ``hold`` may be called from any thread,
    all else from the thread that owns the gate.

    Attributes:
        preset: the gate's preset.
        gate: the plugin that gates.
        slots: the plugins in order, the gate among them.
        playing: the player that they are heard through, or None before the first.
    """

    def __init__(self, preset: str, guard_model: str | None, tell: Callable[[str], None]) -> None:
        """Make the gate; there is nothing around it yet.

        Args:
            preset: name, folder or file.
            guard_model: name, folder or file of the guard's classifier; None takes the default.
            tell: called with each event, a sentence, from any thread.

        Raises:
            GateError: there is no such preset, or it is not a gate.
        """
        self._tell = tell
        self.preset = resolve(preset, "gate", tell)
        self._said: dict[str, float] = {}
        self._guard_model = guard_model
        self.gate = Gate(self.preset.contract, **self._usual(self.preset), guard_model=guard_model)
        self._leaving: list[Gate] = []  # of earlier presets, while they are still heard
        self.slots = Slots([self.gate], {self.gate: GATE})
        self._address: tuple[Preset | None, str] = (None, "")  # looked up once: that reads folders
        self.playing: Player | None = None
        self._lock = threading.Lock()  # of values: never for long
        self._chain_lock = threading.RLock()  # of the order of slots: while plugins are opened

    def find(self, name: str) -> tuple[Plugin | None, Parameter]:
        """Return the plugin and the parameter of a name; for the gate, which may change meanwhile, the plugin is None.

        Args:
            name: a parameter of the gate by its id, one of another slot as "highpass.cutoff".

        Raises:
            UsageError: there is no such slot or parameter.
        """
        slot, _, id = name.rpartition(".")
        if slot not in ("", GATE):
            return self.slots.parameter(name)
        if id not in BY_ID:
            raise UsageError(
                f"expected {', '.join(BY_ID)}, or a slot and its parameter, got {name!r}; choose one"
            )
        return None, BY_ID[id]

    def value(self, name: str) -> float:
        """Return a parameter's value; for a choice or a switch its number.

        Raises:
            UsageError: there is no such slot or parameter.
        """
        plugin, parameter = self.find(name)
        plugin = plugin or self.gate
        return float(plugin.bypassed) if parameter.id == BYPASS else plugin.value(parameter.id)

    def check(self, name: str, value: float) -> float:
        """Return a value for a parameter, checked against its range and what the gate's preset can take.

        Raises:
            ValueError: it is out of range, or there is no such parameter (``UsageError``).
            ContractError: the preset's key cannot be held to a band.
        """
        plugin, parameter = self.find(name)
        value = parameter.check(value)
        if plugin is None:
            check_key(self.preset.contract, parameter.id, value)
        return value

    def at_once(self, name: str) -> bool:
        """Return whether a parameter can be set without a fresh plugin, which takes a while."""
        _, parameter = self.find(name)
        return parameter.live and parameter.id != "guard"

    def set(self, name: str, value: float) -> None:
        """Set a parameter to what ``check`` returned; a change that needs a fresh plugin is faded in.

        Raises:
            GateError, ValueError: the change is not possible; the sound stays as it was.
        """
        plugin, parameter = self.find(name)
        if self.playing is not None and not self.at_once(name):
            with self._chain_lock:
                plugin, parameter = self.find(name)
                _set(plugin or self.gate, parameter, value)
            return
        with self._lock:
            if plugin is None and parameter.id in FOLLOWS:
                self._said[parameter.id] = value
            _set(plugin or self.gate, parameter, value)
            for one in self._leaving if plugin is None else ():
                with contextlib.suppress(GateError):  # an earlier preset may not take the value
                    _set(one, parameter, value)

    @property
    def said(self) -> dict[str, float]:
        """Threshold and Range as far as they were set, by id: those that do not follow the preset."""
        return dict(self._said)

    def follow(self, said: Mapping[str, float]) -> None:
        """Set these of Threshold and Range, by id, and have the rest follow the preset.

        Raises:
            ValueError: a value is out of its range.
        """
        for id in FOLLOWS:
            if id in said:
                self.set(id, self.check(id, said[id]))
            elif id in self._said:
                with self._lock:
                    del self._said[id]
                    for gate in (self.gate, *self._leaving):
                        gate.set(id, float(getattr(self.preset.defaults, attribute(BY_ID[id]))))

    def hold(self, state: str) -> None:
        """Keep the gate "open" or "shut", whatever is decided; "" lets the gate go."""
        with self._lock:
            for gate in (self.gate, *self._leaving):
                gate.held = state

    def set_guard(self, mode: str) -> None:
        """Set another guard: "off", "speech" or "not-music"; it may fade in.

        Raises:
            GateError: the guard is not available; the sound stays as it was.
            ValueError: there is no such guard.
        """
        with self._chain_lock:
            self.gate.guard = mode

    @property
    def address(self) -> str:
        """The name or path that finds the preset again, from any folder."""
        preset, found = self._address
        if preset is not self.preset:
            found = absolute(address(self.preset))
            self._address = (self.preset, found)
        return found

    @property
    def guard_model(self) -> str | None:
        """The guard's classifier, as a name or a path from any folder; None is the default."""
        return None if self._guard_model is None else absolute(os.fspath(self._guard_model))

    def _usual(self, preset: Preset) -> dict[str, Any]:
        """Return Threshold and Range: as they were set, or else the preset's."""
        usual = {"threshold": preset.defaults.threshold_db, "range": preset.defaults.range_db} | self._said
        return {attribute(BY_ID[id]): value for id, value in usual.items()}


def _set(plugin: Plugin, parameter: Parameter, value: float) -> None:
    if parameter.id == BYPASS:
        plugin.bypassed = bool(value)
    else:
        plugin.set(parameter.id, value)
