"""Memory that the sound and a third-party plugin's process share: rings of samples, changes, and counters.

The audio thread writes sound into ``input`` and then counts ``given`` up; the plugin's process reads it, writes what the
plugin made of it into ``output`` at the same frames, and counts ``made`` up. A frame's place follows from its number
alone, so nothing ever shifts, whoever is late. Each word has one writer and a cache line of its own.

The memory is a file without a name: when the last of both is gone, so is it. No page of it is ever written to a disk
where the system has ``memfd_create`` (Linux); elsewhere it is a temporary file.
"""

import mmap
import os
import tempfile
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

LINE = 64
"""Bytes of a cache line."""

Word = Literal["given", "asked", "made", "begun", "taken", "skipped", "nonfinite"]

WORDS: tuple[Word, ...] = ("given", "asked", "made", "begun", "taken", "skipped", "nonfinite")
"""In order: frames given (writer: audio thread); changes of parameters asked for (writer: user); frames made, the first of
them that can be heard, changes taken, frames left out, samples that were not finite (writer: the plugin's process)."""

CHANGES = 4096
"""Changes of parameters that can wait at once: 2 s of the fastest MIDI."""


def create_file() -> int:
    """Return the descriptor of a file without a name, empty."""
    if hasattr(os, "memfd_create"):
        return os.memfd_create("learned-gate")
    with tempfile.TemporaryFile() as file:
        return os.dup(file.fileno())


class Memory:
    """The shared memory as arrays.

    Attributes:
        words: int64 (7, 8): a cache line for each of ``WORDS``, whose value is first in the line.
        changes: float64 (``CHANGES``, 3), a ring: frame from which on, number of the parameter, value.
        input: float32 (ring_frames, channels), a ring.
        output: the same.
    """

    def __init__(self, file: int, channels: int, ring_frames: int) -> None:
        """Map the file, which is made as long as the arrays need."""
        samples = 4 * channels * ring_frames
        parts = [LINE * len(WORDS), 8 * 3 * CHANGES, samples, samples]
        begins = np.cumsum([0, *(-(-part // LINE) * LINE for part in parts)])
        if os.fstat(file).st_size < begins[-1]:
            os.ftruncate(file, int(begins[-1]))
        # every page at once: the audio thread must not be the first to ask for one
        flags = mmap.MAP_SHARED | getattr(mmap, "MAP_POPULATE", 0)
        self._map = mmap.mmap(file, int(begins[-1]), flags)
        self.channels, self.ring_frames = channels, ring_frames

        def part(k: int, dtype: Any, *shape: int) -> NDArray[Any]:
            count = int(np.prod(shape))
            return np.frombuffer(self._map, dtype, count, int(begins[k])).reshape(shape)

        self.words = part(0, np.int64, len(WORDS), LINE // 8)
        self.changes = part(1, np.float64, CHANGES, 3)
        self.input = part(2, np.float32, ring_frames, channels)
        self.output = part(3, np.float32, ring_frames, channels)

    def __getitem__(self, word: Word) -> int:
        """Return a counter's value."""
        return int(self.words[WORDS.index(word), 0])

    def __setitem__(self, word: Word, value: int) -> None:
        self.words[WORDS.index(word), 0] = value

    def address(self, word: Word) -> int:
        """Return the address of a counter, for compiled code."""
        return int(self.words[WORDS.index(word)].ctypes.data)

    def clear(self) -> None:
        """Fill everything with zeros. Not while somebody else uses it."""
        for array in (self.words, self.changes, self.input, self.output):
            array[:] = 0
