"""A real kit as one of its microphones heard it: its drum, and the others at the levels at which they truly bleed.

Strokes of all drums and cymbals in one microphone's files (``training.instruments.microphones``) make the kit as it heard
it; ``training.instruments.drummer`` plays it. Recorded grooves are heard as they are.
"""

from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np

from training.instruments.drum_scenes import groove_with, play, with_more
from training.instruments.drummer import TOMS, Lead
from training.instruments.hits import Piece, RecordedPiece, shaped
from training.instruments.kit import Kit, cymbal, with_stand_ins
from training.instruments.kit_sound import Beside, Close, Way
from training.instruments.microphones import MICROPHONES, Microphone
from training.instruments.wanted import Wanted
from training.sounds.bench import Bench, Part, Studio
from training.sounds.bleed import Nothing
from training.sounds.changes import Sound
from training.sounds.recipe import Recipe, log_uniform
from training.sounds.strung import Looped, looped


@dataclass(frozen=True)
class Chances:
    """How a real kit is heard; chances are shares of 1, pairs are (least, most)."""

    speed: tuple[float, float] = (0.85, 1.2)
    """How fast a kit is read, all of it alike: so it stays one kit, larger or smaller."""
    groove: float = 0.25
    """A recorded groove is heard, where the microphone has any, and not the drummer of the house."""


CHANCES = Chances()


@dataclass(frozen=True)
class MicTake(Part):
    """A stroke of a reel as a scene has it: samples ``start`` to ``stop``, tuned by ``ratio``, at its level in the file."""

    recording: str
    start: int
    stop: int
    level_db: float
    ratio: float
    ring: Literal["damp", "go on"] = "damp"

    def make(self, bench: Bench) -> Sound:
        """Make (m,) float32, m as long as it is."""
        x = bench.load(self.recording, self.start, self.stop)
        return shaped(x, self.level_db, self.ratio, ring=self.ring)


@dataclass(frozen=True)
class Without(Part):
    """All that a microphone heard, without one part of it."""

    everything: Part
    part: Part

    def make(self, bench: Bench) -> Sound:
        """Make (n,) float32."""
        return bench.made(self.everything) - bench.made(self.part)


@dataclass(frozen=True)
class MicrophoneSides(Recipe):
    """What a microphone in a real kit heard: its drum and the others, either perhaps nothing; with what to call it."""

    microphone: str
    groove: str
    drum: tuple[str, ...]
    target: Part | None = None
    bleed: Part | None = None
    names: tuple[str, ...] = ()

    def make(self, bench: Bench) -> tuple[Sound, Sound]:
        """Make target and bleed, each (n,) float32, as the microphone heard them: at their true levels to each other."""
        silent = np.zeros(bench.n, np.float32)
        return (
            bench.made(self.target) if self.target else silent,
            bench.made(self.bleed) if self.bleed else silent,
        )

    def facts(self) -> dict[str, Any]:
        """Say in facts what was drawn."""
        said: dict[str, Any] = {"groove": self.groove, "microphone": self.microphone}
        said |= {"drum": list(self.drum)} if self.target else {}
        return said | ({"bleed": list(self.names)} if self.bleed else {})


def microphone_sides(studio: Studio, microphone: Microphone, wanted: Wanted) -> MicrophoneSides:
    """Draw what a microphone in a real kit heard, or would have heard of the drummer of the house."""
    speed = log_uniform(studio.rng, *CHANCES.speed)
    whole = microphone.grooves and (microphone.own is None or studio.happens(CHANCES.groove))
    sides = _recorded(studio, microphone, speed) if whole else _played(studio, microphone, speed, wanted)
    target = sides.target if wanted.target else None
    if not wanted.bleed:
        return replace(sides, target=target, bleed=None, names=())
    bleed, names = with_more(studio, sides.bleed or Nothing(), sides.names, wanted)
    return replace(sides, target=target, bleed=bleed, names=names)


def true_sides(studio: Studio, found: list[Microphone]) -> MicrophoneSides:
    """Draw what one of these microphones heard as it was: a recorded groove, where there is any."""
    microphone = studio.one_of([one for one in found if one.grooves] or found)
    if microphone.grooves:
        return _recorded(studio, microphone, 1.0)
    return _played(studio, microphone, 1.0, Wanted(0.0, 0.0), whole_family=True)


def _recorded(studio: Studio, microphone: Microphone, speed: float) -> MicrophoneSides:
    """Draw a stretch of a recorded groove."""
    heard, drum = studio.one_of(microphone.grooves)
    everything = looped(studio, heard, speed)
    target: Looped = replace(everything, recording=drum.name)
    return MicrophoneSides(
        f"{microphone.kit} {microphone.name}",
        heard.path.parent.name,
        (microphone.own or microphone.name,),
        target,
        Without(everything, target),
        ("real kit",),
    )


def _played(
    studio: Studio, microphone: Microphone, speed: float, wanted: Wanted, whole_family: bool = False
) -> MicrophoneSides:
    """Draw a groove of the house's drummer on the strokes of a microphone.

    Args:
        whole_family: other drums of the microphone's sort bleed as they truly do. Left out where bleed is brought to an SNR:
            a tom as loud as the microphone's own would be told from it by nobody.
    """
    lead: Lead = next(lead for lead, word in MICROPHONES.items() if str(microphone.own).startswith(word))  # type: ignore[assignment]
    parts = _parts(microphone)
    own = tuple(part for part, instrument in parts.items() if instrument == microphone.own)
    strokes, said = groove_with(studio, lead, own, wanted.target)
    kit = Kit.of(with_stand_ins(_pieces(microphone, parts, speed)))
    if not whole_family:
        strokes = [s for s in strokes if s.part in own or not s.part.startswith(MICROPHONES[lead])]
    played = play(studio, kit, strokes)
    others = sorted({stroke.part for stroke in played.strokes} - set(own))
    top_db = max(kit[own[0]].levels_db)
    ways = tuple(Way(part, 0.0, (), max(kit[part].levels_db) - top_db) for part in others)
    target, bleed = Close(played, own), Beside(played, ways)
    name = f"{microphone.kit} {microphone.name}"
    return MicrophoneSides(name, said, (str(microphone.own),), target, bleed, ("real kit",))


def _parts(microphone: Microphone) -> dict[str, str]:
    """Tell which instrument of a kit is which part: highest tom first, by the toms' numbers."""
    there = sorted({stroke.instrument for stroke in microphone.strokes})
    parts: dict[str, str] = {}
    toms = [name for name in there if name.startswith("tom")]
    for name in there:
        if name.startswith("snare"):
            parts |= dict.fromkeys(("snare", "rim", "side"), name)
        elif name.startswith("kick"):
            parts["kick"] = name
        elif not name.startswith("tom") and (part := cymbal(f"{microphone.kit}/{name}")):
            parts[part] = name
    return parts | ({f"tom{i}": toms[i * len(toms) // TOMS] for i in range(TOMS)} if toms else {})


def _pieces(microphone: Microphone, parts: dict[str, str], speed: float) -> dict[str, Piece]:
    """Make each part's piece of all strokes of its instrument; one piece may be several parts."""
    pieces: dict[str, Piece] = {}
    for name in set(parts.values()):
        strokes = sorted((s for s in microphone.strokes if s.instrument == name), key=lambda s: s.level_db)
        drum = name.startswith(tuple(MICROPHONES.values()))
        takes = [
            MicTake(s.recording, s.start, s.stop, s.level_db, speed, "damp" if drum else "go on")
            for s in strokes
        ]
        levels = tuple(s.level_db for s in strokes)
        pieces[name] = RecordedPiece((name,) * len(takes), 0.0, levels, tuple(takes))
    return {part: pieces[name] for part, name in parts.items()}
