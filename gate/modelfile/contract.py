"""The contract of a model file: read, checked and written here and nowhere else.

One ONNX file is one plugin, of one of four kinds. A gate (kind "gate") has

    inputs    blocks        float32 (C, T, 100)  sound at 48 kHz, full scale 1.0
              threshold_db  float32 (1, T)       dBFS, one a block
              key_bias      float32 (1, K)       if the metadata has K key_bands_hz: added to the key's logits
              NAME_in       float32              one for each state, all zeros at the start
    outputs   gate          float32 (4, T)       open probability, attack, hold and release in ms
              readouts      float32 (R, T)       rows as the metadata names them
              NAME_out      float32              one for each state

a classifier (kind "classify") has

    inputs    blocks        float32 (C, T, 160)  sound at 16 kHz, full scale 1.0
              NAME_in       float32              as above
    outputs   classes       float32 (K, T)       probabilities that sum to 1, rows as the metadata names them
              readouts      float32 (R, T)       as above
              NAME_out      float32              as above

a model that makes sound of sound (kind "audio") has

    inputs    blocks        float32 (C, T, 100)  sound at 48 kHz, full scale 1.0
              NAME_in       float32              as above
    outputs   audio         float32 (C, T, 100)  sound, as late as the metadata's latency_samples says
              readouts      float32 (R, T)       as above
              NAME_out      float32              as above

and one that says how much of each frequency should pass (kind "mask") has the same, but for

    outputs   mask          float32 (101, T)     gain at 0, 240, ... 24,000 Hz of this block and the one before it

with C channels and T blocks free, ops of ai.onnx alone, all numbers inside the file, and one metadata entry
``learned_gate``: JSON with the fields of ``Contract`` (docs/architecture.md shows one). The hash of the graph
is checked first, so damage is called damage and not taken for a strange model.

What cannot be seen without running (an op that the runtime lacks, shapes that disagree inside) is found by
the engine, which tries every model out before it uses it. The hash guards against damage, not against malice.
"""

import json
import math
import os
import stat
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from gate.constants import MASK_BANDS
from gate.errors import ContractError
from gate.modelfile import metadata as md
from gate.modelfile.metadata import AGAIN, KINDS, Readout, State
from gate.modelfile.onnxfile import AI_ONNX, Graph, Model, Value, read_graph, read_model, with_metadata
from gate.modelfile.protobuf import Walker

__all__ = [
    "KEY",
    "KINDS",
    "MAX_MODEL_BYTES",
    "MAX_OPSET",
    "MIN_OPSET",
    "SCHEMA",
    "Contract",
    "Readout",
    "State",
    "read",
    "write",
]

KEY = "learned_gate"
"""Key of the ONNX metadata entry."""

SCHEMA = md.SCHEMA
"""Version of the metadata that this code reads and writes."""

MAX_MODEL_BYTES = 64 << 20
"""Largest file that is looked at: 64 MiB. A voice gate is a quarter of one."""

MIN_OPSET, MAX_OPSET = 17, 26
"""Versions of ai.onnx: 17 dates from 2022, 26 is the newest that ONNX Runtime 1.31 runs."""


USES = {
    "gate": "it gates, with --preset",
    "classify": "it labels with gate-label, and guards with --guard-model",
    "mask": "it goes in a chain, with gate.Model",
    "audio": "it goes in a chain, with gate.Model",
}
"""Use of each kind, as the remedy of an error."""

NO_GATE = math.nan
"""Filler for the four numbers of a gate in other models: every comparison with it is false."""


@dataclass(frozen=True)
class Contract:
    """A model file that fulfils the contract as written; fields are the metadata's unless said otherwise."""

    model: bytes = field(repr=False)
    """The whole file, as ONNX Runtime takes it."""
    kind: str
    name: str
    taught: str
    sample_rate: int
    block: int
    latency_samples: int
    states: tuple[State, ...]
    readouts: tuple[Readout, ...]
    licence: str
    training_data: str
    scores: dict[str, Any]
    graph_sha256: str
    metadata: dict[str, Any] = field(repr=False)
    """All of the metadata, fields of others included."""
    opset: int
    """Version of ai.onnx (from the file)."""
    ops: dict[str, int] = field(repr=False)
    """How often each op occurs, most frequent first (counted)."""
    parameters: int
    """Stored numbers (counted)."""
    weight_bytes: int
    """Bytes of these numbers in the file (counted)."""
    open_at: float = NO_GATE
    close_at: float = NO_GATE
    default_threshold_db: float = NO_GATE
    default_range_db: float = NO_GATE
    key_bands_hz: tuple[tuple[float, float], ...] = ()
    """Low and high edge of the bands that a gate's key may be held to; empty where it cannot be held."""
    classes: tuple[str, ...] = ()
    """Names of a classifier's classes; a gate has none."""

    def expect(self, kind: str) -> None:
        """Refuse a model of another kind.

        Raises:
            ContractError: line "kind"; the text says which command takes it.
        """
        if self.kind != kind:
            raise ContractError(
                "kind", f"expected {_a(kind)}, got {_a(self.kind)}; {USES[self.kind]}", source=self.name
            )

    def to_dict(self) -> dict[str, Any]:
        """Return the metadata and what was counted, fit for JSON."""
        counted = {
            "file_bytes": len(self.model),
            "weight_bytes": self.weight_bytes,
            "parameters": self.parameters,
            "opset": self.opset,
            "ops": dict(self.ops),
            "state_bytes": sum(state.nbytes(1) for state in self.states),
        }
        return {**self.metadata, **counted}


def read(source: str | os.PathLike[str] | bytes) -> Contract:
    """Read a model file and check every line of the contract that can be checked without running it.

    Args:
        source: path of the file, or its bytes.

    Raises:
        ContractError: the file breaks the contract; ``line`` says where.
    """
    if isinstance(source, bytes):
        return _read(source)
    try:
        return _read(_load(Path(source)))
    except ContractError as error:
        raise ContractError(error.line, error.detail, source=os.fspath(source)) from None


def write(model: bytes, metadata: dict[str, Any]) -> Contract:
    """Put metadata into an exported model, and check the outcome as a reader will.

    Args:
        model: a serialised ONNX file; an entry that is there already is replaced.
        metadata: all fields but ``schema`` and ``graph_sha256``, which are filled in here.

    Returns:
        The file as it is read back; in ``model`` are its bytes. The graph is what it was, byte for byte.

    Raises:
        ContractError: the file breaks the contract.
    """
    _check_size(len(model))
    digest = read_model(model, Walker()).graph_sha256()
    filled = {**metadata, "schema": SCHEMA, "graph_sha256": digest}
    try:
        text = json.dumps(filled, allow_nan=False)
    except (TypeError, ValueError, RecursionError) as error:
        raise ContractError(
            "metadata", f"expected what JSON can hold, got {error}; fix the metadata"
        ) from None
    return read(with_metadata(model, KEY, text))


def _load(path: Path) -> bytes:
    """Return the file's bytes, never more than a model may have; devices and pipes are not opened."""
    try:
        status = path.stat()
        if not stat.S_ISREG(status.st_mode):
            what = "a folder" if stat.S_ISDIR(status.st_mode) else "a device or a pipe"
            raise ContractError("file", f"expected a file, got {what}; give the path of a model.onnx")
        _check_size(status.st_size)
        with path.open("rb") as file:
            return file.read(MAX_MODEL_BYTES + 1)
    except OSError as error:
        why = error.strerror or "it cannot be read"
        raise ContractError("file", f"expected a file that can be read, got: {why}; check the path") from None
    except ValueError:
        raise ContractError(
            "file", "expected a path, got one with a zero byte in it; check the path"
        ) from None


def _check_size(size: int) -> None:
    if size > MAX_MODEL_BYTES:
        limit, got = MAX_MODEL_BYTES >> 20, size / (1 << 20)
        raise ContractError("size", f"expected at most {limit} MiB, got {got:.1f} MiB; a gate is far smaller")
    if size == 0:
        raise ContractError("file", "expected an ONNX file, got an empty one; copy it again")


def _read(data: bytes) -> Contract:
    """Do all checks, cheapest and most telling first."""
    _check_size(len(data))
    walker = Walker()
    model = read_model(data, walker)
    metadata = _metadata(model)
    kind = md.read_kind(metadata)
    md.check_hash(metadata, model.graph_sha256())
    opset = _check_opset(model)
    graph = read_graph(model, walker)
    _check_graph(model, graph)
    fields = md.read_fields(metadata, kind)
    _check_values(graph, kind, fields)
    return Contract(
        model=data,
        kind=kind,
        **fields,
        metadata=metadata,
        opset=opset,
        ops=dict(graph.ops.most_common()),
        parameters=graph.parameters,
        weight_bytes=graph.weight_bytes,
    )


def _metadata(model: Model) -> dict[str, Any]:
    """Return the one metadata entry that is ours."""
    texts = [text for key, text in model.metadata if key == KEY]
    if len(texts) != 1:
        got = "none (no learned-gate model, or cut short)" if not texts else f"{len(texts)}"
        raise ContractError("metadata", f'expected one entry "{KEY}", got {got}; {AGAIN}')
    return md.parse(texts[0])


def _check_opset(model: Model) -> int:
    """Return the one version of ai.onnx that the file asks for."""
    foreign = sorted({domain for domain, _ in model.opsets} - set(AI_ONNX))
    if foreign:
        raise ContractError(
            "ops", f"expected ops of ai.onnx alone, got an import of {foreign[0][:60]!r}; {AGAIN}"
        )
    versions = sorted({version for _, version in model.opsets})
    if len(versions) != 1 or not MIN_OPSET <= versions[0] <= MAX_OPSET:
        got = " and ".join(map(str, versions[:4])) or "none"
        raise ContractError("opset", f"expected one from {MIN_OPSET} to {MAX_OPSET}, got {got}; {AGAIN}")
    return versions[0]


def _check_graph(model: Model, graph: Graph) -> None:
    """Refuse anything outside the file, and ops from elsewhere."""
    if graph.external:
        name = graph.external[0][:60]
        detail = (
            f"expected all numbers inside the file, got tensor {name!r} in another one; save it as one file"
        )
        raise ContractError("external data", detail)
    if graph.foreign_ops:
        op = graph.foreign_ops[0][:60]
        raise ContractError("ops", f"expected ops of ai.onnx alone, got {op!r}; {AGAIN}")
    if model.functions:
        raise ContractError(
            "ops", "expected no functions of the model's own, got some; inline them and " + AGAIN
        )
    if model.has_training:
        raise ContractError(
            "ops", f"expected a graph to run, got one that also holds training steps; {AGAIN}"
        )


Shape = tuple[int | str, ...]


def _check_values(graph: Graph, kind: str, fields: dict[str, Any]) -> None:
    """Check inputs and outputs: all there, none besides, each of its type and shape."""
    inputs: dict[str, Shape] = {"blocks": ("C", "T", KINDS[kind].block)}
    outputs: dict[str, Shape] = {"readouts": (len(fields["readouts"]), "T")}
    if kind == "gate":
        inputs["threshold_db"] = (1, "T")
        if fields["key_bands_hz"]:
            inputs["key_bias"] = (1, len(fields["key_bands_hz"]))
        outputs = {"gate": (4, "T"), **outputs}
    elif kind == "classify":
        outputs = {"classes": (len(fields["classes"]), "T"), **outputs}
    elif kind == "mask":
        outputs = {"mask": (MASK_BANDS, "T"), **outputs}
    else:
        outputs = {"audio": ("C", "T", KINDS[kind].block), **outputs}
    inputs |= {f"{state.name}_in": state.shape for state in fields["states"]}
    outputs |= {f"{state.name}_out": state.shape for state in fields["states"]}
    _check_side("inputs", graph.inputs, inputs)
    _check_side("outputs", graph.outputs, outputs)


def _check_side(side: str, values: list[Value], expected: dict[str, Shape]) -> None:
    """Check one side: ``side`` is "inputs" or "outputs"."""
    got = {value.name: value for value in values}
    for name in expected:
        if name not in got:
            have = ", ".join(value.name[:40] for value in values[:12]) or "none"
            raise ContractError(
                _line(side, name), f'expected "{name}" among the {side}, got {have!r}; {AGAIN}'
            )
    for value in values:
        if value.name not in expected:
            what = f"expected no {side} but {', '.join(expected)}, got {value.name[:60]!r} as well"
            raise ContractError(_line(side, value.name), f"{what}; {AGAIN}")
    if len(got) != len(values):
        raise ContractError(side, f"expected each name once, got one twice; {AGAIN}")
    for name, shape in expected.items():
        _check_value(side, got[name], shape)


def _a(kind: str) -> str:
    """Return a kind with its article."""
    return f"an {kind}" if kind == "audio" else f"a {kind}"


def _line(side: str, name: str) -> str:
    """Return the line to which an input or output belongs."""
    return "states" if name.endswith(("_in", "_out")) else side


def _check_value(side: str, value: Value, shape: Shape) -> None:
    """Check element type and shape of one input or output.

    A fixed axis of an output may be declared free: exporters lose what they cannot work out, and the
    engine's trial run sees the truth.
    """
    line = _line(side, value.name)
    if value.element != "float32":
        raise ContractError(line, f'expected "{value.name}" to be float32, got {value.element}; {AGAIN}')
    got = value.shape
    fits = got is not None and len(got) == len(shape)
    for mine, theirs in zip(shape, got or (), strict=False):
        free = isinstance(theirs, str)
        fits &= free if isinstance(mine, str) else theirs == mine or (free and side == "outputs")
    if fits:
        return
    if value.name == "readouts" and got is not None and len(got) == 2 and got[1:] != (shape[0],):
        line = "readouts"
    shown = "no shape" if got is None else _show(tuple(axis or "?" for axis in got[:12]))
    raise ContractError(line, f'expected "{value.name}" of shape {_show(shape)}, got {shown}; {AGAIN}')


def _show(shape: Shape) -> str:
    """Return a shape as people write it: (C, T, 100); letters are free axes."""
    return f"({', '.join(str(axis)[:20] for axis in shape)})"
