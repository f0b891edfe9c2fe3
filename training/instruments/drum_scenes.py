"""Drum scenes: one drum's microphone, which hears that drum and, later and duller, the rest of the kit.

The kit is made of the corpus' single hits, struck as ``training.instruments.drummer`` says.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np

from gate.constants import RATE
from training.instruments.drummer import TOMS, Lead, Stroke, groove
from training.instruments.hits import Striker
from training.instruments.kit import Kit, assemble
from training.instruments.kit_sound import (
    Beneath,
    Beside,
    Close,
    PlayedKit,
    PlayedStroke,
    Singing,
    Way,
    Wires,
)
from training.instruments.wanted import Wanted
from training.sounds.bench import Bench, Part, Studio
from training.sounds.bleed import bleed_track
from training.sounds.changes import Sound
from training.sounds.filters import Bell, Filters, high_pass, low_pass
from training.sounds.recipe import Recipe, draw_noise, log_uniform
from training.sounds.rooms import InRoom, Room, random_room

OF_TARGET = {
    "snare": ("snare", "rim", "side"),
    "kick": ("kick",),
    "toms": tuple(f"tom{i}" for i in range(TOMS)),
}

LEAST_EVERY_S = 2.5
"""Grooves with fewer strokes of the target than one in this time are drawn again."""

STEADY = ("closed", "pedal", "open")
"""Parts of the hi-hat: the next one stops an open one."""


@dataclass(frozen=True)
class Chances:
    """How a microphone in a kit hears; chances are shares of 1, pairs are (least, most)."""

    crash_choked: float = 0.06
    """A crash is stopped by hand: an effect, heard once in a song."""
    choked_after_s: tuple[float, float] = (0.15, 0.7)
    close_db: tuple[float, float] = (0.0, 14.0)
    """How far a room is turned down under what random rooms have: a drum's microphone stands close."""
    beside_hz: tuple[float, float] = (25.0, 250.0)
    dull: float = 0.6
    """What comes from the side is duller: most microphones take the highs off there."""
    dull_hz: tuple[float, float] = (2_000.0, 18_000.0)
    far_db: float = 6.0
    """Spread of the levels at which parts of the kit are heard (standard deviation)."""
    late_s: tuple[float, float] = (0.001, 0.008)
    """0.3 to 2.7 m farther away than the drum itself."""
    bleed_room: float = 0.7
    """The kit is heard in its room too; what comes from afar always is, if the room is not very dead."""
    wires: float = 0.3
    """A snare's wires buzz with the others: where they are not, they are tight or the kit is quiet."""
    wires_db: tuple[float, float] = (10.0, 28.0)
    sing: float = 0.5
    """Toms sing along, unless they are damped."""
    sing_db: tuple[float, float] = (3.0, 12.0)
    under_kit_db: tuple[float, float] = (3.0, 28.0)
    """How far what is more is under the kit."""


CHANCES = Chances()


@dataclass(frozen=True)
class DrumSides(Recipe):
    """What the microphone of one drum hears: the drum and what is besides, either perhaps nothing; with what to call it."""

    groove: str
    target: Close | None = None
    drum: tuple[str, ...] = ()
    bleed: Part | None = None
    bleed_room: Room | None = None
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
        said: dict[str, Any] = {"groove": self.groove}
        if self.target:
            said["drum"] = list(self.drum)
            said |= {"target_room": self.target.room.name} if self.target.room else {}
        if self.bleed:
            said |= {"bleed_room": self.bleed_room.name} if self.bleed_room else {}
            said["bleed"] = list(self.names)
        return said


def drum_sides(studio: Studio, lead: Lead, wanted: Wanted) -> DrumSides:
    """Draw what the microphone of one drum hears.

    Raises:
        ValueError: the split has no hits of the drum that may be labels.
    """
    rng = studio.rng
    kit = assemble(studio, lead, wanted.made_up)
    own = OF_TARGET[lead]
    strokes, said = groove_with(studio, lead, own, wanted.target)
    played = play(studio, kit, strokes)
    target, drum = None, []
    if wanted.target:
        there = {stroke.part for stroke in played.strokes}
        drum = sorted({kit[part].names[0] for part in own if part in there})
        room = random_room(studio) if studio.happens(wanted.target_room) else None
        target = Close(played, own, room, rng.uniform(*CHANCES.close_db) if room else 0.0)
    if not wanted.bleed:
        return DrumSides(said, target, tuple(drum))
    beside = heard_bleed(studio, played, own)
    bleed, names = with_more(studio, _sympathy(studio, beside, kit, lead), ("kit",), wanted)
    return DrumSides(said, target, tuple(drum), bleed, beside.room, names)


def groove_with(
    studio: Studio, lead: Lead, own: tuple[str, ...], surely: bool = True
) -> tuple[list[Stroke], str]:
    """Draw a groove with enough strokes on some parts, if it takes no more than four; ``surely``: with one at least."""
    rng, seconds = studio.rng, studio.n / RATE
    for _ in range(4):
        strokes, said = groove(rng, seconds, lead)
        heard = sum(s.part in own and 0.0 <= s.at_s < seconds - 0.1 for s in strokes)
        if heard >= seconds / LEAST_EVERY_S:
            break
    if surely and not heard:
        strokes.append(Stroke(float(rng.uniform(0.1, seconds - 0.2)), own[0], 0.0))
    return strokes, said


def with_more(
    studio: Studio, bleed: Part, names: tuple[str, ...], wanted: Wanted
) -> tuple[Part, tuple[str, ...]]:
    """Draw what is heard under a kit, or instead of it, with what to call it all."""
    level = studio.loud_db(bleed)
    alone = not np.isfinite(level) or studio.happens(wanted.elsewhere)
    if not alone and not studio.happens(wanted.more):
        return bleed, names
    more = bleed_track(studio, 1)
    if alone:
        return more, more.names
    db = level - studio.rng.uniform(*CHANCES.under_kit_db)
    return Beneath(bleed, more, db), (*names, *more.names)


def play(studio: Studio, kit: Kit, strokes: list[Stroke]) -> PlayedKit:
    """Draw how strokes sound on a kit; those on parts that it lacks, and those far outside, are left out."""
    rng, seconds = studio.rng, studio.n / RATE
    striker = Striker(rng)
    hats = sorted(s.at_s for s in strokes if s.part in STEADY)
    played = []
    for s in strokes:
        if s.part not in kit or not -3.0 < s.at_s < seconds:
            continue
        struck = striker.strike(kit[s.part], min(s.db, 2.0))
        choked_at = None
        if s.part == "open":  # until the hat is shut or struck again
            after = np.searchsorted(hats, s.at_s + 0.02)
            if after < len(hats):
                choked_at = int((hats[after] - s.at_s) * RATE)
        elif s.part == "crash" and studio.happens(CHANCES.crash_choked):
            choked_at = int(rng.uniform(*CHANCES.choked_after_s) * RATE)
        played.append(PlayedStroke(s.part, struck, int(s.at_s * RATE), choked_at))
    return PlayedKit(kit, tuple(played))


def heard_bleed(studio: Studio, played: PlayedKit, own: tuple[str, ...] = ()) -> InRoom:
    """Draw how a kit, less a drum's own parts, is heard by a microphone beside it."""
    parts = {stroke.part for stroke in played.strokes} - set(own)
    return in_bleed_room(studio, Beside(played, ways(studio, sorted(parts))))


def in_bleed_room(studio: Studio, beside: Beside) -> InRoom:
    """Draw whether what is heard from beside is heard in a room too; silence never is."""
    in_a_room = studio.happens(CHANCES.bleed_room)
    room = random_room(studio) if in_a_room and np.any(studio.bench.made(beside)) else None
    return InRoom(beside, room)


def ways(studio: Studio, parts: list[str]) -> tuple[Way, ...]:
    """Draw how parts of a kit are heard from afar; those of one instrument in one way."""
    rng = studio.rng
    drawn: dict[str, tuple[float, Filters, float]] = {}
    for part in parts:
        family = _family(part)
        if family not in drawn:
            filters = high_pass(rng, log_uniform(rng, *CHANCES.beside_hz))
            if studio.happens(CHANCES.dull):
                filters += low_pass(rng, log_uniform(rng, *CHANCES.dull_hz))
            far_db = float(rng.normal(-3.0 if family in ("ride", "crash") else 0.0, CHANCES.far_db))
            drawn[family] = rng.uniform(*CHANCES.late_s), filters, far_db
    return tuple(Way(part, *drawn[_family(part)]) for part in parts)


def _family(part: str) -> str:
    """Name the instrument that a part is of."""
    if part in STEADY:
        return "hat"
    return "snare" if part in ("rim", "side") else part.rstrip("0123")


def _sympathy(studio: Studio, bleed: Part, kit: Kit, lead: Lead) -> Part:
    """Draw what the drum does by itself when the others are struck: wires buzz, toms sing along."""
    rng = studio.rng
    if lead == "snare" and studio.happens(CHANCES.wires) and np.any(studio.bench.made(bleed)):
        noise, band = draw_noise(rng, studio.n), high_pass(rng, 1_500.0)
        return Wires(bleed, noise, band, rng.uniform(*CHANCES.wires_db))
    if lead == "toms" and studio.happens(CHANCES.sing):
        toms = [kit[part].hz for part in OF_TARGET[lead] if part in kit]
        return Singing(
            bleed, tuple(Bell(hz, rng.uniform(*CHANCES.sing_db), 0.08) for hz in toms if 50.0 < hz < 400.0)
        )
    return bleed


def kit_track(studio: Studio) -> InRoom:
    """Draw a whole kit in a room: what other instruments' microphones hear of it."""
    kit = assemble(studio, "kit")
    strokes, _ = groove(studio.rng, studio.n / RATE, "kit")
    return heard_bleed(studio, play(studio, kit, strokes))
