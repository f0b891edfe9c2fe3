"""What should not pass: noises, music, drums, guitars and made-up noises, strung into tracks."""

import numpy as np

from gate.constants import RATE
from training.recordings.corpus import Corpus, Item
from training.sounds.changes import (
    Rng,
    Sound,
    add_at,
    amplitude,
    faded,
    gain_steps,
    log_uniform,
    loud_db,
    on_off,
    resampled,
)
from training.sounds.made_up import KINDS

HIT_CLASSES = ("drums/kick", "drums/snare", "drums/toms", "drums/cymbals", "drums/percussion")

WEIGHTS = {"noise": 0.42, "music": 0.22, "drums": 0.1, "guitar": 0.07, "instrument": 0.03, "made-up": 0.16}
"""How often a source is of each kind. Noises and music lead: voices are most often gated from them."""


def bleed_track(corpus: Corpus, rng: Rng, n: int, split: str, sources: int) -> tuple[Sound, list[str]]:
    """Mix of this many sources, (n,) float32, its first the loudest, with their names. Loud level 0 dBFS."""
    track, names = np.zeros(n, np.float32), []
    for index in range(sources):
        x, name = one_source(corpus, rng, n, split)
        level = loud_db(x)
        if not np.isfinite(level):
            continue
        track += x * np.float32(amplitude(-level - (rng.uniform(0.0, 15.0) if index else 0.0)))
        names.append(name)
    level = loud_db(track)
    if not np.isfinite(level):  # a sparse source that happened to be silent here
        return KINDS["hiss"](rng, n), ["hiss"]
    return track * np.float32(amplitude(-level)), names


def one_source(corpus: Corpus, rng: Rng, n: int, split: str) -> tuple[Sound, str]:
    """One source over the whole length, now and then coming and going, or with its level stepped."""
    x, name = _source(corpus, rng, n, split)
    if rng.random() < 0.3:
        x = x * on_off(rng, n)
    if rng.random() < 0.12:
        x = x * gain_steps(rng, n)
    return x, name


def _source(corpus: Corpus, rng: Rng, n: int, split: str) -> tuple[Sound, str]:
    there = {
        "noise": corpus.items(("noise", "bleed"), split),
        "music": corpus.items("music", split),
        "drums": corpus.items((*HIT_CLASSES, "drums/loops"), split),
        "guitar": corpus.items(("guitar", "pairs"), split),
        "instrument": corpus.items("instrument", split),
    }
    weights = np.array([w if name == "made-up" or there[name] else 0.0 for name, w in WEIGHTS.items()])
    kind = list(WEIGHTS)[int(rng.choice(len(weights), p=weights / weights.sum()))]
    if kind == "made-up":
        name = list(KINDS)[int(rng.integers(len(KINDS)))]
        return KINDS[name](rng, n), name
    items = there[kind]
    if kind == "drums":
        loops = corpus.items("drums/loops", split)
        if loops and rng.random() < 0.3:
            return looped(corpus, rng, n, pick(rng, loops)), "loop"
        return drum_pattern(corpus, rng, n, items), "drums"
    if kind in ("guitar", "instrument"):
        return notes(corpus, rng, n, items), kind
    if kind == "noise" and rng.random() < 0.4:
        return events(corpus, rng, n, items), "noises"
    item = pick(rng, items)
    return looped(corpus, rng, n, item), f"{kind}:{item.path.stem}"


def looped(corpus: Corpus, rng: Rng, n: int, item: Item, speed: float | None = None) -> Sound:
    """An item from a random place on, again and again, joined by crossfades: (n,) float32.

    Args:
        speed: how fast to play it (pitch goes with it); random, 0.7 to 1.4, when None.
    """
    ratio = log_uniform(rng, 0.7, 1.4) if speed is None else speed
    length = corpus.length(item)
    start = int(rng.integers(length))
    need = int(n * ratio) + 64
    if start + need > length:
        start = int(rng.integers(max(length - need, 0) + 1))
    x = resampled(corpus.load(item, start, start + need), ratio)
    if len(x) >= n:
        return x[:n]
    track = np.zeros(n, np.float32)
    cross = min(int(0.03 * RATE), len(x) // 4)
    x = faded(x, cross)
    at = -int(rng.integers(len(x))) if len(x) else n
    while at < n:
        add_at(track, x, at)
        at += max(len(x) - cross, 480)
    return track


def events(corpus: Corpus, rng: Rng, n: int, items: tuple[Item, ...]) -> Sound:
    """Single noises with pauses between them: some of the same kind, some not."""
    track = np.zeros(n, np.float32)
    item = pick(rng, items)
    pause_s = log_uniform(rng, 0.1, 2.0)
    at = int(rng.uniform(-1.0, 1.0) * RATE)
    while at < n:
        if rng.random() < 0.4:
            item = pick(rng, items)
        length = int(log_uniform(rng, 0.2, 4.0) * RATE)
        start = int(rng.integers(max(corpus.length(item) - length, 0) + 1))
        x = resampled(corpus.load(item, start, start + length), log_uniform(rng, 0.7, 1.4))
        level = loud_db(x)
        if np.isfinite(level):
            x = faded(x * np.float32(amplitude(-level + rng.normal(0.0, 5.0))), int(0.004 * RATE))
            add_at(track, x, at)
        at += len(x) + int((0.02 + rng.exponential(pause_s)) * RATE)
    return track


def drum_pattern(corpus: Corpus, rng: Rng, n: int, items: tuple[Item, ...]) -> Sound:
    """A made-up drummer: two to five drums on a grid of sixteenths, uneven in time and force."""
    track = np.zeros(n, np.float32)
    hits = [item for item in items if item.kind != "drums/loops"] or list(items)
    kinds = sorted({item.kind for item in hits})
    step = 60.0 / rng.uniform(65.0, 190.0) / 4.0 * RATE
    swing, sloppy = rng.uniform(0.0, 0.3), rng.uniform(0.0, 0.012) * RATE
    for _ in range(int(rng.integers(2, 6))):
        kind = kinds[int(rng.integers(len(kinds)))]
        of_kind = [item for item in hits if item.kind == kind]
        first = int(rng.integers(len(of_kind)))
        takes = of_kind[first : first + 4]  # neighbours in the list: most often the same drum at other forces
        speed = log_uniform(rng, 0.75, 1.33)
        sounds = [resampled(corpus.load(item, 0, 2 * RATE), speed) for item in takes]
        pattern = rng.random(int(rng.choice([8, 12, 16]))) < rng.choice([0.1, 0.25, 0.5, 0.9])
        force_db = rng.uniform(-10.0, 0.0)
        for index in range(int(n / step) + 1):
            if not pattern[index % len(pattern)] or rng.random() < 0.06:
                continue
            at = (index + swing * (index % 2)) * step + rng.normal(0.0, 1.0) * sloppy
            hit = sounds[int(rng.integers(len(sounds)))]
            add_at(track, hit * np.float32(amplitude(force_db + rng.normal(0.0, 3.0))), int(at))
    return track


def notes(corpus: Corpus, rng: Rng, n: int, items: tuple[Item, ...]) -> Sound:
    """A made-up player: notes and chords of one instrument, transposed, some damped, with rests."""
    track = np.zeros(n, np.float32)
    first = int(rng.integers(len(items)))
    owner = items[first].path.parent
    of_owner = [item for item in items if item.path.parent == owner]
    sounds = [
        resampled(
            corpus.load(of_owner[int(rng.integers(len(of_owner)))], 0, 3 * RATE),
            2 ** (rng.integers(-6, 7) / 12),
        )
        for _ in range(int(rng.integers(2, 6)))
    ]
    beat = log_uniform(rng, 0.12, 0.9) * RATE
    at = rng.uniform(-1.0, 1.0) * RATE
    while at < n:
        chord = 1 if rng.random() < 0.65 else int(rng.integers(2, 4))
        held = len(sounds[0]) if rng.random() < 0.4 else int(beat * rng.uniform(0.4, 2.5))
        for _ in range(chord):
            x = sounds[int(rng.integers(len(sounds)))][:held].copy()
            tail = min(int(0.03 * RATE), len(x))
            x[len(x) - tail :] *= np.linspace(1.0, 0.0, tail, dtype=np.float32)
            add_at(
                track,
                x * np.float32(amplitude(rng.normal(0.0, 4.0))),
                int(at + rng.uniform(0.0, 0.02) * RATE),
            )
        at += beat * rng.choice([0.5, 1.0, 1.0, 2.0]) * (1.0 if rng.random() < 0.85 else 3.0)
    return track


def pick(rng: Rng, items: tuple[Item, ...]) -> Item:
    """Pick an owner, then one of its items, so that sources with many takes do not crowd out the others."""
    owners: dict[str, list[Item]] = {}
    for item in items:
        owners.setdefault(item.owner, []).append(item)
    names = list(owners)
    chosen = owners[names[int(rng.integers(len(names)))]]
    return chosen[int(rng.integers(len(chosen)))]
