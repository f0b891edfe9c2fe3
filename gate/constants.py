"""The few numbers that everything else hangs on."""

BLOCK = 100
"""Samples that a gate's model takes at once, at its own rate."""

RATE = 48_000
"""Rate in Hz at which a gate's model listens (the sound itself keeps its own rate)."""

BLOCK_S = BLOCK / RATE
"""One block in seconds: 2.083 ms."""

BLOCK_MS = 1000.0 * BLOCK_S
"""One block in milliseconds."""
