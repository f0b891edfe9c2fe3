"""Models that break one line of the contract each, made from the toy model.

``BREAKS`` names every break and the line that it breaks; ``UNRUNNABLE`` holds what only opening a model can
find; ``broken(name)`` gives the bytes of either.
"""

import copy
import hashlib
import json
from collections.abc import Callable
from typing import Any

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from tests.toy_model import BANDS_HZ, METADATA, build, finish

Edit = Callable[[onnx.ModelProto, dict[str, Any]], None]
"""Changes a good model and its metadata in place."""


def _field(path: str, value: Any) -> Edit:
    """Set a metadata field (dotted for a nested one); ``None`` takes it away."""

    def edit(model: onnx.ModelProto, metadata: dict[str, Any]) -> None:
        *folders, last = path.split(".")
        for folder in folders:
            metadata = metadata[folder]
        if value is None:
            del metadata[last]
        else:
            metadata[last] = value

    return edit


def _value(name: str, elem_type: int, shape: list[int | str] | None) -> Edit:
    """Give an input or output another element type and shape (the declaration alone)."""

    def edit(model: onnx.ModelProto, metadata: dict[str, Any]) -> None:
        for group in (model.graph.input, model.graph.output):
            for i, value in enumerate(group):
                if value.name == name:
                    group[i].CopyFrom(helper.make_tensor_value_info(name, elem_type, shape))

    return edit


def _without(name: str) -> Edit:
    """Take an input or output out of the declarations."""

    def edit(model: onnx.ModelProto, metadata: dict[str, Any]) -> None:
        for group in (model.graph.input, model.graph.output):
            for i in reversed([i for i, value in enumerate(group) if value.name == name]):
                del group[i]

    return edit


def _extra(side: str) -> Edit:
    """Declare one more input or output, known to no line of the metadata."""

    def edit(model: onnx.ModelProto, metadata: dict[str, Any]) -> None:
        value = helper.make_tensor_value_info("more", TensorProto.FLOAT, [1])
        getattr(model.graph, side).append(value)
        if side == "output":
            model.graph.node.append(helper.make_node("Identity", ["zero"], ["more"]))

    return edit


def outside_tensor() -> onnx.TensorProto:
    """A tensor whose numbers lie in another file."""
    tensor = TensorProto(name="outside", data_type=TensorProto.FLOAT, dims=[1])
    tensor.data_location = TensorProto.EXTERNAL
    tensor.external_data.add(key="location", value="/etc/passwd")
    return tensor


def _outside_initializer(model: onnx.ModelProto, metadata: dict[str, Any]) -> None:
    model.graph.initializer.append(outside_tensor())


def _outside_unmarked(model: onnx.ModelProto, metadata: dict[str, Any]) -> None:
    tensor = outside_tensor()
    tensor.data_location = TensorProto.DEFAULT
    model.graph.initializer.append(tensor)


def _outside_constant(model: onnx.ModelProto, metadata: dict[str, Any]) -> None:
    model.graph.node.append(helper.make_node("Constant", [], ["outside"], value=outside_tensor()))


def _outside_constant_list(model: onnx.ModelProto, metadata: dict[str, Any]) -> None:
    node = helper.make_node("Constant", [], ["outside"])
    node.attribute.append(helper.make_attribute("value", [outside_tensor()]))
    model.graph.node.append(node)


def _outside_sparse(model: onnx.ModelProto, metadata: dict[str, Any]) -> None:
    sparse = onnx.SparseTensorProto(dims=[1], values=outside_tensor())
    sparse.indices.CopyFrom(numpy_helper.from_array(np.array([0], np.int64)))
    model.graph.sparse_initializer.append(sparse)


def _outside_sparse_constant(model: onnx.ModelProto, metadata: dict[str, Any]) -> None:
    sparse = onnx.SparseTensorProto(dims=[1], values=outside_tensor())
    model.graph.node.append(helper.make_node("Constant", [], ["outside"], sparse_value=sparse))


def _outside_subgraph(model: onnx.ModelProto, metadata: dict[str, Any]) -> None:
    value = helper.make_tensor_value_info("outside", TensorProto.FLOAT, [1])
    inner = helper.make_graph([], "inner", [], [value], [outside_tensor()])
    yes = numpy_helper.from_array(np.array(True), "yes")
    model.graph.initializer.append(yes)
    model.graph.node.append(helper.make_node("If", ["yes"], ["o"], then_branch=inner, else_branch=inner))


def _outside_function(model: onnx.ModelProto, metadata: dict[str, Any]) -> None:
    constant = helper.make_node("Constant", [], ["outside"], value=outside_tensor())
    opset = [helper.make_opsetid("", 17)]
    model.functions.append(helper.make_function("", "Outside", [], ["outside"], [constant], opset))


def _opset(version: int) -> Edit:
    def edit(model: onnx.ModelProto, metadata: dict[str, Any]) -> None:
        model.opset_import[0].version = version

    return edit


def _second_opset(model: onnx.ModelProto, metadata: dict[str, Any]) -> None:
    model.opset_import.append(helper.make_opsetid("ai.onnx", 18))


def _no_opset(model: onnx.ModelProto, metadata: dict[str, Any]) -> None:
    del model.opset_import[:]


def _function(model: onnx.ModelProto, metadata: dict[str, Any]) -> None:
    node = helper.make_node("Identity", ["a"], ["b"])
    model.functions.append(helper.make_function("", "Own", ["a"], ["b"], [node], list(model.opset_import)))


def _training(model: onnx.ModelProto, metadata: dict[str, Any]) -> None:
    model.training_info.add()


def _foreign_import(model: onnx.ModelProto, metadata: dict[str, Any]) -> None:
    model.opset_import.append(helper.make_opsetid("com.microsoft", 1))


def _foreign_op(model: onnx.ModelProto, metadata: dict[str, Any]) -> None:
    model.graph.node.append(helper.make_node("Gelu", ["level"], ["g"], domain="com.microsoft"))


def _unknown_op(model: onnx.ModelProto, metadata: dict[str, Any]) -> None:
    model.graph.node.append(helper.make_node("Wobble", ["level"], ["wobbled"]))


def _states(states: list[dict[str, Any]]) -> Edit:
    return _field("states", states)


F, I64 = TensorProto.FLOAT, TensorProto.INT64

BREAKS: dict[str, tuple[str, Edit]] = {
    "opset too old": ("opset", _opset(11)),
    "opset too new": ("opset", _opset(99)),
    "foreign domain imported": ("ops", _foreign_import),
    "foreign op": ("ops", _foreign_op),
    "external initializer": ("external data", _outside_initializer),
    "external entries without the mark": ("external data", _outside_unmarked),
    "external constant": ("external data", _outside_constant),
    "external constant in a list": ("external data", _outside_constant_list),
    "external sparse initializer": ("external data", _outside_sparse),
    "external sparse constant": ("external data", _outside_sparse_constant),
    "external tensor in a subgraph": ("external data", _outside_subgraph),
    "external tensor in a function": ("external data", _outside_function),
    "schema of the future": ("schema", _field("schema", 3)),
    "schema missing": ("schema", _field("schema", None)),
    "kind unknown": ("kind", _field("kind", "reverb")),
    "kind of another file": ("inputs", _field("kind", "mask")),
    "kind missing": ("kind", _field("kind", None)),
    "name missing": ("metadata", _field("name", None)),
    "name empty": ("metadata", _field("name", "")),
    "name not text": ("metadata", _field("name", 7)),
    "name with a terminal's escape": ("metadata", _field("name", "\x1b[2J")),
    "taught missing": ("metadata", _field("taught", None)),
    "licence missing": ("metadata", _field("licence", None)),
    "training data missing": ("metadata", _field("training_data", None)),
    "scores not a table": ("metadata", _field("scores", [1])),
    "latency negative": ("metadata", _field("latency_samples", -1)),
    "latency a truth value": ("metadata", _field("latency_samples", True)),
    "latency given by a gate": ("metadata", _field("latency_samples", 100)),
    "rate wrong": ("sample_rate", _field("sample_rate", 44100)),
    "rate missing": ("sample_rate", _field("sample_rate", None)),
    "rate not whole": ("sample_rate", _field("sample_rate", 48000.5)),
    "block wrong": ("block", _field("block", 160)),
    "blocks of another size": ("inputs", _value("blocks", F, ["C", "T", 128])),
    "blocks of two axes": ("inputs", _value("blocks", F, ["C", 100])),
    "blocks of whole numbers": ("inputs", _value("blocks", I64, ["C", "T", 100])),
    "channels fixed": ("inputs", _value("blocks", F, [2, "T", 100])),
    "blocks fixed": ("inputs", _value("blocks", F, ["C", 1, 100])),
    "blocks without a shape": ("inputs", _value("blocks", F, None)),
    "blocks missing": ("inputs", _without("blocks")),
    "threshold missing": ("inputs", _without("threshold_db")),
    "threshold a double": ("inputs", _value("threshold_db", TensorProto.DOUBLE, [1, "T"])),
    "threshold of one axis": ("inputs", _value("threshold_db", F, ["T"])),
    "one input too many": ("inputs", _extra("input")),
    "gate missing": ("outputs", _without("gate")),
    "gate of three rows": ("outputs", _value("gate", F, [3, "T"])),
    "gate of whole numbers": ("outputs", _value("gate", I64, [4, "T"])),
    "readouts missing": ("outputs", _without("readouts")),
    "one output too many": ("outputs", _extra("output")),
    "readouts of other rows": ("readouts", _value("readouts", F, [2, "T"])),
    "one readout short": ("readouts", _field("readouts", METADATA["readouts"][:2])),
    "readout without its unit": ("readouts", _field("readouts", [{"name": "level_db"}])),
    "readout with an odd name": ("readouts", _field("readouts", [{"name": "a b", "unit": "Hz"}])),
    "no readouts": ("readouts", _field("readouts", [])),
    "readout twice": ("readouts", _field("readouts", [METADATA["readouts"][0]] * 3)),
    "readouts missing in the metadata": ("readouts", _field("readouts", None)),
    "state in missing": ("states", _without("tail_in")),
    "state out missing": ("states", _without("tail_out")),
    "state unknown to the metadata": ("states", _states([])),
    "state unknown to the graph": (
        "states",
        _states([*METADATA["states"], {"name": "memory", "shape": ["C", 4]}]),
    ),
    "state of another size": ("states", _states([{"name": "tail", "shape": ["C", 99, 1]}])),
    "state of another rank": ("states", _states([{"name": "tail", "shape": ["C", 100]}])),
    "state with a fixed channel count": ("states", _states([{"name": "tail", "shape": [2, 100, 1]}])),
    "state of whole numbers": ("states", _value("tail_in", I64, ["C", 100, 1])),
    "state out of another size": ("states", _value("tail_out", F, ["C", 99, 1])),
    "state absurdly large": ("states", _states([{"name": "tail", "shape": ["C", 100, 10**12]}])),
    "state beyond all numbers": ("states", _states([{"name": "tail", "shape": ["C", 10**400, 10**400]}])),
    "too many states": ("states", _states([{"name": f"s{i}", "shape": [1]} for i in range(65)])),
    "state with an odd name": ("states", _states([{"name": "../tail", "shape": ["C", 100, 1]}])),
    "state of no size": ("states", _states([{"name": "tail", "shape": ["C", 0, 1]}])),
    "state shape not a list": ("states", _states([{"name": "tail", "shape": "C"}])),
    "state named twice": ("states", _states([*METADATA["states"], *METADATA["states"]])),
    "states missing in the metadata": ("states", _field("states", None)),
    "decision over 1": ("decision", _field("decision.open_at", 1.5)),
    "decision at 0": ("decision", _field("decision.close_at", 0.0)),
    "decision the wrong way round": ("decision", _field("decision", {"open_at": 0.3, "close_at": 0.6})),
    "decision a truth value": ("decision", _field("decision.open_at", True)),
    "decision without its lower end": ("decision", _field("decision.close_at", None)),
    "decision missing": ("decision", _field("decision", None)),
    "defaults missing": ("defaults", _field("defaults", None)),
    "default range positive": ("defaults", _field("defaults.range_db", 6.0)),
    "default threshold text": ("defaults", _field("defaults.threshold_db", "low")),
    "default threshold beyond all numbers": ("defaults", _field("defaults.threshold_db", -(10**400))),
    "bands of a key without the input": ("inputs", _field("key_bands_hz", BANDS_HZ)),
    "key's bands not a list": ("key_bands_hz", _field("key_bands_hz", {"low": 20})),
    "key of one band": ("key_bands_hz", _field("key_bands_hz", BANDS_HZ[:1])),
    "key of too many bands": ("key_bands_hz", _field("key_bands_hz", BANDS_HZ * 65)),
    "key's band upside down": ("key_bands_hz", _field("key_bands_hz", [*BANDS_HZ, [300.0, 200.0]])),
    "key's band from 0": ("key_bands_hz", _field("key_bands_hz", [[0.0, 50.0], *BANDS_HZ])),
    "key's band over the end": ("key_bands_hz", _field("key_bands_hz", [*BANDS_HZ, [16e3, 24_001.0]])),
    "key's band of one edge": ("key_bands_hz", _field("key_bands_hz", [*BANDS_HZ, [200.0]])),
    "key's band of truth values": ("key_bands_hz", _field("key_bands_hz", [*BANDS_HZ, [True, 200.0]])),
    "hash not text": ("graph_sha256", _field("graph_sha256", 7)),
    "hash missing": ("graph_sha256", _field("graph_sha256", None)),
    "one function": ("ops", _function),
    "training steps": ("ops", _training),
    "two opsets": ("opset", _second_opset),
    "no opset": ("opset", _no_opset),
    "hash of another graph": ("graph_sha256", _field("graph_sha256", "0" * 64)),
}
"""Name of the break: (the line of the contract it breaks, the edit)."""

UNRUNNABLE: dict[str, Edit] = {"unknown op": _unknown_op}
"""Models that keep the contract on paper, which only opening them can refuse."""


def broken(name: str) -> bytes:
    """A toy model with that break (or unrunnable op); its hash is right unless the break is in the hash."""
    edit = UNRUNNABLE[name] if name in UNRUNNABLE else BREAKS[name][1]
    model = onnx.load_from_string(build())
    metadata = copy.deepcopy(METADATA) | {"graph_sha256": ""}
    edit(model, metadata)
    if metadata.get("graph_sha256") == "":
        metadata["graph_sha256"] = hashlib.sha256(model.graph.SerializeToString()).hexdigest()
    return finish(model, json.dumps(metadata))
