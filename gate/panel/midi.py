"""MIDI as the panel has it: one port or none, what is bound, and what waits for a control to be moved."""

from collections.abc import Callable, Iterable

from gate.errors import GateError
from gate.live.sessions import MidiSetting, NoMidi
from gate.midi.bindings import Binding, parse_one
from gate.midi.hands import Hands
from gate.panel.keeper import Keeper


class Midi:
    """Hands on the keeper's gate. Methods are for the window's thread; ports are opened and closed on the keeper's.

    Attributes:
        keeper: owner of the gate that MIDI moves.
        hands: at work, or None while no port is chosen.
        wish: the port that was asked for, "" for none.
    """

    def __init__(self, keeper: Keeper, bindings: Iterable[str] = ()) -> None:
        """Start without a port.

        Args:
            keeper: owner of the gate that MIDI moves.
            bindings: a map, as ``gate.midi.bindings`` spells them.

        Raises:
            UsageError: a text is no binding.
        """
        self.keeper = keeper
        self.hands: Hands | None = None
        self.wish = ""
        self._kept = self._parsed(bindings)
        self._stored = NoMidi()
        self._pending = ""
        self._remember()

    def _parsed(self, bindings: Iterable[str]) -> tuple[Binding, ...]:
        return tuple(parse_one(text, self.keeper.live.parameter) for text in bindings)

    def _remember(self) -> None:
        """Store port and map for the session, while no port is heard."""
        self._stored.take(self.wish or None, map(str, self._kept))

    @property
    def setting(self) -> MidiSetting:
        """Port and map, with what was learned, as a session has them."""
        return self._stored.setting if self.hands is None else self.hands.setting

    def take(self, wish: str | None, bindings: Iterable[str]) -> None:
        """Replace port and map, in a moment.

        Raises:
            UsageError: a text is no binding.
        """
        kept = self._parsed(bindings)

        def job() -> None:
            self._keep()
            self._kept = kept
            self._open()

        self.wish = wish or ""
        self.keeper.ask(job)

    @property
    def bindings(self) -> tuple[Binding, ...]:
        """The map: at work, or stored for the port that is chosen next."""
        return self._kept if self.hands is None else self.hands.router.bindings

    def use(self, wish: str) -> None:
        """Hear another port, or none (""), in a moment. Bindings stay; a target that waited is learned then."""
        self.wish = wish
        self.keeper.ask(self._open)

    def learn(self, target: str) -> bool:
        """Bind the next control that moves to a target; return False while a port has to be chosen first."""
        if self.hands is None:
            self._pending = target
            return False
        self._try(lambda hands: hands.learn(target))
        return True

    def forget(self, target: str) -> None:
        """Unbind a target: no control moves the target any more."""
        if self.hands is None:
            self._kept = tuple(binding for binding in self._kept if binding.target != target)
            self._remember()
        else:
            self._try(lambda hands: hands.forget(target))

    def badges(self) -> dict[str, str]:
        """Return by target the name of its control, "\N{HORIZONTAL ELLIPSIS}" for a target that waits for one."""
        found: dict[str, list[str]] = {}
        for binding in self.bindings:
            control = "\N{HORIZONTAL ELLIPSIS}" if binding.control is None else str(binding.control)
            found.setdefault(binding.target, []).append(control)
        return {target: " ".join(controls) for target, controls in found.items()}

    def _try(self, job: Callable[[Hands], None]) -> None:
        assert self.hands is not None
        try:
            job(self.hands)
        except GateError as error:
            self.keeper.tell(str(error), "error")

    def _open(self) -> None:
        self._keep()
        if not self.wish:
            return
        hands = Hands(self.wish, self._kept, self.keeper.live, self.keeper.tell)
        try:
            hands.start()
        except BaseException:
            self.wish = ""
            raise
        self.hands = hands
        pending, self._pending = self._pending, ""
        if pending:
            self._try(lambda hands: hands.learn(pending))

    def _keep(self) -> None:
        hands = self.hands
        if hands is not None:
            self._kept, self.hands = hands.router.bindings, None
            hands.stop()
        self._remember()
