"""A picture of one held-out scene: the sound, the label, and the gate's gain."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np

from export.parity import torch_gates
from gate.constants import BLOCK, BLOCK_S
from gate.levels import block_levels_db
from gate.realtime.ballistics import gain_curve, openness_curve
from training.labels import OPEN, label
from training.networks.gate_net import GateNet
from training.scenes.compose import Scene

LOWEST_DB = -90.0
"""Lowest level of the drawing, in dBFS."""
RANGE_DB = -80.0
GREEN, BLUE, GREY = "#2e9e4f", "#1f5fbf", "0.6"


def draw(scene: Scene, nets: Mapping[str, tuple[GateNet, float, float]], path: Path, *, title: str) -> None:
    """Draw levels above and gains below, seconds across, into a PNG.

    Args:
        scene: judged, with ``threshold_db`` in its recipe.
        nets: name -> (network, open_at, close_at).
        path: the picture's path.
        title: one sentence.
    """
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    threshold_db = float(scene.recipe["threshold_db"])
    target_db, mixture_db = block_levels_db(scene.target), block_levels_db(scene.mixture)
    wanted = label(target_db, threshold_db) == OPEN
    seconds = (np.arange(len(wanted)) + 0.5) * BLOCK_S
    figure = Figure(figsize=(12, 6), layout="constrained")
    FigureCanvasAgg(figure)
    top, bottom = figure.subplots(2, 1, sharex=True, height_ratios=(2, 1))
    for axes, low in ((top, LOWEST_DB), (bottom, RANGE_DB)):
        axes.fill_between(
            seconds, low, 3.0, where=wanted, step="mid", color=GREEN, alpha=0.2, lw=0, label="should be open"
        )
    top.plot(seconds, np.maximum(mixture_db, LOWEST_DB), color=GREY, lw=0.7, label="mixture")
    top.plot(seconds, np.maximum(target_db, LOWEST_DB), color=BLUE, lw=0.8, label="target alone")
    top.axhline(threshold_db, color="k", lw=0.9, ls="--", label="threshold")
    top.set(ylim=(LOWEST_DB, 3.0), ylabel="level, dBFS")
    for name, (net, open_at, close_at) in nets.items():
        gates = torch_gates(net, scene.mixture, threshold_db, len(scene.mixture) // BLOCK)
        gain = gain_curve(openness_curve(gates, open_at, close_at), RANGE_DB)
        gain_db = 20.0 * np.log10(np.maximum(gain, 10 ** (RANGE_DB / 20)))
        bottom.plot(seconds, gain_db, color="k", lw=0.9, label=name)
    bottom.set(ylim=(RANGE_DB, 3.0), xlim=(0.0, float(seconds[-1])), xlabel="time, s", ylabel="gain, dB")
    top.set_title(title, loc="left", fontsize=9, wrap=True, parse_math=False)
    for axes in (top, bottom):
        axes.legend(loc="lower right", fontsize=7, ncols=4)
    figure.savefig(path, dpi=100)
