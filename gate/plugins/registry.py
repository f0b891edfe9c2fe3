"""The kinds of plugin by name; a plugin from a short text or from a session's table, and back.

    highpass:cutoff=120                    a kind, and values of its parameters
    classic:threshold=-50,hold=80          several of them
    model:denoise.onnx                     a kind that is made of a file
    gate:snare,threshold=-30               file first, parameters after it

A table (``to_dict``, ``from_dict``) has ``kind``, ``file`` where there is one, ``bypassed``, ``parameters`` by id, and
``state`` (base64) where a plugin has more than parameters. A plugin's module is loaded when one of its kind is made.
"""

import base64
import difflib
import re
from collections.abc import Iterable, Mapping
from importlib import import_module
from typing import TYPE_CHECKING, Any, NamedTuple

from gate.errors import UsageError
from gate.parameters import Parameter

if TYPE_CHECKING:
    from gate.plugins.plugin import Plugin


class Kind(NamedTuple):
    """A kind of plugin: where its class is, and what it is made of."""

    module: str
    name: str
    file: str
    """Description of its file, for help; empty where there is none."""
    needed: bool
    """Does the kind need a file?"""
    help: str


KINDS = {
    "highpass": Kind("gate.plugins.highpass", "HighPass", "", False, "takes away what is low"),
    "classic": Kind("gate.plugins.classic", "ClassicGate", "", False, "a gate with every knob"),
    "gate": Kind("gate.plugins.learned", "Gate", "PRESET", False, "a learned gate"),
    "model": Kind("gate.plugins.model", "Model", "FILE.onnx", True, "a model file that makes sound of sound"),
    "nam": Kind(
        "gate.plugins.nam.plugin", "Nam", "FILE.nam", True, "an amplifier: a model of Neural Amp Modeler"
    ),
    "convolve": Kind(
        "gate.plugins.convolve", "Convolve", "FILE.wav", True, "a cabinet or a room: an impulse response"
    ),
    "vst3": Kind("gate.plugins.vst3.plugin", "Vst3", "FILE.vst3[:NAME]", True, "a third-party plugin"),
    "classify": Kind("gate.plugins.classify", "Classify", "PRESET", False, "says what the sound is"),
}
"""Kinds by the name that comes first in a text."""

_SETTING = re.compile(r"\s*([a-z][a-z0-9-]*)\s*=(.*)", re.DOTALL)


def from_text(text: str) -> "Plugin":
    """Make the plugin that a text such as ``highpass:cutoff=120`` asks for.

    Raises:
        UsageError: the text asks for no plugin, or a value is out of its range.
        GateError: the plugin's file cannot be had.
    """
    kind, _, rest = text.strip().partition(":")
    pieces = rest.split(",") if rest.strip() else []
    settings = [_SETTING.fullmatch(piece) for piece in pieces]
    first = next((k for k, found in enumerate(settings) if found), len(pieces))
    for piece, found in zip(pieces[first:], settings[first:], strict=True):
        if found is None:
            raise UsageError(f"expected parameters such as cutoff=120, got {piece!r} in {text!r}; fix it")
    values = {found[1]: found[2].strip() for found in settings[first:] if found}
    return _make(kind.strip(), ",".join(pieces[:first]).strip(), values, bypassed=False)


def to_dict(plugin: "Plugin") -> dict[str, Any]:
    """Return a plugin as a table: kind, file, whether it is bypassed, and parameters; choices by their words."""
    table: dict[str, Any] = {"kind": plugin.kind, "bypassed": plugin.bypassed}
    if plugin.file:
        table["file"] = plugin.file
    if state := plugin.state:
        table["state"] = base64.b64encode(state).decode()
    table["parameters"] = {
        parameter.id: parameter.words[int(value)] if parameter.words else value
        for parameter, value in zip(plugin.parameters, plugin.values, strict=True)
    }
    return table


def from_dict(table: Mapping[str, Any]) -> "Plugin":
    """Make the plugin that a table describes; keys that are not a plugin's are left alone.

    Raises:
        UsageError: the table describes no plugin, or a value is out of its range.
        GateError: the plugin's file cannot be had.
    """
    kind, file, parameters = table.get("kind", ""), table.get("file", ""), table.get("parameters", {})
    if not isinstance(kind, str) or not isinstance(file, str) or not isinstance(parameters, Mapping):
        raise UsageError(
            f"expected a slot's kind, its file and a table of parameters, got {dict(table)!r}; fix it"
        )
    return _make(kind, file, parameters, bypassed=table.get("bypassed", False), state=table.get("state", ""))


def check(kind: str, file: str) -> Kind:
    """Return the kind of that name, which can be made of such a file ("": of none).

    Raises:
        UsageError: the kind cannot be made of it, or there is no such kind.
    """
    if kind not in KINDS:
        raise UsageError(f"expected a kind of plugin ({', '.join(KINDS)}), got {kind!r}{_like(kind, KINDS)}")
    known = KINDS[kind]
    if file and not known.file:
        raise UsageError(f"{kind} is made of no file, got {file!r}; give parameters such as id=value")
    if known.needed and not file:
        raise UsageError(f"{kind} is made of a file, got none; give {kind}:{known.file}")
    return known


def parameters(kind: str) -> dict[str, Parameter]:
    """Return what can be set of an existing kind, whatever its file, by id."""
    made: type[Plugin] = _class(KINDS[kind])
    return {parameter.id: parameter for parameter in made.table()}


def complete(kind: str) -> bool:
    """Tell whether ``parameters`` are all that can be set of a kind, or its file brings more."""
    made: type[Plugin] = _class(KINDS[kind])
    return made.complete


def _class(kind: Kind) -> Any:
    return getattr(import_module(kind.module), kind.name)


def _make(kind: str, file: str, values: Mapping[str, Any], *, bypassed: Any, state: Any = "") -> "Plugin":
    made = _class(check(kind, file))
    if not isinstance(bypassed, bool):
        raise UsageError(f"expected bypassed true or false, got {bypassed!r}; fix it")
    plugin: Plugin = made(file) if file else made()
    if state != "":
        plugin.state = state_of(kind, state)
    parameters = {parameter.id: parameter for parameter in plugin.parameters}
    for id, value in values.items():
        if id not in parameters:
            which = f"one of {', '.join(parameters)}" if parameters else "no parameter"
            raise UsageError(f"{kind} has no {id!r}: expected {which}{_like(id, parameters)}")
        try:
            plugin.set(id, _value(parameters[id], value))
        except ValueError as error:
            raise UsageError(f"{kind}: {error}, in {id}={value}") from None
    plugin.bypassed = bypassed
    return plugin


def state_of(kind: str, said: Any) -> bytes:
    """Return the state that a table gives.

    Raises:
        UsageError: the state is not base64.
    """
    try:
        return base64.b64decode(said, validate=True)
    except (TypeError, ValueError):
        raise UsageError(
            f"{kind}: expected its state in base64, or none, got {said!r}; leave it out"
        ) from None


def _value(parameter: Parameter, said: Any) -> float:
    """Return the value that a text or a table gives to a parameter."""
    if isinstance(said, str):
        return parameter.parse(said)
    if not isinstance(said, int | float):
        raise ValueError(f"{parameter.id}: {parameter.expected}, got {said!r}; fix it")
    return float(said)


def _like(name: str, known: Iterable[str]) -> str:
    """Return a hint at what somebody may have meant."""
    near = difflib.get_close_matches(name, list(known), 1)
    return f"; did you mean {near[0]!r}?" if near else "; choose one"
