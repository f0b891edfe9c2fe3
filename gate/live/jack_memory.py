"""What a stream's ports were connected to, so that the one that follows it can be too.

Nothing here waits: questions go to the thread of ``port_thread``, and answers are taken when they are there.
"""

import time
from concurrent.futures import Future

from gate.live import port_thread
from gate.live.jack_client import Connection, JackStream

LOOK_S = 0.5
"""How often the connections are noted."""

REMEMBER_S = 120.0
"""For so long connections to what has not come back yet are tried."""


class ConnectionMemory:
    """Notes connections while all is well, and makes them again on a new stream.

    Attributes:
        wanted: what the newest stream was last connected to, and what it is still to be; None before anything was seen.
    """

    def __init__(self) -> None:
        self.wanted: list[Connection] | None = None
        self._pending: list[Connection] = []
        self._pending_until = 0.0
        self._looked_at = 0.0
        self._noted: list[Connection] | None = None
        self._asked: Future[tuple[list[Connection], list[Connection]]] | None = None

    def look(self, port: JackStream) -> None:
        """Note the connections of a stream that runs, every half second; try those that are still missing.

        They count once they were seen twice alike: a dying server shows less and less.
        """
        now = time.monotonic()
        if self._asked is not None and self._asked.done():
            self._pending, connections = self._asked.result()
            if now > self._pending_until:
                self._pending = []
            if connections == self._noted:
                self.wanted = sorted({*connections, *self._pending})
            self._noted, self._asked = connections, None
        if self._asked is None and now - self._looked_at > LOOK_S:
            self._looked_at = now
            pending = self._pending
            self._asked = port_thread.ask(lambda: (port.connect(pending), port.connections()))

    def restore(self, port: JackStream) -> None:
        """Give a new stream the connections of the one before, and no others."""
        wanted = self.wanted
        self._noted, self._asked, self._looked_at = None, None, 0.0
        if wanted is None:
            return

        def job() -> tuple[list[Connection], list[Connection]]:
            # both lists, for what was connected just now is seen a cycle later
            there = [*port.wished(), *port.connections()]
            port.disconnect(pair for pair in there if pair not in wanted)
            return port.connect(wanted), []

        self._asked = port_thread.ask(job)
        self._pending_until = time.monotonic() + REMEMBER_S
