"""MIDI inputs through rtmidi: a list of them, and one that is opened, and opened again whenever it comes back.

rtmidi's own callback is not used. On JACK it runs on the thread that JACK calls once a buffer, and would wait there for
the interpreter: a busy program would hold up the server. So messages go into rtmidi's queue, which nobody waits for,
and a thread here looks into it every millisecond. Whatever may block (opening, closing, listing) is left to
``port_thread``.

The wheels of python-rtmidi bring a libjack of their own. Its clients, like ours, have to be closed after a server's
death before a new server can be joined: ``jack_library.guests``.
"""

import contextlib
import ctypes
import functools
import importlib
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from typing import Any, NamedTuple

from gate.errors import MidiError
from gate.soundsystem import jack_library
from gate.soundsystem import thread as port_thread
from gate.soundsystem.quiet import quiet

CLIENT_NAME = "learned-gate-midi"

POLL_S = 0.001
"""Seconds between two looks into the queue."""

IDLE_S = 0.05
"""The same while no port is open."""

LOOK_S = 0.5
"""Seconds between two checks that the port is there, or two searches for it."""

QUEUE = 1 << 14
"""Messages that rtmidi keeps between two looks: ten times what a cable carries in a second, and more than any flood."""

AT_ONCE = 256
"""Messages taken in one go."""

APIS = {1: "CoreMIDI", 2: "ALSA", 3: "JACK", 4: "Windows"}
"""Names for values of RtMidi::Api."""

FIRST = 3
"""Sound system whose ports come first, JACK: a running server was started on purpose."""


class Port(NamedTuple):
    """A port that can be heard."""

    api: int
    name: str

    def __str__(self) -> str:
        """Name the port as the list and the errors do."""
        return f"{APIS.get(self.api, 'MIDI')}: {self.name}"


@functools.cache
def library() -> Any:
    """Return the module rtmidi.

    Raises:
        MidiError: it is not installed.
    """
    try:
        rtmidi = importlib.import_module("rtmidi")
    except ImportError:
        raise MidiError(
            "MIDI needs the package python-rtmidi; pip install -c constraints.txt '.[midi]' "
            "(from Python 3.13 on it has to be built, see docs/midi.md)"
        ) from None
    with contextlib.suppress(OSError, AttributeError):  # where JACK is compiled in, keep it off the terminal
        own = ctypes.CDLL(rtmidi._rtmidi.__file__)
        jack_library.silence(own)
    return rtmidi


def list_ports() -> list[Port]:
    """List every port that there is now.

    Raises:
        MidiError: python-rtmidi is missing.
        SoundDeviceError: a sound system does not answer.
    """
    library()
    return port_thread.call(_list)


def _list() -> list[Port]:
    inputs = _Inputs()
    try:
        return inputs.ports()
    finally:
        inputs.close()


def table(ports: Sequence[Port]) -> str:
    """Return the list of ports for people."""
    return "\n".join(map(str, ports)) or "no MIDI ports"


def resolve(wish: str, ports: Sequence[Port]) -> Port | None:
    """Return the port that (part of) a name means, or None where there is no such port.

    Raises:
        MidiError: the name means several.
    """
    meant = _named(wish, ports)
    if len(meant) > 1:
        raise MidiError(
            f"{wish!r} means {len(meant)} MIDI ports: {', '.join(map(str, meant))}; say more of the name"
        )
    return meant[0] if meant else None


def _named(wish: str, ports: Sequence[Port]) -> list[Port]:
    """Find ports by name, whole names before parts, in the first sound system that has one."""
    text = wish.strip().casefold()
    spelled = [(port, port.name.casefold(), str(port).casefold()) for port in ports]
    whole = [port for port, name, full in spelled if text in (name, full)]
    found = whole or [port for port, _, full in spelled if text in full]
    return [port for port in found if port.api == found[0].api]


class _Inputs:
    """One rtmidi input for each sound system that answers; used on the thread of ``port_thread`` alone."""

    def __init__(self) -> None:
        self.by_api: dict[int, Any] = {}

    def ports(self) -> list[Port]:
        """List the ports that can be heard now, JACK's first."""
        rtmidi = library()
        found: list[Port] = []
        for api in sorted(rtmidi.get_compiled_api(), key=lambda api: api != FIRST):
            if api not in APIS:
                continue
            if api not in self.by_api:
                with contextlib.suppress(rtmidi.RtMidiError), quiet():
                    self.by_api[api] = rtmidi.MidiIn(api, CLIENT_NAME, QUEUE)
            if api in self.by_api:
                found += [Port(api, name) for name in self.by_api[api].get_ports()]
        return found

    def open(self, port: Port) -> Any:
        """Open the input that hears a port; those of other sound systems are closed.

        Raises:
            RtMidiError, ValueError: the port is in use, or has just gone.
        """
        with quiet():
            chosen = self.by_api[port.api]
            chosen.open_port(chosen.get_ports().index(port.name), "in")
            for api in [api for api in self.by_api if api != port.api]:
                self.by_api.pop(api).delete()
        return chosen

    def close(self) -> None:
        """Close all inputs."""
        while self.by_api:
            _, one = self.by_api.popitem()
            with quiet():
                one.delete()


class Input:
    """One port, by (part of) its name, for as long as this runs.

    Args:
        wish: the name.
        feed: called with the bytes of each message, on a thread of its own.
        on_event: called with a sentence when the port comes or goes.
        on_lost: called when the port went, before ``on_event``.

    Attributes:
        port: the port that is heard now, or None while it is waited for.
    """

    def __init__(
        self,
        wish: str,
        feed: Callable[[Sequence[int]], None],
        on_event: Callable[[str], None],
        on_lost: Callable[[], None],
    ) -> None:
        self._wish, self._feed, self._on_event, self._on_lost = wish, feed, on_event, on_lost
        self.port: Port | None = None
        self._midi: Any = None
        self._complaint = ""
        self._inputs = _Inputs()
        self._hand = threading.Lock()  # of rtmidi's input: it must not be closed while its queue is read
        self._ending = threading.Event()
        self._looking: Future[str] | None = None
        self._thread = threading.Thread(target=self._run, name="midi", daemon=True)

    def start(self) -> "Input":
        """Open the port; one that is not there is waited for.

        Raises:
            MidiError: python-rtmidi is missing, or several ports are meant.
            SoundDeviceError: a sound system does not answer.
        """
        library()
        ports = port_thread.call(self._inputs.ports)
        try:
            if resolve(self._wish, ports) is None:
                there = ", ".join(map(str, ports)) or "none"
                self._on_event(f"no MIDI port is called {self._wish!r} (there are: {there}); waiting for it")
            else:
                self._on_event(port_thread.call(self._see))
        except BaseException:
            port_thread.ask(self._inputs.close)
            raise
        jack_library.guests.append(self._leave)
        self._thread.start()
        return self

    def stop(self) -> None:
        """Close the port; a sound system that does not answer is left alone."""
        self._ending.set()
        if self._thread.ident is not None:
            self._thread.join()
        if self._leave in jack_library.guests:
            jack_library.guests.remove(self._leave)
        with contextlib.suppress(port_thread.SilentError):
            port_thread.call(self._leave)

    # -- on its own thread

    def _run(self) -> None:
        try:
            self._read()
        except Exception as error:  # nobody else would see it
            self._on_event(f"MIDI ended by an error: {error!r}; start again to have it back")

    def _read(self) -> None:
        due = time.monotonic() + LOOK_S
        while not self._ending.wait(POLL_S if self.port is not None else IDLE_S):
            while self._take():
                pass
            if self._looking is None and time.monotonic() >= due:
                self._looking = port_thread.ask(self._see)
            elif self._looking is not None and self._looking.done():
                looking, self._looking = self._looking, None
                due = time.monotonic() + LOOK_S
                error = looking.exception()
                said = f"MIDI: {error}" if error is not None else looking.result()
                if said:
                    self._on_event(said)

    def _take(self) -> bool:
        """Pass up to ``AT_ONCE`` messages on; return whether there may be more."""
        found: list[Sequence[int]] = []
        with self._hand:
            while self._midi is not None and len(found) < AT_ONCE:
                message = self._midi.get_message()
                if message is None:
                    break
                found.append(message[0])
        for data in found:
            self._feed(data)
        return len(found) == AT_ONCE

    # -- on the thread of port_thread

    def _see(self) -> str:
        """Check whether the port is still there, or there again; return what there is to say."""
        if self.port is not None:
            if self.port.name in self._midi.get_ports():
                return ""
            with self._hand, quiet():
                self._midi.close_port()
                while self._midi.get_message() is not None:
                    pass  # what is left of it is not to come from the next device
                self._midi = None
            return self._gone()
        found = _named(self._wish, self._inputs.ports())
        if not found:
            return ""
        try:
            midi = self._inputs.open(found[0])
        except (library().RtMidiError, ValueError) as error:
            self._inputs.close()
            before, self._complaint = self._complaint, f"{found[0]} cannot be opened ({error}); trying again"
            return "" if self._complaint == before else self._complaint
        self._complaint = ""
        with self._hand:
            self._midi, self.port = midi, found[0]
        return f"MIDI from {self.port}"

    def _gone(self) -> str:
        port, self.port = self.port, None
        self._on_lost()
        return f"MIDI from {port} went away; it is connected again when it is back"

    def _leave(self) -> None:
        """Leave every sound system: a JACK server died, or this is the end."""
        with self._hand:
            self._midi = None
            self._inputs.close()
        if self.port is not None:
            said = self._gone()
            if not self._ending.is_set():
                self._on_event(said)
