"""A guitarist or bassist: six strings, one note at a time on each, strummed, picked, muted, slid and stopped."""

from typing import Any

import numpy as np

from gate.constants import RATE
from training.instruments.articulation import bent, hammered, into_reach, muted, vibrato
from training.instruments.hits import FLOOR_DB, measure, prepared
from training.instruments.made_up_guitars import MadeUp
from training.recordings.corpus import Corpus, Item
from training.sounds.changes import Rng, Sound, add_at, amplitude, log_uniform

LEAST_S = 0.6
"""Shorter recordings are knocks and releases, not notes."""

LEAST_NOTES = 5
"""A folder with fewer is no instrument (a few chords and licks, say), unless there is no other."""

FARTHEST = 9.0
"""Semitones that a note may be moved."""

CHORDS = (
    (0, 7, 12, 16, 19, 24),
    (0, 7, 12, 15, 19, 24),
    (0, 7, 10, 16, 19, 22),
    (0, 7, 14, 16, 19, 24),
    (0, 5, 12, 17, 19, 24),
)
POWER = (0, 7, 12)
HIGH_UP = 0.4
"""Chance of playing higher up the neck than where most chords are."""
SCALE = (0, 3, 5, 7, 10, 12, 15, 17)


class Player:
    """One guitar or bass: its clean notes by pitch, tuned and read as needed."""

    def __init__(self, corpus: Corpus, rng: Rng, split: str):
        """Choose an instrument.

        Raises:
            ValueError: the split has no clean notes.
        """
        guitars: dict[str, list[Item]] = {}
        for item in corpus.items(("guitar", "pairs"), split):
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
                f"expected notes of guitar in the {split} split whose floor is {FLOOR_DB:g} dB or more under them, "
                "got none; add some"
            )
        self.name = list(guitars)[int(rng.integers(len(guitars)))]
        self._corpus, self._rng, self._items = corpus, rng, guitars[self.name]
        self._pitches = np.array([_pitch(corpus.derive("hit", i, measure).hz) for i in self._items])
        self.low, self.high = float(self._pitches.min()) - 5.0, float(self._pitches.max()) + 5.0
        self.bass = "bass" in self.name or float(np.median(self._pitches)) < 43.0
        self._made: dict[tuple[int, int], Sound] = {}

    def note(self, pitch: float) -> Sound:
        """A note near this MIDI pitch (moved by octaves into reach), ringing, its loudest 5 ms near 0 dBFS."""
        pitch = into_reach(pitch, self.low, self.high)
        off = np.abs(self._pitches - pitch)
        near = np.argsort(off)[:3]
        near = [i for i in near if off[i] < off[near[0]] + 2.5]
        index = int(near[int(self._rng.integers(len(near)))])
        moved = float(np.clip(pitch - self._pitches[index], -FARTHEST, FARTHEST))
        key = (index, round(moved * 2))
        if key not in self._made:
            item = self._items[index]
            x = prepared(self._corpus, item, 2.0 ** (moved / 12.0), ring="damp")
            level = self._corpus.derive("hit", item, measure).level_db
            self._made[key] = x * np.float32(amplitude(-level))
        return self._made[key]


Plays = Player | MadeUp


def _is_note(corpus: Corpus, item: Item) -> bool:
    m = corpus.derive("hit", item, measure)
    return m.clean and 35.0 < m.hz < 1_200.0


def _pitch(hz: float) -> float:
    return 69.0 + 12.0 * float(np.log2(hz / 440.0))


def guitar_track(
    corpus: Corpus, rng: Rng, n: int, split: str, recipe: dict[str, Any], made_up: float = 0.0
) -> Sound:
    """Somebody playing: (n,) float32, true silence in the rests; with the chance ``made_up`` on no recorded guitar."""
    synthetic = made_up > 0.0 and rng.random() < made_up
    player: Plays = MadeUp(rng) if synthetic else Player(corpus, rng, split)
    bpm = log_uniform(rng, 60.0, 190.0)
    beat = 60.0 / bpm
    root = player.low + 5.0 + float(rng.integers(0, 8))
    if rng.random() < HIGH_UP:  # solos, capos, small guitars
        root += float(rng.integers(4, 25))
    track = np.zeros(n, np.float32)
    strings = _Strings(track)
    ways = ("riff", "riff", "mutes", "long") if player.bass else ("strum", "picked", "riff", "mutes", "long")
    played = []
    at = rng.uniform(-2.0, 1.0)
    while at < n / RATE:
        way = ways[int(rng.integers(len(ways)))]
        played.append(way)
        bars = int(rng.choice([1, 2, 2, 4]))
        loud_db = rng.uniform(-8.0, 0.0)
        at = _WAYS[way](player, rng, strings, at, beat, bars * 4, root, loud_db)
        if rng.random() < 0.85:
            strings.stop(at, rng.uniform(0.015, 0.12))
            at += float(rng.choice([rng.uniform(0.25, 0.8), rng.uniform(0.8, 3.0)]))
    strings.stop(n / RATE + 60.0, 0.05)
    recipe["guitar"], recipe["played"] = f"{player.name} {bpm:.0f}", sorted(set(played))
    return track


class _Strings:
    """Six strings: a new note on one ends the one before."""

    def __init__(self, track: Sound):
        self._track = track
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
        add_at(self._track, x, int(start_s * RATE))


def _strum(
    player: Plays, rng: Rng, strings: _Strings, at: float, pitches: list[float], db: float, up: bool = False
) -> None:
    """Four to six strings, 8 to 35 ms apart in a slow strum and nearer in a fast one; up strokes take the high ones."""
    gap = log_uniform(rng, 0.008, 0.035)
    order = list(enumerate(pitches))
    order = order[::-1][: int(rng.integers(4, 6))] if up else order
    for k, (string, pitch) in enumerate(order):
        strings.play(
            string, at + k * gap * rng.uniform(0.85, 1.15), player.note(pitch), db + rng.normal(0.0, 1.2)
        )
        gap *= 0.9


def _chord(rng: Rng, root: float) -> list[float]:
    shape = CHORDS[int(rng.integers(len(CHORDS)))]
    move = float(rng.choice([0, 3, 5, 7, 8, 10]))
    return [root + move + p for p in shape[: int(rng.integers(4, 7))]]


def _strummed(
    player: Plays, rng: Rng, strings: _Strings, at: float, beat: float, beats: int, root: float, db: float
) -> float:
    """Chords in eighths or sixteenths, down on the beat and up off it, with rests and stopped ones."""
    each = beat / (4 if beat > 0.6 and rng.random() < 0.3 else 2)
    per_beat = round(beat / each)
    pattern = rng.random(4 * per_beat) < 0.55
    pattern[0] = True
    short = rng.random() < 0.3  # as in funk and reggae: every chord is stopped
    for step in range(beats * per_beat):
        if step % len(pattern) == 0:
            pitches = _chord(rng, root)
        if not pattern[step % len(pattern)]:
            continue
        up = step % 2 == 1
        now = at + step * each + rng.normal(0.0, 0.004)
        if rng.random() < 0.08:  # a dead stroke: the hand lies on the strings
            for string in range(4):
                x = muted(rng, player.note(root + 12.0 + string * 5.0), 0.012, 3_500.0)
                strings.play(string, now + string * 0.006, x, db - rng.uniform(4.0, 9.0))
            continue
        _strum(player, rng, strings, now, pitches, db - (2.5 if up else 0.0) + rng.normal(0.0, 1.2), up)
        if short:
            strings.stop(now + each * rng.uniform(0.4, 0.9), 0.02)
    return at + beats * beat


def _picked(
    player: Plays, rng: Rng, strings: _Strings, at: float, beat: float, beats: int, root: float, db: float
) -> float:
    """Broken chords, one string after the other, ringing into each other."""
    each = beat / int(rng.choice([2, 3, 4] if beat > 0.5 else [1, 2]))
    per_chord = max(round(4 * beat / each), 1)
    way = rng.integers(0, 6, per_chord)
    pitches: list[float] = []
    for step in range(int(beats * beat / each)):
        if step % per_chord == 0:
            pitches = _chord(rng, root)
        string = int(way[step % per_chord]) % len(pitches) if step % per_chord else 0
        strings.play(
            string,
            at + step * each + rng.normal(0.0, 0.005),
            player.note(pitches[string]),
            db - rng.uniform(0.0, 4.0),
        )
    return at + beats * beat


def _riff(
    player: Plays, rng: Rng, strings: _Strings, at: float, beat: float, beats: int, root: float, db: float
) -> float:
    """Single notes: some short, some slid to, bent or hammered on."""
    lengths = rng.choice([0.5, 0.5, 1.0, 1.0, 1.5, 2.0, 0.25 if beat > 0.4 else 0.5], int(rng.integers(3, 9)))
    pitches = root + (0.0 if player.bass else 12.0) + rng.choice(SCALE, len(lengths))
    held = rng.uniform(0.5, 1.0)
    now, index = at, 0
    while now < at + beats * beat:
        length, pitch = float(lengths[index % len(lengths)]) * beat, float(pitches[index % len(lengths)])
        index += 1
        how = rng.random()
        if how < 0.12:
            now += length
            continue
        x = player.note(pitch)
        if how < 0.22:
            x = bent(rng, x, float(rng.choice([-5.0, -2.0, -1.0, 2.0, 3.0])), length)
        elif how < 0.3:
            x = vibrato(rng, x)
        elif how < 0.42:
            x = hammered(
                x, player.note(pitch + float(rng.choice([2.0, 3.0, -2.0]))), length * rng.uniform(0.25, 0.5)
            )
        elif how < 0.5:
            x = muted(rng, x, 0.09, 1_800.0)
        strings.play(2, now + rng.normal(0.0, 0.005), x, db - rng.uniform(0.0, 5.0))
        strings.stop(now + length * held, log_uniform(rng, 0.012, 0.08)) if held < 0.92 else None
        now += length
    return at + beats * beat


def _mutes(
    player: Plays, rng: Rng, strings: _Strings, at: float, beat: float, beats: int, root: float, db: float
) -> float:
    """Palm mutes in eighths or sixteenths, with open accents on two or three strings."""
    each = beat / (4 if beat > 0.42 and rng.random() < 0.6 else 2)
    steps = int(rng.choice([8, 8, 16, 12, 6]))
    pattern = rng.choice(3, steps, p=[0.25, 0.6, 0.15])
    pattern[0] = 2
    ring_s, dull_hz = log_uniform(rng, 0.03, 0.14), log_uniform(rng, 500.0, 2_600.0)
    shape = POWER[: int(rng.integers(1, 4))] if not player.bass else POWER[:1]
    move = 0.0
    for step in range(int(beats * beat / each)):
        if step % steps == 0:
            move = float(rng.choice([0, 0, 3, 5, 7, -2]))
        kind = pattern[step % steps]
        now = at + step * each + rng.normal(0.0, 0.004)
        if kind == 0:
            continue
        for string, interval in enumerate(shape):
            x = player.note(root + move + interval)
            if kind == 1:
                x = muted(rng, x, ring_s, dull_hz)
            strings.play(
                string, now + string * 0.004, x, db - rng.uniform(0.0, 2.5) - (3.0 if kind == 1 else 0.0)
            )
        if kind == 2 and rng.random() < 0.4:
            strings.stop(now + each * 0.9, 0.02)
    return at + beats * beat


def _long(
    player: Plays, rng: Rng, strings: _Strings, at: float, beat: float, beats: int, root: float, db: float
) -> float:
    """A chord or a note that rings until it is stopped, or dies."""
    if player.bass or rng.random() < 0.4:
        strings.play(0, at, player.note(root + float(rng.choice(SCALE))), db)
    else:
        _strum(player, rng, strings, at, _chord(rng, root), db)
    return at + max(beats * beat * 0.5, 1.2)


_WAYS = {"strum": _strummed, "picked": _picked, "riff": _riff, "mutes": _mutes, "long": _long}
