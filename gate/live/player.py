"""The player of a stream: a chain of plugins that may change meanwhile, and the record that the callback reads."""

import threading
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from gate.chain.stream import Stream
from gate.closing import Closes
from gate.engine.engine import Engine
from gate.errors import EngineError
from gate.live.clock import clock
from gate.live.rings import Scope, Tape
from gate.plugins.learned import Gate, GateRunning
from gate.plugins.plugin import Plugin
from gate.plugins.running import Format
from gate.realtime import stream as callback
from gate.realtime.record import aligned
from gate.realtime.stream import LATE_FLAGS
from gate.realtime.stream_record import make
from gate.session.choices import MONITORS

MOST_FRAMES = 1 << 16
"""Longest host buffer that is one call of the chain; no driver has a longer one."""

FADE_S = 0.01
"""Length of the fades at beginning and end, and from monitor to monitor."""


@dataclass(frozen=True)
class Shape:
    """The shape of a player's sound: rate in Hz, channels in (and through the chain), channels out.

    ``key``: numbers, from 0, of the channels of a host buffer that are an external key; the sound's are its first.
    """

    rate: int
    channels: int
    out_channels: int
    key: tuple[int, ...] = ()

    @property
    def in_channels(self) -> int:
        """Channels of a host buffer that comes in."""
        return max(self.channels, *(channel + 1 for channel in self.key)) if self.key else self.channels


class Player(Closes):
    """A chain that plays host buffers, and may change meanwhile. One thread at a time may call the methods.

    Attributes:
        shape: rate and channels.
        dtype: of the sound.
        gate: the gate among the plugins whose engine is ``engine``.
        record: the record of ``gate.realtime.stream_record``, shape (1,).
        callback_address: the compiled ``PaStreamCallback``.
        user_address: its user pointer.
        tape: of the gate's output, whatever is monitored.
        scope: the newest frames that came in, and that are heard.
    """

    def __init__(
        self,
        plugins: Sequence[Plugin],
        shape: Shape,
        *,
        gate: Gate | None = None,
        dtype: Any = np.float32,
        monitor: str = "out",
        fades: bool = True,
        tape_s: float = 0.0,
        scope_s: float = 0.0,
    ) -> None:
        """Open the plugins and make all memory.

        Args:
            plugins: in the order in which sound goes through them; at least one is a ``Gate``.
            shape: rate and channels.
            gate: the one of them whose engine is ``engine``; None: the first.
            dtype: float32, or float64 for files that need it.
            monitor: what is heard, one of ``MONITORS``.
            fades: fade in at the beginning; not for files.
            tape_s: seconds that fit between the callback and the reader of the tape; 0: none.
            scope_s: seconds that ``scope`` can look back; 0: none.

        Raises:
            GateError: a plugin is not available.
            ValueError: there are too many, none is a gate, or one cannot take such a sound.
        """
        self.shape, self.dtype = shape, np.dtype(dtype)
        self.gate = _gate_of(plugins, gate)
        self._lock = threading.RLock()  # of the Python side only
        format = Format(shape.rate, shape.channels, self.dtype, key_channels=len(shape.key))
        self._stream = Stream(plugins, format, MOST_FRAMES, keeps_input=True)
        self._last_record = self.engine.record
        self.record = make()
        self._callback = callback.compiled(self.dtype)
        self.callback_address, self.user_address = self._callback.address, int(self.record.ctypes.data)
        self._lay_out(tape_s, scope_s)
        self._follow()
        self.monitor = monitor
        self._set("master", 1)
        self._set("wet", {"out": 1.0, "in": 0.0, "removed": -1.0}[monitor])
        self._set("dry", 0.0 if monitor == "out" else 1.0)
        self._set("heard", 0.0 if fades else 1.0)

    # -- what a stream calls

    def play(self, x: NDArray[Any], out: NDArray[Any], flags: int = 0) -> None:
        """Play one host buffer: x (n, in_channels) to out (n, out_channels), both of ``dtype`` and C-contiguous."""
        if not self._stream.is_open:
            raise EngineError("expected an open player, got one that was closed; make a new one")
        assert x.dtype == out.dtype == self.dtype and x.flags.c_contiguous and out.flags.c_contiguous
        assert x.shape == (len(out), self.shape.in_channels) and out.shape[1] == self.shape.out_channels
        self._callback.call(x.ctypes.data, out.ctypes.data, len(x), None, flags, self.user_address)

    def python_callback(self, indata: Any, outdata: Any, frames: int, time: Any, status: Any) -> None:
        """Play one host buffer of a stream that can only call Python (sounddevice's ``Stream``)."""
        self.play(indata, outdata, LATE_FLAGS if status else 0)

    def buffers(self) -> int:
        """Return the number of host buffers so far."""
        return int(self.record["buffers"][0])

    @property
    def newest_frames(self) -> int:
        """Frames of the newest host buffer; 0 before the first."""
        return int(self.record["newest_frames"][0])

    # -- the chain

    @property
    def plugins(self) -> tuple[Plugin, ...]:
        """The plugins in the order that is heard, or will be when changes under way are done."""
        return self._stream.plugins

    @property
    def at_work(self) -> tuple[Plugin, ...]:
        """All plugins that are heard or about to be."""
        return self._stream.at_work

    @property
    def engine(self) -> Engine:
        """The engine of ``gate``, heard or about to be."""
        if not self._stream.is_open:
            raise EngineError("expected an open player, got one that was closed; make a new one")
        return cast(GateRunning, self._stream.running_of(self.gate)).engine

    @property
    def engine_record(self) -> NDArray[Any]:
        """The record of ``engine``; it stays when the player is closed."""
        if self._stream.is_open:
            self._last_record = self.engine.record
        return self._last_record

    @property
    def latency_samples(self) -> int:
        """Delay of the sound: the sum of all slots' delays, in the order that is heard or about to be."""
        return self._stream.latency_samples

    def slot_latency_samples(self, plugin: Plugin) -> int:
        """Return what one of ``plugins`` adds to ``latency_samples``."""
        return self._stream.running_of(plugin).latency_samples

    def slot_trouble(self, plugin: Plugin) -> str:
        """Return what is wrong with one of ``plugins``, one sentence; empty when all is well."""
        return self._stream.running_of(plugin).trouble

    def wait(self) -> None:
        """Wait until a third-party plugin has caught up. Call before each buffer when playing faster than real time.

        An audio thread never calls this.
        """
        self._stream.wait()

    def change(self, plugins: Sequence[Plugin], gate: Gate | None = None) -> None:
        """Change to these plugins in this order: fresh ones are opened here, listen, and are faded in by ``tend``.

        The newest call counts. ``gate`` is the one of them whose engine is ``engine``; None: the first.

        Raises:
            GateError, ValueError: as ``Player``; the sound stays as it was.
        """
        with self._lock:
            gate = _gate_of(plugins, gate)
            self._stream.change(plugins)
            self.gate = gate
            self._follow()

    @property
    def changing(self) -> bool:
        """Is the chain changing, or about to?"""
        return self._stream.changing

    def tend(self) -> None:
        """Begin changes that wait, and free what the callback no longer uses; call this a few times a second."""
        with self._lock:
            if self._stream.is_open:
                self._stream.tend()
                self._follow()

    # -- what people set

    @property
    def monitor(self) -> str:
        """The signal that is heard: one of ``MONITORS``."""
        return MONITORS[int(self.record["monitor"][0])]

    @monitor.setter
    def monitor(self, value: str) -> None:
        if value not in MONITORS:
            raise ValueError(f"expected {', '.join(MONITORS)}, got {value!r}; choose one")
        self._set("monitor", MONITORS.index(value))

    def fade_out(self) -> None:
        """Ask for silence, before an end; ``faded`` tells when."""
        self._set("master", 0)

    @property
    def faded(self) -> bool:
        """Is the output silent, after ``fade_out``?"""
        return float(self.record["heard"][0]) == 0.0

    # -- the end

    def close(self) -> None:
        """Free everything; may be called twice. Only when no stream calls the player any more."""
        with self._lock:
            if self._stream.is_open:
                self._last_record = self.engine.record
            self._stream.close()

    # -- inside

    def _follow(self) -> None:
        """Tell the callback which gate's runs it counts, and which is to fall back: the one that is heard or being faded in.

        This gate is in the wanted order, so it exists until long after the callback has another one's address.
        """
        running = self._stream.heard.get(self.gate)
        if running is not None:  # a gate that still waits for its turn has none
            self._set("gate", running.address)

    def _lay_out(self, tape_s: float, scope_s: float) -> None:
        shape, stream = self.shape, self._stream
        tape, scope = int(tape_s * shape.rate), int(scope_s * shape.rate)
        kept = MOST_FRAMES if shape.key else 0
        sizes = {"first": MOST_FRAMES, "sound": kept, "tape": tape, "scope_in": scope, "scope_heard": scope}
        self._memory = {name: aligned(size * shape.channels, self.dtype) for name, size in sizes.items()}
        self._memory["key"] = aligned(kept * len(shape.key), self.dtype)
        self.tape = Tape(self.record, self._memory["tape"], shape.channels)
        self.scope = Scope(self.record, self._memory["scope_in"], self._memory["scope_heard"], shape.channels)
        for name, array in self._memory.items():
            self._set(f"{name}_at", array.ctypes.data)
        values = {
            "process": stream.function,
            "chain": stream.address,
            "rate": shape.rate,
            "channels": shape.channels,
            "in_channels": shape.in_channels,
            "key_channels": len(shape.key),
            "out_channels": shape.out_channels,
            "most_frames": MOST_FRAMES,
            "fade_frames": max(int(FADE_S * shape.rate), 1),
            "tape_frames": tape,
            "scope_frames": scope,
        }
        for name, value in values.items() | clock(self.record).items():
            self._set(name, value)
        self.record["key_from"][0, : len(shape.key)] = shape.key
        stream.record["key_at"] = self._memory["key"].ctypes.data if shape.key else 0

    def _set(self, name: str, value: Any) -> None:
        self.record[name] = value


def _gate_of(plugins: Sequence[Plugin], gate: Gate | None) -> Gate:
    """Return the gate that is meant.

    Raises:
        ValueError: there is none.
    """
    for plugin in plugins:
        if plugin.kind == Gate.kind and gate in (None, plugin):
            return cast(Gate, plugin)
    raise ValueError(f"expected plugins with a gate among them, got {list(plugins)}; add Gate(...)")
