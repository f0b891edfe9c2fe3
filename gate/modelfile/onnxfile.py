"""An ONNX file as far as the contract needs to know it, read without the onnx package and without running the model.

Numbers of fields are those of ``onnx.proto`` (IR version 13); a test compares them with the onnx package.
"""

import hashlib
import math
from collections import Counter
from dataclasses import dataclass, field

from gate.errors import ContractError
from gate.modelfile.protobuf import (
    MAX_VARINT_BYTES,
    Walker,
    damaged,
    encode_bytes,
    payload_of,
    signed,
    text_of,
    varints,
)

MODEL = {"graph": 7, "opset_import": 8, "metadata_props": 14, "training_info": 20, "functions": 25}
GRAPH = {"node": 1, "initializer": 5, "input": 11, "output": 12, "sparse_initializer": 15}
NODE = {"op_type": 4, "attribute": 5, "domain": 7}
ATTRIBUTE = {"t": 5, "g": 6, "tensors": 10, "graphs": 11, "sparse_tensor": 22, "sparse_tensors": 23}
TENSOR = {
    "dims": 1,
    "float_data": 4,
    "int32_data": 5,
    "string_data": 6,
    "int64_data": 7,
    "name": 8,
    "raw_data": 9,
    "double_data": 10,
    "uint64_data": 11,
    "external_data": 13,
    "data_location": 14,
}
SPARSE = {"values": 1, "indices": 2}
FUNCTION = {"node": 7, "attribute_proto": 11}
ENTRY = {"key": 1, "value": 2}
OPSET = {"domain": 1, "version": 2}
VALUE = {"name": 1, "type": 2}
TYPE = {"tensor_type": 1}
TENSOR_TYPE = {"elem_type": 1, "shape": 2}
SHAPE = {"dim": 1}
DIMENSION = {"dim_value": 1, "dim_param": 2}

INSIDE: dict[str, dict[int, str]] = {
    "graph": {
        GRAPH["node"]: "node",
        GRAPH["initializer"]: "initializer",
        GRAPH["sparse_initializer"]: "sparse",
    },
    "function": {FUNCTION["node"]: "node", FUNCTION["attribute_proto"]: "attribute"},
    "node": {NODE["attribute"]: "attribute"},
    "attribute": {
        ATTRIBUTE["t"]: "tensor",
        ATTRIBUTE["tensors"]: "tensor",
        ATTRIBUTE["g"]: "graph",
        ATTRIBUTE["graphs"]: "graph",
        ATTRIBUTE["sparse_tensor"]: "sparse",
        ATTRIBUTE["sparse_tensors"]: "sparse",
    },
    "sparse": {SPARSE["values"]: "initializer", SPARSE["indices"]: "tensor"},
}
"""Kind of message: {field number: kind inside}; an "initializer" is a tensor that counts as weights."""

DATA = frozenset(
    number for name, number in TENSOR.items() if name.endswith("_data") and name != "external_data"
)
"""Fields of a tensor that hold its numbers."""

ELEMENT_TYPES = {
    1: "float32", 2: "uint8", 3: "int8", 4: "uint16", 5: "int16", 6: "int32", 7: "int64", 8: "string",
    9: "bool", 10: "float16", 11: "float64", 12: "uint32", 13: "uint64", 14: "complex64", 15: "complex128",
    16: "bfloat16",
}  # fmt: skip
"""Names of ``TensorProto.DataType``."""

AI_ONNX = ("", "ai.onnx")
"""The two spellings of the one domain that a model may take its ops from."""

MAX_DEPTH = 16
"""Most graphs inside graphs (If, Loop); a gate needs one or two."""

MAX_DIMS = 16
"""Most axes of an input, an output or a stored tensor."""


@dataclass(frozen=True)
class Value:
    """An input or output as declared: an axis is an int where fixed, else its name ("" if none)."""

    name: str
    element: str
    shape: tuple[int | str, ...] | None


@dataclass
class Graph:
    """Findings of a walk through the main graph and all graphs in it."""

    inputs: list[Value] = field(default_factory=list)
    outputs: list[Value] = field(default_factory=list)
    ops: Counter[str] = field(default_factory=Counter)
    foreign_ops: list[str] = field(default_factory=list)
    external: list[str] = field(default_factory=list)
    parameters: int = 0
    weight_bytes: int = 0


@dataclass
class Model:
    """The top of an ONNX file; parts inside are payloads not yet looked at."""

    graph: memoryview
    opsets: list[tuple[str, int]] = field(default_factory=list)
    metadata: list[tuple[str, str]] = field(default_factory=list)
    functions: list[memoryview] = field(default_factory=list)
    has_training: bool = False

    def graph_sha256(self) -> str:
        """Return the hash of the serialised graph, in hex."""
        return hashlib.sha256(self.graph).hexdigest()


def read_model(data: bytes, walker: Walker) -> Model:
    """Split a file into its parts.

    Raises:
        ContractError: line "file": it is no protobuf, or has not exactly one graph.
    """
    model = Model(graph=memoryview(b""))
    graphs = 0
    for number, _, payload, _ in walker.fields(memoryview(data)):
        if number == MODEL["graph"]:
            # a second one would be merged into the first by other readers, and so escape the hash
            graphs += 1
            model.graph = payload_of(payload, "the graph")
        elif number == MODEL["opset_import"]:
            domain, version = "", 0
            for inner, value, text, _ in walker.fields(payload_of(payload, "an opset")):
                if inner == OPSET["domain"]:
                    domain = text_of(text, "a domain")
                elif inner == OPSET["version"]:
                    version = signed(value)
            model.opsets.append((domain, version))
        elif number == MODEL["metadata_props"]:
            model.metadata.append(_entry(payload_of(payload, "the metadata"), walker))
        elif number == MODEL["functions"]:
            model.functions.append(payload_of(payload, "a function"))
        elif number == MODEL["training_info"]:
            model.has_training = True
    if graphs != 1:
        raise damaged("no graph in it" if graphs == 0 else f"{graphs} graphs in it")
    return model


def read_graph(model: Model, walker: Walker) -> Graph:
    """Walk the graph, every graph inside it, and the functions, without recursion.

    Raises:
        ContractError: line "file": it is damaged. Line "ops": graphs are nested too deep.
    """
    found = Graph()
    for number, _, payload, _ in walker.fields(model.graph):
        if number in (GRAPH["input"], GRAPH["output"]):
            side = found.inputs if number == GRAPH["input"] else found.outputs
            side.append(_value(payload_of(payload, "an input or output"), walker))
    stack = [("graph", model.graph, 0), *(("function", function, 0) for function in model.functions)]
    while stack:
        kind, message, depth = stack.pop()
        if depth > MAX_DEPTH:
            raise ContractError(
                "ops", f"expected graphs nested at most {MAX_DEPTH} deep, got more; export it flatter"
            )
        if kind in ("tensor", "initializer"):
            _tensor(message, walker, found, stored=kind == "initializer")
            continue
        if kind == "node":
            _operator(message, walker, found)
        for number, _, payload, _ in walker.fields(message):
            inside = INSIDE[kind].get(number)
            if inside is not None:
                stack.append((inside, payload_of(payload, f"the {inside}"), depth + (inside == "graph")))
    return found


def with_metadata(data: bytes, key: str, text: str) -> bytes:
    """Return the file with one metadata entry set: entries of the same key go, all else stays byte for byte.

    Raises:
        ContractError: line "file": it is no protobuf.
    """
    walker, kept, view, start = Walker(), bytearray(), memoryview(data), 0
    for number, _, payload, end in walker.fields(view):
        is_old = (
            number == MODEL["metadata_props"]
            and _entry(payload_of(payload, "the metadata"), walker)[0] == key
        )
        if not is_old:
            kept += view[start:end]
        start = end
    entry = encode_bytes(ENTRY["key"], key.encode()) + encode_bytes(ENTRY["value"], text.encode())
    return bytes(kept) + encode_bytes(MODEL["metadata_props"], entry)


def _entry(message: memoryview, walker: Walker) -> tuple[str, str]:
    """Read (key, value) of a metadata entry."""
    key = value = ""
    for number, _, payload, _ in walker.fields(message):
        if number == ENTRY["key"]:
            key = text_of(payload, "a metadata key")
        elif number == ENTRY["value"]:
            value = text_of(payload, f'the metadata "{key}"')
    return key, value


def _operator(message: memoryview, walker: Walker, found: Graph) -> None:
    """Count a node's op."""
    op, domain = "", ""
    for number, _, payload, _ in walker.fields(message):
        if number == NODE["op_type"]:
            op = text_of(payload, "an op's name")
        elif number == NODE["domain"]:
            domain = text_of(payload, "an op's domain")
    if domain in AI_ONNX:
        found.ops[op] += 1
    else:
        found.foreign_ops.append(f"{domain}:{op}")


def _tensor(message: memoryview, walker: Walker, found: Graph, *, stored: bool) -> None:
    """Check whether a tensor's numbers are in the file; count them when they are stored weights."""
    dims: list[int] = []
    name, size, external, texts = "", 0, False, False
    for number, value, payload, _ in walker.fields(message):
        if number == TENSOR["dims"]:
            dims += _dims(value, payload)
        elif number == TENSOR["name"]:
            name = text_of(payload, "a tensor's name")
        elif number == TENSOR["external_data"] or (number == TENSOR["data_location"] and value != 0):
            external = True
        elif number in DATA:
            size += 8 if payload is None else len(payload)
            texts |= number == TENSOR["string_data"]
    if external:
        found.external.append(name)
        return
    if min(dims, default=0) < 0 or len(dims) > MAX_DIMS:
        raise damaged(f"a tensor of shape {dims[: MAX_DIMS + 1]}")
    elements = math.prod(dims)
    # the smallest element has two bits; more than that promises memory for numbers that are not there
    if elements > 4 * size and not texts:
        raise damaged(f"tensor {name[:60]!r} promises {float(elements):.3g} numbers in {size} bytes")
    if stored:
        found.parameters += elements
        found.weight_bytes += size


def _dims(value: int, payload: memoryview | None) -> list[int]:
    """Read the axes of a tensor: one to a field, or packed."""
    if payload is None:
        return [signed(value)]
    if len(payload) > MAX_DIMS * MAX_VARINT_BYTES:
        raise damaged(f"a tensor of more than {MAX_DIMS} axes")
    return [signed(dim) for dim in varints(payload)]


def _value(message: memoryview, walker: Walker) -> Value:
    """Read an input or output. What is not a tensor has the element "none"."""
    name, element, shape = "", "none", None
    for number, _, payload, _ in walker.fields(message):
        if number == VALUE["name"]:
            name = text_of(payload, "a name")
        elif number == VALUE["type"]:
            for inner, _, tensor, _ in walker.fields(payload_of(payload, "a type")):
                if inner == TYPE["tensor_type"]:
                    element, shape = _tensor_type(payload_of(tensor, "a type"), walker)
    return Value(name, element, shape)


def _tensor_type(message: memoryview, walker: Walker) -> tuple[str, tuple[int | str, ...] | None]:
    """Read (name of the element type, shape or None) of a declared tensor."""
    element, shape = "none", None
    for number, value, payload, _ in walker.fields(message):
        if number == TENSOR_TYPE["elem_type"]:
            element = ELEMENT_TYPES.get(value, f"type {value}")
        elif number == TENSOR_TYPE["shape"]:
            shape = tuple(
                _axis(payload_of(dim, "an axis"), walker)
                for inner, _, dim, _ in walker.fields(payload_of(payload, "a shape"))
                if inner == SHAPE["dim"]
            )
    return element, shape


def _axis(message: memoryview, walker: Walker) -> int | str:
    """Read the length of an axis, or its name where it is free."""
    axis: int | str = ""
    for number, value, payload, _ in walker.fields(message):
        if number == DIMENSION["dim_value"]:
            axis = signed(value)
        elif number == DIMENSION["dim_param"]:
            axis = text_of(payload, "an axis' name")
    return axis
