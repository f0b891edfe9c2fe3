"""Comparison of a render on CUDA with the CPU: the beginning of the file goes through both."""

import numpy as np
from numpy.typing import NDArray

from gate.engine.engine import CURVE_COLUMNS, Engine

BLOCKS = 2048
"""Blocks at the beginning of a file that are compared: 4.3 s."""

_PROBABILITY, _GAIN = CURVE_COLUMNS.index("open_probability"), CURVE_COLUMNS.index("gain_db")


class Shadow:
    """An engine on the CPU that hears what the one on CUDA hears, for a while.

    Args:
        engine: with the same settings but the device; its maker closes it.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._blocks = 0
        self._probability = 0.0
        self._gain = 0.0

    def listen(self, piece: NDArray[np.floating], key: NDArray[np.floating] | None = None) -> None:
        """Hear a piece (n, channels), before the other engine changes it, and its external key if there is one."""
        if self._blocks < BLOCKS:
            self._engine.process(piece, np.empty_like(piece), key)

    def compare(self, rows: NDArray[np.float64]) -> None:
        """Compare with the other engine's curve of the same piece."""
        if self._blocks >= BLOCKS:
            return
        own = self._engine.take_curve()[: len(rows)]
        self._blocks += len(rows)
        if len(rows):
            gains = [np.power(10.0, side[:, _GAIN] / 20.0) for side in (own, rows)]
            self._gain = max(self._gain, float(np.max(np.abs(gains[0] - gains[1]))))
            self._probability = max(
                self._probability, float(np.max(np.abs(own[:, _PROBABILITY] - rows[:, _PROBABILITY])))
            )

    def figures(self) -> dict[str, float]:
        """Return the blocks compared, and the largest differences of open probability and of gain (as a factor)."""
        return {"blocks": self._blocks, "open_probability": self._probability, "gain": self._gain}

    def sentence(self) -> str:
        """Return the figures in words."""
        return (
            f"CUDA against the CPU, first {self._blocks} blocks: open probability within "
            f"{self._probability:.1e}, gain within {self._gain:.1e}"
        )
