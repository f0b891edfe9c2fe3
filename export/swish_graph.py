"""The frame classifier as an ONNX graph, written node by node: raw samples in, probabilities out.

As in ``export.graph`` every node of a live run costs about as much as the arithmetic inside it, so the graph is laid out by
hand: convolutions of one input are one (kernels filled up with zeros in front), normalisation is folded into the matrix
that makes the coefficients, and the Fourier transform of 400 samples is two small products, 16 x 25 (Cooley and Tukey
1965), instead of one of 400 x 402. ``export.swish_parity`` holds it against the torch network.
"""

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from torch import nn

from export.nodes import Nodes, Shape
from training.networks.mfcc import (
    BEFORE,
    BINS,
    COEFFICIENTS,
    FLOOR,
    FRAME,
    HOP,
    LEVEL_FLOOR,
    MELS,
    TOO_LARGE,
    cepstral_weights,
    level_weights,
    mel_weights,
    window,
)
from training.networks.running_mean import mean_step
from training.networks.swish_live import BLOCKS_BEFORE, initial_state
from training.networks.swishnet import FRAME_S, LEVEL_S, Gated, SwishNet

READOUTS = (("level_db", "dBFS"),)
LONG, SHORT = 16, 25
"""Factors of 400: a transform of every 25th sample, then one across the 25 of those."""
KEPT = LONG // 2 + 1
"""Transforms of real samples are mirrored: of 16 bins 9 are enough."""

Matrix = NDArray[np.float64]


def state_shapes(net: SwishNet) -> dict[str, list[int | str]]:
    """Return name and shape of every state, in order; "C" is the number of channels."""
    shapes: dict[str, list[int | str]] = {k: list(v.shape) for k, v in initial_state(net).named().items()}
    shapes["audio"][0] = "C"
    return shapes


def build(net: SwishNet) -> bytes:
    """Build the network's serialised graph, without the contract's metadata."""
    g = Nodes()
    features = _coefficients(g, net, _log_powers(g, _frames(g)))
    _classes(g, net, _body(g, net, features))
    shapes = state_shapes(net)
    inputs: dict[str, Shape] = {"blocks": ("C", "T", HOP)}
    outputs: dict[str, Shape] = {"classes": (net.config.classes, "T"), "readouts": (len(READOUTS), "T")}
    return g.model(
        "classify",
        {**inputs, **{f"{k}_in": v for k, v in shapes.items()}},
        {**outputs, **{f"{k}_out": v for k, v in shapes.items()}},
    )


def _frames(g: Nodes) -> str:
    """Turn blocks into windowed frames (C, T, 400), each a block with the end of the two before."""
    sane = g.op("Less", g.op("Abs", "blocks"), g.const("too_large", TOO_LARGE))
    x = g.op("Where", sane, "blocks", g.const("zero", 0.0))
    joined = g.op("Concat", "audio_in", x, axis=1)  # (C, 2 + T, 160)
    g.op("Slice", joined, g.ints(-BLOCKS_BEFORE), g.ints(2**31), g.ints(1), out="audio_out")
    rest = BEFORE - HOP
    oldest = g.op("Slice", joined, g.ints(0, HOP - rest), g.ints(-BLOCKS_BEFORE, 2**31), g.ints(1, 2))
    older = g.op("Slice", joined, g.ints(1), g.ints(-1), g.ints(1))
    return g.op("Mul", g.op("Concat", oldest, older, x, axis=2), g.const("window", window()))


def fourier_weights() -> tuple[Matrix, Matrix]:
    """Compute the two products. With n = 25 m + s and k = p + 16 q, the sum over m comes first, then over s.

    Returns:
        (18, 16): rows p = 0 to 8, real then imaginary part of each, of 16 samples m. And (9, 50, 50): for each p, from
        real and imaginary parts of 25 s to those of 25 q.
    """
    turns = np.exp(-2j * np.pi * np.outer(np.arange(KEPT), np.arange(LONG)) / LONG)  # (9 p, 16 m)
    first = np.stack([turns.real, turns.imag], axis=1).reshape(2 * KEPT, LONG)
    k = np.arange(KEPT)[:, None, None] + LONG * np.arange(SHORT)  # (9 p, 1, 25 q)
    turns = np.exp(-2j * np.pi * np.arange(SHORT)[:, None] * k / FRAME)  # (9 p, 25 s, 25 q)
    second = np.block([[turns.real, turns.imag], [-turns.imag, turns.real]])
    return first, second


def power_weights() -> Matrix:
    """Compute (450, 33): from squares of the second product to powers of 32 bands, and to level in the last column.

    Level is scaled so that its floor is the bands' one.
    """
    k = (np.arange(KEPT)[:, None] + LONG * np.arange(SHORT)).ravel()
    bins = np.where(k < BINS, k, FRAME - k)  # a bin's mirror image has its power
    level = level_weights()[:, None] * (FLOOR / LEVEL_FLOOR)
    wanted = np.concatenate([mel_weights().T, level], axis=1)  # (201, 33)
    wanted = (wanted / np.bincount(bins, minlength=BINS)[:, None])[bins]  # what comes twice counts half
    parts = np.repeat(wanted.reshape(KEPT, 1, SHORT, -1), 2, axis=1)
    return np.asarray(parts.reshape(2 * KEPT * SHORT, -1))


def _log_powers(g: Nodes, frames: str) -> str:
    """Turn frames into floored log powers, of the loudest channel in each: (T, 33), of 32 bands and of level."""
    first, second = fourier_weights()
    x = g.op("Reshape", frames, g.ints(0, 0, LONG, SHORT))
    x = g.op("MatMul", g.const("fourier_1", first), x)  # (C, T, 18, 25)
    x = g.op("Reshape", x, g.ints(0, 0, KEPT, 1, 2 * SHORT))
    x = g.op("MatMul", x, g.const("fourier_2", second))  # (C, T, 9, 1, 50)
    x = g.op("Reshape", g.op("Mul", x, x), g.ints(0, 0, 2 * KEPT * SHORT))
    powers = g.op("MatMul", x, g.const("bands", power_weights()))  # (C, T, 33)
    powers = g.op("ReduceMax", powers, axes=[0], keepdims=0)
    return g.op("Log", g.op("Max", powers, g.const("floor", FLOOR)))


def coefficient_weights(net: SwishNet) -> tuple[Matrix, Matrix]:
    """Compute (21, 33) and (21, 1): log powers to 20 normalised coefficients and level, dBFS; see ``heard_weights``."""
    scale, mean = (x.detach().double().numpy()[:, None] for x in (net.scale, net.mean))
    weights, start = np.zeros((COEFFICIENTS + 1, MELS + 1)), np.zeros((COEFFICIENTS + 1, 1))
    weights[:-1, :-1] = cepstral_weights() * scale
    start[:-1] = -mean * scale
    weights[-1, -1] = 10.0 / math.log(10.0)
    start[-1] = 10.0 * math.log10(LEVEL_FLOOR / FLOOR)
    return weights, start


def heard_weights(net: SwishNet, weights: Matrix, start: Matrix) -> tuple[Matrix, Matrix]:
    """Add means to the weights: (21, 34 or 53) from log powers and means kept, and (21, 1), the mixing folded in."""
    count, level_blind = net.config.averaged, net.config.level_blind
    taken = np.zeros((COEFFICIENTS + 1, count))
    taken[0, 0] = -float(level_blind)
    weights = np.concatenate([weights, taken], axis=1)
    if net.mix is None:
        return weights, start
    own, background = np.split(net.mix.weight.detach().double().numpy(), [COEFFICIENTS], axis=1)
    bias = net.mix.bias.detach().double().numpy()[:, None]
    mixed = own @ weights[:-1]
    mixed[:, MELS + 1 + int(level_blind) :] += background
    return np.concatenate([mixed, weights[-1:]]), np.concatenate([own @ start[:-1] + bias, start[-1:]])


def _coefficients(g: Nodes, net: SwishNet, logs: str) -> str:
    """Turn log powers (T, 33) into what the first layer hears, (1, 20, T), and make the output ``readouts``."""
    weights, start = coefficient_weights(net)
    count = net.config.averaged
    if count:
        # The running means of coefficients and of 1 (the bias), a linear recurrence: see export.graph.
        step, eye = mean_step(FRAME_S, LEVEL_S), np.eye(count + 1)
        taken = np.concatenate([weights[:count], np.zeros((1, MELS + 1))])
        bias = np.concatenate([start[:count, 0], [1.0], np.zeros(count + 1)])
        means, _ = g.ops(
            "RNN", g.op("Unsqueeze", logs, g.ints(1)), g.const("level_take", step * taken[None]),
            g.const("level_keep", (1 - step) * eye[None]), g.const("level_b", step * bias[None]), "", "level_in",
            outs=["level_means", "level_out"], hidden_size=count + 1, activations=["Affine"],
            activation_alpha=[1.0], activation_beta=[0.0],
        )  # fmt: skip
        mean, weight = g.ops(
            "Split", g.op("Reshape", means, g.ints(-1, count + 1)), g.ints(count, 1), outs=["level_sum", "level_weight"],
            axis=1,
        )  # fmt: skip
        logs = g.op("Concat", logs, g.op("Div", mean, weight), axis=1)  # (T, 34 or 53)
        weights, start = heard_weights(net, weights, start)
    rows = g.op("Gemm", g.const("cepstra", weights), logs, g.const("cepstra_b", start), transB=1)  # (21, T)
    heard, _ = g.ops("Split", rows, g.ints(COEFFICIENTS, 1), outs=["heard", "readouts"], axis=0)
    return g.op("Unsqueeze", heard, g.ints(0))


def _numbers(conv: nn.Module) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Return weights (out, in, k) and bias (out,) of a convolution."""
    weight, bias = (tensor.detach().numpy() for tensor in conv.parameters())
    return weight, bias


def _gated(g: Nodes, name: str, layers: Sequence[Gated], x: str) -> str:
    """Run layers that share their input as one: (1, n, before + T) to (1, their channels, T)."""
    convs = [_numbers(conv) for layer in layers for conv in layer.convs]
    longest = max(weight.shape[2] for weight, _ in convs)
    parts = []
    for half, function in enumerate(("Sigmoid", "Tanh")):
        filled = [np.pad(w, ((0, 0), (0, 0), (longest - w.shape[2], 0))) for w, _ in convs]
        weights = g.const(f"{name}_{half}_w", np.concatenate([np.split(w, 2)[half] for w in filled]))
        bias = g.const(f"{name}_{half}_b", np.concatenate([np.split(b, 2)[half] for _, b in convs]))
        parts.append(g.op(function, g.op("Conv", x, weights, bias, dilations=[layers[0].dilation])))
    return g.op("Mul", *parts)


def _past(g: Nodes, name: str, x: str, before: int) -> str:
    """Put what came earlier in front of x; the end becomes the new state."""
    joined = g.op("Concat", f"{name}_in", x, axis=2)
    g.keep_last(joined, before, f"{name}_out")
    return joined


def _body(g: Nodes, net: SwishNet, features: str) -> str:
    """Turn coefficients (1, 20, T) into the features of a frame, (1, 40 w, T)."""
    one = _gated(g, "one", [net.one], _past(g, "input", features, net.one.before))
    two = _gated(g, "two", [net.two], _past(g, "one", one, net.two.before))
    x = g.op("Add", two, _gated(g, "three", [net.three], _past(g, "two", two, net.three.before)))
    x = g.op("Add", x, _gated(g, "four", [net.four], _past(g, "three", x, net.four.before)))
    second = _gated(g, "five", [net.five], _past(g, "four", x, net.five.before))
    x = g.op("Add", x, second)
    third = _gated(g, "six", [net.six], _past(g, "five", x, net.six.before))
    x = g.op("Add", x, third)
    last = _gated(g, "last", [net.seven, net.eight], _past(g, "six", x, net.seven.before))
    return g.op("Concat", second, third, last, axis=1)


def _classes(g: Nodes, net: SwishNet, seen: str) -> None:
    """Turn features (1, 40 w, T) into the output ``classes``, through memory and hidden layer where there are any."""
    features, memory = net.config.features, net.config.memory
    layers = [_numbers(conv) for conv in (net.hidden, net.out) if conv is not None]
    if memory:
        # As all features have the same time constants, they are the RNN's batch, and the memories its cells.
        steps = np.array([mean_step(FRAME_S, s) for s in memory])
        now = g.op("Transpose", seen, perm=[2, 1, 0])  # (T, 40 w, 1)
        means, _ = g.ops(
            "RNN", now, g.const("mean_take", steps[None, :, None]), g.const("mean_keep", np.diag(1 - steps)[None]),
            "", "", "means_in", outs=["means", "means_out"], hidden_size=len(memory), activations=["Affine"],
            activation_alpha=[1.0], activation_beta=[0.0],
        )  # fmt: skip
        means = g.op("Squeeze", means, g.ints(1))  # (T, 40 w, memories)
        every = 1 + len(memory)
        seen = g.op("Reshape", g.op("Concat", now, means, axis=2), g.ints(-1, features * every))
        weight, bias = layers[0]  # columns: now, then one memory after another
        weight = weight.reshape(-1, every, features).transpose(0, 2, 1)
        layers[0] = weight, bias
    else:
        seen = g.op("Reshape", seen, g.ints(features, -1))
    by_rows = int(len(memory) > 0)
    for number, (weight, bias) in enumerate(layers):
        if number:
            seen, by_rows = g.op("Relu", seen), 0
        w = g.const(f"layer_{number}_w", weight.reshape(len(bias), -1))
        seen = g.op("Gemm", w, seen, g.const(f"layer_{number}_b", bias[:, None]), transB=by_rows)  # (n, T)
    g.op("Softmax", seen, out="classes", axis=0)
