"""Options of benchmarks, written once: ``--seconds`` of ``gate-bench block`` is ``--block-seconds`` of ``all``."""

import argparse
import math
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Option:
    """One option of a benchmark; ``kwargs`` go to argparse."""

    name: str
    help: str
    kwargs: dict[str, Any] = field(default_factory=dict)


def add(parser: argparse.ArgumentParser, options: tuple[Option, ...], prefix: str = "") -> None:
    """Add options, named ``--PREFIX-name`` with a prefix."""
    group = parser.add_argument_group(f"of {prefix}") if prefix else parser
    for one in options:
        flag = f"--{prefix}-{one.name}" if prefix else f"--{one.name}"
        group.add_argument(flag, help=one.help, **one.kwargs)


def values(asked: argparse.Namespace, options: tuple[Option, ...], prefix: str = "") -> dict[str, Any]:
    """Return what was asked of one benchmark, by the options' own names, dashes as underscores."""
    start = f"{prefix}_" if prefix else ""
    names = [one.name.replace("-", "_") for one in options]
    return {name: getattr(asked, start + name) for name in names}


def whole(low: int, high: int) -> Callable[[str], int]:
    """Make a reader of whole numbers from ``low`` to ``high``."""

    def read(text: str) -> int:
        try:
            value = int(text)
        except ValueError:
            value = low - 1
        if not low <= value <= high:
            raise argparse.ArgumentTypeError(f"expected a whole number from {low} to {high}, got {text!r}")
        return value

    return read


def over_zero(text: str) -> float:
    """Read a finite argument over 0."""
    try:
        value = float(text)
    except ValueError:
        value = 0.0
    if not (math.isfinite(value) and value > 0.0):
        raise argparse.ArgumentTypeError(f"expected a number over 0, got {text!r}")
    return value


RATE = whole(8_000, 192_000)
"""A rate that the engine takes, Hz."""
CHANNELS = whole(1, 8)
HOST_BUFFER = whole(1, 65_536)
COUNT = whole(1, 1_000_000)
