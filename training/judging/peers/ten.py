"""TEN VAD as a gate: speech where its probability is .5 or more, frame by frame.

The detector runs as in its own class, with the defaults: a threshold of .5 and hops of 16 ms. Hops of 10 ms answer no
sooner, as the detector gathers 16 ms inside before it thinks, and begin with an answer of -1. The detector has no
hangover, so it gets none. Its look-ahead is inside: an answer counts from when it comes out.
"""

import importlib
import sys
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gate.constants import BLOCK
from training.judging.gates import Gate, Scene
from training.judging.peers import frames
from training.judging.peers.base import Peer

HOP = 256
"""16 kHz samples that the detector takes at once: 16 ms."""
OPEN_AT = 0.5


class TenGate(Gate):
    """TEN VAD as a gate under test; Threshold means nothing to it."""

    def __init__(self) -> None:
        self._make: Any = importlib.import_module("ten_vad").TenVad
        self._make(HOP, OPEN_AT)  # so that a library that does not load is found out here

    def __call__(self, scene: Scene, threshold_db: float) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Compute open probability (T,) and gain (T,) of a mixture; a new detector for each."""
        detector = self._make(HOP, OPEN_AT)
        hops = frames.framed(frames.to_int16(frames.to_16_khz(scene.mixture)), HOP)
        probability = np.asarray([detector.process(hop)[0] for hop in hops], dtype=np.float64)
        return frames.answered_at_16_khz(
            probability, probability >= OPEN_AT, HOP, len(scene.mixture) // BLOCK
        )


def _make() -> Gate:
    return TenGate()


TEN = Peer(
    name="TEN VAD",
    package="ten-vad",
    module="ten_vad",
    delay="hops of 16 ms, known at their end, and 0.6 ms of resampling",
    make=_make,
    how_to_get="pip install -c constraints.txt '.[learn,peers]' and, on Linux, the system package libc++1",
    libraries=("libc++.so.1",) if sys.platform == "linux" else (),
)
