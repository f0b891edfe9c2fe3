"""Mixtures to learn from, composed from a corpus: a target that should pass, and bleed that should not.

A scene is drawn as a recipe (``draw``) and made from it (``make``); ``compose`` does both. Everything random comes from the
generator that is handed in: the same corpus, configuration and seed give the same recipe, and the same recipe and corpus
the same scene. The threshold is not part of a scene: a scene serves many thresholds.
"""

from dataclasses import dataclass, field
from math import isfinite
from typing import Any

import numpy as np

from gate.constants import BLOCK, RATE
from training.instruments.wanted import Wanted
from training.recordings.corpus import Corpus
from training.scenes import instruments, losses
from training.scenes.losses import Clip, Coder, Overload
from training.scenes.voices import VoiceSides, voice_sides
from training.sounds.bench import Bench, Studio
from training.sounds.changes import Sound, amplitude, loud_db
from training.sounds.gains import drop_outs, muted_stretch
from training.sounds.made_up import MadeUpNoise, made_up_noise
from training.sounds.recipe import Recipe, Rng

WHERE_THE_WORK_IS = 0.7
"""Share of scenes with an SNR up to ``EASY_DB``; the rest goes up to where bleed hardly matters."""
EASY_DB = 25.0
FLOOR_UNDER_DB = (45.0, 75.0)
"""How far a noise floor is under the target's level: from a cheap interface to a good one."""


@dataclass(frozen=True)
class SceneConfig:
    """How scenes are drawn. Chances are of a scene having the thing; levels in dB; times in s.

    ``target`` is what should pass: "voice", "snare", "kick", "toms" or "guitar". Speakers, speed, highs and
    bands are for voices; drums and guitars have their own ways, see ``training.scenes.instruments``. ``made_up`` is for
    drums and guitars: the chance of an instrument being synthetic, for variety that recordings lack. ``real_mic`` is the
    chance of a drum being heard by a microphone that stood in a real kit, ``phrases`` of a guitar being recorded playing
    and not single notes, ``band`` of its bleed being a band (half of the time that of its own song), each where the corpus
    has any. With ``songs``, stems of songs in which nobody sings are music that bleeds into voices.
    """

    seconds: float = 10.0
    snr_db: tuple[float, float] = (-5.0, 40.0)
    loud_db: tuple[float, float] = (-45.0, -3.0)
    speech_speed: tuple[float, float] = (0.85, 1.18)
    bleed_alone: float = 0.08
    target_alone: float = 0.05
    two_speakers: float = 0.15
    more_sources: float = 0.42
    target_room: float = 0.38
    bleed_room: float = 0.35
    highs: float = 0.35
    same_band: float = 0.35
    own_band: float = 0.3
    tone: float = 0.6
    noise_floor: float = 0.5
    coder: float = 0.15
    clip: float = 0.06
    drop_outs: float = 0.05
    mute: float = 0.06
    target: str = "voice"
    made_up: float = 0.0
    real_mic: float = 0.0
    phrases: float = 0.0
    band: float = 0.0
    songs: bool = False


@dataclass(frozen=True)
class Scene:
    """A mixture and the target as it sits in it.

    ``mixture`` and ``target`` are (n,) float32 at 48 kHz, n a multiple of 100, aligned sample by sample.
    ``loud_db`` is the target's loud level in dBFS, nan if there is no target. ``recipe`` says in a few facts what was done:
    for judges, cards and people. ``drawn`` is the whole recipe that the scene was made from; None of one from elsewhere.
    """

    mixture: Sound
    target: Sound
    loud_db: float
    recipe: dict[str, Any] = field(default_factory=dict)
    drawn: Recipe | None = None


@dataclass(frozen=True)
class Levelled(Recipe):
    """Two sides at their levels, by gains in dB (None for a silent one), perhaps with a noise floor in the bleed.

    ``snr_db`` is the target's loud level over the bleed's, None where there is no target or no bleed.
    """

    sides: VoiceSides | instruments.Sides | instruments.ToneSides
    target_db: float | None = None
    bleed_db: float | None = None
    snr_db: float | None = None
    floor: MadeUpNoise | None = None
    floor_db: float = 0.0

    def make(self, bench: Bench) -> tuple[Sound, Sound]:
        """Make target and bleed, each (n,) float32."""
        target, bleed = bench.made(self.sides)
        if self.target_db is not None:
            target = target * np.float32(amplitude(self.target_db))
        if self.bleed_db is not None:
            bleed = bleed * np.float32(amplitude(self.bleed_db))
        if self.floor is not None:
            bleed = bleed + bench.made(self.floor) * np.float32(amplitude(self.floor_db))
        return target, bleed

    def facts(self) -> dict[str, Any]:
        """Say in facts what was drawn."""
        return self.sides.facts() | ({"snr_db": self.snr_db} if self.target_db is not None else {})


@dataclass(frozen=True)
class Lossy(Recipe):
    """A mixture of both sides, and what recorders and links lose of it: ``silenced`` are stretches (start, stop)."""

    levelled: Levelled
    coder: Coder | None = None
    clip: Clip | None = None
    silenced: tuple[tuple[int, int], ...] = ()

    def make(self, bench: Bench) -> tuple[Sound, Sound]:
        """Make mixture and target, each (n,) float32; what happens to both happens to the target too."""
        target, bleed = bench.made(self.levelled)
        mixture = target + bleed
        if self.coder is not None:
            mixture, target = self.coder.make(mixture, target)
        if self.clip is not None:
            mixture = self.clip.make(mixture)
        return losses.silenced(mixture, self.silenced), losses.silenced(target, self.silenced)

    def facts(self) -> dict[str, Any]:
        """Say in facts what was drawn."""
        said = self.levelled.facts()
        said |= {"coder": self.coder.name} if self.coder else {}
        said |= {"clip": self.clip.share} if self.clip else {}
        return said | ({"silenced": list(self.silenced)} if self.silenced else {})


@dataclass(frozen=True)
class SceneRecipe(Recipe):
    """A scene of ``n`` samples that was drawn from a split of a corpus; ``target`` is of ``SceneConfig``."""

    target: str
    split: str
    n: int
    lossy: Lossy
    overload: Overload | None = None


def compose(corpus: Corpus, rng: Rng, config: SceneConfig = SceneConfig(), split: str = "train") -> Scene:
    """Draw one scene and make it.

    Raises:
        ValueError: the split has no target that may be a label, or no such target is known.
    """
    studio = _studio(corpus, rng, config, split)
    return _made(_drawn(studio, config), studio.bench)


def draw(corpus: Corpus, rng: Rng, config: SceneConfig = SceneConfig(), split: str = "train") -> SceneRecipe:
    """Draw one scene; raises as ``compose``.

    Some of what is drawn depends on what was drawn before being silent, or too loud: it is made and listened to meanwhile.
    """
    return _drawn(_studio(corpus, rng, config, split), config)


def make(recipe: SceneRecipe, corpus: Corpus) -> Scene:
    """Make a scene; nothing is drawn.

    Raises:
        ValueError: the corpus lacks one of its recordings.
    """
    return _made(recipe, Bench(corpus, recipe.n))


def _studio(corpus: Corpus, rng: Rng, config: SceneConfig, split: str) -> Studio:
    instruments.check(config.target)
    return Studio(Bench(corpus, int(config.seconds * RATE) // BLOCK * BLOCK), rng, split)


def _drawn(studio: Studio, config: SceneConfig) -> SceneRecipe:
    rng = studio.rng
    kind = rng.random()
    target = kind >= config.bleed_alone
    bleed = not config.bleed_alone <= kind < config.bleed_alone + config.target_alone
    if config.target == "voice":
        levelled = _levelled(studio, config, voice_sides(studio, config, target, bleed))
    else:
        wanted = Wanted(
            config.target_room,
            config.more_sources,
            target,
            bleed,
            made_up=config.made_up,
            real_mic=config.real_mic,
            phrases=config.phrases,
            band=config.band,
        )
        levelled = _levelled(studio, config, instruments.sides(studio, config.target, wanted, config.tone))
    lossy = Lossy(
        levelled,
        losses.coder(rng) if studio.happens(config.coder) else None,
        losses.clip(rng) if studio.happens(config.clip) else None,
        (drop_outs(rng, studio.n) if studio.happens(config.drop_outs) else ())
        + ((muted_stretch(rng, studio.n),) if studio.happens(config.mute) else ()),
    )
    mixture, _ = studio.bench.made(lossy)
    overload = losses.overload(rng, float(np.max(np.abs(mixture), initial=0.0)))
    return SceneRecipe(config.target, studio.split, studio.n, lossy, overload)


def _levelled(studio: Studio, config: SceneConfig, sides: VoiceSides | instruments.ToneSides) -> Levelled:
    """Draw levels: the target's, how far under it the bleed is, and a noise floor."""
    rng = studio.rng
    target_loud, bleed_loud = map(loud_db, studio.bench.made(sides))
    level, snr_db = rng.uniform(*config.loud_db), 0.0
    if isfinite(target_loud):
        easy_db = min(max(EASY_DB, config.snr_db[0]), config.snr_db[1])
        hard = studio.happens(WHERE_THE_WORK_IS)
        snr_db = rng.uniform(config.snr_db[0], easy_db) if hard else rng.uniform(easy_db, config.snr_db[1])
    floor, floor_db = None, 0.0
    if isfinite(bleed_loud) and studio.happens(config.noise_floor):
        floor = made_up_noise(studio, "hiss")
        floor_db = level - rng.uniform(*FLOOR_UNDER_DB) - studio.loud_db(floor)
    return Levelled(
        sides,
        target_db=level - target_loud if isfinite(target_loud) else None,
        bleed_db=level - snr_db - bleed_loud if isfinite(bleed_loud) else None,
        snr_db=snr_db if isfinite(target_loud) and isfinite(bleed_loud) else None,
        floor=floor,
        floor_db=floor_db,
    )


def _made(recipe: SceneRecipe, bench: Bench) -> Scene:
    mixture, target = bench.made(recipe.lossy)
    said: dict[str, Any] = {"kind": recipe.target, "split": recipe.split} | recipe.lossy.facts()
    if recipe.overload is not None:
        mixture, target = recipe.overload.make(mixture, target)
        said |= {"clip": 1.0 / recipe.overload.peak} if recipe.overload.clipped else {}
    left = loud_db(mixture - target)
    said["bleed_loud_db"] = left if isfinite(left) else None
    return Scene(mixture, target, loud_db(target), said, recipe)
