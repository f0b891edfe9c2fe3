"""A bigger network to learn from: residual 1-D convolutions over MFCC frames, not causal, and no frame-by-frame use.

In the paper the teacher is a MobileNet of 217,235 weights, trained before on other sound; the teacher here has about as
many and is trained on the same clips as its pupil.
"""

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from training.networks.mfcc import COEFFICIENTS
from training.studies.swishnet.settings import TeacherConfig


class Residual(nn.Module):
    """Two convolutions of three frames, each with batch normalisation, around which the input goes straight on."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.first = nn.Conv1d(width, width, 3, padding=1, bias=False)
        self.second = nn.Conv1d(width, width, 3, padding=1, bias=False)
        self.norms = nn.ModuleList(nn.BatchNorm1d(width) for _ in range(2))

    def forward(self, x: Tensor) -> Tensor:
        y = F.relu(self.norms[0](self.first(x)))
        return F.relu(x + self.norms[1](self.second(y)))


class Teacher(nn.Module):
    """A network for clips of 4 frames or more; ``mean`` (20,) is taken off coefficients, ``scale`` (20,) multiplies."""

    mean: Tensor
    scale: Tensor

    def __init__(self, config: TeacherConfig, classes: int = 3) -> None:
        super().__init__()
        self.first = nn.Conv1d(COEFFICIENTS, config.width, 5, padding=2)
        self.blocks = nn.ModuleList(Residual(config.width) for _ in range(config.blocks))
        self.last = nn.Linear(2 * config.width, classes)
        self.register_buffer("mean", torch.zeros(COEFFICIENTS))
        self.register_buffer("scale", torch.ones(COEFFICIENTS))

    def set_normalisation(self, mean: Tensor, deviation: Tensor) -> None:
        """Set what is taken from each coefficient, and what divides it; each (20,)."""
        self.mean.copy_(mean)
        self.scale.copy_(1.0 / deviation)

    def clip(self, features: Tensor) -> Tensor:
        """Turn clips (B, T, 20) into logits (B, classes)."""
        x = (features - self.mean) * self.scale
        x = F.relu(self.first(x.transpose(1, 2)))  # (B, width, T)
        for n, block in enumerate(self.blocks):
            x = F.max_pool1d(block(x), 2) if n < 2 else block(x)
        return self.last(torch.cat([x.mean(-1), x.amax(-1)], dim=1))


def distillation_loss(
    logits: Tensor, labels: Tensor, soft: Tensor, temperature: float, share: float
) -> Tensor:
    """Compute cross-entropy, ``share`` of it against a teacher's answers at a temperature, the rest against the labels.

    Args:
        logits: (B, K). labels: (B,). soft: (B, K) the teacher's logits. temperature: both are divided by it.

    Source: G. Hinton, O. Vinyals, J. Dean, "Distilling the knowledge in a neural network", arXiv 1503.02531: the soft part
    is multiplied by the temperature's square, so that its gradient keeps its size.
    """
    wanted = torch.softmax(soft / temperature, dim=1)
    softened = F.cross_entropy(logits / temperature, wanted) * temperature**2
    return share * softened + (1.0 - share) * F.cross_entropy(logits, labels)
