"""Curves of a `.nam` file: from names and numbers in its configuration to those of ``gate.realtime.plugins.curves``."""

import math
from collections.abc import Mapping
from typing import Any

import numpy as np

from gate.plugins.nam.program import Builder, Rows, refuse
from gate.realtime.plugins import curves
from gate.realtime.plugins import network as law

NAMES = {
    "Identity": curves.IDENTITY,
    "Tanh": curves.TANH,
    "Hardtanh": curves.HARD_TANH,
    "ReLU": curves.RELU,
    "LeakyReLU": curves.LEAKY,
    "PReLU": curves.LEAKY,
    "Sigmoid": curves.SIGMOID,
    "SiLU": curves.SILU,
    "Hardswish": curves.HARD_SWISH,
    "LeakyHardtanh": curves.LEAKY_HARD,
    "LeakyHardTanh": curves.LEAKY_HARD,
    "Softsign": curves.SOFTSIGN,
    "Softsigmoid": curves.SOFT_SIGMOID,
}
"""Curves by the name that the format gives them."""

LEAK = 0.01
"""Slope of leaky curves where the file says none."""


def curve(builder: Builder, rows: Rows, said: Any) -> None:
    """Append the curve that a configuration names, on rows.

    Args:
        builder: of the program.
        rows: what it is applied to.
        said: a name, or an object with ``type`` and numbers.

    Raises:
        ContractError: no such curve is known, or a number of it is none.
    """
    config: Mapping[str, Any] = said if isinstance(said, dict) else {"type": said}
    name = config.get("type")
    if not isinstance(name, str) or name not in NAMES:
        refuse(
            builder.source, "activation", f"expected one of {', '.join(NAMES)}, got {name!r}; export another"
        )
    kind = NAMES[name]
    if kind == curves.IDENTITY:
        return
    leaky_hard = kind == curves.LEAKY_HARD
    slopes = config.get("negative_slopes") if name == "PReLU" else None
    if slopes is None:
        slope = _number(builder, config, "min_slope" if leaky_hard else "negative_slope", LEAK)
        slopes = [slope] * rows.height
    elif not isinstance(slopes, list) or len(slopes) != rows.height:
        refuse(builder.source, "activation", f"expected {rows.height} negative_slopes; export it again")
    corners = np.empty((rows.height, law.CORNERS), np.float32)
    corners[:, 0] = [_finite(builder, slope, "negative_slopes") for slope in slopes]
    corners[:, 1] = _number(builder, config, "max_slope", LEAK)
    corners[:, 2] = _number(builder, config, "min_val", -1.0)
    corners[:, 3] = _number(builder, config, "max_val", 1.0)
    builder.on(law.CURVE, rows, weights=builder.keep(corners.ravel()), how=kind)


def _number(builder: Builder, config: Mapping[str, Any], key: str, default: float) -> float:
    return _finite(builder, config.get(key, default), key)


def _finite(builder: Builder, said: Any, key: str) -> float:
    if isinstance(said, bool) or not isinstance(said, int | float) or not math.isfinite(said):
        refuse(builder.source, key, f"expected a finite number, got {said!r}; export it again")
    return float(said)
