"""Fit a gain that follows a level: which law, and its numbers with error bars.

Every structure (detector, curve, place of the times) gets a coarse search on the liveliest seconds of a pair; the
best ones are refined by least squares and by Nelder and Mead's simplex, as decisions have no gradient. A number that
makes the fit no better is left out: no hold, no hysteresis, no key filter unless the pair asks for one.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from training.clone import gains as measure
from training.clone import law
from training.clone.gains import Gains
from training.clone.law import Dials
from training.clone.search import (
    DESCENTS,
    PERFECT,
    POLISHES,
    SIMPLEX_STEPS,
    Task,
    bars,
    descended,
    numbers_of,
    refined,
    settled,
    simplex,
)
from training.clone.start import starts

Sound = NDArray[np.float64]
Say = Callable[[str], None]

COARSE_S, FIT_S = 6.0, 18.0
"""Seconds of the coarse search, and of the refinement."""
BEGUN = 3
"""Starts of a structure that are followed."""
FINALISTS = 3
"""Structures that are refined."""
DOWN = (
    ("peak", "step", "level"), ("peak", "slope", "level"), ("power", "slope", "level"), ("rms", "step", "level"),
    ("falling", "slope", "level"), ("linear", "step", "ramp"), ("falling", "step", "gain"),
)  # fmt: skip
OVER = (
    ("peak", "slope", "level"), ("power", "slope", "level"), ("rms", "slope", "level"), ("peak", "slope", "gain_db"),
)  # fmt: skip
CLASSIC = (("rms", "step", "level"),)
"""Structures that are tried: of what turns down the quiet, of what turns down the loud, and of the classic gate alone."""


@dataclass(frozen=True)
class Quality:
    """How far a law's gain is off, on sound that it was not fitted to where there is any.

    Attributes:
        rms_db: root of the mean square of the gain's error over blocks.
        within: share of the blocks that are within 0.5 dB.
        p95_db: the error that 95 % of the blocks keep.
        esr: error energy over the wet sound's energy.
        held_out: False where there was no sound but that of the fit.
    """

    rms_db: float
    within: float
    p95_db: float
    esr: float
    held_out: bool


@dataclass(frozen=True)
class Fit:
    """A fitted law: its numbers, one standard error of each that was fitted, how good it is, and the loss."""

    dials: Dials
    errors: dict[str, float]
    quality: Quality
    loss: float


def fit(
    dry: Sound,
    wet: Sound,
    rate: int,
    *,
    floor_db: float = -140.0,
    kind: str = "",
    structures: Sequence[tuple[str, str, str]] = (),
    say: Say = lambda text: None,
) -> Fit:
    """Fit the law to an aligned pair.

    Args:
        dry, wet: (n,) aligned.
        rate: Hz.
        floor_db: the wet sound's own noise, dBFS.
        kind: "down" or "over"; "" finds out.
        structures: to try; () tries all of the kind.
        say: gets a line about what is being done.
    """
    whole = measure.measured(dry, wet, rate, floor_db)
    kind = kind or direction(whole, dry, rate)
    tasks = []
    for seconds in (COARSE_S, FIT_S):
        parts = measure.windows(whole, rate, seconds)
        tasks.append(Task(*measure.excerpt(dry, wet, rate, parts, floor_db), rate))
    coarse, task = tasks
    found: list[tuple[float, Dials]] = []
    for structure in structures or (DOWN if kind == "down" else OVER):
        begun = starts(coarse.gains, coarse.dry, rate, kind, structure)[:BEGUN]
        _, dials = min(
            (descended(coarse, dials, numbers_of(dials), DESCENTS // 2) for dials in begun),
            key=lambda one: one[0],
        )
        found.append(simplex(coarse, dials, numbers_of(dials), SIMPLEX_STEPS // 2))
        say(f"{', '.join(structure)}: {math.sqrt(found[-1][0]):.2f} dB")
    found.sort(key=lambda one: one[0])
    best: tuple[float, Dials, list[str]] | None = None
    for _, dials in found[:FINALISTS]:
        one = refined(task, dials)
        say(f"{dials.detector}, {dials.shape}, {dials.place}: refined to {math.sqrt(one[0]):.2f} dB")
        if best is None or one[0] < best[0]:
            best = one
        if one[0] < PERFECT:
            break
    assert best is not None, "there is at least one structure"
    loss, dials, free = best
    loss, dials = settled(task, dials, free, POLISHES)
    errors = bars(task, dials, free)
    return Fit(dials, errors, judged(dry, wet, rate, whole, dials, measure.windows(whole, rate, FIT_S)), loss)


def direction(gains: Gains, dry: Sound, rate: int) -> str:
    """Tell whether quiet sound is turned down ("down"), or loud sound ("over")."""
    from scipy.stats import spearmanr

    n = max(1, round(0.02 * rate / measure.BLOCK))
    k = len(gains.gain_db) // n * n
    power = np.square(dry[: k * measure.BLOCK]).reshape(-1, n * measure.BLOCK).mean(axis=1)
    gain = gains.gain_db[:k].reshape(-1, n).mean(axis=1)
    valid = gains.valid[:k].reshape(-1, n).all(axis=1)
    if np.count_nonzero(valid) < 8 or np.ptp(gain[valid]) < 0.01:
        return "down"
    together = float(spearmanr(power[valid], gain[valid]).statistic)
    return "over" if together < 0.0 else "down"


def judged(dry: Sound, wet: Sound, rate: int, gains: Gains, dials: Dials, used: list[slice]) -> Quality:
    """Judge a law on all of a pair but the stretches it was fitted to."""
    thin = law.thinned_gain(law.level(dry, rate, dials), rate, dials)
    apart = np.ones(len(gains.gain_db), dtype=bool)
    for part in used:
        apart[part.start // measure.BLOCK : part.stop // measure.BLOCK] = False
    held_out = int(np.count_nonzero(apart & gains.valid)) > 200
    if not held_out:
        apart[:] = True
    errors = (gains.predicted_db(thin) - gains.gain_db)[gains.valid & apart]
    if not len(errors):
        errors = np.zeros(1)
    where = np.repeat(apart, measure.BLOCK)
    n = len(where)
    gain = np.interp(np.arange(n), np.arange(len(thin)) * law.STRIDE + law.STRIDE - 1, thin)
    heard = wet[:n] if np.dot(dry[:n], wet[:n]) >= 0.0 else -wet[:n]
    left = np.square(heard - gain * dry[:n])[where].sum() / max(float(np.square(heard)[where].sum()), 1e-30)
    size = np.abs(errors)
    return Quality(
        float(np.sqrt(np.mean(np.square(errors)))),
        float(np.mean(size <= 0.5)),
        float(np.percentile(size, 95.0)),
        float(left),
        held_out,
    )
