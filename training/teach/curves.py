"""Training curves: a log of JSON lines drawn to a picture, one panel a quantity.

A log row is a dict with ``step`` and numbers, nested to any depth: ``{"step": 100, "loss": 0.4, "val":
{"noise": {"auc": 0.9}, "music": {"auc": 0.91}}}``. The last name of a path is the quantity and makes the
panel (here ``loss`` and ``auc``), what comes before it names the line in it (``val noise``, ``val music``).
``val_noise_auc`` and ``val/noise/auc`` are the same as that, the former for the measures of a gate only.
"""

import json
import math
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from gate.files.atomic import whole
from training.judging.metrics import MEASURES

X_AXIS = "step"
COLUMNS = 3
PANEL_INCHES = (4.6, 2.9)
SMOOTH_OVER = 400
"""Points over which a line is drawn faint, with a running median of a fortieth of it on top."""

Series = dict[str, dict[str, list[tuple[float, float]]]]


def draw_curves(log_path: str | Path, png_path: str | Path) -> Path:
    """Draw a training log; the picture is written beside its place and renamed, so a viewer never sees half.

    Args:
        log_path: JSON lines. A last line cut short (the loop was stopped in it) is passed over.
        png_path: the picture, PNG whatever its name; folders on the way are made.

    Returns:
        The picture's path.

    Raises:
        ValueError: a line before the last is not a JSON object, or no row has both ``step`` and a number.
    """
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    panels = series(read_log(log_path))
    if not panels:
        raise ValueError(
            f"{log_path} has no row with '{X_AXIS}' and a number; give the log of a training run"
        )
    rows = math.ceil(len(panels) / COLUMNS)
    columns = min(COLUMNS, len(panels))
    figure = Figure(figsize=(PANEL_INCHES[0] * columns, PANEL_INCHES[1] * rows), layout="constrained")
    FigureCanvasAgg(figure)
    for place, (quantity, lines) in enumerate(panels.items(), start=1):
        axes = figure.add_subplot(rows, columns, place)
        for name, points in lines.items():
            _draw_line(axes, name, points)
        axes.set_title(quantity, loc="left", fontsize=10)
        axes.set_xlabel(X_AXIS, fontsize=8)
        axes.tick_params(labelsize=8)
        axes.grid(alpha=0.3)
        if any(lines):
            axes.legend(fontsize=7, framealpha=0.6)
    png_path = Path(png_path)
    png_path.parent.mkdir(parents=True, exist_ok=True)
    with whole(png_path) as stream:
        figure.savefig(stream, format="png", dpi=100)
    return png_path


def read_log(log_path: str | Path) -> list[dict[str, Any]]:
    """Read the rows of a JSON-lines log, without a last line that was cut short.

    Raises:
        ValueError: a line before the last is not a JSON object.
    """
    lines = Path(log_path).read_text(encoding="utf-8").splitlines()
    rows = []
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
        except json.JSONDecodeError:
            if number == len(lines):
                break
            row = None
        if not isinstance(row, dict):
            raise ValueError(f"{log_path} line {number} is not a JSON object; one row a line is expected")
        rows.append(row)
    return rows


def series(rows: Iterable[Mapping[str, Any]]) -> Series:
    """Collect quantity -> line -> points (step, value), in the order in which they first appear.

    Where a run was resumed from an earlier step, the rows that it wrote again replace the old ones.
    Text, lists, None and true/false are passed over; nan and infinity break the line.
    """
    panels: Series = {}
    for row in rows:
        step = row.get(X_AXIS)
        if not _is_number(step):
            continue
        for path, value in _flat(row, ()):
            if path == (X_AXIS,):
                continue
            points = panels.setdefault(path[-1], {}).setdefault(" ".join(path[:-1]), [])
            while points and points[-1][0] >= step:
                points.pop()
            points.append((float(step), value if math.isfinite(value) else math.nan))
    return panels


def _flat(row: Mapping[str, Any], above: tuple[str, ...]) -> Iterable[tuple[tuple[str, ...], float]]:
    for name, value in row.items():
        path = (*above, *_names(str(name)))
        if isinstance(value, Mapping):
            yield from _flat(value, path)
        elif _is_number(value):
            yield path, float(value)


def _names(name: str) -> list[str]:
    """Cut ``val_noise_cut_db`` into val, noise, cut_db; any other name only at its slashes."""
    for measure in MEASURES:
        if name.endswith(f"_{measure}"):
            return [*name.removesuffix(f"_{measure}").split("_"), measure]
    return name.split("/")


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _draw_line(axes: Any, name: str, points: list[tuple[float, float]]) -> None:
    """Draw a line: with dots if short; faint with a running median on top if long."""
    import numpy as np

    x, y = np.array(points).T
    if len(x) <= SMOOTH_OVER:
        axes.plot(x, y, label=name or None, linewidth=1.2, marker="." if len(x) < 60 else None, markersize=4)
        return
    width = len(x) // 40
    (faint,) = axes.plot(x, y, linewidth=0.5, alpha=0.3)
    smooth = np.median(np.lib.stride_tricks.sliding_window_view(y, width), axis=1)
    axes.plot(x[width - 1 :], smooth, label=name or None, linewidth=1.4, color=faint.get_color())
