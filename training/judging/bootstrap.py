"""How far to trust a figure: scenes drawn again and again, and where the figure lies in 95 of 100 such draws."""

from collections.abc import Callable, Mapping

import numpy as np
from numpy.typing import NDArray


def bootstrap(
    scenes: int,
    row_of: Callable[[NDArray[np.int64]], Mapping[str, float]],
    *,
    seed: int = 0,
    draws: int = 1000,
    level: float = 0.95,
) -> dict[str, tuple[float, float]]:
    """Draw scenes with replacement, again and again, and find between which ends each figure of their rows lies.

    Args:
        scenes: how many there are.
        row_of: from the numbers of the drawn scenes to a row of a table.
        seed, draws, level: see ``training.judging.metrics.intervals``.

    Returns:
        figure -> (low, high), percentiles of the draws that gave a number; (nan, nan) if none did.
    """
    generator = np.random.default_rng(seed)
    rows: dict[str, list[float]] = {}
    for _ in range(draws):
        for name, value in row_of(generator.integers(scenes, size=scenes)).items():
            rows.setdefault(name, []).append(value)
    ends = (50.0 - 50.0 * level, 50.0 + 50.0 * level)
    return {name: _ends(np.asarray(values), ends) for name, values in rows.items()}


def _ends(values: NDArray[np.float64], percent: tuple[float, float]) -> tuple[float, float]:
    """Take two percentiles of the values that are numbers."""
    values = values[np.isfinite(values)]
    if not len(values):
        return float("nan"), float("nan")
    low, high = np.percentile(values, percent)
    return float(low), float(high)
