"""MIDI messages, parsed from the bytes of a cable by one table of all messages.

Source of the table: MIDI 1.0 Detailed Specification 4.2, tables I to VII. The parser takes bytes in pieces of any size:
whole messages, as python-rtmidi delivers them, or a raw stream with running status.
"""

from collections.abc import Iterable
from typing import NamedTuple


class Kind(NamedTuple):
    """One line of the table."""

    status: int
    """First byte; for a message of a channel the one for channel 1."""
    name: str
    data: int
    """Data bytes after the status."""


CHANNEL_KINDS = (
    Kind(0x80, "note-off", 2),
    Kind(0x90, "note-on", 2),
    Kind(0xA0, "key-pressure", 2),
    Kind(0xB0, "control", 2),
    Kind(0xC0, "program", 1),
    Kind(0xD0, "pressure", 1),
    Kind(0xE0, "bend", 2),
)
"""Messages on one of 16 channels, which is the low half of the status; these have running status."""

COMMON_KINDS = (
    Kind(0xF0, "exclusive", 0),  # what follows until 0xF7 is skipped: nothing here asks for it
    Kind(0xF1, "quarter-frame", 1),
    Kind(0xF2, "song-position", 2),
    Kind(0xF3, "song", 1),
    Kind(0xF4, "undefined", 0),
    Kind(0xF5, "undefined", 0),
    Kind(0xF6, "tune", 0),
    Kind(0xF7, "exclusive-end", 0),
)
"""Messages of the whole system; they end running status."""

REALTIME_KINDS = (
    Kind(0xF8, "clock", 0),
    Kind(0xF9, "undefined", 0),
    Kind(0xFA, "start", 0),
    Kind(0xFB, "continue", 0),
    Kind(0xFC, "stop", 0),
    Kind(0xFD, "undefined", 0),
    Kind(0xFE, "sensing", 0),
    Kind(0xFF, "reset", 0),
)
"""Single bytes that may come anywhere, inside other messages too, and change nothing there."""

KINDS: dict[int, Kind] = {
    **{kind.status + channel: kind for kind in CHANNEL_KINDS for channel in range(16)},
    **{kind.status: kind for kind in (*COMMON_KINDS, *REALTIME_KINDS)},
}
"""Kind of message, by each status byte from 0x80 to 0xFF."""

UNHEARD = ("exclusive", "exclusive-end", "undefined")
"""Kinds that are not passed on."""


class Message(NamedTuple):
    """One message; ``first`` and ``second`` are its data bytes, 0 to 127, 0 where it has none."""

    kind: str
    channel: int
    """1 to 16; 0 for the whole system."""
    first: int = 0
    second: int = 0


class Parser:
    """A parser: bytes in, messages out. No bytes raise: data without a status and broken messages are dropped.

    Attributes:
        dropped: bytes that belonged to no message.
    """

    def __init__(self) -> None:
        self.dropped = 0
        self.reset()

    def reset(self) -> None:
        """Forget what was begun: the cable was pulled."""
        self._kind: Kind | None = None
        self._channel = 0
        self._data: list[int] = []
        self._exclusive = False

    def feed(self, data: Iterable[int]) -> list[Message]:
        """Return the messages that are complete now, in order; ``data`` are bytes, 0 to 255."""
        found: list[Message] = []
        for byte in data:
            if byte >= 0xF8:
                self._tell(found, KINDS[byte], 0)
            elif byte >= 0x80:
                self._begin(found, byte)
            elif not self._exclusive:
                self._go_on(found, byte)
        return found

    def _begin(self, found: list[Message], status: int) -> None:
        self.dropped += len(self._data)  # of a message that another one cut off
        self._data.clear()
        kind = KINDS[status]
        self._exclusive = kind.name == "exclusive"
        self._kind, self._channel = kind, status - kind.status + 1 if status < 0xF0 else 0
        if kind.data == 0:
            self._kind = None
            self._tell(found, kind, 0)

    def _go_on(self, found: list[Message], byte: int) -> None:
        kind = self._kind
        if kind is None:
            self.dropped += 1
            return
        self._data.append(byte)
        if len(self._data) < kind.data:
            return
        self._tell(found, kind, self._channel, *self._data)
        self._data.clear()
        if kind.status >= 0xF0:
            self._kind = None  # no running status

    @staticmethod
    def _tell(found: list[Message], kind: Kind, channel: int, *data: int) -> None:
        if kind.name not in UNHEARD:
            found.append(Message(kind.name, channel, *data))
