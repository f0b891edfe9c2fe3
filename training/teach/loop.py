"""The loop of every training: optimiser, averaged weights, random numbers, and the file that it continues from.

    loop = Loop(net, adamw(net.parameters(), 1e-3), steps=100, clip_norm=1.0)
    loop.resume(path, fits, "another configuration")
    for step in loop:
        loop.learn(loss_of(net, batch), rate=1e-3)
        if step % 10 == 0:
            loop.save(path, config=...)

A step is whatever the loop's body does: one batch, or an epoch that learns from many.
"""

import math
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from gate.files.atomic import whole
from training.config_file import ConfigError


class Loop:
    """A training. Iterating gives the number of each step, from 1, with the network in training mode.

    Args:
        net: what learns.
        optimiser: of the weights of ``net``.
        steps: how many to do.
        clip_norm: largest norm of a gradient; None leaves gradients as they are.
        average: a network of the same size that follows ``net``; None for none.
        keep: how much of ``average`` stays, at each step; less in the first steps.
        rng: random numbers that batches are drawn from; saved with the rest.
        remedy: what somebody can do where a gradient is not finite.

    Attributes:
        step: the step that is being done, or the last one that was; 0 before the first.
    """

    def __init__(
        self,
        net: nn.Module,
        optimiser: torch.optim.Optimizer,
        steps: int,
        *,
        clip_norm: float | None = None,
        average: nn.Module | None = None,
        keep: float = 0.0,
        rng: np.random.Generator | None = None,
        remedy: str = "lower optimiser.learning_rate",
    ) -> None:
        self.net, self.optimiser, self.steps, self.step = net, optimiser, steps, 0
        self._clip_norm, self._average, self._keep, self._rng = clip_norm, average, keep, rng
        self._remedy = remedy

    def __iter__(self) -> Iterator[int]:
        """Do the steps that are left."""
        while self.step < self.steps:
            self.step += 1
            self.net.train()
            yield self.step

    def learn(self, loss: Tensor, rate: float | None = None) -> float | None:
        """Move the weights against a loss's gradient, and then the averaged ones towards them.

        Args:
            loss: a scalar of the network's output.
            rate: learning rate from now on; None leaves the last one.

        Returns:
            The gradient's norm before clipping; None where gradients are not clipped.

        Raises:
            FloatingPointError: the norm is not finite.
        """
        if rate is not None:
            for group in self.optimiser.param_groups:
                group["lr"] = rate
        self.optimiser.zero_grad()
        loss.backward()
        norm = None
        if self._clip_norm is not None:
            norm = float(nn.utils.clip_grad_norm_(self.net.parameters(), self._clip_norm))
            if not math.isfinite(norm):
                raise FloatingPointError(
                    f"expected a finite gradient, got {norm} at step {self.step - 1}; {self._remedy}"
                )
        self.optimiser.step()
        if self._average is not None:
            blend(self._average, self.net, min(self._keep, self.step / (self.step + 10)))
        return norm

    def save(self, path: Path, **facts: Any) -> None:
        """Write all that is needed to continue, and ``facts``, into a checkpoint, whole or not at all.

        Raises:
            AudioFileError: the disk does not take the file.
        """
        state = {
            "step": self.step,
            "net": self.net.state_dict(),
            "optimiser": self.optimiser.state_dict(),
            "torch_rng": torch.get_rng_state(),
        }
        if self._average is not None:
            state["average"] = self._average.state_dict()
        if self._rng is not None:
            state["numpy_rng"] = self._rng.bit_generator.state
        with whole(path) as stream:
            torch.save(state | facts, stream)

    def resume(
        self, path: Path, fits: Callable[[dict[str, Any]], bool], otherwise: str
    ) -> dict[str, Any] | None:
        """Continue from a checkpoint, where there is one.

        Args:
            path: of the checkpoint.
            fits: tells whether a checkpoint, as ``save`` wrote it, is of this training.
            otherwise: what a checkpoint that does not fit was made with, in words.

        Returns:
            What the checkpoint holds; None where there is none.

        Raises:
            ConfigError: the checkpoint does not fit.
        """
        if not path.exists():
            return None
        state: dict[str, Any] = torch.load(path, weights_only=True)
        if not fits(state):
            raise ConfigError(
                f"{path} was made with {otherwise}; move it away, or choose another --runs folder"
            )
        self.net.load_state_dict(state["net"])
        self.optimiser.load_state_dict(state["optimiser"])
        if self._average is not None:
            self._average.load_state_dict(state["average"])
        if self._rng is not None:
            self._rng.bit_generator.state = state["numpy_rng"]
        if "torch_rng" in state:
            torch.set_rng_state(state["torch_rng"])
        self.step = int(state.get("step", 0))
        return state


@torch.no_grad()
def blend(average: nn.Module, net: nn.Module, keep: float) -> None:
    """Move averaged weights towards a network's; ``keep`` of them stays."""
    for a, b in zip(average.parameters(), net.parameters(), strict=True):
        a.lerp_(b, 1.0 - keep)
