"""A guitarist or bassist: one note at a time on each of six strings, strummed, picked, muted, slid and stopped."""

from dataclasses import dataclass

from gate.constants import RATE
from training.instruments.articulation import Muted, Touch, bent, muted, shaken
from training.instruments.guitars import Player, Plays
from training.instruments.made_up_guitars import MadeUp
from training.instruments.strings import GuitarTrack, Hands
from training.sounds.bench import Studio
from training.sounds.recipe import Rng, log_uniform

CHORDS = (
    (0, 7, 12, 16, 19, 24),
    (0, 7, 12, 15, 19, 24),
    (0, 7, 10, 16, 19, 22),
    (0, 7, 14, 16, 19, 24),
    (0, 5, 12, 17, 19, 24),
)
POWER = (0, 7, 12)
SCALE = (0, 3, 5, 7, 10, 12, 15, 17)


@dataclass(frozen=True)
class Chances:
    """How somebody plays; chances are shares of 1, tempos (least, most)."""

    high_up: float = 0.4
    """Playing higher up the neck than where most chords are: solos, capos, small guitars."""
    rest: float = 0.85
    """A way of playing is followed by a rest, in which the gate has to shut."""
    bpm: tuple[float, float] = (60.0, 190.0)
    sixteenths: float = 0.3
    """Strumming in sixteenths, where the tempo lets a hand do it."""
    strummed: float = 0.55
    """A step of a strumming pattern is played."""
    stopped: float = 0.3
    """Every chord is stopped at once, as in funk and reggae."""
    dead: float = 0.08
    """A stroke on strings that a hand lies on."""
    lick_rest: float = 0.12
    """A note of a riff is left out; the next chances are of the same lot, so each is its step over the one before."""
    lick_bent: float = 0.22
    lick_shaken: float = 0.3
    lick_hammered: float = 0.42
    lick_muted: float = 0.5
    mutes_sixteenths: float = 0.6
    """Palm mutes in sixteenths, where the tempo lets a hand do it: metal."""
    mutes: tuple[float, float, float] = (0.25, 0.6, 0.15)
    """A step of palm mutes is a rest, a mute, an accent."""
    accent_stopped: float = 0.4
    """An accent is stopped before the next step."""
    long_note: float = 0.4
    """What rings long is a note and not a chord."""


CHANCES = Chances()


@dataclass(frozen=True)
class Passage:
    """Some beats of a scene: from when, how long a beat is and how many; the root as MIDI pitch; how loud."""

    at: float
    beat: float
    beats: int
    root: float
    db: float

    @property
    def end(self) -> float:
        """Say when the passage is over, in s."""
        return self.at + self.beats * self.beat


def guitar_track(studio: Studio, made_up: float = 0.0) -> GuitarTrack:
    """Draw somebody playing, with true silence in the rests; with the chance ``made_up`` on no recorded guitar."""
    rng, seconds = studio.rng, studio.n / RATE
    synthetic = made_up > 0.0 and studio.happens(made_up)
    player: Plays = MadeUp(studio) if synthetic else Player(studio)
    bpm = log_uniform(rng, *CHANCES.bpm)
    root = player.low + 5.0 + float(rng.integers(0, 8))
    if studio.happens(CHANCES.high_up):
        root += float(rng.integers(4, 25))
    hands = Hands(player)
    ways = ("riff", "riff", "mutes", "long") if player.bass else ("strum", "picked", "riff", "mutes", "long")
    played = []
    at = rng.uniform(-2.0, 1.0)
    while at < seconds:
        way = studio.one_of(ways)
        played.append(way)
        bars = int(rng.choice([1, 2, 2, 4]))
        at = _WAYS[way](hands, rng, Passage(at, 60.0 / bpm, bars * 4, root, rng.uniform(-8.0, 0.0)))
        if studio.happens(CHANCES.rest):
            hands.stop(at, rng.uniform(0.015, 0.12))
            at += float(rng.choice([rng.uniform(0.25, 0.8), rng.uniform(0.8, 3.0)]))
    hands.stop(seconds + 60.0, 0.05)
    return hands.track(f"{player.name} {bpm:.0f}", tuple(sorted(set(played))))


def _strum(hands: Hands, rng: Rng, at: float, pitches: list[float], db: float, up: bool = False) -> None:
    """Play four to six strings, 8 to 35 ms apart in a slow strum and nearer in a fast one; up strokes take the high ones."""
    gap = log_uniform(rng, 0.008, 0.035)
    order = list(enumerate(pitches))
    order = order[::-1][: int(rng.integers(4, 6))] if up else order
    for k, (string, pitch) in enumerate(order):
        now = at + k * gap * rng.uniform(0.85, 1.15)
        note = hands.note(pitch)
        hands.play(string, now, note, db + rng.normal(0.0, 1.2))
        gap *= 0.9


def _chord(rng: Rng, root: float) -> list[float]:
    shape = CHORDS[int(rng.integers(len(CHORDS)))]
    move = float(rng.choice([0, 3, 5, 7, 8, 10]))
    return [root + move + p for p in shape[: int(rng.integers(4, 7))]]


def _strummed(hands: Hands, rng: Rng, passage: Passage) -> float:
    """Play chords in eighths or sixteenths, down on the beat and up off it, with rests and stopped ones."""
    at, beat = passage.at, passage.beat
    each = beat / (4 if beat > 0.6 and rng.random() < CHANCES.sixteenths else 2)
    per_beat = round(beat / each)
    pattern = rng.random(4 * per_beat) < CHANCES.strummed
    pattern[0] = True
    short = rng.random() < CHANCES.stopped
    for step in range(passage.beats * per_beat):
        if step % len(pattern) == 0:
            pitches = _chord(rng, passage.root)
        if not pattern[step % len(pattern)]:
            continue
        up = step % 2 == 1
        now = at + step * each + rng.normal(0.0, 0.004)
        if rng.random() < CHANCES.dead:
            for string in range(4):
                note = hands.note(passage.root + 12.0 + string * 5.0)
                touch = muted(rng, 0.012, 3_500.0)
                hands.play(string, now + string * 0.006, note, passage.db - rng.uniform(4.0, 9.0), touch)
            continue
        _strum(hands, rng, now, pitches, passage.db - (2.5 if up else 0.0) + rng.normal(0.0, 1.2), up)
        if short:
            hands.stop(now + each * rng.uniform(0.4, 0.9), 0.02)
    return passage.end


def _picked(hands: Hands, rng: Rng, passage: Passage) -> float:
    """Play broken chords, one string after the other, ringing into each other."""
    beat, beats = passage.beat, passage.beats
    each = beat / int(rng.choice([2, 3, 4] if beat > 0.5 else [1, 2]))
    per_chord = max(round(4 * beat / each), 1)
    way = rng.integers(0, 6, per_chord)
    pitches: list[float] = []
    for step in range(int(beats * beat / each)):
        if step % per_chord == 0:
            pitches = _chord(rng, passage.root)
        string = int(way[step % per_chord]) % len(pitches) if step % per_chord else 0
        now = passage.at + step * each + rng.normal(0.0, 0.005)
        note = hands.note(pitches[string])
        hands.play(string, now, note, passage.db - rng.uniform(0.0, 4.0))
    return passage.end


def _riff(hands: Hands, rng: Rng, passage: Passage) -> float:
    """Play single notes: some short, some slid to, bent or hammered on."""
    beat = passage.beat
    lengths = rng.choice([0.5, 0.5, 1.0, 1.0, 1.5, 2.0, 0.25 if beat > 0.4 else 0.5], int(rng.integers(3, 9)))
    pitches = passage.root + (0.0 if hands.player.bass else 12.0) + rng.choice(SCALE, len(lengths))
    held = rng.uniform(0.5, 1.0)
    now, index = passage.at, 0
    while now < passage.end:
        length, pitch = float(lengths[index % len(lengths)]) * beat, float(pitches[index % len(lengths)])
        index += 1
        how = rng.random()
        if how < CHANCES.lick_rest:
            now += length
            continue
        note = hands.note(pitch)
        touch: Touch | None = None
        hammered: tuple[int, float] | None = None
        if how < CHANCES.lick_bent:
            touch = bent(rng, float(rng.choice([-5.0, -2.0, -1.0, 2.0, 3.0])), length)
        elif how < CHANCES.lick_shaken:
            touch = shaken(rng)
        elif how < CHANCES.lick_hammered:
            second = hands.note(pitch + float(rng.choice([2.0, 3.0, -2.0])))
            hammered = second, length * rng.uniform(0.25, 0.5)
        elif how < CHANCES.lick_muted:
            touch = muted(rng, 0.09, 1_800.0)
        on = now + rng.normal(0.0, 0.005)
        hands.play(2, on, note, passage.db - rng.uniform(0.0, 5.0), touch, hammered)
        if held < 0.92:
            hands.stop(now + length * held, log_uniform(rng, 0.012, 0.08))
        now += length
    return passage.end


def _mutes(hands: Hands, rng: Rng, passage: Passage) -> float:
    """Play palm mutes in eighths or sixteenths, with open accents on two or three strings."""
    beat = passage.beat
    each = beat / (4 if beat > 0.42 and rng.random() < CHANCES.mutes_sixteenths else 2)
    steps = int(rng.choice([8, 8, 16, 12, 6]))
    pattern = rng.choice(3, steps, p=CHANCES.mutes)
    pattern[0] = 2
    ring_s, dull_hz = log_uniform(rng, 0.03, 0.14), log_uniform(rng, 500.0, 2_600.0)
    shape = POWER[: int(rng.integers(1, 4))] if not hands.player.bass else POWER[:1]
    move = 0.0
    for step in range(int(passage.beats * beat / each)):
        if step % steps == 0:
            move = float(rng.choice([0, 0, 3, 5, 7, -2]))
        kind = pattern[step % steps]
        now = passage.at + step * each + rng.normal(0.0, 0.004)
        if kind == 0:
            continue
        for string, interval in enumerate(shape):
            note = hands.note(passage.root + move + interval)
            touch: Muted | None = muted(rng, ring_s, dull_hz) if kind == 1 else None
            db = passage.db - rng.uniform(0.0, 2.5) - (3.0 if kind == 1 else 0.0)
            hands.play(string, now + string * 0.004, note, db, touch)
        if kind == 2 and rng.random() < CHANCES.accent_stopped:
            hands.stop(now + each * 0.9, 0.02)
    return passage.end


def _long(hands: Hands, rng: Rng, passage: Passage) -> float:
    """Play a chord or a note that rings until it is stopped, or dies."""
    if hands.player.bass or rng.random() < CHANCES.long_note:
        hands.play(0, passage.at, hands.note(passage.root + float(rng.choice(SCALE))), passage.db)
    else:
        _strum(hands, rng, passage.at, _chord(rng, passage.root), passage.db)
    return passage.at + max(passage.beats * passage.beat * 0.5, 1.2)


_WAYS = {"strum": _strummed, "picked": _picked, "riff": _riff, "mutes": _mutes, "long": _long}
