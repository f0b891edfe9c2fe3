"""Draw what the label is, from sounds made here: ``python -m training.studies.labels.pictures -o docs/pictures``.

Three pictures for docs/labels.md: the parts of a label about one word; the cases that a definition has to
decide; and our label beside two others on the same phrase. Blue is the target's 5 ms level, grey that of
the bleed, the dashed lines are T and T - 6 dB, green is open, amber is unscored, white is shut.
"""

import argparse
import sys
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gate.constants import BLOCK, BLOCK_S, RATE
from gate.levels import block_levels_db
from training.labels import OPEN, UNDER_DB, UNSCORED
from training.studies.labels.variants import VARIANTS

Sound = NDArray[np.float64]

THRESHOLD_DB = -40.0
LOWEST_DB = -85.0
"""Lowest level of the drawings, in dBFS."""
COLOURS = ((OPEN, "#2e9e4f"), (UNSCORED, "#f0a500"))
DPI = 68
"""Resolution that keeps each picture well under 80 kB and legible in a page."""


def voiced(*points: tuple[float, float]) -> Sound:
    """Make a buzz of 200 Hz (whose level over 5 ms is smooth), its level in dBFS drawn through (seconds, dB) points."""
    n = round(points[-1][0] * RATE) // BLOCK * BLOCK
    seconds = np.arange(n) / RATE
    harmonic = np.arange(1, 21)
    buzz = np.sin(2 * np.pi * 200.0 * harmonic[:, None] * seconds + harmonic[:, None] ** 2)
    sound = (buzz / harmonic[:, None]).sum(0)
    sound /= np.sqrt(np.mean(np.square(sound)))
    level_db = np.interp(seconds, [at for at, _ in points], [db for _, db in points])
    return np.asarray(sound * 10.0 ** (level_db / 20.0))


def steady(level_db: float, n: int, seed: int = 0) -> Sound:
    """Make white noise at a level in dBFS."""
    return np.random.default_rng(seed).normal(scale=10.0 ** (level_db / 20.0), size=n)


def word(
    start: float, length: float, loud_db: float = -18.0, tail: float = 0.18
) -> list[tuple[float, float]]:
    """Return the points of one word: a rise of 40 ms, a wavering middle, a decay to silence over ``tail`` seconds."""
    end = start + length
    return [
        (start, -90.0), (start + 0.04, loud_db), (start + length / 2, loud_db - 5.0), (end, loud_db - 3.0),
        (end + tail, -90.0),
    ]  # fmt: skip


def two_words(pause_s: float) -> Sound:
    """Make two words with about this long a pause between where one falls under T and the next rises over T."""
    return voiced((0.0, -90.0), *word(0.15, 0.2, tail=0.03), *word(0.355 + pause_s, 0.2), (1.1, -90.0))


def cases() -> list[tuple[str, Sound, Sound | None]]:
    """Make (title, target, bleed) of each case that the definition decides."""
    hover = voiced((0.0, -43.0), (0.45, -43.0), (0.47, -25.0), (0.7, -25.0), (0.72, -43.0), (1.1, -43.0))
    swell = voiced(
        (0.0, -90.0),
        *word(0.1, 0.25, tail=0.06),
        (0.42, -90.0),
        (0.7, -90.0),
        (0.75, -42.0),
        (0.95, -42.0),
        (1.1, -90.0),
    )
    quiet = voiced((0.0, -90.0), *word(0.3, 0.4, loud_db=-45.0), (1.1, -90.0))
    loud_bleed = voiced((0.0, -90.0), *word(0.3, 0.3), (1.1, -90.0))
    cut = voiced((0.0, -20.0), (0.2, -20.0), (0.25, -90.0), (0.95, -90.0), (1.0, -20.0), (1.1, -20.0))
    return [
        ("a pause under 200 ms is filled", two_words(0.15), None),
        ("a longer one is shut, with tail and foot", two_words(0.3), None),
        ("hovering over T - 6 dB: 50 ms of foot, tail without end", hover, None),
        ("a swell that stays under T is shut", swell, None),
        ("louder bleed does not matter", loud_bleed, steady(-14.0, len(loud_bleed))),
        ("a target under T stays shut", quiet, None),
        ("edges of a file: no foot before it, no tail after", cut, None),
        ("bleed alone opens nothing", np.zeros(len(cut)), steady(-25.0, len(cut))),
    ]


def draw_word(out: Path) -> None:
    """Draw one word, its parts named."""
    figure, (axes,) = _figure(1, 1, (9.0, 3.4))
    target = voiced((0.0, -90.0), (0.25, -70.0), (0.5, -18.0), (0.7, -21.0), (1.2, -90.0), (1.5, -90.0))
    labels = _panel(axes, target, None)
    edges = np.flatnonzero(np.diff(labels)) + 1
    bounds = [0, *edges.tolist(), len(labels)]
    names = {(0, 0): "shut", (1, -1): "foot", (2, 1): "open", (3, -1): "tail", (4, 0): "shut"}
    for i, (start, stop) in enumerate(pairwise(bounds)):
        middle = (start + stop) / 2 * BLOCK_S
        axes.text(middle, -6.0, names.get((i, int(labels[start])), ""), ha="center", fontsize=9)
    axes.text(1.49, THRESHOLD_DB + 1.0, "T", ha="right", fontsize=8)
    axes.text(1.49, THRESHOLD_DB - UNDER_DB - 5.0, "T - 6 dB", ha="right", fontsize=8)
    axes.set_xlabel("time, s")
    figure.savefig(out, dpi=DPI)


def draw_cases(out: Path) -> None:
    """Draw the cases that a definition has to decide."""
    figure, panels = _figure(4, 2, (9.5, 7.6))
    for axes, (title, target, bleed) in zip(panels, cases(), strict=True):
        _panel(axes, target, bleed)
        axes.set_title(title, loc="left", fontsize=9)
    for axes in panels[-2:]:
        axes.set_xlabel("time, s")
    figure.savefig(out, dpi=DPI)


def draw_variants(out: Path) -> None:
    """Draw one phrase, and a strip with what each of three careful labels says of it."""
    figure, (top, *strips) = _figure(4, 1, (9.0, 4.4), heights=(4, 1, 1, 1))
    phrase = voiced(
        (0.0, -90.0), *word(0.2, 0.3, tail=0.05), *word(0.66, 0.2, -25.0, 0.3), *word(1.6, 0.25, -30.0, 0.1),
        (2.1, -90.0), *word(2.2, 0.3, -20.0, 0.4), (3.2, -90.0),
    )  # fmt: skip
    _panel(top, phrase, None)
    for axes, (name, make) in zip(strips, VARIANTS.items(), strict=True):
        labels = make(phrase, THRESHOLD_DB)
        _shade(axes, labels, 0.0, 1.0, alpha=0.6)
        axes.set(xlim=(0.0, len(labels) * BLOCK_S), ylim=(0.0, 1.0), yticks=[])
        axes.set_ylabel(name, rotation=0, ha="right", va="center")
    strips[-1].set_xlabel("time, s")
    figure.savefig(out, dpi=DPI)


def _figure(rows: int, columns: int, size: tuple[float, float], heights: Any = None) -> tuple[Any, list[Any]]:
    """Make a figure that needs no screen, and its panels in reading order."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=size, layout="constrained")
    FigureCanvasAgg(figure)
    panels = figure.subplots(rows, columns, squeeze=False, gridspec_kw={"height_ratios": heights})
    return figure, list(panels.ravel())


def _panel(axes: Any, target: Sound, bleed: Sound | None) -> NDArray[np.int8]:
    """Draw levels, thresholds and label of one sound; returns the label."""
    labels = VARIANTS["ours"](target, THRESHOLD_DB)
    seconds = (np.arange(len(labels)) + 0.5) * BLOCK_S
    _shade(axes, labels, LOWEST_DB, 0.0, alpha=0.3)
    if bleed is not None:
        axes.plot(seconds, np.maximum(block_levels_db(bleed), LOWEST_DB), color="0.55", lw=0.8)
    axes.plot(seconds, np.maximum(block_levels_db(target), LOWEST_DB), color="#1f5fbf", lw=1.2)
    for level_db in (THRESHOLD_DB, THRESHOLD_DB - UNDER_DB):
        axes.axhline(level_db, color="k", lw=0.8, ls="--")
    axes.set(xlim=(0.0, len(labels) * BLOCK_S), ylim=(LOWEST_DB, 0.0), ylabel="level, dBFS")
    return labels


def _shade(axes: Any, labels: NDArray[np.int8], low: float, high: float, alpha: float) -> None:
    """Colour the blocks from edge to edge: open green, unscored amber."""
    for value, colour in COLOURS:
        edges = np.flatnonzero(np.diff(np.concatenate(([False], labels == value, [False])).astype(np.int8)))
        spans = [(start * BLOCK_S, (stop - start) * BLOCK_S) for start, stop in edges.reshape(-1, 2).tolist()]
        axes.broken_barh(spans, (low, high - low), color=colour, alpha=alpha, lw=0, antialiased=False)


PICTURES = {"label_word.png": draw_word, "label_cases.png": draw_cases, "label_variants.png": draw_variants}


def main(argv: list[str] | None = None) -> int:
    """Run the command; 0 done, 1 failure, 2 usage."""
    parser = argparse.ArgumentParser(
        prog="python -m training.studies.labels.pictures",
        description="Draw what the label is, from sounds made here.",
    )
    parser.add_argument("-o", "--out", type=Path, required=True, help="folder for the pictures")
    options = parser.parse_args(argv)
    try:
        options.out.mkdir(parents=True, exist_ok=True)
        for name, draw in PICTURES.items():
            draw(options.out / name)
    except OSError as error:
        print(f"draw_labels: error: {error}", file=sys.stderr)
        return 1
    print(f"drew {', '.join(PICTURES)} into {options.out}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
