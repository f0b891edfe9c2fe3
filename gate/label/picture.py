"""A picture of a recording and its labels: sound, probabilities, segments."""

import textwrap
from typing import BinaryIO

import numpy as np

from gate.label.listen import Labelled
from gate.pictures import BEFORE, CLASS_COLOURS, DPI, TITLE_LETTERS, Thin

SIZE_INCHES = (12.0, 6.0)


def draw(labelled: Labelled, file: BinaryIO) -> None:
    """Draw a recording as a PNG.

    Args:
        labelled: what to draw.
        file: open for writing.
    """
    import logging
    import warnings

    # the first time, matplotlib tells the user about its font cache
    logging.getLogger("matplotlib").setLevel(logging.ERROR)
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=SIZE_INCHES, dpi=DPI, layout="constrained")
    FigureCanvasAgg(figure)
    shares = ", ".join(f"{name} {100 * labelled.share(name):.0f} %" for name in labelled.classes)
    name = str(labelled.path.name).encode("utf-8", "replace").decode()
    figure.suptitle("\n".join(textwrap.wrap(f"{name}: {shares}", TITLE_LETTERS)), parse_math=False)
    wave, chance, bar = figure.subplots(3, 1, sharex=True, height_ratios=[1.2, 1.2, 0.3])
    if labelled.wave is not None:
        low, high = labelled.wave.low[:, 0], labelled.wave.high[:, 0]
        # the sound as it swings: what is loudest of each column, to both sides
        high = np.maximum(np.abs(low), np.abs(high))
        wave.fill_between(labelled.wave.times(labelled.seconds), -high, high, color=BEFORE, linewidth=0.5)
    wave.set_ylabel("sound")
    colours = dict(zip(labelled.classes, CLASS_COLOURS * len(labelled.classes), strict=False))
    frames = labelled.frames
    if len(frames.time_s):
        thin = Thin(len(frames.time_s), len(labelled.classes))
        thin.add(frames.probabilities)
        times = thin.times(labelled.seconds)
        for k, (label, colour) in enumerate(colours.items()):
            chance.fill_between(
                times, thin.low[:, k], thin.high[:, k], color=colour, alpha=0.35, linewidth=0.0
            )
            chance.plot(times, thin.high[:, k], color=colour, linewidth=0.9, label=label)
        chance.legend(loc="lower right", bbox_to_anchor=(1.0, 0.98), ncols=len(colours), frameon=False)
    chance.set_ylim(-0.02, 1.02)
    chance.set_ylabel("probability")
    for segment in labelled.segments:
        bar.axvspan(segment.start_s, segment.end_s, color=colours[segment.label], linewidth=0.0)
    bar.set_yticks([])
    bar.set_ylabel("label")
    bar.set_xlabel("time, s")
    bar.set_xlim(0.0, max(labelled.seconds, 1e-3))
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Glyph .* missing")
        figure.savefig(file, format="png")
