"""Bring a preset's folder to today's format, without teaching: ``python -m export.renew presets/voice``.

The network of a gate is read back out of the model file and exported again, every weight with its own bits; in a frame
classifier the one node that brings channels together is changed. What the model says of the golden sound is compared, old
file against new; name, scores, defaults, card and golden data stay what they are. A checkpoint is not needed.
"""

import argparse
import os
import shutil
import sys
from pathlib import Path

import numpy as np
import onnx

from export import golden, parity, swish_parity
from export.checkpoint import ExportError
from export.graph import READOUTS, build, key_bands_hz, state_shapes
from export.learned import replace
from export.to_onnx import GOLDEN_THRESHOLD_DB
from gate.errors import GateError
from gate.modelfile import contract, preset
from gate.modelfile.contract import Contract
from training.networks.from_preset import StartError, from_preset

SAME = 1e-5
"""Tolerance, relative and absolute, of a constant folded again from the weights: float32 rounds it differently."""
AVERAGED, LOUDEST = "ReduceMean", "ReduceMax"
"""Operators that bring channels together: the former one, and today's."""


def renew(folder: Path) -> dict[str, float] | None:
    """Bring a preset's folder to today's format; the whole folder, or nothing.

    Returns:
        For a gate parity figures, and ``renewed_gain``: the largest difference in gain between old file and new; for a
        classifier ``renewed_probability``, which is 0. None where there is nothing to do: the preset is current, or of
        another kind.

    Raises:
        ContractError, StartError: there is no gate of ours.
        ExportError: the new file would decide differently, or the ways to run it disagree.
    """
    old = contract.read(folder / preset.MODEL)
    if old.kind not in ("gate", "classify"):
        return None
    model = to_model(old) if old.kind == "gate" else to_classifier(old)
    if model == old.model:
        return None
    new = contract.read(model)
    figures = _compare_gates(old, new) if old.kind == "gate" else _compare_classifiers(old, new)
    partial = folder.with_name(f".{folder.name}.partial-{os.getpid()}")
    try:
        shutil.copytree(folder, partial)
        (partial / preset.MODEL).write_bytes(model)
        measured = {k: v for k, v in figures.items() if not k.startswith("renewed_")}
        if measured:  # not for a classifier, each bit of which is what it was
            parity.save(partial / "parity.json", measured)
        replace(partial, folder)
    finally:
        shutil.rmtree(partial, ignore_errors=True)
    return figures


def _compare_gates(old: Contract, new: Contract) -> dict[str, float]:
    """Measure the new file, against its network and against the old file.

    Raises:
        ExportError: gains are too far apart.
    """
    x = golden.sound()
    figures = parity.measure(from_preset(new), new, x, GOLDEN_THRESHOLD_DB)
    before, after = (parity.engine_curve(one, x, GOLDEN_THRESHOLD_DB, 1) for one in (old, new))
    figures["renewed_gain"] = float(np.abs(after[:, 2] - before[:, 2]).max())
    worst = max(value for name, value in figures.items() if name.endswith("_gain"))
    if not worst <= parity.GAIN_LIMIT:
        raise ExportError(
            f"expected gains to agree within {parity.GAIN_LIMIT}, got {figures}; nothing was written"
        )
    return figures


def _compare_classifiers(old: Contract, new: Contract) -> dict[str, float]:
    """Compare the files' classes of the golden sound, live and many frames a run.

    Raises:
        ExportError: the classes are not the same to the bit.
    """
    x, apart = swish_parity.sound(), 0.0
    for batch in (1, 64):
        before, after = (swish_parity.engine_classes(one, x, batch) for one in (old, new))
        apart = max(apart, float(np.abs(after - before).max()))
    if apart != 0.0:
        raise ExportError(
            f"expected the classes of one channel to stay what they were, got some {apart:.1e} away; nothing was written"
        )
    return {"renewed_probability": apart}


def to_classifier(old: Contract) -> bytes:
    """Write the same classifier so that the loudest channel counts (docs/decisions/0022); such a one is left alone.

    Raises:
        ExportError: the graph does not bring its channels together as ``export.swish_graph`` did.
    """
    model = onnx.load_model_from_string(old.model)
    found = [node for node in model.graph.node if node.op_type in (AVERAGED, LOUDEST)]
    if len(found) != 1 or [list(a.ints) for a in found[0].attribute if a.name == "axes"] != [[0]]:
        raise ExportError(
            f"expected the classifier {old.name} to bring its channels together in one node, as an exported one does, "
            f"got {len(found)} that may be it; export it from its checkpoint"
        )
    if found[0].op_type == LOUDEST:
        return old.model
    found[0].op_type = LOUDEST
    return contract.write(bytes(model.SerializeToString()), old.metadata)


def to_model(old: Contract) -> bytes:
    """Write the same gate as today's exporter writes it: graph and contract."""
    net = from_preset(old)
    metadata = {k: v for k, v in old.metadata.items() if k not in ("schema", "graph_sha256")} | {
        "states": [{"name": name, "shape": shape} for name, shape in state_shapes(net).items()],
        "readouts": [{"name": name, "unit": unit} for name, unit in READOUTS],
        "key_bands_hz": key_bands_hz(),
    }
    return contract.write(_with_bits_of(old.model, build(net)), metadata)


def _with_bits_of(old: bytes, new: bytes) -> bytes:
    """Put the old graph's constants into the new graph, where both have one of that name and shape.

    Raises:
        ExportError: two such constants are not the same number.
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
    """Run the command."""
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
        shown = ", ".join(
            f"{name} {value:.1e}" for name, value in figures.items() if "_gain" in name or "renewed" in name
        )
        print(f"{folder} is in today's format; largest differences: {shown}")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
