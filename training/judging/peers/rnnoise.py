"""RNNoise's voice probability as a gate, as the plugins that gate with it do.

RNNoise is a noise suppressor: it changes the sound within each band, which no gain of a gate stands for, and its
output comes 20 ms late. What is gated by in practice is the voice probability that comes with each frame. Its makers
name no threshold for it; the defaults taken here are those of the noise-suppression-for-voice plugin: .6, and 200 ms
of grace after the last frame over .6.

The library is that of the package ``pyrnnoise``, called through RNNoise's own C interface: the package's Python part
would load an audio and video decoder only to hand over frames.
"""

import ctypes
import importlib.util
import sys
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gate.constants import BLOCK, RATE
from training.judging.gates import Gate, Scene
from training.judging.peers import frames
from training.judging.peers.base import Peer

FRAME = RATE // 100
"""48 kHz samples that RNNoise takes at once: 10 ms."""
FULL_SCALE = 32768.0
"""RNNoise takes floats in the range of 16-bit integers."""
OPEN_AT = 0.6
GRACE_FRAMES = 20
"""200 ms."""
LIBRARY = {"win32": "rnnoise.dll", "darwin": "librnnoise.dylib"}.get(sys.platform, "librnnoise.so")


class RnnoiseGate(Gate):
    """RNNoise's voice probability as a gate under test; Threshold means nothing to it."""

    def __init__(self) -> None:
        spec = importlib.util.find_spec("pyrnnoise")
        places = list(spec.submodule_search_locations or ()) if spec else []
        if not places:
            raise ImportError("no package pyrnnoise")
        self._library: Any = ctypes.CDLL(str(Path(places[0]) / LIBRARY))
        pointer = ctypes.POINTER(ctypes.c_float)
        for name, result, arguments in (
            ("rnnoise_create", ctypes.c_void_p, [ctypes.c_void_p]),
            ("rnnoise_destroy", None, [ctypes.c_void_p]),
            ("rnnoise_get_frame_size", ctypes.c_int, []),
            ("rnnoise_process_frame", ctypes.c_float, [ctypes.c_void_p, pointer, pointer]),
        ):
            function = getattr(self._library, name)
            function.restype, function.argtypes = result, arguments
        if self._library.rnnoise_get_frame_size() != FRAME:
            raise ImportError(f"a librnnoise that takes {self._library.rnnoise_get_frame_size()} samples")

    def __call__(self, scene: Scene, threshold_db: float) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Compute open probability (T,) and gain (T,) of a mixture; a new state for each."""
        probability = self._probability(frames.framed(np.asarray(scene.mixture, np.float32), FRAME))
        known = frames.known_at(len(probability), FRAME)
        is_open = frames.latched(probability, OPEN_AT, OPEN_AT, GRACE_FRAMES)
        blocks = len(scene.mixture) // BLOCK
        return frames.by_block(probability, known, blocks), frames.gains(
            frames.by_block(is_open, known, blocks)
        )

    def _probability(self, pieces: NDArray[np.generic]) -> NDArray[np.float64]:
        """Compute the voice probability of each frame, (F, 480) -> (F,)."""
        state = self._library.rnnoise_create(None)
        if not state:
            raise MemoryError("expected librnnoise to make a state, got none; close other programs")
        pointer, denoised = ctypes.POINTER(ctypes.c_float), np.empty(FRAME, np.float32)
        out = denoised.ctypes.data_as(pointer)
        scaled = np.ascontiguousarray(pieces, dtype=np.float32) * np.float32(FULL_SCALE)
        try:
            return np.asarray(
                [
                    self._library.rnnoise_process_frame(state, out, piece.ctypes.data_as(pointer))
                    for piece in scaled
                ],
                dtype=np.float64,
            )
        finally:
            self._library.rnnoise_destroy(state)


def _make() -> Gate:
    return RnnoiseGate()


RNNOISE = Peer(
    name="RNNoise's VAD",
    package="pyrnnoise",
    module="pyrnnoise",
    delay="frames of 10 ms, known at their end",
    make=_make,
    how_to_get="pip install --no-deps -c constraints.txt pyrnnoise",
)
