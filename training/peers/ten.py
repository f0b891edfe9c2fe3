"""TEN VAD as a gate: speech where its probability is .5 or more, frame by frame.

Run as its own class runs it, at its default threshold of .5 and the shorter of its two hops, 10 ms, so that it
answers as soon as it can. It has no hangover of its own, so it gets none. The frame that it looks ahead is inside:
its answer about a frame comes out with the next one, and counts from then.
"""

import importlib
import sys
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gate.constants import BLOCK
from training.baselines import Gate, Scene
from training.peers import frames
from training.peers.base import Peer

HOP = 160
"""16 kHz samples that it takes at once: 10 ms."""
OPEN_AT = 0.5


class TenGate:
    """TEN VAD as a gate under test; Threshold means nothing to it."""

    def __init__(self) -> None:
        self._make: Any = importlib.import_module("ten_vad").TenVad
        self._make(HOP, OPEN_AT)  # so that a library that does not load is found out here

    def __call__(self, scene: Scene, threshold_db: float) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Open probability (T,) and gain (T,) of a mixture; a new detector for each."""
        detector = self._make(HOP, OPEN_AT)
        hops = frames.framed(frames.to_int16(frames.to_16_khz(scene.mixture)), HOP)
        probability = np.asarray([detector.process(hop)[0] for hop in hops], dtype=np.float64)
        known = frames.known_at(len(hops), HOP * frames.DOWN_16_KHZ, frames.RESAMPLER_AHEAD_SAMPLES)
        by_block = frames.by_block(probability, known, len(scene.mixture) // BLOCK)
        return by_block, frames.gains(by_block >= OPEN_AT)


def _make() -> Gate:
    return TenGate()


TEN = Peer(
    name="TEN VAD",
    package="ten-vad",
    module="ten_vad",
    delay="hops of 10 ms, known at the end of the next one, and 0.6 ms of resampling",
    make=_make,
    how_to_get="pip install -c constraints.txt '.[peers]' and, on Linux, the system package libc++1",
    libraries=("libc++.so.1",) if sys.platform == "linux" else (),
)
