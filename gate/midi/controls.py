"""Moves of controls, made of messages: where a fader, wheel, pad or knob of a controller is now.

A controller of 14 bits comes as two of 7 (0 to 31 and 32 to 63), an NRPN as a choice of its number (99, 98) and data
(6, 38; 96 and 97 step): what is half of such a pair is remembered here, for each channel. As the specification says, a
new high half sets the low half to 0. Where a control's low half never came, its high half is the whole travel.
"""

from typing import NamedTuple

from gate.midi.messages import Message

SWITCHED_ON = 64
"""A controller of 7 bits from here up is a switch that is on (MIDI 1.0, table III)."""

DATA_HIGH, DATA_LOW, STEP_UP, STEP_DOWN = 6, 38, 96, 97
NRPN_LOW, NRPN_HIGH, RPN_LOW, RPN_HIGH = 98, 99, 100, 101
NULL = 127
"""Number whose two halves mean no parameter."""

SERVANTS = (DATA_HIGH, DATA_LOW, STEP_UP, STEP_DOWN, NRPN_LOW, NRPN_HIGH, RPN_LOW, RPN_HIGH)
"""Controllers that only carry NRPN and RPN."""

FIRST_MODE = 120
"""Controllers from here up are commands to a channel."""

PANIC = (120, 121, *range(123, 128))
"""All sound off, reset all controllers, all notes off and the four modes that do so too; 122 is local control."""

MOST_7, MOST_14 = 127, 16383
BEND_CENTRE = 8192


class Control(NamedTuple):
    """One thing on a controller that can be moved.

    ``kind``: "cc" (``high`` its number), "cc14" (``high``, and ``low`` 32 over it), "nrpn" (``high`` and ``low`` halves
    of its number), "bend", "note" (``high`` its number), "program" (``high``: -1 for any). ``channel``: 1 to 16, or 0
    for all.
    """

    kind: str
    high: int = 0
    low: int = 0
    channel: int = 0

    def on(self, channel: int) -> "Control":
        """Return the same control on another channel."""
        return self._replace(channel=channel)

    def __str__(self) -> str:
        """Spell the control as a map does."""
        text = {
            "cc": f"cc{self.high}",
            "cc14": f"cc{self.high}/{self.low}",
            "nrpn": f"nrpn:{self.high}:{self.low}",
            "bend": "bend",
            "note": f"note:{self.high}",
            "program": "program" if self.high < 0 else f"program:{self.high}",
        }[self.kind]
        return f"{text}@{self.channel}" if self.channel else text


class Move(NamedTuple):
    """A movement of a control."""

    control: Control
    position: float
    """0 to 1 along the control's travel; for a note the velocity, 0 when the note ended."""
    on: bool
    """Whether a switch is on: from the middle up, and while a note sounds."""
    raw: int
    """Value as it was sent: 0 to 127, or 0 to 16383; for a program its number."""
    steps: int = 0
    """If not 0, no position came, but so many steps up or down (NRPN's 96 and 97)."""


class Panic(NamedTuple):
    """A command to let everything go."""


class Controls:
    """Memory of values that come in halves."""

    def __init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        """Forget everything: the cable was pulled."""
        self._high: dict[tuple[int, int], int] = {}
        self._fine: set[Control] = set()
        self._number: dict[int, tuple[int | None, int | None]] = {}
        self._data: dict[int, int] = {}

    def take(self, message: Message) -> list[Move | Panic]:
        """Return what a message moves: one control, two where a half of 14 bits is a control of 7 too, or nothing."""
        kind, channel, first, second = message
        if kind == "control":
            return self._controller(channel, first, second)
        if kind == "note-on" or kind == "note-off":
            velocity = second if kind == "note-on" else 0
            return [Move(Control("note", first, 0, channel), velocity / MOST_7, velocity > 0, velocity)]
        if kind == "bend":
            raw = second << 7 | first
            return [Move(Control("bend", 0, 0, channel), bend_position(raw), raw >= BEND_CENTRE, raw)]
        if kind == "program":
            return [Move(Control("program", first, 0, channel), first / MOST_7, True, first)]
        if kind == "reset":
            self.reset()
            return [Panic()]
        return []

    def _controller(self, channel: int, number: int, value: int) -> list[Move | Panic]:
        if number in PANIC:
            return [Panic()]
        if number >= FIRST_MODE:
            return []
        moves: list[Move | Panic] = [
            Move(Control("cc", number, 0, channel), value / MOST_7, value >= SWITCHED_ON, value)
        ]
        if number in (NRPN_HIGH, NRPN_LOW):
            high, low = self._number.get(channel, (None, None))
            chosen = (value, low) if number == NRPN_HIGH else (high, value)
            self._number[channel] = chosen
            self._data.pop(channel, None)
        elif number in (RPN_HIGH, RPN_LOW):
            self._number.pop(channel, None)
            self._data.pop(channel, None)
        elif number in (DATA_HIGH, DATA_LOW, STEP_UP, STEP_DOWN):
            moves += self._nrpn(channel, number, value)
        if number < 32:
            self._high[channel, number] = value
            moves.append(self._pair(Control("cc14", number, number + 32, channel), value << 7))
        elif number < 64 and (channel, number - 32) in self._high:
            control = Control("cc14", number - 32, number, channel)
            self._fine.add(control)
            moves.append(self._pair(control, self._high[channel, number - 32] << 7 | value))
        return moves

    def _nrpn(self, channel: int, number: int, value: int) -> list[Move | Panic]:
        high, low = self._number.get(channel, (None, None))
        if high is None or low is None or (high, low) == (NULL, NULL):
            return []
        control = Control("nrpn", high, low, channel)
        if number in (STEP_UP, STEP_DOWN):
            self._data.pop(channel, None)
            return [Move(control, 0.0, False, 0, 1 if number == STEP_UP else -1)]
        if number == DATA_HIGH:
            raw = value << 7
        elif channel in self._data:
            raw = self._data[channel] & ~MOST_7 | value
            self._fine.add(control)
        else:
            return []  # a low half alone: of what?
        self._data[channel] = raw
        return [self._pair(control, raw)]

    def _pair(self, control: Control, raw: int) -> Move:
        position = raw / MOST_14 if control in self._fine else (raw >> 7) / MOST_7
        return Move(control, position, raw >= SWITCHED_ON << 7, raw)


def bend_position(raw: int) -> float:
    """Return the position of a pitch wheel: exactly 0.5 in its centre."""
    if raw < BEND_CENTRE:
        return 0.5 * raw / BEND_CENTRE
    return 0.5 + 0.5 * (raw - BEND_CENTRE) / (MOST_14 - BEND_CENTRE)
