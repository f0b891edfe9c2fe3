"""What tests of third-party plugins share: driving the compiled chain as a sound system does, and waiting for conditions."""

import ctypes
import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from gate.chain.stream import Stream

DEADLINE_S = 120.0
"""How long a condition is waited for: a busy machine is no failure."""


def until(true: Callable[[], Any], what: str) -> None:
    """Wait for a condition."""
    end = time.monotonic() + DEADLINE_S
    while not true():
        assert time.monotonic() < end, f"waited {DEADLINE_S} s for {what}"
        time.sleep(0.005)


def is_running(pid: int) -> bool:
    """Is there such a process, and not only what is left of it for its parent to see?"""
    stat = Path(f"/proc/{pid}/stat")
    try:
        return (
            stat.read_text().rpartition(")")[2].split()[0] != "Z"
            if stat.parent.parent.exists()
            else _signal(pid)
        )
    except OSError:
        return False


def _signal(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


class Player:
    """Plays a sound through a stream, buffer by buffer, by the compiled function's address.

    Attributes:
        out: all that came out.
        position: frames played.
    """

    def __init__(self, stream: Stream, sound: np.ndarray[Any, Any], frames: int) -> None:
        self.stream, self.sound, self.frames = stream, sound, frames
        self.out, self.position = np.zeros_like(sound), 0
        self._call = ctypes.CFUNCTYPE(None, *[ctypes.c_void_p] * 3, ctypes.c_int64)(stream.function)

    def play(self, buffers: int, *, in_time: bool) -> slice:
        """So many buffers; ``in_time``: each only when the answers to those before are there. Returns which frames."""
        begin = self.position
        for _ in range(buffers):
            if in_time:
                keeper = self.stream.running[0].keeper
                assert keeper.wait(DEADLINE_S), keeper.trouble
            end = self.position + self.frames
            x, y = self.sound[self.position : end], self.out[self.position : end]
            assert len(x) == self.frames, "the sound is over"
            self._call(self.stream.address, x.ctypes.data, y.ctypes.data, self.frames)
            self.position = end
        return slice(begin, self.position)
