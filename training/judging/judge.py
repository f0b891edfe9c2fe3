"""Scenes, gates, and what each gate did with each scene: the figures behind table, JSON, picture and page."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from training.judging import evaluate, metrics, metrics_more
from training.judging.alarms import judge_alarms
from training.judging.contestants import Contestant
from training.judging.evaluate import Truth
from training.judging.metrics import Score
from training.judging.metrics_more import More
from training.judging.tables import Table
from training.scenes.compose import Scene

Ends = dict[str, dict[str, tuple[float, float]]]
"""Row -> measure -> (low, high)."""


@dataclass(frozen=True)
class Verdict:
    """Results of one gate: one score, one set of further measures and one row of gains (T,) a scene.

    ``alarms`` and its intervals are empty where false alarms were not asked for, or the gate does not decide by ear.
    """

    contestant: Contestant
    scores: Sequence[Score]
    mores: Sequence[More]
    gains: Sequence[NDArray[np.float32]]
    table: Table
    more: Table
    intervals: Ends
    more_intervals: Ends
    alarms: Table = field(default_factory=dict)
    alarms_intervals: Ends = field(default_factory=dict)

    def scene(self, index: int) -> dict[str, float]:
        """Return every measure of one scene, of both tables."""
        return metrics.pool([self.scores[index]]) | metrics_more.pool([self.mores[index]])


@dataclass(frozen=True)
class Judged:
    """One run: the scenes, their truth, and what each gate did."""

    scenes: Sequence[Scene]
    truths: Sequence[Truth]
    verdicts: Sequence[Verdict]

    def worst_first(self) -> list[int]:
        """Order scenes by the balanced accuracy of the first gate, lowest first."""
        scores = self.verdicts[0].scores
        return sorted(range(len(self.scenes)), key=lambda i: metrics.pool([scores[i]])["balanced"])


def judge(
    scenes: Sequence[Scene],
    contestants: Sequence[Contestant],
    *,
    seed: int = 0,
    draws: int = 1000,
    heard: Callable[[str], None] = lambda name: None,
    failed: Callable[[Contestant, Exception], None] | None = None,
    without_target: Sequence[Scene] = (),
) -> Judged:
    """Let every gate hear every scene.

    Args:
        seed: of the intervals.
        draws: tables that an interval is drawn from.
        heard: called with a gate's name after each scene.
        failed: called with a peer that raised, which is then left out; None lets peers raise. All other gates raise.
        without_target: scenes of ``training.judging.alarms``, for false alarms; none of them leaves these out.
    """
    truths = evaluate.prepare(scenes)
    verdicts = []
    for one in contestants:
        try:
            verdicts.append(_verdict(scenes, truths, one, seed, draws, heard, without_target))
        except Exception as error:  # other people's code may raise anything, and the others still count
            if failed is None or one.kind != "peer":
                raise
            failed(one, error)
    return Judged(scenes, truths, verdicts)


def _verdict(
    scenes: Sequence[Scene],
    truths: Sequence[Truth],
    one: Contestant,
    seed: int,
    draws: int,
    heard: Callable[[str], None],
    without_target: Sequence[Scene],
) -> Verdict:
    scores: list[Score] = []
    mores: list[More] = []
    gains: list[NDArray[np.float32]] = []
    for scene, truth in zip(scenes, truths, strict=True):
        score, more, gain = evaluate.score_scene(scene, one.gate, truth)
        scores.append(score)
        mores.append(more)
        gains.append(gain.astype(np.float32))
        heard(one.name)
    alarms, alarms_ends = (
        judge_alarms(without_target, one.gate, seed=seed, draws=draws, heard=lambda: heard(one.name))
        if one.by_ear
        else ({}, {})
    )
    drawn = {"seed": seed, "draws": draws, "fewest": 2}  # one scene, drawn a thousand times, says nothing
    return Verdict(
        contestant=one,
        scores=scores,
        mores=mores,
        gains=gains,
        table=evaluate.table(scenes, scores),
        more=evaluate.table_more(scenes, mores),
        intervals=evaluate.table_intervals(scenes, scores, **drawn),
        more_intervals=evaluate.table_intervals(scenes, mores, metrics_more.intervals, **drawn),
        alarms=alarms,
        alarms_intervals=alarms_ends,
    )


def sound_of(contestant: Contestant, scene: Any, truth: Truth, gain: NDArray[np.floating]) -> Any:
    """Make what a scene sounds like after a gate: (n,) float32.

    That is the gate's own sound if there is one; else the mixture at the gains, ramped over each block's first ms.
    """
    from gate.constants import BLOCK, RATE

    if contestant.gate.has_sound:
        return contestant.gate.hear(scene, truth.threshold_db)[2]
    ramp = np.minimum(np.arange(1, BLOCK + 1) / (RATE // 1000), 1.0)
    before = np.concatenate((gain[:1], gain[:-1]))
    gains = before[:, None] + (gain - before)[:, None] * ramp
    return (scene.mixture * gains.reshape(-1)).astype(np.float32)
