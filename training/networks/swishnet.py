"""SwishNet: speech, music or noise, a frame of 10 ms at a time; causal, every state explicit.

The layers are those of the public Keras network (i7p9h9/swishnet): eight gated convolutions over 20 MFCC, each half
sigmoid(a), half tanh(b), multiplied; slim (``width`` 1) or wide (2). With w the width, k the kernel, d the dilation:

    1  gated(16 w, k3) beside gated(16 w, k6)            of the features
    2  gated(8 w, k3) beside gated(8 w, k6)              of 1
    3  gated(8 w, k3) beside gated(8 w, k6), plus 2      -> x
    4  x + gated(16 w, k3, d3)                           -> x
    5  x + l2, l2 = gated(16 w, k3, d2)                  -> x
    6  x + l3, l3 = gated(16 w, k3, d2)                  -> x
    7  fwd = gated(16 w, k3, d2)                         of x
    8  l4 = gated(32 w, k3, d2)                          of the same x, not of 7
    out: l2, l3, fwd and l4 beside each other, a 1 x 1 convolution to the classes

Every convolution is padded with zeros on the left, so a frame's answer needs nothing later, and hears 34 frames. A clip's
answer is the mean of its frames'. There is no normalisation in it.

Four things are not of that network, and off by default; a frame detector that is to decide at once wants them:

* ``memory``: beside each frame's 40 w features, their running means over some time constants: what global average pooling
  is to a clip, to a stream. ``hidden``: a layer between those and the classes.
* ``set_normalisation``: a fixed mean and scale for each coefficient, kept with the weights.
* ``level_blind``: of level (the zeroth coefficient) only what is over or under its own running mean is heard, so a quiet
  recording sounds like a loud one, from its first frame on.
* ``background``: beside the coefficients, their own running means, what the room has been like; a 1 x 1 convolution makes
  20 of both. So the first layer may hear what is new, and not what has been there all along.
"""

from dataclasses import dataclass
from typing import NamedTuple

import torch
from torch import Tensor, nn

from training.networks.mfcc import COEFFICIENTS, HOP, RATE
from training.networks.running_mean import mean_step, running_mean

CLASSES = ("speech", "music", "noise")
TWO_CLASSES = ("speech", "non_speech")
RECEPTIVE_FIELD = 34
"""Frames that an answer depends on, without memory."""
FRAME_S = HOP / RATE
LEVEL_S = 3.0
"""Time constant of the running means of level and of the other coefficients, in seconds."""


@dataclass(frozen=True)
class SwishConfig:
    """Size of the network; see the module's text. ``memory``: time constants in seconds; ``dropout``: before the output."""

    width: int = 1
    classes: int = 3
    memory: tuple[float, ...] = ()
    hidden: int = 0
    level_blind: bool = False
    background: bool = False
    dropout: float = 0.0

    @property
    def averaged(self) -> int:
        """Coefficients whose running means are kept."""
        return COEFFICIENTS if self.background else int(self.level_blind)

    @property
    def features(self) -> int:
        """Channels of l2, l3, fwd and l4 together."""
        return 40 * self.width


class SwishState(NamedTuple):
    """All that the network remembers; the order is the model file's. B: batch (1 live). All start at zero.

    What the convolutions still need of their inputs, oldest first: input (B, 20, 5), one (B, 16 w, 5), two (B, 8 w, 5),
    three (B, 8 w, 6), four, five and six (B, 8 w, 4). Then level (1, B, 2), the running means of level and of 1, or
    (1, B, 21) with ``background``, of all coefficients and of 1; and means (B, 40 w, memories). Both have no columns where
    they are not used.
    """

    input: Tensor
    one: Tensor
    two: Tensor
    three: Tensor
    four: Tensor
    five: Tensor
    six: Tensor
    level: Tensor
    means: Tensor


class Gated(nn.Module):
    """Causal convolutions side by side, each half sigmoid, half tanh, multiplied: (B, n, before + T) -> (B, out, T).

    Args:
        sizes: kernel and output channels of each; ``out`` is their sum.
    """

    def __init__(self, channels: int, sizes: tuple[tuple[int, int], ...], dilation: int = 1) -> None:
        super().__init__()
        self.convs = nn.ModuleList(nn.Conv1d(channels, 2 * out, k, dilation=dilation) for k, out in sizes)
        self.dilation = dilation
        self.before = dilation * (max(k for k, _ in sizes) - 1)
        for conv in self.convs:
            for half in conv.weight.chunk(2):
                nn.init.xavier_uniform_(half)  # what Keras starts from
            nn.init.zeros_(conv.bias)

    def forward(self, x: Tensor) -> Tensor:
        """Run all convolutions; x has ``before`` earlier frames in front."""
        frames, parts = x.shape[2] - self.before, []
        for conv in self.convs:
            reach = self.dilation * (conv.kernel_size[0] - 1)
            a, b = conv(x[:, :, x.shape[2] - frames - reach :]).chunk(2, dim=1)
            parts.append(torch.sigmoid(a) * torch.tanh(b))
        return torch.cat(parts, dim=1)


class SwishNet(nn.Module):
    """The network of the module's text. Coefficients: ``mean`` (20,) is taken off, then ``scale`` (20,) multiplies."""

    mean: Tensor
    scale: Tensor

    def __init__(self, config: SwishConfig) -> None:
        super().__init__()
        self.config = config
        w = config.width
        self.one = Gated(COEFFICIENTS, ((3, 8 * w), (6, 8 * w)))
        self.two = Gated(16 * w, ((3, 4 * w), (6, 4 * w)))
        self.three = Gated(8 * w, ((3, 4 * w), (6, 4 * w)))
        self.four = Gated(8 * w, ((3, 8 * w),), dilation=3)
        self.five = Gated(8 * w, ((3, 8 * w),), dilation=2)
        self.six = Gated(8 * w, ((3, 8 * w),), dilation=2)
        self.seven = Gated(8 * w, ((3, 8 * w),), dilation=2)
        self.eight = Gated(8 * w, ((3, 16 * w),), dilation=2)
        seen = config.features * (1 + len(config.memory))
        self.hidden = nn.Conv1d(seen, config.hidden, 1) if config.hidden else None
        self.out = nn.Conv1d(config.hidden or seen, config.classes, 1)
        self.dropout = nn.Dropout(config.dropout)
        for conv in filter(None, (self.hidden, self.out)):
            nn.init.xavier_uniform_(conv.weight)
            nn.init.zeros_(conv.bias)
        self.mix = (
            nn.Linear(2 * COEFFICIENTS - int(config.level_blind), COEFFICIENTS) if config.background else None
        )
        if self.mix is not None:  # start from: every coefficient, less half of its mean
            with torch.no_grad():
                self.mix.weight.copy_(torch.cat([torch.eye(COEFFICIENTS), -0.5 * self._means_kept()], dim=1))
                self.mix.bias.zero_()
        self.register_buffer("mean", torch.zeros(COEFFICIENTS))
        self.register_buffer("scale", torch.ones(COEFFICIENTS))

    def set_normalisation(self, mean: Tensor, deviation: Tensor) -> None:
        """Set what is taken from each coefficient, and what divides it; each (20,), stored with the weights."""
        self.mean.copy_(mean)
        self.scale.copy_(1.0 / deviation)

    def initial_state(self, batch: int = 1) -> SwishState:
        """Return zeros, on the network's device and in the network's precision."""
        w, config = self.config.width, self.config
        zeros = lambda *shape: self.out.bias.new_zeros(shape)  # noqa: E731
        return SwishState(
            input=zeros(batch, COEFFICIENTS, 5),
            one=zeros(batch, 16 * w, 5),
            two=zeros(batch, 8 * w, 5),
            three=zeros(batch, 8 * w, 6),
            four=zeros(batch, 8 * w, 4),
            five=zeros(batch, 8 * w, 4),
            six=zeros(batch, 8 * w, 4),
            level=zeros(1, batch, config.averaged + 1 if config.averaged else 0),
            means=zeros(batch, config.features, len(config.memory)),
        )

    def normalise(self, features: Tensor, level: Tensor) -> tuple[Tensor, Tensor]:
        """Normalise features (B, T, 20) for the first layer; returns the new state ``level`` too."""
        x, count = (features - self.mean) * self.scale, self.config.averaged
        if not count:
            return x, level
        # The mean of 1 says how much of the means has come together since the start, where it counts as nothing.
        averaged = torch.cat([x[..., :count], torch.ones_like(x[..., :1])], dim=2)
        sums, level = running_mean(averaged, level, mean_step(FRAME_S, LEVEL_S))
        means = sums[..., :count] / sums[..., count:]
        if self.config.level_blind:
            x = torch.cat([x[..., :1] - means[..., :1], x[..., 1:]], dim=2)
        if self.mix is not None:
            x = self.mix(torch.cat([x, means @ self._means_kept().to(x)], dim=2))
        return x, level

    def _means_kept(self) -> Tensor:
        """Return (20, n): which means go beside the coefficients: all, or all but level's where level is taken out."""
        return torch.eye(COEFFICIENTS)[:, int(self.config.level_blind) :]

    def forward(self, features: Tensor, state: SwishState | None = None) -> tuple[Tensor, SwishState]:
        """Turn features (B, T, 20) of ``training.networks.mfcc``, T > 0, into logits (B, T, classes); new state too."""
        state = self.initial_state(len(features)) if state is None else state
        new: dict[str, Tensor] = {}

        def past(name: str, x: Tensor) -> Tensor:
            """Put what came earlier in front of x; the end becomes the new state."""
            earlier = getattr(state, name)
            joined = torch.cat([earlier, x], dim=2)
            new[name] = joined[:, :, -earlier.shape[2] :]
            return joined

        x, new["level"] = self.normalise(features, state.level)
        one = self.one(past("input", x.transpose(1, 2)))  # (B, 16 w, T)
        two = self.two(past("one", one))  # (B, 8 w, T)
        x = two + self.three(past("two", two))
        x = x + self.four(past("three", x))
        second = self.five(past("four", x))
        x = x + second
        third = self.six(past("five", x))
        x = past("six", x + third)
        seen = torch.cat([second, third, self.seven(x), self.eight(x)], dim=1)  # (B, 40 w, T)
        seen, new["means"] = self.remember(seen, state.means)
        if self.hidden is not None:
            seen = torch.relu(self.hidden(seen))
        return self.out(self.dropout(seen)).transpose(1, 2), SwishState(**new)

    def remember(self, seen: Tensor, means: Tensor) -> tuple[Tensor, Tensor]:
        """Put running means beside features (B, 40 w, T): (B, 40 w (1 + memories), T), and the new state ``means``."""
        if not self.config.memory:
            return seen, means
        frames, parts, ends = seen.transpose(1, 2), [seen], []
        for time_constant_s, start in zip(self.config.memory, means.unbind(2), strict=True):
            mean, end = running_mean(frames, start[None], mean_step(FRAME_S, time_constant_s))
            parts.append(mean.transpose(1, 2))
            ends.append(end[0])
        return torch.cat(parts, dim=1), torch.stack(ends, dim=2)

    def clip(self, features: Tensor) -> Tensor:
        """Compute a clip's logits (B, classes) from features (B, T, 20): the mean of the frames' logits."""
        return self.forward(features)[0].mean(dim=1)
