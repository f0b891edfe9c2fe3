"""Sound through something that delays it: zeros are fed after the end, and as much is dropped at the beginning."""

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray


def pushed(x: NDArray[Any], frames: int) -> NDArray[Any]:
    """Return a copy of a sound (n, channels) with so many frames of zeros after it."""
    longer = np.zeros((len(x) + frames, *x.shape[1:]), x.dtype)
    longer[: len(x)] = x
    return longer


class Drained:
    """A sound that is read piece by piece and goes through something that delays it; what is kept is as long as it was.

    Call ``kept`` after each piece of ``pieces``, with what became of it.

    Attributes:
        taken: frames of the sound that were read.
        given: frames that were kept.
    """

    def __init__(
        self, read: Callable[[NDArray[Any]], int], delay: int, *, more: int = 0, whole: int = 1
    ) -> None:
        """Begin with a sound.

        Args:
            read: fills an array (frames, channels), and returns how many frames there were; fewer at the end.
            delay: frames by which the sound comes later.
            more: frames of zeros to feed beyond those that the delay needs.
            whole: every piece is a multiple of so many frames, with zeros after the end.
        """
        self._read, self._drop, self._left, self._whole = read, delay, delay + more, whole
        self.taken = self.given = 0

    def pieces(self, buffer: NDArray[Any]) -> Iterator[tuple[NDArray[Any], int]]:
        """Yield the sound and the zeros after it, in pieces, with how much of each is of the sound.

        Args:
            buffer: (frames, channels) that the pieces lie in, one after another; its length is a multiple of ``whole``.
        """
        at_end = False
        while not at_end or self._left > 0:
            n = of_sound = 0 if at_end else self._read(buffer)
            at_end = of_sound < len(buffer)
            self.taken += of_sound
            if at_end:
                n += min(self._left, len(buffer) - of_sound)
                self._left -= n - of_sound
                n = -(-n // self._whole) * self._whole
                buffer[of_sound:n] = 0.0
            if n:
                yield buffer[:n], of_sound

    def kept(self, out: NDArray[Any]) -> NDArray[Any]:
        """Return the part of what became of the newest piece that is of the sound, neither delay nor what follows it."""
        begin = min(self._drop, len(out))
        self._drop -= begin
        piece = out[begin : min(len(out), begin + self.taken - self.given)]
        self.given += len(piece)
        return piece
