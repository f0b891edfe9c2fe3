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
from training.scenes import losses
from training.scenes.compose import SceneConfig
from training.scenes.voices import speaking
from training.sounds.bench import Bench, Part, Studio
from training.sounds.bleed import HIT_CLASSES
from training.sounds.changes import Sound, amplitude, loud_db
from training.sounds.filters import Filters, random_band, random_tone, through
from training.sounds.gains import gain_steps, on_off
from training.sounds.made_up import made_up_noise
from training.sounds.recipe import Rng
from training.sounds.rooms import in_room, random_room
from training.sounds.strung import drum_pattern, events, looped, notes, pick

FRAME_SAMPLES = RATE // 100
"""48 kHz samples in a frame of 10 ms."""
SPEECH_UNDER_DB = 33.0
"""Speech is heard where the dry track is over this far under its loud level: a phrase's last sounds belong to it."""
SOUND_UNDER_DB = 40.0
"""The same distance for music and noise."""
GAP_FRAMES = {"music": 50, "noise": 20}
"""Gaps shorter than this belong to it: rests to music."""

SINGLE_NOISES = 0.4
"""Chance of a noise being single ones with pauses: a detector has to follow what begins in the middle."""
KNOB_TURNED = 0.1
"""Chance of a noise whose level is stepped."""


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
    studio = Studio(Bench(corpus, n), rng, split)
    recipe: dict[str, Any] = {"kind": kind, "split": split}
    if kind == "speech":
        said = speaking(studio, SceneConfig(target_room=config.room, two_speakers=config.two_speakers))
        dry, sound = studio.bench.made(said.dry), studio.bench.made(said)
        recipe |= said.facts()
    elif kind == "music":
        recipe["names"], dry = _music(studio, config)
        sound = dry
    elif kind == "noise":
        recipe["names"], dry = _noise(studio, config)
        sound = dry
    else:
        raise ValueError(f"expected one of {', '.join(CLASSES)}, got {kind!r}; name one of them")
    heard = heard_in(
        dry, SPEECH_UNDER_DB if kind == "speech" else SOUND_UNDER_DB,
        config.speech_gap_frames if kind == "speech" else GAP_FRAMES[kind],
    )  # fmt: skip
    if kind != "speech" and studio.happens(config.room):
        room = random_room(studio)
        recipe["room"] = room.name
        sound = in_room(sound, studio.bench.made(room))
    filters: Filters = random_tone(rng) if studio.happens(config.tone) else ()
    filters += random_band(rng) if studio.happens(config.own_band) else ()
    sound = through(sound, filters)
    if studio.happens(config.coder):
        coder = losses.coder(rng)
        recipe["coder"] = coder.name
        sound, _ = coder.make(sound, sound)
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


def _music(studio: Studio, config: SideConfig) -> tuple[list[str], Sound]:
    """Draw a recording of music; or something played: notes of an instrument, drums, or both. With names."""
    rng = studio.rng
    items = studio.items("music")
    if items and rng.random() >= config.played:
        item = pick(studio, items)
        x = studio.bench.made(looped(studio, item))
        comes_and_goes = studio.happens(config.comes_and_goes)
        return [item.path.stem], x * on_off(rng, studio.n).curve(studio.n) if comes_and_goes else x
    parts: list[Part] = []
    names = []
    strings = studio.items(("guitar", "pairs", "instrument"))
    drums = studio.items(HIT_CLASSES)
    loops = studio.items("drums/loops")
    which = rng.random()
    if strings and which < 0.75:
        for _ in range(int(rng.integers(1, 4))):
            parts.append(notes(studio, strings))
            names.append("notes")
    if drums and (which > 0.45 or not parts):
        parts.append(drum_pattern(studio, drums))
        names.append("drums")
    elif loops and which > 0.4:
        parts.append(looped(studio, pick(studio, loops)))
        names.append("loop")
    return names, _sum(studio, [studio.bench.made(part) for part in parts])


def _noise(studio: Studio, config: SideConfig) -> tuple[list[str], Sound]:
    """Draw a noise of the corpus, in one piece or as events, or a made-up one; now and then two. With names."""
    rng, n = studio.rng, studio.n
    parts, names = [], []
    for _ in range(2 if studio.happens(config.more_noises) else 1):
        items = studio.items("noise")
        part: Part
        if not items or studio.happens(config.made_up_noise):
            noise = made_up_noise(studio)
            name, part = noise.kind, noise
        elif studio.happens(SINGLE_NOISES):
            name, part = "single noises", events(studio, items)
        else:
            item = pick(studio, items)
            name, part = item.path.stem, looped(studio, item)
        names.append(name)
        x = studio.bench.made(part)
        if studio.happens(config.comes_and_goes):
            x = x * on_off(rng, n).curve(n)
        if studio.happens(KNOB_TURNED):
            x = x * gain_steps(rng, n).curve(n)
        parts.append(x)
    return names, _sum(studio, parts)


def _sum(studio: Studio, parts: list[Sound]) -> Sound:
    """Sum parts at levels near each other; silence when there are none."""
    track = np.zeros(studio.n, np.float32)
    for x in parts:
        level = loud_db(x)
        if np.isfinite(level):
            track += x * np.float32(amplitude(-level - studio.rng.uniform(0.0, 10.0)))
    return track
