"""From a checkpoint of the frame classifier to a preset; ``export.to_onnx`` is the command."""

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from export import golden, parity, swish_card, swish_parity
from export.checkpoint import ExportError
from export.swish_graph import READOUTS, build, state_shapes
from gate.modelfile import contract, preset
from training.config_file import ConfigError, from_dict
from training.networks.mfcc import HOP, RATE
from training.networks.swishnet import CLASSES, TWO_CLASSES, SwishConfig, SwishNet

LICENCE = "GPL-3.0-or-later"


def load(state: dict[str, Any]) -> SwishNet:
    """Load the averaged network of a checkpoint, in evaluation mode.

    Raises:
        ExportError: the checkpoint is of another network, or of one whose classes have no names.
    """
    try:
        config = from_dict(SwishConfig, state["config"]["model"])
        net = SwishNet(config).eval()
        net.load_state_dict(state["average"])
    except (ConfigError, RuntimeError) as error:
        raise ExportError(
            f"expected a frame classifier's checkpoint, got: {error}; train it again"
        ) from error
    if config.classes not in (len(CLASSES), len(TWO_CLASSES)):
        raise ExportError(f"expected 2 or 3 classes, got {config.classes}; train with 3")
    return net


def to_model(net: SwishNet, state: dict[str, Any]) -> bytes:
    """Build the model file: graph and contract."""
    config, result = state["config"], state["result"]
    metadata = {
        "kind": "classify",
        "name": config["name"],
        "taught": config["taught"],
        "sample_rate": RATE,
        "block": HOP,
        "latency_samples": 0,
        "states": [{"name": name, "shape": shape} for name, shape in state_shapes(net).items()],
        "readouts": [{"name": name, "unit": unit} for name, unit in READOUTS],
        "classes": list(CLASSES if net.config.classes == len(CLASSES) else TWO_CLASSES),
        "licence": LICENCE,
        "training_data": result["training_data"],
        "scores": result["scores"],
    }
    return contract.write(build(net), metadata)


def export(state: dict[str, Any], folder: Path) -> dict[str, float]:
    """Write model, card, parity figures and golden data into a preset's folder; returns the figures.

    Raises:
        ExportError: the checkpoint is unfit, or the ways to run the network disagree.
    """
    net = load(state)
    model = to_model(net, state)
    checked, x = contract.read(model), swish_parity.sound()
    figures = swish_parity.measure(net, checked, x)
    if not max(figures.values()) <= swish_parity.LIMIT:
        raise ExportError(
            f"expected probabilities to agree within {swish_parity.LIMIT}, got {figures}; nothing was written"
        )
    preset.write_preset(folder, model)
    parity.save(folder / "parity.json", figures)
    save_golden(folder / "golden" / golden.FILE, x, swish_parity.engine_classes(checked, x, 1))
    weights = sum(tensor.numel() for tensor in net.parameters())
    (folder / "CARD.md").write_text(swish_card.text(checked, state, weights, figures), encoding="utf-8")
    return figures


def save_golden(path: Path, x: NDArray[np.float32], classes: NDArray[np.float32]) -> None:
    """Store input (n,) at 16 kHz (as int16) and the engine's answer, (K, T)."""
    path.parent.mkdir(parents=True, exist_ok=True)
    np.savez_compressed(path, input=np.round(x * 32768).astype(np.int16), classes=classes)
