"""Where the fit of a law begins: times on a grid, and for each the threshold and the curve that meet the gain best.

A law on the level falls in two: an envelope, which only times move, and a curve of it. So the envelope is computed
once for each set of times, and curves are tried on it, thinned to blocks.
"""

from collections.abc import Iterator
from dataclasses import replace
from itertools import product
from typing import Any

import numpy as np
from numpy.typing import NDArray

from training.clone import law
from training.clone.gains import BLOCK, LIMIT_DB, LOWEST_DB, Gains
from training.clone.law import STRIDE, Dials

Sound = NDArray[np.float64]
Structure = tuple[str, str, str]

WINDOWS_MS = {"rms": (10.0,), "falling": (50.0, 5.0), "linear": (400.0, 2000.0)}
"""Where the search of a detector's window begins."""
TIMES_MS = {
    "down": ((0.4, 4.0, 20.0), (15.0, 70.0, 300.0), (0.0, 40.0, 160.0)),
    "over": ((0.2, 2.0, 10.0, 40.0), (15.0, 60.0, 200.0, 600.0), (0.0,)),
}
"""Attack, release and hold of the grid."""
HYSTERESIS_DB = (0.0, 4.0, 9.0)
"""Hysteresis of the grid."""
STEP = tuple({"zone_db": zone} for zone in (1.0, 6.0))
SLOPE = tuple({"slope": slope, "zone_db": 3.0} for slope in (1.0, 3.0, 9.0))
OVER = tuple({"slope": slope, "zone_db": 3.0} for slope in (0.4, 0.7, 0.95))
"""Curves of the grid."""
THRESHOLDS = 18
"""Thresholds that are tried, between the quiet and the loud parts."""


def starts(gains: Gains, dry: Sound, rate: int, kind: str, structure: Structure) -> list[Dials]:
    """Return where to begin with a structure: the best of each set of times, in order of how far they are off."""
    detector, shape, place = structure
    heard = gains.gain_db[gains.valid] if gains.valid.any() else np.zeros(1)
    makeup = float(np.percentile(heard, 95.0))
    lowest = float(np.percentile(heard, 3.0))
    silent = kind == "over" or lowest <= LOWEST_DB + 3.0
    first = Dials(
        kind=kind,
        detector=detector,
        shape=shape,
        place=place,
        makeup_db=makeup,
        range_db=law.DEEPEST_DB if silent else min(lowest - makeup, -0.5),
    )
    tried = [
        one
        for window in WINDOWS_MS.get(detector, (10.0,))
        for one in _tried(replace(first, window_ms=window), gains, dry, rate)
    ]
    return [dials for _, dials in sorted(tried, key=lambda one: one[0])]


def _tried(first: Dials, gains: Gains, dry: Sound, rate: int) -> Iterator[tuple[float, Dials]]:
    """Yield the best threshold and curve for each set of times."""
    detected = law.level(dry, rate, first)
    pick = np.flatnonzero(gains.valid)[:: 1 if len(gains.gain_db) < 8000 else 2]
    wanted = gains.gain_db[pick] - first.makeup_db
    weight = np.where(gains.moving[pick], 4.0, 1.0) / max(len(pick), 1)
    shapes: tuple[dict[str, Any], ...] = (
        OVER if first.kind == "over" else SLOPE if first.shape == "slope" else STEP
    )
    switched = first.place in ("ramp", "gain")
    if switched:
        shapes = ({},)
    levels = law.envelope_db(detected, rate, replace(first, attack_ms=1.0, release_ms=20.0, place="level"))
    low, high = np.percentile(levels, (5.0, 98.0))
    steps = BLOCK // STRIDE
    for attack, release, hold in product(*TIMES_MS[first.kind]):
        timed = replace(first, attack_ms=attack, release_ms=release, hold_ms=hold)
        blocks = None if switched else law.envelope_db(detected, rate, timed)[steps - 1 :: steps]
        best: tuple[float, Dials] | None = None
        for threshold, hysteresis, numbers in product(
            np.linspace(low, high, THRESHOLDS), HYSTERESIS_DB if first.kind == "down" else (0.0,), shapes
        ):
            dials = replace(timed, threshold_db=float(threshold), hysteresis_db=hysteresis, **numbers)
            if blocks is not None:
                got = law.curved_db(blocks, dials)[pick]
            else:
                thin = law.thinned_gain(detected, rate, dials)[steps - 1 :: steps]
                got = 20.0 * np.log10(np.maximum(thin[pick], 1e-6)) - first.makeup_db
            got = np.maximum(got, gains.least_db[pick] - first.makeup_db)
            off = float(np.sum(weight * np.square(np.clip(got - wanted, -LIMIT_DB, LIMIT_DB))))
            if best is None or off < best[0]:
                best = off, dials
        if best is not None:
            yield best
