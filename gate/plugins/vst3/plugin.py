"""Third-party plugins, VST3 and (on macOS) AU, in a slot of the chain; each lives in a process of its own.

    from gate import Chain, Gate, Vst3

    reverb = Vst3("/usr/lib/vst3/Room.vst3", mix=30)
    wet = Chain([Gate("voice"), reverb])(audio, rate)

The plugin's parameters are attributes, under the names that pedalboard gives them. docs/chain.md says what is heard
when such a plugin is late, hangs or dies, and decision 0015 why it is done so.
"""

import base64
import os
import re
from pathlib import Path
from typing import Any, Literal

from gate.errors import PluginError
from gate.parameters import Knob, Parameter, attribute
from gate.plugins.plugin import Plugin
from gate.plugins.running import Format, Running
from gate.plugins.vst3.keeper import Keeper
from gate.plugins.vst3.process import Process
from gate.plugins.vst3.running import Vst3Running


class Vst3(Plugin):
    """A third-party plugin: its parameters are attributes, ``bypassed`` and ``headroom_ms`` are the slot's own.

    Sound in and out of it is float32, whatever the chain's is. It takes as many channels as the sound has, or refuses.
    A headroom is rounded up to whole buffers, and is 1024 samples at least where buffers may have any size. It delays the
    sound, and so does what the plugin itself needs; a change is faded in.
    """

    kind = "vst3"
    complete = False

    headroom_ms = Knob(Parameter(
        "headroom", "Headroom", "ms", 1.0, 500.0, 10.0, "linear", False,
        "how long before its answer is needed the plugin's process has the sound, rounded up to whole buffers",
    ))  # fmt: skip

    def __init__(
        self,
        file: str | os.PathLike[str],
        name: str | None = None,
        **values: float | str | None,
    ) -> None:
        """Load the plugin once, to see what it is.

        Args:
            file: a .vst3 file or bundle (or .component on macOS); ``FILE:NAME`` says which of its plugins.
            name: which of a file's plugins; None for the only one.
            values: ``headroom_ms``, and the plugin's own parameters by attribute.

        Raises:
            PluginError: the plugin cannot be had: the sentence says why.
            ValueError: a value is out of its range.
            AttributeError: there is no such parameter.
        """
        self._path, self._name = _split(os.fspath(file), name)
        self._attributes: dict[str, Parameter] = {}
        self._numbers: dict[str, int] = {}
        self._changed: dict[int, float] = {}
        self._state = b""
        super().__init__(headroom_ms=values.pop("headroom_ms", None))
        if not Path(self._path).exists():
            raise PluginError(f"{self._path}: expected a VST3 or AU plugin, got no such file; check the path")
        said = self._look(self._state)
        taken = set(dir(type(self)))
        for number, (table, value) in enumerate(zip(said["parameters"], said["values"], strict=True)):
            parameter = _parameter(table, value, taken)
            taken.add(attribute(parameter))
            self._attributes[attribute(parameter)] = parameter
            self._numbers[parameter.id] = number
            self._values[parameter.id] = float(value)
        for wanted, setting in values.items():
            setattr(self, wanted, setting)

    @property
    def parameters(self) -> tuple[Parameter, ...]:
        """The slot's own parameters first, then the plugin's, as it orders them."""
        return (*self.table(), *self._attributes.values())

    @property
    def file(self) -> str:
        """The plugin's file, and its name after a colon where it was given."""
        return f"{self._path}:{self._name}" if self._name else self._path

    @property
    def state(self) -> bytes:
        """Settings of the plugin, as it writes them itself (pedalboard's ``raw_state``); empty before any change.

        Where a parameter was changed since, the plugin is loaded once more to give its state, beside those at work.

        Raises:
            PluginError: the plugin does not load any more.
        """
        changed = dict(self._changed)
        if changed:
            process = Process(self._path, self._name, self._state, changed)
            try:
                process.expect()
                self._state = base64.b64decode(process.ask("state")["state"])
            finally:
                process.close()
            self._changed = {k: value for k, value in self._changed.items() if changed.get(k) != value}
        return self._state

    @state.setter
    def state(self, state: bytes) -> None:
        """Apply a state that ``state`` returned earlier; the parameters follow.

        Raises:
            PluginError: the plugin dies of this state.
        """
        said = self._look(state)
        self._state, self._changed = state, {}
        for id, number in self._numbers.items():
            self._values[id] = float(said["values"][number])
        for running in self.running:
            assert isinstance(running, Vst3Running)
            running.restore(state, self._plugin_values())

    def set(self, id: str, value: float) -> None:
        """Set a parameter as ``Plugin.set`` does; it acts on the next block's sound, however late that is heard."""
        before = self._values.get(id)
        super().set(id, value)
        if id in self._numbers and self._values[id] != before:
            self._changed[self._numbers[id]] = self._values[id]

    def __getattr__(self, name: str) -> float | str:
        """Return a parameter's value; of a choice its word."""
        parameter = None if name.startswith("_") else self._attributes.get(name)
        if parameter is None:
            raise AttributeError(f"{type(self).__name__} has no {name!r}; see its parameters")
        value = self._values[parameter.id]
        return parameter.words[int(value)] if parameter.choices else value

    def __setattr__(self, name: str, value: Any) -> None:
        """Set a parameter, by number or in words; any other attribute as ``Plugin``."""
        parameter = None if name.startswith("_") else self._attributes.get(name)
        if parameter is None:
            super().__setattr__(name, value)
        else:
            self.set(parameter.id, parameter.parse(value) if isinstance(value, str) else value)

    def __repr__(self) -> str:
        """Return the plugin as one would write it; of the parameters only what was changed."""
        usual = type(self).headroom_ms.parameter.default
        shown = [f"headroom_ms={self.headroom_ms:g}"] if self.headroom_ms != usual else []
        for called, parameter in self._attributes.items():
            if self._numbers[parameter.id] in self._changed:
                shown.append(f"{called}={getattr(self, called)!r}")
        return f"{type(self).__name__}({', '.join([repr(self.file), *shown])})"

    def _plugin_values(self) -> dict[str, float]:
        return {id: self._values[id] for id in self._numbers}

    def _look(self, state: bytes) -> dict[str, Any]:
        """Return what the plugin says of itself in such a state, in a process that ends again."""
        process = Process(self._path, self._name, state, {})
        try:
            return process.expect()
        finally:
            process.close()

    def _open(self, format: Format) -> Running:
        values = self._plugin_values()
        keeper = Keeper(format, self._path, self._name, self._state, self._changed)
        try:
            return Vst3Running(
                format, keeper, self.headroom_ms, self._numbers, values, bypassed=self.bypassed
            )
        except BaseException:
            keeper.close()
            raise


def _split(file: str, name: str | None) -> tuple[str, str | None]:
    """Return file and name of ``FILE:NAME``."""
    head, colon, tail = file.rpartition(":")
    if name is None and colon and not Path(file).exists() and Path(head).exists():
        return head, tail
    return file, name


def _parameter(table: dict[str, Any], value: float, taken: set[str]) -> Parameter:
    """Return one of the plugin's parameters, under a name of its own."""
    unit, words, low, high = table["label"], (), 0.0, 1.0
    if table["type"] == "number":
        low, high = table["minimum"], table["maximum"]
    elif table["type"] == "choice":
        unit, words, high = "", tuple(table["words"]), len(table["words"]) - 1.0
    else:
        unit = ""
    id = re.sub("[^a-z0-9]+", "-", table["name"].lower()).strip("-")
    id = id if id[:1].isalpha() else f"plugin-{id}".rstrip("-")

    def named(id: str) -> Parameter:
        said = f"{table['name']}, as the plugin has it"
        taper: Literal["choice", "linear"] = "choice" if words else "linear"
        return Parameter(id, table["name"], unit, low, high, value, taper, True, said, words)

    tries = [id, f"plugin-{id}", *(f"{id}-{k}" for k in range(2, len(taken) + 2))]
    return next(made for made in map(named, tries) if attribute(made) not in taken)
