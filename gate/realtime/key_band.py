"""The key, held to a range of frequencies: which of a model's bands its key may weigh.

A model whose key can be held has an input that is added to the key's logits before they become weights that sum to 1.
Zeros leave the key as learned. ``OUTSIDE`` takes a band out, and the other bands share its weight as they were learned.
A band counts as inside when all of it is inside; where no band is, the nearest one stays.
"""

from typing import Any

import numpy as np

from gate.parameters import BY_ID, default
from gate.realtime.native import at, carray, native

OUTSIDE = -1e4
"""Number that, added to a logit, makes its weight exactly 0 in float32, whatever the other logits are."""

LOWEST_HZ, HIGHEST_HZ = default("key-low"), default("key-high")
"""Ends of the knobs, at which nothing is cut off: a model may have bands beyond them."""

assert (BY_ID["key-low"].minimum, BY_ID["key-high"].maximum) == (LOWEST_HZ, HIGHEST_HZ)


@native
def hold_key(r: Any) -> None:
    """Write what the model adds to its key, if the limits have changed since the last time.

    Args:
        r: the engine's record. While ``key_from_hz`` or ``key_to_hz`` is not finite or not over 0, nothing changes.
    """
    low, high = r.key_from_hz, r.key_to_hz
    if r.key_bands == 0 or (low == r.key_from_used and high == r.key_to_used):
        return
    if not (np.isfinite(low) and np.isfinite(high) and low > 0.0 and high > 0.0):
        return
    r.key_from_used, r.key_to_used = low, high
    edges = carray(at(r.key_edges_at, np.float64), (r.key_bands, 2), np.float64)
    bias = carray(at(r.key_bias_at, np.float32), (r.key_bands,), np.float32)
    middle, inside, nearest, least = 0.5 * np.log(low * high), 0, 0, np.inf
    for k in range(r.key_bands):
        cut = (low > LOWEST_HZ and edges[k, 0] < low) or (high < HIGHEST_HZ and edges[k, 1] > high)
        bias[k] = np.float32(OUTSIDE) if cut else np.float32(0.0)
        inside += 0 if cut else 1
        far = abs(0.5 * np.log(edges[k, 0] * edges[k, 1]) - middle)
        if far < least:
            nearest, least = k, far
    if inside == 0:
        bias[nearest] = np.float32(0.0)
