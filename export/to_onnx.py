"""Make a preset of a checkpoint: ``python -m export.to_onnx runs/voice/checkpoint.pt presets/voice``.

The same command serves gates and the frame classifier (``export.swish_preset``): the checkpoint says which it is.
"""

import argparse
import sys
from pathlib import Path
from typing import Any

from export import bundle, card, checkpoint, swish_preset
from export.checkpoint import ExportError
from export.kinds import GATE, Figures
from gate.errors import GateError
from gate.modelfile.contract import Contract
from training.config_file import from_dict
from training.networks.gate_net import GateNet
from training.teach.config import Config

LICENCE = "GPL-3.0-or-later"
DEFAULTS = {"threshold_db": -40.0, "range_db": -80.0}


def load(path: Path) -> tuple[GateNet, Config, dict[str, Any]]:
    """The averaged network of a gate's checkpoint, its configuration, and everything else in it.

    Raises:
        ExportError: the file is no checkpoint of ``training.teach.train``, or its run has not ended.
    """
    return _opened(checkpoint.read(path))


def _opened(state: dict[str, Any]) -> tuple[GateNet, Config, dict[str, Any]]:
    config = from_dict(Config, state["config"])
    if config.model.body != "lstm" or not config.model.key:
        raise ExportError(
            f"expected the body lstm with its key, got {config.model}; the others are for comparison only"
        )
    net = GateNet(config.model).eval()
    net.load_state_dict(state["average"])
    return net, config, state


def to_model(net: GateNet, config: Config, state: dict[str, Any]) -> Contract:
    """The model file: graph and contract."""
    return bundle.model(net, _meta(config, state), GATE)


def _meta(config: Config, state: dict[str, Any]) -> dict[str, Any]:
    result = state["result"]
    return {
        "name": config.name,
        "taught": config.taught,
        "decision": {"open_at": result["open_at"], "close_at": result["close_at"]},
        "defaults": DEFAULTS,
        "licence": LICENCE,
        "training_data": result["training_data"],
        "scores": result["scores"],
    }


def export(path: Path, folder: Path) -> Figures:
    """Make a preset of a checkpoint, whatever its kind; returns the parity figures.

    Raises:
        ExportError: the checkpoint is unfit, or the ways to run the network disagree.
    """
    state = checkpoint.read(path)
    if checkpoint.kind(state) == "classify":
        return swish_preset.export(state, folder)
    net, config, state = _opened(state)
    return bundle.bundle(
        net,
        _meta(config, state),
        GATE,
        folder,
        lambda made, figures: card.text(made, config, state, GATE.worst(figures)),
    )


def main(argv: list[str] | None = None) -> int:
    """Run the command."""
    parser = argparse.ArgumentParser(
        prog="python -m export.to_onnx", description=(__doc__ or "").splitlines()[0]
    )
    parser.add_argument("checkpoint", type=Path, help="runs/NAME/checkpoint.pt of a finished run")
    parser.add_argument("folder", type=Path, help="the preset's folder, such as presets/voice")
    args = parser.parse_args(argv)
    try:
        figures = export(args.checkpoint, args.folder)
    except (GateError, ExportError, OSError) as error:
        print(f"export.to_onnx: error: {error}", file=sys.stderr)
        return 1
    for name, value in figures.items():
        print(f"{name:28} {value:.2e}")
    print(f"wrote {args.folder}")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
