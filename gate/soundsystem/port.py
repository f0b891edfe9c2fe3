"""A stream's end on its sound system: the interface that a stream on JACK and one through PortAudio share."""

from abc import ABC, abstractmethod
from collections.abc import Iterable
from typing import Any

Connection = tuple[int, str, str]
"""A connection: 0 for our inputs or 1 for our outputs, our port's short name, and the other end's full name."""


class Port(ABC):
    """The end of a stream that the sound system holds; ``start`` lets sound through, ``close`` ends it.

    Its methods may wait for as long as the sound system does, so they belong on the thread of ``gate.soundsystem.thread``;
    ``active`` only reads memory.

    Attributes:
        host_api: name of the sound system.
        rate: Hz.
        native: does the sound system call compiled code? Final after ``start``.
        reason: why, or why not.
        connects: are its channels connected to others by name, and can that change while it runs?
    """

    host_api: str
    rate: int
    native: bool
    reason: str
    connects = False

    @abstractmethod
    def start(self, player: Any, callback: int, user: int) -> None:
        """Let sound through ``callback``, called with ``user``; or through ``player.python_callback`` otherwise.

        Raises:
            SoundDeviceError: the sound system refuses; close the port then.
        """

    @property
    @abstractmethod
    def active(self) -> bool:
        """Does the stream still run, as far as the sound system says?"""

    @property
    @abstractmethod
    def buffer_frames(self) -> int:
        """Frames of the newest host buffer; 0: the sound system does not say."""

    @abstractmethod
    def latency_frames(self) -> tuple[int, int]:
        """Return (input, output) frames between the outside and the callback, as the sound system reports them."""

    @abstractmethod
    def close(self) -> None:
        """End the stream, whatever became of the sound system; may be called twice."""

    def heartbeat(self) -> int | None:
        """Return the sound system's own frame clock, which stops when the system does; None: there is no such clock."""
        return None

    # -- where ``connects``

    @property
    def begun(self) -> list[Connection]:
        """The connections that the stream began with."""
        return []

    def wished(self) -> list[Connection]:
        """Return the connections that a stream begins with."""
        return []

    def connections(self) -> list[Connection]:
        """Return what its channels are connected to now."""
        return []

    def has(self, pair: Connection) -> bool:
        """Return whether a connection's other end is there."""
        return False

    def connect(self, pairs: Iterable[Connection]) -> list[Connection]:
        """Make connections; return those that cannot be made (yet)."""
        return list(pairs)

    def disconnect(self, pairs: Iterable[Connection]) -> None:
        """Remove connections; one that is not there does not matter."""
        return
