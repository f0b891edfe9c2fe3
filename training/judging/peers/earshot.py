"""Earshot as a gate: speech where its score is over .5, frame by frame.

Its documentation says that scores over .5 are voice. The detector has no hangover, so it gets none. It takes frames of
16 ms in the range of -1 to 1, so louder samples are clipped.
"""

import importlib
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gate.constants import BLOCK
from training.judging.gates import Gate, Scene
from training.judging.peers import frames
from training.judging.peers.base import Peer

FRAME = 256
"""16 kHz samples that the detector takes at once: 16 ms."""
OPEN_OVER = 0.5


class EarshotGate(Gate):
    """Earshot as a gate under test; Threshold means nothing to it."""

    def __init__(self) -> None:
        self._detector: Any = importlib.import_module("earshot").Detector()

    def __call__(self, scene: Scene, threshold_db: float) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Compute open probability (T,) and gain (T,) of a mixture."""
        self._detector.reset()
        pieces = frames.framed(np.clip(frames.to_16_khz(scene.mixture), -1.0, 1.0), FRAME)
        found = np.asarray([self._detector.predict_f32(piece) for piece in pieces], dtype=np.float64)
        return frames.answered_at_16_khz(found, found > OPEN_OVER, FRAME, len(scene.mixture) // BLOCK)


def _make() -> Gate:
    return EarshotGate()


EARSHOT = Peer(
    name="Earshot",
    package="earshot",
    module="earshot",
    delay="frames of 16 ms, known at their end, and 0.6 ms of resampling",
    make=_make,
)
