"""The JSON inside a model file: fields, types and ranges. ``gate.modelfile.contract`` checks the rest of the file."""

import json
import math
import re
from dataclasses import dataclass
from typing import Any

from gate.constants import BLOCK, CLASSES, CLASSIFY_BLOCK, CLASSIFY_RATE, RATE
from gate.errors import ContractError
from gate.parameters import BY_ID

SCHEMA = 2
"""Version of these fields; a change that old readers cannot take raises it."""

MAX_METADATA_BYTES = 1 << 20
"""Largest metadata: 1 MiB of JSON."""

MAX_METADATA_DEPTH = 32
"""Most tables inside tables."""

MAX_STATES = 64
"""Most state tensors; a network of layers has one or two a layer."""

MAX_STATE_BYTES = 16 << 20
"""All states together, with ``STATE_CHANNELS``: 16 MiB. A gate has some kilobytes, which stay in the cache."""

STATE_CHANNELS = 8
"""Channels that ``MAX_STATE_BYTES`` is for, whatever the engine takes: so no file fits one version and not another."""

MAX_READOUTS = 32
"""Most rows of the readouts."""

KEY_BANDS = (2, 256)
"""Fewest and most bands that a key is made of."""

HIGHEST_BAND_HZ = RATE / 2
"""Highest end of a key's bands, Hz."""


MAX_AXES = 6
"""Most axes of a state."""

IDENTIFIER = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,63}")
"""Names of states, readouts and classes."""

AGAIN = "export it again"
"""The usual remedy: what breaks the contract was not written by this version's exporter."""


@dataclass(frozen=True)
class Kind:
    """A kind of model: the rate that it takes, in Hz, and the samples of its blocks."""

    sample_rate: int
    block: int


KINDS = {
    "gate": Kind(sample_rate=RATE, block=BLOCK),
    "classify": Kind(sample_rate=CLASSIFY_RATE, block=CLASSIFY_BLOCK),
    "mask": Kind(sample_rate=RATE, block=BLOCK),
    "audio": Kind(sample_rate=RATE, block=BLOCK),
}
"""Every kind of model, by name."""


MOST_LATENCY = RATE
"""Samples by which a model of kind "audio" may be late by itself: 1 s."""


@dataclass(frozen=True)
class State:
    """A state tensor: what NAME_out gives is what NAME_in takes in the next run; zeros at the start."""

    name: str
    shape: tuple[int | str, ...]
    """Lengths; "C" is the number of channels."""

    def shape_for(self, channels: int) -> tuple[int, ...]:
        """Return the shape with so many channels."""
        return tuple(channels if isinstance(axis, str) else axis for axis in self.shape)

    def nbytes(self, channels: int) -> int:
        """Return the size of the tensor as float32, in bytes, with so many channels."""
        return 4 * math.prod(self.shape_for(channels))


@dataclass(frozen=True)
class Readout:
    """A row of the readouts."""

    name: str
    unit: str


def parse(text: str) -> dict[str, Any]:
    """Return the metadata as a table.

    Raises:
        ContractError: line "metadata": too long, not JSON, not a table, nested too deep.
    """
    if len(text) > MAX_METADATA_BYTES:
        raise ContractError(
            "metadata", f"expected at most {MAX_METADATA_BYTES >> 20} MiB of JSON, got more; {AGAIN}"
        )
    try:
        metadata = json.loads(text, parse_constant=_no_constant, parse_float=_finite)
    except (ValueError, RecursionError) as error:
        why = "tables inside tables without end" if isinstance(error, RecursionError) else str(error)[:80]
        raise ContractError("metadata", f"expected JSON, got something else ({why}); copy it again") from None
    layer: list[Any] = [metadata] if isinstance(metadata, dict | list) else []
    for _ in range(MAX_METADATA_DEPTH):
        layer = [inner for item in layer for inner in (item.values() if isinstance(item, dict) else item)]
        layer = [item for item in layer if isinstance(item, dict | list)]
    if layer:
        raise ContractError(
            "metadata", f"expected tables at most {MAX_METADATA_DEPTH} deep, got deeper; {AGAIN}"
        )
    if not isinstance(metadata, dict):
        raise ContractError("metadata", f"expected a JSON table, got {_show(metadata)}; {AGAIN}")
    return metadata


def read_kind(metadata: dict[str, Any]) -> str:
    """Check schema and kind, which decide what all else means; return the kind.

    Raises:
        ContractError: lines "schema" and "kind".
    """
    schema = metadata.get("schema")
    if type(schema) is not int or schema < 1:
        raise ContractError("schema", f"expected a whole number from 1, got {_show(schema)}; {AGAIN}")
    if schema > SCHEMA:
        raise ContractError(
            "schema", f"expected {SCHEMA}, got the newer {_show(schema)}; update learned-gate"
        )
    kind = metadata.get("kind")
    if not isinstance(kind, str) or kind not in KINDS:
        raise ContractError("kind", f"expected one of {', '.join(KINDS)}, got {_show(kind)}; {AGAIN}")
    return kind


def check_hash(metadata: dict[str, Any], digest: str) -> None:
    """Compare the graph's hash with the one it was written with.

    Raises:
        ContractError: line "graph_sha256".
    """
    written = metadata.get("graph_sha256")
    if not isinstance(written, str):
        raise ContractError("graph_sha256", f"expected the graph's hash, got {_show(written)}; {AGAIN}")
    if written != digest:
        detail = f"expected {written[:12]!r}..., got {digest[:12]!r}...: the file is damaged; copy it again"
        raise ContractError("graph_sha256", detail)


def read_fields(metadata: dict[str, Any], kind: str) -> dict[str, Any]:
    """Check all other fields; return them by their names in ``Contract``.

    Raises:
        ContractError: the line named after the field, or "metadata" for the plain ones.
    """
    known = KINDS[kind]
    for key, value in (("sample_rate", known.sample_rate), ("block", known.block)):
        if type(metadata.get(key)) is not int or metadata[key] != value:
            raise ContractError(
                key, f"expected {value} for a {kind}, got {_show(metadata.get(key))}; {AGAIN}"
            )
    latency = metadata.get("latency_samples")
    most = MOST_LATENCY if kind == "audio" else 0
    if most and (type(latency) is not int or not 0 <= latency <= most):
        detail = f'expected "latency_samples" from 0 to {most}, got {_show(latency)}; {AGAIN}'
        raise ContractError("metadata", detail)
    if not most and (type(latency) is not int or latency != 0):
        detail = f'expected "latency_samples" 0 (a {kind} delays nothing), got {_show(latency)}; {AGAIN}'
        raise ContractError("metadata", detail)
    scores = metadata.get("scores")
    if not isinstance(scores, dict):
        raise ContractError("metadata", f'expected a table in "scores", got {_show(scores)}; {AGAIN}')
    return {
        "name": _text(metadata, "name", 64),
        "taught": _text(metadata, "taught"),
        "sample_rate": known.sample_rate,
        "block": known.block,
        "latency_samples": latency,
        "states": _states(metadata.get("states")),
        "readouts": _readouts(metadata.get("readouts")),
        **(_of_gate(metadata) if kind == "gate" else {}),
        **(_of_classifier(metadata) if kind == "classify" else {}),
        "licence": _text(metadata, "licence"),
        "training_data": _text(metadata, "training_data"),
        "scores": scores,
        "graph_sha256": metadata["graph_sha256"],
    }


def _of_gate(metadata: dict[str, Any]) -> dict[str, Any]:
    """Read the fields that only a gate has: where it opens, and the defaults of its controls."""
    open_at, close_at = _decision(_table(metadata, "decision"))
    defaults = _table(metadata, "defaults")
    return {
        "open_at": open_at,
        "close_at": close_at,
        "default_threshold_db": _number(defaults, "threshold_db", "defaults", _limits("threshold")),
        "default_range_db": _number(defaults, "range_db", "defaults", _limits("range")),
        "key_bands_hz": _key_bands(metadata["key_bands_hz"]) if "key_bands_hz" in metadata else (),
    }


def _key_bands(items: Any) -> tuple[tuple[float, float], ...]:
    """Read the edges of the bands that a key may be held to."""
    fewest, most = KEY_BANDS
    expected = f"expected a list of {fewest} to {most} bands [low, high] with 0 < low < high <= {HIGHEST_BAND_HZ:g} Hz"
    if not isinstance(items, list) or not fewest <= len(items) <= most:
        got = f"{len(items)} of them" if isinstance(items, list) else _show(items)
        raise ContractError("key_bands_hz", f"{expected}, got {got}; {AGAIN}")
    for item in items:
        numbers = (
            isinstance(item, list) and len(item) == 2 and all(type(edge) in (int, float) for edge in item)
        )
        if not (numbers and 0 < item[0] < item[1] <= HIGHEST_BAND_HZ):
            raise ContractError("key_bands_hz", f"{expected}, got {_show(item)}; {AGAIN}")
    return tuple((float(low), float(high)) for low, high in items)


def _of_classifier(metadata: dict[str, Any]) -> dict[str, Any]:
    """Read the field that only a classifier has: the names of its classes, in the order of the output's rows."""
    names, (fewest, most) = metadata.get("classes"), CLASSES
    if not (isinstance(names, list) and fewest <= len(names) <= most and all(map(_is_name, names))):
        detail = f"expected a list of {fewest} to {most} names, got {_show(names)}; {AGAIN}"
        raise ContractError("classes", detail)
    _check_unique("classes", names)
    return {"classes": tuple(names)}


def _states(items: Any) -> tuple[State, ...]:
    """Read state names and shapes."""
    expected = 'expected a list of {"name": NAME, "shape": [lengths or "C"]}'
    if not isinstance(items, list) or len(items) > MAX_STATES:
        got = f"{len(items)} states" if isinstance(items, list) else _show(items)
        raise ContractError("states", f"{expected}, at most {MAX_STATES}, got {got}; {AGAIN}")
    states = []
    for item in items:
        shape = item.get("shape") if isinstance(item, dict) else None
        if not (isinstance(shape, list) and 1 <= len(shape) <= MAX_AXES and _is_name(item.get("name"))):
            raise ContractError("states", f"{expected}, got {_show(item)}; {AGAIN}")
        if not all(axis == "C" or (type(axis) is int and axis >= 1) for axis in shape):
            raise ContractError("states", f'expected lengths of 1 or more or "C", got {_show(item)}; {AGAIN}')
        states.append(State(item["name"], tuple(shape)))
    _check_unique("states", [state.name for state in states])
    size = sum(state.nbytes(STATE_CHANNELS) for state in states)
    if size > MAX_STATE_BYTES:
        limit = f"at most {MAX_STATE_BYTES >> 20} MiB for all states with {STATE_CHANNELS} channels"
        got = f"{size >> 20} MiB" if size < 1 << 60 else "far more"
        raise ContractError("states", f"expected {limit}, got {got}; {AGAIN}")
    return tuple(states)


def _readouts(items: Any) -> tuple[Readout, ...]:
    """Read readout names and units."""
    expected = f'expected a list of 1 to {MAX_READOUTS} {{"name": NAME, "unit": TEXT}}'
    if not isinstance(items, list) or not 1 <= len(items) <= MAX_READOUTS:
        got = f"{len(items)} of them" if isinstance(items, list) else _show(items)
        raise ContractError("readouts", f"{expected}, got {got}; {AGAIN}")
    for item in items:
        if not (isinstance(item, dict) and _is_name(item.get("name")) and _is_text(item.get("unit"))):
            raise ContractError("readouts", f"{expected}, got {_show(item)}; {AGAIN}")
    _check_unique("readouts", [item["name"] for item in items])
    return tuple(Readout(item["name"], item["unit"]) for item in items)


def _decision(table: dict[str, Any]) -> tuple[float, float]:
    """Read (open_at, close_at): probabilities, the second no higher than the first."""
    open_at = _number(table, "open_at", "decision", (0.0, 1.0))
    close_at = _number(table, "close_at", "decision", (0.0, 1.0))
    if not 0.0 < close_at <= open_at < 1.0:
        detail = (
            f"expected 0 < close_at <= open_at < 1, got close_at {close_at} and open_at {open_at}; {AGAIN}"
        )
        raise ContractError("decision", detail)
    return open_at, close_at


def _table(metadata: dict[str, Any], key: str) -> dict[str, Any]:
    table = metadata.get(key)
    if not isinstance(table, dict):
        raise ContractError(key, f"expected a table, got {_show(table)}; {AGAIN}")
    return table


def _text(metadata: dict[str, Any], key: str, longest: int = 10_000) -> str:
    text = metadata.get(key)
    if not (isinstance(text, str) and 0 < len(text) <= longest and text.strip() and _is_text(text)):
        detail = f'expected printable text of 1 to {longest} letters in "{key}", got {_show(text)}; {AGAIN}'
        raise ContractError("metadata", detail)
    return text


def _number(table: dict[str, Any], key: str, line: str, limits: tuple[float, float]) -> float:
    value = table.get(key)
    low, high = limits
    # whole numbers of JSON have no end: compare before making a float of them
    if isinstance(value, bool) or not isinstance(value, int | float) or not low <= value <= high:
        detail = f'expected "{key}" from {low:g} to {high:g}, got {_show(value)}; {AGAIN}'
        raise ContractError(line, detail)
    return float(value)


def _limits(id: str) -> tuple[float, float]:
    """Return the range of a control, which a default has to be in."""
    return BY_ID[id].minimum, BY_ID[id].maximum


def _is_name(name: Any) -> bool:
    return isinstance(name, str) and IDENTIFIER.fullmatch(name) is not None


def _is_text(text: Any) -> bool:
    """Return whether a text is printable: what a terminal is shown must not steer it."""
    return isinstance(text, str) and all(line.isprintable() for line in text.split("\n"))


def _check_unique(line: str, names: list[str]) -> None:
    twice = [name for i, name in enumerate(names) if name in names[:i]]
    if twice:
        raise ContractError(line, f'expected each name once, got "{twice[0]}" twice; {AGAIN}')


def _show(value: Any) -> str:
    """Return a value as an error text quotes it: short, and without control characters."""
    if value is None:
        return "none"
    text = json.dumps(value)
    return text if len(text) <= 60 else text[:60] + "..."


def _finite(text: str) -> float:
    value = float(text)
    if not math.isfinite(value):
        raise ValueError(f"{text[:20]} is too large")
    return value


def _no_constant(name: str) -> float:
    raise ValueError(f"{name} is no number of JSON")
