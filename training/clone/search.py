"""The search for a law's numbers: the loss, the ways down it, and how sure the numbers are.

Decisions jump, so slopes are measured over finite steps, and where least squares are stuck a simplex goes on. A number
that makes the fit no better is left out.
"""

import math
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from training.clone import gains as measure
from training.clone import law
from training.clone.gains import Gains
from training.clone.law import Dials

Sound = NDArray[np.float64]

WORTH = 0.96
"""A further number is kept if the loss falls to this share."""
NEAR_ENOUGH = 1.03
"""A start of a further number is refined if its loss is at most this share of the best one."""
MOVING_WEIGHT = 4.0
"""Weight of a block whose gain moves: there are few, and they hold the times."""
LOGS = (
    "attack_ms",
    "release_ms",
    "hold_ms",
    "window_ms",
    "zone_db",
    "hysteresis_db",
    "key_high_pass_hz",
    "key_low_pass_hz",
)
"""Numbers that are searched by their logarithm."""
STEPS = {"threshold_db": 1.5, "range_db": 2.0, "makeup_db": 0.3, "slope": 0.15}
"""First steps of the search; of a logarithm 0.35."""
LIMITS = {
    "threshold_db": (-90.0, 12.0), "range_db": (-100.0, 0.0), "makeup_db": (-60.0, 60.0), "slope": (0.02, 60.0),
    "attack_ms": (0.005, 2000.0), "release_ms": (0.05, 5000.0), "hold_ms": (0.3, 2000.0), "window_ms": (0.05, 2000.0),
    "zone_db": (0.05, 60.0), "hysteresis_db": (0.1, 60.0), "key_high_pass_hz": (20.0, 10_000.0),
    "key_low_pass_hz": (50.0, 20_000.0),
}  # fmt: skip
EXTRAS = {
    "hold_ms": (5.0, 25.0, 100.0),
    "hysteresis_db": (1.5, 4.0, 8.0),
    "key_high_pass_hz": (100.0, 400.0),
    "key_low_pass_hz": (6000.0, 2000.0),
}
"""Further numbers, and where their search begins."""
DESCENTS, SIMPLEX_STEPS = 10, 150
"""Most steps of a descent by curvature, and evaluations of a simplex."""
POLISHES = 5
"""Most rounds of descent and simplex for the law that is left."""
SLOPE_STEP = 0.1
"""Share of a first step over which slopes are measured: decisions jump, and a wider step sees over the jumps."""
PERFECT = 5e-4
"""A loss, in dB squared, that needs no further search."""


class Task:
    """Sound to fit to, with its gains; detectors' outputs are kept, as few numbers change them.

    Args:
        dry: (n,) the stretches, joined.
        gains: theirs.
        rate: Hz.
    """

    def __init__(self, dry: Sound, gains: Gains, rate: int) -> None:
        self.dry, self.gains, self.rate = dry, gains, rate
        self.weight = np.where(gains.moving, MOVING_WEIGHT, 1.0)[gains.valid]
        self.weight /= max(float(self.weight.sum()), 1e-9)
        self._kept: dict[tuple[Any, ...], Sound] = {}

    def detected(self, dials: Dials) -> Sound:
        """Return the detector's output for these dials."""
        key = (dials.detector, dials.window_ms if dials.detector in ("rms", "falling", "linear") else 0.0,
               dials.key_high_pass_hz, dials.key_low_pass_hz)  # fmt: skip
        if key not in self._kept:
            if len(self._kept) > 3:
                self._kept.pop(next(iter(self._kept)))
            self._kept[key] = law.level(self.dry, self.rate, dials)
        return self._kept[key]

    def residuals(self, dials: Dials) -> Sound:
        """Compute the errors of the valid blocks, in dB, as limited as the loss takes them."""
        thin = law.thinned_gain(self.detected(dials), self.rate, dials)
        return np.clip(self.gains.errors_db(thin), -measure.LIMIT_DB, measure.LIMIT_DB)

    def loss(self, dials: Dials) -> float:
        """Compute the weighted mean square of the errors, dB squared."""
        return float(np.sum(self.weight * np.square(self.residuals(dials))))


def bars(task: Task, dials: Dials, free: Sequence[str]) -> dict[str, float]:
    """Compute one standard error of each number, in its own unit.

    The curvature at the optimum, with the residuals of each quarter of a second taken together (blocks beside each other
    err alike): (J'J)^-1 (sum over c of J'c rc r'c Jc) (J'J)^-1, by H. White and K.-Y. Liang, S. Zeger.
    """
    jacobian = _slopes(task, dials, free, _vector(dials, free)) * np.sqrt(task.weight)[:, None]
    residual = task.residuals(dials) * np.sqrt(task.weight)
    inverse = np.linalg.pinv(jacobian.T @ jacobian, rcond=1e-10)
    place = np.flatnonzero(task.gains.valid) * measure.BLOCK // max(task.rate // 4, 1)
    scores = np.zeros((int(place.max(initial=0)) + 1, len(free)))
    np.add.at(scores, place, jacobian * residual[:, None])
    spread = np.sqrt(np.maximum(np.diag(inverse @ (scores.T @ scores) @ inverse), 0.0))
    return {
        name: float(one * (getattr(dials, name) if name in LOGS else 1.0))
        for name, one in zip(free, spread, strict=True)
    }


def refined(task: Task, dials: Dials) -> tuple[float, Dials, list[str]]:
    """Refine a law, try the further numbers, and drop those that are not worth it; returns what stayed free."""
    free = numbers_of(dials)
    loss, dials = settled(task, dials, free, 1)
    for name in ("hold_ms", "hysteresis_db"):
        if name in free:
            without = [one for one in free if one != name]
            one = descended(task, _with(dials, {name: 0.0}), without, DESCENTS)
            if one[0] * WORTH < loss:
                (loss, dials), free = one, without
    for name, values in EXTRAS.items():
        if name in free or (dials.kind == "over" and not name.startswith("key")) or loss < PERFECT:
            continue
        tried = [(task.loss(one), one) for one in (_with(dials, {name: value}) for value in values)]
        first = min(tried, key=lambda one: one[0])
        if first[0] > NEAR_ENOUGH * loss + 0.2:
            continue
        one = descended(task, first[1], [*free, name], DESCENTS)
        if one[0] < WORTH * loss:
            (loss, dials), free = one, [*free, name]
    return loss, dials, free


def settled(task: Task, dials: Dials, free: Sequence[str], rounds: int) -> tuple[float, Dials]:
    """Go down by curvature, and by simplex where that is stuck, round after round while that helps."""
    loss, dials = descended(task, dials, free, DESCENTS)
    for _ in range(rounds):
        before = loss
        if loss < PERFECT:
            break
        loss, dials = simplex(task, dials, free, SIMPLEX_STEPS)
        loss, dials = descended(task, dials, free, DESCENTS)
        if loss > WORTH * before:
            break
    return loss, dials


def descended(task: Task, dials: Dials, free: Sequence[str], most: int) -> tuple[float, Dials]:
    """Go down the loss by least squares with slopes measured over a finite step; returns the loss and the dials."""
    from scipy.optimize import least_squares

    root = np.sqrt(task.weight)
    at, loss = _vector(dials, free), task.loss(dials)
    scale = np.array([_first_step(name) for name in free])

    def residuals(v: Sound) -> Sound:
        return task.residuals(_dials(dials, free, v)) * root

    def slopes(v: Sound) -> Sound:
        return _slopes(task, dials, free, v) * root[:, None]

    found = least_squares(residuals, at, jac=slopes, x_scale=scale, max_nfev=most, ftol=1e-4, xtol=1e-5)
    made = _dials(dials, free, found.x)
    new = task.loss(made)
    return (new, made) if new < loss else (loss, dials)


def _slopes(task: Task, dials: Dials, free: Sequence[str], at: Sound) -> Sound:
    """Measure how the residuals change with each number: (blocks, numbers)."""
    columns = []
    for k, name in enumerate(free):
        step = SLOPE_STEP * _first_step(name)
        ends = []
        for sign in (1.0, -1.0):
            moved = at.copy()
            moved[k] += sign * step
            ends.append(task.residuals(_dials(dials, free, moved)))
        columns.append((ends[0] - ends[1]) / (2.0 * step))
    return np.stack(columns, axis=1)


def numbers_of(dials: Dials) -> list[str]:
    """Name the numbers that a law of this structure has."""
    free = ["threshold_db", "attack_ms", "release_ms", "makeup_db"]
    if dials.place not in ("ramp", "gain"):
        free.append("zone_db")
        if dials.shape == "slope":
            free.append("slope")
    if dials.kind == "down" and dials.range_db > measure.LOWEST_DB:
        free.append("range_db")
    if dials.detector in ("rms", "falling", "linear"):
        free.append("window_ms")
    if dials.hold_ms > 0.0:
        free.append("hold_ms")
    if dials.hysteresis_db > 0.0:
        free.append("hysteresis_db")
    return free


def simplex(task: Task, dials: Dials, free: Sequence[str], most: int) -> tuple[float, Dials]:
    """Go down the loss by Nelder and Mead; returns the loss and the dials."""
    from scipy.optimize import minimize

    at = _vector(dials, free)
    corners = np.vstack([at] + [at + np.eye(len(free))[k] * _first_step(name) for k, name in enumerate(free)])
    found = minimize(
        lambda v: task.loss(_dials(dials, free, v)),
        at,
        method="Nelder-Mead",
        options={"maxfev": most, "initial_simplex": corners, "xatol": 1e-3, "fatol": 1e-5, "adaptive": True},
    )
    made = _dials(dials, free, found.x)
    return float(found.fun), made


def _first_step(name: str) -> float:
    return STEPS.get(name, 0.35)


def _with(dials: Dials, values: dict[str, Any]) -> Dials:
    """Return the dials with other values, by their names."""
    return replace(dials, **values)


def _vector(dials: Dials, free: Sequence[str]) -> Sound:
    return np.array(
        [math.log(max(getattr(dials, n), LIMITS[n][0])) if n in LOGS else getattr(dials, n) for n in free]
    )


def _dials(dials: Dials, free: Sequence[str], vector: Sound) -> Dials:
    """Put a vector's values in, each within its limits."""
    values = {}
    for name, value in zip(free, vector, strict=True):
        low, high = LIMITS[name]
        if name == "slope" and dials.kind == "over":
            high = 1.0
        plain = math.exp(min(value, 20.0)) if name in LOGS else float(value)
        values[name] = min(max(plain, low), high)
    return _with(dials, values)
