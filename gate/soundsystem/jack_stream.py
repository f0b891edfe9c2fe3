"""One stream on a JACK server: our client, its ports, what they are connected to, and how it ends.

Everything here that talks to the server may block for as long as the server does, so all of it belongs on the
thread of ``gate.soundsystem.thread``; the properties that say so only read memory. What was found out about jackd2 1.9.21:

* killed, the server's end of the socket closes, libjack calls the shutdown callback within milliseconds, and the
  process thread waits for ever. ``jack_client_close`` alone then ends everything, at once; deactivating or
  unregistering first only fails.
* stopped (SIGSTOP), it answers no request: connect, register, close wait until it continues. Reading connections
  and the frame time touches shared memory only, and returns.
* all clients of a process share one view of the server. A new one is joined only after *every* client that knew
  the dead one was closed: a client left open makes the next ones look at the dead server's memory.
"""

import ctypes
import errno
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from gate.errors import SoundDeviceError
from gate.soundsystem import jack_library
from gate.soundsystem.c_callback import in_c
from gate.soundsystem.port import Connection, Port

if TYPE_CHECKING:
    from gate.realtime import jack as jack_callback

CLIENT_NAME = "learned-gate"


def sources_and_sinks(handle: int) -> dict[str, tuple[list[str], list[str]]]:
    """Return each client's audio ports that can be heard, and those that can be played to; physical clients first.

    Monitor ports give back what is played to the client: they are left out where it has others to hear.
    """
    lib = jack_library.library()
    clients: dict[str, tuple[list[str], list[str]]] = {}
    for only in (jack_library.IS_PHYSICAL, 0):
        for side, flag in enumerate((jack_library.IS_OUTPUT, jack_library.IS_INPUT)):
            names = lib.jack_get_ports(handle, None, jack_library.AUDIO_TYPE, flag | only)
            for name in jack_library.texts(names):
                ports = clients.setdefault(name.partition(":")[0], ([], []))[side]
                if name not in ports:
                    ports.append(name)
    for heard, _ in clients.values():
        if not only_monitors(heard):
            heard[:] = [name for name in heard if not is_monitor(name)]
    return clients


def is_monitor(port: str) -> bool:
    """Return whether a full name is a monitor port's: in PipeWire NODE:monitor_FL, in jackd -m system:monitor_1."""
    return port.rpartition(":")[2].startswith("monitor_")


def only_monitors(ports: Sequence[str]) -> bool:
    """Return whether there are ports, and all of them are monitors."""
    return bool(ports) and all(map(is_monitor, ports))


class JackStream(Port):
    """A client with ports; ``start`` lets sound through, ``close`` ends it whatever became of the server.

    Args:
        source: client to hear, as ``devices`` names it.
        sink: client to play to.
        inputs: channels to take, 1 to 32.
        outputs: channels to give, 1 to 32.
        native: False takes the Python callback even where a compiled one can be had.
        name: wanted name of the client.

    Attributes:
        name: the client's name, as the server gave it.

    Raises:
        SoundDeviceError: no server answers, or it refuses the client.
    """

    host_api = "JACK"
    connects = True

    def __init__(
        self,
        source: str,
        sink: str,
        inputs: int,
        outputs: int,
        native: bool = True,
        *,
        name: str = CLIENT_NAME,
    ) -> None:
        self._lib = jack_library.library()
        self._handle = jack_library.open_client(name)
        if not self._handle:
            raise SoundDeviceError("no JACK server answers; start one, or choose another device")
        self._source, self._sink = source, sink
        self.native, self.reason = native, "JACK calls compiled code directly" if native else "asked for"
        self._begun: list[Connection] = []
        self._python: Any = None
        self._inputs, self._outputs = inputs, outputs
        self._shared: jack_callback.Shared | None = None
        self._player: Any = None
        self._ports: tuple[list[int], list[int]] = ([], [])
        self.rate = int(self._lib.jack_get_sample_rate(self._handle))
        self.name = self._lib.jack_get_client_name(self._handle).decode()
        clients = sources_and_sinks(self._handle)
        for client, side, kind in ((source, 0, "output"), (sink, 1, "input")):
            if not clients.get(client, ([], []))[side]:
                self.close()
                raise SoundDeviceError(
                    f"JACK has no client {client!r} with audio {kind} ports; start it, or choose another device"
                )

    def start(self, player: Any, callback: int, user: int) -> None:
        """Make the ports, let JACK call the callback, and connect to source and sink.

        Raises:
            SoundDeviceError: the server refuses; close the stream then.
        """
        from gate.realtime import (
            jack as jack_callback,  # brings the compiler, which a list of devices can do without
        )

        lib, handle = self._lib, self._handle
        self._player = player
        if self.native and not callback:
            self.native, self.reason = False, "there is no compiled callback"
        if not self.native:
            self._python, callback = in_c(player.python_callback, self._inputs, self._outputs)
            user = 0
        self._shared = shared = jack_callback.Shared(
            self._inputs, self._outputs, callback, user, jack_library.address("jack_port_get_buffer")
        )
        lib.jack_on_shutdown(handle, jack_callback.shutdown().address, shared.address)
        failed = lib.jack_set_process_callback(handle, jack_callback.process().address, shared.address)
        failed |= lib.jack_set_xrun_callback(handle, jack_callback.xrun().address, shared.address)
        for side, (prefix, count) in enumerate((("in", self._inputs), ("out", self._outputs))):
            flag = (jack_library.IS_INPUT, jack_library.IS_OUTPUT)[side]
            for channel in range(count):
                port = lib.jack_port_register(
                    handle, f"{prefix}_{channel + 1}".encode(), jack_library.AUDIO_TYPE, flag, 0
                )
                if not port:
                    raise SoundDeviceError(f"JACK gives no port {prefix}_{channel + 1}; is the server alive?")
                self._ports[side].append(port)
                shared.record[("input_port", "output_port")[side]][0, channel] = port
        if failed or lib.jack_activate(handle):
            raise SoundDeviceError("JACK would not start the client; is the server alive?")
        self._begun = self.wished()
        self.connect(self._begun)

    @property
    def begun(self) -> list[Connection]:
        """The connections that the stream began with."""
        return self._begun

    def wished(self) -> list[Connection]:
        """Return the connections that a stream begins with: channel by channel to source and sink."""
        clients = sources_and_sinks(self._handle) if self._handle else {}
        heard = clients.get(self._source, ([], []))[0]
        played = clients.get(self._sink, ([], []))[1]
        pairs = [(0, f"in_{c + 1}", other) for c, other in zip(range(self._inputs), heard, strict=False)]
        pairs += [(1, f"out_{c + 1}", other) for c, other in zip(range(self._outputs), played, strict=False)]
        return pairs

    def connections(self) -> list[Connection]:
        """Return what our ports are connected to now. This reads shared memory: a stopped server does not matter."""
        found = []
        for side, ports in enumerate(self._ports):
            for port in ports:
                own = self._lib.jack_port_name(port).decode().partition(":")[2]
                others = jack_library.texts(self._lib.jack_port_get_all_connections(self._handle, port))
                found += [(side, own, self._unnamed(other)) for other in others]
        return sorted(found)

    def has(self, pair: Connection) -> bool:
        """Return whether a connection's other end is there."""
        return bool(self._handle and self._lib.jack_port_by_name(self._handle, self._named(pair[2]).encode()))

    def connect(self, pairs: Iterable[Connection]) -> list[Connection]:
        """Make connections; return those that cannot be made (yet), mostly because the other end is missing."""
        missing = []
        for pair in pairs if self._handle else ():
            done = self._lib.jack_connect(self._handle, *self._ends(*pair)) if self.has(pair) else -1
            if done not in (0, errno.EEXIST):
                missing.append(pair)
        return missing

    def disconnect(self, pairs: Iterable[Connection]) -> None:
        """Remove connections; one that is not there does not matter."""
        for side, own, other in pairs if self._handle else ():
            self._lib.jack_disconnect(self._handle, *self._ends(side, own, other))

    def _ends(self, side: int, own: str, other: str) -> Sequence[bytes]:
        ends = (f"{self.name}:{own}".encode(), self._named(other).encode())
        return ends if side else ends[::-1]

    def _unnamed(self, port: str) -> str:
        """Return a port's name, for our own ports without the client's name, which may be another one next time."""
        return ":" + port.partition(":")[2] if port.startswith(f"{self.name}:") else port

    def _named(self, port: str) -> str:
        return self.name + port if port.startswith(":") else port

    @property
    def active(self) -> bool:
        """Is the server there and the callback not finished?"""
        if self._shared is None or not self._handle:
            return False
        r = self._shared.record[0]
        return not (r["down"] or r["finished"])

    @property
    def buffer_frames(self) -> int:
        """Frames of the newest buffer; before the first one, what the server says."""
        seen = int(self._shared.record[0]["frames"]) if self._shared is not None else 0
        return seen or int(self._lib.jack_get_buffer_size(self._handle))

    def heartbeat(self) -> int:
        """Return the server's own frame clock, at its last cycle: it stops when the server does."""
        return int(self._lib.jack_last_frame_time(self._handle))

    def latency_frames(self) -> tuple[int, int]:
        """Return (input, output) frames between our ports and the outside, as JACK reports for the first connections.

        For our own ports JACK would report them only a while after they were connected.
        """
        found = [0, 0]
        for side, _, other in self.wished():
            span = jack_library.LatencyRange()
            port = self._lib.jack_port_by_name(self._handle, self._named(other).encode())
            if port:
                mode = (jack_library.CAPTURE, jack_library.PLAYBACK)[side]
                self._lib.jack_port_get_latency_range(port, mode, ctypes.byref(span))
                found[side] = max(found[side], int(span.most))
        return found[0], found[1]

    def close(self) -> None:
        """Leave the server, after its death with all ``guests``; waits while the server is stopped."""
        handle, self._handle = self._handle, 0
        if handle:
            jack_library.close_client(handle)
            if self._shared is not None and self._shared.record[0]["down"]:
                for leave in list(jack_library.guests):
                    leave()
        self._ports = ([], [])
