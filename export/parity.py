"""One network, four ways to run it: do they give the same gate? Measured at every export, stored with the preset."""

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import onnxruntime
import torch
from numpy.typing import NDArray

from gate.constants import BLOCK, RATE
from gate.engine.engine import Engine
from gate.engine.settings import EngineSettings
from gate.files.atomic import write_text
from gate.modelfile.contract import Contract
from gate.modelfile.preset import MODE
from gate.realtime.ballistics import openness_curve
from training.networks.gate_net import GateNet

GAIN_TOLERANCE = 5e-5
"""Largest difference in linear gain (-86 dB) that two ways of running a shipped network may show."""
GAIN_LIMIT = 1e-4
"""Difference that no export may exceed. It is more than the tolerance, and no smaller, for one reason: a hold of some
hundred ms, as a guitar or an untaught network asks for, has steps of 3e-5 ms in float32, and those move the last block
of a hold by as much of a block's 2 ms."""

Gates = NDArray[np.float32]
"""(4, T): open probability, attack, hold and release in ms."""


def measure(
    net: GateNet, contract: Contract, x: NDArray[np.float32], threshold_db: float
) -> dict[str, float]:
    """Measure the largest differences from torch on the whole sound: open probability, linear gain at range -inf.

    Args:
        net: the network, in evaluation mode.
        contract: the exported model.
        x: (n,) at 48 kHz, n a multiple of 100.
        threshold_db: dBFS.
    """
    whole = torch_gates(net, x, threshold_db, len(x) // BLOCK)
    ways: dict[str, Callable[[], Gates]] = {
        "torch_blocks": lambda: torch_gates(net, x, threshold_db, 1),
        "onnx_whole": lambda: onnx_gates(contract, x, threshold_db, len(x) // BLOCK),
        "onnx_blocks": lambda: onnx_gates(contract, x, threshold_db, 1),
    }
    base = openness_curve(whole, contract.open_at, contract.close_at)
    figures: dict[str, float] = {}
    for name, run in ways.items():
        gates = run()
        gain = openness_curve(gates, contract.open_at, contract.close_at)
        figures[f"{name}_probability"] = float(np.abs(gates[0] - whole[0]).max())
        figures[f"{name}_gain"] = float(np.abs(gain - base).max())
    for name, batch in (("engine_blocks", 1), ("engine_batch", 256)):
        curve = engine_curve(contract, x, threshold_db, batch)
        figures[f"{name}_probability"] = float(np.abs(curve[:, 1] - whole[0]).max())
        figures[f"{name}_gain"] = float(np.abs(curve[:, 2] - base).max())
    return figures


@torch.no_grad()
def torch_gates(net: GateNet, x: NDArray[np.float32], threshold_db: float, blocks_a_run: int) -> Gates:
    """Run the network in torch, some blocks at a time, the state carried from run to run."""
    blocks = torch.from_numpy(x).reshape(1, -1, BLOCK)
    state, rows = net.initial_state(), []
    for part in torch.split(blocks, blocks_a_run, dim=1):
        out, state = net(part, torch.full((1, part.shape[1]), threshold_db), state)
        rows.append(torch.cat([torch.sigmoid(out.logit), out.attack_ms, out.hold_ms, out.release_ms]))
    return np.ascontiguousarray(torch.cat(rows, dim=1).numpy())


def onnx_gates(contract: Contract, x: NDArray[np.float32], threshold_db: float, blocks_a_run: int) -> Gates:
    """Run the exported graph through ONNX Runtime's Python interface."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    session = onnxruntime.InferenceSession(contract.model, options, providers=["CPUExecutionProvider"])
    state = {f"{s.name}_in": np.zeros(s.shape_for(1), np.float32) for s in contract.states}
    held = (
        {"key_bias": np.zeros((1, len(contract.key_bands_hz)), np.float32)} if contract.key_bands_hz else {}
    )
    names = [output.name for output in session.get_outputs()]
    rows = []
    for part in np.split(
        x.reshape(1, -1, BLOCK), np.arange(blocks_a_run, len(x) // BLOCK, blocks_a_run), axis=1
    ):
        threshold = np.full((1, part.shape[1]), threshold_db, np.float32)
        out = dict(
            zip(
                names,
                session.run(None, {"blocks": part, "threshold_db": threshold, **held, **state}),
                strict=True,
            )
        )
        state = {f"{s.name}_in": out[f"{s.name}_out"] for s in contract.states}
        rows.append(out["gate"])
    return np.ascontiguousarray(np.concatenate(rows, axis=1))


def engine_curve(
    contract: Contract, x: NDArray[np.float32], threshold_db: float, batch: int
) -> NDArray[np.float64]:
    """Compute the engine's curve of a sound, (T, 11), at range -inf."""
    blocks = len(x) // BLOCK
    settings = EngineSettings(RATE, channels=1, batch=batch, curve_rows=blocks + 512)
    with Engine(contract, settings, threshold_db=threshold_db, range_db=-np.inf) as engine:
        engine.whole(x[:, None])
        return engine.take_curve()[:blocks]


def save(path: Path, figures: dict[str, float]) -> None:
    """Store the figures beside the model."""
    rounded = {name: float(f"{value:.3g}") for name, value in figures.items()}
    write_text(path, json.dumps(rounded, indent=1) + "\n", mode=MODE)
