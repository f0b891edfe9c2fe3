"""From a checkpoint of the frame classifier to a preset; ``export.to_onnx`` is the command."""

from pathlib import Path
from typing import Any

from export import swish_card
from export.bundle import bundle
from export.checkpoint import ExportError
from export.kinds import CLASSIFY, Figures
from training.config_file import ConfigError, from_dict
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


def export(state: dict[str, Any], folder: Path) -> Figures:
    """Make a preset of a classifier's checkpoint; returns the parity figures.

    Raises:
        ExportError: the checkpoint is unfit, or the ways to run the network disagree.
    """
    net, config, result = load(state), state["config"], state["result"]
    meta = {
        "name": config["name"],
        "taught": config["taught"],
        "licence": LICENCE,
        "training_data": result["training_data"],
        "scores": result["scores"],
    }
    weights = sum(tensor.numel() for tensor in net.parameters())
    return bundle(
        net, meta, CLASSIFY, folder, lambda made, figures: swish_card.text(made, state, weights, figures)
    )
