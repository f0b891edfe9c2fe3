"""Mixtures to learn from, composed from a corpus: a target that should pass, and bleed that should not.

Everything random comes from the generator that is handed in: the same corpus, configuration and seed give the
same scene. The threshold is not part of a scene: a scene serves many thresholds.
"""

from dataclasses import dataclass, field
from math import isfinite
from typing import Any

import numpy as np

from gate.constants import BLOCK, RATE
from training.recordings.corpus import LEAST_RANGE_DB, Corpus, Item
from training.scenes import instruments
from training.sounds import changes as augment
from training.sounds.bleed import bleed_track
from training.sounds.changes import Rng, Sound, amplitude, log_uniform, loud_db
from training.sounds.made_up import hiss
from training.sounds.phrases import speech_track
from training.sounds.rooms import in_room, random_room

TARGETS = ("speech", "target")
SPEAKER_S = 5.0
"""A speaker with less clean speech than this is not cast."""


@dataclass(frozen=True)
class SceneConfig:
    """How scenes are drawn. Chances are of a scene having the thing; levels in dB; times in s.

    ``target`` is what should pass: "voice", "snare", "kick", "toms" or "guitar". Speakers, speed, highs and
    bands are for voices; drums and guitars have their own ways, see ``training.scenes.instruments``. ``made_up`` is for
    drums and guitars: the chance of an instrument being synthetic, for variety that recordings lack.
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


@dataclass(frozen=True)
class Scene:
    """A mixture and the target as it sits in it.

    ``mixture`` and ``target`` are (n,) float32 at 48 kHz, n a multiple of 100, aligned sample by sample.
    ``loud_db`` is the target's loud level in dBFS, nan if there is no target. ``recipe`` says what was done.
    """

    mixture: Sound
    target: Sound
    loud_db: float
    recipe: dict[str, Any] = field(default_factory=dict)


def compose(corpus: Corpus, rng: Rng, config: SceneConfig = SceneConfig(), split: str = "train") -> Scene:
    """Compose one scene.

    Raises:
        ValueError: the split has no target that may be a label, or no such target is known.
    """
    instruments.check(config.target)
    n = int(config.seconds * RATE) // BLOCK * BLOCK
    recipe: dict[str, Any] = {"kind": config.target, "split": split}
    kind = rng.random()
    has_target = kind >= config.bleed_alone
    has_bleed = not config.bleed_alone <= kind < config.bleed_alone + config.target_alone

    if config.target == "voice":
        target = np.zeros(n, np.float32)
        if has_target:
            _, target = speaking(corpus, rng, n, split, config, recipe)
        bleed = _bleed(corpus, rng, n, split, config, recipe) if has_bleed else np.zeros(n, np.float32)
        target, bleed = _channels(rng, target, bleed, config, recipe)
    else:
        target, bleed = instruments.sides(
            corpus, rng, n, split, config.target, recipe, has_target=has_target, has_bleed=has_bleed,
            target_room=config.target_room, more_sources=config.more_sources, tone=config.tone, made_up=config.made_up,
        )  # fmt: skip

    level = rng.uniform(*config.loud_db)
    target_loud, bleed_loud = loud_db(target), loud_db(bleed)
    if isfinite(target_loud):
        target = target * np.float32(amplitude(level - target_loud))
        # Two thirds of the scenes where the work is, the rest up to where bleed hardly matters.
        easy = min(max(25.0, config.snr_db[0]), config.snr_db[1])
        snr = (
            rng.uniform(config.snr_db[0], easy) if rng.random() < 0.7 else rng.uniform(easy, config.snr_db[1])
        )
        recipe["snr_db"] = float(snr) if isfinite(bleed_loud) else None
    else:
        snr = 0.0
    if isfinite(bleed_loud):
        bleed = bleed * np.float32(amplitude(level - snr - bleed_loud))
        if rng.random() < config.noise_floor:
            floor = hiss(rng, n)
            bleed += floor * np.float32(amplitude(level - rng.uniform(45.0, 75.0) - loud_db(floor)))
    return _finished(rng, target, bleed, config, recipe)


def _finished(rng: Rng, target: Sound, bleed: Sound, config: SceneConfig, recipe: dict[str, Any]) -> Scene:
    """Mix, and lose what recorders and links lose; what happens to both happens to the target too."""
    n = len(target)
    mixture = target + bleed
    if rng.random() < config.coder:
        mixture, target = coded(rng, mixture, target, recipe)
    if rng.random() < config.clip:
        share, hard = float(rng.uniform(0.2, 0.8)), bool(rng.random() < 0.6)
        mixture = augment.clipped(mixture, share, hard)
        recipe["clip"] = share
    gone: list[tuple[int, int]] = []
    if rng.random() < config.drop_outs:
        gone += augment.drop_outs(rng, n)
    if rng.random() < config.mute:
        gone.append(augment.muted_stretch(rng, n))
    for start, stop in gone:
        mixture[start:stop] = 0.0
        target[start:stop] = 0.0
    if gone:
        recipe["silenced"] = gone
    peak = float(np.max(np.abs(mixture), initial=0.0))
    if peak > 1.0:
        if rng.random() < 0.3 and peak < 2.0:
            mixture = np.clip(mixture, np.float32(-1.0), np.float32(1.0))
            recipe["clip"] = 1.0 / peak
        else:
            mixture /= np.float32(peak)
            target /= np.float32(peak)
    left = loud_db(mixture - target)
    recipe["bleed_loud_db"] = left if isfinite(left) else None
    return Scene(mixture, target, loud_db(target), recipe)


def speaking(
    corpus: Corpus, rng: Rng, n: int, split: str, config: SceneConfig, recipe: dict[str, Any]
) -> tuple[Sound, Sound]:
    """Speech with pauses, perhaps of two people, perhaps with highs made up: dry, and as it may sound in a room."""
    people = [_speaker(corpus, rng, split)]
    if rng.random() < config.two_speakers:
        people.append(_speaker(corpus, rng, split))
    speeds = [float(rng.uniform(*config.speech_speed)) for _ in people]
    target = speech_track(corpus, rng, n, people, speeds)
    recipe["speakers"] = [items[0].owner for items in people]
    edge = min(items[0].bandwidth_hz for items in people) * min(speeds)
    if edge < 9_500.0 and rng.random() < config.highs:
        target = augment.mirrored_highs(target, edge, rng.uniform(-16.0, 2.0))
        recipe["highs"] = True
    if rng.random() < config.target_room:
        response, recipe["target_room"] = random_room(corpus, rng, split)
        return target, in_room(target, response)
    return target, target


def _bleed(
    corpus: Corpus, rng: Rng, n: int, split: str, config: SceneConfig, recipe: dict[str, Any]
) -> Sound:
    """One to three sources, perhaps in a room."""
    sources = 1 if rng.random() >= config.more_sources else int(rng.integers(2, 4))
    bleed, recipe["bleed"] = bleed_track(corpus, rng, n, split, sources)
    if rng.random() < config.bleed_room:
        response, recipe["bleed_room"] = random_room(corpus, rng, split)
        bleed = in_room(bleed, response)
    return bleed


def _channels(
    rng: Rng, target: Sound, bleed: Sound, config: SceneConfig, recipe: dict[str, Any]
) -> tuple[Sound, Sound]:
    """Filter each side at random, so that no edge and no tilt tells speech from bleed."""
    sides = {"target": target, "bleed": bleed}
    shared = augment.random_band(rng) if rng.random() < config.same_band else None
    for name in sides:
        sections = []
        if rng.random() < config.tone:
            sections.append(augment.random_tone(rng))
        if rng.random() < config.own_band:
            sections.append(augment.random_band(rng))
            recipe[f"{name}_band"] = True
        if shared is not None:
            sections.append(shared)
            recipe["same_band"] = True
        if sections and np.any(sides[name]):
            sides[name] = augment.filtered(sides[name], np.concatenate(sections))
    return sides["target"], sides["bleed"]


def coded(rng: Rng, mixture: Sound, target: Sound, recipe: dict[str, Any]) -> tuple[Sound, Sound]:
    """Through a coder: a telephone's mu-law, few bits, or Ogg Vorbis at a low rate."""
    peak = np.float32(max(float(np.max(np.abs(mixture), initial=0.0)), 1e-9) / 0.98)
    mixture = mixture / peak
    which = rng.random()
    if which < 0.5:
        recipe["coder"] = "vorbis"
        mixture = augment.vorbis(mixture, float(rng.uniform(0.0, 0.4)))
    else:
        band = augment.low_pass(rng, log_uniform(rng, 3_400.0, 9_000.0))
        mixture, target = augment.filtered(mixture, band), augment.filtered(target, band)
        if which < 0.75:
            recipe["coder"] = "mu-law"
            mixture = augment.mu_law(mixture)
        else:
            bits = int(rng.integers(8, 13))
            recipe["coder"] = f"{bits} bits"
            mixture = augment.requantised(mixture, bits)
    return mixture * peak, target


def cast(corpus: Corpus, split: str) -> list[list[Item]]:
    """Everybody with enough clean speech to be cast, as lists of their items; everybody if nobody has."""
    by_owner: dict[str, list[Item]] = {}
    for item in corpus.items(TARGETS, split):
        by_owner.setdefault(item.owner, []).append(item)
    if not by_owner:
        raise ValueError(
            f"expected clean speech or targets in the {split} split, got none; "
            f"add recordings whose floor is {LEAST_RANGE_DB:g} dB or more under their loud level"
        )
    enough = [items for items in by_owner.values() if _seconds(items) >= SPEAKER_S]
    return enough or list(by_owner.values())


def _speaker(corpus: Corpus, rng: Rng, split: str) -> list[Item]:
    """Cast a speaker: who has more speech, more often, but under proportion, so that many are heard."""
    people = cast(corpus, split)
    weights = np.array([max(_seconds(items), 0.1) for items in people]) ** 0.6
    return people[int(rng.choice(len(weights), p=weights / weights.sum()))]


def _seconds(items: list[Item]) -> float:
    return sum(item.seconds for item in items)
