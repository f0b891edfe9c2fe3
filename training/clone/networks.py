"""Networks that a clone can be: an LSTM, and dilated convolutions laid out as the `.nam` format's WaveNet.

Both take and give sound (batch, samples), full scale 1.0, and are causal: a sample of the output depends on that sample of
the input and on earlier ones. Their memory is explicit, a tuple of tensors that goes in and comes out::

    state = net.start(batch)
    y, state = net(x, state)

so a sound in pieces gives what the whole gives. ``start`` returns the memory after long silence, which is where a player
begins (``export.nam`` writes these networks, ``gate.plugins.nam`` plays them).

Source: A. Wright et al., Real-Time Guitar Amplifier Emulation with Deep Learning, Applied Sciences 2020 (both networks).
"""

from dataclasses import dataclass

import torch
from torch import Tensor, nn

State = tuple[Tensor, ...]
"""The memory of a network; each tensor has the batch in one of its dimensions."""

SETTLING = 24_000
"""Samples of silence after which a recurrent network is at rest: half a second at 48 kHz, as players of `.nam` wait."""


class Recurrent(nn.Module):
    """An LSTM with a linear head.

    Args:
        hidden: cells of a layer.
        layers: how many lie one over another.
    """

    def __init__(self, hidden: int = 24, layers: int = 1) -> None:
        super().__init__()
        self.hidden, self.layers = hidden, layers
        self.core = nn.LSTM(1, hidden, layers, batch_first=True)
        self.head = nn.Linear(hidden, 1)

    def zeros(self, batch: int) -> State:
        """Return (hidden, cell), (layers, batch, hidden) each, that remember nothing."""
        zero = self.head.weight.new_zeros(self.layers, batch, self.hidden)
        return zero, zero

    @torch.no_grad()
    def start(self, batch: int) -> State:
        """Return the memory after long silence."""
        hidden, cell = self(self.head.weight.new_zeros(1, SETTLING), self.zeros(1))[1]
        return hidden.expand(-1, batch, -1).contiguous(), cell.expand(-1, batch, -1).contiguous()

    def forward(self, x: Tensor, state: State) -> tuple[Tensor, State]:
        """Return sound (batch, samples), and the memory after it."""
        features, (hidden, cell) = self.core(x[:, :, None], (state[0], state[1]))
        return self.head(features)[:, :, 0], (hidden, cell)


@dataclass(frozen=True)
class Stack:
    """One stack of dilated convolutions.

    Attributes:
        channels: of its layers.
        kernel: taps of each convolution.
        dilations: samples between two taps, layer by layer.
        gated: is each layer's output multiplied by a sigmoid of its own?
    """

    channels: int
    kernel: int
    dilations: tuple[int, ...]
    gated: bool = False

    @property
    def reach(self) -> int:
        """Earlier samples that an output depends on."""
        return (self.kernel - 1) * sum(self.dilations)


STANDARD = tuple(2**k for k in range(10))
"""Dilations of the format's ordinary model."""

STACKS = (Stack(8, 3, STANDARD), Stack(4, 3, STANDARD))
"""A WaveNet of some 3,000 weights, half as wide as the format's ordinary one."""


class _Layer(nn.Module):
    """A dilated convolution with the sound mixed in, an activation, and the way on."""

    def __init__(self, stack: Stack, dilation: int) -> None:
        super().__init__()
        self.past, self.gated = (stack.kernel - 1) * dilation, stack.gated
        middle = stack.channels * (2 if stack.gated else 1)
        self.conv = nn.Conv1d(stack.channels, middle, stack.kernel, dilation=dilation)
        self.mix = nn.Conv1d(1, middle, 1, bias=False)
        self.out = nn.Conv1d(stack.channels, stack.channels, 1)

    def forward(self, x: Tensor, sound: Tensor, past: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Return what goes to the next layer and to the head, (batch, channels, samples) each, and the new past."""
        whole = torch.cat([past, x], dim=2)
        z = self.conv(whole) + self.mix(sound)
        if self.gated:
            value, gate = z.chunk(2, dim=1)
            z = torch.tanh(value) * torch.sigmoid(gate)
        else:
            z = torch.tanh(z)
        return x + self.out(z), z, whole[:, :, whole.shape[2] - self.past :]


class _Array(nn.Module):
    """The layers of one stack, and their common head."""

    def __init__(self, stack: Stack, inputs: int, head: int, *, last: bool) -> None:
        super().__init__()
        self.rechannel = nn.Conv1d(inputs, stack.channels, 1, bias=False)
        self.layers = nn.ModuleList(_Layer(stack, dilation) for dilation in stack.dilations)
        self.head = nn.Conv1d(stack.channels, head, 1, bias=last)


class WaveNet(nn.Module):
    """Stacks of dilated convolutions; the activations of all layers together make the output.

    Args:
        stacks: in order; the head of each has as many channels as the next stack, the last has one.
        head_scale: factor of the output, which keeps the first steps of teaching small.
    """

    def __init__(self, stacks: tuple[Stack, ...] = STACKS, head_scale: float = 0.02) -> None:
        super().__init__()
        self.stacks, self.head_scale = stacks, head_scale
        inputs = [1, *(stack.channels for stack in stacks)]
        heads = [*(stack.channels for stack in stacks[1:]), 1]
        self.arrays = nn.ModuleList(
            _Array(stack, inputs[k], heads[k], last=k == len(stacks) - 1) for k, stack in enumerate(stacks)
        )

    @property
    def reach(self) -> int:
        """Earlier samples that an output depends on."""
        return sum(stack.reach for stack in self.stacks)

    def zeros(self, batch: int) -> State:
        """Return the past of each layer, (batch, channels, reach of the layer), all zeros."""
        weight = self.arrays[0].rechannel.weight
        return tuple(
            weight.new_zeros(batch, stack.channels, (stack.kernel - 1) * dilation)
            for stack in self.stacks
            for dilation in stack.dilations
        )

    @torch.no_grad()
    def start(self, batch: int) -> State:
        """Return the memory after long silence, in which biases alone speak."""
        weight = self.arrays[0].rechannel.weight
        state = self(weight.new_zeros(1, self.reach + 1), self.zeros(1))[1]
        return tuple(past.expand(batch, -1, -1).contiguous() for past in state)

    def forward(self, x: Tensor, state: State) -> tuple[Tensor, State]:
        """Return sound (batch, samples), and the memory after it."""
        sound = x[:, None]
        y, skipped, left = sound, torch.zeros_like(sound), iter(state)
        after = []
        for array in self.arrays:
            y = array.rechannel(y)
            for layer in array.layers:
                y, activated, past = layer(y, sound, next(left))
                skipped = skipped + activated
                after.append(past)
            skipped = array.head(skipped)
        return self.head_scale * skipped[:, 0], tuple(after)
