"""Other bodies for the gate's network, to learn what the shipped one is worth: a GRU, convolutions alone, no learned key.

They learn and are judged over whole sequences; only the LSTM with its key streams and can be exported.
"""

from itertools import pairwise

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from training.networks.front import BANDS
from training.networks.gate_net import GateConfig, GateNet, GateState

CONV_DILATIONS = (8, 24, 72)
"""Dilations in blocks: together they see 433 ms, with about as many weights as the LSTM."""


def build(config: GateConfig) -> GateNet:
    """Build the network that a configuration names.

    Raises:
        ValueError: no such body.
    """
    bodies = {"lstm": GateNet, "gru": GruGate, "conv": ConvGate}
    if config.body not in bodies:
        raise ValueError(f"expected a body of {', '.join(bodies)}, got {config.body!r}; name one of them")
    net = bodies[config.body](config)
    return net if config.key else without_key(net)


class GruGate(GateNet):
    """The gate with a GRU of as many cells in place of the LSTM."""

    def __init__(self, config: GateConfig) -> None:
        super().__init__(config)
        self.lstm = nn.GRU(config.width, config.hidden)

    def recur(self, x: Tensor, state: GateState) -> tuple[Tensor, Tensor, Tensor]:
        """Run the GRU, see ``GateNet.recur``; the cell's state is not used."""
        y, hidden = self.lstm(x, state.hidden)
        return y, hidden, state.cell


class ConvGate(GateNet):
    """The gate with three more causal convolutions in place of the LSTM. It knows whole sequences only."""

    def __init__(self, config: GateConfig) -> None:
        super().__init__(config)
        widths = pairwise((config.width, *(config.hidden,) * len(CONV_DILATIONS)))
        self.lstm = nn.ModuleList(
            nn.Conv1d(i, o, 3, dilation=d) for (i, o), d in zip(widths, CONV_DILATIONS, strict=True)
        )

    def recur(self, x: Tensor, state: GateState) -> tuple[Tensor, Tensor, Tensor]:
        """Run the convolutions, see ``GateNet.recur``; they start from silence each time, and keep no state."""
        y = x.permute(1, 2, 0)  # (B, width, T)
        for conv, dilation in zip(self.lstm, CONV_DILATIONS, strict=True):
            z = torch.relu(conv(F.pad(y, (2 * dilation, 0))))
            y = y + z if y.shape == z.shape else z
        return y.permute(2, 0, 1), state.hidden, state.cell


def without_key(net: GateNet) -> GateNet:
    """Make the network's key deaf to what the body says: all bands weigh alike, or by ``key_bias`` alone."""

    def alike(heads: Tensor) -> Tensor:
        return torch.zeros_like(heads[..., -BANDS:])

    net.key_logits = alike  # type: ignore[method-assign]
    return net
