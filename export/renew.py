"""Bring a preset's folder to today's format, without teaching: ``python -m export.renew presets/voice``.

The network of a gate is read back out of the model file and exported again, every weight with its own bits; in a frame
classifier the one node that brings channels together is changed. What the model says of the golden sound is compared, old
file against new; name, scores, defaults, card and golden data stay what they are. A checkpoint is not needed.
"""

import argparse
import sys
from pathlib import Path

import numpy as np
import onnx

from export import bundle, golden, parity, swish_parity
from export.checkpoint import ExportError
from export.kinds import GATE
from gate.errors import GateError
from gate.files.atomic import write_bytes
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
    new = to_model(old) if old.kind == "gate" else to_classifier(old)
    if new.model == old.model:
        return None
    figures = _compare_gates(old, new) if old.kind == "gate" else _compare_classifiers(old, new)
    measured = {k: v for k, v in figures.items() if not k.startswith("renewed_")}
    with bundle.whole(folder) as out:
        write_bytes(out.path / preset.MODEL, new.model, mode=preset.MODE)
        if measured:  # of a classifier nothing was: each bit is what it was
            parity.save(out.path / "parity.json", measured)
        out.commit()
    return figures


def _compare_gates(old: Contract, new: Contract) -> dict[str, float]:
    """Measure the new file, against its network and against the old file.

    Raises:
        ExportError: gains are too far apart.
    """
    figures = GATE.measure(from_preset(new), new)
    x = golden.sound()
    before, after = (parity.engine_curve(one, x, golden.THRESHOLD_DB, 1) for one in (old, new))
    figures["renewed_gain"] = float(np.abs(after[:, 2] - before[:, 2]).max())
    return GATE.check(figures)


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


def to_classifier(old: Contract) -> Contract:
    """Write the same classifier so that the loudest channel counts (docs/decisions/0022); one that does so is left as it is.

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
        return old
    found[0].op_type = LOUDEST
    return contract.write(bytes(model.SerializeToString()), old.metadata)


def to_model(old: Contract) -> Contract:
    """The same gate as today's exporter writes it: graph and contract."""
    net = from_preset(old)
    metadata = {k: v for k, v in old.metadata.items() if k not in ("schema", "graph_sha256")}
    return contract.write(_with_bits_of(old.model, GATE.build(net)), metadata | GATE.facts(net))


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
