"""A user's own gate becomes a preset: the whole folder at once, or nothing.

``export.bundle`` writes it; here is what is said of such a gate, and its picture.
"""

import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from export.bundle import bundle
from export.kinds import GATE
from export.picture import draw
from gate.errors import AudioFileError, PresetError
from gate.modelfile import preset
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
    text = sentence(learned)
    nets = {learned.name: (learned.net, learned.open_at, learned.close_at)}
    try:
        bundle(
            learned.net,
            _meta(learned),
            GATE,
            folder,
            lambda made, figures: card(learned, GATE.worst(figures)),
            fill=lambda path: draw(learned.scene, nets, path / "picture.png", title=text),
            fresh=True,
        )
    except OSError as error:
        raise PresetError(
            f"{folder} could not be written ({error.strerror or error}); check the disk"
        ) from error
    except AudioFileError as error:
        raise PresetError(str(error)) from error
    return text


def _meta(learned: Learned) -> dict[str, Any]:
    """Return what the model file says of itself."""
    row = metrics.pool(learned.scores)
    files = ", ".join(
        f"{learned.files[side]} files ({learned.seconds[side]:.0f} s) of {side}"
        for side in ("target", "bleed")
    )
    return {
        "name": learned.name,
        "taught": learned.taught,
        "decision": {"open_at": learned.open_at, "close_at": learned.close_at},
        "defaults": {"threshold_db": learned.threshold_db, "range_db": -80.0},
        "licence": learned.licence,
        "training_data": f"a user's own recordings: {files}"
        + (f"; started from the preset {learned.start}" if learned.start else ""),
        "scores": {"held-out": {m: round(float(row[m]), 4) for m in MEASURES if row[m] == row[m]}},
    }


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
