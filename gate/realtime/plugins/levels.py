"""A gain that follows a knob: it glides, sample by sample, and clicks at no change."""

from typing import Any

import numpy as np

from gate.realtime.native import native

GLIDE_S = 0.005
"""Time constant of a glide."""

NEAR = 1e-6
"""Distance, as a share of full scale, at which a glide has arrived: to the bit from then on."""


@native
def factor(level_db: Any) -> Any:
    """Return the factor of a level in dB; -inf is silence."""
    return 10.0 ** (level_db / 20.0)


@native
def glide(rate: Any) -> Any:
    """Return the share of its way that a gain goes with each frame at a rate in Hz."""
    return 1.0 - np.exp(-1.0 / (GLIDE_S * rate))


@native
def follow(now: Any, goal: Any, share: Any) -> Any:
    """Return the gain one frame later."""
    after = now + (goal - now) * share
    return goal if abs(goal - after) <= NEAR * max(1.0, goal) else after
