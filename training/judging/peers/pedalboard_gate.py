"""pedalboard's NoiseGate (JUCE's, in C++) as a gate under test: the level gate of the Python world.

The threshold is the scene's; ratio 10, attack 1 ms and release 100 ms are the gate's defaults. The gate works sample
by sample and adds no delay. Gain is measured on the sound that came out. As there is no floor, gains under -80 dB
count as -80 dB, the range at which every gate is judged.
"""

import importlib
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gate.constants import RATE
from training.judging.gates import Gate, Scene
from training.judging.laws.sound import measured_gain
from training.judging.peers.base import Peer


class PedalboardGate(Gate):
    """pedalboard's NoiseGate as a gate under test."""

    def __init__(self) -> None:
        self._make: Any = importlib.import_module("pedalboard").NoiseGate

    def __call__(self, scene: Scene, threshold_db: float) -> tuple[None, NDArray[np.float64]]:
        """Return None, and the gain (T,) of a mixture; a new gate for each."""
        mixture = np.asarray(scene.mixture, dtype=np.float32)
        return None, measured_gain(mixture, self._make(threshold_db=threshold_db)(mixture, RATE))


def _make() -> Gate:
    return PedalboardGate()


PEDALBOARD = Peer(
    name="pedalboard NoiseGate",
    package="pedalboard",
    module="pedalboard",
    delay="none: sample by sample",
    make=_make,
)
