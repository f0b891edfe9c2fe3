"""Moving the weights: AdamW, and one cycle of its learning rate."""

import math
from collections.abc import Iterable
from dataclasses import dataclass

import torch
from torch import nn

BETAS = (0.9, 0.99)
"""AdamW's decay rates: how long it remembers gradients, and their squares."""


@dataclass(frozen=True)
class OptimiserConfig:
    """AdamW with one cycle of the learning rate, gradients clipped by norm, weights averaged for evaluation.

    ``bfloat16``: convolutions after the first and the LSTM count in bfloat16 while they learn: half the time where the
    processor has AMX (``lscpu`` says amx_bf16), no gain elsewhere. Weights and what is exported are float32.
    """

    steps: int = 8000
    learning_rate: float = 3e-3
    weight_decay: float = 1e-2
    warm_up: float = 0.05
    clip_norm: float = 1.0
    average: float = 0.998
    evaluate_every: int = 500
    threads: int = 1
    bfloat16: bool = False


def adamw(
    weights: Iterable[nn.Parameter], learning_rate: float, weight_decay: float = 0.0
) -> torch.optim.Optimizer:
    """Make the optimiser that every gate and the frame detector are taught with."""
    return torch.optim.AdamW(weights, learning_rate, betas=BETAS, weight_decay=weight_decay)


def learning_rate(step: int, o: OptimiserConfig) -> float:
    """Compute one cycle: up in a straight line for the first ``warm_up`` of the steps, then half a cosine down."""
    done = step / o.steps
    if done < o.warm_up:
        return o.learning_rate * (0.04 + 0.96 * done / o.warm_up)
    fall = 0.5 * (1 + math.cos(math.pi * (done - o.warm_up) / (1 - o.warm_up)))
    return o.learning_rate * (0.01 + 0.99 * fall)
