"""One frame classifier, four ways to run it: do they agree? Measured at every export, stored with the preset."""

from collections.abc import Callable

import numpy as np
import onnxruntime
import torch
from numpy.typing import NDArray
from scipy.signal import resample_poly

from export import golden
from gate.constants import RATE as GOLDEN_RATE
from gate.engine.classifier import Classifier
from gate.modelfile.contract import Contract
from training.networks.mfcc import HOP, RATE
from training.networks.swish_live import initial_state, listen
from training.networks.swishnet import SwishNet

TOLERANCE = 1e-5
"""Largest difference in a probability that two ways of running a shipped network may show."""
LIMIT = 1e-4
"""Difference that no export may exceed."""

Classes = NDArray[np.float32]
"""(K, T) probabilities."""


def sound() -> NDArray[np.float32]:
    """Make (n,) at 16 kHz, whole frames, 16-bit values: the gates' made-up sound (``export.golden``), resampled."""
    x = resample_poly(golden.sound().astype(np.float64), 1, GOLDEN_RATE // RATE)
    whole = np.round(np.clip(x[: len(x) // HOP * HOP], -1, 1) * 32767) / 32768
    return np.asarray(whole, np.float32)


def measure(net: SwishNet, contract: Contract, x: NDArray[np.float32]) -> dict[str, float]:
    """Measure the largest differences from torch on the whole sound, in probability.

    Args:
        net: the network, in evaluation mode.
        contract: the exported model.
        x: (n,) at 16 kHz, n a multiple of 160.
    """
    frames = len(x) // HOP
    whole = torch_classes(net, x, frames)
    ways: dict[str, Callable[[], Classes]] = {
        "torch_blocks": lambda: torch_classes(net, x, 1),
        "onnx_whole": lambda: onnx_classes(contract, x, frames),
        "onnx_blocks": lambda: onnx_classes(contract, x, 1),
        "engine_blocks": lambda: engine_classes(contract, x, 1),
        "engine_batch": lambda: engine_classes(contract, x, 64),
    }
    figures = {}
    for name, run in ways.items():
        classes = run()
        figures[f"{name}_probability"] = float(np.abs(classes - whole[:, : classes.shape[1]]).max())
    return figures


@torch.no_grad()
def torch_classes(net: SwishNet, x: NDArray[np.float32], frames_a_run: int) -> Classes:
    """Run the network in torch, some frames at a time, the state carried from run to run."""
    state, columns = initial_state(net), []
    for part in torch.split(torch.from_numpy(x).reshape(1, -1, HOP), frames_a_run, dim=1):
        heard, state = listen(net, part, state)
        columns.append(heard.classes)
    return np.ascontiguousarray(torch.cat(columns, dim=1).numpy())


def onnx_classes(contract: Contract, x: NDArray[np.float32], frames_a_run: int) -> Classes:
    """Run the exported graph through ONNX Runtime's Python interface."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    session = onnxruntime.InferenceSession(contract.model, options, providers=["CPUExecutionProvider"])
    state = {f"{s.name}_in": np.zeros(s.shape_for(1), np.float32) for s in contract.states}
    names, columns = [output.name for output in session.get_outputs()], []
    blocks = x.reshape(1, -1, HOP)
    for part in np.split(blocks, np.arange(frames_a_run, blocks.shape[1], frames_a_run), axis=1):
        out = dict(zip(names, session.run(None, {"blocks": part, **state}), strict=True))
        state = {f"{s.name}_in": out[f"{s.name}_out"] for s in contract.states}
        columns.append(out["classes"])
    return np.ascontiguousarray(np.concatenate(columns, axis=1))


def engine_classes(contract: Contract, x: NDArray[np.float32], batch: int) -> Classes:
    """Run the runtime on a sound; with ``batch`` over 1 the last frames may be missing."""
    with Classifier(
        contract, rate=RATE, channels=1, batch=batch, frames_kept=len(x) // HOP + batch
    ) as engine:
        engine.process(np.ascontiguousarray(x[:, None]))
        frames = engine.take_frames()
    return np.ascontiguousarray(frames.probabilities.T, np.float32)
