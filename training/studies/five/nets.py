"""The five architectures. Each takes tables (B, T, F) and gives scores (B, outputs), outputs 1 or 2.

Layers are in the first study's order; what the study leaves open (padding, the transformer's end) is named here.
"""

import math

import torch
from torch import Tensor, nn

from training.studies.five.settings import Settings

HEADS = 4
START, END = -1.0, -2.0
"""Rows of these values come before and after what the LSTM reads."""


def build(settings: Settings, rows: int, columns: int) -> nn.Module:
    """Build a network for tables (B, rows, columns). The caller has seeded torch.

    Raises:
        ValueError: the settings fit no such table.
    """
    outputs = 1 if settings.loss == "binary" else 2
    s = settings
    if s.arch == "linear":
        return Linear(rows, columns, s.width, outputs)
    if s.arch == "conv1d":
        return Conv1d(rows, columns, s.width, s.kernel, s.dropout, s.depth, outputs)
    if s.arch == "conv2d":
        return Conv2d(rows, columns, s.channels, s.width, s.kernel, s.dropout, outputs)
    if s.arch == "lstm":
        return Lstm(columns, s.width, s.depth, s.dropout, outputs, s.tokens)
    if s.width % HEADS:
        raise ValueError(
            f"expected a width of a multiple of {HEADS} for the transformer, got {s.width}; change it"
        )
    return Transformer(rows, columns, s.width, s.depth, s.dropout, outputs)


class Linear(nn.Module):
    """Linear - ReLU - Linear over the whole clip at once."""

    def __init__(self, rows: int, columns: int, width: int, outputs: int):
        super().__init__()
        self.body = nn.Sequential(
            nn.Flatten(), nn.Linear(rows * columns, width), nn.ReLU(), nn.Linear(width, outputs)
        )

    def forward(self, tables: Tensor) -> Tensor:
        scores: Tensor = self.body(tables)
        return scores


class Same1d(nn.Conv1d):
    """A convolution that gives as many rows as it gets; with an even kernel the odd zero is at the end."""

    def forward(self, x: Tensor) -> Tensor:
        before, after = (self.kernel_size[0] - 1) // 2, self.kernel_size[0] // 2
        return super().forward(nn.functional.pad(x, (before, after)))


class Same2d(nn.Conv2d):
    """A convolution that gives as many rows and columns as it gets."""

    def forward(self, x: Tensor) -> Tensor:
        before, after = (self.kernel_size[0] - 1) // 2, self.kernel_size[0] // 2
        return super().forward(nn.functional.pad(x, (before, after, before, after)))


class Conv1d(nn.Module):
    """Conv - ReLU - Conv - Dropout - MaxPool - Conv - Dropout - Linear, along time; columns are channels.

    That is the stack with 3 active convolutions. With n, every one after the second adds Conv - Dropout after the
    pooling; with one there is no second. Padding keeps the number of rows, so that 8 layers fit on any clip.
    """

    def __init__(
        self, rows: int, columns: int, width: int, kernel: int, dropout: float, layers: int, outputs: int
    ):
        super().__init__()
        parts: list[nn.Module] = [Same1d(columns, width, kernel), nn.ReLU()]
        for number in range(2, max(layers, 2) + 1):
            if number <= layers:
                parts += [Same1d(width, width, kernel), nn.Dropout(dropout)]
            if number == 2:
                parts.append(nn.MaxPool1d(2))
        self.body = nn.Sequential(*parts, nn.Flatten(), nn.Linear(rows // 2 * width, outputs))

    def forward(self, tables: Tensor) -> Tensor:
        scores: Tensor = self.body(tables.transpose(1, 2))
        return scores


class Conv2d(nn.Module):
    """Conv - ReLU - Conv - MaxPool - Conv - Flatten - BatchNorm - Linear - Dropout - Linear over rows and columns."""

    def __init__(
        self, rows: int, columns: int, channels: int, width: int, kernel: int, dropout: float, outputs: int
    ):
        super().__init__()
        flat = channels * (rows // 2) * (columns // 2)
        self.body = nn.Sequential(
            Same2d(1, channels, kernel),
            nn.ReLU(),
            Same2d(channels, channels, kernel),
            nn.MaxPool2d(2),
            Same2d(channels, channels, kernel),
            nn.Flatten(),
            nn.BatchNorm1d(flat),
            nn.Linear(flat, width),
            nn.Dropout(dropout),
            nn.Linear(width, outputs),
        )

    def forward(self, tables: Tensor) -> Tensor:
        scores: Tensor = self.body(tables[:, None])
        return scores


class Lstm(nn.Module):
    """LSTM over the rows, its last output classified; with ``tokens``, rows of -1 and -2 around them."""

    def __init__(self, columns: int, width: int, layers: int, dropout: float, outputs: int, tokens: bool):
        super().__init__()
        between = dropout if layers > 1 else 0.0
        self.lstm = nn.LSTM(columns, width, layers, batch_first=True, dropout=between)
        self.out = nn.Linear(width, outputs)
        self.tokens = tokens

    def forward(self, tables: Tensor) -> Tensor:
        read, _ = self.lstm(with_tokens(tables) if self.tokens else tables)
        scores: Tensor = self.out(read[:, -1])
        return scores


def with_tokens(tables: Tensor) -> Tensor:
    """Add the two rows: (B, T, F) -> (B, T + 2, F)."""
    row = torch.ones_like(tables[:, :1])
    return torch.cat([START * row, tables, END * row], 1)


class Transformer(nn.Module):
    """Linear to the width, sinusoidal places, encoder layers of 4 heads, the mean of the rows classified.

    Dropout is after attention and in the feed-forward part, not on the attention itself. The study does not say how the
    rows become one answer; the mean is ours. Source of places: Vaswani et al., 2017.
    """

    def __init__(self, rows: int, columns: int, width: int, layers: int, dropout: float, outputs: int):
        super().__init__()
        self.into = nn.Linear(columns, width)
        layer = nn.TransformerEncoderLayer(width, HEADS, 2 * width, dropout, batch_first=True)
        layer.self_attn.dropout = (
            0.0  # T * T draws a head, and half of the time, for what the other places do
        )
        self.body = nn.TransformerEncoder(layer, layers, enable_nested_tensor=False)
        self.out = nn.Linear(width, outputs)
        self.register_buffer("places", _places(rows, width), persistent=False)

    def forward(self, tables: Tensor) -> Tensor:
        scores: Tensor = self.out(self.body(self.into(tables) + self.places).mean(1))
        return scores


def _places(rows: int, width: int) -> Tensor:
    """Compute sines and cosines of falling frequency: (rows, width)."""
    at = torch.arange(rows)[:, None] * torch.exp(-math.log(10_000.0) * torch.arange(0, width, 2) / width)
    return torch.stack([at.sin(), at.cos()], -1).reshape(rows, -1)[:, :width]
