"""A gate's folder brought to today's format, as it was taught: ``python -m export.renew presets/voice``.

The network is read back out of the model file and exported anew, every weight with its own bits. What the gate decides on
the golden sound is compared, old file against new; name, scores, defaults, card and golden data stay what they are. A
checkpoint is not needed.
"""

import argparse
import os
import shutil
import sys
from pathlib import Path

import numpy as np
import onnx

from export import golden, parity
from export.checkpoint import ExportError
from export.graph import READOUTS, build, key_bands_hz, state_shapes
from export.learned import replace
from export.to_onnx import GOLDEN_THRESHOLD_DB
from gate import contract, preset
from gate.contract import Contract
from gate.errors import GateError
from training.from_preset import StartError, from_preset

SAME = 1e-5
"""Relative and absolute, of a constant that is folded anew from the weights: float32 rounds it differently, no more."""


def renew(folder: Path) -> dict[str, float] | None:
    """Bring a preset's folder to today's format; the whole of it, or nothing.

    Returns:
        Parity figures, and ``renewed_gain``: the largest difference in gain between old file and new. None where there is
        nothing to do: it is current, or no gate.

    Raises:
        ContractError, StartError: there is no gate of ours.
        ExportError: the new file would decide differently, or the ways to run it disagree.
    """
    old = contract.read(folder / preset.MODEL)
    if old.kind != "gate":
        return None
    model = to_model(old)
    if model == old.model:
        return None
    new, x = contract.read(model), golden.sound()
    figures = parity.measure(from_preset(new), new, x, GOLDEN_THRESHOLD_DB)
    before, after = (parity.engine_curve(one, x, GOLDEN_THRESHOLD_DB, 1) for one in (old, new))
    figures["renewed_gain"] = float(np.abs(after[:, 2] - before[:, 2]).max())
    worst = max(value for name, value in figures.items() if name.endswith("_gain"))
    if not worst <= parity.GAIN_LIMIT:
        raise ExportError(
            f"expected gains to agree within {parity.GAIN_LIMIT}, got {figures}; nothing was written"
        )
    partial = folder.with_name(f".{folder.name}.partial-{os.getpid()}")
    try:
        shutil.copytree(folder, partial)
        (partial / preset.MODEL).write_bytes(model)
        parity.save(partial / "parity.json", {k: v for k, v in figures.items() if k != "renewed_gain"})
        replace(partial, folder)
    finally:
        shutil.rmtree(partial, ignore_errors=True)
    return figures


def to_model(old: Contract) -> bytes:
    """The same gate as today's exporter writes it: graph and contract."""
    net = from_preset(old)
    metadata = {k: v for k, v in old.metadata.items() if k not in ("schema", "graph_sha256")} | {
        "states": [{"name": name, "shape": shape} for name, shape in state_shapes(net).items()],
        "readouts": [{"name": name, "unit": unit} for name, unit in READOUTS],
        "key_bands_hz": key_bands_hz(),
    }
    return contract.write(_with_bits_of(old.model, build(net)), metadata)


def _with_bits_of(old: bytes, new: bytes) -> bytes:
    """The new graph with the old one's constants, where both have one of that name and shape.

    Raises:
        ExportError: one of them is not the same number.
    """
    model = onnx.load_model_from_string(new)
    kept = {constant.name: constant for constant in onnx.load_model_from_string(old).graph.initializer}
    for constant in model.graph.initializer:
        before = kept.get(constant.name)
        if before is None or before.dims != constant.dims:
            continue
        was, now = onnx.numpy_helper.to_array(before), onnx.numpy_helper.to_array(constant)
        if not np.allclose(was, now, rtol=SAME, atol=SAME):
            raise ExportError(
                f"expected {constant.name} to be what it was, got numbers up to {np.abs(was - now).max():.1e} away; "
                "export it from its checkpoint"
            )
        constant.CopyFrom(before)
    return bytes(model.SerializeToString())


def main(argv: list[str] | None = None) -> int:
    """The command line."""
    parser = argparse.ArgumentParser(
        prog="python -m export.renew", description=(__doc__ or "").splitlines()[0]
    )
    parser.add_argument(
        "folders", type=Path, nargs="+", metavar="folder", help="of presets, such as presets/voice"
    )
    for folder in parser.parse_args(argv).folders:
        try:
            figures = renew(folder)
        except (GateError, ExportError, StartError, OSError) as error:
            print(f"export.renew: error: {error}", file=sys.stderr)
            return 1
        if figures is None:
            print(f"{folder} is as it should be")
            continue
        shown = ", ".join(f"{name} {value:.1e}" for name, value in figures.items() if name.endswith("_gain"))
        print(f"{folder} is in today's format; largest differences in gain: {shown}")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
