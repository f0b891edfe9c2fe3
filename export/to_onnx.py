"""Make a preset of a checkpoint: ``python -m export.to_onnx runs/voice/checkpoint.pt presets/voice``.

The same command serves gates and the frame classifier (``export.swish_preset``): the checkpoint says which it is.
"""

import argparse
import sys
from pathlib import Path
from typing import Any

from export import card, checkpoint, golden, parity, swish_preset
from export.checkpoint import ExportError
from export.graph import READOUTS, build, key_bands_hz, state_shapes
from gate.errors import GateError
from gate.modelfile import contract, preset
from training.config_file import from_dict
from training.networks.gate_net import GateNet
from training.teach.config import Config

LICENCE = "GPL-3.0-or-later"
GOLDEN_THRESHOLD_DB = -40.0


def load(path: Path) -> tuple[GateNet, Config, dict[str, Any]]:
    """Load the averaged network of a checkpoint, its configuration, and everything else in the checkpoint.

    Raises:
        ExportError: the file is no checkpoint of ``training.teach.train``, or its run has not ended.
    """
    state = checkpoint.read(path)
    config = from_dict(Config, state["config"])
    if config.model.body != "lstm" or not config.model.key:
        raise ExportError(
            f"expected the body lstm with its key, got {config.model}; the others are for comparison only"
        )
    net = GateNet(config.model).eval()
    net.load_state_dict(state["average"])
    return net, config, state


def to_model(net: GateNet, config: Config, state: dict[str, Any]) -> bytes:
    """Build the model file: graph and contract."""
    result = state["result"]
    metadata = {
        "kind": "gate",
        "name": config.name,
        "taught": config.taught,
        "sample_rate": 48_000,
        "block": 100,
        "latency_samples": net.latency_samples,
        "states": [{"name": name, "shape": shape} for name, shape in state_shapes(net).items()],
        "readouts": [{"name": name, "unit": unit} for name, unit in READOUTS],
        "key_bands_hz": key_bands_hz(),
        "decision": {"open_at": result["open_at"], "close_at": result["close_at"]},
        "defaults": {"threshold_db": -40.0, "range_db": -80.0},
        "licence": LICENCE,
        "training_data": result["training_data"],
        "scores": result["scores"],
    }
    return contract.write(build(net), metadata)


def export(path: Path, folder: Path) -> dict[str, float]:
    """Make a preset of a checkpoint, whatever its kind; returns the parity figures.

    Raises:
        ExportError: the checkpoint is unfit, or the ways to run the network disagree.
    """
    state = checkpoint.read(path)
    return (
        swish_preset.export(state, folder)
        if checkpoint.kind(state) == "classify"
        else export_gate(path, folder)
    )


def export_gate(path: Path, folder: Path) -> dict[str, float]:
    """Write model, defaults, card, parity figures and golden data into a preset's folder; returns the figures.

    Raises:
        ExportError: the checkpoint is unfit, or the ways to run the network disagree on the gain.
    """
    net, config, state = load(path)
    model = to_model(net, config, state)
    checked = contract.read(model)
    x = golden.sound()
    figures = parity.measure(net, checked, x, GOLDEN_THRESHOLD_DB)
    worst = max(value for name, value in figures.items() if name.endswith("_gain"))
    if not worst <= parity.GAIN_LIMIT:
        raise ExportError(
            f"expected gains to agree within {parity.GAIN_LIMIT}, got {figures}; nothing was written"
        )
    preset.write_preset(folder, model)
    parity.save(folder / "parity.json", figures)
    curve = parity.engine_curve(checked, x, GOLDEN_THRESHOLD_DB, 1)
    golden.save(folder / "golden" / golden.FILE, x, GOLDEN_THRESHOLD_DB, curve)
    (folder / "CARD.md").write_text(card.text(checked, config, state, figures))
    return figures


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
