"""Adapt a preset to one source in a minute: ten seconds of what should pass, ten of what should not.

All weights move, but little: few steps at a small learning rate, half of the scenes with made-up noises in place of the
user's, and in the end only half of the way where that judges better. The last part of the examples is kept from
learning, and shows whether learning helped; if it did not, the preset stays as it was.
"""

import copy
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np
import torch

from training.judging import metrics
from training.learn.cut import cut_in_two
from training.learn.quick_scenes import Memory, Sounds, judged, learned
from training.networks.gate_net import GateNet
from training.scenes.compose import Scene
from training.sounds.changes import Sound
from training.teach.batch import to
from training.teach.batches import BatchConfig, draw
from training.teach.features import Front
from training.teach.loop import Loop
from training.teach.losses import LossConfig, gate_loss
from training.teach.optimiser import adamw
from training.teach.validate import Validation

Say = Callable[[str], None]


@dataclass(frozen=True)
class QuickConfig:
    """Sizes of a quick adaptation.

    ``share`` of the examples is learned from, the rest judges; ``mixes`` are how far to go from the shipped weights to the
    learned ones, and the best is taken if its merit is more than ``least_gain`` over the merit of the shipped ones. No
    step begins later than ``seconds_most`` after the start, by the clock.
    """

    share: float = 0.7
    scenes: int = 64
    scene_s: float = 6.0
    judged: int = 24
    judged_s: float = 8.0
    steps: int = 120
    learning_rate: float = 1.5e-4
    mixes: tuple[float, ...] = (0.5, 1.0)
    least_gain: float = 0.003
    seconds_most: float = 40.0
    seed: int = 0
    batch: BatchConfig = field(default_factory=lambda: BatchConfig(sequences=6, blocks=1440))
    loss: LossConfig = field(default_factory=LossConfig)


@dataclass(frozen=True)
class Adapted:
    """An adaptation: the better network of the two, its decision thresholds, both scores on held-out scenes."""

    net: GateNet
    open_at: float
    close_at: float
    helped: bool
    before: list[metrics.Score]
    after: list[metrics.Score]
    steps: int
    scenes: list[Scene]


def adapt(
    net: GateNet,
    decision: tuple[float, float],
    target: Sequence[Sound],
    bleed: Sequence[Sound],
    config: QuickConfig = QuickConfig(),
    *,
    device: str = "cpu",
    say: Say = lambda text: None,
    began: float | None = None,
) -> Adapted:
    """Adapt a network; ``target`` and ``bleed`` are sounds at 48 kHz, (n,) float32 each.

    Args:
        net: a preset's network, which is left as it is.
        decision: the preset's (open_at, close_at).
        say: hears a line of progress now and then.
        began: the time that ``seconds_most`` counts from, by ``time.monotonic``; None for now.

    Raises:
        ValueError: the target has no phrases to learn from.
    """
    began = time.monotonic() if began is None else began
    rng = np.random.default_rng(config.seed)
    torch.manual_seed(config.seed)
    learn_target, judge_target = cut_in_two(target, config.share)
    learn_bleed, judge_bleed = cut_in_two(bleed, config.share)
    front = Front()
    store = learned(Sounds(learn_target, learn_bleed), rng, config.scenes, config.scene_s, front)
    scenes = judged(
        Sounds(judge_target or learn_target, judge_bleed or learn_bleed), rng, config.judged, config.judged_s
    )
    judge = Validation.from_scenes(scenes)
    start = copy.deepcopy(net).to(device)
    tuned, steps = _tune(start, store, config, rng, device, began, say)
    before = judge.scores(judge.gates(start), *decision)
    best, best_merit, best_scores = start, merit(before) + config.least_gain, before
    for mix in config.mixes:
        candidate = mixed(start, tuned, mix)
        scores = judge.scores(judge.gates(candidate), *decision)
        say(f"held-out examples: {words(scores)} with {mix:.0%} of what was learned, {words(before)} before")
        if merit(scores) > best_merit:
            best, best_merit, best_scores = candidate, merit(scores), scores
    helped = best is not start
    return Adapted(best.cpu().eval(), *decision, helped, before, best_scores, steps, scenes)


def merit(scores: Sequence[metrics.Score]) -> float:
    """Compute what is compared: balanced accuracy, less what needless openings and chops are worth."""
    row = metrics.pool(list(scores))
    return row["balanced"] - 0.001 * row["needless_min"] - 0.0005 * row["chops_min"] - 0.02 * row["missed"]


def words(scores: Sequence[metrics.Score]) -> str:
    """Describe scores in a few words."""
    row = metrics.pool(list(scores))
    return (
        f"balanced accuracy {row['balanced']:.3f}, onset {row['onset_ms']:.0f} ms, "
        f"{row['needless_min']:.1f} needless openings a minute"
    )


@torch.no_grad()
def mixed(a: GateNet, b: GateNet, share: float) -> GateNet:
    """Make a network between two of one size: weight by weight, ``share`` of the second."""
    made = copy.deepcopy(a)
    for own, other in zip(made.parameters(), b.parameters(), strict=True):
        own.lerp_(other, share)
    return made.eval()


def _tune(
    start: GateNet,
    store: Memory,
    config: QuickConfig,
    rng: np.random.Generator,
    device: str,
    began: float,
    say: Say,
) -> tuple[GateNet, int]:
    net = copy.deepcopy(start).train()
    optimiser = adamw(net.parameters(), config.learning_rate)
    loop = Loop(net, optimiser, config.steps, clip_norm=1.0, remedy="give other examples")
    for step in loop:
        if time.monotonic() - began > config.seconds_most:
            say(f"stopped after {step - 1} of {config.steps} steps: the time is up")
            return net.eval(), step - 1
        done = (step - 1) / config.steps
        rate = config.learning_rate * min(1.0, 10 * (done + 0.02)) * min(1.0, 2 * (1.02 - done))
        batch = to(draw(store, config.batch, rng), torch.device(device))
        output, _ = net.decide(batch.powers, net.initial_state(len(batch.label)))
        total = gate_loss(output, batch, config.loss)["total"]
        loop.learn(total, rate)
        if step % 10 == 0:
            say(f"step {step} of {config.steps}, loss {float(total.detach()):.3f}")
    return net.eval(), config.steps
