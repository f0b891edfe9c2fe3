"""A user's own gate becomes a preset: the whole folder at once, or nothing.

Model, defaults, card, parity figures, golden data and a picture are written into a folder beside the place where the
preset is to be, which is then renamed.
"""

import os
import shutil
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from export import golden, parity
from export.checkpoint import ExportError
from export.graph import READOUTS, build, key_bands_hz, state_shapes
from export.picture import draw
from export.to_onnx import GOLDEN_THRESHOLD_DB
from gate.errors import PresetError
from gate.modelfile import contract, preset
from training.judging import metrics
from training.judging.metrics import MEASURES, Score
from training.networks.gate_net import GateNet
from training.scenes.compose import Scene

NAMES = {
    "balanced": "balanced accuracy",
    "onset_ms": "onset ms, median",
    "missed": "openings missed",
    "needless_min": "needless openings a minute",
    "chops_min": "chops a minute",
    "lost_db": "lost dB",
    "cut_db": "bleed cut dB",
}
"""Rows of a card's table."""


@dataclass(frozen=True)
class Learned:
    """A gate that was learned, what it was made of, and how it does.

    ``before`` are the scores of the preset called ``start`` on the same held-out scenes as ``scores`` ("" and none if it
    was taught from nothing). ``seconds`` of target and bleed, ``findings`` in words, ``how`` it was made in words.
    """

    name: str
    taught: str
    licence: str
    net: GateNet
    open_at: float
    close_at: float
    scores: list[Score]
    scene: Scene
    how: str
    seconds: dict[str, float]
    files: dict[str, int]
    threshold_db: float = -40.0
    start: str = ""
    before: list[Score] = field(default_factory=list)
    improved: bool = True
    findings: Sequence[str] = ()


def refuse(folder: Path, *, force: bool) -> None:
    """Refuse a place where a preset may not be written.

    Raises:
        PresetError: something is there, and ``force`` is not set; or what is there is no preset.
    """
    if not folder.exists():
        return
    if not folder.is_dir() or (any(folder.iterdir()) and not (folder / preset.MODEL).is_file()):
        raise PresetError(
            f"expected a new folder or a preset in {folder}, got something else; give another name"
        )
    if not force:
        raise PresetError(
            f"{folder} exists already, nothing was written; give another name, or --force to replace it"
        )


def write(learned: Learned, folder: Path, *, force: bool = False) -> str:
    """Write the preset; returns the sentence on how good the gate is.

    Raises:
        ExportError: the ways to run the network disagree on the gain.
        PresetError: see ``refuse``, or the disk does not take the files.
    """
    refuse(folder, force=force)
    model = to_model(learned)
    checked = contract.read(model)
    x = golden.sound()
    figures = parity.measure(learned.net, checked, x, GOLDEN_THRESHOLD_DB)
    worst = max(value for name, value in figures.items() if name.endswith("_gain"))
    if not worst <= parity.GAIN_LIMIT:
        raise ExportError(
            f"expected gains to agree within {parity.GAIN_LIMIT}, got {figures}; nothing was written"
        )
    text = sentence(learned)
    partial = folder.with_name(f".{folder.name}.partial-{os.getpid()}")
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        preset.write_preset(partial, model)
        parity.save(partial / "parity.json", figures)
        curve = parity.engine_curve(checked, x, GOLDEN_THRESHOLD_DB, 1)
        golden.save(partial / "golden" / golden.FILE, x, GOLDEN_THRESHOLD_DB, curve)
        (partial / "CARD.md").write_text(card(learned, worst), encoding="utf-8")
        nets = {learned.name: (learned.net, learned.open_at, learned.close_at)}
        draw(learned.scene, nets, partial / "picture.png", title=text)
        replace(partial, folder)
    except OSError as error:
        raise PresetError(
            f"{folder} could not be written ({error.strerror or error}); check the disk"
        ) from error
    finally:
        shutil.rmtree(partial, ignore_errors=True)
    return text


def to_model(learned: Learned) -> bytes:
    """Build the model file: graph and contract."""
    row = metrics.pool(learned.scores)
    files = ", ".join(
        f"{learned.files[side]} files ({learned.seconds[side]:.0f} s) of {side}"
        for side in ("target", "bleed")
    )
    metadata = {
        "kind": "gate",
        "name": learned.name,
        "taught": learned.taught,
        "sample_rate": 48_000,
        "block": 100,
        "latency_samples": learned.net.latency_samples,
        "states": [{"name": name, "shape": shape} for name, shape in state_shapes(learned.net).items()],
        "readouts": [{"name": name, "unit": unit} for name, unit in READOUTS],
        "key_bands_hz": key_bands_hz(),
        "decision": {"open_at": learned.open_at, "close_at": learned.close_at},
        "defaults": {"threshold_db": learned.threshold_db, "range_db": -80.0},
        "licence": learned.licence,
        "training_data": f"a user's own recordings: {files}"
        + (f"; started from the preset {learned.start}" if learned.start else ""),
        "scores": {"held-out": {m: round(float(row[m]), 4) for m in MEASURES if row[m] == row[m]}},
    }
    return contract.write(build(learned.net), metadata)


def sentence(learned: Learned) -> str:
    """Say how good a gate is, in a sentence or two, for somebody who wants to know whether to use it."""
    row = metrics.pool(learned.scores)
    start = f"the {learned.start} preset"
    text = (
        f"On held-out examples {learned.name} is right {row['balanced']:.0%} of the time, opens after "
        f"{row['onset_ms']:.0f} ms and opens {row['needless_min']:.1f} times a minute for nothing"
    )
    if not learned.before:
        return text + "."
    old = metrics.pool(learned.before)
    if not learned.improved:
        return f"{text}: learning did not help, so it is {start} unchanged."
    return (
        f"{text}; {start} was right {old['balanced']:.0%} of the time, opened after {old['onset_ms']:.0f} ms "
        f"and {old['needless_min']:.1f} times a minute for nothing."
    )


def card(learned: Learned, worst_gain: float) -> str:
    """Write the card as Markdown; it says plainly that data are few, and who made the gate."""
    row, ends = metrics.pool(learned.scores), metrics.intervals(learned.scores, draws=500)
    old = metrics.pool(learned.before) if learned.before else {}
    data = " and ".join(
        f"{learned.seconds[side]:.0f} s of {side} in {learned.files[side]} files"
        for side in ("target", "bleed")
    )
    lines = [
        f"# {learned.name}",
        "",
        f"A gate taught to open for {learned.taught}.",
        "",
        sentence(learned),
        "",
        f"- Made {time.strftime('%Y-%m-%d')} by its user with `gate-learn`, from recordings of their own: {data}.",
        f"- {learned.how}",
        f"- Licence: {learned.licence}. The recordings are the user's; nobody else has checked them.",
        f"- Opens over {learned.open_at:g}, shuts under {learned.close_at:g}.",
        f"- Largest difference in gain between torch, ONNX and engine: {worst_gain:.1e}.",
        "",
        "## Scores",
        "",
        f"On {row['scenes']:.0f} scenes ({row['minutes']:.1f} minutes) made of the examples that were kept from learning, "
        "range -80 dB, no lookahead; 95 % intervals by bootstrap over scenes. They are few, and of the same recordings: "
        "other voices, rooms and noises may do worse. docs/metrics.md defines the measures.",
        "",
        f"| | {learned.name} | 95 % |" + (f" the {learned.start} preset |" if old else ""),
        "|---|---|---|" + ("---|" if old else ""),
    ]
    for name, words in NAMES.items():
        low, high = ends[name]
        lines.append(
            f"| {words} | {row[name]:.3g} | {low:.3g} to {high:.3g} |"
            + (f" {old[name]:.3g} |" if old else "")
        )
    if learned.findings:
        lines += ["", "## What was wrong with the examples", "", *(f"- {one}" for one in learned.findings)]
    return "\n".join([*lines, ""])


def replace(partial: Path, folder: Path) -> None:
    """Put the finished folder in its place; the one that was there is away only between two renames."""
    if not folder.exists():
        os.rename(partial, folder)
        return
    old = folder.with_name(f".{folder.name}.old-{os.getpid()}")
    os.rename(folder, old)
    try:
        os.rename(partial, folder)
    except OSError:
        os.rename(old, folder)
        raise
    shutil.rmtree(old, ignore_errors=True)
