"""Scenes as a judge would make them, for choosing and for scoring: few conditions, the same every time."""

from typing import Any

import numpy as np

from gate.constants import RATE
from gate.levels import block_levels_db
from training.labels import OPEN, SHUT, label
from training.recordings.corpus import Corpus, Item
from training.scenes import instruments
from training.scenes.compose import Scene, cast
from training.sounds.bleed import looped
from training.sounds.changes import Rng, Sound, amplitude, loud_db
from training.sounds.phrases import speech_track
from training.sounds.rooms import in_room, random_room

LEAST_OPEN, LEAST_SHUT = 0.05, 0.2
"""Shares of a judged scene of drums or a guitar that should be open and shut."""


def judged_scenes(
    corpus: Corpus, split: str = "val", seed: int = 0, per_kind: int = 24, target: str = "voice"
) -> list[Scene]:
    """Scenes as a judge would make them: 20 s of speech with pauses under noise, then as many under music.

    SNR goes through 0, 5, 10 and 20 dB; every other scene has its speech in a room; the recipe's
    ``threshold_db`` is 30, 20 or 12 dB under the speech's loud level in turn. Nothing else is done to them.
    Speakers and bleed are gone through in order, so few repeat. A corpus without music gives the scenes under
    noise alone. Drums and guitars go the same way, under what ``training.scenes.instruments.judged_kinds`` says.

    Raises:
        ValueError: the split lacks targets or noise, or no such target is known.
    """
    instruments.check(target)
    if target != "voice":
        return [
            _judged_instrument(
                corpus, np.random.default_rng([seed, number, index]), split, target, kind, index
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
            scenes.append(_judged(corpus, rng, kind, person, items[order[index % len(order)]], index))
    return scenes


def _judged(corpus: Corpus, rng: Rng, kind: str, person: list[Item], item: Item, index: int) -> Scene:
    n = 20 * RATE
    snr_db, under_db, room = _conditions(index)
    target = speech_track(corpus, rng, n, [person], [1.0])
    if room:
        response, name = random_room(corpus, rng, item.split)
        target = in_room(target, response)
    else:
        name = None
    bleed = looped(corpus, rng, n, item, speed=1.0)
    target, bleed = _levelled(target, bleed, snr_db)
    loud = loud_db(target)
    recipe = {
        "kind": kind,
        "split": item.split,
        "snr_db": snr_db,
        "threshold_db": loud - under_db,
        "target_room": name,
        "speakers": [person[0].owner],
        "bleed": [item.path.stem],
    }
    return Scene(target + bleed, target, loud, recipe)


def _judged_instrument(corpus: Corpus, rng: Rng, split: str, target: str, kind: str, index: int) -> Scene:
    """One judged scene of a drum or a guitar: drawn again until it has something to open and to shut for."""
    snr_db, under_db, room = _conditions(index)
    for _ in range(12):
        recipe: dict[str, Any] = {"kind": kind, "split": split, "snr_db": snr_db}
        x, y = instruments.judged_sides(corpus, rng, split, target, kind, room, recipe)
        x, y = _levelled(x, y, snr_db)
        loud = loud_db(x)
        recipe |= {"threshold_db": loud - under_db, "target_room": recipe.get("target_room")}
        labels = label(block_levels_db(x), loud - under_db)
        if np.mean(labels == OPEN) > LEAST_OPEN and np.mean(labels == SHUT) > LEAST_SHUT:
            break
    return Scene(x + y, x, loud, recipe)


def _conditions(index: int) -> tuple[float, float, bool]:
    """SNR, threshold under the loud level, and whether the target is in a room, of a judged scene."""
    # index % 4 goes with the SNR; index // 4 shifts the rooms so that each SNR has as many in as out of one.
    return (0.0, 5.0, 10.0, 20.0)[index % 4], (30.0, 20.0, 12.0)[index % 3], (index + index // 4) % 2 == 1


def _levelled(target: Sound, bleed: Sound, snr_db: float) -> tuple[Sound, Sound]:
    """The two at their SNR, the target's loud level at -26 dBFS, or less where a file could not hold them."""
    target = target * np.float32(amplitude(-26.0 - loud_db(target)))
    bleed = bleed * np.float32(amplitude(-26.0 - snr_db - loud_db(bleed)))
    peak = float(np.max(np.abs(target + bleed)))
    if peak > 0.99:  # sparse noises peak far over their loud level; a file could not hold them
        target, bleed = target * np.float32(0.99 / peak), bleed * np.float32(0.99 / peak)
    return target, bleed
