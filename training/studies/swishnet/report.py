"""The tables: ours beside the published ones, as Markdown, as JSON, and confusions as a picture."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from gate.files.atomic import whole, write_text
from training.judging.tables import plain
from training.studies.swishnet.published import GTZAN, MUSAN
from training.studies.swishnet.recordings import KINDS

GTZAN_HEADINGS = ("accuracy", "speech recall", "music recall", "average", "F1")
PANEL_INCHES = 2.6


def write(folder: Path, result: dict[str, Any]) -> list[Path]:
    """Write ``tables.json``, ``tables.md``, ``confusion.png`` and, if there was tuning, ``confusion-gtzan.png``."""
    made = [folder / "tables.json", folder / "tables.md", folder / "confusion.png"]
    write_text(made[0], json.dumps(plain(result), indent=1) + "\n")
    write_text(made[1], markdown(result))
    draw(made[2], result["musan"])
    if result["gtzan"]:
        made.append(folder / "confusion-gtzan.png")
        draw(made[3], result["gtzan"])
    return made


def markdown(result: dict[str, Any]) -> str:
    """Write the text of all tables, in per cent."""
    rows = result["musan"]
    lengths = sorted({row["length_s"] for row in rows})
    lines = [f"Seed {result['seed']}, data {result['data_sha256'][:16]}, {result['date']}.", ""]
    lines += ["## Clips: overall accuracy / speech or not, %", ""]
    lines += _head("", [f"{s:g} s" for s in lengths])
    for name in dict.fromkeys(row["model"] for row in rows):
        own = {row["length_s"]: row for row in rows if row["model"] == name}
        title = f"ours, {name}" + (", distilled" if any(r["distilled"] for r in own.values()) else "")
        lines.append(_row(title, [_pair(own[s], "overall", "sns") for s in lengths]))
        lines.append(_row("95 %, over owners", [_ends(own[s]["intervals_95"]) for s in lengths]))
    for name, figures in MUSAN.items():
        cells = [_cells(figures[s]) if s in figures else "-" for s in lengths]
        lines.append(_row(name, cells))
    lines += ["", "## Recall by class, and what there was, %", ""]
    heads = [*KINDS, "average", "F1", "weights", "epochs", "best", "clips to learn", "clips to judge"]
    lines += _head("ours", heads)
    for row in rows:
        lines.append(
            _row(
                f"{row['model']}, {row['length_s']:g} s",
                [
                    *(_percent(row["recall"][kind]) for kind in KINDS),
                    *(_percent(row[key]) for key in ("average", "f1")),
                    *(str(row[key]) for key in ("weights", "epochs", "best_epoch")),
                    *(" + ".join(str(n) for n in row["clips"][part].values()) for part in ("train", "test")),
                ],
            )
        )
    if result["gtzan"]:
        lines += _gtzan(result["gtzan"])
    return "\n".join([*lines, ""])


def draw(path: Path, rows: Sequence[dict[str, Any]]) -> None:
    """Draw confusions, a panel for each model and length: true class, down; taken for, across; shares of a row."""
    import numpy as np
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    across = len({row["length_s"] for row in rows})
    down = -(-len(rows) // across)
    figure = Figure(figsize=(PANEL_INCHES * across, PANEL_INCHES * down), layout="constrained")
    FigureCanvasAgg(figure)
    for place, row in enumerate(rows, start=1):
        table = np.array(row["confusion"], dtype=float)
        share = table / np.maximum(table.sum(axis=1, keepdims=True), 1.0)
        axes = figure.add_subplot(down, across, place)
        axes.imshow(share, cmap="Blues", vmin=0.0, vmax=1.0)
        for (i, j), value in np.ndenumerate(share):
            text = f"{100 * value:.1f} %\n{table[i, j]:.0f}"
            axes.text(j, i, text, ha="center", va="center", fontsize=7, color="w" if value > 0.5 else "k")
        names = KINDS[: len(table)]
        axes.set_xticks(range(len(names)), names, fontsize=8)
        axes.set_yticks(range(len(names)), names, fontsize=8, rotation=90, va="center")
        axes.set_title(f"{row['model']}, {row['length_s']:g} s", fontsize=9, loc="left")
    with whole(path) as stream:
        figure.savefig(stream, format="png", dpi=110)


def _gtzan(rows: Sequence[dict[str, Any]]) -> list[str]:
    lines = ["", "## GTZAN music/speech, fine-tuned, %", ""]
    lines += _head("", ["clips", *GTZAN_HEADINGS, "accuracy before"])
    for row in rows:
        recall = row["recall"]
        figures = (row["overall"], recall["speech"], recall["music"], row["average"], row["f1"])
        before = _percent(row["untuned"]["overall"])
        lines.append(
            _row(f"ours, {row['model']}", [f"{row['length_s']:g} s", *map(_percent, figures), before])
        )
    for name, by_length in GTZAN.items():
        for length_s, values in by_length.items():
            cells = ["-" if value is None else f"{value:.2f}" for value in values]
            lines.append(_row(name, [f"{length_s:g} s", *cells, "-"]))
    return lines


def _head(first: str, headings: Sequence[str]) -> list[str]:
    return [_row(first, headings), "|---" * (len(headings) + 1) + "|"]


def _row(first: str, cells: Sequence[str]) -> str:
    return f"| {first} | " + " | ".join(cells) + " |"


def _percent(share: float) -> str:
    return f"{100 * share:.2f}"


def _pair(row: dict[str, Any], *keys: str) -> str:
    return " / ".join(_percent(row[key]) for key in keys)


def _ends(ends: dict[str, Sequence[float]]) -> str:
    return " / ".join(f"{100 * low:.1f} to {100 * high:.1f}" for low, high in ends.values())


def _cells(figures: Sequence[float]) -> str:
    return " / ".join(f"{figure:.2f}" for figure in figures)
