"""Small gate models that keep the contract, and small models that break one line of it each.

``build()`` gives the bytes of a model that behaves like this, for any number of channels C and blocks T:

* Samples that are not finite (or over 1e18) become 0.
* Level of a block: 10 log10 of the mean power of that block and of the block before it (200 samples, of the
  channel that is the loudest in them), at least -140 dB. The block before the first one of a run comes from the
  state ``tail`` of shape ("C", 100, 1), which holds the newest block; zeros at the start. So a steady sound reads
  3.01 dB less on its first block than on its second, and a state that is not carried is seen at every block's edge.
* open_probability = sigmoid(slope * (level - threshold_db)), slope 1 per dB.
* attack, hold, release are constant: 3, 50 and 100 ms. Readouts: key 100 to 8000 Hz, level_db.
* Of C channels the loudest counts, so silent ones take nothing off, and stereo in antiphase reads as mono does.
  Adding d dB to input and threshold changes nothing (over -140 dB). A higher threshold never gives a higher probability.
* ``holds``: it has the input ``key_bias``, four bands (``BANDS_HZ``), and a key of its own that weighs them alike: the
  readouts are then the weighted means of the bands' lower and of their upper edges.
* ``busy``: so many products of 256 x 256 matrices a run, for nothing, 33 million operations each.
* ``nan_over_db``: a block whose level is over this gives NaN in every output, and the state then stays NaN
  until someone zeroes it. ``fail_over_db``: a block whose level is over this makes the run itself fail (an
  index out of bounds).

``tests/toy_breaks.py`` makes models that break the contract, one line each. Needs the onnx package (tests
only); builds in milliseconds, and always the same bytes.
"""

import hashlib
import json
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

KEY = "learned_gate"
BLOCK = 100
FLOOR_POWER = 1e-14
ATTACK_MS, HOLD_MS, RELEASE_MS = 3.0, 50.0, 100.0
KEY_LOW_HZ, KEY_HIGH_HZ = 100.0, 8000.0
BANDS_HZ = [[50.0, 200.0], [200.0, 1000.0], [1000.0, 4000.0], [4000.0, 16_000.0]]

METADATA: dict[str, Any] = {
    "schema": 1,
    "kind": "gate",
    "name": "toy",
    "taught": "nothing: it opens for anything over the threshold",
    "sample_rate": 48000,
    "block": BLOCK,
    "latency_samples": 0,
    "states": [{"name": "tail", "shape": ["C", BLOCK, 1]}],
    "readouts": [
        {"name": "key_low_hz", "unit": "Hz"},
        {"name": "key_high_hz", "unit": "Hz"},
        {"name": "level_db", "unit": "dBFS"},
    ],
    "decision": {"open_at": 0.5, "close_at": 0.35},
    "defaults": {"threshold_db": -40.0, "range_db": -80.0},
    "licence": "GPL-3.0-or-later",
    "training_data": "none",
    "scores": {"auc_noise": 0.5},
}


def build(
    *,
    slope: float = 1.0,
    attack_ms: float = ATTACK_MS,
    hold_ms: float = HOLD_MS,
    release_ms: float = RELEASE_MS,
    nan_over_db: float | None = None,
    fail_over_db: float | None = None,
    busy: int = 0,
    holds: bool = False,
    metadata: dict[str, Any] | None = None,
) -> bytes:
    """Bytes of a toy gate that keeps the contract; ``metadata`` replaces top-level fields of ``METADATA``."""
    model = _model(slope, (attack_ms, hold_ms, release_ms), nan_over_db, fail_over_db)
    _keep_busy(model, busy)
    if holds:
        _hold(model)
    bands = {"key_bands_hz": BANDS_HZ} if holds else {}
    return finish(model, METADATA | bands | (metadata or {}))


def write(path: Path, **knobs: Any) -> Path:
    """Write ``build(**knobs)`` to ``path`` and return it."""
    path.write_bytes(build(**knobs))
    return path


def write_preset(folder: Path, name: str = "toy", **knobs: Any) -> Path:
    """Make a preset folder with a toy model in it; returns the folder."""
    folder.mkdir(parents=True, exist_ok=True)
    write(folder / "model.onnx", **knobs)
    preset = {"format": 1, "name": name, "model": "model.onnx", "threshold_db": -40.0, "range_db": -80.0}
    (folder / "preset.json").write_text(json.dumps(preset), encoding="utf-8")
    return folder


def finish(model: onnx.ModelProto, metadata: dict[str, Any] | str | None) -> bytes:
    """Serialise with metadata: a dict gets its graph hash, a text goes in as it is, None is none at all."""
    del model.metadata_props[:]
    if isinstance(metadata, dict):
        digest = hashlib.sha256(model.graph.SerializeToString()).hexdigest()
        metadata = json.dumps({"graph_sha256": digest} | metadata)
    if metadata is not None:
        helper.set_model_props(model, {KEY: metadata})
    return bytes(model.SerializeToString())


def expected_levels_db(x: np.ndarray, tail: np.ndarray | None = None) -> np.ndarray:
    """What ``level_db`` reads: x (n, C) finite samples, n a multiple of 100 -> (n // 100,) float64."""
    x = np.asarray(x, dtype=np.float64).reshape(len(x), -1)
    before = np.zeros((BLOCK, x.shape[1])) if tail is None else tail
    power = np.square(np.concatenate([before, x])).reshape(-1, BLOCK, x.shape[1]).mean(axis=1)
    return 10.0 * np.log10(np.maximum(((power[:-1] + power[1:]) / 2.0).max(axis=1), FLOOR_POWER))


def _hold(model: onnx.ModelProto) -> None:
    """Give it a key that can be held to bands."""
    bias = helper.make_tensor_value_info("key_bias", TensorProto.FLOAT, [1, len(BANDS_HZ)])
    model.graph.input.append(bias)
    model.graph.initializer.append(numpy_helper.from_array(np.array(BANDS_HZ, np.float32), "bands"))
    nodes = [
        helper.make_node("Softmax", ["key_bias"], ["key_weights"], axis=1),
        helper.make_node("MatMul", ["key_weights", "bands"], ["key_edges"]),  # (1, 2)
        helper.make_node("Transpose", ["key_edges"], ["key_held"], perm=[1, 0]),
    ]
    rest = list(model.graph.node)
    for node in rest:
        node.input[:] = ["key_held" if name == "key" else name for name in node.input]
    del model.graph.node[:]
    model.graph.node.extend([*nodes, *rest])


def _keep_busy(model: onnx.ModelProto, products: int) -> None:
    """Put a chain of products in the way of the states, whose end, all zeros, is added to the samples."""
    if not products:
        return
    rng = np.random.default_rng(0)
    matrix = numpy_helper.from_array(rng.standard_normal((256, 256)).astype(np.float32) / 16.0, "busy_0")
    model.graph.initializer.append(matrix)
    # from the samples, or the library would fold the whole chain into a constant
    nodes = [
        helper.make_node("ReduceSum", ["x"], ["busy_sum"], keepdims=0),
        helper.make_node("Mul", ["busy_sum", "zero"], ["busy_none"]),
        helper.make_node("Add", ["busy_0", "busy_none"], ["busy_1_in"]),
    ]
    last = "busy_1_in"
    for k in range(1, products + 1):
        nodes.append(helper.make_node("MatMul", [last, "busy_0"], [f"busy_{k}"]))
        last = f"busy_{k}"
    nodes.append(helper.make_node("ReduceMean", [last], ["busy_mean"], keepdims=0))
    nodes.append(helper.make_node("Mul", ["busy_mean", "zero"], ["busy_end"]))
    nodes.append(helper.make_node("Add", ["x", "busy_end"], ["x_busy"]))
    at = next(i for i, node in enumerate(model.graph.node) if "x" in node.input)
    for node in model.graph.node:
        node.input[:] = ["x_busy" if name == "x" else name for name in node.input]
    rest = list(model.graph.node)
    del model.graph.node[:]
    model.graph.node.extend([*rest[:at], *nodes, *rest[at:]])


def _model(
    slope: float, times_ms: tuple[float, float, float], nan_over_db: float | None, fail_over_db: float | None
) -> onnx.ModelProto:
    constants: dict[str, Any] = {
        "zero": np.float32(0.0),
        "huge": np.float32(1e18),
        "flat": np.array([0, 1, -1], np.int64),
        "row": np.array([1, -1], np.int64),
        "kernel": np.full((1, 1, 2 * BLOCK), 1.0 / (2 * BLOCK), np.float32),
        "floor": np.float32(FLOOR_POWER),
        "db": np.float32(10.0 / np.log(10.0)),
        "slope": np.float32(slope),
        "last": np.array([-1], np.int64),
        "end": np.array([2**31 - 1], np.int64),
        "blocks_axis": np.array([1], np.int64),
        "times": np.array(times_ms, np.float32).reshape(3, 1),
        "key": np.array([[KEY_LOW_HZ], [KEY_HIGH_HZ]], np.float32),
    }
    nodes = [
        # clean: a comparison with NaN is false, so one comparison finds NaN, infinity and the absurdly large
        helper.make_node("Abs", ["blocks"], ["size"]),
        helper.make_node("Less", ["size", "huge"], ["sane"]),
        helper.make_node("Where", ["sane", "blocks", "zero"], ["x"]),
        # power of two blocks, by one convolution over the old tail and the new samples
        helper.make_node("Reshape", ["x", "flat"], ["samples"]),  # (C, 1, 100 T)
        helper.make_node("Transpose", ["tail_in"], ["tail"], perm=[0, 2, 1]),  # (C, 1, 100)
        helper.make_node("Concat", ["tail", "samples"], ["joined"], axis=2),
        helper.make_node("Mul", ["joined", "joined"], ["squares"]),
        helper.make_node(
            "Conv", ["squares", "kernel"], ["powers"], kernel_shape=[2 * BLOCK], strides=[BLOCK]
        ),
        helper.make_node("ReduceMax", ["powers"], ["power3"], axes=[0], keepdims=1),  # (1, 1, T)
        helper.make_node("Reshape", ["power3", "row"], ["power"]),  # (1, T)
        helper.make_node("Max", ["power", "floor"], ["floored"]),
        helper.make_node("Log", ["floored"], ["nepers"]),
        helper.make_node("Mul", ["nepers", "db"], ["level"]),
        helper.make_node("Sub", ["level", "threshold_db"], ["over"]),
        helper.make_node("Mul", ["over", "slope"], ["logit"]),
        helper.make_node("Sigmoid", ["logit"], ["p"]),
        # one row for each output, as long as the level is
        helper.make_node("Mul", ["level", "zero"], ["none"]),
        helper.make_node("Add", ["none", "times"], ["times_rows"]),
        helper.make_node("Add", ["none", "key"], ["key_rows"]),
        helper.make_node("Concat", ["p", "times_rows"], ["gate_clean"], axis=0),
        helper.make_node("Concat", ["key_rows", "level"], ["readouts_clean"], axis=0),
        helper.make_node("Slice", ["x", "last", "end", "blocks_axis"], ["newest"]),  # (C, 1, 100)
        helper.make_node("Transpose", ["newest"], ["tail_clean"], perm=[0, 2, 1]),
    ]
    nodes += _trouble(constants, nan_over_db, fail_over_db)
    graph = helper.make_graph(
        nodes,
        "toy",
        [
            helper.make_tensor_value_info("blocks", TensorProto.FLOAT, ["C", "T", BLOCK]),
            helper.make_tensor_value_info("threshold_db", TensorProto.FLOAT, [1, "T"]),
            helper.make_tensor_value_info("tail_in", TensorProto.FLOAT, ["C", BLOCK, 1]),
        ],
        [
            helper.make_tensor_value_info("gate", TensorProto.FLOAT, [4, "T"]),
            helper.make_tensor_value_info("readouts", TensorProto.FLOAT, [3, "T"]),
            helper.make_tensor_value_info("tail_out", TensorProto.FLOAT, ["C", BLOCK, 1]),
        ],
        [numpy_helper.from_array(np.asarray(value), name) for name, value in constants.items()],
    )
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)


def _trouble(
    constants: dict[str, Any], nan_over_db: float | None, fail_over_db: float | None
) -> list[onnx.NodeProto]:
    """The last nodes: outputs as they are, or with NaN or a failing run above a level."""
    nodes = []
    gate = "gate_clean"
    if fail_over_db is not None:
        constants |= {"fail_over": np.float32(fail_over_db), "five": np.int64(5)}
        nodes += [
            helper.make_node("ReduceMax", ["level"], ["loudest_run"], keepdims=0),
            helper.make_node("Greater", ["loudest_run", "fail_over"], ["fail"]),
            helper.make_node("Cast", ["fail"], ["fail_int"], to=TensorProto.INT64),
            helper.make_node("Mul", ["fail_int", "five"], ["index"]),
            helper.make_node("Unsqueeze", [gate, "where"], ["gate_one"]),
            helper.make_node("Gather", ["gate_one", "index"], ["gate_or_fail"], axis=0),
        ]
        constants["where"] = np.array([0], np.int64)
        gate = "gate_or_fail"
    if nan_over_db is None:
        names = [(gate, "gate"), ("readouts_clean", "readouts"), ("tail_clean", "tail_out")]
        return [*nodes, *(helper.make_node("Identity", [a], [b]) for a, b in names)]
    constants |= {"nan_over": np.float32(nan_over_db), "nan": np.float32(np.nan)}
    return [
        *nodes,
        helper.make_node("Greater", ["level", "nan_over"], ["bad"]),  # (1, T)
        helper.make_node("Where", ["bad", "nan", "none"], ["bad_none"]),
        helper.make_node("Add", [gate, "bad_none"], ["gate"]),
        helper.make_node("Add", ["readouts_clean", "bad_none"], ["readouts"]),
        # a NaN in the old state or in any block of this run goes into the new state, for good
        helper.make_node("ReduceSum", ["bad_none"], ["bad_run"], keepdims=0),
        helper.make_node("ReduceSum", ["tail_in"], ["old"], keepdims=0),
        helper.make_node("Mul", ["old", "zero"], ["old_none"]),
        helper.make_node("Add", ["bad_run", "old_none"], ["poison"]),
        helper.make_node("Add", ["tail_clean", "poison"], ["tail_out"]),
    ]
