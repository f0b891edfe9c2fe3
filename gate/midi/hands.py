"""MIDI on a live gate: a port and a map, and changes of both while the gate plays."""

from collections.abc import Callable, Iterable
from typing import Self

from gate.closing import Closes
from gate.errors import UsageError
from gate.midi.bindings import PRESET, Binding, parse_one
from gate.midi.ports import Input
from gate.midi.router import Router, Target


class Hands(Closes):
    """A MIDI port and a map that move a gate, from ``start`` to ``stop``, or to the end of ``with``.

    Attributes:
        wish: the port's name, or part of it.
        router: the map at work.
        input: the port.
    """

    def __init__(
        self, wish: str, bindings: Iterable[Binding], target: Target, on_event: Callable[[str], None]
    ) -> None:
        """Move nothing yet.

        Args:
            wish: the port's name, or part of it.
            bindings: the map.
            target: the gate.
            on_event: called with a sentence when a port comes or goes or a control was learned; from any thread.
        """
        self._on_event, self._find, self.wish = on_event, target.parameter, wish
        self.router = Router(bindings, target, self._learned)
        self.input = Input(wish, self.router.feed, on_event, self.router.let_go)

    def _learned(self, binding: Binding) -> None:
        self._on_event(f"learned {binding}; give it to --map, or save the session, to keep it")

    def start(self) -> Self:
        """Open the port, or wait for one.

        Raises:
            MidiError: python-rtmidi is missing, or several ports fit.
        """
        self.input.start()
        for binding in self.router.bindings:
            if binding.control is None:
                self._on_event(f"move a control for {binding.target}")
        return self

    def stop(self) -> None:
        """Let go of whatever is held, and close the port."""
        self.input.stop()
        self.router.let_go()

    @property
    def setting(self) -> tuple[str, tuple[str, ...]]:
        """Port and map, with what was learned, as a session stores them."""
        return self.wish, tuple(map(str, self.router.bindings))

    def take(self, port: str | None, map: Iterable[str]) -> None:
        """Change port and map while the gate plays; None leaves the port.

        Bindings that stay work as before, unless the port is another one; what others held is let go.

        Raises:
            MidiError: several ports fit; UsageError: the map is not valid. Then nothing changes.
        """
        bindings = [parse_one(text, self._find) for text in map]
        wish = port or self.wish
        if wish != self.wish:
            new, old = Input(wish, self.router.feed, self._on_event, self.router.let_go), self.input
            new.start()
            old.stop()
            self.router.let_go()  # also where the old port was silent, or did not answer
            self.wish, self.input = wish, new
        self.router.rebind(bindings)

    def learn(self, text: str) -> None:
        """Bind the next control that moves to a target; ``text`` is its name, and may have a range and words after it.

        Raises:
            UsageError: there is no such target.
        """
        name, bracket, rest = text.strip().partition("[")
        name, colon, words = (name, "", "") if name.startswith(f"{PRESET}:") else name.partition(":")
        self.router.learn(parse_one(f"{name}=learn{bracket}{rest}{colon}{words}", self._find))
        self._on_event(f"move a control for {name}")

    def forget(self, target: str) -> None:
        """Remove the bindings of a target.

        Raises:
            UsageError: it had none.
        """
        if not self.router.forget(target.strip()):
            bound = ", ".join(dict.fromkeys(binding.target for binding in self.router.bindings)) or "nothing"
            raise UsageError(
                f"expected a target that is bound ({bound}), got {target.strip()!r}; give one of these"
            )

    def __str__(self) -> str:
        """Return the port and the map, this as --map takes it."""
        port = self.input.port
        return f"MIDI from {port or 'nowhere yet'}: {','.join(map(str, self.router.bindings)) or 'nothing bound'}"

    def close(self) -> None:
        """Stop moving the gate."""
        self.stop()
