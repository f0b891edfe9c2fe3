"""Guitar and bass scenes: what a pickup or a microphone hears of a player, and what it hears besides.

That is hum, buzz and hiss, and the others in the room. The playing itself is in ``training.instruments.guitarist``.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np

from training.instruments.drum_scenes import kit_track
from training.instruments.guitarist import guitar_track
from training.instruments.recorded_guitars import (
    RecordedTrack,
    Song,
    band_bleed,
    phrase_items,
    phrase_track,
    song_stretch,
    songs,
)
from training.instruments.strings import GuitarTrack
from training.instruments.wanted import Wanted
from training.sounds.bench import Bench, Part, Studio
from training.sounds.bleed import Bleed, Mix, bleed_track
from training.sounds.changes import Sound, amplitude
from training.sounds.filters import Filters, high_pass, low_pass, through
from training.sounds.made_up import ELECTRIC, made_up_noise
from training.sounds.phrases import speech_track
from training.sounds.recipe import Recipe, log_uniform
from training.sounds.rooms import InRoom, Room, random_room
from training.sounds.strung import looped

KINDS = {"hum": 0.45, "kit": 0.18, "music": 0.04, "voices": 0.05, "noise": 0.28}
"""How often a guitar's bleed is mainly this. Music seldom: it has guitars in it, and who learns to shut for them
shuts for guitars that it does not know."""

BAND = "band"
"""Another kind of bleed, drawn by its own chance: a song without its guitar."""


@dataclass(frozen=True)
class Chances:
    """How a guitar is heard; chances are shares of 1, levels (least, most) in dB."""

    amplifier: float = 0.35
    """The guitar drives an amplifier; half of them are electric, and not all of those are driven."""
    drive_db: tuple[float, float] = (3.0, 26.0)
    """From warm to a wall."""
    lean: tuple[float, float] = (0.0, 0.25)
    """How unevenly it is bent round, above and below."""
    under_db: tuple[float, float] = (3.0, 28.0)
    """How far a second bleed is under the first."""
    electric_under_db: tuple[float, float] = (0.0, 20.0)
    """How far buzz, hum or hiss are under the one that leads."""
    own_song: float = 0.5
    """A band's guitar is that of its song, where it has one: their tempo and key are one."""
    bleed_room: float = 0.35
    """What comes through the air is heard in a room, as often as in voices' scenes."""


CHANCES = Chances()


@dataclass(frozen=True)
class Amplified(Part):
    """A part through an amplifier: driven, bent round unevenly, through a loudspeaker's band; silence stays silent."""

    part: Part
    lean: float
    drive_db: float
    band: Filters

    def make(self, bench: Bench) -> Sound:
        """Make (n,) float32."""
        x = bench.made(self.part)
        lean = np.float32(self.lean)
        driven = x * np.float32(amplitude(self.drive_db) / float(np.max(np.abs(x), initial=0.0)))
        return through(np.tanh(driven + lean) - np.tanh(lean), self.band)


@dataclass(frozen=True)
class GuitarSides(Recipe):
    """What a guitar's pickup or microphone hears: the guitar and what is besides, either perhaps nothing.

    ``amplified`` is said of silence too; ``names`` say what the bleed is.
    """

    track: GuitarTrack | RecordedTrack | None = None
    amplified: bool = False
    target: InRoom | None = None
    bleed: InRoom | None = None
    names: tuple[str, ...] = ()

    def make(self, bench: Bench) -> tuple[Sound, Sound]:
        """Make target and bleed, each (n,) float32, at no particular level."""
        silent = np.zeros(bench.n, np.float32)
        return (
            bench.made(self.target) if self.target else silent,
            bench.made(self.bleed) if self.bleed else silent,
        )

    def facts(self) -> dict[str, Any]:
        """Say in facts what was drawn."""
        said: dict[str, Any] = {}
        if self.track and self.target:
            said |= {"guitar": self.track.name, "played": list(self.track.ways)}
            said |= {"amp": True} if self.amplified else {}
            said |= {"target_room": self.target.room.name} if self.target.room else {}
        if self.bleed:
            said["bleed"] = list(self.names)
            said |= {"bleed_room": self.bleed.room.name} if self.bleed.room else {}
        return said


def amplified(studio: Studio, part: Part) -> Part:
    """Draw an amplifier for a part."""
    rng = studio.rng
    if not np.any(studio.bench.made(part)):
        return part
    lean, drive_db = rng.uniform(*CHANCES.lean), rng.uniform(*CHANCES.drive_db)
    band = high_pass(rng, log_uniform(rng, 30.0, 110.0))
    band += low_pass(rng, log_uniform(rng, 3_500.0, 8_000.0))
    return Amplified(part, lean, drive_db, band)


def guitar_bleed(studio: Studio, kind: str) -> Bleed:
    """Draw what is heard besides a guitar, mainly of one of ``KINDS`` or a band: of loud level 0 dBFS."""
    part: Part | None = None
    names: tuple[str, ...] = ()
    if kind == "hum":
        part, names = electric(studio)
    elif kind == "music" and (items := studio.items("music")):
        item = studio.one_of(items)
        part, names = looped(studio, item, speed=1.0), (item.path.stem,)
    elif kind == "voices" and (items := studio.items("speech")):
        owner = studio.one_of(items).owner
        part, names = speech_track(studio, [[i for i in items if i.owner == owner]], [1.0]), (owner,)
    elif kind == "noise" and (items := studio.items(("noise", "bleed"))):
        item = studio.one_of(items)
        part, names = looped(studio, item, speed=1.0), (item.path.stem,)
    elif kind == "kit":
        part, names = kit_track(studio), ("kit",)
    elif kind == BAND and (found := songs(studio.corpus, studio.split)):
        band = band_bleed(studio, studio.one_of(found))
        part, names = band, band.names
    level = studio.loud_db(part) if part else float("nan")
    if part is None or not np.isfinite(level):  # nothing of that kind here
        return bleed_track(studio, 1)
    return Bleed(part, names, -level)


def electric(studio: Studio) -> tuple[Mix, tuple[str, ...]]:
    """Draw hum, buzz and hiss of pickup, cable and amplifier, each perhaps, one of them leading; with their names."""
    rng = studio.rng
    order = [list(ELECTRIC)[int(i)] for i in rng.permutation(len(ELECTRIC))][: int(rng.integers(1, 4))]
    parts = []
    for k, name in enumerate(order):
        noise = made_up_noise(studio, name)
        under = rng.uniform(*CHANCES.electric_under_db) if k else 0.0
        parts.append((noise, -studio.loud_db(noise) - under))
    return Mix(tuple(parts)), tuple("hiss" if name == "amplifier" else name for name in order)


def _heard_track(studio: Studio, wanted: Wanted) -> GuitarTrack | RecordedTrack:
    """Draw somebody playing; again, up to seven times, while there is nothing to hear."""
    recorded = phrase_items(studio.corpus, studio.split) if wanted.phrases > 0.0 else ()
    phrases = bool(recorded) and studio.happens(wanted.phrases)
    for _ in range(8):
        track = phrase_track(studio, recorded) if phrases else guitar_track(studio, wanted.made_up)
        if np.isfinite(studio.loud_db(track)):
            break
    return track


def guitar_sides(studio: Studio, wanted: Wanted) -> GuitarSides:
    """Draw what a guitar's pickup or microphone hears."""
    rng = studio.rng
    bands = songs(studio.corpus, studio.split) if wanted.kind == BAND or wanted.band > 0.0 else []
    band = bool(bands) and (wanted.kind == BAND or studio.happens(wanted.band))
    own = [song for song in bands if song.guitar] if band and wanted.target and wanted.bleed else []
    if own and (wanted.kind == BAND or studio.happens(CHANCES.own_song)):
        return _in_its_band(studio, studio.one_of(own), wanted)
    track = target = bleed = None
    names: tuple[str, ...] = ()
    driven = False
    if wanted.target:
        track = _heard_track(studio, wanted)
        driven = studio.happens(CHANCES.amplifier)
        dry = amplified(studio, track) if driven else track
        target = InRoom(dry, random_room(studio) if studio.happens(wanted.target_room) else None)
    if wanted.bleed:
        chosen = wanted.kind or (BAND if band else studio.by_weight(KINDS))
        first = guitar_bleed(studio, chosen)
        heard: Part = first
        names = first.names
        if studio.happens(wanted.more):
            other = guitar_bleed(studio, "kit" if chosen == "hum" else "hum")
            heard = Mix(((first, 0.0), (other, -rng.uniform(*CHANCES.under_db))))
            names += other.names
        room: Room | None = None
        if chosen != "hum" and studio.happens(CHANCES.bleed_room):
            room = random_room(studio)
        bleed = InRoom(heard, room)
    return GuitarSides(track, driven, target, bleed, names)


def _in_its_band(studio: Studio, song: Song, wanted: Wanted) -> GuitarSides:
    """Draw a stretch of a song: its guitar, dry as the stem is, and its band; for a judge at its own speed, else at any."""
    track, band = song_stretch(studio, song, 1.0 if wanted.kind == BAND else None)
    heard: Part = band
    names = band.names
    if studio.happens(wanted.more):
        hum = guitar_bleed(studio, "hum")
        level = studio.loud_db(band)
        if np.isfinite(level):
            heard = Mix(((band, 0.0), (hum, level - studio.rng.uniform(*CHANCES.under_db))))
            names += hum.names
    return GuitarSides(track, False, InRoom(track, None), InRoom(heard, None), names)
