"""The effect of a gate on a sound, block by block: the gain that laws and foreign gates are judged by."""

import numpy as np
from numpy.typing import NDArray

from gate.constants import BLOCK
from training.judging.baselines import SHUT_GAIN
from training.judging.metrics import block_power

HEARD_POWER = 1e-20
"""Mean square (-200 dBFS) under which a block is too near silence to measure a gain on."""


def measured_gain(before: NDArray[np.floating], after: NDArray[np.floating]) -> NDArray[np.float64]:
    """Measure the linear gain of each block: root of the energy that came out over the energy that went in.

    Args:
        before: (n,) samples at 48 kHz that went in.
        after: (n,) samples that came out, without delay against ``before``.

    Returns:
        (n // 100,) at least -80 dB, the range at which every gate is judged; silent blocks read as shut.
    """
    power = block_power(before, BLOCK)
    left = block_power(after, BLOCK)
    heard = power > HEARD_POWER
    gain = np.full(len(power), SHUT_GAIN)
    gain[heard] = np.sqrt(left[heard] / power[heard])
    return np.maximum(gain, SHUT_GAIN)
