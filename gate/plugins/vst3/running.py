"""A third-party plugin at work on one sound: the compiled slot's record, laid out over the memory it shares with a process.

Three parties touch it. The audio thread calls the compiled slot (``vst3_law``), which neither waits nor minds whether the
process lives. The tending thread (``tend``, some ten times a second, never the audio thread) looks after the process
(``vst3_keeper``). And a caller in Python that drives the slot faster than sound plays calls ``wait`` before each call:
so nothing is late, a render is complete, and it is the same each time.
"""

import ctypes
import math

import numpy as np

from gate.errors import PluginError
from gate.plugins.running import Format, Running
from gate.plugins.vst3.keeper import BLOCK, HANG_S, PATIENCE_S, Keeper
from gate.plugins.vst3.memory import Memory
from gate.realtime.plugins import vst3 as law
from gate.realtime.record import aligned

FREE_FRAMES = 1024
"""Frames between giving and taking at least, where calls may have any number of them."""

PIECE = 8192
"""Frames given at once at most, where calls may have any number."""

FADE_S = 0.01
"""Length of a fade from output to input or back."""

CALM_S = 0.1
"""Seconds for which answers have to be in time before the output is heard again."""


class Vst3Running(Running):
    """A third-party plugin at work.

    Attributes:
        keeper: owner of the plugin's process.
        memory: shared with the process.
    """

    def __init__(
        self,
        format: Format,
        keeper: Keeper,
        headroom_ms: float,
        numbers: dict[str, int],
        values: dict[str, float],
        *,
        bypassed: bool,
    ) -> None:
        """Lay everything out, and let the process begin.

        Args:
            format: the sound.
            keeper: owner of the process, which is ready; closed with this object.
            headroom_ms: how long before its answer is needed the process gets the sound: a whole number of calls where
                their size is promised.
            numbers: of the plugin's parameters, by id.
            values: values of these parameters.
            bypassed: is the input heard?
        """
        self.keeper, self._numbers, self._known = keeper, numbers, dict(values)
        channels, headroom = format.channels, math.ceil(headroom_ms * format.rate / 1000.0)
        if format.frames is None:
            wait, piece = max(headroom, FREE_FRAMES), PIECE
        elif format.offline:
            wait = piece = format.frames
        else:
            wait, piece = format.frames * max(1, -(-headroom // format.frames)), format.frames
        delay, fade = wait + keeper.own_samples, max(1, round(FADE_S * format.rate))
        memory = Memory(keeper.memory_file, channels, delay + 2 * piece + BLOCK)
        memory.clear()
        record = law.make()
        self._dry = aligned((delay + piece) * channels, format.dtype)
        self._ends, self._one = aligned(2 * channels, np.float64), aligned(1, np.int64)
        self._one[0] = 1
        for name, value in (
            ("channels", channels),
            ("wait", wait),
            ("delay", delay),
            ("piece", piece),
            ("fade_frames", fade),
            ("calm_frames", max(fade, round(CALM_S * format.rate))),
            ("dry_at", self._dry.ctypes.data),
            ("dry_frames", delay + piece),
            ("ends_at", self._ends.ctypes.data),
            ("input_at", memory.input.ctypes.data),
            ("output_at", memory.output.ctypes.data),
            ("ring_frames", memory.ring_frames),
            ("given_at", memory.address("given")),
            ("made_at", memory.address("made")),
            ("begun_at", memory.address("begun")),
            ("write", ctypes.cast(ctypes.CDLL(None).write, ctypes.c_void_p).value),
            ("wake", keeper.wake),
            ("one_at", self._one.ctypes.data),
            ("share", 1.0),
        ):
            record[name] = value
        super().__init__(
            format, record, law.compiled(format.dtype).address, latency_samples=delay, bypassed=bypassed
        )
        self.most_frames, self.memory = wait, memory
        keeper.serve(memory)

    @property
    def pid(self) -> int:
        """Number of the plugin's process; 0 while there is none."""
        return self.keeper.pid

    @property
    def trouble(self) -> str:
        """What is wrong with the plugin, one sentence; empty when all is well."""
        return self.keeper.trouble

    @property
    def counts(self) -> dict[str, int]:
        """Calls that were ``late``, ``dropouts`` to the input, ``restarts``, frames ``skipped``, samples ``nonfinite``."""
        return {
            "late": int(self.record["late"][0]),
            "dropouts": int(self.record["dropouts"][0]),
            "restarts": self.keeper.restarts,
            "skipped": self.memory["skipped"],
            "nonfinite": self.memory["nonfinite"],
        }

    def set(self, id: str, value: float) -> bool:
        """Set a parameter's new value, checked already; it acts on the next call's frames."""
        if id not in self._numbers:
            return False
        if self._known[id] != value:
            self._known[id] = value
            self.keeper.change(int(self.record["position"][0]), self._numbers[id], value)
        return True

    def restore(self, state: bytes, values: dict[str, float]) -> None:
        """Apply another state of the plugin, in which its parameters have these values."""
        self._known = dict(values)
        self.keeper.restore(state)

    def wait(self) -> None:
        """Wait until the process has answered all that it was given. Never called on an audio thread.

        Raises:
            PluginError: offline: the process has ended, or hangs.
        """
        if not self.format.offline:
            self.tend()
            if not self.keeper.wait(1.5 * HANG_S):
                self.tend()  # which finds it dead, or hanging
            return
        played = self.keeper.wait(PATIENCE_S)
        if not played or self.memory["nonfinite"]:
            got = "gives what is no number" if played else self.keeper.ending
            raise PluginError(
                f"{self.keeper.file}: expected it to play to the end, got one that {got}; leave it out"
            )

    def tend(self) -> None:
        """Have the process looked after; never wait."""
        if not self.format.offline:
            self.keeper.tend(int(self.record["dropouts"][0]), bool(self.record["share"][0]))

    def _reset(self) -> None:
        self.keeper.again()
        for field in law.FIELDS:
            if field.writer == "engine":
                self.record[field.name] = 0
        self.record["share"] = 1.0
        self._ends[:] = 0.0

    def _close(self) -> None:
        self.keeper.close()
