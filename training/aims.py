"""What a gate should reach, and how far a table of scores falls short of it: for choosing, never for judging."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass


@dataclass(frozen=True)
class AimConfig:
    """One goal a measure, in the measure's unit; see ``docs/metrics.md``. The defaults are the voice gate's.

    Onset counts the block that decides, so it is one block (2.1 ms) more than to the beginning of that block.
    """

    balanced: float = 0.91
    onset_ms: float = 8.4
    onset_p90_ms: float = 62.1
    missed: float = 0.03
    needless_min: float = 4.0
    chops_min: float = 12.0
    lost_db: float = 0.12
    cut_db: float = 28.0


def shortfall(table: Mapping[str, Mapping[str, float]], aims: AimConfig) -> float:
    """Sum over kinds and measures of how far each is on the wrong side of its goal, as a share of it.

    What is reached still counts for a tenth, so that of two that reach all the better one wins.

    Args:
        table: kind -> measure -> value.
    """
    total = 0.0
    for row in table.values():
        for name, aim in asdict(aims).items():
            if name == "balanced":
                gap = (1 - row[name]) / (1 - aim) - 1
            elif name == "cut_db":
                gap = 1 - row[name] / aim
            else:
                gap = row[name] / aim - 1
            total += gap if gap > 0 else 0.1 * gap
    return total
