"""The gate's ear as a network: fixed weights of ``training.networks.front``, and two states that it keeps."""

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from gate.constants import BLOCK
from training.networks.front import DECIMATED, FINE_CONTEXT, MID_CONTEXT, MID_STEP, design

TOO_LARGE = 1e6
"""A sample this far over full scale (+120 dB), like one that is not finite, is taken for 0."""


class FilterBank(nn.Module):
    """A layer from blocks of sound to the powers of the front; nothing in it is learned."""

    def __init__(self) -> None:
        super().__init__()
        weights = design()
        for name in ("split", "mid", "fine", "pool"):
            self.register_buffer(name, torch.from_numpy(getattr(weights, name)), persistent=False)

    def heard_nothing(self, channels: int = 1) -> tuple[Tensor, Tensor]:
        """Return the two states at the start: zeros (C, 100, 1) and (C, 35, 11), on the weights' device."""
        device = self.split.device
        return (
            torch.zeros((channels, BLOCK, 1), device=device),
            torch.zeros((channels, DECIMATED, FINE_CONTEXT - 1), device=device),
        )

    def powers(self, blocks: Tensor, audio: Tensor, decimated: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Run the front: blocks (C, T, 100) -> powers (T, 56) re full scale, and its two states."""
        x = torch.where(blocks.abs() < TOO_LARGE, blocks, torch.zeros_like(blocks)).transpose(
            1, 2
        )  # (C, 100, T)
        x = torch.cat([audio, x], dim=2)
        y = F.conv1d(x, self.split)  # (C, 35 + high, T)
        slow = torch.cat([decimated, y[:, :DECIMATED]], dim=2)  # (C, 35, 11 + T)
        mid = F.conv1d(slow[:, :MID_STEP, FINE_CONTEXT - MID_CONTEXT :], self.mid)
        fine = F.conv1d(slow[:, MID_STEP:], self.fine)
        squares = torch.cat([mid, fine, y[:, DECIMATED:]], dim=1).square()
        powers = F.conv1d(squares, self.pool).amax(dim=0).T  # (T, 56)
        return powers, x[:, :, -1:], slow[:, :, -(FINE_CONTEXT - 1) :]
