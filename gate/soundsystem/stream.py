"""One stream: sound from an input device, through a player's compiled callback, to an output device.

Below it is a ``Port``: ``JackStream`` on a JACK server, ``PortStream`` on everything else. Either way
the driver's own buffers reach the callback as they are, so the stream adds no delay of its own, and no
interpreter stands between driver and callback.

A stream that ended stays ended: ``supervisor`` makes a new one.
"""

import atexit
from collections.abc import Callable
from concurrent.futures import Future, wait
from typing import Any, NamedTuple, Protocol, TypeVar

from gate.closing import Closes
from gate.errors import SoundDeviceError
from gate.soundsystem import portaudio_library as port_library
from gate.soundsystem import thread as port_thread
from gate.soundsystem.devices import JACK, Device
from gate.soundsystem.jack_stream import JackStream
from gate.soundsystem.port import Port
from gate.soundsystem.portaudio_stream import PortStream

T = TypeVar("T")

CLOSE_PATIENCE_S = 1.5
"""How long closing waits for a sound system; then the thread of ``gate.soundsystem.thread`` is left with it."""


class Player(Protocol):
    """A maker of sound from sound, for one shape (rate, channels in, channels out); outlives streams."""

    @property
    def callback_address(self) -> int:
        """Address of a compiled ``PaStreamCallback`` of interleaved float32; 0 where there is none."""

    @property
    def user_address(self) -> int:
        """The pointer that the callback is called with."""

    def python_callback(self, indata: Any, outdata: Any, frames: int, time: Any, status: Any) -> None:
        """Play a buffer in Python: (frames, channels) float32 in and out; ``status`` is true if something was late."""

    def buffers(self) -> int:
        """Return the number of host buffers handled so far: it stops when the stream does."""


PlayerFactory = Callable[[int, int, int], Player]
"""A function of (rate in Hz, channels in, channels out) to a player; called from the thread that opens the stream."""

Do = Callable[[Callable[[], Any]], Any]
"""A function that hands a job to the thread that talks to sound systems, and returns its answer."""


class Facts(NamedTuple):
    """Facts about an open stream."""

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
    """Frames of the newest host buffer; 0: the sound system does not say."""
    native: bool
    """Does the sound system call compiled code?"""
    reason: str
    """Why, or why not."""

    def delay_frames(self, newest: int) -> int:
        """Return how late the stream is by itself, from its output back to its input, in frames.

        On JACK that is one period, whatever the driver says of the converters after it; PortAudio reports it.

        Args:
            newest: frames of the newest host buffer; 0: there was none yet.
        """
        if self.host_api == JACK:
            return newest or self.buffer_frames
        return self.input_latency_frames + self.output_latency_frames


class Stream(Closes):
    """An open stream; ``close`` or ``with`` ends it.

    Args:
        source: device to hear.
        sink: device to play to, on the same sound system.
        rate_hz: None takes the device's own.
        inputs: channels to take.
        outputs: channels to give.
        factory: makes the player once the rate is known.
        native: False takes the Python callback even where a compiled one can be had.
        do: hands jobs to the thread of ``gate.soundsystem.thread``.

    Raises:
        SoundDeviceError: the devices refuse, or do not answer.
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
        self.port: Port | None = None
        _open.add(self)
        try:
            port = do(lambda: self._find(rate_hz, native))
            self.player = factory(port.rate, inputs, outputs)
            self.facts: Facts = do(self._start)
        except BaseException:  # an interrupt too: what is half open goes to the other thread to be closed
            self.abandon()
            raise

    def _find(self, rate_hz: int | None, native: bool) -> Port:
        source, sink, inputs, outputs = self.source, self.sink, self.inputs, self.outputs
        if source.host_api != sink.host_api:
            raise SoundDeviceError(f"{source} and {sink} are on different sound systems; choose both on one")
        if source.host_api != JACK:
            api = source.host_api
            self.port = PortStream(api, source.name, sink.name, rate_hz, inputs, outputs, native)
            return self.port
        port_library.put_away()  # where JACK is PipeWire, PortAudio sees it all the same
        self.port = port = JackStream(source.name, sink.name, inputs, outputs, native)
        if rate_hz not in (None, port.rate):
            raise SoundDeviceError(
                f"the JACK server runs at {port.rate} Hz, not at {rate_hz} Hz; only {port.rate} Hz would do, or start "
                f"the server with -r {rate_hz}"
            )
        return port

    def _start(self) -> Facts:
        player, port = self.player, self.port
        if port is None:
            raise SoundDeviceError("the stream was closed while it was opened; open it again")
        port.start(player, player.callback_address, player.user_address)
        latency = port.latency_frames()
        names = self.source.name, self.sink.name
        shape = port.rate, self.inputs, self.outputs
        return Facts(port.host_api, *names, *shape, *latency, port.buffer_frames, port.native, port.reason)

    @property
    def rate_hz(self) -> int:
        """The stream's rate, Hz."""
        return self.facts.rate_hz

    @property
    def active(self) -> bool:
        """Does the stream still run, as far as the sound system says? Only reads memory."""
        return self.port is not None and self.port.active

    def _close(self) -> None:
        port, self.port = self.port, None
        if port is not None:
            port.close()
        _open.discard(self)

    def abandon(self) -> "Future[None]":
        """Have the stream closed, without waiting for a sound system that may not answer; return its future."""
        return port_thread.ask(self._close)

    def close(self) -> None:
        """End the stream; a sound system that does not answer within ``CLOSE_PATIENCE_S`` is left with it."""
        wait([self.abandon()], CLOSE_PATIENCE_S)


_open: set["Stream"] = set()
"""Streams that are open: they and their players live until they are closed."""


@atexit.register
def _close_all() -> None:
    """Close all streams: the compiled code must not be called any more when the interpreter frees it."""
    wait([stream.abandon() for stream in list(_open)], CLOSE_PATIENCE_S)
