"""Drum scenes: one drum's microphone, which hears that drum and, later and duller, the rest of the kit.

The kit is made of the corpus' single hits, struck as ``training.instruments.drummer`` says.
"""

from typing import Any

import numpy as np

from gate.constants import RATE
from gate.levels import block_levels_db
from training.instruments.drummer import TOMS, Lead, Stroke, groove
from training.instruments.hits import Piece
from training.instruments.kit import assemble
from training.recordings.corpus import Corpus
from training.sounds.bleed import bleed_track
from training.sounds.changes import (
    Rng,
    Sound,
    add_at,
    amplitude,
    filtered,
    high_pass,
    log_uniform,
    loud_db,
    low_pass,
    peak_section,
)
from training.sounds.rooms import in_room, random_room

OF_TARGET = {
    "snare": ("snare", "rim", "side"),
    "kick": ("kick",),
    "toms": tuple(f"tom{i}" for i in range(TOMS)),
}

LEAST_EVERY_S = 2.5
"""Grooves with fewer strokes of the target than one in this time are drawn again."""

STEADY = ("closed", "pedal", "open")
"""Parts of the hi-hat: the next one stops an open one."""


def drum_sides(
    corpus: Corpus,
    rng: Rng,
    n: int,
    split: str,
    lead: Lead,
    recipe: dict[str, Any],
    *,
    has_target: bool = True,
    has_bleed: bool = True,
    target_room: float = 0.3,
    noise: float = 0.35,
    elsewhere: float = 0.06,
    made_up: float = 0.0,
) -> tuple[Sound, Sound]:
    """What the microphone of one drum hears: (target, bleed), each (n,) float32, at no particular level.

    Args:
        target_room: chance of the drum's own sound being heard in a room too.
        noise: chance of an amplifier, hum or music under the kit.
        elsewhere: chance of the bleed being that alone, without a kit.
        made_up: chance of each drum being a synthetic one.

    Raises:
        ValueError: the split has no hits of the drum that may be labels.
    """
    kit = assemble(corpus, rng, split, lead, made_up)
    own = OF_TARGET[lead]
    for _ in range(4):
        strokes, recipe["groove"] = groove(rng, n / RATE, lead)
        heard = sum(s.part in own and 0.0 <= s.at_s < n / RATE - 0.1 for s in strokes)
        if heard >= n / RATE / LEAST_EVERY_S:
            break
    if has_target and not heard:
        strokes.append(Stroke(float(rng.uniform(0.1, n / RATE - 0.2)), own[0], 0.0))
    tracks = render(kit, rng, strokes, n)
    target = np.zeros(n, np.float32)
    if has_target:
        recipe["drum"] = sorted({kit[part].names[0] for part in own if part in tracks})
        for part in own:
            target += tracks.get(part, np.float32(0.0))
        if rng.random() < target_room:
            response, recipe["target_room"] = random_room(corpus, rng, split)
            response = response * np.float32(amplitude(-rng.uniform(0.0, 14.0)))  # a microphone this close
            response[0] = 1.0
            target = in_room(target, response)
    if not has_bleed:
        return target, np.zeros(n, np.float32)
    bleed = heard_bleed(corpus, rng, {p: t for p, t in tracks.items() if p not in own}, n, split, recipe)
    bleed = _sympathy(rng, bleed, kit, own, lead)
    level = loud_db(bleed)
    recipe["bleed"] = ["kit"] if np.isfinite(level) else []
    alone = not np.isfinite(level) or rng.random() < elsewhere
    if alone or rng.random() < noise:
        more, names = bleed_track(corpus, rng, n, split, 1)
        if alone:
            recipe["bleed"] = names
            return target, more
        bleed += more * np.float32(amplitude(level - rng.uniform(3.0, 28.0)))
        recipe["bleed"] += names
    return target, bleed


def render(kit: dict[str, Piece], rng: Rng, strokes: list[Stroke], n: int) -> dict[str, Sound]:
    """One dry track for each part that is played, (n,) float32."""
    tracks: dict[str, Sound] = {}
    hats = sorted(s.at_s for s in strokes if s.part in STEADY)
    for s in strokes:
        if s.part not in kit or not -3.0 < s.at_s < n / RATE:
            continue
        x = kit[s.part].strike(rng, min(s.db, 2.0))
        if s.part == "open":  # until the hat is shut or struck again
            after = np.searchsorted(hats, s.at_s + 0.02)
            if after < len(hats):
                x = _choked(x, int((hats[after] - s.at_s) * RATE))
        elif s.part == "crash" and rng.random() < 0.06:  # by hand
            x = _choked(x, int(rng.uniform(0.15, 0.7) * RATE))
        if s.part not in tracks:
            tracks[s.part] = np.zeros(n, np.float32)
        add_at(tracks[s.part], x, int(s.at_s * RATE))
    return tracks


def _choked(x: Sound, at: int) -> Sound:
    """Stop a sound within 25 ms."""
    fall = RATE * 25 // 1000
    if at + fall >= len(x):
        return x
    x = x[: at + fall].copy()
    x[at:] *= np.linspace(1.0, 0.0, fall, dtype=np.float32) ** 2
    return x


def heard_bleed(
    corpus: Corpus, rng: Rng, tracks: dict[str, Sound], n: int, split: str, recipe: dict[str, Any]
) -> Sound:
    """The kit as a microphone beside it hears it: each part late by its distance, filtered, at its own level."""
    out = np.zeros(n, np.float32)
    colour = {}
    for part, track in sorted(tracks.items()):
        family = "hat" if part in STEADY else "snare" if part in ("rim", "side") else part.rstrip("0123")
        if family not in colour:
            sections = [high_pass(rng, log_uniform(rng, 25.0, 250.0))]
            if rng.random() < 0.6:
                sections.append(low_pass(rng, log_uniform(rng, 2_000.0, 18_000.0)))
            far_db = float(rng.normal(-3.0 if family in ("ride", "crash") else 0.0, 6.0))
            colour[family] = (rng.uniform(0.001, 0.008), np.concatenate(sections), far_db)
        late_s, sections, far_db = colour[family]
        add_at(out, filtered(track, sections) * np.float32(amplitude(far_db)), int(late_s * RATE))
    if rng.random() < 0.7 and np.any(out):
        response, recipe["bleed_room"] = random_room(corpus, rng, split)
        out = in_room(out, response)
    return out


def _sympathy(rng: Rng, bleed: Sound, kit: dict[str, Piece], own: tuple[str, ...], lead: Lead) -> Sound:
    """What the drum does by itself when the others are struck: wires buzz, toms sing along."""
    if lead == "snare" and rng.random() < 0.3 and np.any(bleed):
        levels = np.repeat(10.0 ** (block_levels_db(bleed) / 20.0), 100).astype(np.float32)
        soft = filtered(levels, np.array([[0.002, 0.0, 0.0, 1.0, -0.998, 0.0]]))
        wires = filtered(rng.standard_normal(len(bleed), dtype=np.float32) * soft, high_pass(rng, 1_500.0))
        return bleed + wires * np.float32(amplitude(-rng.uniform(10.0, 28.0)))
    if lead == "toms" and rng.random() < 0.5:
        for part in own:
            if part in kit and 50.0 < kit[part].hz < 400.0:
                bleed = filtered(bleed, peak_section(kit[part].hz, rng.uniform(3.0, 12.0), 0.08))
    return bleed


def kit_track(corpus: Corpus, rng: Rng, n: int, split: str) -> Sound:
    """A whole kit in a room, (n,) float32: what other instruments' microphones hear of it."""
    kit = assemble(corpus, rng, split, "kit")
    strokes, _ = groove(rng, n / RATE, "kit")
    return heard_bleed(corpus, rng, render(kit, rng, strokes, n), n, split, {})
