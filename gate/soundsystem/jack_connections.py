"""A memory of what a stream's ports were connected to, so that the next stream can be connected too.

Nothing here waits: questions go to the thread of ``gate.soundsystem.thread``, and answers are taken when they are there.
"""

import time
from collections.abc import Iterable
from concurrent.futures import Future
from typing import NamedTuple

from gate.soundsystem import thread as port_thread
from gate.soundsystem.port import Connection, Port

LOOK_S = 0.5
"""How often the connections are noted."""


class _Seen(NamedTuple):
    """One look at a stream's ports."""

    connections: list[Connection]
    """Connections that are there."""
    gone: list[Connection]
    """Connections that are still wanted, whose other end is not there."""


class ConnectionMemory:
    """A memory of connections, which makes them again: on a new stream, and when the other end comes back.

    A connection that is gone was removed by somebody if its other end is still there, and is forgotten; otherwise it
    waits for a port of that name, for as long as it takes.

    Attributes:
        wanted: what the newest stream was last connected to, and what it is still to be; None before anything was seen.
    """

    def __init__(self) -> None:
        self.wanted: list[Connection] | None = None
        self._told: set[str] = set()
        self._looked_at = 0.0
        self._seen: _Seen | None = None
        self._asked: Future[_Seen] | None = None

    def look(self, port: Port) -> str:
        """Note the connections of a stream that runs, every half second; make those whose other end is back.

        Connections count once they were seen twice alike: a dying server shows less and less.

        Returns:
            What went away since the last call, as a sentence for people; mostly "".
        """
        if not port.connects:
            return ""
        now = time.monotonic()
        news = ""
        if self._asked is not None and self._asked.done():
            seen, self._asked = self._asked.result(), None
            away = {other for _, _, other in seen.gone}
            self._told &= away
            if seen == self._seen:
                self.wanted = sorted({*seen.connections, *seen.gone})
                news, self._told = _sentence(sorted(away - self._told)), away
            self._seen = seen
        if self._asked is None and now - self._looked_at > LOOK_S:
            self._looked_at = now
            known = {*(port.begun if self.wanted is None else self.wanted)}
            known.update(self._seen.connections if self._seen else ())
            pending = self._seen.gone if self._seen else []
            self._asked = port_thread.ask(lambda: _look(port, known, pending))
        return news

    def restore(self, port: Port) -> None:
        """Give a new stream the connections of the one before, and no others."""
        wanted = self.wanted
        self._seen, self._asked, self._looked_at = None, None, 0.0
        if wanted is None or not port.connects:
            return

        def job() -> _Seen:
            # both lists, for what was connected just now is seen a cycle later
            there = [*port.wished(), *port.connections()]
            port.disconnect(pair for pair in there if pair not in wanted)
            return _connected(port, wanted, [])

        self._asked = port_thread.ask(job)


def _look(port: Port, known: Iterable[Connection], pending: Iterable[Connection]) -> _Seen:
    """Connect what was away at the last look and is back; return what is connected now, and what is away."""
    seen = _connected(port, pending, port.connections())
    lost = {pair for pair in known if pair not in seen.connections and not port.has(pair)}
    return _Seen(seen.connections, sorted({*seen.gone, *lost}))


def _connected(port: Port, wanted: Iterable[Connection], there: Iterable[Connection]) -> _Seen:
    """Make connections; return them as there already, for JACK shows them a cycle later."""
    wanted = set(wanted)
    missing = port.connect(wanted)
    return _Seen(sorted({*there, *wanted.difference(missing)}), sorted(missing))


def _sentence(gone: list[str]) -> str:
    if not gone:
        return ""
    rest = "they are connected again when they are" if gone[1:] else "it is connected again when it is"
    return f"{' and '.join(gone)} went away; {rest} back"
