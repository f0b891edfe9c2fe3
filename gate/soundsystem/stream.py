"""One stream: sound from an input device, through a player's compiled callback, to an output device.

It is ``jack_client.JackStream`` on a JACK server and ``port_stream.PortStream`` on everything else. Either way
the driver's own buffers reach the callback as they are, so the stream adds no delay of its own, and no
interpreter stands between driver and callback.

A stream that ended stays ended: ``supervisor`` makes a new one.
"""

import atexit
import ctypes
from collections.abc import Callable
from concurrent.futures import wait
from typing import Any, NamedTuple, Protocol, TypeVar

import numpy as np

from gate.errors import SoundDeviceError
from gate.soundsystem import portaudio_library as port_library
from gate.soundsystem import thread as port_thread
from gate.soundsystem.devices import JACK, Device
from gate.soundsystem.jack_stream import JackStream
from gate.soundsystem.portaudio_stream import PortStream

T = TypeVar("T")

CLOSE_PATIENCE_S = 1.5
"""How long closing waits for a sound system; then the thread of ``port_thread`` is left with it."""


class Player(Protocol):
    """What makes sound of sound, for one shape (rate, channels in, channels out); outlives streams."""

    @property
    def callback_address(self) -> int:
        """Address of a compiled ``PaStreamCallback`` of interleaved float32; 0 where there is none."""

    @property
    def user_address(self) -> int:
        """What it is called with."""

    def python_callback(self, indata: Any, outdata: Any, frames: int, time: Any, status: Any) -> None:
        """The same in Python: (frames, channels) float32 in and out; ``status`` is true when something was late."""

    def buffers(self) -> int:
        """Host buffers handled so far: stands still when the stream does."""


PlayerFactory = Callable[[int, int, int], Player]
"""(rate in Hz, channels in, channels out) to a player; called from the thread that opens the stream."""

Do = Callable[[Callable[[], Any]], Any]
"""How a job gets to the thread that talks to sound systems, and its answer back."""


class Facts(NamedTuple):
    """What there is to say about an open stream."""

    host_api: str
    input: str
    output: str
    rate_hz: int
    inputs: int
    """Channels."""
    outputs: int
    input_latency_frames: int
    """Between the outside and the callback, as the sound system reports it."""
    output_latency_frames: int
    buffer_frames: int
    """Of the newest host buffer; 0: the sound system does not say."""
    native: bool
    """Does the sound system call compiled code?"""
    reason: str
    """Why, or why not."""


class Stream:
    """An open stream; ``close`` or ``with`` ends it.

    Args:
        source: device to hear.
        sink: device to play to, on the same sound system.
        rate_hz: None takes the device's own.
        inputs: channels to take.
        outputs: channels to give.
        factory: makes the player once the rate is known.
        native: False takes the Python callback even where a compiled one can be had.
        do: hands jobs to the thread of ``port_thread``.

    Raises:
        SoundDeviceError: the devices will not do that, or do not answer.
    """

    def __init__(
        self,
        source: Device,
        sink: Device,
        rate_hz: int | None,
        inputs: int,
        outputs: int,
        factory: PlayerFactory,
        *,
        native: bool = True,
        do: Do = port_thread.call,
    ) -> None:
        self.source, self.sink, self.inputs, self.outputs = source, sink, inputs, outputs
        self._kept: Any = None
        self.port: JackStream | PortStream | None = None
        _open.add(self)
        try:
            port = do(lambda: self._find(rate_hz, native))
            self.player = factory(port.rate, inputs, outputs)
            self.facts: Facts = do(lambda: self._start(native))
        except BaseException:  # an interrupt too: what is half open goes to the other thread to be closed
            port_thread.ask(self._close)
            raise

    def _find(self, rate_hz: int | None, native: bool) -> JackStream | PortStream:
        source, sink, inputs, outputs = self.source, self.sink, self.inputs, self.outputs
        if source.host_api != sink.host_api:
            raise SoundDeviceError(f"{source} and {sink} are on different sound systems; choose both on one")
        if source.host_api != JACK:
            api = source.host_api
            self.port = PortStream(api, source.name, sink.name, rate_hz, inputs, outputs, native)
            return self.port
        port_library.put_away()  # where JACK is PipeWire, PortAudio sees it all the same
        self.port = port = JackStream(source.name, sink.name, inputs, outputs)
        if rate_hz not in (None, port.rate):
            raise SoundDeviceError(
                f"the JACK server runs at {port.rate} Hz, not at {rate_hz} Hz; only {port.rate} Hz would do, or start "
                f"the server with -r {rate_hz}"
            )
        return port

    def _start(self, native: bool) -> Facts:
        player, port = self.player, self.port
        if port is None:
            raise SoundDeviceError("the stream was closed while it was opened; open it again")
        address, user = player.callback_address, player.user_address
        reason = port.reason
        if isinstance(port, JackStream) and not (native and address):
            self._kept = _in_c(player.python_callback, self.inputs, self.outputs)
            address, user = ctypes.cast(self._kept, ctypes.c_void_p).value or 0, 0
            reason = "there is no compiled callback" if native else "asked for"
            native = False
        port.start(player, address, user)
        if isinstance(port, PortStream):
            native, reason = port.native, port.reason
        latency = port.latency_frames()
        names = self.source.name, self.sink.name
        shape = port.rate, self.inputs, self.outputs
        return Facts(port.host_api, *names, *shape, *latency, port.buffer_frames, native, reason)

    @property
    def rate_hz(self) -> int:
        """What it runs at."""
        return self.facts.rate_hz

    @property
    def active(self) -> bool:
        """Does it still run, as far as the sound system says? Only reads memory."""
        return self.port is not None and self.port.active

    def _close(self) -> None:
        port, self.port = self.port, None
        if port is not None:
            port.close()
        _open.discard(self)

    def close(self, timeout_s: float = CLOSE_PATIENCE_S) -> bool:
        """End it; False when the sound system does not answer, and will be left with it."""
        return bool(wait([port_thread.ask(self._close)], timeout_s).done)

    def __enter__(self) -> "Stream":
        """Itself."""
        return self

    def __exit__(self, *_: Any) -> None:
        """Close."""
        self.close()


_open: set["Stream"] = set()
"""Streams that are open: they and their players live until they are closed."""


@atexit.register
def _close_all() -> None:
    """The compiled code must not be called any more when the interpreter takes it down."""
    wait([port_thread.ask(stream._close) for stream in list(_open)], CLOSE_PATIENCE_S)


_PA_CALLBACK = ctypes.CFUNCTYPE(
    ctypes.c_int,
    ctypes.c_void_p,
    ctypes.c_void_p,
    ctypes.c_ulong,
    ctypes.c_void_p,
    ctypes.c_ulong,
    ctypes.c_void_p,
)


def _in_c(python_callback: Callable[..., None], inputs: int, outputs: int) -> Any:
    """A Python callback as a ``PaStreamCallback``; an exception in it ends the stream, as in sounddevice."""

    def call(taken: int, given: int, frames: int, _times: int, flags: int, _user: int) -> int:
        try:
            sides = [
                np.ctypeslib.as_array((ctypes.c_float * (frames * count)).from_address(at))
                for at, count in ((taken, inputs), (given, outputs))
            ]
            python_callback(sides[0].reshape(-1, inputs), sides[1].reshape(-1, outputs), frames, None, flags)
        except BaseException:
            import traceback

            traceback.print_exc()
            return 2  # paAbort
        return 0

    return _PA_CALLBACK(call)
