"""What ``benchmarks.heads`` computes: each learned control, and all four, against constants; all against a classic gate."""

import copy
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from gate.realtime.ballistics import (
    ATTACK_RANGE_MS,
    HOLD_RANGE_MS,
    RELEASE_RANGE_MS,
    gain_curve,
    openness_curve,
)
from training.judging import controls
from training.judging.baselines import RANGE_DB, oracle_classic
from training.judging.controls import LESS_IS_BETTER, MEASURES, OWN, Ground
from training.judging.metrics import OPEN_GAIN
from training.judging.ramps import gain_ramps
from training.labels import OPEN
from training.networks.front import BANDS, band_edges_hz
from training.networks.gate_net import GateNet
from training.scenes.compose import Scene
from training.teach.batch import band_powers
from training.teach.validate import Validation

TIMES = {"attack": (1, ATTACK_RANGE_MS), "hold": (2, HOLD_RANGE_MS), "release": (3, RELEASE_RANGE_MS)}
"""Control -> row of ``Validation.gates``, and range in ms."""
TRIED = 12
"""Constants that are tried for a time, evenly spaced in the logarithm; its least value too."""
OCTAVES_HZ = tuple(62.5 * 2.0 ** (k * 0.8) for k in range(10))
"""Middles of the octaves that are tried as keys: 62.5 Hz to 9.2 kHz."""
KEY_REST = 1e-4
"""Weight of the bands outside such an octave, against those in it."""
AGAINST_CLASSIC = ("balanced", "tail_db", "cut_db")
"""Measures in which all four together should beat the classic gate, at once."""
DRAWS = 1000
SHIFT, HALVINGS = 12.0, 10
"""Largest shift of a constant key's decision, in logits, and how often the interval is halved: to .02."""

Values = dict[str, NDArray[np.float64]]
"""Measure -> one figure a scene (S,); nan where a scene has none."""


@dataclass(frozen=True)
class Part:
    """Scenes of one kind and the network that is judged on them."""

    net: GateNet
    scenes: Sequence[Scene]
    grounds: Sequence[Ground]
    validation: Validation

    @classmethod
    def of(cls, net: GateNet, scenes: Sequence[Scene]) -> "Part":
        """Work out once what every change of the network is judged by."""
        grounds = [Ground.of(s.mixture, s.target, float(s.recipe["threshold_db"])) for s in scenes]
        return cls(net, scenes, grounds, Validation.from_scenes(scenes))

    def gates(self, net: GateNet | None = None) -> NDArray[np.float32]:
        """Compute (S, 4, T): open probability, attack, hold and release of every scene, of this network or another."""
        return self.validation.gates(net or self.net)

    def values(self, gates: NDArray[np.float32], pair: tuple[float, float]) -> list[controls.Controls]:
        """Measure every scene."""
        found = []
        for ground, gate in zip(self.grounds, gates, strict=True):
            goals = gain_curve(openness_curve(np.ascontiguousarray(gate), *pair), RANGE_DB)
            found.append(controls.measure(ground, goals, gain_ramps(goals, gate[1])))
        return found

    def classic(self) -> list[controls.Controls]:
        """Measure the classic gate that is set by hand for each file, on every scene."""
        found = []
        for scene, ground in zip(self.scenes, self.grounds, strict=True):
            _, gain = oracle_classic(scene, ground.threshold_db)
            found.append(controls.measure(ground, gain, gain_ramps(gain)))
        return found


def difference(
    learned: NDArray[np.float64], other: NDArray[np.float64], seed: int = 0
) -> tuple[float, float, float] | None:
    """Compute the mean of learned - other over scenes that have both, and the ends of its 95 % bootstrap interval.

    None where fewer than two scenes have both.
    """
    gap = (learned - other)[np.isfinite(learned) & np.isfinite(other)]
    if len(gap) < 2:
        return None
    rng = np.random.default_rng(seed)
    means = gap[rng.integers(len(gap), size=(DRAWS, len(gap)))].mean(1)
    low, high = np.percentile(means, (2.5, 97.5))
    return float(gap.mean()), float(low), float(high)


def table(parts: Sequence[Part], pair: tuple[float, float]) -> dict[str, Any]:
    """Judge one kind of scenes, pooled over parts.

    Returns:
        scenes: how many. learned: measure -> mean. parts: control -> its best constant, what was tried, and measure ->
        learned less constant. all: measure -> learned less all four constants. classic: the same less the classic gate.
    """
    own = [part.gates() for part in parts]
    learned = _joined([part.values(gates, pair) for part, gates in zip(parts, own, strict=True)])
    rows: dict[str, Any] = {}
    chosen: dict[str, float] = {}
    for control, (index, limits) in TIMES.items():
        tried = {
            ms: _joined([p.values(_with(g, {index: ms}), pair) for p, g in zip(parts, own, strict=True)])
            for ms in constants(limits)
        }
        chosen[control] = best = _best(tried, OWN[control])
        rows[control] = _row(
            f"{best:.0f} ms", {f"{ms:.1f} ms": v for ms, v in tried.items()}, learned, tried[best], control
        )
    recall = recall_of(parts, own, pair)
    keys = {name: [p.gates(held_key(p.net, key(p))) for p in parts] for name, key in KEYS.items()}
    keys = {name: at_recall(parts, gates, pair, recall) for name, gates in keys.items()}
    keyed = {
        name: _joined([p.values(g, pair) for p, g in zip(parts, gates, strict=True)])
        for name, gates in keys.items()
    }
    name = _best(keyed, OWN["key"])
    rows["key"] = _row(name, keyed, learned, keyed[name], "key")
    held = {TIMES[control][0]: ms for control, ms in chosen.items()}
    together = _joined([p.values(_with(g, held), pair) for p, g in zip(parts, keys[name], strict=True)])
    return {
        "scenes": len(learned["balanced"]),
        "learned": {m: _mean(learned[m]) for m in MEASURES},
        "parts": rows,
        "all": _gaps(learned, together),
        "classic": _gaps(learned, _joined([part.classic() for part in parts])),
    }


def constants(limits: tuple[float, float]) -> list[float]:
    """List the constants, ms, that are tried for a time of this range."""
    low, high = limits
    spaced = [float(ms) for ms in np.geomspace(max(low, 1.0), high, TRIED)]
    return spaced if spaced[0] <= low else [low, *spaced]


def held_key(net: GateNet, key: torch.Tensor) -> GateNet:
    """Return the network with these key weights (32,), over 0, in every block."""
    held, logits = copy.deepcopy(net), torch.log(key)
    held.key_logits = lambda heads: logits.expand(*heads.shape[:-1], BANDS)  # type: ignore[method-assign]
    return held


def recall_of(
    parts: Sequence[Part], gates: Sequence[NDArray[np.float32]], pair: tuple[float, float]
) -> float:
    """Compute the share of the blocks that should be open, of all scenes together, in which the gates are open."""
    hits, blocks = 0, 0
    for part, own in zip(parts, gates, strict=True):
        for ground, gate in zip(part.grounds, own, strict=True):
            gain = gain_curve(openness_curve(np.ascontiguousarray(gate), *pair), RANGE_DB)
            should_open = ground.label == OPEN
            hits += int((gain[should_open] > OPEN_GAIN).sum())
            blocks += int(should_open.sum())
    return hits / max(blocks, 1)


def at_recall(
    parts: Sequence[Part], gates: Sequence[NDArray[np.float32]], pair: tuple[float, float], recall: float
) -> list[NDArray[np.float32]]:
    """Shift all open probabilities by one number of logits, so that the gates have this recall.

    Without the shift a key that hears less than another is no other key, but a gate that opens less.
    """
    low, high = -SHIFT, SHIFT
    for _ in range(HALVINGS):
        middle = (low + high) / 2.0
        if recall_of(parts, [_shifted(g, middle) for g in gates], pair) < recall:
            low = middle
        else:
            high = middle
    return [_shifted(g, high) for g in gates]


@torch.no_grad()
def mean_key(part: Part) -> torch.Tensor:
    """Compute the mean (32,) of a network's key weights while the gate should be open."""
    total = torch.zeros(BANDS)
    for powers, truth in zip(part.validation.powers, part.validation.truths, strict=True):
        relative = band_powers(powers[None], torch.tensor([truth.threshold_db]))
        output, _ = part.net.decide(relative, part.net.initial_state())
        total += output.key[0][torch.from_numpy(truth.label == 1)].sum(0)
    return (total + 1e-9) / (total + 1e-9).sum()


def octave_key(middle_hz: float) -> torch.Tensor:
    """Compute key weights (32,) that hear one octave: a user's key filter."""
    edges = band_edges_hz()
    middles = np.sqrt(edges[:-1] * edges[1:])
    inside = np.abs(np.log2(middles / middle_hz)) <= 0.5
    inside[np.argmin(np.abs(np.log2(middles / middle_hz)))] = True
    weights = torch.from_numpy(np.where(inside, 1.0, KEY_REST)).float()
    return weights / weights.sum()


KEYS: Mapping[str, Callable[[Part], torch.Tensor]] = {
    "even": lambda part: torch.full((BANDS,), 1.0 / BANDS),
    "its own mean": mean_key,
    **{f"octave at {hz:.0f} Hz": lambda part, hz=hz: octave_key(hz) for hz in OCTAVES_HZ},  # type: ignore[misc]
}
"""Constant keys that are tried, by name."""


def _with(gates: NDArray[np.float32], held: Mapping[int, float]) -> NDArray[np.float32]:
    changed = gates.copy()
    for index, ms in held.items():
        changed[:, index] = ms
    return changed


def _shifted(gates: NDArray[np.float32], logits: float) -> NDArray[np.float32]:
    changed = gates.copy()
    p = np.clip(gates[:, 0].astype(np.float64), 1e-9, 1.0 - 1e-9)
    changed[:, 0] = 1.0 / (1.0 + (1.0 - p) / p * np.exp(-logits))
    return changed


def _joined(rows: Sequence[Sequence[controls.Controls]]) -> Values:
    flat = [dict(row) for part in rows for row in part]
    return {name: np.array([row[name] for row in flat], np.float64) for name in MEASURES}


def _best(tried: Mapping[Any, Values], measure: str) -> Any:
    """Choose the constant with the best mean; the first where none can be measured."""
    sign = -1.0 if measure in LESS_IS_BETTER else 1.0
    means = {constant: _mean(values[measure]) for constant, values in tried.items()}
    return max(means, key=lambda constant: -np.inf if means[constant] is None else sign * means[constant])


def _row(
    constant: str, tried: Mapping[str, Values], learned: Values, other: Values, control: str
) -> dict[str, Any]:
    means = {name: _mean(values[OWN[control]]) for name, values in tried.items()}
    return {"constant": constant, "tried": means, **_gaps(learned, other)}


def _gaps(learned: Values, other: Values) -> dict[str, Any]:
    return {m: difference(learned[m], other[m]) for m in MEASURES}


def _mean(values: NDArray[np.float64]) -> float | None:
    values = values[np.isfinite(values)]
    return float(values.mean()) if len(values) else None
