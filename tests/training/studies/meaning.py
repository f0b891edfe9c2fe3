"""Do the learned controls mean what they are called? Figures of attack, release and key on scenes with a known target.

* *decay* against *release*: behind each closing, how long the target itself takes to fall, and the release that the
  network asked for while its gate fell.
* *key*: its edges while the gate should be open; and what a key that is held to other bands costs.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.stats import spearmanr

from gate.constants import BLOCK_MS
from gate.levels import block_levels_db
from gate.realtime.ballistics import openness_curve
from gate.realtime.key_band import OUTSIDE
from training.judging import metrics
from training.labels import OPEN, SHUT, label
from training.networks.front import BANDS
from training.networks.gate_net import GateNet
from training.scenes.compose import Scene
from training.teach.batch import band_powers
from training.teach.decays import LONGEST_MS, decays_ms
from training.teach.features import Front


@dataclass(frozen=True)
class Heard:
    """What a network said of one scene of T blocks: ``label`` (T,), levels of the target in dB over Threshold (T,),
    probability, attack, hold and release (4, T), openness (T,), edges of the key in Hz (T,) each, its
    mean weights over the blocks that should be open (32,)."""

    label: NDArray[np.int8]
    over_db: NDArray[np.float32]
    gate: NDArray[np.float32]
    openness: NDArray[np.float32]
    key_low_hz: NDArray[np.float32]
    key_high_hz: NDArray[np.float32]
    key_weights: NDArray[np.float32]


@torch.no_grad()
def hear(
    net: GateNet, scene: Scene, open_at: float, close_at: float, key_bias: torch.Tensor | None = None
) -> Heard:
    """Run a network over a scene at the recipe's Threshold, its key held by ``key_bias`` (32,) if given."""
    threshold_db = float(scene.recipe["threshold_db"])
    powers = torch.from_numpy(Front()(scene.mixture))[None]
    relative = band_powers(powers, torch.tensor([threshold_db]))
    output, _ = net.eval().decide(relative, net.initial_state(), key_bias)
    parts = (torch.sigmoid(output.logit), output.attack_ms, output.hold_ms, output.release_ms)
    gate = np.ascontiguousarray(torch.cat(parts).numpy())
    low, high = net.key_edges_hz(output.key[0])
    levels = block_levels_db(scene.target)
    labels = label(levels, threshold_db)
    return Heard(
        labels,
        levels - np.float32(threshold_db),
        gate,
        openness_curve(gate, open_at, close_at),
        low.numpy(),
        high.numpy(),
        output.key[0].numpy()[labels == OPEN].mean(axis=0),
    )


def while_open(heard: Sequence[Heard], name: str) -> NDArray[np.float32]:
    """One figure ("key_low_hz", "key_high_hz") of all blocks that should be open, joined."""
    return np.concatenate([getattr(h, name)[h.label == OPEN] for h in heard])


def attacks_ms(heard: Sequence[Heard]) -> NDArray[np.float32]:
    """The attack that was asked for in the first block of each opening that was right, joined."""
    found = []
    for h in heard:
        rising = np.flatnonzero((h.openness > 0.0) & (np.append(np.float32(0.0), h.openness[:-1]) == 0.0))
        found.append(h.gate[1][rising[h.label[rising] != SHUT]])
    return np.concatenate(found)


def decays_and_releases_ms(heard: Sequence[Heard]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Of each closing: how long the target took to fall, and the gate's release.

    The release of a closing is the median of what was asked for in the blocks in which the gate fell. Closings without a
    decay, see ``training.teach.decays``, or in which the gate did not fall within ``LONGEST_MS``, are left out.
    """
    decays, releases = [], []
    for h in heard:
        falling = np.diff(h.openness, prepend=np.float32(0.0)) < 0.0
        ms = decays_ms(h.label, h.over_db)
        for end in np.flatnonzero((ms > 0.0) & (np.append(np.float32(0.0), ms[:-1]) == 0.0)):
            watched = slice(end, end + round(LONGEST_MS / BLOCK_MS))
            asked = h.gate[3][watched][falling[watched]]
            if len(asked):
                decays.append(float(ms[end]))
                releases.append(float(np.median(asked)))
    return np.array(decays), np.array(releases)


def rank_correlation(x: NDArray[np.floating], y: NDArray[np.floating]) -> float:
    """Spearman's rho."""
    return float(spearmanr(x, y).statistic)


def wrong_key(heard: Sequence[Heard]) -> torch.Tensor:
    """(32,) to hold the key to a quarter of the bands: the neighbours that it weighed least while open."""
    weights = np.mean([h.key_weights for h in heard], axis=0)
    width = BANDS // 4
    at = int(np.argmin(np.convolve(weights, np.ones(width), "valid")))
    wrong = np.full(BANDS, OUTSIDE, np.float32)
    wrong[at : at + width] = 0.0
    return torch.from_numpy(wrong)


def balanced(heard: Sequence[Heard]) -> float:
    """Balanced accuracy over all blocks of all scenes, see ``training.judging.metrics``; openness stands for the gain."""
    nothing = [np.zeros(len(h.label)) for h in heard]
    scores = [metrics.score(h.label, None, h.openness, x, x) for h, x in zip(heard, nothing, strict=True)]
    return metrics.pool(scores)["balanced"]
