"""Six strings as recipes: which note when, how it is touched, and when it is stopped."""

from dataclasses import dataclass

import numpy as np

from gate.constants import RATE
from training.instruments.articulation import Touch, hammered
from training.instruments.guitars import Plays
from training.sounds.bench import Bench, Part
from training.sounds.changes import Sound, add_at, amplitude
from training.sounds.recipe import Recipe


@dataclass(frozen=True)
class PlayedNote(Recipe):
    """A note (by its number in the track) on a string, from ``at_s`` on, at a level; perhaps touched.

    Perhaps a second note, ``hammered``, is hammered on after ``hammered_s``.
    """

    string: int
    at_s: float
    note: int
    db: float
    touch: Touch | None = None
    hammered: int | None = None
    hammered_s: float = 0.0


@dataclass(frozen=True)
class Stopped(Recipe):
    """All strings are stopped at ``at_s``, within ``fall_s``."""

    at_s: float
    fall_s: float


@dataclass(frozen=True)
class GuitarTrack(Part):
    """Somebody playing: on what and how in words, the notes that are needed, and what happens to the strings in order."""

    name: str
    ways: tuple[str, ...]
    notes: tuple[Part, ...]
    events: tuple[PlayedNote | Stopped, ...]

    def make(self, bench: Bench) -> Sound:
        """Make (n,) float32, true silence in the rests."""
        strings = _Strings(bench.n)
        for event in self.events:
            if isinstance(event, Stopped):
                strings.stop(event.at_s, event.fall_s)
                continue
            x = bench.made(self.notes[event.note])
            if event.touch is not None:
                x = event.touch.make(x)
            elif event.hammered is not None:
                x = hammered(x, bench.made(self.notes[event.hammered]), event.hammered_s)
            strings.play(event.string, event.at_s, x, event.db)
        return strings.track


class Hands:
    """Takes down what somebody plays on an instrument."""

    def __init__(self, player: Plays) -> None:
        self.player = player
        self._notes: list[Part] = []
        self._numbers: dict[int, int] = {}
        self._events: list[PlayedNote | Stopped] = []

    def note(self, pitch: float) -> int:
        """Draw a note near this MIDI pitch; its number in the track."""
        note = self.player.note(pitch)
        if id(note) not in self._numbers:
            self._numbers[id(note)] = len(self._notes)
            self._notes.append(note)
        return self._numbers[id(note)]

    def play(
        self,
        string: int,
        at_s: float,
        note: int,
        db: float,
        touch: Touch | None = None,
        hammer: tuple[int, float] | None = None,
    ) -> None:
        """Play a note on a string; what rang on it ends. ``hammer``: a second note, and how long after the first."""
        second, after_s = hammer or (None, 0.0)
        self._events.append(PlayedNote(string, at_s, note, db, touch, second, after_s))

    def stop(self, at_s: float, fall_s: float) -> None:
        """Stop all strings within ``fall_s``."""
        self._events.append(Stopped(at_s, fall_s))

    def track(self, name: str, ways: tuple[str, ...]) -> GuitarTrack:
        """Return what was played, as a recipe."""
        return GuitarTrack(name, ways, tuple(self._notes), tuple(self._events))


class _Strings:
    """Strings that sound: a new note on one ends the one before."""

    def __init__(self, n: int) -> None:
        self.track = np.zeros(n, np.float32)
        self._ringing: dict[int, tuple[float, Sound, float]] = {}

    def play(self, string: int, at_s: float, x: Sound, db: float) -> None:
        self._end(string, at_s, 0.012)
        self._ringing[string] = (at_s, x, db)

    def stop(self, at_s: float, fall_s: float) -> None:
        for string in list(self._ringing):
            self._end(string, at_s, fall_s)

    def _end(self, string: int, at_s: float, fall_s: float) -> None:
        if string not in self._ringing:
            return
        start_s, x, db = self._ringing.pop(string)
        stop, fall = max(int((at_s - start_s) * RATE), 48), int(fall_s * RATE)
        x = x[: stop + fall] * np.float32(amplitude(db))
        if len(x) > stop:
            x[stop:] *= (0.5 + 0.5 * np.cos(np.pi * np.arange(len(x) - stop) / fall)).astype(np.float32)
        add_at(self.track, x, int(start_s * RATE))
