"""A preset's weights, read back from its model file into the network: where learning continues.

``export.graph`` writes the weights as named constants; this is its reverse. What it folded away (the mean of the first
layer's weights, which the network takes out itself) stays away, and the decisions are the same.
"""

from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from gate.constants import BLOCK_S
from gate.modelfile import contract
from gate.modelfile.contract import Contract
from training.networks.front import BANDS, CHANNELS
from training.networks.gate_net import LIFT, LN10_10, GateConfig, GateNet

ANSWERS = 5
"""Rows of the heads before the key: decision, step, attack, hold, release."""
TENSORS = (
    *("shape_w", "shape_b", "context_w", "context_b"),
    *("lstm_w", "lstm_r", "lstm_b", "heads_w", "heads_b", "step_least", "key_scale"),
)


class StartError(ValueError):
    """A preset that learning cannot continue from."""


def from_preset(source: Contract | str | Path) -> GateNet:
    """Read the network that a preset was exported from, in evaluation mode.

    Args:
        source: a contract, or a model file.

    Raises:
        StartError: the file keeps the contract, but its graph is another one than ``export.graph`` writes.
        ContractError: the file breaks the contract.
    """
    checked = source if isinstance(source, Contract) else contract.read(source)
    found = constants(checked.model)
    missing = [name for name in TENSORS if name not in found]
    if missing:
        raise StartError(
            f"expected the model {checked.name} to hold {', '.join(missing)}, as an exported gate does, got none; "
            "start from another preset"
        )
    net = GateNet(
        GateConfig(
            width=len(found["shape_b"]),
            hidden=found["lstm_r"].shape[2],
            step_least=float(found["step_least"][0]),
            peaks_db_s=_peaks_db_s(found),
        )
    )
    weights = net.state_dict()
    for name, value in _weights(found, net.config.hidden).items():
        if tuple(weights[name].shape) != value.shape:
            raise StartError(
                f"expected {name} of shape {tuple(weights[name].shape)} in the model {checked.name}, got "
                f"{value.shape}; start from another preset"
            )
        weights[name] = torch.tensor(value, dtype=torch.float32)
    net.load_state_dict(weights)
    return net.eval()


def constants(model: bytes) -> dict[str, NDArray[np.float32]]:
    """Read the named constants of a model file."""
    import onnx  # half a second, and only for those who start from a preset

    graph = onnx.load_model_from_string(model).graph
    return {i.name: onnx.numpy_helper.to_array(i) for i in graph.initializer}


def _peaks_db_s(found: dict[str, NDArray[np.float32]]) -> float:
    """Find how fast the marks of peaks fall in a graph, dB a second, to the hundredth; 0 where the graph has none."""
    if "peaks_b" not in found:
        return 0.0
    fall = -float(found["peaks_b"][0, CHANNELS]) - LIFT
    return round(fall / (BLOCK_S * LN10_10), 2)


def _weights(found: dict[str, NDArray[np.float32]], hidden: int) -> dict[str, NDArray[np.float32]]:
    """Give the graph's constants the network's names and layouts, see ``export.graph``."""
    # ONNX: i o f g; torch: i f g o
    order = np.concatenate([np.arange(hidden) + hidden * i for i in (0, 2, 3, 1)])
    bias_in, bias_back = np.split(found["lstm_b"][0], 2)
    # The graph has the columns: what and the times, step, three empty ones, the key, 24 empty ones.
    columns = [0, 4, 1, 2, 3, *range(ANSWERS + 3, ANSWERS + 3 + BANDS)]
    return {
        "shape_conv.weight": found["shape_w"],
        "shape_conv.bias": found["shape_b"],
        "context_conv.weight": found["context_w"],
        "context_conv.bias": found["context_b"],
        "lstm.weight_ih_l0": found["lstm_w"][0][order],
        "lstm.weight_hh_l0": found["lstm_r"][0][order],
        "lstm.bias_ih_l0": bias_in[order],
        "lstm.bias_hh_l0": bias_back[order],
        "heads.weight": found["heads_w"].T[columns],
        "heads.bias": found["heads_b"][columns],
        "log_key_over": -np.log(found["key_scale"][0, 0]),
    }
