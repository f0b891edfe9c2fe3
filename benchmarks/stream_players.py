"""Players of a measured stream: the gate, and a floor that only copies.

Sound from the device is taken, but all players hear the same made-up speech from memory instead: a dummy driver and an
open line are silent, and a gate that hears nothing never moves.

The floor is the gate's own compiled callback with its counting and its clocks; only its ``process`` is another one,
which copies. So what the floor misses is the machine's doing, and both are timed alike.
"""

from typing import Any, Protocol

import numpy as np
from numba import cfunc, from_dtype
from numpy.typing import NDArray

from benchmarks import sounds
from gate import Gate
from gate.constants import RATE
from gate.live.player import Player, Shape
from gate.modelfile.contract import Contract
from gate.realtime.chain_record import CHAIN_RECORD
from gate.realtime.native import COMPILE, at, call4, carray, types

SPEECH_S = 8.0


class Measured(Protocol):
    """A player of ``gate.soundsystem.stream`` that can be measured for a while."""

    def begin(self) -> None:
        """Begin to count."""

    def end(self) -> dict[str, Any]:
        """Return counts since ``begin``: buffers, flagged, gaps, over, busy_ns, due_ns, (BINS,) histogram(_ran)."""


def speech(rate_hz: int) -> NDArray[np.float32]:
    """Make vowels and pauses, (n,) float32; interpolated linearly at other rates than 48 kHz."""
    x = sounds.speech(SPEECH_S)
    n = int(SPEECH_S * rate_hz)
    return np.interp(np.arange(n) * (RATE / rate_hz), np.arange(len(x)), x).astype(np.float32)


class NativePlayer(Player):
    """The gate, mono; or with ``copies`` the floor."""

    COUNTS = ("buffers", "over", "gaps", "busy_ns", "due_ns", "histogram", "histogram_ran")

    def __init__(self, contract: Contract, rate_hz: int, *, copies: bool) -> None:
        super().__init__([Gate(contract)], Shape(rate_hz, 1, 1))
        self._speech = speech(rate_hz)
        self._where = np.zeros(1, np.int64)
        process = 0 if copies else int(self.record["process"][0])
        self._fed = _fed(self._speech, self._where, process)
        self._set("process", self._fed.address)
        self._before: dict[str, Any] = {}

    def _now(self) -> dict[str, Any]:
        record = self.record[0]
        while True:  # a buffer that is played meanwhile would be in some of the counts and not in others
            found = {name: record[name].copy() for name in self.COUNTS} | {"flagged": record["late"].copy()}
            if record["buffers"] == found["buffers"] == found["histogram"].sum():
                return found

    def begin(self) -> None:
        self._before = self._now()

    def end(self) -> dict[str, Any]:
        now = self._now()
        return {name: now[name] - self._before[name] for name in now}


def _fed(speech: NDArray[np.float32], where: NDArray[np.int64], process: int) -> Any:
    """Make a chain's function that hears the next piece of ``speech``, from ``where`` on; address 0 only copies it.

    The function is not stored on disk: addresses are constants in it.
    """
    start, length, position = speech.ctypes.data, len(speech), where.ctypes.data
    floats = types.CPointer(types.float32)

    @cfunc(types.void(types.CPointer(from_dtype(CHAIN_RECORD)), floats, floats, types.int64), **COMPILE)
    def fed(record: Any, x: Any, out: Any, n: Any) -> None:
        place = carray(at(position, np.int64), (1,))
        heard, y = carray(at(start, np.float32), (length,)), carray(out, (n,))
        if n > length:  # no driver has such buffers
            heard, place[0] = carray(x, (n,)), 0
        elif place[0] + n > length:
            place[0] = 0
        piece = heard[place[0] : place[0] + n]
        if process != 0:
            call4(process, carray(record, (1,)).ctypes.data, piece.ctypes.data, y.ctypes.data, n)
        else:
            for i in range(n):
                y[i] = piece[i]
        place[0] += n

    return fed
