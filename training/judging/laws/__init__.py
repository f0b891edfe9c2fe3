"""Other makers' gate laws, re-implemented, to compare the taught gate with.

``LAWS`` has them with their search grids, ``AT_DEFAULTS`` as they come, ``ORACLES`` with the settings that are best for
each file. In all of them the gate is judged shut at -80 dB, and is strictly causal.
"""

from itertools import product
from typing import Any

import numpy as np
from numpy.typing import NDArray

from training.judging.baselines import ORACLE_OFFSET_DB
from training.judging.gates import Decision
from training.judging.laws import juce, lsp, obs
from training.judging.laws.search import Law

DEEPEST_DB = -72.0
"""The LSP gate's deepest Reduction: the others shut to nothing."""


def _grid(**values: tuple[float, ...]) -> list[dict[str, float]]:
    """Return every combination of these controls."""
    return [dict(zip(values, row, strict=True)) for row in product(*values.values())]


def _detect_obs(x: NDArray[np.floating], _: Any) -> NDArray[np.float64]:
    return obs.detect(x)


def _detect_juce(x: NDArray[np.floating], _: Any) -> NDArray[np.float64]:
    return juce.detect(x)


LSP = Law(
    name="LSP gate",
    detect=lsp.detect,
    gains=lsp.gains,
    default=lambda threshold_db: lsp.LspSettings(threshold_db=threshold_db, reduction_db=DEEPEST_DB),
    keys=_grid(high_pass_hz=(0.0, 80.0, 150.0, 300.0), low_pass_hz=(0.0, 4000.0), reactivity_ms=(2.5, 10.0)),
    thresholds=lambda threshold_db: _grid(
        threshold_db=tuple(threshold_db + offset for offset in ORACLE_OFFSET_DB),
        hysteresis_db=(0.0, -3.0, -6.0, -12.0),
    ),
    times=_grid(
        attack_ms=(0.5, 5.0, 20.0),
        hold_ms=(0.0, 50.0, 100.0, 200.0, 400.0),
        release_ms=(10.0, 50.0, 100.0, 250.0),
    ),
    probes=(
        {"attack_ms": 0.5, "hold_ms": 50.0, "release_ms": 10.0},
        {"attack_ms": 5.0, "hold_ms": 200.0, "release_ms": 100.0},
    ),
)

OBS = Law(
    name="OBS gate",
    detect=_detect_obs,
    gains=obs.gains,
    # 6 dB between the thresholds, as between its own -26 and -32
    default=lambda threshold_db: obs.ObsSettings(open_db=threshold_db, close_db=threshold_db - 6.0),
    keys=({},),
    thresholds=lambda threshold_db: [
        {"open_db": threshold_db + offset, "close_db": threshold_db + offset - apart}
        for offset, apart in product(ORACLE_OFFSET_DB, (1.0, 3.0, 6.0, 10.0))
    ],
    times=_grid(
        attack_ms=(1.0, 5.0, 25.0),
        hold_ms=(0.0, 50.0, 100.0, 200.0, 400.0),
        release_ms=(10.0, 50.0, 150.0),
    ),
    probes=(
        {"attack_ms": 1.0, "hold_ms": 50.0, "release_ms": 10.0},
        {"attack_ms": 5.0, "hold_ms": 200.0, "release_ms": 50.0},
    ),
)

JUCE = Law(
    name="JUCE gate",
    detect=_detect_juce,
    gains=juce.gains,
    default=lambda threshold_db: juce.JuceSettings(threshold_db=threshold_db),
    keys=({},),
    thresholds=lambda threshold_db: [{"threshold_db": threshold_db + offset} for offset in ORACLE_OFFSET_DB],
    times=_grid(attack_ms=(0.1, 1.0, 5.0, 20.0), release_ms=(20.0, 100.0, 250.0, 500.0, 1000.0)),
    probes=({"attack_ms": 1.0, "release_ms": 100.0}, {"attack_ms": 5.0, "release_ms": 500.0}),
)

LAWS: tuple[Law, ...] = (LSP, OBS, JUCE)

AT_DEFAULTS: dict[str, Decision] = {f"{law.name}, its defaults": law.at_default for law in LAWS}
"""Name in tables -> gate: the maker's defaults, the threshold set to the scene's."""

ORACLES: dict[str, Decision] = {f"{law.name}, best for each file": law.oracle for law in LAWS}
"""Name in tables -> gate: settings chosen for each file, knowing the answer."""
