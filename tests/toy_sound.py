"""Small models of kinds "audio" and "mask" that keep the contract, whose every answer is known.

``audio()``: sound as it comes, multiplied by ``gain``, and ``late`` samples (0 or 100) later by a state; ``nan_over``: a run
with a sample over this gives NaN. ``mask()``: gains of ``gain`` up to band ``upto`` and 0 above, for every block.
Needs the onnx package (tests only); always the same bytes.
"""

from typing import Any

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from gate.constants import MASK_BANDS
from tests.toy_model import BLOCK, finish

METADATA: dict[str, Any] = {
    "schema": 1,
    "kind": "audio",
    "name": "toy-sound",
    "taught": "nothing",
    "sample_rate": 48_000,
    "block": BLOCK,
    "latency_samples": 0,
    "states": [{"name": "before", "shape": ["C", 1, BLOCK]}],
    "readouts": [{"name": "peak", "unit": ""}],
    "licence": "GPL-3.0-or-later",
    "training_data": "none",
    "scores": {},
}


def audio(*, gain: float = 1.0, late: int = 0, nan_over: float | None = None, **metadata: Any) -> bytes:
    """Bytes of a model of kind "audio"; ``metadata`` replaces top-level fields."""
    nodes = [helper.make_node("Mul", ["all" if late else "blocks", "gain"], ["louder"])]
    if late:
        nodes.insert(0, helper.make_node("Slice", ["joined", "none", "but_one", "time"], ["all"]))
    if nan_over is None:
        nodes.append(helper.make_node("Identity", ["louder"], ["audio"]))
    else:
        nodes += [
            helper.make_node("Greater", ["blocks", "nan_over"], ["over"]),
            helper.make_node("Where", ["over", "nan", "louder"], ["audio"]),
        ]
    value = helper.make_tensor_value_info("audio", TensorProto.FLOAT, ["C", "T", BLOCK])
    return finish(
        _model(nodes, value, gain, nan_over or 0.0), METADATA | {"latency_samples": late} | metadata
    )


def mask(*, gain: float = 1.0, upto: int = MASK_BANDS, **metadata: Any) -> bytes:
    """Bytes of a model of kind "mask"; ``metadata`` replaces top-level fields."""
    nodes = [
        helper.make_node("ReduceMax", ["blocks"], ["largest"], axes=[0, 2], keepdims=0),  # (T,)
        helper.make_node("Mul", ["largest", "zero"], ["nothing"]),
        helper.make_node("Add", ["bands", "nothing"], ["mask"]),  # (101, T)
    ]
    bands = np.where(np.arange(MASK_BANDS) < upto, gain, 0.0).astype(np.float32)[:, None]
    value = helper.make_tensor_value_info("mask", TensorProto.FLOAT, [MASK_BANDS, "T"])
    return finish(_model(nodes, value, gain, 0.0, bands), METADATA | {"kind": "mask"} | metadata)


def _model(
    nodes: list[onnx.NodeProto],
    output: onnx.ValueInfoProto,
    gain: float,
    nan_over: float,
    bands: np.ndarray | None = None,
) -> onnx.ModelProto:
    constants: dict[str, Any] = {
        "gain": np.float32(gain),
        "zero": np.float32(0.0),
        "nan": np.float32(np.nan),
        "nan_over": np.float32(nan_over),
        "none": np.array([0], np.int64),
        "but_one": np.array([-1], np.int64),
        "end": np.array([2**31 - 1], np.int64),
        "time": np.array([1], np.int64),
    }
    if bands is not None:
        constants["bands"] = bands
    common = [
        helper.make_node("Concat", ["before_in", "blocks"], ["joined"], axis=1),
        helper.make_node("Slice", ["joined", "but_one", "end", "time"], ["before_out"]),
        helper.make_node("Abs", ["blocks"], ["size"]),
        helper.make_node("ReduceMax", ["size"], ["peak"], axes=[0, 2], keepdims=0),
        helper.make_node("Unsqueeze", ["peak", "none"], ["readouts"]),
    ]
    graph = helper.make_graph(
        [*common, *nodes],
        "toy-sound",
        [
            helper.make_tensor_value_info("blocks", TensorProto.FLOAT, ["C", "T", BLOCK]),
            helper.make_tensor_value_info("before_in", TensorProto.FLOAT, ["C", 1, BLOCK]),
        ],
        [
            output,
            helper.make_tensor_value_info("readouts", TensorProto.FLOAT, [1, "T"]),
            helper.make_tensor_value_info("before_out", TensorProto.FLOAT, ["C", 1, BLOCK]),
        ],
        [numpy_helper.from_array(np.asarray(value), name) for name, value in constants.items()],
    )
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)
