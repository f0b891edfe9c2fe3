"""Guitar and bass scenes: what a pickup or a microphone hears of a player, and what it hears besides.

That is hum, buzz and hiss, and the others in the room. The playing itself is in ``training.instruments.guitarist``.
"""

from typing import Any

import numpy as np

from gate.constants import RATE
from training.instruments.drum_scenes import kit_track
from training.instruments.guitarist import guitar_track
from training.recordings.corpus import Corpus
from training.sounds.bleed import bleed_track, looped
from training.sounds.changes import Rng, Sound, amplitude, filtered, high_pass, log_uniform, loud_db, low_pass
from training.sounds.made_up import coloured, hiss, hum
from training.sounds.phrases import speech_track
from training.sounds.rooms import in_room, random_room

KINDS = {"hum": 0.45, "kit": 0.18, "music": 0.04, "voices": 0.05, "noise": 0.28}
"""How often a guitar's bleed is mainly this. Music seldom: it has guitars in it, and who learns to shut for them
shuts for guitars that it does not know."""


def amplified(rng: Rng, x: Sound) -> Sound:
    """Through an amplifier: driven by 3 to 26 dB, bent round unevenly, through a loudspeaker's band."""
    peak = float(np.max(np.abs(x), initial=0.0))
    if peak == 0.0:
        return x
    lean = np.float32(rng.uniform(0.0, 0.25))
    driven = x * np.float32(amplitude(rng.uniform(3.0, 26.0)) / peak)
    y = np.tanh(driven + lean) - np.tanh(lean)
    band = [high_pass(rng, log_uniform(rng, 30.0, 110.0)), low_pass(rng, log_uniform(rng, 3_500.0, 8_000.0))]
    return filtered(y, np.concatenate(band))


def guitar_bleed(corpus: Corpus, rng: Rng, n: int, split: str, kind: str) -> tuple[Sound, list[str]]:
    """What is heard besides a guitar, mainly of one of ``KINDS``: (n,) float32 of loud level 0 dBFS, names."""
    if kind == "hum":
        x, names = electric(rng, n)
    elif kind == "music" and (items := corpus.items("music", split)):
        item = items[int(rng.integers(len(items)))]
        x, names = looped(corpus, rng, n, item, speed=1.0), [item.path.stem]
    elif kind == "voices" and (items := corpus.items("speech", split)):
        first = items[int(rng.integers(len(items)))]
        x = speech_track(corpus, rng, n, [[i for i in items if i.owner == first.owner]], [1.0])
        names = [first.owner]
    elif kind == "noise" and (items := corpus.items(("noise", "bleed"), split)):
        item = items[int(rng.integers(len(items)))]
        x, names = looped(corpus, rng, n, item, speed=1.0), [item.path.stem]
    elif kind == "kit":
        x, names = kit_track(corpus, rng, n, split), ["kit"]
    else:
        x, names = np.zeros(n, np.float32), []
    level = loud_db(x)
    if not np.isfinite(level):  # nothing of that kind here
        return bleed_track(corpus, rng, n, split, 1)
    return x * np.float32(amplitude(-level)), names


def electric(rng: Rng, n: int) -> tuple[Sound, list[str]]:
    """Hum, buzz and hiss of pickup, cable and amplifier, each perhaps, one of them leading."""
    sources = {"hum": lambda: hum(rng, n), "buzz": lambda: buzz(rng, n), "hiss": lambda: amp_hiss(rng, n)}
    order = [list(sources)[int(i)] for i in rng.permutation(3)][: int(rng.integers(1, 4))]
    x = np.zeros(n, np.float32)
    for k, name in enumerate(order):
        y = sources[name]()
        x += y * np.float32(amplitude(-loud_db(y) - (rng.uniform(0.0, 20.0) if k else 0.0)))
    return x, order


def buzz(rng: Rng, n: int) -> Sound:
    """Pickup's buzz: the sharp edges of mains hum, 100 or 120 a second, as dimmers and screens make them."""
    rate = 2.0 * rng.choice([50.0, 60.0]) * rng.uniform(0.998, 1.002)
    phase = (np.arange(n) * (rate / RATE) + rng.random()) % 1.0
    sharp = np.exp(-phase * log_uniform(rng, 8.0, 60.0)).astype(np.float32)
    sharp *= np.where(phase < 0.5, 1.0, rng.uniform(-0.3, 0.3)).astype(np.float32)
    sections = [
        high_pass(rng, log_uniform(rng, 80.0, 900.0)),
        low_pass(rng, log_uniform(rng, 3_000.0, 12_000.0)),
    ]
    return filtered(sharp, np.concatenate(sections))


def amp_hiss(rng: Rng, n: int) -> Sound:
    """An amplifier's hiss, perhaps through its loudspeaker."""
    if rng.random() < 0.5:
        return hiss(rng, n)
    x = coloured(rng, n, rng.uniform(-3.0, 3.0))
    return filtered(x, low_pass(rng, log_uniform(rng, 3_500.0, 9_000.0)))


def guitar_sides(
    corpus: Corpus,
    rng: Rng,
    n: int,
    split: str,
    recipe: dict[str, Any],
    *,
    has_target: bool = True,
    has_bleed: bool = True,
    target_room: float = 0.3,
    amp: float = 0.35,
    more: float = 0.5,
    kind: str | None = None,
    made_up: float = 0.0,
) -> tuple[Sound, Sound]:
    """What a guitar's pickup or microphone hears: (target, bleed), each (n,) float32, at no particular level.

    Args:
        target_room, amp: chances of the guitar being in a room, and driving an amplifier.
        more: chance of some hum under other bleed, or of others under the hum.
        kind: of bleed, one of ``KINDS``; at random when None.
        made_up: chance of the guitar being a synthetic one.
    """
    target = bleed = np.zeros(n, np.float32)
    if has_target:
        for _ in range(8):
            target = guitar_track(corpus, rng, n, split, recipe, made_up)
            if np.isfinite(loud_db(target)):
                break
        if rng.random() < amp:
            target, recipe["amp"] = amplified(rng, target), True
        if rng.random() < target_room:
            response, recipe["target_room"] = random_room(corpus, rng, split)
            target = in_room(target, response)
    if has_bleed:
        weights = np.array(list(KINDS.values()))
        chosen = kind or list(KINDS)[int(rng.choice(len(KINDS), p=weights / weights.sum()))]
        bleed, recipe["bleed"] = guitar_bleed(corpus, rng, n, split, chosen)
        if rng.random() < more:
            other, names = guitar_bleed(corpus, rng, n, split, "kit" if chosen == "hum" else "hum")
            bleed = bleed + other * np.float32(amplitude(-rng.uniform(3.0, 28.0)))
            recipe["bleed"] = [*recipe["bleed"], *names]
        if chosen != "hum" and rng.random() < 0.35:
            response, recipe["bleed_room"] = random_room(corpus, rng, split)
            bleed = in_room(bleed, response)
    return target, bleed
