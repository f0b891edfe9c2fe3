"""Scenes of drums and guitars, put together: which target, which bleed, which judged kinds."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from training.instruments.drum_scenes import DrumSides, drum_sides
from training.instruments.guitar_scenes import BAND, GuitarSides, guitar_sides
from training.instruments.kit import TARGETS as DRUMS
from training.instruments.microphones import microphones
from training.instruments.real_kit import MicrophoneSides, microphone_sides, true_sides
from training.instruments.recorded_guitars import songs
from training.instruments.wanted import Wanted
from training.recordings.corpus import Corpus
from training.sounds.bench import Bench, Studio
from training.sounds.changes import Sound
from training.sounds.filters import Filters, low_pass, random_tone, through
from training.sounds.recipe import Recipe, log_uniform

TEACHABLE = ("voice", *DRUMS, "guitar")
"""What scenes can be made of: ``SceneConfig.target``."""

DRUM_CLASSES = ("drums/kick", "drums/snare", "drums/toms", "drums/cymbals")

REAL_BLEED = "real bleed"
"""A drum as a microphone in a real kit heard it, at its true level, or all bleed raised as ``RAISED_DB`` says in turn."""
RAISED_DB = (0.0, 24.0)
"""What bleeds into this drum is some 40 dB under it; other kits, rooms and microphones let through more."""

NARROWED = 0.2
"""Chance of target and bleed both ending at ``NARROWED_HZ``: an old converter, a slow microphone."""
NARROWED_HZ = (5_000.0, 18_000.0)

Sides = DrumSides | MicrophoneSides | GuitarSides


@dataclass(frozen=True)
class ToneSides(Recipe):
    """Two sides, each through its tone control and what both share."""

    sides: Sides
    target_tone: Filters = ()
    bleed_tone: Filters = ()
    shared: Filters = ()

    def make(self, bench: Bench) -> tuple[Sound, Sound]:
        """Make target and bleed, each (n,) float32, at no particular level."""
        target, bleed = bench.made(self.sides)
        return self._through(target, self.target_tone), self._through(bleed, self.bleed_tone)

    def _through(self, x: Sound, tone: Filters) -> Sound:
        return through(x, tone + self.shared) if np.any(x) else x

    def facts(self) -> dict[str, Any]:
        """Say in facts what was drawn."""
        return self.sides.facts()


def check(target: str) -> None:
    """Raise ValueError unless ``target`` is one of ``TEACHABLE``."""
    if target not in TEACHABLE:
        raise ValueError(f"expected a target of {', '.join(TEACHABLE)}, got {target!r}; name one of them")


def sides(studio: Studio, target: str, wanted: Wanted, tone: float) -> ToneSides:
    """Draw target and bleed of a training scene; ``tone`` is the chance of each having a tone control."""
    both = dry_sides(studio, target, wanted)
    rng = studio.rng
    shared = low_pass(rng, log_uniform(rng, *NARROWED_HZ)) if studio.happens(NARROWED) else ()
    target_tone = random_tone(rng) if studio.happens(tone) else ()
    bleed_tone = random_tone(rng) if studio.happens(tone) else ()
    return ToneSides(both, target_tone, bleed_tone, shared)


def dry_sides(studio: Studio, target: str, wanted: Wanted) -> Sides:
    """Draw target and bleed as they are heard."""
    if target == "guitar":
        return guitar_sides(studio, wanted)
    there = microphones(studio.corpus, studio.split, target) if wanted.real_mic > 0.0 else []
    if there and studio.happens(wanted.real_mic):
        return microphone_sides(studio, studio.one_of(there), wanted)
    return drum_sides(studio, target, wanted)  # type: ignore[arg-type]


def judged_kinds(corpus: Corpus, split: str, target: str) -> Sequence[str]:
    """List what a target is judged under: a drum under the kit, and under real bleed where the split has a kit with several
    microphones; a guitar under hum, noise, a kit and music, and in its own band where the split has a song for that.

    Raises:
        ValueError: a drum's kit has no other parts here.
    """
    others = [c for c in DRUM_CLASSES if c != f"drums/{target}"]
    kit = corpus.items(others, split)
    if target != "guitar":
        if not kit:
            raise ValueError(
                f"expected other parts of the kit in the {split} split, got none; add {others[0]}"
            )
        return ("kit", REAL_BLEED) if microphones(corpus, split, target) else ("kit",)
    there = {"hum": True, "noise": corpus.items(("noise", "bleed"), split), "kit": kit}
    there["music"] = corpus.items("music", split)
    there[BAND] = any(song.guitar for song in songs(corpus, split))
    return [kind for kind, items in there.items() if items]


def judged_sides(studio: Studio, target: str, kind: str, room: bool) -> Sides:
    """Draw target and bleed as a judge would make them, with nothing besides the kind that is asked for."""
    if kind == REAL_BLEED:
        return true_sides(studio, microphones(studio.corpus, studio.split, target))
    wanted = Wanted(1.0 if room else 0.0, more=0.0, elsewhere=0.0, kind=kind)
    return dry_sides(studio, target, wanted)
