"""A session: all settings of a live gate, as one value that can be compared, stored in a file and applied again.

``gate.session.file`` reads and writes it; ``gate.live.sessions`` applies one to a live gate, and captures one from it.
"""

import base64
import os
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from gate.parameters import BY_ID, PARAMETERS
from gate.session.choices import MONITORS, Devices

if TYPE_CHECKING:
    from gate.plugins.plugin import Plugin

GATE = "gate"
"""Name of the gate's own slot."""

BYPASS = "bypass"
"""The parameter that every slot has beside its plugin's own."""

MODEL = re.compile(r"\.(onnx|nam|vst3|component|wav|flac|aiff?)(:|$)", re.IGNORECASE)
"""Ending of what is a path even without a folder in it; a plugin's name may follow its file's."""


@dataclass(frozen=True)
class Slot:
    """A place in the chain beside the gate.

    Attributes:
        kind: of the plugin, a key of ``gate.plugins.registry.KINDS``.
        file: what it is made of; empty where there is none.
        state: what the plugin is set to beside ``parameters``, in base64; empty where there is nothing, or nothing said.
        name: what parameters of it are called by ("highpass-2.cutoff"); empty: its kind, with a number from the second on.
        bypassed: is its input heard in place of its output?
        parameters: (id, value) in the order of their ids; what is not here has its default. Given as a mapping or
            as pairs.
    """

    kind: str
    file: str = ""
    bypassed: bool = False
    parameters: tuple[tuple[str, float], ...] = ()
    name: str = ""
    state: str = ""

    def __post_init__(self) -> None:
        """Put the parameters in order."""
        object.__setattr__(self, "parameters", tuple(sorted(_pairs(self.parameters))))

    @classmethod
    def of(cls, plugin: "Plugin", name: str = "") -> Self:
        """Return a plugin's kind, file and settings as a slot.

        Raises:
            PluginError: a third-party plugin cannot be asked.
        """
        own = {parameter.id for parameter in plugin.table()}  # a third-party plugin's are in its state
        changed = {
            parameter.id: value
            for parameter, value in zip(plugin.parameters, plugin.values, strict=True)
            if value != parameter.default and parameter.id in own
        }
        state = base64.b64encode(plugin.state).decode()
        return cls(plugin.kind, absolute(plugin.file), plugin.bypassed, changed, name, state)  # type: ignore[arg-type]

    def table(self) -> dict[str, Any]:
        """Return the slot as ``gate.plugins.registry.from_dict`` takes it."""
        table: dict[str, Any] = {"kind": self.kind, "bypassed": self.bypassed}
        if self.file:
            table["file"] = self.file
        if self.state:
            table["state"] = self.state
        return {**table, "parameters": dict(self.parameters)}


@dataclass(frozen=True)
class Session:
    """All settings of a live gate. Equal sessions sound the same; nothing here reads or writes a file.

    Attributes:
        preset: name, folder or model file of the gate.
        parameters: (id, value) of the parameter table, in its order; given as a mapping or as pairs. What is not here
            has the default of the table, or of the preset (threshold and range).
        before: slots that sound goes through before the gate, in order.
        after: slots after the gate.
        monitor: the signal that is heard, one of ``gate.session.choices.MONITORS``.
        guard_model: the guard's classifier; None takes the default.
        midi_port: name of a port, or a part of it; None: no MIDI.
        midi_map: what its controls move, as ``gate.midi.bindings`` spells it, one by one; bindings may be given, too.
        devices: where sound comes from and goes to.
    """

    preset: str = "voice"
    parameters: tuple[tuple[str, float], ...] = ()
    before: tuple[Slot, ...] = ()
    after: tuple[Slot, ...] = ()
    monitor: str = MONITORS[0]
    guard_model: str | None = None
    midi_port: str | None = None
    midi_map: tuple[str, ...] = ()
    devices: Devices = field(default_factory=Devices)

    def __post_init__(self) -> None:
        """Check the values, and put the parameters in order; one at its default is as one that is not set.

        Raises:
            ValueError: there is no such parameter or monitor, or a value is out of its range.
        """
        given = dict(_pairs(self.parameters))
        for id in given:
            if id not in BY_ID:
                raise ValueError(f"expected one of {', '.join(BY_ID)}, got {id!r}; choose one")
        kept = [(p.id, p.check(given[p.id])) for p in PARAMETERS if given.get(p.id, p.default) != p.default]
        if self.monitor not in MONITORS:
            raise ValueError(f"expected {', '.join(MONITORS)}, got {self.monitor!r}; choose one")
        before, after = _least_named(tuple(self.before), tuple(self.after))
        for name, value in (
            ("parameters", tuple(kept)),
            ("before", before),
            ("after", after),
            ("midi_map", tuple(map(str, self.midi_map))),
        ):
            object.__setattr__(self, name, value)

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the slots before and after the gate, in order."""
        return slot_names(self.before, self.after)

    def value(self, id: str) -> float | None:
        """Return a parameter's value; None where the preset sets it."""
        return dict(self.parameters).get(id, BY_ID[id].default)

    def with_values(self, values: Mapping[str, float | None]) -> "Session":
        """Return the session with other values of parameters, by id; None is the default, or the preset's.

        Raises:
            ValueError: there is no such parameter, or a value is out of its range.
        """
        merged = {**dict(self.parameters), **values}
        kept = {id: value for id, value in merged.items() if value is not None}
        return replace(self, parameters=kept)  # type: ignore[arg-type]


def slot_names(before: Iterable[Slot], after: Iterable[Slot]) -> tuple[str, ...]:
    """Return names of slots before and after a gate: their own, else their kind, with a number from the second on."""
    slots = (*before, *after)
    return name_all([GATE, *(slot.kind for slot in slots)], [GATE, *(slot.name for slot in slots)])[1:]


def name_all(kinds: Sequence[str], given: Sequence[str]) -> tuple[str, ...]:
    """Return names of slots of these kinds: those given, or else the kind, with a number from the second on."""
    taken, found = set(given), []
    for kind, name in zip(kinds, given, strict=True):
        free = (f"{kind}-{k}" if k > 1 else kind for k in range(1, len(taken) + 2))
        found.append(name or next(one for one in free if one not in taken))
        taken.add(found[-1])
    return tuple(found)


def _least_named(
    before: tuple[Slot, ...], after: tuple[Slot, ...]
) -> tuple[tuple[Slot, ...], tuple[Slot, ...]]:
    """Return the same slots without the names that they would get anyway."""
    slots, wanted = [*before, *after], slot_names(before, after)
    slots = [replace(slot, name=name) for slot, name in zip(slots, wanted, strict=True)]
    for k, slot in enumerate(slots):
        fewer = [*slots[:k], replace(slot, name=""), *slots[k + 1 :]]
        if slot_names(fewer, ()) == wanted:
            slots = fewer
    return tuple(slots[: len(before)]), tuple(slots[len(before) :])


def _pairs(given: Mapping[str, float] | Iterable[tuple[str, float]]) -> Iterable[tuple[str, float]]:
    return given.items() if isinstance(given, Mapping) else given


def is_path(text: str) -> bool:
    """Return whether a text that names a preset or a file is a path, and not a preset's name."""
    return "/" in text or os.sep in text or text in (os.curdir, os.pardir) or MODEL.search(text) is not None


def absolute(text: str, folder: str | os.PathLike[str] = "") -> str:
    """Return a preset's name as it is, and a path as an absolute one; relative paths begin at ``folder``."""
    return os.path.normpath(Path.cwd() / folder / text) if is_path(text) else text
