"""Goals for a gate, and how far a table of scores falls short of them: for choosing, never for judging."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from math import log

LEAST_RATIO = 0.1
"""Ten times better than the goal is as good as any."""


@dataclass(frozen=True)
class AimConfig:
    """One goal a measure, in the measure's unit; see ``docs/metrics.md``. The defaults are the voice gate's.

    They are meant for sources that were not learned from. Onset counts the block that decides.
    """

    balanced: float = 0.89
    onset_ms: float = 8.4
    onset_p90_ms: float = 100.0
    missed: float = 0.03
    needless_min: float = 5.0
    chops_min: float = 10.0
    lost_db: float = 0.15
    cut_db: float = 22.0


def shortfall(table: Mapping[str, Mapping[str, float]], aims: AimConfig) -> float:
    """Sum over kinds and measures how far each is on the wrong side of its goal; 0 if each is exactly there.

    Distances are logarithms of ratios, since half as many chops are worth as much whether they were twenty or two: of
    errors for the balanced accuracy, and for the cut, which is a logarithm already, a neper for 10 dB. What is better
    than its goal still counts for a tenth, so that of two that reach all goals the better one wins.

    Args:
        table: kind -> measure -> value.
    """
    total = 0.0
    for row in table.values():
        for name, aim in asdict(aims).items():
            if name == "cut_db":
                gap = (aim - row[name]) / 10.0
            else:
                value, goal = (1.0 - row[name], 1.0 - aim) if name == "balanced" else (row[name], aim)
                gap = log(max(value / goal, LEAST_RATIO))
            total += gap if gap > 0 else 0.1 * gap
    return total
