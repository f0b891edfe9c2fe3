"""A picture of a recording and its labels: sound, probabilities, segments."""

from typing import Any, BinaryIO

import numpy as np

from gate.label.listen import Labelled
from gate.pictures import BEFORE, CLASS_COLOURS, Thin, band, legend, png

SIZE_INCHES = (12.0, 6.0)


def draw(labelled: Labelled, file: BinaryIO) -> None:
    """Draw a recording as a PNG.

    Args:
        labelled: what to draw.
        file: open for writing.
    """
    shares = ", ".join(f"{name} {100 * labelled.share(name):.0f} %" for name in labelled.classes)
    with png(file, SIZE_INCHES, f"{labelled.path.name}: {shares}") as figure:
        _fill(figure, labelled)


def _fill(figure: Any, labelled: Labelled) -> None:
    """Draw the sound, the probabilities and the segments, one over the other."""
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
            band(chance, times, thin.low[:, k], thin.high[:, k], colour, label)
        legend(chance, len(colours))
    chance.set_ylim(-0.02, 1.02)
    chance.set_ylabel("probability")
    for segment in labelled.segments:
        bar.axvspan(segment.start_s, segment.end_s, color=colours[segment.label], linewidth=0.0)
    bar.set_yticks([])
    bar.set_ylabel("label")
    bar.set_xlabel("time, s")
    bar.set_xlim(0.0, max(labelled.seconds, 1e-3))
