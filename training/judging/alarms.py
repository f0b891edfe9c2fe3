"""False alarms: what a gate does where there is no target at all, only bleed.

A judged scene without its target is what a microphone hears before anybody speaks or plays: the bleed is as loud as it
was, and the Threshold stays where it was set for the target that is not there. Everything that passes is wrong. Scenes of
20 dB are left out, as most of their bleed is under the Threshold. The label of silence is shut throughout, so the
measures are those of ``training.judging.metrics``: ``far`` is the share of blocks in which the gate is open, 1 less the
rejection; ``needless_min`` openings a minute; ``cut_db`` what is taken off the bleed.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np

from training.judging import evaluate, metrics
from training.judging.gates import Gate
from training.judging.metrics import Score
from training.judging.tables import ALARMS, Table
from training.scenes.compose import Scene

LOUDEST_SNR_DB = 10.0
"""Scenes whose bleed lies further under the target's loud level than this are left out."""


def without_target(scenes: Sequence[Scene]) -> list[Scene]:
    """Take the target out of judged scenes of at most ``LOUDEST_SNR_DB``; bleed, Threshold and recipe stay."""
    return [
        replace(
            scene,
            mixture=scene.mixture - scene.target,
            target=np.zeros_like(scene.target),
            loud_db=float("nan"),
        )
        for scene in scenes
        if float(scene.recipe["snr_db"]) <= LOUDEST_SNR_DB
    ]


def judge_alarms(
    scenes: Sequence[Scene],
    gate: Gate,
    *,
    seed: int = 0,
    draws: int = 1000,
    heard: Callable[[], None] = lambda: None,
) -> tuple[Table, dict[str, dict[str, tuple[float, float]]]]:
    """Let a gate hear scenes without a target: a table, and the 95 % intervals of its rows of each kind.

    Args:
        scenes: of ``without_target``.
        gate: judged at the scenes' thresholds.
        seed, draws: of the intervals.
        heard: called after each scene.
    """
    scores: list[Score] = []
    for scene, truth in zip(scenes, evaluate.prepare(scenes), strict=True):
        probability, gain = gate(scene, truth.threshold_db)
        scores.append(metrics.score(truth.label, probability, gain, truth.target_power, truth.bleed_power))
        heard()
    table = {
        name: {"far": 1.0 - row["rejection"]}
        | {key: row[key] for key in ("needless_min", "cut_db", "scenes", "minutes")}
        for name, row in evaluate.table(scenes, scores).items()
    }
    ends = {}
    for name, found in evaluate.table_intervals(scenes, scores, seed=seed, draws=draws, fewest=2).items():
        low, high = found["rejection"]
        ends[name] = {key: (1.0 - high, 1.0 - low) if key == "far" else found[key] for key in ALARMS}
    return table, ends
