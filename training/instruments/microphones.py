"""Microphones that stood close to one drum of a real kit, found in a corpus, and the strokes that they heard.

Of a kit that was recorded with several microphones at once the corpus has reels, one for each drum or cymbal, with a file
for each microphone (class ``drums_multimic/…``). ``segments_KIT.csv`` beside the kit's folder says where each stroke is
(columns take, instrument, hit, start_s, end_s). Grooves come whole: a microphone's file, and ``__target``, only its drum.
"""

import csv
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np

from gate.constants import RATE
from gate.levels import block_levels_db
from training.recordings.corpus import Corpus, Item
from training.sounds.changes import Sound

CLASS = "drums_multimic"

MICROPHONES = {"snare": "snare", "kick": "kick", "toms": "tom"}
"""Class of the microphones of a drum: ``drums_multimic/…``."""

CLOSE_DB = 20.0
"""A microphone is a drum's if it hears the drum's hardest stroke so far over every other's: the second of two bass drums'
hears the first as bleed."""

LEAST_S = 0.05
"""Shorter stretches hold no stroke."""

LEAST_DB = -110.0
"""A stroke whose loudest 5 ms are under this is not heard by the microphone."""

COLUMNS = ("take", "instrument", "start_s", "end_s")


@dataclass(frozen=True)
class MicStroke:
    """One stroke in one microphone's reel: samples ``start`` to ``stop``, its loudest 5 ms at ``level_db``."""

    recording: str
    instrument: str
    start: int
    stop: int
    level_db: float


@dataclass(frozen=True)
class Microphone:
    """A microphone that stood close to one drum of a kit.

    ``own`` is the instrument that it stood at, None where there are no reels; ``grooves`` are (all that it heard, its drum).
    """

    kit: str
    name: str
    own: str | None
    strokes: tuple[MicStroke, ...]
    grooves: tuple[tuple[Item, Item], ...]


def microphones(corpus: Corpus, split: str, lead: str) -> list[Microphone]:
    """List the microphones of a drum that have something to play or a groove.

    Raises:
        ValueError: a list of strokes lacks a column, or a number in it is none.
    """
    own_class = f"{CLASS}/{MICROPHONES[lead]}"
    targets = {item.path: item for item in corpus.items(f"{CLASS}/target", split)}
    files: dict[tuple[Path, str], list[Item]] = {}
    for item in corpus.items(own_class, split):
        files.setdefault((item.path.parent.parent, item.path.stem), []).append(item)
    found = []
    for (folder, name), items in files.items():
        strokes = tuple(stroke for item in items for stroke in _strokes(corpus, item))
        own = _stands_at(strokes, MICROPHONES[lead])
        pairs = [
            (item, targets.get(item.path.with_name(f"{name}__target{item.path.suffix}"))) for item in items
        ]
        grooves = tuple((item, own) for item, own in pairs if own and _bleeds(corpus, item, own))
        if own or grooves:
            found.append(Microphone(folder.name, name, own, strokes if own else (), grooves))
    return found


def _stands_at(strokes: tuple[MicStroke, ...], word: str) -> str | None:
    """Tell at which instrument a microphone stood: the loudest by far, if its name begins with the word."""
    loudest: dict[str, float] = {}
    for stroke in strokes:
        loudest[stroke.instrument] = max(loudest.get(stroke.instrument, -np.inf), stroke.level_db)
    order = sorted(loudest, key=lambda name: -loudest[name])
    if len(order) < 2 or not order[0].startswith(word):
        return None
    return order[0] if loudest[order[0]] - loudest[order[1]] >= CLOSE_DB else None


def _bleeds(corpus: Corpus, heard: Item, drum: Item) -> bool:
    """Tell whether a groove and its drum are as long as each other, and differ."""

    def differ(x: Sound) -> bool:
        own = corpus.load(drum)
        return len(x) == len(own) and bool(np.any(x != own)) and bool(np.any(own))

    return corpus.derive("bleeds", heard, differ)


def _strokes(corpus: Corpus, item: Item) -> tuple[MicStroke, ...]:
    """Find the strokes of a reel in one microphone; none where nothing says where they are, and none of a groove."""
    folder = item.path.parent.parent
    listed = _segments(folder.parent / f"segments_{folder.name}.csv").get(item.path.parent.name, ())
    if len({instrument for instrument, _, _ in listed}) != 1:
        return ()

    def cut(x: Sound) -> tuple[MicStroke, ...]:
        found = []
        for instrument, start_s, stop_s in listed:
            start, stop = round(start_s * RATE), min(round(stop_s * RATE), len(x))
            if stop - start < LEAST_S * RATE:
                continue
            level_db = float(np.max(block_levels_db(x[start:stop])))
            if level_db > LEAST_DB:
                found.append(MicStroke(item.name, instrument, start, stop, level_db))
        return tuple(found)

    return corpus.derive("strokes", item, cut)


@lru_cache(maxsize=64)
def _segments(path: Path) -> dict[str, tuple[tuple[str, float, float], ...]]:
    """Read where the strokes of a kit are: take -> (instrument, start and stop in s); empty where there is no such file."""
    if not path.is_file():
        return {}
    found: dict[str, list[tuple[str, float, float]]] = {}
    with path.open(newline="", encoding="utf-8") as file:
        reader = csv.DictReader(file)
        for row in reader:
            try:
                stroke = row["instrument"], float(row["start_s"]), float(row["end_s"])
                found.setdefault(row["take"], []).append(stroke)
            except (KeyError, TypeError, ValueError) as error:
                raise ValueError(
                    f"{path}:{reader.line_num}: expected the columns {', '.join(COLUMNS)} with numbers in the last two, got "
                    f"{error}; correct the file"
                ) from error
    return {take: tuple(strokes) for take, strokes in found.items()}
