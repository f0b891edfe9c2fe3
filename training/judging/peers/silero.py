"""Silero VAD 6 as a gate: its own streaming rule on chunks of 32 ms.

The detector runs as in its ``VADIterator``: the package's ONNX file through the package's own wrapper, on the CPU,
state carried from chunk to chunk; speech from a probability of .5, over once 100 ms have passed since the first chunk
under .35 with none over .5 in between. The padding of 30 ms before a start is left out, since a live gate cannot
reach back; the padding after an end marks where speech stopped, and the rule has already waited for longer.
"""

import importlib
import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gate.constants import BLOCK
from training.judging.gates import Gate, Scene
from training.judging.peers import frames
from training.judging.peers.base import Peer

CHUNK = 512
"""16 kHz samples that the detector takes at once: 32 ms."""
OPEN_AT = 0.5
CLOSE_AT = OPEN_AT - 0.15
MIN_SILENCE_MS = 100.0
HOLD_CHUNKS = math.ceil(MIN_SILENCE_MS * 16.0 / CHUNK)


class SileroGate(Gate):
    """Silero VAD as a gate under test; Threshold means nothing to it."""

    def __init__(self) -> None:
        import torch

        threads = torch.get_num_threads()
        silero = importlib.import_module("silero_vad")
        torch.set_num_threads(threads)  # importing it leaves torch with one
        self._torch = torch
        self._model: Any = silero.load_silero_vad(onnx=True)

    def __call__(self, scene: Scene, threshold_db: float) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Compute open probability (T,) and gain (T,) of a mixture."""
        self._model.reset_states()
        chunks = frames.framed(frames.to_16_khz(scene.mixture), CHUNK)
        with self._torch.no_grad():
            found = [float(self._model(self._torch.from_numpy(chunk), 16_000)) for chunk in chunks]
        probability = np.asarray(found)
        is_open = frames.latched(probability, OPEN_AT, CLOSE_AT, HOLD_CHUNKS)
        return frames.answered_at_16_khz(probability, is_open, CHUNK, len(scene.mixture) // BLOCK)


def _make() -> Gate:
    return SileroGate()


SILERO = Peer(
    name="Silero VAD",
    package="silero-vad",
    module="silero_vad",
    delay="chunks of 32 ms, known at their end, and 0.6 ms of resampling",
    make=_make,
)
