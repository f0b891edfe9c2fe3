"""One side of a mixture to learn from: speech, music or noise alone, and where it is heard.

Mixtures are put together later, from the sides' band powers (``training.detector.batches``): each side is composed once and
heard under hundreds of others.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gate.constants import RATE
from training.networks.swishnet import CLASSES
from training.recordings.corpus import Corpus
from training.scenes.compose import SceneConfig, coded, speaking
from training.sounds import changes as augment
from training.sounds.bleed import HIT_CLASSES, drum_pattern, events, gain_steps, looped, notes, on_off, pick
from training.sounds.changes import Rng, Sound, amplitude, loud_db
from training.sounds.made_up import KINDS
from training.sounds.rooms import in_room, random_room

FRAME_SAMPLES = RATE // 100
"""48 kHz samples in a frame of 10 ms."""
SPEECH_UNDER_DB = 33.0
"""Speech is heard where the dry track is over this far under its loud level: a phrase's last sounds belong to it."""
SOUND_UNDER_DB = 40.0
"""The same distance for music and noise."""
GAP_FRAMES = {"music": 50, "noise": 20}
"""Gaps shorter than this belong to it: rests to music."""


@dataclass(frozen=True)
class SideConfig:
    """How sides are drawn: seconds of one, chances of a room, a band, a tone control and a coder, and what music is.

    ``speech_gap_frames``: shorter gaps (stops, closures) belong to speech.
    """

    seconds: float = 12.0
    room: float = 0.35
    own_band: float = 0.3
    tone: float = 0.6
    coder: float = 0.12
    two_speakers: float = 0.2
    played: float = 0.25
    made_up_noise: float = 0.3
    more_noises: float = 0.25
    comes_and_goes: float = 0.25
    speech_gap_frames: int = 10


@dataclass(frozen=True)
class Side:
    """(n,) float32 at 48 kHz, its loud level 0 dBFS (or silent), and (T,) where it is heard, a frame of 10 ms each."""

    sound: Sound
    heard: NDArray[np.bool_]
    recipe: dict[str, Any]


def side(
    corpus: Corpus, rng: Rng, kind: str, config: SideConfig = SideConfig(), split: str = "train"
) -> Side:
    """Compose one side.

    Args:
        kind: "speech", "music" or "noise".

    Raises:
        ValueError: no such kind, or the split has nothing of it.
    """
    n = int(config.seconds * RATE) // FRAME_SAMPLES * FRAME_SAMPLES
    recipe: dict[str, Any] = {"kind": kind, "split": split}
    if kind == "speech":
        drawn = SceneConfig(target_room=config.room, two_speakers=config.two_speakers)
        dry, sound = speaking(corpus, rng, n, split, drawn, recipe)
    elif kind == "music":
        recipe["names"], dry = _music(corpus, rng, n, split, config)
        sound = dry
    elif kind == "noise":
        recipe["names"], dry = _noise(corpus, rng, n, split, config)
        sound = dry
    else:
        raise ValueError(f"expected one of {', '.join(CLASSES)}, got {kind!r}; name one of them")
    heard = heard_in(
        dry, SPEECH_UNDER_DB if kind == "speech" else SOUND_UNDER_DB,
        config.speech_gap_frames if kind == "speech" else GAP_FRAMES[kind],
    )  # fmt: skip
    if kind != "speech" and rng.random() < config.room:
        response, recipe["room"] = random_room(corpus, rng, split)
        sound = in_room(sound, response)
    sections = []
    if rng.random() < config.tone:
        sections.append(augment.random_tone(rng))
    if rng.random() < config.own_band:
        sections.append(augment.random_band(rng))
    if sections:
        sound = augment.filtered(sound, np.concatenate(sections))
    if rng.random() < config.coder:
        sound, _ = coded(rng, sound, sound, recipe)
    level = loud_db(sound)
    return Side(sound * np.float32(amplitude(-level)) if np.isfinite(level) else sound, heard, recipe)


def heard_in(x: Sound, under_db: float, gap_frames: int) -> NDArray[np.bool_]:
    """Mark (T,) bool: frames of 10 ms in which a sound is over its loud level less so much, shorter gaps filled."""
    frames = x[: len(x) // FRAME_SAMPLES * FRAME_SAMPLES].reshape(-1, FRAME_SAMPLES)
    levels = 10.0 * np.log10(np.mean(np.square(frames, dtype=np.float64), axis=1) + 1e-20)
    loud = loud_db(x)
    if not np.isfinite(loud):
        return np.zeros(len(frames), np.bool_)
    return filled(levels > loud - under_db, gap_frames)


def filled(heard: NDArray[np.bool_], gap: int) -> NDArray[np.bool_]:
    """Fill gaps of fewer frames than ``gap`` between two stretches."""
    heard = heard.copy()
    edges = np.flatnonzero(np.diff(np.concatenate([[False], heard, [False]])))
    for stop, start in zip(edges[1:-1:2], edges[2::2], strict=True):
        if start - stop < gap:
            heard[stop:start] = True
    return heard


def _music(corpus: Corpus, rng: Rng, n: int, split: str, config: SideConfig) -> tuple[list[str], Sound]:
    """A recording of music; or something played: notes of an instrument, drums, or both. With names."""
    items = corpus.items("music", split)
    if items and rng.random() >= config.played:
        item = pick(rng, items)
        x = looped(corpus, rng, n, item)
        return [item.path.stem], x * on_off(rng, n) if rng.random() < config.comes_and_goes else x
    parts, names = [], []
    strings = corpus.items(("guitar", "pairs", "instrument"), split)
    drums = corpus.items(HIT_CLASSES, split)
    loops = corpus.items("drums/loops", split)
    which = rng.random()
    if strings and which < 0.75:
        for _ in range(int(rng.integers(1, 4))):
            parts.append(notes(corpus, rng, n, strings))
            names.append("notes")
    if drums and (which > 0.45 or not parts):
        parts.append(drum_pattern(corpus, rng, n, drums))
        names.append("drums")
    elif loops and which > 0.4:
        parts.append(looped(corpus, rng, n, pick(rng, loops)))
        names.append("loop")
    return names, _sum(rng, parts, n)


def _noise(corpus: Corpus, rng: Rng, n: int, split: str, config: SideConfig) -> tuple[list[str], Sound]:
    """A noise of the corpus, in one piece or as events, or one that is made up; now and then two. With names."""
    parts, names = [], []
    for _ in range(2 if rng.random() < config.more_noises else 1):
        items = corpus.items("noise", split)
        if not items or rng.random() < config.made_up_noise:
            names.append(list(KINDS)[int(rng.integers(len(KINDS)))])
            x = KINDS[names[-1]](rng, n)
        elif rng.random() < 0.4:
            names.append("single noises")
            x = events(corpus, rng, n, items)
        else:
            item = pick(rng, items)
            names.append(item.path.stem)
            x = looped(corpus, rng, n, item)
        if rng.random() < config.comes_and_goes:
            x = x * on_off(rng, n)
        if rng.random() < 0.1:
            x = x * gain_steps(rng, n)
        parts.append(x)
    return names, _sum(rng, parts, n)


def _sum(rng: Rng, parts: list[Sound], n: int) -> Sound:
    """Parts at levels near each other; silence when there are none."""
    track = np.zeros(n, np.float32)
    for x in parts:
        level = loud_db(x)
        if np.isfinite(level):
            track += x * np.float32(amplitude(-level - rng.uniform(0.0, 10.0)))
    return track
