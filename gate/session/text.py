"""A session as the text of a file: a new one with comments, or a file's own text, changed where the session differs."""

import contextlib
import os
import tomllib
from collections.abc import Iterable, Mapping
from os import PathLike
from typing import Any

import tomlkit
from tomlkit.items import Array

from gate.parameters import PARAMETERS, Parameter
from gate.plugins import registry
from gate.session.choices import MONITORS
from gate.session.session import Session, Slot, is_path
from gate.session.table import DEVICES, FORMAT, read

HEAD = (
    "A session of learned-gate: gate-live --session FILE begins with it. docs/session.md explains the lines.",
    "Keys that are not known are kept. Where the threshold or the range has no line, the preset sets it.",
)

Comments = Mapping[tuple[str, ...], str]
"""Comments after lines that are new, by the path of the key."""


def _limits(known: Iterable[Parameter]) -> Comments:
    """Return the comments of a table of parameters."""
    words = {"switch": "true or false"}
    return {
        ("parameters", one.id): words.get(one.taper, ", ".join(one.words)) if one.words else one.limits
        for one in known
    }


COMMENTS: Comments = {
    ("format",): "version of this layout",
    ("preset",): "a name, or a folder or model file; paths begin at this file",
    ("monitor",): ", ".join(MONITORS),
    ("guard-model",): "what the guard listens with",
    **_limits(PARAMETERS),
}

SLOTS = ("before", "after")


def text(
    session: Session,
    folder: str | PathLike[str],
    old: str | None = None,
    old_folder: str | PathLike[str] | None = None,
) -> str:
    """Return the text of a file with a session.

    Args:
        session: the session.
        folder: of the file; paths in it are written from there.
        old: a text of today's format to keep as far as the session agrees: comments, order, spelling, unknown keys.
        old_folder: of that text's file, if it is another one.
    """
    wanted = plain(session, folder)
    if old is not None:
        # where only the standard library's reader takes the old text, or the change did not come out right, it is
        # written afresh: the file before it is kept, so nothing is lost
        with contextlib.suppress(Exception):
            made = _changed(old, old_folder or folder, wanted)
            if read(tomllib.loads(made), folder)[0] == session:
                return made
    document = tomlkit.document()
    for line in HEAD:
        document.add(tomlkit.comment(line))
    document.add("format", _item(FORMAT, COMMENTS[("format",)]))
    document.add(tomlkit.nl())
    _merge(document, {}, wanted, COMMENTS)
    return tomlkit.dumps(document)


def _changed(old: str, folder: str | PathLike[str], wanted: Mapping[str, Any]) -> str:
    document = tomlkit.parse(old)
    _merge(document, plain(read(tomllib.loads(old), folder)[0], folder), wanted, COMMENTS)
    return tomlkit.dumps(document)


def plain(session: Session, folder: str | PathLike[str]) -> dict[str, Any]:
    """Return a session as plain values of TOML, defaults included; what has no value is left out."""
    found: dict[str, Any] = {
        "preset": _relative(session.preset, folder),
        "monitor": session.monitor,
        "guard-model": session.guard_model and _relative(session.guard_model, folder),
        "parameters": _values({p.id: p for p in PARAMETERS}, dict(session.parameters)),
        "before": [_slot(slot, folder) for slot in session.before],
        "after": [_slot(slot, folder) for slot in session.after],
        "midi": {"port": session.midi_port, "map": list(session.midi_map)},
        "devices": {key: getattr(session.devices, key.replace("-", "_")) for key in DEVICES},
    }
    for key in ("midi", "devices"):
        found[key] = {name: value for name, value in found[key].items() if value not in (None, [])}
    return {key: value for key, value in found.items() if value not in (None, [], {})}


def _slot(slot: Slot, folder: str | PathLike[str]) -> dict[str, Any]:
    made = {
        "kind": slot.kind,
        "file": slot.file and _relative(slot.file, folder),
        "name": slot.name,
        "bypassed": slot.bypassed,
        "parameters": _slot_values(slot),
        "state": slot.state,
    }
    return {key: value for key, value in made.items() if value not in ("", {})}


def _slot_values(slot: Slot) -> dict[str, Any]:
    """Return a slot's values: the kind's own as words and numbers, those that only its file knows as they are."""
    known, given = registry.parameters(slot.kind), dict(slot.parameters)
    return {**_values(known, given), **{id: value for id, value in given.items() if id not in known}}


def _values(known: Mapping[str, Parameter], given: Mapping[str, float]) -> dict[str, Any]:
    """Return values as a file has them: words for choices, true or false for switches."""
    made: dict[str, Any] = {}
    for id, parameter in known.items():
        value = given.get(id, parameter.default)
        if value is not None:
            switch = parameter.taper == "switch"
            made[id] = (
                bool(value) if switch else parameter.words[int(value)] if parameter.words else float(value)
            )
    return made


def _relative(path: str, folder: str | PathLike[str]) -> str:
    """Return a path within the folder relative to it; any other path, or a name, as it is."""
    if not is_path(path) or not os.path.isabs(path):
        return path
    try:
        inside = os.path.relpath(path, os.path.abspath(folder))
    except ValueError:  # another drive
        return path
    if inside.split(os.sep)[0] == os.pardir:
        return path
    inside = inside.replace(os.sep, "/")
    return inside if is_path(inside) else f"./{inside}"


def _merge(
    table: Any, old: Mapping[str, Any], new: Mapping[str, Any], comments: Comments, path: tuple[str, ...] = ()
) -> None:
    """Change a table of tomlkit's from its old values to the new ones."""
    for key in dict.fromkeys([*old, *new]):
        was, wanted = old.get(key), new.get(key)
        if was == wanted:
            continue
        if wanted is None:
            table.pop(key, None)
        elif key in SLOTS:
            _merge_slots(table, key, was or [], wanted)
        elif isinstance(wanted, dict):
            if key not in table:
                table.add(key, tomlkit.table())
            _merge(table[key], was or {}, wanted, comments, (*path, key))
        elif isinstance(wanted, list) and isinstance(table.get(key), Array):
            _merge_list(table[key], was or [], wanted)
        elif key in table:
            table[key] = wanted  # the comment after it stays
        else:
            table.add(key, _item(wanted, comments.get((*path, key))))


def _merge_list(array: Array, old: list[str], new: list[str]) -> None:
    """Remove what goes and add what comes, so that the rest keeps its comments; write all again in another order."""
    for k in reversed(range(len(old))):
        if old[k] not in new:
            del array[k]
    kept = [text for text in old if text in new]
    if kept == new[: len(kept)]:
        array.extend(new[len(kept) :])
    else:
        array.clear()
        array.extend(new)


def _merge_slots(table: Any, key: str, old: list[Any], new: list[Any]) -> None:
    """Put slots in their new order; one of the same kind and file keeps its text."""
    left = list(zip(old, table.get(key, []), strict=True))
    slots = tomlkit.aot()
    for wanted in new:
        comments = _limits(registry.parameters(wanted["kind"]).values())
        same = (k for k, (was, _) in enumerate(left) if _made_of(was) == _made_of(wanted))
        k = next(same, None)
        was, item = ({}, tomlkit.table()) if k is None else left.pop(k)
        _merge(item, was, wanted, comments)
        slots.append(item)
    if key in table:
        table[key] = slots
    else:
        table.add(key, slots)


def _made_of(slot: Mapping[str, Any]) -> tuple[Any, Any]:
    return slot["kind"], slot.get("file")


def _item(value: Any, comment: str | None) -> Any:
    """Return a new value, with a comment after it."""
    if isinstance(value, list):
        made: Any = tomlkit.array()
        made.extend(value)
        return made.multiline(True)
    made = tomlkit.item(value)
    if comment:
        made.comment(comment)
        made.trivia.comment_ws = "  "
    return made
