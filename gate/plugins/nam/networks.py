"""From a `.nam` file to the program of its network, whatever its architecture."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from gate.modelfile import nam
from gate.modelfile.nam import NamFile
from gate.plugins.nam import stacks, wavenet
from gate.plugins.nam.program import (
    FARTHEST,
    Builder,
    Floats,
    Program,
    Rows,
    Weights,
    refuse,
    whole,
    whole_number,
)
from gate.plugins.nam.shapes import curve
from gate.realtime.plugins import network as law
from gate.realtime.tile import LANES

SETTLING_S = 0.5
"""Silence after which a recurrent network is at rest, as the format's own player has it."""

MOST_LAYERS = 64
"""Layers of an LSTM or of a ConvNet, at most."""


def program(file: NamFile, size: float = 1.0) -> Program:
    """Make the program of a file's network, which takes one row and gives one.

    Args:
        file: as ``gate.modelfile.nam`` reads it.
        size: 0 (the cheapest of several) to 1 (the best).

    Raises:
        ContractError: configuration and weights do not fit, are too large, or say what is not known.
    """
    chosen = file.chosen(size)
    builder = Builder(file.source)
    x = builder.rows(1)
    y = _network(builder, chosen, size, x)
    if y.height != 1:
        refuse(file.source, "out_channels", f"expected one channel, got {y.height}; export a mono model")
    return builder.program(x, y)


def _network(builder: Builder, file: NamFile, size: float, x: Rows, depth: int = 1) -> Rows:
    """Append a network of any architecture; return the rows of its output."""
    if depth > nam.DEEPEST:
        refuse(
            builder.source, "condition_dsp", f"expected at most {nam.DEEPEST} in one another; export another"
        )
    weights = Weights(file.weights, builder.source)
    for key in ("in_channels", "input_size"):
        if file.config.get(key, x.height) != x.height:
            refuse(builder.source, key, f"expected {x.height}, got {file.config[key]!r}; export a mono model")
    if file.architecture == "WaveNet":
        return _wavenet(builder, file, size, weights, x, depth)
    makers = {"LSTM": _lstm, "ConvNet": _convnet, "Linear": _linear}
    y = makers[file.architecture](builder, file, weights, x)
    weights.end()
    return y


def _wavenet(builder: Builder, file: NamFile, size: float, weights: Weights, x: Rows, depth: int) -> Rows:
    found = stacks.read(file.config, size, builder.source)
    condition = x
    if file.config.get("condition_dsp") is not None:
        inner = nam.nested(file.config["condition_dsp"], builder.source)
        condition = _network(builder, inner, 1.0, x, depth + 1)
    return wavenet.network(builder, file.config, found, weights, x, condition)


def _lstm(builder: Builder, file: NamFile, weights: Weights, x: Rows) -> Rows:
    """Append layers of LSTM cells and their linear head."""
    source, inputs = builder.source, x.height
    hidden = whole(file.config, "hidden_size", source)
    layers = whole_number(file.config.get("num_layers"), "num_layers", source, MOST_LAYERS)
    wide = -(-hidden // LANES) * LANES
    gates = builder.rows(-(-4 * wide // law.PIECE))
    y = x
    for _ in range(layers):
        kernel, bias = weights.take(4 * hidden, inputs + hidden), weights.take(4 * hidden)
        start = np.zeros(2 * wide, np.float32)
        start[:hidden], start[wide : wide + hidden] = weights.take(hidden), weights.take(hidden)
        out = builder.rows(hidden)
        builder.step(
            law.LSTM, out=out.at, height=hidden, inputs=inputs, ring=wide, taps=gates.at,
            weights=builder.keep(_cells(kernel, bias, hidden, wide)), step=builder.remember(2 * wide, start),
            **{"in": y.at},
        )  # fmt: skip
        y, inputs = out, hidden
    channels = whole(file.config, "out_channels", source, 1)
    head = weights.take(channels, hidden)[:, :, None], weights.take(channels)
    made = builder.rows(channels)
    builder.conv(made, y, head)
    builder.settling += int(SETTLING_S * file.rate)
    return made


def _cells(kernel: Floats, bias: Floats, hidden: int, wide: int) -> Floats:
    """Return biases, then a row of all gates for each input, each gate filled up to ``wide`` cells."""
    rows = np.concatenate([bias[None], kernel.T])
    made = np.zeros((len(rows), 4, wide), np.float32)
    made[:, :, :hidden] = rows.reshape(len(rows), 4, hidden)
    return made.ravel()


def _convnet(builder: Builder, file: NamFile, weights: Weights, x: Rows) -> Rows:
    """Append convolutions of two taps, each with its curve, and their head."""
    source, config = builder.source, file.config
    channels, groups = whole(config, "channels", source), whole(config, "groups", source, 1)
    dilations = config.get("dilations")
    if not isinstance(dilations, list) or not 1 <= len(dilations) <= MOST_LAYERS:
        refuse(source, "dilations", f"expected a list of 1 to {MOST_LAYERS}; export it again")
    y = x
    for said in dilations:
        dilation = whole_number(said, "dilations", source, FARTHEST)
        kernel, bias = weights.conv(channels, y.height, 2, bias=not config.get("batchnorm"), groups=groups)
        if config.get("batchnorm"):
            kernel, bias = _normalised(kernel, weights, channels)
        out = builder.rows(channels)
        builder.conv(out, y, (kernel, bias), dilation=dilation)
        curve(builder, out, config.get("activation"))
        builder.settling += dilation
        y = out
    out = builder.rows(whole(config, "out_channels", source, 1))
    builder.conv(out, y, weights.conv(out.height, channels, bias=True))
    return out


def _normalised(kernel: Floats, weights: Weights, channels: int) -> tuple[Floats, Floats]:
    """Return a convolution with the batch normalisation after it made part of it."""
    mean, variance, scale, shift = (weights.take(channels).astype(np.float64) for _ in range(4))
    with np.errstate(invalid="ignore", divide="ignore"):
        factor = scale / np.sqrt(variance + float(weights.take(1)[0]))
    return (kernel * factor[:, None, None]).astype(np.float32), (shift - mean * factor).astype(np.float32)


def _linear(builder: Builder, file: NamFile, weights: Weights, x: Rows) -> Rows:
    """Append one long convolution."""
    config: Mapping[str, Any] = file.config
    taps = whole_number(config.get("receptive_field"), "receptive_field", builder.source, 1 << 14)
    out = builder.rows(1)
    builder.conv(out, x, weights.conv(1, x.height, taps, bias=bool(config.get("bias"))))
    builder.settling += taps - 1
    return out
