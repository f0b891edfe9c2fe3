"""Scenes as a judge would make them, for choosing and for scoring: few conditions, the same every time."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from gate.constants import RATE
from gate.levels import block_levels_db
from training.labels import OPEN, SHUT, label
from training.recordings.corpus import Corpus, Item
from training.scenes import instruments
from training.scenes.compose import Scene
from training.scenes.voices import cast
from training.sounds.bench import Bench, Studio
from training.sounds.changes import Sound, amplitude, loud_db
from training.sounds.phrases import SpeechTrack, speech_track
from training.sounds.recipe import Recipe
from training.sounds.rooms import InRoom, random_room
from training.sounds.strung import Looped, looped

JUDGED = 20 * RATE
"""Samples of a judged scene."""

TRIES = 12
"""How often a scene, or a stretch of a recording, is drawn again that nobody could be judged by."""

LEAST_OPEN, LEAST_SHUT = 0.05, 0.2
"""Shares of a judged scene of drums or a guitar that should be open and shut."""


@dataclass(frozen=True)
class JudgedVoice(Recipe):
    """A speaker, perhaps in a room, and one recording of bleed."""

    speakers: tuple[str, ...]
    target: InRoom
    bleed: Looped
    bleed_name: str

    def make(self, bench: Bench) -> tuple[Sound, Sound]:
        """Make target and bleed, each (n,) float32, at no particular level."""
        return bench.made(self.target), bench.made(self.bleed)

    def facts(self) -> dict[str, Any]:
        """Say in facts what was drawn."""
        room = self.target.room
        return {
            "target_room": room.name if room else None,
            "speakers": list(self.speakers),
            "bleed": [self.bleed_name],
        }


@dataclass(frozen=True)
class JudgedRecipe(Recipe):
    """A judged scene: what is under what, how far, and how far under the target's loud level the threshold is.

    ``raised_db`` is how much nearer to the target the bleed was brought than it truly is, for real bleed.
    """

    kind: str
    split: str
    sides: JudgedVoice | instruments.Sides
    snr_db: float
    under_db: float
    raised_db: float | None = None


def make_judged(recipe: JudgedRecipe, corpus: Corpus) -> Scene:
    """Make a judged scene; nothing is drawn.

    Raises:
        ValueError: the corpus lacks one of its recordings.
    """
    return _made(recipe, Bench(corpus, JUDGED))


def judged_scenes(
    corpus: Corpus, split: str = "val", seed: int = 0, per_kind: int = 24, target: str = "voice"
) -> list[Scene]:
    """Draw and make scenes as a judge would: 20 s of speech with pauses under noise, then as many under music.

    SNR goes through 0, 5, 10 and 20 dB; every other scene has its speech in a room; the recipe's
    ``threshold_db`` is 30, 20 or 12 dB under the speech's loud level in turn. Nothing else is done to them.
    Speakers and bleed are gone through in order, so few repeat. A corpus without music gives the scenes under
    noise alone. Drums and guitars go the same way, under what ``training.scenes.instruments.judged_kinds`` says; real bleed
    is not brought to an SNR, but heard as it is and raised as ``RAISED_DB`` says, in turn.

    Raises:
        ValueError: the split lacks targets or noise, or no such target is known.
    """
    instruments.check(target)
    if target != "voice":
        return [
            _judged_instrument(
                Studio(Bench(corpus, JUDGED), np.random.default_rng([seed, number, index]), split),
                target,
                kind,
                index,
            )
            for number, kind in enumerate(instruments.judged_kinds(corpus, split, target))
            for index in range(per_kind)
        ]
    scenes = []
    for number, kind in enumerate(("noise", "music")):
        items = corpus.items(("noise", "bleed") if kind == "noise" else kind, split)
        if not items and kind == "music":
            continue
        if not items:
            raise ValueError(f"expected {kind} in the {split} split, got none; add recordings of it")
        rng = np.random.default_rng([seed, number])
        order = rng.permutation(len(items))
        people = cast(corpus, split)
        turn = rng.permutation(len(people))
        for index in range(per_kind):
            person = people[turn[index % len(turn)]]
            studio = Studio(Bench(corpus, JUDGED), rng, split)
            scenes.append(_judged(studio, kind, person, items[order[index % len(order)]], index))
    return scenes


def _judged(studio: Studio, kind: str, person: list[Item], item: Item, index: int) -> Scene:
    """Draw and make one judged scene of a voice."""
    snr_db, under_db, room = _conditions(index)
    track: SpeechTrack = speech_track(studio, [person], [1.0])
    target = InRoom(track, random_room(studio) if room else None)
    sides = JudgedVoice((person[0].owner,), target, _heard(studio, item), item.path.stem)
    return _made(JudgedRecipe(kind, studio.split, sides, snr_db, under_db), studio.bench)


def _heard(studio: Studio, item: Item) -> Looped:
    """Draw a stretch of a recording in which there is sound: some have half a minute of silence in them."""
    for _ in range(TRIES):
        drawn = looped(studio, item, speed=1.0)
        if np.isfinite(loud_db(studio.bench.made(drawn))):
            return drawn
    raise ValueError(
        f"expected sound in {item.path}, got {TRIES} stretches of {JUDGED // RATE} s that are silent; take it out"
    )


def _judged_instrument(studio: Studio, target: str, kind: str, index: int) -> Scene:
    """Draw and make one judged scene of a drum or a guitar, again until it has something to open and to shut for."""
    snr_db, under_db, room = _conditions(index)
    for _ in range(TRIES):
        sides, raised_db = instruments.judged_sides(studio, target, kind, room), None
        if kind == instruments.REAL_BLEED:
            raised_db = instruments.RAISED_DB[index % len(instruments.RAISED_DB)]
            own, bleed = map(loud_db, studio.bench.made(sides))
            snr_db = own - bleed - raised_db
        scene = _made(JudgedRecipe(kind, studio.split, sides, snr_db, under_db, raised_db), studio.bench)
        labels = label(block_levels_db(scene.target), scene.recipe["threshold_db"])
        if np.mean(labels == OPEN) > LEAST_OPEN and np.mean(labels == SHUT) > LEAST_SHUT:
            break
    return scene


def _made(recipe: JudgedRecipe, bench: Bench) -> Scene:
    """Make a judged scene, and say about it what judges ask for."""
    target, bleed = _levelled(*bench.made(recipe.sides), recipe.snr_db)
    loud = loud_db(target)
    threshold_db = loud - recipe.under_db
    said: dict[str, Any] = {"kind": recipe.kind, "split": recipe.split, "snr_db": recipe.snr_db}
    said |= {} if recipe.raised_db is None else {"raised_db": recipe.raised_db}
    if isinstance(recipe.sides, JudgedVoice):
        said |= {"threshold_db": threshold_db} | recipe.sides.facts()
    else:
        said |= recipe.sides.facts() | {"threshold_db": threshold_db}
        said.setdefault("target_room", None)
    return Scene(target + bleed, target, loud, said, recipe)


def _conditions(index: int) -> tuple[float, float, bool]:
    """Choose SNR, threshold under the loud level, and whether the target is in a room, of a judged scene."""
    # index % 4 goes with the SNR; index // 4 shifts the rooms so that each SNR has as many in as out of one.
    return (0.0, 5.0, 10.0, 20.0)[index % 4], (30.0, 20.0, 12.0)[index % 3], (index + index // 4) % 2 == 1


def _levelled(target: Sound, bleed: Sound, snr_db: float) -> tuple[Sound, Sound]:
    """Bring the two to their SNR, the target's loud level at -26 dBFS, or less where a file could not hold them."""
    target = target * np.float32(amplitude(-26.0 - loud_db(target)))
    bleed = bleed * np.float32(amplitude(-26.0 - snr_db - loud_db(bleed)))
    peak = float(np.max(np.abs(target + bleed)))
    if peak > 0.99:  # sparse noises peak far over their loud level; a file could not hold them
        target, bleed = target * np.float32(0.99 / peak), bleed * np.float32(0.99 / peak)
    return target, bleed
