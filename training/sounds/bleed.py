"""What should not pass: noises, music, drums, guitars and made-up noises, strung into tracks."""

from dataclasses import dataclass

import numpy as np

from training.sounds.bench import Bench, Part, Studio
from training.sounds.changes import Sound, amplitude
from training.sounds.gains import GainCurve, gain_steps, on_off
from training.sounds.made_up import made_up_noise
from training.sounds.strung import drum_pattern, events, looped, notes, pick

HIT_CLASSES = ("drums/kick", "drums/snare", "drums/toms", "drums/cymbals", "drums/percussion")

SONGS = ("songs/other", "songs/drums", "songs/bass")
"""Stems of songs in which nobody sings: music too, for who asks for it."""

WEIGHTS = {"noise": 0.42, "music": 0.22, "drums": 0.1, "guitar": 0.07, "instrument": 0.03, "made-up": 0.16}
"""How often a source is of each kind. Noises and music lead: voices are most often gated from them."""


@dataclass(frozen=True)
class Chances:
    """How sources of bleed are drawn; chances are shares of 1, pairs are (least, most)."""

    comes_and_goes: float = 0.3
    """A source is not there all the time: a gate has to follow what begins in the middle."""
    knob_turned: float = 0.12
    """A source's level is stepped."""
    under_first_db: tuple[float, float] = (0.0, 15.0)
    """Other sources under the first: quieter ones are not heard."""
    loop: float = 0.3
    """Drums are a recorded loop, where the corpus has any, and not played hit by hit."""
    events: float = 0.4
    """A noise is several single ones with pauses: steady ones lead in most corpora, sudden ones open gates."""


CHANCES = Chances()


@dataclass(frozen=True)
class Source(Part):
    """Something that is heard, by a name; perhaps it comes and goes, perhaps its level is stepped."""

    name: str
    part: Part
    comes_and_goes: GainCurve | None = None
    steps: GainCurve | None = None

    def make(self, bench: Bench) -> Sound:
        """Make (n,) float32 at no particular level."""
        x = bench.made(self.part)
        for gain in (self.comes_and_goes, self.steps):
            if gain is not None:
                x = x * gain.curve(bench.n)
        return x


@dataclass(frozen=True)
class Mix(Part):
    """Parts, each with its gain in dB."""

    parts: tuple[tuple[Part, float], ...]

    def make(self, bench: Bench) -> Sound:
        """Make (n,) float32."""
        track = np.zeros(bench.n, np.float32)
        for part, db in self.parts:
            track += bench.made(part) * np.float32(amplitude(db))
        return track


@dataclass(frozen=True)
class Bleed(Part):
    """What is heard, brought to a level by ``gain_db``, with what to call it."""

    part: Part
    names: tuple[str, ...]
    gain_db: float = 0.0

    def make(self, bench: Bench) -> Sound:
        """Make (n,) float32."""
        x = bench.made(self.part)
        return x * np.float32(amplitude(self.gain_db)) if self.gain_db else x


@dataclass(frozen=True)
class Nothing(Part):
    """Silence, as a part."""

    def make(self, bench: Bench) -> Sound:
        """Make (n,) float32 of zeros."""
        return np.zeros(bench.n, np.float32)


def bleed_track(studio: Studio, sources: int, songs: bool = False) -> Bleed:
    """Draw a mix of this many sources, its first the loudest, of loud level 0 dBFS (a hiss, if all of them are silent).

    Args:
        songs: stems of songs count as music.
    """
    parts: list[tuple[Part, float]] = []
    names = []
    for index in range(sources):
        source = one_source(studio, songs)
        level = studio.loud_db(source)
        if not np.isfinite(level):
            continue
        under = studio.rng.uniform(*CHANCES.under_first_db) if index else 0.0
        parts.append((source, -level - under))
        names.append(source.name)
    mix = Mix(tuple(parts))
    level = studio.loud_db(mix)
    if not np.isfinite(level):  # a sparse source that happened to be silent here
        return Bleed(made_up_noise(studio, "hiss"), ("hiss",))
    return Bleed(mix, tuple(names), -level)


def one_source(studio: Studio, songs: bool = False) -> Source:
    """Draw one source over the whole length, now and then coming and going, or with its level stepped."""
    name, part = _source(studio, songs)
    gain = on_off(studio.rng, studio.n) if studio.happens(CHANCES.comes_and_goes) else None
    return Source(
        name, part, gain, gain_steps(studio.rng, studio.n) if studio.happens(CHANCES.knob_turned) else None
    )


def _source(studio: Studio, songs: bool) -> tuple[str, Part]:
    there = {
        "noise": studio.items(("noise", "bleed")),
        "music": studio.items(("music", *SONGS) if songs else "music"),
        "drums": studio.items((*HIT_CLASSES, "drums/loops")),
        "guitar": studio.items(("guitar", "pairs")),
        "instrument": studio.items("instrument"),
    }
    kind = studio.by_weight(
        {name: w if name == "made-up" or there[name] else 0.0 for name, w in WEIGHTS.items()}
    )
    if kind == "made-up":
        noise = made_up_noise(studio)
        return noise.kind, noise
    items = there[kind]
    if kind == "drums":
        loops = studio.items("drums/loops")
        if loops and studio.happens(CHANCES.loop):
            return "loop", looped(studio, pick(studio, loops))
        return "drums", drum_pattern(studio, items)
    if kind in ("guitar", "instrument"):
        return kind, notes(studio, items)
    if kind == "noise" and studio.happens(CHANCES.events):
        return "noises", events(studio, items)
    item = pick(studio, items)
    called = f"{item.path.parent.name} {item.path.stem}" if item.kind in SONGS else item.path.stem
    return f"{kind}:{called}", looped(studio, item)
