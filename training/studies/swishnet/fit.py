"""One training by the protocol: batches of clips, Adam, cosines that begin again, an early end. Resumable.

Leaves ``checkpoint.pt``, ``log.jsonl`` and ``curves.png`` in its folder; the same call again continues where it
stopped, and returns at once if the training had ended.
"""

import copy
import json
import math
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional as F

from gate.cli.console import progress_bar
from training.studies.swishnet.clips import Clips
from training.studies.swishnet.settings import FitConfig
from training.studies.swishnet.teacher import distillation_loss
from training.teach.curves import draw_curves
from training.teach.loop import Loop

JUDGED_AT_ONCE = 512


@dataclass(frozen=True)
class Soft:
    """A teacher's logits (N, K) of the training clips, and how they are learned from."""

    logits: Tensor
    temperature: float
    share: float


@dataclass
class Progress:
    """Progress of a training: epochs done, the best of them (-1: none), its loss and weights, whether it has ended."""

    epochs: int
    best_epoch: int
    best_loss: float
    best: dict[str, Tensor]
    ended: bool = False


def fit(
    net: nn.Module,
    train: Clips,
    val: Clips | None,
    config: FitConfig,
    folder: Path,
    *,
    seed: int,
    recipe: dict[str, Any],
    soft: Soft | None = None,
    device: str = "cpu",
) -> Progress:
    """Train, or continue; ``net`` ends with its best weights.

    Args:
        net: its method ``clip`` takes clips (B, T, 20) and gives logits (B, K).
        val: decides which epoch was best and when to end; None takes the last epoch.
        recipe: what else the result depends on; a checkpoint with another recipe is refused.

    Raises:
        ConfigError: the folder holds a training by other settings.
        FloatingPointError: the loss is not finite.
    """
    folder.mkdir(parents=True, exist_ok=True)
    torch.set_num_threads(config.threads)
    net.to(device)
    optimiser = torch.optim.Adam(net.parameters(), config.highest_rate)
    recipe = recipe | {"seed": seed, "fit": _learns_by(config)}
    path = folder / "checkpoint.pt"
    loop = Loop(net, optimiser, config.epochs)
    state = loop.resume(path, lambda state: state["recipe"] == recipe, "other settings or other recordings")
    done = Progress(0, -1, math.inf, copy.deepcopy(net.state_dict()))
    if state is not None:
        done = Progress(**{name: state[name] for name in Progress.__dataclass_fields__})
        loop.step = done.epochs
    if done.ended:
        net.load_state_dict(done.best)
        return done
    with progress_bar(total=config.epochs, initial=done.epochs, title=folder.name, unit="epoch") as bar:
        for step in loop:
            row = {"step": step - 1, "rate": learning_rate(step - 1, config)}
            row["loss/train"] = _epoch(loop, train, config, step - 1, seed, soft, device)
            if val is not None:
                logits = answers(net, val, device)
                row |= {"loss/val": loss_of(logits, val), "accuracy/val": accuracy_of(logits, val)}
            _note(done, row, net, config)
            with (folder / "log.jsonl").open("a") as log:
                log.write(json.dumps(row) + "\n")
            loop.save(path, recipe=recipe, **vars(done))
            bar.set_postfix(loss=f"{row['loss/train']:.3f}", best=done.best_epoch + 1)
            bar.update()
            if done.ended:
                break
    draw_curves(folder / "log.jsonl", folder / "curves.png")
    net.load_state_dict(done.best)
    return done


def learning_rate(epoch: float, config: FitConfig) -> float:
    """Compute half a cosine from the highest to the lowest rate, period after period; ``epoch`` may be a fraction.

    Source: I. Loshchilov, F. Hutter, "SGDR: stochastic gradient descent with warm restarts", arXiv 1608.03983.
    """
    period, since = config.period_epochs, epoch
    while since >= period:
        since -= period
        period *= config.period_factor
    share = 0.5 * (1.0 + math.cos(math.pi * since / period))
    return config.lowest_rate + (config.highest_rate - config.lowest_rate) * share


def _epoch(
    loop: Loop,
    clips: Clips,
    config: FitConfig,
    epoch: int,
    seed: int,
    soft: Soft | None,
    device: str,
) -> float:
    """Learn from every clip once, in an order that seed and epoch decide; returns the mean loss."""
    net = loop.net
    order = np.random.default_rng([seed, epoch]).permutation(len(clips))
    total = 0.0
    for start in range(0, len(order), config.batch):
        which = order[start : start + config.batch]
        x, labels = (part.to(device) for part in clips.batch(which))
        logits = net.clip(x)
        if soft is None:
            loss = F.cross_entropy(logits, labels)
        else:
            wanted = soft.logits[torch.from_numpy(which)].to(device)
            loss = distillation_loss(logits, labels, wanted, soft.temperature, soft.share)
        loop.learn(loss, learning_rate(epoch + start / len(order), config))
        total += float(loss.detach()) * len(which)
    if not math.isfinite(total):
        raise FloatingPointError(
            f"expected a finite loss, got {total} in epoch {epoch + 1}; lower fit.highest_rate"
        )
    return total / len(order)


@torch.no_grad()
def answers(net: nn.Module, clips: Clips, device: str = "cpu") -> Tensor:
    """Compute logits (N, K) of every clip, in their order."""
    net.eval()
    parts = [np.arange(a, min(a + JUDGED_AT_ONCE, len(clips))) for a in range(0, len(clips), JUDGED_AT_ONCE)]
    return torch.cat([net.clip(clips.batch(part)[0].to(device)).cpu() for part in parts])


def loss_of(logits: Tensor, clips: Clips) -> float:
    """Compute the mean cross-entropy of the clips, in nats."""
    return float(F.cross_entropy(logits, torch.from_numpy(clips.labels)))


def accuracy_of(logits: Tensor, clips: Clips) -> float:
    """Compute the share of clips that are taken for what they are."""
    chosen: NDArray[np.int64] = logits.argmax(1).numpy()
    return float((chosen == clips.labels).mean())


def _note(done: Progress, row: dict[str, float], net: nn.Module, config: FitConfig) -> None:
    """Count the epoch, keep the weights if they are the best so far, and see whether that was the end."""
    loss = row.get("loss/val", -math.inf)
    if loss < done.best_loss or "loss/val" not in row:
        done.best_loss, done.best_epoch = loss, done.epochs
        done.best = copy.deepcopy(net.state_dict())
    done.epochs += 1
    since = done.epochs - 1 - done.best_epoch
    done.ended = done.epochs >= config.epochs or since >= config.patience


def _learns_by(config: FitConfig) -> dict[str, Any]:
    return {key: value for key, value in asdict(config).items() if key != "threads"}
