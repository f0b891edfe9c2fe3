"""Draw mixtures with their labels, to be looked at: ``python -m training.scenes.draw --corpus FOLDER -o OUT.png``.

A label is an opinion, and the only test of it is to look at it. Each panel shows the 5 ms level of the
mixture (grey) and of the target alone (blue), the threshold (dashed), when a gate should be open (green) and
where nothing is scored (amber).
"""

import argparse
import sys
from math import isfinite
from pathlib import Path

import numpy as np

from gate.constants import BLOCK_S
from gate.levels import block_levels_db
from training.labels import OPEN, UNSCORED, label
from training.recordings.corpus import Corpus
from training.scenes.compose import Scene, SceneConfig, compose
from training.scenes.instruments import TEACHABLE
from training.scenes.judged import judged_scenes

PER_KIND = {"voice": 3, "guitar": 2}
"""Judged scenes of each kind in one picture; drums are judged under one kind alone."""

LOWEST_DB = -100.0
"""Bottom of the drawing, in dBFS."""


def draw(scenes: list[Scene], thresholds_db: list[float], out: Path) -> None:
    """Draw scenes one under another into a picture (PNG, PDF or SVG, by its name)."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(16, 2.9 * len(scenes)), layout="constrained")
    FigureCanvasAgg(figure)
    panels = figure.subplots(len(scenes), 1, squeeze=False)[:, 0]
    for axes, scene, threshold_db in zip(panels, scenes, thresholds_db, strict=True):
        mixture_db, target_db = block_levels_db(scene.mixture), block_levels_db(scene.target)
        labels = label(target_db, threshold_db)
        seconds = (np.arange(len(labels)) + 0.5) * BLOCK_S
        for value, colour, name in ((OPEN, "#2e9e4f", "open"), (UNSCORED, "#f0a500", "unscored")):
            axes.fill_between(
                seconds,
                LOWEST_DB,
                0.0,
                where=labels == value,
                step="mid",
                color=colour,
                alpha=0.25,
                lw=0,
                label=name,
            )
        axes.plot(seconds, np.maximum(mixture_db, LOWEST_DB), color="0.55", lw=0.7, label="mixture")
        axes.plot(seconds, np.maximum(target_db, LOWEST_DB), color="#1f5fbf", lw=0.8, label="target alone")
        axes.axhline(threshold_db, color="k", lw=0.9, ls="--", label="threshold")
        axes.set(xlim=(0.0, seconds[-1]), ylim=(LOWEST_DB, 0.0), ylabel="level, dBFS")
        axes.set_title(describe(scene, threshold_db), loc="left", fontsize=8)
    panels[0].legend(loc="upper right", fontsize=7, ncols=5)
    panels[-1].set_xlabel("time, s")
    figure.savefig(out, dpi=90)


def describe(scene: Scene, threshold_db: float) -> str:
    """Say in one line what a scene is made of."""
    told = {key: value for key, value in scene.recipe.items() if key not in ("split", "bleed_loud_db")}
    parts = []
    for key, value in told.items():
        if isinstance(value, float):
            parts.append(f"{key} {value:.1f}")
        elif value is not None and value is not True:
            parts.append(f"{key} {value}")
        elif value is True:
            parts.append(key)
    under = (
        f"{scene.loud_db - threshold_db:.0f} dB under the loud level"
        if isfinite(scene.loud_db)
        else "no target"
    )
    return f"threshold {threshold_db:.0f} dBFS ({under}); " + "; ".join(parts)[:220]


def pick_scenes(
    corpus: Corpus, seed: int, split: str, judged: bool, target: str = "voice"
) -> tuple[list[Scene], list[float]]:
    """Pick six scenes and a threshold for each: training scenes, or some of the judged kind."""
    rng = np.random.default_rng(seed)
    if judged:
        scenes = judged_scenes(corpus, split, seed, PER_KIND.get(target, 6), target)
        return scenes, [scene.recipe["threshold_db"] for scene in scenes]
    scenes = [compose(corpus, rng, SceneConfig(target=target), split) for _ in range(6)]
    thresholds = []
    for scene in scenes:
        reference = scene.loud_db if isfinite(scene.loud_db) else scene.recipe["bleed_loud_db"]
        thresholds.append(float(reference - rng.uniform(10.0, 42.0)))
    return scenes, thresholds


def main(argv: list[str] | None = None) -> int:
    """Entry point: 0 done, 1 failed, 2 wrong usage."""
    parser = argparse.ArgumentParser(
        "training.scenes.draw", description="Draw six mixtures with their labels."
    )
    parser.add_argument("--corpus", type=Path, required=True, help="folder with manifest.csv")
    parser.add_argument("-o", "--out", type=Path, required=True, help="picture to write (PNG, PDF or SVG)")
    parser.add_argument("--seed", type=int, default=0, help="which six (default 0)")
    parser.add_argument("--split", choices=("train", "val"), default="train", help="default train")
    parser.add_argument("--judged", action="store_true", help="scenes as the judge makes them instead")
    parser.add_argument(
        "--target", choices=TEACHABLE, default="voice", help="what should pass (default voice)"
    )
    options = parser.parse_args(argv)
    try:
        scenes, thresholds = pick_scenes(
            Corpus.from_manifest(options.corpus), options.seed, options.split, options.judged, options.target
        )
        draw(scenes, thresholds, options.out)
    except (OSError, ValueError) as error:
        print(f"training.scenes.draw: error: {error}", file=sys.stderr)
        return 1
    print(f"drew {len(scenes)} scenes of seed {options.seed} into {options.out}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
