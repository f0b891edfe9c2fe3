"""The best that a gate's law can do with a file when its settings are chosen knowing the answer.

The answer is the label, and the best is the highest balanced accuracy, as in
``training.judging.baselines.oracle_classic``. Three passes keep it quick:

1. every key filter with every threshold and hysteresis, each with a short and a long set of times, on peaks of
   blocks;
2. the ``KEPT`` best of those with all times, on peaks of blocks;
3. the ``FINALISTS`` best of those, and the law's own default, sample by sample. What counts is the gain that the
   mixture gets there, so a shortcut of the first two passes can cost an oracle something and never flatter it.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numba
import numpy as np
from numpy.typing import NDArray

from gate.constants import BLOCK, RATE
from gate.levels import block_levels_db
from training.judging.gates import Scene
from training.judging.laws.sound import measured_gain
from training.judging.metrics import OPEN_GAIN

KEPT = 16
"""Keys and thresholds that enter the second pass."""
FINALISTS = 4
"""Settings that are run sample by sample, beside the default."""
BLOCK_RATE_HZ = RATE / BLOCK
"""Steps a second in the first two passes."""

Change = Mapping[str, float]
"""Some controls of a law, by name."""


@dataclass(frozen=True)
class Law:
    """A law and the grid that is searched for it.

    ``detect`` (mixture (n,), settings) -> (n,) depends on ``keys`` alone; ``gains`` (of ``detect`` (n,), settings,
    steps a second) -> (n,). ``default`` takes the scene's threshold in dBFS, ``thresholds`` an offset to it.
    """

    name: str
    detect: Callable[[NDArray[np.floating], Any], NDArray[np.float64]]
    gains: Callable[[NDArray[np.float64], Any, float], NDArray[np.float64]]
    default: Callable[[float], Any]
    keys: Sequence[Change]
    thresholds: Callable[[float], Sequence[Change]]
    times: Sequence[Change]
    probes: Sequence[Change]
    """The short and the long set of times of the first pass."""

    def gate(self, mixture: NDArray[np.floating], settings: Any) -> NDArray[np.float64]:
        """Compute the gain of each block that the law gives to a mixture, (n,) -> (n // 100,)."""
        gain = self.gains(self.detect(mixture, settings), settings, float(RATE))
        return measured_gain(mixture, mixture * gain)

    def at_default(self, scene: Scene, threshold_db: float) -> tuple[None, NDArray[np.float64]]:
        """Decide as a gate under test: the law as it comes, with the scene's threshold."""
        return None, self.gate(scene.mixture, self.default(threshold_db))

    def oracle(self, scene: Scene, threshold_db: float) -> tuple[None, NDArray[np.float64]]:
        """Decide as a gate under test: the best settings for this file, knowing the answer."""
        return None, self.gate(scene.mixture, self.best(scene, threshold_db))

    def best(self, scene: Scene, threshold_db: float) -> Any:
        """Find the settings that ``oracle`` plays."""
        from training.labels import label

        truth = label(block_levels_db(scene.target), threshold_db)
        default = self.default(threshold_db)
        heard = [self._peaks(scene.mixture, replace(default, **key)) for key in self.keys]

        def fit(at: int, settings: Any) -> float:
            return float(balanced_accuracy(truth, self.gains(heard[at], settings, BLOCK_RATE_HZ)))

        first = []
        for at, key in enumerate(self.keys):
            for threshold in self.thresholds(threshold_db):
                settings = replace(default, **key, **threshold)
                fits = [fit(at, replace(settings, **probe)) for probe in self.probes]
                first.append((max(fits), at, settings))
        second = [
            (fit(at, replace(settings, **times)), replace(settings, **times))
            for _, at, settings in _highest(first, KEPT)
            for times in self.times
        ]
        finalists = [default] + [settings for _, settings in _highest(second, FINALISTS)]
        fits = [float(balanced_accuracy(truth, self.gate(scene.mixture, one))) for one in finalists]
        return finalists[int(np.argmax(fits))]

    def _peaks(self, mixture: NDArray[np.floating], settings: Any) -> NDArray[np.float64]:
        """Find the highest value of the detector in each block, (n,) -> (n // 100,)."""
        heard = self.detect(mixture, settings)
        blocks = len(heard) // BLOCK
        return np.asarray(heard[: blocks * BLOCK].reshape(blocks, BLOCK).max(axis=1))


def _highest(rows: list[Any], count: int) -> list[Any]:
    """Return the rows with the highest fit, first come first; settings themselves are never compared."""
    return sorted(rows, key=lambda row: -row[0])[:count]


@numba.njit("float64(int8[::1], float64[::1], float64)", cache=True, nogil=True)
def _balanced(truth, gain, open_gain):  # type: ignore[no-untyped-def]
    count, right = np.zeros(2), np.zeros(2)
    for k in range(len(truth)):
        if truth[k] >= 0:
            count[truth[k]] += 1.0
            if (gain[k] > open_gain) == (truth[k] == 1):
                right[truth[k]] += 1.0
    shut = right[0] / count[0] if count[0] else 1.0
    opened = right[1] / count[1] if count[1] else 1.0
    return (shut + opened) / 2.0


def balanced_accuracy(truth: NDArray[np.int8], gain: NDArray[np.float64]) -> float:
    """Average the shares of blocks rightly open (over -6 dB) and rightly shut; a class that is lacking is right."""
    return float(_balanced(truth, gain, OPEN_GAIN))
