"""WebRTC's VAD as a gate: speech or not, in frames of 10 ms at 48 kHz.

py-webrtcvad runs the detector at mode 3, the one that lets least else through, and the shortest frame, at 48 kHz. The
hangover inside is part of the answers; the ring of 300 ms in that package's example decides about whole recordings
and reaches back, so it is left out. Answers are yes or no: there is no probability to rank by.
"""

import importlib
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gate.constants import BLOCK, RATE
from training.judging.gates import Gate, Scene
from training.judging.peers import frames
from training.judging.peers.base import Peer

FRAME = RATE // 100
"""48 kHz samples that the detector takes at once: 10 ms."""
MODE = 3


class WebrtcGate(Gate):
    """WebRTC's VAD as a gate under test; Threshold means nothing to it."""

    def __init__(self) -> None:
        self._make: Any = importlib.import_module("webrtcvad").Vad

    def __call__(self, scene: Scene, threshold_db: float) -> tuple[None, NDArray[np.float64]]:
        """Return None, and the gain (T,) of a mixture; a new detector for each."""
        detector = self._make(MODE)
        pieces = frames.framed(frames.to_int16(scene.mixture), FRAME)
        speech = np.asarray([detector.is_speech(piece.tobytes(), RATE) for piece in pieces], dtype=np.float64)
        known = frames.known_at(len(pieces), FRAME)
        return None, frames.gains(frames.by_block(speech, known, len(scene.mixture) // BLOCK))


def _make() -> Gate:
    return WebrtcGate()


WEBRTC = Peer(
    name="WebRTC VAD, mode 3",
    package="webrtcvad-wheels",
    module="webrtcvad",
    delay="frames of 10 ms, known at their end",
    make=_make,
)
