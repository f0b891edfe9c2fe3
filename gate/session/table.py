"""A session as a table of TOML, read and checked key by key: an error has the key's path.

    format = 1                      the version of this layout, first of all
    preset = "voice"                a name, or a folder or model file
    monitor = "out"
    guard-model = "..."             a classifier; optional

    [parameters]                    of the parameter table, by id; optional, each
    threshold = -45.0

    [[before]]                      plugins before the gate, in order; [[after]] after it
    kind = "highpass"
    file = "..."                    where the kind has one
    name = "..."                    what MIDI calls it, if it is not its kind
    bypassed = false
    state = "..."                   base64, of a third-party plugin: its own parameters are in it
    parameters.cutoff = 120.0

    [midi]
    port = "nano"
    map = ["threshold=cc7", "range=nrpn:1:2[-60..0]"]

    [devices]
    input = "..."                   by number or part of a name; output likewise
    rate = 48000
    channels = 2

Paths are relative to the file. Keys that are not known are left alone.
"""

import difflib
import re
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from os import PathLike
from typing import Any

from gate.constants import MAX_CHANNELS, RATE_RANGE_HZ
from gate.errors import UsageError
from gate.midi.bindings import parse_one
from gate.parameters import BY_ID, Parameter
from gate.plugins import registry
from gate.session.choices import MONITORS, Devices
from gate.session.session import BYPASS, GATE, Session, Slot, absolute

FORMAT = 1
"""Version of the layout that is written."""

TOP = ("format", "preset", "monitor", "guard-model", "parameters", "before", "after", "midi", "devices")
SLOT = ("kind", "file", "name", "bypassed", "parameters", "state")
MIDI = ("port", "map")
DEVICES = tuple(one.name.replace("_", "-") for one in fields(Devices))
"""Keys of the tables."""

MOST_SLOTS = 31
"""Before and after the gate, together: as many as a chain has beside it."""

WHOLE = {"rate": RATE_RANGE_HZ, "channels": (1, MAX_CHANNELS)}
"""Keys of ``devices`` that are whole numbers, and their limits."""

NAME = re.compile(r"[A-Za-z0-9-]{1,40}")
"""Form of a slot's name."""

Path = tuple[str | int, ...]
"""Path of a key: names of tables, and numbers of their elements."""


class WrongKey(Exception):
    """A value in the table that is not what it has to be.

    Attributes:
        path: of the value.
        sentence: expected, got, remedy.
    """

    def __init__(self, path: Path, sentence: str) -> None:
        super().__init__(sentence)
        self.path, self.sentence = path, sentence


@dataclass(frozen=True)
class Unknown:
    """A key that is not known here, and those that it may have been meant for."""

    path: Path
    near: tuple[str, ...]


def read(tree: Mapping[str, Any], folder: str | PathLike[str]) -> tuple[Session, list[Unknown]]:
    """Return the session in a table of today's format, and the keys that are not known.

    Args:
        tree: as ``tomllib`` gives it.
        folder: where relative paths begin.

    Raises:
        WrongKey: a value is of the wrong type or out of its range.
    """
    unknown: list[Unknown] = []
    _sift(tree, (), TOP, unknown)
    midi, devices = _table(tree, (), "midi"), _table(tree, (), "devices")
    _sift(midi, ("midi",), MIDI, unknown)
    _sift(devices, ("devices",), DEVICES, unknown)
    said = _table(tree, (), "parameters")
    _sift(said, ("parameters",), BY_ID, unknown)
    values = {id: _value(BY_ID[id], ("parameters", id), said[id]) for id in BY_ID if id in said}
    monitor = _text(tree, (), "monitor") or MONITORS[0]
    if monitor not in MONITORS:
        raise WrongKey(("monitor",), f"expected one of {', '.join(MONITORS)}, got {monitor!r}; choose one")
    guard_model = _text(tree, (), "guard-model")
    slots = {key: _slots(tree, key, folder, unknown) for key in ("before", "after")}
    session = Session(
        preset=absolute(_text(tree, (), "preset") or Session.preset, folder),
        parameters=tuple(values.items()),
        before=slots["before"],
        after=slots["after"],
        monitor=monitor,
        guard_model=None if guard_model is None else absolute(guard_model, folder),
        midi_port=_text(midi, ("midi",), "port"),
        devices=_devices(devices),
    )
    for key, slots_ in (("before", session.before), ("after", session.after)):
        for k, slot in enumerate(slots_):
            if slot.name and session.names.count(slot.name) + (slot.name == GATE) > 1:
                raise WrongKey((key, k, "name"), f"expected each name once, got {slot.name!r} twice; fix it")
    if len(session.before) + len(session.after) > MOST_SLOTS:
        raise WrongKey(
            ("before",) if session.before else ("after",),
            f"expected at most {MOST_SLOTS} slots; take some out",
        )
    return replace(session, midi_map=_map(midi, session)), unknown


def _sift(table: Mapping[str, Any], path: Path, known: Iterable[str], unknown: list[Unknown]) -> None:
    known = tuple(known)
    for key in table:
        if key not in known:
            unknown.append(Unknown((*path, key), tuple(difflib.get_close_matches(key, known, 2))))


def _table(table: Mapping[str, Any], path: Path, key: str) -> Mapping[str, Any]:
    found = table.get(key, {})
    if not isinstance(found, dict):
        raise WrongKey((*path, key), f"expected a table [{key}], got {_show(found)}; fix it")
    return found


def _text(table: Mapping[str, Any], path: Path, key: str) -> str | None:
    found = table.get(key)
    if found is None:
        return None
    if not isinstance(found, str) or not found.strip() or not found.isprintable():
        raise WrongKey((*path, key), f"expected {key} as a text between quotes, got {_show(found)}; fix it")
    return found


def _value(parameter: Parameter, path: Path, said: Any) -> float:
    """Return a parameter's value: of a number, or a text as people write it, or true or false for a switch."""
    try:
        if isinstance(said, str):
            return parameter.parse(said)
        if isinstance(said, int | float) and isinstance(said, bool) == (parameter.taper == "switch"):
            return parameter.check(said)
    except ValueError as error:
        raise WrongKey(path, f"{error}; fix it") from None
    expected = "expected true or false" if parameter.taper == "switch" else parameter.expected
    raise WrongKey(path, f"{parameter.id}: {expected}, got {_show(said)}; fix it")


def _slots(
    tree: Mapping[str, Any], key: str, folder: str | PathLike[str], unknown: list[Unknown]
) -> tuple[Slot, ...]:
    found = tree.get(key, [])
    if not isinstance(found, list) or not all(isinstance(one, dict) for one in found):
        raise WrongKey((key,), f"expected a table [[{key}]] for each plugin, got {_show(found)}; fix it")
    return tuple(_slot(table, (key, k), folder, unknown) for k, table in enumerate(found))


def _slot(table: Mapping[str, Any], path: Path, folder: str | PathLike[str], unknown: list[Unknown]) -> Slot:
    _sift(table, path, SLOT, unknown)
    kind = _text(table, path, "kind")
    if kind is None:
        raise WrongKey(path, f'expected a slot\'s kind, got none; give kind = "{next(iter(registry.KINDS))}"')
    file, bypassed = _text(table, path, "file") or "", table.get("bypassed", False)
    try:
        registry.check(kind, file)
    except UsageError as error:
        raise WrongKey((*path, "file" if kind in registry.KINDS and file else "kind"), str(error)) from None
    if not isinstance(bypassed, bool):
        raise WrongKey((*path, "bypassed"), f"expected true or false, got {_show(bypassed)}; fix it")
    name = _text(table, path, "name") or ""
    if not NAME.fullmatch(name or "x"):
        raise WrongKey((*path, "name"), f"expected letters, digits and hyphens, got {_show(name)}; fix it")
    said = _table(table, path, "parameters")
    known = registry.parameters(kind)
    values = {id: _value(known[id], (*path, "parameters", id), said[id]) for id in known if id in said}
    changed = {id: value for id, value in values.items() if value != known[id].default}
    if registry.complete(kind):
        _sift(said, (*path, "parameters"), known, unknown)
    else:  # only the plugin's file knows what else it has
        changed |= {id: _number((*path, "parameters", id), said[id]) for id in said if id not in known}
    state = _text(table, path, "state") or ""
    try:
        registry.state_of(kind, state)
    except UsageError as error:
        raise WrongKey((*path, "state"), str(error)) from None
    return Slot(kind, absolute(file, folder), bypassed, tuple(changed.items()), name, state)


def _number(path: Path, said: Any) -> float:
    if isinstance(said, bool) or not isinstance(said, int | float) or not abs(said) <= sys.float_info.max:
        raise WrongKey(path, f"expected a number, got {_show(said)}; fix it")
    return float(said)


def _map(midi: Mapping[str, Any], session: Session) -> tuple[str, ...]:
    """Return the bindings, spelled as ``gate.midi`` does."""
    found = midi.get("map", [])
    if not isinstance(found, list):
        raise WrongKey(("midi", "map"), f"expected a list of bindings, got {_show(found)}; fix it")
    bindings = []
    for k, text in enumerate(found):
        if not isinstance(text, str):
            raise WrongKey(("midi", "map", k), f"expected a text such as threshold=cc7, got {_show(text)}")
        try:
            bindings.append(str(parse_one(text, lambda name: _of_slot(name, session))))
        except _LaterError:
            bindings.append(text.strip())
        except UsageError as error:
            raise WrongKey(("midi", "map", k), str(error)) from None
    return tuple(bindings)


class _LaterError(Exception):
    """A parameter that only a plugin's file knows."""


def _of_slot(name: str, session: Session) -> Parameter:
    """Return the parameter of a slot, named as "highpass.cutoff".

    Raises:
        UsageError: there is no such slot or parameter.
        _LaterError: it may be one that only the plugin's file knows.
    """
    slot, _, id = name.partition(".")
    kinds = dict(zip(session.names, (*session.before, *session.after), strict=True))
    known = BY_ID if slot == GATE else {}
    if slot in kinds and not registry.complete(kinds[slot].kind):
        raise _LaterError
    if slot in kinds:
        known = {**registry.parameters(kinds[slot].kind), BYPASS: BY_ID[BYPASS]}
    if id not in known:
        what = f"one of {', '.join(known)} of {slot}" if known else f"a slot ({', '.join(kinds) or 'none'})"
        raise UsageError(f"expected {what}, got {name!r}; fix it")
    return known[id]


def _devices(table: Mapping[str, Any]) -> Devices:
    found: dict[str, Any] = {}
    for key in DEVICES:
        value = table.get(key)
        if key in WHOLE:
            low, high = WHOLE[key]
            if value is not None and (type(value) is not int or not low <= value <= high):
                expected = f"expected {key} as a whole number from {low} to {high}"
                raise WrongKey(("devices", key), f"{expected}, got {_show(value)}; fix it")
        elif type(value) is int:  # a device's number
            value = str(value)
        else:
            value = _text(table, ("devices",), key)
        found[key.replace("-", "_")] = value
    wishes = Devices(**found)
    try:
        _ = wishes.key
    except UsageError as error:
        raise WrongKey(("devices", "key-channels"), str(error)) from None
    return wishes


def _show(value: Any) -> str:
    """Return a value as a sentence quotes it: short, and without control characters."""
    if isinstance(value, Mapping):
        return "a table"
    if isinstance(value, Sequence) and not isinstance(value, str):
        return "a list"
    text = (
        str(value).lower()
        if isinstance(value, bool)
        else ascii(value)
        if isinstance(value, float)
        else repr(value)
    )
    return text if len(text) <= 60 else f"{text[:57]}..."
