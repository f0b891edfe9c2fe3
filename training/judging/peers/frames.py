"""From a detector's frames to a gate's blocks, by one rule for every peer.

A frame's decision counts from when it is *known*: from the block that holds the last sample it rests on, as the
taught gate's own decisions do. A method's look-ahead is included already, as an answer comes out only once the
method has been fed that far. Nothing is moved back in time, and nothing is put before the first answer: until then
the gate is shut.
"""

import numpy as np
from numpy.typing import NDArray

from gate.constants import BLOCK
from training.judging.baselines import SHUT_GAIN

DOWN_16_KHZ = 3
"""48 kHz over 16 kHz."""
RESAMPLER_AHEAD_SAMPLES = 10 * DOWN_16_KHZ
"""48 kHz samples after a 16 kHz sample that the resampler's filter reaches: half its length."""


def to_16_khz(x: NDArray[np.floating]) -> NDArray[np.float32]:
    """Resample 48 kHz to 16 kHz, (n,) -> (ceil(n / 3),), without delay; see ``RESAMPLER_AHEAD_SAMPLES``."""
    from scipy.signal import resample_poly

    return np.asarray(resample_poly(np.asarray(x, np.float64), 1, DOWN_16_KHZ), dtype=np.float32)


def to_int16(x: NDArray[np.floating]) -> NDArray[np.int16]:
    """Turn samples of full scale 1.0 into 16-bit integers, clipped."""
    return np.asarray(np.rint(np.clip(x, -1.0, 1.0) * 32767.0), dtype=np.int16)


def framed(x: NDArray[np.generic], frame: int) -> NDArray[np.generic]:
    """Cut into whole frames, (n,) -> (n // frame, frame); what is left over at the end never makes a decision."""
    count = len(x) // frame
    return x[: count * frame].reshape(count, frame)


def known_at(count: int, frame_samples: int, ahead_samples: int = 0) -> NDArray[np.int64]:
    """Count the 48 kHz samples that have to be in before each frame's answer is known, (count,)."""
    return np.arange(1, count + 1, dtype=np.int64) * frame_samples + ahead_samples


def by_block(values: NDArray[np.floating], known: NDArray[np.int64], blocks: int) -> NDArray[np.float64]:
    """Find for each block the newest answer that is known by its end, 0 before the first: (F,) -> (T,)."""
    ends = np.arange(1, blocks + 1) * BLOCK
    at = np.searchsorted(known, ends, side="right")
    return np.concatenate(([0.0], np.asarray(values, np.float64)))[at]


def answered_at_16_khz(
    probability: NDArray[np.floating], is_open: NDArray[np.floating], frame: int, blocks: int
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Bring what a detector said of frames of 16 kHz sound to a gate's blocks: open probability and gain, (T,) each.

    Args:
        probability, is_open: (F,), one a frame.
        frame: 16 kHz samples from one answer to the next.
        blocks: T.
    """
    known = known_at(len(probability), frame * DOWN_16_KHZ, RESAMPLER_AHEAD_SAMPLES)
    return by_block(probability, known, blocks), gains(by_block(is_open, known, blocks))


def latched(
    probability: NDArray[np.floating], open_at: float, close_at: float, hold_frames: int = 0
) -> NDArray[np.bool_]:
    """Open from ``open_at`` on; shut at a frame under ``close_at``, ``hold_frames`` or more after the first such one.

    A frame of ``open_at`` or more makes the next one under ``close_at`` the first again. (F,) -> (F,).
    """
    out = np.zeros(len(probability), dtype=np.bool_)
    is_open, waited = False, -1
    for k, p in enumerate(probability):
        if p >= open_at:
            is_open, waited = True, -1
        elif waited >= 0:
            waited += 1
        elif p < close_at:
            waited = 0
        if waited >= hold_frames and p < close_at:
            is_open = False
        out[k] = is_open
    return out


def gains(is_open: NDArray[np.floating]) -> NDArray[np.float64]:
    """Turn open or shut into a gain: 1 or -80 dB."""
    return np.where(is_open > 0.5, 1.0, SHUT_GAIN)
