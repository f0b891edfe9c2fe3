"""Scores of a network while it learns: scenes of the ``val`` split, heard once, scored as the gate would be used."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from gate.realtime.ballistics import gain_curve, openness_curve
from training.judging import metrics
from training.judging.baselines import RANGE_DB
from training.judging.evaluate import Table, Truth, condition
from training.judging.evaluate import prepare as truths_of
from training.networks.front import CHANNELS
from training.networks.gate_net import GateNet
from training.recordings.corpus import Corpus
from training.scenes.compose import Scene
from training.scenes.judged import judged_scenes
from training.teach.aims import AimConfig, shortfall
from training.teach.batch import band_powers
from training.teach.features import Front

DECISIONS = tuple(
    (o, c)
    for o in (0.2, 0.3, 0.35, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9)
    for c in (0.1, 0.15, 0.2, 0.25, 0.3, 0.35, 0.4, 0.5, 0.6, 0.7)
    if c <= o
)
"""Pairs of ``open_at`` and ``close_at`` that ``choose_decision`` tries."""

SLACK = 0.01
"""Balanced accuracy that may be given away to make everything else smaller."""


@dataclass(frozen=True)
class Validation:
    """Judged scenes as the network sees them: (S, T, 56) log10 powers, and of each: truth, kind, condition, words."""

    powers: torch.Tensor
    truths: Sequence[Truth]
    kinds: Sequence[str]
    conditions: Sequence[str]
    words: Sequence[str]

    @classmethod
    def from_corpus(
        cls, corpus: Corpus, *, split: str = "val", seed: int = 0, per_kind: int = 24, target: str = "voice"
    ) -> "Validation":
        """Compose judged scenes of a corpus, for a gate that is taught ``target``."""
        return cls.from_scenes(judged_scenes(corpus, split, seed, per_kind, target))

    @classmethod
    def from_scenes(cls, scenes: Sequence[Scene]) -> "Validation":
        """Take scenes of one length whose recipe names ``kind`` and ``threshold_db``."""
        front = Front()
        powers = torch.from_numpy(np.stack([front(scene.mixture) for scene in scenes]))
        recipes = [scene.recipe for scene in scenes]
        return cls(
            powers,
            truths_of(scenes),
            [str(recipe["kind"]) for recipe in recipes],
            [condition(recipe) for recipe in recipes],
            [in_words(scene) for scene in scenes],
        )

    @torch.no_grad()
    def gates(self, net: GateNet) -> NDArray[np.float32]:
        """Compute (S, 4, T): open probability, attack, hold and release of every scene."""
        net.eval()
        device = net.heads.bias.device
        thresholds = torch.tensor([t.threshold_db for t in self.truths])
        assert self.powers.shape[2] == CHANNELS
        rows = []
        for powers, limits in zip(self.powers.split(16), thresholds.split(16), strict=True):
            output, _ = net.decide(band_powers(powers, limits).to(device), net.initial_state(len(powers)))
            parts = (torch.sigmoid(output.logit), output.attack_ms, output.hold_ms, output.release_ms)
            rows.append(torch.stack(parts, dim=1).cpu().numpy())
        return np.concatenate(rows)

    def scores(self, gates: NDArray[np.float32], open_at: float, close_at: float) -> list[metrics.Score]:
        """Score each scene, for one pair of decision thresholds."""
        found = []
        for gate, truth in zip(gates, self.truths, strict=True):
            gain = gain_curve(openness_curve(np.ascontiguousarray(gate), open_at, close_at), RANGE_DB)
            found.append(metrics.score(truth.label, gate[0], gain, truth.target_power, truth.bleed_power))
        return found

    def table(self, gates: NDArray[np.float32], open_at: float, close_at: float) -> Table:
        """Return kind -> measure -> value, for one pair of decision thresholds."""
        return pooled(self.kinds, self.scores(gates, open_at, close_at))

    def table_by_snr(self, gates: NDArray[np.float32], open_at: float, close_at: float) -> Table:
        """Return the table for each kind and condition: "noise, 5 dB"."""
        names = [f"{kind}, {words}" for kind, words in zip(self.kinds, self.conditions, strict=True)]
        return pooled(names, self.scores(gates, open_at, close_at))

    def hardest(
        self, gates: NDArray[np.float32], open_at: float, close_at: float, count: int = 8
    ) -> list[str]:
        """Describe the scenes with the lowest balanced accuracy, and what went wrong in them."""
        rows = [metrics.pool([score]) for score in self.scores(gates, open_at, close_at)]
        worst = np.argsort([row["balanced"] for row in rows])[:count]
        return [
            f"{rows[i]['balanced']:.2f}: {self.words[i]}. Missed {100 * rows[i]['missed']:.0f} % of the openings, needless "
            f"{rows[i]['needless_min']:.0f} a minute, lost {rows[i]['lost_db']:.1f} dB, cut {rows[i]['cut_db']:.0f} dB."
            for i in worst
        ]

    def intervals(
        self, gates: NDArray[np.float32], open_at: float, close_at: float, seed: int = 0
    ) -> dict[str, dict[str, tuple[float, float]]]:
        """Return kind -> measure -> ends of the 95 % bootstrap interval over scenes."""
        groups = grouped(self.kinds, self.scores(gates, open_at, close_at))
        return {name: metrics.intervals(group, seed=seed) for name, group in groups.items()}

    def __call__(self, net: GateNet) -> dict[str, float]:
        """Score a network: one flat row for the log, at the decision thresholds .5 and .35."""
        table = self.table(self.gates(net), 0.5, 0.35)
        return {f"{kind}_{m}": round(row[m], 4) for kind, row in table.items() for m in metrics.MEASURES}

    def choose_decision(self, net: GateNet, aims: AimConfig) -> tuple[float, float]:
        """Choose the pair (open_at, close_at) of ``DECISIONS`` that suits a network best, see ``best_decision``."""
        return self.best_decision(self.gates(net), aims)

    def best_decision(self, gates: NDArray[np.float32], aims: AimConfig) -> tuple[float, float]:
        """Choose the pair with the least shortfall, of those that are right most of the time.

        Their balanced accuracy, averaged over kinds, is within ``SLACK`` of the best of all pairs: a gate that hardly
        ever shuts neither misses nor chops.
        """
        return best_pair({pair: self.table(gates, *pair) for pair in DECISIONS}, aims)


def best_pair(tables: Mapping[tuple[float, float], Table], aims: AimConfig) -> tuple[float, float]:
    """Choose of pairs of decision thresholds, each with its table, as ``Validation.best_decision`` says."""
    right = {
        pair: float(np.mean([row["balanced"] for row in table.values()])) for pair, table in tables.items()
    }
    fair = [pair for pair in tables if right[pair] >= max(right.values()) - SLACK]
    return min(fair, key=lambda pair: shortfall(tables[pair], aims))


def in_words(scene: Scene) -> str:
    """Describe what a judged scene is made of, for people."""
    recipe = scene.recipe
    who = recipe.get("speakers") or recipe.get("drum") or recipe.get("guitar") or "target"
    who = who if isinstance(who, str) else ", ".join(who)
    room = ", in a room" if recipe.get("target_room") else ""
    return (
        f"{who}{room}, {recipe['snr_db']:g} dB over {recipe['kind']} ({', '.join(recipe['bleed'])}), Threshold "
        f"{scene.loud_db - float(recipe['threshold_db']):.0f} dB under the loud level"
    )


def grouped(names: Sequence[str], scores: Sequence[metrics.Score]) -> dict[str, list[metrics.Score]]:
    """Gather scores by name, in the order in which names first come."""
    groups: dict[str, list[metrics.Score]] = {}
    for name, score in zip(names, scores, strict=True):
        groups.setdefault(name, []).append(score)
    return groups


def pooled(names: Sequence[str], scores: Sequence[metrics.Score]) -> Table:
    """Pool scores by name."""
    return {name: metrics.pool(group) for name, group in grouped(names, scores).items()}
