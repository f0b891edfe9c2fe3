"""The few numbers that everything else depends on."""

BLOCK = 100
"""Samples that a gate's model takes at once, at its own rate."""

RATE = 48_000
"""Rate in Hz at which a gate's model listens (the sound itself keeps its own rate)."""

RATE_RANGE_HZ = (8_000, 192_000)
"""Lowest and highest rate that the sound may have, Hz."""

MAX_CHANNELS = 32
"""Most channels of a sound, of an external key, and of a stream in either direction."""

BLOCK_S = BLOCK / RATE
"""One block in seconds: 2.083 ms."""

BLOCK_MS = 1000.0 * BLOCK_S
"""One block in milliseconds."""

CLASSIFY_RATE = 16_000
"""Rate in Hz at which a classifier listens."""

CLASSIFY_BLOCK = 160
"""Samples that a classifier takes at once: one frame of 10 ms."""

FRAME_S = CLASSIFY_BLOCK / CLASSIFY_RATE
"""One frame of a classifier in seconds."""


CLASSES = (2, 16)
"""Fewest and most classes of a classifier."""


MASK_BANDS = BLOCK + 1
"""Gains of a mask: one for each frequency of two blocks together; frequencies are 240 Hz apart."""
