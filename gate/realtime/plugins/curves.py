"""The curves of networks of sound: what lies between their layers, in float32, ready for vectors.

tanh and sigmoid are made of one exponential: 2^k times a polynomial, k the nearest whole number. They are within 2e-7 of the
exact values (tested), and cost some twenty operations without a branch, so eight or sixteen are computed at once.
"""

from typing import Any

import numpy as np
from numba import njit

from gate.realtime.native import COMPILE
from gate.realtime.tile import ROUNDS, two_to_the

IDENTITY, TANH, HARD_TANH, RELU, LEAKY, SIGMOID, SILU, HARD_SWISH, LEAKY_HARD, SOFTSIGN, SOFT_SIGMOID = range(
    11
)
"""Curves by number."""

FLAT = np.float32(9.2)
"""From here on tanh is 1 in float32."""

_ROUNDS = np.float32(ROUNDS)
_PER_LN2 = np.float32(1.0 / np.log(2.0))
_LN2_HIGH = np.float32(
    0.693145751953125
)  # 16 bits of ln 2, so that products with small whole numbers are exact
_LN2_LOW = np.float32(np.log(2.0) - 0.693145751953125)
_TERMS = tuple(np.float32(1.0 / divisor) for divisor in (2.0, 6.0, 24.0, 120.0, 720.0, 5040.0))
_C2, _C3, _C4, _C5, _C6, _C7 = _TERMS
_ONE, _TWO, _HALF, _THREE, _SIX = (np.float32(v) for v in (1.0, 2.0, 0.5, 3.0, 6.0))
_ZERO = np.float32(0.0)

vectors: Any = njit(fastmath={"contract"}, **COMPILE)
"""Decorator for loops that become vectors; a product and a sum may be rounded once."""


@vectors
def hyperbolic_tangent(x: Any) -> Any:
    """Return tanh(x): with e = exp(2 x) - 1 it is e / (e + 2), which loses nothing near 0."""
    y = _TWO * min(max(x, -FLAT), FLAT)
    rounded = y * _PER_LN2 + _ROUNDS
    k = rounded - _ROUNDS
    rest = (y - k * _LN2_HIGH) - k * _LN2_LOW
    series = _C2 + rest * (_C3 + rest * (_C4 + rest * (_C5 + rest * (_C6 + rest * _C7))))
    scale = two_to_the(rounded)
    e = scale * (rest + rest * rest * series) + (scale - _ONE)
    return e / (e + _TWO)


@vectors
def logistic(x: Any) -> Any:
    """Return 1 / (1 + exp(-x))."""
    return _HALF + _HALF * hyperbolic_tangent(_HALF * x)


@vectors
def tanh_all(x: Any) -> None:
    """Apply tanh to an array."""
    for t in range(len(x)):
        x[t] = hyperbolic_tangent(x[t])


@vectors
def sigmoid_all(x: Any) -> None:
    """Apply the logistic curve to an array."""
    for t in range(len(x)):
        x[t] = logistic(x[t])


@vectors
def apply(kind: Any, x: Any, a: Any, b: Any, low: Any, high: Any) -> None:
    """Apply a curve to an array.

    Args:
        kind: a number of this module.
        x: float32, changed in place.
        a: slope under ``low`` (leaky curves).
        b: slope over ``high`` (the leaky hard tanh).
        low: lower corner of hard curves.
        high: upper corner of hard curves.
    """
    if kind == TANH:
        tanh_all(x)
    elif kind == SIGMOID:
        sigmoid_all(x)
    elif kind == HARD_TANH:
        for t in range(len(x)):
            x[t] = min(max(x[t], low), high)
    elif kind == RELU:
        for t in range(len(x)):
            x[t] = max(x[t], _ZERO)
    elif kind == LEAKY:
        for t in range(len(x)):
            x[t] = x[t] if x[t] > _ZERO else a * x[t]
    elif kind == SILU:
        for t in range(len(x)):
            x[t] = x[t] * logistic(x[t])
    elif kind == HARD_SWISH:
        for t in range(len(x)):
            x[t] = x[t] * min(max(x[t] + _THREE, _ZERO), _SIX) / _SIX
    elif kind == LEAKY_HARD:
        for t in range(len(x)):
            v = x[t]
            x[t] = (v - low) * a + low if v < low else ((v - high) * b + high if v > high else v)
    elif kind == SOFTSIGN:
        for t in range(len(x)):
            x[t] = x[t] / (_ONE + abs(x[t]))
    elif kind == SOFT_SIGMOID:
        for t in range(len(x)):
            x[t] = _HALF * (_ONE + x[t] / (_ONE + abs(x[t])))
