"""A gate at work on live sound, and the changes that it takes while it runs."""

from collections.abc import Callable
from typing import Any

import numpy as np

from gate.closing import Closes
from gate.errors import GateError, PresetError
from gate.live.player import Player, Shape
from gate.live.rack import Rack
from gate.live.recorder import TAPE_S, Recording
from gate.live.sources import Sources
from gate.live.status import DECIDES, Look, Status
from gate.modelfile.preset import Preset, names
from gate.parameters import Parameter
from gate.plugins.learned import Gate
from gate.session.choices import MONITORS

PRESET = "preset"


class Live(Closes):
    """One running gate; use ``with``, or call ``stop`` at the end.

    Its methods and those of its parts are called from one thread, except ``parameter``, ``value``, ``set``, ``hold``
    and ``ask_preset``: any thread may call these, and they return at once. Sound runs on another thread. All settings
    at once are a session (``gate.live.sessions``).

    Attributes:
        rack: the gate and the slots around it.
        sources: where its sound comes from and goes to.
        recording: of the gate's output.
        on_event: called with each event, a sentence.
    """

    def __init__(
        self,
        preset: str = "voice",
        guard_model: str | None = None,
        *,
        on_event: Callable[[str], None],
        scope_s: float = 0.0,
    ) -> None:
        """Make the gate; nothing plays yet.

        Args:
            preset: name, folder or file.
            guard_model: classifier of the guard, likewise; None takes ``gate.engine.guard.PRESET``.
            on_event: called with each event, a sentence, from any thread.
            scope_s: seconds that ``Player.scope`` can look back; 0: none, and no recording can begin during play.

        Raises:
            GateError: there is no such preset, or it is not a gate.
        """
        self.on_event, self._scope_s, self._monitor = on_event, scope_s, MONITORS[0]
        self.rack = Rack(preset, guard_model, on_event)
        self.recording = Recording(on_event)
        self.sources = Sources(self._make, self._go_back, on_event)
        self._look = Look()
        self._told: tuple[Gate, set[str]] = (self.rack.gate, set())
        self._asked: dict[str, Any] = {}  # changes that take a while, for ``tend``: the newest of each name

    def _make(self, shape: Shape, dtype: Any = np.float32, *, fades: bool, by_itself: bool = False) -> Player:
        """Make a player (``source.Make``) in place of the one before, and record from it if that is asked for."""
        player = self.rack.open(
            shape,
            dtype,
            by_itself=by_itself,
            monitor=self._monitor,
            fades=fades,
            tape_s=TAPE_S if self.recording.asked or self._scope_s else 0.0,
            scope_s=self._scope_s,
        )
        self.recording.follow(player)
        return player

    def _go_back(self, player: Player) -> None:
        self.rack.playing = player
        self.recording.follow(player)

    # -- what plays

    @property
    def player(self) -> Player:
        """The player that plays.

        Raises:
            UsageError: nothing plays yet.
        """
        return self.rack.player

    @property
    def preset(self) -> Preset:
        """The preset of the gate."""
        return self.rack.preset

    # -- from any thread

    def parameter(self, name: str) -> Parameter:
        """Return the parameter of a name: one of the gate by its id, one of another slot as "highpass.cutoff".

        Raises:
            UsageError: there is no such slot or parameter.
        """
        return self.rack.find(name)[1]

    def value(self, name: str) -> float:
        """Return a parameter's value, changes that wait for ``tend`` included; for a choice or a switch its number.

        Raises:
            UsageError: there is no such slot or parameter.
        """
        set_now = self.rack.value(name)
        asked = self._asked.get(name)
        return set_now if asked is None else float(asked)

    def set(self, name: str, value: float) -> None:
        """Set a parameter. ``tend`` fades in a change that needs a fresh plugin, such as lookahead or a guard.

        Raises:
            ValueError: it is out of range, or there is no such parameter (``UsageError``).
            ContractError: the preset's key cannot be held to a band.
        """
        value = self.rack.check(name, value)
        if self.rack.at_once(name):
            self.rack.set(name, value)
        else:
            self._asked[name] = value

    def hold(self, state: str) -> None:
        """Keep the gate "open" or "shut", whatever is decided; "" lets the gate go."""
        self.rack.hold(state)

    def ask_preset(self, preset: int | str) -> None:
        """Have ``tend`` change the preset: by name, or by number from 0 among those that have names, in their order."""
        self._asked[PRESET] = preset

    # -- from the thread that owns it

    def set_guard(self, mode: str | None = None, grace_ms: float | None = None) -> None:
        """Set another guard ("off", "speech", "not-music") or grace time; None leaves it. A guard may fade in.

        Raises:
            GateError: the guard is not available; nothing changes.
            ValueError: a value is out of range.
        """
        if mode is not None:
            self.rack.set_guard(mode)
        if grace_ms is not None:
            self.set("guard-grace", grace_ms)

    @property
    def monitor(self) -> str:
        """The signal that is heard: "out", "in" or "removed"."""
        return self._monitor

    def set_monitor(self, value: str) -> None:
        """Hear "out", "in" or "removed".

        Raises:
            ValueError: the value is none of these.
        """
        if self.rack.playing is not None:
            self.rack.playing.monitor = value
        self._monitor = value

    @property
    def changing(self) -> bool:
        """Is a change that needs a fresh plugin asked for, or under way?"""
        return bool(self._asked) or self.player.changing

    def tend(self) -> None:
        """Begin changes that wait, free what has faded out, report events; call this ten times a second."""
        self._serve()
        self.rack.tend()
        self.sources.tend()
        fallback = int(self.player.engine.record["fallback"][0])
        if fallback:
            self._tell(f"{DECIDES[fallback]}; choose another preset to try a model again")
        classifier = self.player.engine.classifier
        if classifier is not None and classifier.record["model_errors"][0]:
            self._tell("the guard's model failed; what it cannot judge it lets through")
        self._tell(self.recording.trouble)

    def _serve(self) -> None:
        """Make the changes that were asked for; one that fails is reported, and the sound stays as it was.

        A change that needs a fresh plugin waits while another is under way: only the newest is made then.
        """
        for name in list(self._asked):
            if name != PRESET and self.player.changing:
                continue
            asked = self._asked.pop(name)
            try:
                if name == PRESET:
                    self.rack.set_preset(_named(asked))
                else:
                    self.rack.set(name, asked)
            except (GateError, ValueError) as error:
                self.on_event(str(error))

    def _tell(self, sentence: str | None) -> None:
        """Report a sentence, unless it was reported of this gate before."""
        gate, told = self._told
        if gate is not self.rack.gate:
            told.clear()
            self._told = self.rack.gate, told
        if sentence is not None and sentence not in told:
            told.add(sentence)
            self.on_event(sentence)

    def status(self) -> Status:
        """Return the status now."""
        return self._look(self.player, self.preset.name, self.sources.delay_frames)

    @property
    def facts(self) -> dict[str, Any]:
        """Facts about the stream (``Source.facts``)."""
        return self.sources.facts

    # -- the end

    def stop(self) -> None:
        """Fade out, end the stream, finish the recording; may be called twice.

        Raises:
            GateError: the error that had ended the stream.
        """
        try:
            self.sources.stop()
        finally:
            self.recording.stop()
            self._tell(self.recording.trouble)
        self.sources.close()

    def close(self) -> None:
        """Stop the gate."""
        self.stop()

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: Any) -> None:
        """Stop the gate; a second error does not hide the first."""
        try:
            self.stop()
        except GateError:
            if error is None:
                raise


def _named(preset: int | str) -> str:
    """Return the name of a preset that was asked for by name or number.

    Raises:
        PresetError: there are fewer presets.
    """
    match preset:
        case int(number):
            known = names("gate")
            if number < len(known):
                return known[number]
            listed = ", ".join(f"{k} {name}" for k, name in enumerate(known))
            raise PresetError(f"program {number} has no preset; there are: {listed}")
        case name:
            return name
