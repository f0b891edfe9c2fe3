"""A small classifier that keeps the contract, whose every answer is known.

``build()`` gives the bytes of a model of kind "classify" that behaves like this, for any number of channels C and
frames T of 160 samples:

* Samples that are not finite (or over 1e18) become 0.
* Of each frame: ``power``, the mean square, and ``slope``, the mean square of the difference from one sample to the
  next (from the last sample of the frame before to the last but one of this), of each the loudest channel's. The last
  sample of the frame before comes from the state ``last`` of shape ("C", 1, 1), zeros at the start.
* ``ratio`` = slope / (power + 1e-12), at most 4: 2 - 2 cos(2 pi f / 16000) for a sine of f Hz. So low tones are one
  class, middle ones another, high ones the third: logits are ``-sharp * (ratio - centre)^2`` with a centre for each class
  (``CENTRES_HZ``), and what is silent (power under 1e-10) is the third.
* Probabilities are the softmax of the logits. Readouts: level_db = 10 log10 of power, at least -120 dB.
* ``nan_over_db``: a frame whose level is over this gives NaN in every output, and the state stays NaN until someone
  zeroes it.

Needs the onnx package (tests only); always the same bytes.
"""

import json
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from tests.toy_model import finish

BLOCK = 160
RATE = 16_000
CLASSES = ("speech", "music", "noise")
CENTRES_HZ = (500.0, 2000.0, 5000.0)
SHARP = 40.0
SILENT_POWER = 1e-10
FLOOR_POWER = 1e-12
MOST_RATIO = 4.0

METADATA: dict[str, Any] = {
    "schema": 1,
    "kind": "classify",
    "name": "toy-classes",
    "taught": "nothing: low tones are speech, middle ones music, high ones noise",
    "sample_rate": RATE,
    "block": BLOCK,
    "latency_samples": 0,
    "states": [{"name": "last", "shape": ["C", 1, 1]}],
    "readouts": [{"name": "level_db", "unit": "dBFS"}],
    "classes": list(CLASSES),
    "licence": "GPL-3.0-or-later",
    "training_data": "none",
    "scores": {},
}


def centre(frequency_hz: float) -> float:
    """The ratio of a sine."""
    return 2.0 - 2.0 * float(np.cos(2.0 * np.pi * frequency_hz / RATE))


def build(*, nan_over_db: float | None = None, metadata: dict[str, Any] | None = None) -> bytes:
    """Bytes of a toy classifier; ``metadata`` replaces top-level fields of ``METADATA``."""
    return finish(_model(nan_over_db), METADATA | (metadata or {}))


def write(path: Path, **knobs: Any) -> Path:
    """Write ``build(**knobs)`` to ``path`` and return it."""
    path.write_bytes(build(**knobs))
    return path


def write_preset(folder: Path, name: str = "toy-classes", **knobs: Any) -> Path:
    """Make a preset folder with a toy classifier in it; returns the folder."""
    folder.mkdir(parents=True, exist_ok=True)
    write(folder / "model.onnx", **knobs)
    preset = {"format": 1, "name": name, "model": "model.onnx", "kind": "classify"}
    (folder / "preset.json").write_text(json.dumps(preset), encoding="utf-8")
    return folder


def expected(x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(probabilities (3, T), level_db (T,)) of x (n, C) finite samples at 16 kHz, n a multiple of 160; in float64."""
    x = np.asarray(x, np.float64).reshape(len(x), -1)
    frames, steps = (
        np.square(y).reshape(-1, BLOCK, x.shape[1]).mean(axis=1).max(axis=1)
        for y in (x, np.diff(x, axis=0, prepend=0.0))
    )
    ratio = np.minimum(steps / (frames + FLOOR_POWER), MOST_RATIO)
    logits = np.stack([-SHARP * np.square(ratio - centre(hz)) for hz in CENTRES_HZ])
    logits[2] += 1e3 * (frames < SILENT_POWER)
    e = np.exp(logits - logits.max(axis=0))
    return e / e.sum(axis=0), 10.0 * np.log10(np.maximum(frames, FLOOR_POWER))


def tone(frequency_hz: float, rate: int, seconds: float, level: float = 0.3) -> np.ndarray:
    """(n,) float32: a sine."""
    t = np.arange(int(rate * seconds)) / rate
    return (level * np.sin(2.0 * np.pi * frequency_hz * t)).astype(np.float32)


def _model(nan_over_db: float | None) -> onnx.ModelProto:
    centres = np.array([centre(hz) for hz in CENTRES_HZ], np.float32).reshape(3, 1)
    constants: dict[str, Any] = {
        "zero": np.float32(0.0),
        "huge": np.float32(1e18),
        "flat": np.array([0, 1, -1], np.int64),
        "row": np.array([1, -1], np.int64),
        "mean": np.full((1, 1, BLOCK), 1.0 / BLOCK, np.float32),
        "difference": np.array([[[-1.0, 1.0]]], np.float32),
        "floor": np.float32(FLOOR_POWER),
        "most_ratio": np.float32(MOST_RATIO),
        "silent": np.float32(SILENT_POWER),
        "db": np.float32(10.0 / np.log(10.0)),
        "centres": centres,
        "minus_sharp": np.float32(-SHARP),
        "third": np.array([[0.0], [0.0], [1e3]], np.float32),
        "last_sample": np.array([-1], np.int64),
        "end": np.array([2**31 - 1], np.int64),
        "time_axis": np.array([2], np.int64),
    }
    nodes = [
        helper.make_node("Abs", ["blocks"], ["size"]),
        helper.make_node("Less", ["size", "huge"], ["sane"]),
        helper.make_node("Where", ["sane", "blocks", "zero"], ["x"]),
        helper.make_node("Reshape", ["x", "flat"], ["samples"]),  # (C, 1, 160 T)
        helper.make_node("Concat", ["last_in", "samples"], ["joined"], axis=2),
        helper.make_node("Conv", ["joined", "difference"], ["steps"], kernel_shape=[2]),
        helper.make_node("Mul", ["steps", "steps"], ["steps_squared"]),
        helper.make_node(
            "Conv", ["steps_squared", "mean"], ["slopes"], kernel_shape=[BLOCK], strides=[BLOCK]
        ),
        helper.make_node("ReduceMax", ["slopes"], ["slope3"], axes=[0], keepdims=1),
        helper.make_node("Reshape", ["slope3", "row"], ["slope"]),  # (1, T)
        helper.make_node("Mul", ["samples", "samples"], ["squares"]),
        helper.make_node("Conv", ["squares", "mean"], ["powers"], kernel_shape=[BLOCK], strides=[BLOCK]),
        helper.make_node("ReduceMax", ["powers"], ["power3"], axes=[0], keepdims=1),
        helper.make_node("Reshape", ["power3", "row"], ["power"]),
        helper.make_node("Add", ["power", "floor"], ["power_up"]),
        helper.make_node("Div", ["slope", "power_up"], ["ratio_any"]),
        helper.make_node("Min", ["ratio_any", "most_ratio"], ["ratio"]),
        helper.make_node("Sub", ["ratio", "centres"], ["off"]),  # (3, T)
        helper.make_node("Mul", ["off", "off"], ["off_squared"]),
        helper.make_node("Mul", ["off_squared", "minus_sharp"], ["logits_loud"]),
        helper.make_node("Less", ["power", "silent"], ["is_silent"]),
        helper.make_node("Cast", ["is_silent"], ["silence"], to=TensorProto.FLOAT),
        helper.make_node("Mul", ["silence", "third"], ["for_the_third"]),
        helper.make_node("Add", ["logits_loud", "for_the_third"], ["logits"]),
        helper.make_node("Softmax", ["logits"], ["classes_clean"], axis=0),
        helper.make_node("Max", ["power", "floor"], ["floored"]),
        helper.make_node("Log", ["floored"], ["nepers"]),
        helper.make_node("Mul", ["nepers", "db"], ["level"]),
        helper.make_node("Slice", ["joined", "last_sample", "end", "time_axis"], ["last_clean"]),
    ]
    if nan_over_db is None:
        pairs = [("classes_clean", "classes"), ("level", "readouts"), ("last_clean", "last_out")]
        nodes += [helper.make_node("Identity", [a], [b]) for a, b in pairs]
    else:
        constants |= {"nan_over": np.float32(nan_over_db), "nan": np.float32(np.nan)}
        nodes += [
            helper.make_node("Greater", ["level", "nan_over"], ["bad"]),
            helper.make_node("Where", ["bad", "nan", "zero"], ["bad_none"]),
            helper.make_node("Add", ["classes_clean", "bad_none"], ["classes"]),
            helper.make_node("Add", ["level", "bad_none"], ["readouts"]),
            helper.make_node("ReduceSum", ["bad_none"], ["bad_run"], keepdims=0),
            helper.make_node("Add", ["last_clean", "bad_run"], ["last_out"]),
        ]
    graph = helper.make_graph(
        nodes,
        "toy-classes",
        [
            helper.make_tensor_value_info("blocks", TensorProto.FLOAT, ["C", "T", BLOCK]),
            helper.make_tensor_value_info("last_in", TensorProto.FLOAT, ["C", 1, 1]),
        ],
        [
            helper.make_tensor_value_info("classes", TensorProto.FLOAT, [3, "T"]),
            helper.make_tensor_value_info("readouts", TensorProto.FLOAT, [1, "T"]),
            helper.make_tensor_value_info("last_out", TensorProto.FLOAT, ["C", 1, 1]),
        ],
        [numpy_helper.from_array(np.asarray(value), name) for name, value in constants.items()],
    )
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)
