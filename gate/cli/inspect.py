"""gate-inspect: a model file's contract as a card, or as JSON."""

import argparse
import json
import sys
from typing import TYPE_CHECKING, Any

from gate.cli.console import say
from gate.cli.ending import notes_said

if TYPE_CHECKING:
    from gate.modelfile.contract import State
    from gate.modelfile.preset import Preset

WIDTH = 100
"""Letters in a line of the card."""

INDENT = 16
"""Where the right-hand side of the card begins."""


def parser() -> argparse.ArgumentParser:
    """Return the command's parser."""
    made = argparse.ArgumentParser(
        prog="gate-inspect",
        description="Show what a model file is: what it was taught, what it takes and gives, and its scores.",
        epilog="Exit: 0 it keeps the contract, 1 it does not or cannot be read (it says why), 2 usage.",
    )
    made.add_argument("model", metavar="MODEL", help="a model file, a preset folder, or a preset's name")
    made.add_argument("--json", action="store_true", help="print it as JSON (default: a card)")
    return made


def main(argv: list[str] | None = None) -> int:
    """Run the command; return its exit code."""
    arguments = parser().parse_args(argv)
    from gate.errors import GateError
    from gate.modelfile.preset import resolve

    try:
        with notes_said("gate-inspect"):
            preset = resolve(arguments.model)
    except GateError as error:
        say(f"gate-inspect: error: {error}", sys.stderr)
        return error.exit_code
    say(json.dumps(as_dict(preset), indent=2) if arguments.json else card(preset))
    return 0


def as_dict(preset: "Preset") -> dict[str, Any]:
    """Return everything that the card shows, for JSON; an infinite range is the text "-inf"."""
    range_db = preset.defaults.range_db
    controls = {
        "threshold_db": preset.defaults.threshold_db,
        "range_db": "-inf" if range_db == float("-inf") else range_db,
    }
    return {
        "preset": preset.name,
        "file": str(preset.model_path),
        **(controls if preset.contract.kind == "gate" else {}),
        "contract": preset.contract.to_dict(),
    }


def card(preset: "Preset") -> str:
    """Return the card: one fact a line, long ones folded."""
    made = preset.contract
    block_ms = 1000.0 * made.block / made.sample_rate
    rows = [
        ("file", f"{preset.model_path} ({_bytes(len(made.model))})"),
        ("kind", made.kind),
        ("taught", made.taught),
        ("rate", f"{made.sample_rate} Hz"),
        ("block", f"{made.block} samples ({block_ms:.3f} ms)"),
        ("latency", f"{made.latency_samples} samples"),
        *(("states" if i == 0 else "", _state(state)) for i, state in enumerate(made.states)),
        *(("readouts" if i == 0 else "", f"{row.name} [{row.unit}]") for i, row in enumerate(made.readouts)),
        *_what_it_says(preset),
        ("weights", f"{made.parameters} parameters, {_bytes(made.weight_bytes)}"),
        ("ops", f"ai.onnx {made.opset}: " + ", ".join(f"{op} {count}" for op, count in made.ops.items())),
        ("graph hash", made.graph_sha256),
        ("licence", made.licence),
        ("training data", made.training_data),
        *(("scores" if i == 0 else "", line) for i, line in enumerate(_scores(made.scores))),
    ]
    head = preset.name if preset.name == made.name else f"{preset.name} (model {made.name})"
    return "\n".join([head, *(line for label, text in rows for line in _row(label, text))])


def _what_it_says(preset: "Preset") -> list[tuple[str, str]]:
    """Return the rows that only one kind has: a gate's defaults and decision, a classifier's classes, a use."""
    made, defaults = preset.contract, preset.defaults
    if made.kind == "classify":
        return [("classes", ", ".join(made.classes))]
    if made.kind != "gate":
        return [
            ("use", "in a chain, with gate.Model"),
            ("delay", f"{made.latency_samples} samples of its own"),
        ]
    return [
        ("defaults", f"threshold {defaults.threshold_db:g} dBFS, range {defaults.range_db:g} dB"),
        ("decision", f"opens over {made.open_at:g}, closes under {made.close_at:g}"),
        ("key", _key(made.key_bands_hz)),
    ]


def _key(bands_hz: tuple[tuple[float, float], ...]) -> str:
    """Say whether a model's key can be held to a band."""
    if not bands_hz:
        return "cannot be held to a band"
    return f"{len(bands_hz)} bands from {bands_hz[0][0]:g} to {bands_hz[-1][1]:g} Hz; may be held to some of them"


def _row(label: str, text: str) -> list[str]:
    """Return a label and its text, folded at ``WIDTH``; letters that steer a terminal are replaced."""
    import textwrap

    clean = "".join(letter if letter.isprintable() else " " for letter in text)
    lines = textwrap.wrap(clean, WIDTH - INDENT, break_on_hyphens=False) or [""]
    return [f"  {label if i == 0 else '':<{INDENT - 2}}{line}" for i, line in enumerate(lines)]


def _state(state: "State") -> str:
    """Return a state's name, shape and size."""
    shape = ", ".join(str(axis) for axis in state.shape)
    mono, stereo = state.nbytes(1), state.nbytes(2)
    size = f"{mono} bytes" if mono == stereo else f"{mono} bytes mono, {stereo} stereo"
    return f"{state.name} ({shape}): {size}"


def _scores(scores: dict[str, Any], prefix: str = "") -> list[str]:
    """Return one line for each score: "noise.auc 0.95"."""
    lines = []
    for key, value in scores.items():
        if isinstance(value, dict):
            lines += _scores(value, f"{prefix}{key}.")
        else:
            shown = f"{value:g}" if isinstance(value, float) else str(value)
            lines.append(f"{prefix}{key} {shown}")
    return lines


def _bytes(size: int) -> str:
    """Return a size in bytes or KiB, as text."""
    return f"{size} bytes" if size < 10_000 else f"{size / 1024:.1f} KiB"


if __name__ == "__main__":
    sys.exit(main())
