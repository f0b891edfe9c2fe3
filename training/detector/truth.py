"""Truth for a frame detector: scenes and sides of recordings that were never learned from, frame by frame."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from training.detector.sides import FRAME_SAMPLES, SideConfig, filled, side
from training.networks.swishnet import CLASSES
from training.recordings.corpus import Corpus
from training.scenes.compose import Scene
from training.scenes.judged import judged_scenes

UNDER_DB = 30.0
"""Speech is in a frame whose level, without the bleed, is over this far under the scene's loud level."""
GAP_FRAMES = 20
"""Shorter gaps belong to the speech, as in labels of gates."""


@dataclass(frozen=True)
class Case:
    """A sound to judge by: ``scene`` (its ``mixture`` is heard), what it is, and ``label`` (T,), a class's index or -1."""

    scene: Scene
    label: NDArray[np.int64]
    kind: str
    snr_db: float | None


def speech_cases(corpus: Corpus, split: str = "val", seed: int = 0, per_kind: int = 24) -> list[Case]:
    """Compose speech with pauses under noise, and under music, as for gates; between phrases the bleed's class."""
    cases = []
    for scene in judged_scenes(corpus, split, seed, per_kind):
        speech = filled(_levels(scene.target) > scene.loud_db - UNDER_DB, GAP_FRAMES)
        kind = str(scene.recipe["kind"])
        label = np.where(speech, 0, CLASSES.index(kind)).astype(np.int64)
        cases.append(Case(scene, label, f"speech under {kind}", float(scene.recipe["snr_db"])))
    return cases


def pure_cases(corpus: Corpus, split: str = "val", seed: int = 0, per_class: int = 32) -> list[Case]:
    """Compose one class at a time, at any level, silences unscored."""
    cases = []
    config = SideConfig(coder=0.0, played=0.15, made_up_noise=0.15)
    for number, name in enumerate(CLASSES):
        for index in range(per_class):
            rng = np.random.default_rng([seed, 7, number, index])
            made = side(corpus, rng, name, config, split)
            x = made.sound * np.float32(10.0 ** (rng.uniform(-40.0, -14.0) / 20.0))
            label = np.where(made.heard, number, -1).astype(np.int64)
            cases.append(Case(Scene(x, x, float("nan"), made.recipe), label, f"{name} alone", None))
    return cases


def _levels(x: NDArray[np.float32]) -> NDArray[np.float64]:
    """Measure (T,) dBFS of frames of 10 ms."""
    frames = x[: len(x) // FRAME_SAMPLES * FRAME_SAMPLES].reshape(-1, FRAME_SAMPLES)
    return 10.0 * np.log10(np.mean(np.square(frames, dtype=np.float64), axis=1) + 1e-20)
