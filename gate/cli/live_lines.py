"""The lines that a user types while gate-live plays."""

import os
from collections.abc import Callable
from typing import TYPE_CHECKING

from gate.cli.live_session import keep
from gate.errors import GateError, UsageError
from gate.parameters import BY_ID
from gate.plugins.registry import from_text

if TYPE_CHECKING:
    from gate.live.live import Live
    from gate.live.sessions import Midi
    from gate.midi.hands import Hands

SLOT_WORDS = ("slots", "add", "move", "bypass", "remove", "set")
"""First words of lines about the chain; ``bypass on`` is a parameter of the gate."""

MIDI_WORDS = ("learn", "forget", "midi")
"""First words of lines about MIDI."""

WORDS = (
    *(id for id in BY_ID if id not in SLOT_WORDS), "preset", "monitor", "input", "output", *SLOT_WORDS, "save"
)  # fmt: skip
"""First words of lines."""

SHAPES = {
    "add": ("a place and a plugin", "add 0 highpass:cutoff=80"),
    "move": ("a slot and a place", "move highpass 2"),
    "bypass": ("a slot and on or off", "bypass highpass on"),
    "remove": ("a slot", "remove highpass"),
    "set": ("a parameter and its value", "set highpass.cutoff 120"),
}
"""What follows a first word, and an example."""


class Lines:
    """The user's lines, carried out one by one.

    Args:
        live: the gate that plays.
        hands: the MIDI port and map; None: there is no MIDI.
        say: called with each sentence for the user.
        session: the file that ``save`` without a name writes.
        midi: whose port and map ``save`` stores; None: the hands'.
    """

    def __init__(
        self,
        live: "Live",
        hands: "Hands | None",
        say: Callable[[str], None],
        session: str | None = None,
        midi: "Midi | None" = None,
    ) -> None:
        self._live, self._hands, self._say, self._session = live, hands, say, session
        self._midi = midi or hands

    def obey(self, line: str) -> bool:
        """Carry out one line; return False for the end. What cannot be done is reported, and the sound continues."""
        word, _, rest = line.strip().partition(" ")
        if word in ("quit", "exit"):
            return False
        try:
            if word:
                self._obey(word, rest.strip())
        except (GateError, ValueError) as error:
            self._say(f"{error}")
        return True

    def _obey(self, word: str, rest: str) -> None:
        live = self._live
        if word in SLOT_WORDS:
            self._arrange(word, rest)
        elif word == "guard":
            live.set_guard(mode=rest)
        elif word in BY_ID or "." in word:
            live.set(word, live.parameter(word).parse(rest))
        elif word == "preset":
            live.rack.set_preset(rest)
        elif word == "monitor":
            live.set_monitor(rest)
        elif word in ("input", "output"):
            live.sources.set_device("input" if word == "input" else "output", rest)
        elif word == "save":
            from gate.live.sessions import capture

            keep(capture(live, self._midi, states=True), os.path.expanduser(rest), self._session, self._say)
        elif word in MIDI_WORDS:
            self._bind(word, rest)
        else:
            raise UsageError(f"expected {', '.join(WORDS)} or quit, got {word!r}; --help says more")

    def _arrange(self, word: str, rest: str) -> None:
        """Carry out a line about the chain."""
        live, (first, _, second) = self._live, rest.partition(" ")
        second = second.strip()
        if word == "bypass" and not second:
            first, second = "gate", first
        if word != "slots" and (not first or bool(second) == (word == "remove")):
            what, example = SHAPES[word]
            raise UsageError(f"expected {what} after {word}, got {rest!r}; as in {example!r}")
        if word == "set":
            live.set(first, live.parameter(first).parse(second))
            return
        if word == "add":
            live.rack.add(_number(first), from_text(second))
        elif word == "move":
            live.rack.move(first, _number(second))
        elif word == "bypass":
            live.rack.bypass(first, bool(BY_ID["bypass"].parse(second)))
        elif word == "remove":
            live.rack.remove(first)
        self._say(" | ".join(f"{k} {slot}" for k, slot in enumerate(live.rack.chain)))

    def _bind(self, word: str, rest: str) -> None:
        """Carry out a line about MIDI."""
        hands = self._hands
        if hands is None:
            raise UsageError(f"{word} is for a MIDI port, and none was named; start with --midi PORT")
        if word == "learn":
            hands.learn(rest)
        elif word == "forget":
            hands.forget(rest)
        else:
            self._say(str(hands))


def _number(text: str) -> int:
    if not text.isdecimal():
        raise UsageError(f"expected a place from 0, got {text!r}; give a number, 0 is the first")
    return int(text)
