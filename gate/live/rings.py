"""Memory that a player's callback writes and other threads read: the tape of a recording, the scope of a display.

Both are rings of frames, made once; the callback's position in them is in its record (``gate.realtime.stream_record``).
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray


class Tape:
    """The gate's output on its way to a recorder; one thread at a time takes it off.

    Attributes:
        frames: how many fit between the callback and the reader; 0: there is no tape.
    """

    def __init__(self, record: NDArray[Any], memory: NDArray[Any], channels: int) -> None:
        """Share a ring with a callback.

        Args:
            record: the callback's.
            memory: of the ring, flat.
            channels: of a frame.
        """
        self._record, self._ring = record, memory.reshape(len(memory) // channels, channels)
        self.frames = len(self._ring)

    def start(self) -> None:
        """Put the gate's output on the tape from now on."""
        self._record["tape_read"] = int(self._record["tape_written"][0])
        self._record["taping"] = 1

    def take(self) -> NDArray[Any]:
        """Return everything since the last call: (n, channels), a copy."""
        read, written = int(self._record["tape_read"][0]), int(self._record["tape_written"][0])
        taken: NDArray[Any] = self._ring[np.arange(read, written) % max(self.frames, 1)]
        self._record["tape_read"] = written
        return taken

    def stop(self) -> None:
        """Stop recording the gate's output."""
        self._record["taping"] = 0


class Scope:
    """The newest frames as they came in and as they are heard, after monitoring and fades; from any thread."""

    def __init__(
        self, record: NDArray[Any], memory_in: NDArray[Any], memory_heard: NDArray[Any], channels: int
    ) -> None:
        """Share two rings with a callback.

        Args:
            record: the callback's.
            memory_in: of the ring of what came in, flat.
            memory_heard: of the ring of what is heard, flat.
            channels: of a frame.
        """
        self._record = record
        self._rings = [memory.reshape(-1, channels) for memory in (memory_in, memory_heard)]

    @property
    def written(self) -> int:
        """Number of frames that the player has played so far."""
        return int(self._record["frames"][0])

    def newest(self, frames: int) -> tuple[NDArray[Any], NDArray[Any]]:
        """Return the newest frames.

        The last of them is frame ``written - 1`` at the time of the call. Frames that the callback overwrites during
        the copy are left out: ask for less than ``scope_s`` to have all.

        Args:
            frames: how many, 0 or more.

        Returns:
            Input and heard, (n, channels) each, copies; n is less than ``frames`` where there are fewer.
        """
        _, taken, heard = self.since(self.written - frames)
        return taken[max(len(taken) - frames, 0) :], heard[max(len(heard) - frames, 0) :]

    def since(self, frame: int) -> tuple[int, NDArray[Any], NDArray[Any]]:
        """Return all frames from a number on, for readers that must miss none.

        Args:
            frame: counted from the player's first.

        Returns:
            The number of the first frame that is still there, which is ``frame``, or more where some were overwritten; then
            input and heard, (n, channels) each, copies. The next call's ``frame`` is that number and n.
        """
        size, written = len(self._rings[0]), self.written
        begin = max(min(frame, written), written - size, 0)
        places = np.arange(begin, written) % max(size, 1)
        copies = [ring[places] for ring in self._rings]
        gone = max(int(self._record["scope_begun"][0]) - size - begin, 0)
        return begin + gone, copies[0][gone:], copies[1][gone:]
