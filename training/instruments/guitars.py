"""Recorded guitars and basses as something to play on: clean notes by pitch, tuned and read as needed."""

from dataclasses import dataclass

import numpy as np

from training.instruments.articulation import into_reach
from training.instruments.hits import FLOOR_DB, Take, measure
from training.instruments.made_up_guitars import MadeUp
from training.recordings.corpus import Corpus, Item
from training.sounds.bench import Bench, Part, Studio
from training.sounds.changes import Sound, amplitude

LEAST_S = 0.6
"""Shorter recordings are knocks and releases, not notes."""

LEAST_NOTES = 5
"""A folder with fewer is no instrument (a few chords and licks, say), unless there is no other."""

FARTHEST = 9.0
"""Semitones that a note may be moved."""


@dataclass(frozen=True)
class RecordedNote(Part):
    """A recorded note, tuned, its loudest 5 ms brought from ``level_db`` to 0 dBFS."""

    take: Take
    level_db: float

    def make(self, bench: Bench) -> Sound:
        """Make (m,) float32, ringing."""
        return self.take.make(bench) * np.float32(amplitude(-self.level_db))


class Player:
    """Draws notes of one recorded guitar or bass."""

    def __init__(self, studio: Studio) -> None:
        """Draw an instrument.

        Raises:
            ValueError: the split has no clean notes.
        """
        corpus = studio.corpus
        guitars: dict[str, list[Item]] = {}
        for item in studio.items(("guitar", "pairs")):
            if item.seconds >= LEAST_S or item.seconds == 0.0:
                side = item.path.stem.rpartition("__")[2] if item.kind == "pairs" else ""
                guitars.setdefault(f"{item.path.parent.name} {side}".strip(), []).append(item)
        guitars = {
            name: clean
            for name, items in guitars.items()
            if (clean := [i for i in items if _is_note(corpus, i)])
        }
        enough = {name: items for name, items in guitars.items() if len(items) >= LEAST_NOTES}
        guitars = enough or guitars
        if not guitars:
            raise ValueError(
                f"expected notes of guitar in the {studio.split} split whose floor is {FLOOR_DB:g} dB or more under them, "
                "got none; add some"
            )
        self.name = studio.one_of(list(guitars))
        self._studio, self._items = studio, guitars[self.name]
        self._pitches = np.array([_pitch(corpus.derive("hit", i, measure).hz) for i in self._items])
        self.low, self.high = float(self._pitches.min()) - 5.0, float(self._pitches.max()) + 5.0
        self.bass = "bass" in self.name or float(np.median(self._pitches)) < 43.0
        self._made: dict[tuple[int, int], RecordedNote] = {}

    def note(self, pitch: float) -> RecordedNote:
        """Draw a note near this MIDI pitch (moved by octaves into reach), ringing, its loudest 5 ms near 0 dBFS."""
        pitch = into_reach(pitch, self.low, self.high)
        off = np.abs(self._pitches - pitch)
        near = np.argsort(off)[:3]
        index = int(self._studio.one_of([i for i in near if off[i] < off[near[0]] + 2.5]))
        moved = float(np.clip(pitch - self._pitches[index], -FARTHEST, FARTHEST))
        key = (index, round(moved * 2))
        if key not in self._made:
            item = self._items[index]
            level_db = self._studio.corpus.derive("hit", item, measure).level_db
            self._made[key] = RecordedNote(Take(item.name, 2.0 ** (moved / 12.0)), level_db)
        return self._made[key]


Plays = Player | MadeUp


def _is_note(corpus: Corpus, item: Item) -> bool:
    m = corpus.derive("hit", item, measure)
    return m.clean and 35.0 < m.hz < 1_200.0


def _pitch(hz: float) -> float:
    return 69.0 + 12.0 * float(np.log2(hz / 440.0))
