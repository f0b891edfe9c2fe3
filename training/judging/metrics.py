"""The quality of a gate, as numbers: what the gate heard, when it moved, what that did to the sound.

All of it works on blocks (2.083 ms), for any gate whatever, from five rows as long as the scene: the label
(1 open, 0 shut, -1 neither right nor wrong), the open probability if the gate has one, the gain that the
sound got, and the power of target and bleed as they sit in the mixture. ``score`` turns one scene into counts
and sums, ``pool`` turns many into one row of a table, ``intervals`` says how far to trust that row.

The conventions, where more than one was possible:

* A gate *is open* in a block in which its gain is over -6 dB.
* A *true opening* is an unbroken run of blocks labelled 1.
* *Onset* is counted to the end of the block in which the gate is first open: (index difference + 1) blocks,
  as a decision cannot be made before the block it rests on is over. So the best there is is one block, 2.08
  ms. A gate that opened in the (unscored) foot, or never shut, is not credited with more than that.
* A *missed* opening, one in which the gate is never open, counts in the onset with its whole length.
* *Needless*: the gate goes from shut to open in a block labelled 0. *Chop*: it goes from open to shut in a
  block labelled 1. Both a minute of scene. Before the first block every gate is shut.
* *Lost* and *cut* are taken in dB for each scene, then averaged over the scenes that have such blocks.
  Summing energies first would let the loudest scene speak for all; that figure is there too, as
  ``lost_pooled_db`` and ``cut_pooled_db``.
* AUC, balanced accuracy, onset and missed are taken over all blocks or openings of all scenes together.
"""

from collections.abc import Sequence
from typing import TypedDict

import numpy as np
from numpy.typing import NDArray

from gate.constants import BLOCK_MS, BLOCK_S
from training.judging.bootstrap import bootstrap

OPEN_GAIN = 10.0 ** (-6.0 / 20.0)
"""Linear gain over which a gate counts as open: -6 dB."""

REMOVED_MAX_DB = 120.0
"""The figure for "everything was removed", in dB: more than a 20-bit converter can tell from silence."""

MEASURES = (
    "auc", "balanced", "onset_ms", "onset_p90_ms", "missed", "needless_min", "chops_min", "lost_db", "cut_db"
)  # fmt: skip
"""The columns of the published table, in its order."""


class Score(TypedDict):
    """Counts and sums of one scene; two scenes pool by adding or joining every field."""

    seconds: float
    positive: NDArray[np.float32] | None
    """Open probability of the blocks labelled 1, or None for a gate that has none."""
    negative: NDArray[np.float32] | None
    """Open probability of the blocks labelled 0, or None."""
    should_open: int
    hits: int
    """Number of blocks labelled 1 in which the gate was open."""
    should_shut: int
    rejects: int
    """Number of blocks labelled 0 in which the gate was shut."""
    onset_ms: NDArray[np.float64]
    """One for each true opening."""
    missed: int
    needless: int
    chops: int
    target_energy: float
    """Sum of target power over the blocks labelled 1."""
    target_kept: float
    """Sum of target power after the gate over the same blocks."""
    bleed_energy: float
    """Sum of bleed power over the blocks labelled 0."""
    bleed_passed: float
    """Sum of bleed power after the gate over the same blocks."""


def score(
    label: NDArray[np.integer],
    open_probability: NDArray[np.floating] | None,
    gain: NDArray[np.floating],
    target_power: NDArray[np.floating],
    bleed_power: NDArray[np.floating],
) -> Score:
    """Count and sum one scene.

    Args:
        label: (T,) 1 open, 0 shut, -1 unscored, one a block. open_probability: (T,) anything that grows the more
        the gate is for opening, or None if there is no such thing. gain: (T,) linear gain of each block, 0 to 1,
        as the sound got it. target_power: (T,) mean square of the target in each block, as it sits in the
        mixture. bleed_power: (T,) mean square of everything else in each block.

    Raises:
        ValueError: lengths differ, a value is not finite, or a label is none of the three.
    """
    label = np.asarray(label)
    blocks = len(label)
    if label.ndim != 1 or not np.isin(label, (-1, 0, 1)).all():
        raise ValueError("label must be one row of 1, 0 and -1; take it from training.labels.label")
    power, bleed = _row("target_power", target_power, blocks), _row("bleed_power", bleed_power, blocks)
    gain = _row("gain", gain, blocks)
    wish = None if open_probability is None else _row("open_probability", open_probability, blocks)

    should_open, should_shut = label == 1, label == 0
    is_open = gain > OPEN_GAIN
    was_open = np.concatenate(([False], is_open[:-1]))
    onsets, missed = _onsets(should_open, is_open)
    kept = np.square(gain)
    return Score(
        seconds=blocks * BLOCK_S,
        positive=None if wish is None else wish[should_open].astype(np.float32),
        negative=None if wish is None else wish[should_shut].astype(np.float32),
        should_open=int(should_open.sum()),
        hits=int((is_open & should_open).sum()),
        should_shut=int(should_shut.sum()),
        rejects=int((~is_open & should_shut).sum()),
        onset_ms=onsets,
        missed=missed,
        needless=int((is_open & ~was_open & should_shut).sum()),
        chops=int((~is_open & was_open & should_open).sum()),
        target_energy=float(power[should_open].sum()),
        target_kept=float((power * kept)[should_open].sum()),
        bleed_energy=float(bleed[should_shut].sum()),
        bleed_passed=float((bleed * kept)[should_shut].sum()),
    )


def pool(scores: Sequence[Score]) -> dict[str, float]:
    """Make one row of a table: ``MEASURES`` and more over many scenes; nan where there is nothing to measure.

    Returns:
        auc, balanced, missed: 0 to 1. onset_ms (median), onset_p90_ms: ms. needless_min, chops_min: a minute
        of scene. lost_db, cut_db, lost_pooled_db, cut_pooled_db: dB. Also recall and rejection (the halves of
        the balanced accuracy), and scenes, minutes and openings, that is what the row rests on.
    """
    ranked = [(s["positive"], s["negative"]) for s in scores]
    pairs = [(high, low) for high, low in ranked if high is not None and low is not None]
    area = float("nan")
    if pairs and len(pairs) == len(ranked):
        area = auc(np.concatenate([high for high, _ in pairs]), np.concatenate([low for _, low in pairs]))
    return {"auc": area, **_pool_rest(scores)}


def auc(positive: NDArray[np.floating], negative: NDArray[np.floating]) -> float:
    """Compute the area under the ROC curve: how often a positive outranks a negative, ties half; nan if one is empty.

    Source: Mann and Whitney 1947; Hanley and McNeil 1982, that the area is this probability.
    """
    if not len(positive) or not len(negative):
        return float("nan")
    ordered, below = np.sort(positive), np.sort(negative)
    wins = int(np.searchsorted(below, ordered, "left").sum())
    wins_and_ties = int(np.searchsorted(below, ordered, "right").sum())
    return (wins + wins_and_ties) / 2.0 / (len(positive) * len(negative))


def intervals(
    scores: Sequence[Score], *, seed: int = 0, draws: int = 1000, level: float = 0.95
) -> dict[str, tuple[float, float]]:
    """Draw bootstrap confidence intervals of every measure of ``pool``, over scenes.

    Scenes, not blocks, are drawn with replacement: the blocks of one scene are anything but independent.

    Args:
        scores: of one row.
        seed: the same seed gives the same intervals.
        draws: how many tables are drawn.
        level: share of the draws that lies between the two ends.

    Returns:
        measure -> (low, high), percentiles of the draws that could be measured; (nan, nan) if none could.
    """
    if not scores:
        return {}
    wins, highs, lows = _win_matrix(scores)

    def row_of(drawn: NDArray[np.int64]) -> dict[str, float]:
        weight = np.bincount(drawn, minlength=len(scores)).astype(np.float64)
        row = _pool_rest([scores[i] for i in drawn])
        pairs = (weight @ highs) * (weight @ lows)
        row["auc"] = float(weight @ wins @ weight / pairs) if pairs > 0 else float("nan")
        return row

    return bootstrap(len(scores), row_of, seed=seed, draws=draws, level=level)


def block_power(x: NDArray[np.floating], block: int) -> NDArray[np.float64]:
    """Compute the mean square of each whole block of ``block`` samples: (n,) -> (n // block,)."""
    blocks = len(x) // block
    framed = np.asarray(x[: blocks * block], dtype=np.float64).reshape(blocks, block)
    return np.einsum("tb,tb->t", framed, framed) / block


def _row(name: str, values: NDArray[np.floating], blocks: int) -> NDArray[np.float64]:
    """Return values as float64, or raise with the sentence that says why they cannot be scored."""
    row = np.asarray(values, dtype=np.float64)
    if row.shape != (blocks,):
        raise ValueError(f"{name} has shape {row.shape}, the label {blocks} blocks; give one value a block")
    bad = int(np.count_nonzero(~np.isfinite(row)))
    if bad:
        raise ValueError(f"{name} has {bad} values that are not finite; a gate that gives such has no score")
    return row


def _onsets(should_open: NDArray[np.bool_], is_open: NDArray[np.bool_]) -> tuple[NDArray[np.float64], int]:
    """Measure the onset in ms of each true opening, and count the missed ones."""
    edges = np.diff(np.concatenate(([False], should_open, [False])).astype(np.int8))
    starts, stops = np.flatnonzero(edges == 1), np.flatnonzero(edges == -1)
    opened = np.append(np.flatnonzero(is_open), len(is_open))  # the last stands for "never again"
    first = opened[np.searchsorted(opened, starts)]
    waited = np.minimum(first + 1, stops) - starts  # a miss waits for the whole length of the opening
    return waited * BLOCK_MS, int(np.count_nonzero(first >= stops))


def _pool_rest(scores: Sequence[Score]) -> dict[str, float]:
    """Make everything in a row but the AUC, which alone is too slow to take a thousand times."""
    onsets = np.concatenate([s["onset_ms"] for s in scores]) if scores else np.zeros(0)
    minutes = sum(s["seconds"] for s in scores) / 60.0
    recall = _ratio(sum(s["hits"] for s in scores), sum(s["should_open"] for s in scores))
    rejection = _ratio(sum(s["rejects"] for s in scores), sum(s["should_shut"] for s in scores))
    target = [(s["target_energy"], s["target_kept"]) for s in scores if s["target_energy"] > 0]
    bleed = [(s["bleed_energy"], s["bleed_passed"]) for s in scores if s["bleed_energy"] > 0]
    return {
        "balanced": (recall + rejection) / 2.0,
        "recall": recall,
        "rejection": rejection,
        "onset_ms": float(np.median(onsets)) if len(onsets) else float("nan"),
        "onset_p90_ms": float(np.percentile(onsets, 90)) if len(onsets) else float("nan"),
        "missed": _ratio(sum(s["missed"] for s in scores), len(onsets)),
        "needless_min": _ratio(sum(s["needless"] for s in scores), minutes),
        "chops_min": _ratio(sum(s["chops"] for s in scores), minutes),
        "lost_db": _mean([_removed_db(*pair) for pair in target]),
        "cut_db": _mean([_removed_db(*pair) for pair in bleed]),
        "lost_pooled_db": _removed_db(sum(all_ for all_, _ in target), sum(kept for _, kept in target)),
        "cut_pooled_db": _removed_db(sum(all_ for all_, _ in bleed), sum(kept for _, kept in bleed)),
        "scenes": float(len(scores)),
        "minutes": minutes,
        "openings": float(len(onsets)),
    }


def _win_matrix(
    scores: Sequence[Score],
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Count wins (S, S) of positives of scene i over negatives of scene j, ties half; returns both counts (S,) too.

    The AUC of any draw of scenes is then a quadratic form: exact, and without sorting anything again.
    """
    empty = np.zeros(0, dtype=np.float32)
    known = all(s["positive"] is not None and s["negative"] is not None for s in scores)
    high = [np.sort(s["positive"]) if known and s["positive"] is not None else empty for s in scores]
    low = [np.sort(s["negative"]) if known and s["negative"] is not None else empty for s in scores]
    wins = np.zeros((len(scores), len(scores)))
    for i, positive in enumerate(high):
        for j, negative in enumerate(low):
            left = np.searchsorted(negative, positive, "left").sum()
            wins[i, j] = (left + np.searchsorted(negative, positive, "right").sum()) / 2.0
    return wins, np.array([len(x) for x in high], float), np.array([len(x) for x in low], float)


def _removed_db(energy: float, left: float) -> float:
    """Compute how far ``left`` is under ``energy``, in dB, at most ``REMOVED_MAX_DB``; nan if there was none."""
    if energy <= 0:
        return float("nan")
    return float(-10.0 * np.log10(max(left / energy, 10.0 ** (-REMOVED_MAX_DB / 10.0))))


def _ratio(part: float, whole: float) -> float:
    return part / whole if whole else float("nan")


def _mean(values: Sequence[float]) -> float:
    return float(np.mean(values)) if values else float("nan")
