"""What a stream plays through: engines, the record that the callback reads, and everything that may change meanwhile."""

import ctypes
import sys
import threading
from dataclasses import asdict, dataclass, replace
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from gate.contract import Contract
from gate.engine import Engine
from gate.errors import EngineError
from gate.guard import Guard
from gate.live import callback
from gate.live.callback import LATE_FLAGS
from gate.live.choices import MONITORS
from gate.live.live_record import make
from gate.overrides import AS_LEARNED, Overrides
from gate.process import compiled
from gate.record import aligned

MOST_FRAMES = 1 << 16
"""Longest host buffer that is one call of the engine; no driver has a longer one."""

LISTEN_S = 0.4
"""A new engine listens so long before it is faded to: by then its network knows where it is."""

FADE_S = 0.01
"""Of every fade: engine to engine, monitor to monitor, beginning and end."""

SEEN_BUFFERS = 2
"""The callback has to have counted so far past an engine before its memory may go."""


@dataclass(frozen=True)
class Shape:
    """What a player is made for: rate in Hz, channels in (and through the gate), channels out."""

    rate: int
    channels: int
    out_channels: int


class Player:
    """Host buffers in, host buffers out; presets change while it plays. One thread at a time may call its methods.

    Attributes:
        shape: what it was made for.
        record: the record of ``gate.live.live_record``, shape (1,).
        callback_address: the compiled ``PaStreamCallback``.
        user_address: its user pointer.
    """

    def __init__(
        self,
        contract: Contract,
        shape: Shape,
        *,
        threshold_db: float,
        range_db: float,
        lookahead_ms: float = 0.0,
        link: bool = True,
        dtype: Any = np.float32,
        monitor: str = "out",
        fades: bool = True,
        tape_s: float = 0.0,
        scope_s: float = 0.0,
        guard: Guard | None = None,
        overrides: Overrides = AS_LEARNED,
    ) -> None:
        """Make the engine and all memory.

        Args:
            contract: the model file to begin with.
            shape: rate and channels.
            threshold_db: dBFS.
            range_db: dB, -inf allowed.
            lookahead_ms: 0 to 20.
            link: one decision for all channels.
            dtype: float32, or float64 for files that need it.
            monitor: what is heard, one of ``MONITORS``.
            fades: fade in at the beginning; a file does not want that.
            tape_s: seconds that fit between the callback and whoever takes the output off the tape; 0: none.
            scope_s: seconds of input and of what is heard that ``scope`` can look back; 0: none.
            guard: a classifier beside the gate, or None.
            overrides: what is insisted on over what is learned.

        Raises:
            ContractError, EngineError, ValueError: as ``Engine``.
        """
        self.shape, self.dtype = shape, np.dtype(dtype)
        self._settings: dict[str, Any] = {
            "lookahead_ms": lookahead_ms,
            "link": link,
            "guard": guard,
            "overrides": overrides,
        }
        self._held = ""
        self._engines: list[Engine | None] = [self._engine(contract, threshold_db, range_db), None]
        self._leaving: tuple[Engine, int] | None = None
        self._next: Engine | None = None
        self._closed = False
        self.record = make()
        self._callback = callback.compiled(self.dtype)
        self.callback_address, self.user_address = self._callback.address, int(self.record.ctypes.data)
        self._lock = threading.Lock()  # of the Python side only
        self._lay_out(tape_s, scope_s)
        self.monitor = monitor
        self._set("master", 1)
        self._set("wet", {"out": 1.0, "in": 0.0, "removed": -1.0}[monitor])
        self._set("dry", 0.0 if monitor == "out" else 1.0)
        self._set("heard", 0.0 if fades else 1.0)

    # -- what a stream calls

    def play(self, x: NDArray[Any], out: NDArray[Any], flags: int = 0) -> None:
        """One host buffer: x (n, channels) to out (n, out_channels), both of ``dtype`` and C-contiguous."""
        if self.engine is None:
            raise EngineError("expected an open player, got one that was closed; make a new one")
        assert x.dtype == out.dtype == self.dtype and x.flags.c_contiguous and out.flags.c_contiguous
        assert x.shape == (len(out), self.shape.channels) and out.shape[1] == self.shape.out_channels
        self._callback.call(x.ctypes.data, out.ctypes.data, len(x), None, flags, self.user_address)

    def python_callback(self, indata: Any, outdata: Any, frames: int, time: Any, status: Any) -> None:
        """The same for a stream that can only call Python (sounddevice's ``Stream``)."""
        self.play(indata, outdata, LATE_FLAGS if status else 0)

    def buffers(self) -> int:
        """Host buffers so far."""
        return int(self.record["buffers"][0])

    # -- what people set

    @property
    def engine(self) -> Engine:
        """The engine that is heard, or the one that is on its way to be."""
        if self._next is not None:
            return self._next
        engine = self._engines[int(self.record["wanted"][0])]
        if engine is None:
            raise EngineError("expected an open player, got one that was closed; make a new one")
        return engine

    @property
    def engine_record(self) -> NDArray[Any]:
        """The record of the engine that is heard; it stays when the player is closed."""
        if not self._closed:
            self._last_record = self.engine.record
        return self._last_record

    def set(self, name: str, value: float) -> None:
        """Set "threshold_db", "range_db", "guard_grace_ms" or what ``Overrides`` has, of everything that is heard.

        Raises:
            ValueError: it is out of range.
        """
        with self._lock:
            guard = self._settings["guard"]
            if name == "guard_grace_ms" and guard is not None:
                self._settings["guard"] = replace(guard, grace_ms=value)
            if name in asdict(AS_LEARNED):
                changed: dict[str, Any] = {name: value}
                self._settings["overrides"] = replace(self._settings["overrides"], **changed)
            for engine in (*self._engines, self._next):
                if engine is not None:
                    setattr(engine, name, value)

    def hold(self, state: str) -> None:
        """Keep the gate "open" or "shut", with any preset, until it is let go (""). See ``Engine.held``."""
        with self._lock:
            self._held = state
            for engine in (*self._engines, self._next):
                if engine is not None:
                    engine.held = state

    def set_guard(self, guard: Guard | None) -> None:
        """Another guard, or none. A classifier that is not there yet comes with an engine that is faded to.

        Raises:
            ContractError, EngineError: it cannot be had; what plays plays on.
        """
        before, engine = self._settings["guard"], self.engine
        self._settings["guard"] = guard
        there = None if engine.classifier is None else engine.classifier.contract
        if guard is not None and there is not guard.contract:
            try:
                self.change(engine.contract, engine.threshold_db, engine.range_db)
            except BaseException:
                self._settings["guard"] = before
                raise
            return
        with self._lock:
            for one in (*self._engines, self._next):
                if one is not None and one.classifier is not None:
                    one.guard = "off" if guard is None else guard.mode
                    one.guard_grace_ms = one.guard_grace_ms if guard is None else guard.grace_ms

    @property
    def monitor(self) -> str:
        """What is heard: one of ``MONITORS``."""
        return MONITORS[int(self.record["monitor"][0])]

    @monitor.setter
    def monitor(self, value: str) -> None:
        if value not in MONITORS:
            raise ValueError(f"expected {', '.join(MONITORS)}, got {value!r}; choose one")
        self._set("monitor", MONITORS.index(value))

    def change(self, contract: Contract, threshold_db: float, range_db: float) -> None:
        """Another preset: made ready here, listening beside the old one, faded to. ``tend`` frees the old one.

        Raises:
            ContractError, EngineError: it cannot be had; what plays plays on.
        """
        coming = self._engine(contract, threshold_db, range_db)
        with self._lock:
            if self._next is not None:
                self._next.close()
            coming.held = self._held
            self._next = coming
        self.tend()

    @property
    def changing(self) -> bool:
        """Is another preset on its way?"""
        return self._next is not None or self._leaving is not None

    def tend(self) -> None:
        """Bring on what waits, and free what the callback has left behind; call it a few times a second."""
        with self._lock:
            record = self.record[0]
            settled = record["current"] == record["wanted"] and record["swap_left"] == 0
            if self._leaving is None and settled and self._next is not None:
                slot = 1 - int(record["current"])
                self._engines[slot] = self._next
                self.record["engines"][0, slot] = self._next.address
                old = self._engines[1 - slot]
                assert old is not None
                self._leaving, self._next = (old, -1), None
                self._set("wanted", slot)
            elif self._leaving is not None and settled:
                left, seen = self._leaving
                if seen < 0:
                    self._leaving = (left, self.buffers())
                elif self.buffers() >= seen + SEEN_BUFFERS:
                    self._engines[1 - int(record["current"])] = None
                    self._leaving = None
                    left.close()

    def begin_anew(self) -> None:
        """Fade in again, after a stream was lost. Only while nobody calls."""
        self._set("heard", 0.0)
        self._set("last_ns", 0)

    def fade_out(self) -> None:
        """Ask for silence, before an end; ``faded`` tells when."""
        self._set("master", 0)

    @property
    def faded(self) -> bool:
        """Is it silent, after ``fade_out``?"""
        return float(self.record["heard"][0]) == 0.0

    # -- the tape

    def start_tape(self) -> None:
        """From now on what the gate gives goes to the tape."""
        self._set("tape_read", int(self.record["tape_written"][0]))
        self._set("taping", 1)

    def take_tape(self) -> NDArray[Any]:
        """(n, channels) of ``dtype``, a copy: everything since the last call."""
        record = self.record[0]
        read, written = int(record["tape_read"]), int(record["tape_written"])
        size = len(self._memory["tape"]) // self.shape.channels
        frames = self._memory["tape"].reshape(size, self.shape.channels) if size else np.empty((0, 0))
        taken = frames[np.arange(read, written) % max(size, 1)]
        self._set("tape_read", written)
        return taken

    def stop_tape(self) -> None:
        """No more."""
        self._set("taping", 0)

    # -- the scope

    @property
    def scope_written(self) -> int:
        """Frames that the scope has ever seen: all there were."""
        return int(self.record["frames"][0])

    def scope(self, frames: int) -> tuple[NDArray[Any], NDArray[Any]]:
        """The newest frames, as they came in and as they are heard, after monitoring and fades; from any thread.

        The last of them is frame ``scope_written - 1``, of the moment of the call. What the callback overwrites while it is
        copied is left out: ask for less than ``scope_s`` to have it all.

        Args:
            frames: how many, 0 or more.

        Returns:
            (n, channels) of ``dtype`` each, copies; n is less than ``frames`` where there are not so many.
        """
        _, taken, heard = self.scope_since(self.scope_written - frames)
        return taken[max(len(taken) - frames, 0) :], heard[max(len(heard) - frames, 0) :]

    def scope_since(self, frame: int) -> tuple[int, NDArray[Any], NDArray[Any]]:
        """All from a frame on, for whoever must miss none: the number of the first frame that is still there, input, heard.

        That number is ``frame``, or more where some were overwritten; the next call's ``frame`` is it and what it brought.

        Args:
            frame: counted from the player's first.

        Returns:
            The number, and (n, channels) of ``dtype`` twice, copies.
        """
        size, written = int(self.record["scope_frames"][0]), self.scope_written
        begin = max(min(frame, written), written - size, 0)
        places = np.arange(begin, written) % max(size, 1)
        copies = [
            self._memory[name].reshape(size, self.shape.channels)[places]
            for name in ("scope_in", "scope_heard")
        ]
        gone = max(int(self.record["scope_begun"][0]) - size - begin, 0)
        return begin + gone, copies[0][gone:], copies[1][gone:]

    # -- the end

    def close(self) -> None:
        """Free everything; may be called twice. Only when no stream calls any more."""
        if not self._closed:
            self._last_record, self._closed = self.engine.record, True
        with self._lock:
            for engine in (*self._engines, self._next, self._leaving[0] if self._leaving else None):
                if engine is not None:
                    engine.close()
            self._engines, self._next, self._leaving = [None, None], None, None

    def __enter__(self) -> Self:
        """Itself."""
        return self

    def __exit__(self, *error: object) -> None:
        """Close."""
        self.close()

    # -- inside

    def _engine(self, contract: Contract, threshold_db: float, range_db: float) -> Engine:
        return Engine(
            contract,
            rate=self.shape.rate,
            channels=self.shape.channels,
            threshold_db=threshold_db,
            range_db=range_db,
            dtype=self.dtype,
            falls_back=True,
            **self._settings,
        )

    def _lay_out(self, tape_s: float, scope_s: float) -> None:
        shape, engine = self.shape, self.engine
        tape, scope, delay = int(tape_s * shape.rate), int(scope_s * shape.rate), engine.latency_samples
        sizes = {
            "first": MOST_FRAMES, "second": MOST_FRAMES, "dry": delay,
            "tape": tape, "scope_in": scope, "scope_heard": scope,
        }  # fmt: skip
        self._memory = {name: aligned(size * shape.channels, self.dtype) for name, size in sizes.items()}
        for name, array in self._memory.items():
            self._set(f"{name}_at", array.ctypes.data)
        fade = max(int(FADE_S * shape.rate), 1)
        values = {
            "process": compiled(self.dtype).address,
            "rate": shape.rate,
            "channels": shape.channels,
            "out_channels": shape.out_channels,
            "most_frames": MOST_FRAMES,
            "swap_frames": int(LISTEN_S * shape.rate) + fade,
            "fade_frames": fade,
            "delay": delay,
            "tape_frames": tape,
            "scope_frames": scope,
        }
        for name, value in values.items() | _clock(self.record).items():
            self._set(name, value)
        self.record["engines"][0, 0] = engine.address

    def _set(self, name: str, value: Any) -> None:
        self.record[name] = value


def _clock(record: NDArray[Any]) -> dict[str, int]:
    """The clock's fields: what the system has that may be asked from the audio thread."""
    now_at = int(record.ctypes.data) + int(record.dtype.fields["now_s"][1])  # type: ignore[index]
    fields = {"now_at": now_at, "cpu_clock": -1, "ticks_a_second": 0, "clock": 0}
    try:
        if sys.platform == "win32":
            kernel, ticks = ctypes.WinDLL("kernel32"), ctypes.c_int64()
            kernel.QueryPerformanceFrequency(ctypes.byref(ticks))
            fields["ticks_a_second"] = ticks.value
            entry = kernel.QueryPerformanceCounter
        else:
            entry = ctypes.CDLL(None).clock_gettime
            fields["cpu_clock"] = {"linux": 3, "darwin": 16}.get(sys.platform, -1)
    except (OSError, AttributeError):  # no clock, no times: the sound does not need them
        return fields
    fields["clock"] = ctypes.cast(entry, ctypes.c_void_p).value or 0
    return fields
