"""What each learned control of a gate does for the sound: hold, release, attack and key, each measured where it acts.

The measures of ``training.judging.metrics`` see whether a gate is open. They hardly see how it opens and shuts, so they
cannot say what a learned time is worth. These can; ``docs/metrics.md`` has them as formulas. Conventions are those of
``metrics``: a gate is open in a block in which its gain is over -6 dB, and before the first block it is shut. With label
y, gain g, target s, bleed b (mixture less target) and Threshold T, over one scene:

* **hold**: a *gap* is a block labelled 1 in which the target's level is not over T (the label fills gaps shorter than
  200 ms), a *pause* a block labelled 0. ``gaps_kept`` is the share of gaps in which the gate is open, ``pauses_shut`` the
  share of pauses in which it is shut, ``hold`` the mean of both: .5 for a gate that never shuts.
* **release**: the *tail* is every unscored block whose last scored block before was 1. ``tail_db`` is the mean over it of
  |max(level of what comes out, T - 30 dB) - max(the target's level, T - 30 dB)|: it asks to fall as the target falls,
  and no later. ``tail_bleed_db`` is how far the bleed let through there is under the bleed that was there.
* **attack**: over the ``ATTACK_MS`` after the gate begins to open for a true opening, at the earliest in the foot.
  ``attack_db`` = 10 log10(sum of H(g (s + b) - s)^2 / sum of H(s)^2 + ``ATTACK_FLOOR``), H a high-pass at 1 kHz, the mean
  over openings; ``attack_lost_db`` the target's energy lost there, ``attack_step`` the largest change of gain a sample.
* **key**: ``kept_out_db`` = -10 log10(sum of (g b)^2 / sum of b^2 over pauses + ``LEAST_LEAK``): ``cut_db`` up to 30 dB;
  beside it ``wrong_min``, openings that are needless or missed, a minute, ``needless_min`` and ``cut_db`` itself.

Why these, and not simpler ones. Energy lost would be won by the shortest attack there is, the step by the longest. The
error between what comes out and the target holds both: with g near 1 it is the bleed, switched on; with g near 0 the
target, lost. Over all frequencies the shortest attack still wins nearly everywhere: the gate opens when the target is
there, and most energy is low. But the gain moves within some milliseconds. What is lost of a low tone in so short a
time is less than a period of it, and what is heard, of loss and of a step in the middle of bleed alike, is a click: high.
So H: over 1 kHz a stroke is far over its bleed and asks to open at once, a bowed or spoken sound that rises under hiss and
cymbals, or a hum that would be cut open in the middle of a wave, ask for time. Of openings judged one at a time some
half ask for the shortest attack and some half for the longest, so one constant cannot be right. The 20 ms count from where
the gate begins to open and not from where it should, as lateness is the decision's, and is measured as onset. An error
far under ``ATTACK_FLOOR`` costs nothing, or the shortest attack would win by dBs that nobody hears where bleed is quiet.

A gate that never shuts has one needless opening, so their number alone does not judge a key; what is kept out does. Up to
30 dB, or a scene without one opening would outweigh ten others. A key that hears nothing keeps out everything, so
keys are to be compared at the same recall, as ``benchmarks.heads`` does.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypedDict

import numpy as np
from numpy.typing import NDArray

from gate.constants import BLOCK, RATE
from gate.levels import block_levels_db
from training.judging import metrics
from training.judging.baselines import SHUT_GAIN
from training.judging.bootstrap import bootstrap
from training.judging.metrics import OPEN_GAIN, REMOVED_MAX_DB
from training.labels import FOOT_MOST_BLOCKS, OPEN, SHUT, UNSCORED, label

TAIL_FLOOR_DB = -30.0
"""Level relative to Threshold under which a tail is silence."""
ATTACK_MS = 20.0
"""Length of what the attack is judged on: the longest attack has passed -6 dB long before, a stroke's beginning is over."""
ATTACK_FLOOR = 0.01
"""Energy of the error relative to the target's (-20 dB) under which less of it is worth nothing."""
ATTACK_SAMPLES = int(RATE * ATTACK_MS / 1000.0)
BEFORE_SAMPLES = RATE // 100
"""10 ms before them, for the high-pass to settle."""
CLICK_HZ = 1000.0
"""Where a click is heard: second-order high-pass of the attack's error."""
BEGUN_GAIN = 0.25
"""Gain (-12 dB) that says that the gate began to open: the longest attack reaches it in one block."""
LEAST_LEAK = 1e-3
"""Share of the bleed's energy (30 dB) under which letting through less is worth nothing more."""

MEASURES = (
    "hold", "gaps_kept", "pauses_shut", "tail_db", "tail_bleed_db", "attack_db", "attack_lost_db", "attack_step",
    "kept_out_db", "wrong_min", "needless_min", "cut_db", "balanced",
)  # fmt: skip
"""All that is measured of a scene, in the order of tables."""

OWN = {"attack": "attack_db", "hold": "hold", "release": "tail_db", "key": "kept_out_db"}
"""Control -> the one measure that says what the control is worth."""

LESS_IS_BETTER = frozenset(
    ("tail_db", "attack_db", "attack_lost_db", "attack_step", "wrong_min", "needless_min")
)


class Controls(TypedDict):
    """Measures of one scene, see the module's text; nan where a scene has nothing to measure one on."""

    hold: float
    gaps_kept: float
    pauses_shut: float
    tail_db: float
    tail_bleed_db: float
    attack_db: float
    attack_lost_db: float
    attack_step: float
    kept_out_db: float
    wrong_min: float
    needless_min: float
    cut_db: float
    balanced: float


@dataclass(frozen=True)
class Ground:
    """What the controls are measured against in one scene, worked out once. T: blocks, n = 100 T samples."""

    label: NDArray[np.int8]
    """(T,) of ``training.labels``."""
    gap: NDArray[np.bool_]
    """(T,) blocks of a gap that the label fills."""
    tail: NDArray[np.bool_]
    """(T,) unscored blocks after closings."""
    level_db: NDArray[np.float64]
    """(T,) level of the target over Threshold, at least ``TAIL_FLOOR_DB``."""
    threshold_db: float
    mixture: NDArray[np.floating]
    """(n,) before the gate."""
    target: NDArray[np.floating]
    """(n,) as it sits in the mixture."""
    target_power: NDArray[np.float64]
    bleed_power: NDArray[np.float64]

    @classmethod
    def of(cls, mixture: NDArray[np.floating], target: NDArray[np.floating], threshold_db: float) -> "Ground":
        """Work out what a scene holds: mixture and target (n,), n a multiple of 100, threshold in dBFS.

        Raises:
            ValueError: lengths differ, or are no whole blocks.
        """
        if len(mixture) != len(target) or len(mixture) % BLOCK:
            raise ValueError(
                f"expected mixture and target of as many samples, in whole blocks of {BLOCK}, got {len(mixture)} and "
                f"{len(target)}; cut both alike"
            )
        level_db = block_levels_db(target)
        labels = label(level_db, threshold_db)
        return cls(
            labels,
            (labels == OPEN) & ~(level_db > np.float32(threshold_db)),
            tails(labels),
            _over(level_db, threshold_db),
            threshold_db,
            mixture,
            target,
            metrics.block_power(target, BLOCK),
            metrics.block_power(mixture - target, BLOCK),
        )


def measure(ground: Ground, gain: NDArray[np.floating], ramps: NDArray[np.floating]) -> Controls:
    """Measure what a gate made of one scene.

    Args:
        ground: of the scene.
        gain: (T,) linear gain of each block; says when the gate is open.
        ramps: (n,) linear gain of each sample, such as ``training.judging.ramps`` gives; says what comes out.

    Raises:
        ValueError: lengths differ, or a gain is not finite.
    """
    if len(ramps) != len(ground.mixture) or not np.isfinite(ramps).all():
        raise ValueError(
            f"expected {len(ground.mixture)} finite gains of samples, as the scene has, got {len(ramps)}, "
            f"{int(np.isfinite(ramps).sum())} of them finite; give one a sample"
        )
    score = metrics.score(ground.label, None, gain, ground.target_power, ground.bleed_power)
    row = metrics.pool([score])
    minutes = score["seconds"] / 60.0
    is_open = np.asarray(gain) > OPEN_GAIN
    kept = _share(is_open[ground.gap])
    shut = _share(~is_open[ground.label == SHUT])
    tail_db, tail_bleed_db = _release(ground, ramps)
    attack_db, lost_db, step = _attack(ground, np.asarray(gain, np.float64), ramps)
    return Controls(
        hold=(kept + shut) / 2.0,
        gaps_kept=kept,
        pauses_shut=shut,
        tail_db=tail_db,
        tail_bleed_db=tail_bleed_db,
        attack_db=attack_db,
        attack_lost_db=lost_db,
        attack_step=step,
        kept_out_db=_kept_out(score["bleed_passed"], score["bleed_energy"]),
        wrong_min=(score["needless"] + score["missed"]) / minutes,
        needless_min=row["needless_min"],
        cut_db=row["cut_db"],
        balanced=row["balanced"],
    )


def pool(rows: Sequence[Controls]) -> dict[str, float]:
    """Make one row of a table: the mean of every measure over the scenes that have it, nan where none has."""
    columns = {name: np.array([dict(row)[name] for row in rows], np.float64) for name in MEASURES}
    return {name: _mean(column[np.isfinite(column)]) for name, column in columns.items()}


def intervals(
    rows: Sequence[Controls], *, seed: int = 0, draws: int = 1000, level: float = 0.95
) -> dict[str, tuple[float, float]]:
    """Draw bootstrap confidence intervals of ``MEASURES``, over scenes; see ``training.judging.metrics.intervals``."""
    return bootstrap(
        len(rows), lambda drawn: pool([rows[i] for i in drawn]), seed=seed, draws=draws, level=level
    )


def tails(labels: NDArray[np.integer]) -> NDArray[np.bool_]:
    """Mark (T,) the unscored blocks whose last scored block before them was open."""
    at = np.where(labels == UNSCORED, 0, np.arange(len(labels)))
    return (labels == UNSCORED) & (labels[np.maximum.accumulate(at)] == OPEN)


def _release(ground: Ground, ramps: NDArray[np.floating]) -> tuple[float, float]:
    """Measure (distance from the target's level in tails, how far bleed is taken down there), both dB."""
    tail = ground.tail
    if not tail.any():
        return float("nan"), float("nan")
    here = _over(block_levels_db(ground.mixture * ramps.astype(np.float32)), ground.threshold_db)
    distance = float(np.abs(here - ground.level_db)[tail].mean())
    blocks = (len(tail), BLOCK)
    bleed = (ground.mixture - ground.target).astype(np.float64).reshape(blocks)[tail]
    passed = float(np.square(bleed * ramps.reshape(blocks)[tail]).sum())
    return distance, _under_db(passed, float(np.square(bleed).sum()))


def _attack(
    ground: Ground, gain: NDArray[np.float64], ramps: NDArray[np.floating]
) -> tuple[float, float, float]:
    """Measure (error, energy lost, both dB, largest step of gain a sample), each the mean over openings that have it."""
    from scipy.signal import butter, sosfilt

    high = butter(2, CLICK_HZ, "high", fs=RATE, output="sos")
    found = []
    for block in begins(ground.label, gain):
        first = block * BLOCK
        settle = min(first, BEFORE_SAMPLES)
        where = slice(first - settle, first + ATTACK_SAMPLES)
        g, x, s = (np.asarray(y[where], np.float64) for y in (ramps, ground.mixture, ground.target))
        error, clear = (sosfilt(high, y)[settle:] for y in (g * x - s, s))
        g, s = g[settle:], s[settle:]
        heard = float(clear @ clear)
        if heard <= 0.0:
            continue
        before = ramps[first - 1] if first else SHUT_GAIN
        found.append(
            (
                10.0 * np.log10(float(error @ error) / heard + ATTACK_FLOOR),
                _under_db(float(np.square(g * s).sum()), float(s @ s)),
                float(np.abs(np.diff(g, prepend=before)).max()),
            )
        )
    if not found:
        return float("nan"), float("nan"), float("nan")
    error_db, lost_db, step = np.mean(found, axis=0)
    return float(error_db), float(lost_db), float(step)


def begins(labels: NDArray[np.integer], gain: NDArray[np.floating]) -> list[int]:
    """Find the block in which the gate begins to open for each true opening, of those for which it opens.

    From that block on the gain rises until it is over ``BEGUN_GAIN``, and stays there into the true opening. There is none
    where it never is in the opening, or began before the opening's foot: then the gate opened for something else.
    """
    should_open = np.concatenate(([False], np.asarray(labels) == OPEN, [False]))
    edges = np.diff(should_open.astype(np.int8))
    is_open = np.asarray(gain) > BEGUN_GAIN
    rises = np.diff(gain, prepend=SHUT_GAIN) > 0.0
    found, before = [], 0
    for start, stop in zip(np.flatnonzero(edges == 1), np.flatnonzero(edges == -1), strict=True):
        own = np.flatnonzero(is_open[start:stop])
        earliest = max(start - FOOT_MOST_BLOCKS, before)
        before = stop
        if not len(own):
            continue
        first = int(start + own[0])
        while first > 0 and is_open[first - 1]:
            first -= 1
        while first > 0 and rises[first - 1]:
            first -= 1
        if first >= earliest:
            found.append(first)
    return found


def _kept_out(passed: float, energy: float) -> float:
    return float(-10.0 * np.log10(passed / energy + LEAST_LEAK)) if energy > 0.0 else float("nan")


def _over(level_db: NDArray[np.floating], threshold_db: float) -> NDArray[np.float64]:
    return np.maximum(level_db.astype(np.float64) - threshold_db, TAIL_FLOOR_DB)


def _under_db(left: float, energy: float) -> float:
    """Compute how far ``left`` is under ``energy``, dB, at most ``REMOVED_MAX_DB``; nan if there was none."""
    if energy <= 0.0:
        return float("nan")
    return float(-10.0 * np.log10(max(left / energy, 10.0 ** (-REMOVED_MAX_DB / 10.0))))


def _share(values: NDArray[np.bool_]) -> float:
    return float(values.mean()) if len(values) else float("nan")


def _mean(values: NDArray[np.float64]) -> float:
    return float(values.mean()) if len(values) else float("nan")
