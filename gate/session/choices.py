"""What may be chosen of a live gate, for those who read a command line before anything is loaded."""

MONITORS = ("out", "in", "removed")
"""What is heard: what the gate gives, what came in, and what the gate takes away. Values of ``monitor``: 0, 1, 2."""

FILE = "file:"
"""Before the name of a device that is a file."""

HOST_BUFFER = 100
"""Frames in a host buffer of a file, unless somebody says otherwise: one block at 48 kHz."""
