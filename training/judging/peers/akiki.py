"""Akiki's detector as a gate: speech where its probability is .5 or more, frame by frame.

The detector runs as in its own class ``VAD``, on windows of 16 ms with 20 ms before each, and answers by the threshold
of its metadata, .5; it has no hangover, so it gets none. ``model_precision="fp32"`` takes the weights as they lie in the
package. The default of its Rust engine, int8, would first write weights of its own making into the user's cache.
"""

import importlib
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gate.constants import BLOCK
from training.judging.gates import Gate, Scene
from training.judging.peers import frames
from training.judging.peers.base import Peer

WINDOW = 256
"""16 kHz samples that the detector takes at once: 16 ms."""
OPEN_AT = 0.5
PRECISION = "fp32"


class AkikiGate(Gate):
    """Akiki's detector as a gate under test; Threshold means nothing to it."""

    def __init__(self) -> None:
        self._detector: Any = importlib.import_module("akiki").VAD(
            threshold=OPEN_AT, model_precision=PRECISION
        )
        if self._detector.chunk_samples != WINDOW:
            raise ImportError(f"an akiki that takes {self._detector.chunk_samples} samples at once")

    def __call__(self, scene: Scene, threshold_db: float) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Compute open probability (T,) and gain (T,) of a mixture."""
        self._detector.reset()
        windows = frames.framed(frames.to_16_khz(scene.mixture), WINDOW)
        found = np.asarray([frame.probability for window in windows for frame in self._detector.push(window)])
        return frames.answered_at_16_khz(found, found >= OPEN_AT, WINDOW, len(scene.mixture) // BLOCK)


def _make() -> Gate:
    return AkikiGate()


AKIKI = Peer(
    name="Akiki VAD",
    package="akiki",
    module="akiki",
    delay="windows of 16 ms, known at their end, and 0.6 ms of resampling",
    make=_make,
)
