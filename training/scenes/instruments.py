"""Scenes of drums and guitars, put together: which target, which bleed, which judged kinds."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from gate.constants import RATE
from training.instruments.drum_scenes import drum_sides
from training.instruments.guitar_scenes import guitar_sides
from training.instruments.kit import TARGETS as DRUMS
from training.recordings.corpus import Corpus
from training.sounds.changes import Rng, Sound, filtered, log_uniform, low_pass, random_tone

TEACHABLE = ("voice", *DRUMS, "guitar")
"""What scenes can be made of: ``SceneConfig.target``."""

DRUM_CLASSES = ("drums/kick", "drums/snare", "drums/toms", "drums/cymbals")

NARROWED = 0.2
"""Chance of target and bleed both ending at 5 to 18 kHz."""


def check(target: str) -> None:
    """Raise ValueError unless ``target`` is one of ``TEACHABLE``."""
    if target not in TEACHABLE:
        raise ValueError(f"expected a target of {', '.join(TEACHABLE)}, got {target!r}; name one of them")


def sides(
    corpus: Corpus,
    rng: Rng,
    n: int,
    split: str,
    target: str,
    recipe: dict[str, Any],
    *,
    has_target: bool,
    has_bleed: bool,
    target_room: float,
    more_sources: float,
    tone: float,
    made_up: float = 0.0,
) -> tuple[Sound, Sound]:
    """Target and bleed of a training scene, each (n,) float32 at no particular level."""
    if target == "guitar":
        x, y = guitar_sides(
            corpus, rng, n, split, recipe,
            has_target=has_target, has_bleed=has_bleed, target_room=target_room, more=more_sources,
            made_up=made_up,
        )  # fmt: skip
    else:
        x, y = drum_sides(
            corpus, rng, n, split, target,  # type: ignore[arg-type]
            recipe, has_target=has_target, has_bleed=has_bleed, target_room=target_room, noise=more_sources,
            made_up=made_up,
        )  # fmt: skip
    shared = (
        low_pass(rng, log_uniform(rng, 5_000.0, 18_000.0)) if rng.random() < NARROWED else np.empty((0, 6))
    )
    made = []
    for side in (x, y):
        sections = np.concatenate([random_tone(rng) if rng.random() < tone else np.empty((0, 6)), shared])
        made.append(filtered(side, sections) if np.any(side) else side)
    return made[0], made[1]


def judged_kinds(corpus: Corpus, split: str, target: str) -> Sequence[str]:
    """What a target is judged under: a drum under the kit; a guitar under hum, noise, a kit and music.

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
        return ("kit",)
    there = {"hum": True, "noise": corpus.items(("noise", "bleed"), split), "kit": kit}
    there["music"] = corpus.items("music", split)
    return [kind for kind, items in there.items() if items]


def judged_sides(
    corpus: Corpus, rng: Rng, split: str, target: str, kind: str, room: bool, recipe: dict[str, Any]
) -> tuple[Sound, Sound]:
    """20 s of target and bleed as a judge would make them, with nothing besides the kind that is asked for."""
    n = 20 * RATE
    wet = 1.0 if room else 0.0
    if target == "guitar":
        return guitar_sides(corpus, rng, n, split, recipe, target_room=wet, more=0.0, kind=kind)
    return drum_sides(
        corpus, rng, n, split, target,  # type: ignore[arg-type]
        recipe, target_room=wet, noise=0.0, elsewhere=0.0,
    )  # fmt: skip
