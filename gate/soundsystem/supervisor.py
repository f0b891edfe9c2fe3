"""A supervisor that keeps one stream running, whatever becomes of the sound system, until ``stop``.

A thread of its own looks ten times a second at the stream: has the player had buffers, does the sound system still
say that it runs? Nothing of this happens on the audio thread, and whatever may wait for ever is left to
``gate.soundsystem.thread``. It tells five cases apart:

* the sound system says that the stream has ended (a JACK server killed, a card unplugged): close what is left,
  open again until that works;
* no buffers for 0.5 s, and the JACK server's own clock has stopped too: the server is stopped or its card hangs.
  Nothing is touched, for nothing would answer; when the server continues, so does the stream;
* no buffers, but the server's clock runs, or there is no such clock (PortAudio): the stream is lost, open again;
* buffers, but somebody took the connections away: that is their choice, the stream continues with silence;
* buffers, but what we were connected to went away (a microphone unplugged): told once, connected again when it is back.

The stream that is opened again is on the devices of the same names, at the rate that they have by then; the player is kept
unless its shape has changed. On JACK it gets the connections that it had.
"""

import threading
import time
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future, wait
from typing import Any, NamedTuple

from gate.closing import Closes
from gate.errors import SoundDeviceError
from gate.soundsystem import portaudio_library as port_library
from gate.soundsystem import thread as port_thread
from gate.soundsystem.devices import JACK, Device, resolve_pair
from gate.soundsystem.jack_connections import ConnectionMemory
from gate.soundsystem.stream import Player, PlayerFactory, Stream

POLL_S = 0.1
"""How often the stream is looked at."""

STALL_S = 0.5
"""No buffer for this time is a stall; the largest host buffer in use lasts 0.2 s (8192 frames at 44.1 kHz)."""

GIVE_UP_S = 2.0
"""A stalled stream whose sound system seems well, or cannot be asked, is opened again after this time."""

RETRY_S = 0.2
"""Time between two attempts to open: an attempt without a server costs some 5 ms."""

EVENTS = 1000
"""Number of the newest events that are kept."""

STOP_S = 1.8
"""How long ``stop`` waits in all for a sound system that may not answer."""


class Event(NamedTuple):
    """Something that happened to the stream."""

    time_s: float
    """Since the start."""
    text: str


class _Stopped(Exception):
    """The user's end of the supervisor."""


class Supervisor(Closes):
    """A stream that comes back; call ``start``, and ``stop`` or leave the ``with``.

    Args:
        source: device to hear, as ``devices.resolve`` takes it.
        sink: device to play to, likewise.
        rate_hz: wanted rate; None takes the device's own, and follows it when that changes.
        inputs: channels to take.
        outputs: channels to give.
        factory: makes a player for (rate, inputs, outputs): once at the start, and again when the rate changes.
        native: False takes Python callbacks.
        on_event: called with every event, from the supervisor's thread (the first ones from the caller's).

    Attributes:
        events: what happened, oldest first; the newest 1000.
        reopened: how often the stream was opened again.
        stalls: how often no buffers came for 0.5 s.
        lost_s: seconds without buffers, of the interruptions that are over.
        failure: the error of the factory or of ``on_event`` that ended the stream before ``stop``.
    """

    def __init__(
        self,
        source: int | str | None,
        sink: int | str | None,
        rate_hz: int | None,
        inputs: int,
        outputs: int,
        factory: PlayerFactory,
        *,
        native: bool = True,
        on_event: Callable[[Event], None] | None = None,
    ) -> None:
        self._wishes, self._rate_hz, self._shape = (source, sink), rate_hz, (inputs, outputs)
        self._factory, self._native, self._on_event = factory, native, on_event
        self.events: deque[Event] = deque(maxlen=EVENTS)
        self.reopened, self.stalls, self.lost_s = 0, 0, 0.0
        self.failure: BaseException | None = None
        self._pair: tuple[Device, Device] | None = None
        self._player: tuple[tuple[int, int, int], Player] | None = None
        self.stream: Stream | None = None
        self._closing: Future[Any] | None = None
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None
        self._began = time.monotonic()
        self._complaint = ""
        self._forget()

    def _forget(self) -> None:
        """Forget what was seen of an earlier stream."""
        self._seen, self._moved_at, self._stalled = -1, time.monotonic(), False
        self._opened_at = self._moved_at
        self._clock, self._clock_at = -1, 0.0

    # -- for its user

    def start(self) -> "Supervisor":
        """Open the stream, and keep it running from now on.

        Raises:
            SoundDeviceError: the stream cannot be opened now.
        """
        self._began = time.monotonic()
        self.connections = ConnectionMemory()
        self._own_rate = True  # the next attempt takes the wished rate, the one after it the device's own
        self._pair = resolve_pair(*self._wishes)
        self.stream = Stream(*self._pair, self._rate_hz, *self._shape, self._make, native=self._native)
        self._forget()
        self._say(f"started: {_described(self.stream)}")
        self._thread = threading.Thread(target=self._run, name="stream-supervisor", daemon=True)
        self._thread.start()
        return self

    def stop(self) -> bool:
        """End the stream; return False when the sound system does not answer, and is left with the stream.

        Raises:
            BaseException: ``failure``, if there is one; the stream is closed all the same.
        """
        end = time.monotonic() + STOP_S
        self._stopping.set()
        if self._thread is not None:
            self._thread.join(STOP_S / 2)
        closing, stream = self._closing, self.stream
        self.stream = None
        futures = [closing] if closing is not None else []
        if stream is not None:
            futures.append(stream.abandon())
        futures.append(port_thread.ask(port_library.put_away))
        closed = not wait(futures, max(end - time.monotonic(), 0.05)).not_done
        failure, self.failure = self.failure, None
        if failure is not None:
            raise failure
        return closed

    @property
    def player(self) -> Player:
        """The newest player."""
        if self._player is None:
            raise SoundDeviceError("no stream was started; call start() first")
        return self._player[1]

    @property
    def running(self) -> bool:
        """Is there a stream, and did it have buffers within the last 0.5 s?"""
        return self.stream is not None and not self._stalled and self.failure is None

    def close(self) -> None:
        """Stop, whether the sound system answers or not; raises ``failure`` as ``stop`` does."""
        self.stop()

    # -- on its own thread

    def _run(self) -> None:
        try:
            while not self._stopping.wait(POLL_S if self.stream is not None else RETRY_S):
                if self.stream is not None:
                    self._look(self.stream)
                elif self._closing is None or self._closing.done():
                    self._try_again()
        except _Stopped:
            pass
        except BaseException as error:  # kept for stop(): nobody else would see it
            self.failure = error
            self.events.append(Event(time.monotonic() - self._began, f"ended by an error: {error}"))
        finally:
            self._let_go()

    def _look(self, stream: Stream) -> None:
        """Check whether the stream has moved, and if not, do what is needed."""
        now = time.monotonic()
        buffers = self.player.buffers()
        if buffers != self._seen:
            self._moved(now)
            self._seen = buffers
            port = stream.port
            if port is not None and stream.active:
                gone = self.connections.look(port)
                if gone:
                    self._say(gone)
        elif now - self._moved_at > STALL_S and not self._stalled:
            self._stalled = True
            self.stalls += 1
            self._say("no sound: the sound system sends no buffers")
        if not stream.active:
            self._lose("the sound system ended the stream")
        elif self._stalled and self._is_lost(stream, now):
            self._lose("the sound system runs without the stream")

    def _moved(self, now: float) -> None:
        silent_s = now - self._moved_at
        self._moved_at = now
        self._clock_at = 0.0
        if self._stalled or self._seen < 0:
            if self._stalled:
                self.lost_s += silent_s
                self._say(f"sound again after {silent_s:.1f} s")
            self._stalled = False

    def _is_lost(self, stream: Stream, now: float) -> bool:
        """Return whether there is nothing to wait for, of a stalled stream that the sound system has not ended."""
        clock = None if stream.port is None else stream.port.heartbeat()
        if clock is not None:
            if clock != self._clock:
                self._clock_at = self._clock_at or now
                self._clock = clock
                return self._clock_at != now and now - self._clock_at > GIVE_UP_S
            self._clock_at = 0.0
            return False
        return now - max(self._moved_at, self._opened_at) > GIVE_UP_S

    def _lose(self, why: str) -> None:
        if not self._stalled:
            self._stalled = True
        self._say(f"no sound: {why}; waiting for it to come back")
        self._let_go()

    def _let_go(self) -> None:
        stream, self.stream = self.stream, None
        if stream is not None:
            self._closing = stream.abandon()

    def _try_again(self) -> None:
        """Open the same devices again; where that fails, the next turn tries again."""
        assert self._pair is not None
        moved_at = self._moved_at
        self._finish_closing()
        self._own_rate = not self._own_rate
        rate_hz = None if self._own_rate or self._pair[0].host_api == JACK else self._rate_hz
        try:
            stream = Stream(*self._pair, rate_hz, *self._shape, self._make, native=self._native, do=self._do)
        except SoundDeviceError as error:
            if self._complaint != str(error):
                self._complaint = str(error)
                self._say(f"not back yet: {error}")
            return
        self._complaint, self._own_rate = "", True
        self._forget()
        self._moved_at, self._stalled, self._seen = moved_at, True, self.player.buffers()
        self.stream = stream
        self.reopened += 1
        self._say(f"opened again: {_described(stream)}")
        if stream.port is not None:
            self.connections.restore(stream.port)

    def _finish_closing(self) -> None:
        closing, self._closing = self._closing, None
        error = closing.exception() if closing is not None else None
        if error is not None:
            self._say(f"the old stream did not close cleanly: {error}")

    def _make(self, rate_hz: int, inputs: int, outputs: int) -> Player:
        """Return the player that there is, or a new one for another shape."""
        shape = (rate_hz, inputs, outputs)
        if self._player is None or self._player[0] != shape:
            self._player = (shape, self._factory(*shape))
        return self._player[1]

    def _do(self, job: Callable[[], Any]) -> Any:
        """Have a job done, for as long as it takes, unless the user calls ``stop``."""
        future = port_thread.ask(job)
        while not wait([future], POLL_S).done:
            if self._stopping.is_set():
                raise _Stopped
        return future.result()

    def _say(self, text: str) -> None:
        event = Event(time.monotonic() - self._began, text)
        self.events.append(event)
        if self._on_event is not None:
            self._on_event(event)


def _described(stream: Stream) -> str:
    facts = stream.facts
    return f"{facts.input} to {facts.output} ({facts.host_api}) at {facts.rate_hz} Hz"
