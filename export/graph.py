"""The gate network as an ONNX graph, written node by node.

A live block is one run of this graph, and there every node costs about as much as the arithmetic inside it, so the graph
is laid out by hand: constants are folded into the weights (the blindness to level of the first layer, the step of the
running mean), layouts change only where an operator demands it. ``export.parity`` compares it with the torch network.
"""

from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from export.nodes import Nodes, Shape
from gate.constants import BLOCK
from training.networks.filter_bank import TOO_LARGE
from training.networks.front import (
    BANDS,
    CHANNELS,
    DECIMATED,
    FINE_CONTEXT,
    MID_CONTEXT,
    MID_STEP,
    FrontWeights,
    band_edges_hz,
    design,
)
from training.networks.gate_net import (
    FLOOR,
    KEY_HELD_BLOCKS,
    KEY_SHARE,
    LIFT,
    LN10_10,
    TIMES_MS,
    GateNet,
    GateState,
    peak_fall,
    reference_step,
)

NEVER = -1e9
"""A logit that softmax and softplus turn into 0."""
READOUTS = (("key_low_hz", "Hz"), ("key_high_hz", "Hz"), ("level_db", "dBFS"))


def key_bands_hz() -> list[list[float]]:
    """Return low and high edge of the bands of the input ``key_bias``, to a hundredth of a Hz."""
    edges = [round(float(edge), 2) for edge in band_edges_hz()]
    return [list(band) for band in pairwise(edges)]


def state_shapes(net: GateNet) -> dict[str, list[int | str]]:
    """Return name and shape of every state, in order; "C" is the number of channels."""
    shapes: dict[str, list[int | str]] = {}
    for name, tensor in zip(GateState._fields, net.initial_state(), strict=True):
        if tensor.numel() == 0:  # not used
            continue
        shapes[name] = list(tensor.shape)
        if name in ("audio", "decimated"):
            shapes[name][0] = "C"
    return shapes


def build(net: GateNet) -> bytes:
    """Build the network's serialised graph, without the contract's metadata."""
    g = Nodes()
    weights = {k: v.detach().numpy() for k, v in net.state_dict(keep_vars=True).items()}
    powers = _front(g, design())
    floored, log_powers = _over_threshold(g, powers)
    body = _body(g, net, weights, log_powers)
    _answers(g, *_heads(g, weights, net.config.step_least, body, floored), floored)

    shapes = state_shapes(net)
    inputs: dict[str, Shape] = {"blocks": ("C", "T", BLOCK), "threshold_db": (1, "T"), "key_bias": (1, BANDS)}
    outputs: dict[str, Shape] = {"gate": (4, "T"), "readouts": (len(READOUTS), "T")}
    return g.model(
        "gate",
        {**inputs, **{f"{k}_in": v for k, v in shapes.items()}},
        {**outputs, **{f"{k}_out": v for k, v in shapes.items()}},
    )


def _front(g: Nodes, front: FrontWeights) -> str:
    """Turn blocks into powers (T, 1, 56) re full scale: see ``GateNet.powers``."""
    sane = g.op("Less", g.op("Abs", "blocks"), g.const("too_large", TOO_LARGE))
    x = g.op("Where", sane, "blocks", g.const("zero", 0.0))
    x = g.op("Transpose", x, perm=[0, 2, 1])  # (C, 100, T)
    x = g.op("Concat", "audio_in", x, axis=2)
    g.keep_last(x, 1, "audio_out")
    y = g.op("Conv", x, g.const("split", front.split))
    high = front.split.shape[0] - DECIMATED
    decimated, high_view = g.ops(
        "Split", y, g.ints(DECIMATED, high), outs=["decimated_new", "high_view"], axis=1
    )
    slow = g.op("Concat", "decimated_in", decimated, axis=2)  # (C, 35, 11 + T)
    g.keep_last(slow, FINE_CONTEXT - 1, "decimated_out")
    steps = g.ints(1, 2)
    for_mid = g.op("Slice", slow, g.ints(0, FINE_CONTEXT - MID_CONTEXT), g.ints(MID_STEP, 2**31), steps)
    for_fine = g.op("Slice", slow, g.ints(MID_STEP), g.ints(DECIMATED), g.ints(1))
    mid = g.op("Conv", for_mid, g.const("mid", front.mid))
    fine = g.op("Conv", for_fine, g.const("fine", front.fine))
    view = g.op("Concat", mid, fine, high_view, axis=1)
    powers = g.op("Conv", g.op("Mul", view, view), g.const("pool", front.pool))  # (C, 56, T)
    powers = g.op(
        "ReduceMax", powers, axes=[0], keepdims=1
    )  # in each band the loudest channel, whatever its phase
    return g.op("Transpose", powers, perm=[2, 0, 1])  # (T, 1, 56)


def _over_threshold(g: Nodes, powers: str) -> tuple[str, str]:
    """Compute powers relative to Threshold's, over the floor, and their logarithms (nats), each (T, 1, 56)."""
    g.op("Reshape", "threshold_db", g.ints(-1, 1, 1), out="threshold")  # (T, 1, 1)
    scale = g.op("Pow", g.const("one_db", 10**-0.1), "threshold")
    floored = g.op("Add", g.op("Mul", powers, scale), g.const("floor", FLOOR))
    return floored, g.op("Log", floored)


def _body(g: Nodes, net: GateNet, weights: dict[str, NDArray[np.float32]], log_powers: str) -> str:
    """Turn log powers into what the heads see, (T, 1, width + hidden)."""
    step, width, hidden = reference_step(), net.config.width, net.config.hidden
    # The running mean is a linear recurrence, which is what RNN with the activation "Affine" (1 x + 0) computes.
    eye = np.eye(CHANNELS)[None]
    means, _ = g.ops(
        "RNN", log_powers, g.const("mean_in", step * eye), g.const("mean_keep", (1 - step) * eye), "", "", "reference_in",
        outs=["means", "reference_out"], hidden_size=CHANNELS, activations=["Affine"],
        activation_alpha=[1.0], activation_beta=[0.0],
    )  # fmt: skip
    means = g.op("Squeeze", means, g.ints(1))  # (T, 1, 1, 56) -> (T, 1, 56)
    seen = [log_powers, means] + (
        [_under_peaks(g, net.config.peaks_db_s, log_powers)] if net.config.peaks_db_s else []
    )
    shape = g.op("Transpose", g.op("Concat", *seen, axis=2), perm=[1, 2, 0])  # (1, 112 or 168, T)
    shape = g.op("Concat", "shape_in", shape, axis=2)
    g.keep_last(shape, 2, "shape_out")
    blind = net.shape_weight().detach().numpy()
    h0 = g.op(
        "Relu", g.op("Conv", shape, g.const("shape_w", blind), g.const("shape_b", weights["shape_conv.bias"]))
    )
    context = g.op("Concat", "context_in", h0, axis=2)
    g.keep_last(context, 4, "context_out")
    conv = g.op(
        "Conv", context, g.const("context_w", weights["context_conv.weight"]),
        g.const("context_b", weights["context_conv.bias"]), dilations=[2],
    )  # fmt: skip
    h1 = g.op("Transpose", g.op("Add", h0, g.op("Relu", conv)), perm=[2, 0, 1])  # (T, 1, width)
    order = np.concatenate(
        [np.arange(hidden) + hidden * i for i in (0, 3, 1, 2)]
    )  # torch: i f g o; ONNX: i o f g
    bias = [weights["lstm.bias_ih_l0"][order], weights["lstm.bias_hh_l0"][order]]
    h2, _, _ = g.ops(
        "LSTM", h1, g.const("lstm_w", weights["lstm.weight_ih_l0"][order][None]),
        g.const("lstm_r", weights["lstm.weight_hh_l0"][order][None]), g.const("lstm_b", np.concatenate(bias)[None]),
        "", "hidden_in", "cell_in", outs=["h2", "hidden_out", "cell_out"], hidden_size=hidden,
    )  # fmt: skip
    h2 = g.op("Squeeze", h2, g.ints(1))
    assert width == net.context_conv.out_channels
    return g.op("Concat", h1, h2, axis=2)


def _under_peaks(g: Nodes, peaks_db_s: float, log_powers: str) -> str:
    """Compute how far log powers are under their recent peaks (T, 1, 56), see ``GateNet.under_peaks``.

    One RNN with Relu: its first half is the log power itself, lifted over 0; its second
    max(0, the last log power + how far that was under its peak - fall - this log power).
    """
    eye, none, fall = np.eye(CHANNELS), np.zeros((CHANNELS, CHANNELS)), peak_fall(peaks_db_s)
    bias = np.concatenate([np.full(CHANNELS, LIFT), np.full(CHANNELS, -LIFT - fall), np.zeros(2 * CHANNELS)])
    heights, _ = g.ops(
        "RNN", log_powers, g.const("peaks_in_w", np.concatenate([eye, -eye])[None]),
        g.const("peaks_keep", np.block([[none, none], [eye, eye]])[None]), g.const("peaks_b", bias[None]), "", "peaks_in",
        outs=["heights", "peaks_out"], hidden_size=2 * CHANNELS, activations=["Relu"],
    )  # fmt: skip
    heights = g.op("Squeeze", heights, g.ints(1))  # (T, 1, 112)
    return g.ops("Split", heights, g.ints(CHANNELS, CHANNELS), outs=["heights_now", "under"], axis=2)[1]


def _heads(
    g: Nodes, weights: dict[str, NDArray[np.float32]], step_least: float, body: str, floored: str
) -> tuple[str, str]:
    """Compute open probability and the three times as shares of their ranges (T, 1, 4), and the key (T, 1, 56).

    Three columns of step for the times, and 24 of key for the single bins, that are always 0 let level act on
    the decision alone, and the key on bands alone, without a node that cuts or places. What holds the key to a band is
    added to the bias, once a run: one node more, whatever the number of blocks (``docs/decisions/0017``).
    """
    matrix, bias = weights["heads.weight"].T, weights["heads.bias"]
    key_over = float(np.exp(weights["log_key_over"]))
    order = [0, 2, 3, 4, 1, *range(5, 5 + BANDS)]  # what and the times, then step, then key
    parts = np.cumsum([5, 3, BANDS, CHANNELS - BANDS])
    columns = np.zeros((len(matrix), parts[-1]))
    row = np.full(parts[-1], NEVER)
    where = np.r_[0:5, parts[1] : parts[2]]
    columns[:, where], row[where] = matrix[:, order], bias[order]
    heads = g.op("MatMul", body, g.const("heads_w", columns))
    place = np.eye(BANDS, parts[-1], parts[1])
    biased = g.op("Gemm", "key_bias", g.const("key_place", place), g.const("heads_b", row))  # (1, 64)
    heads = g.op("Add", heads, biased)  # (T, 1, 64)
    rows, step, key = g.ops(
        "Split", heads, g.ints(4, 4, CHANNELS), outs=["rows", "step", "key_logits"], axis=2
    )
    key = g.op("Softmax", key, axis=2)
    # The key's weights add up to 1, so weighing powers over their floor gives the weighted power over the same floor.
    keyed = g.op("Mul", key, floored)
    keyed = g.op("MatMul", keyed, g.const("key_scale", np.full((CHANNELS, 1), 1.0 / key_over)))  # (T, 1, 1)
    keyed = g.op("Concat", "keyed_in", g.op("Transpose", keyed, perm=[1, 2, 0]), axis=2)  # (1, 1, 95 + T)
    g.keep_last(keyed, KEY_HELD_BLOCKS - 1, "keyed_out")
    held = g.op("MaxPool", keyed, kernel_shape=[KEY_HELD_BLOCKS])
    held = g.op("Transpose", held, perm=[2, 0, 1])
    step = g.op("Add", g.op("Softplus", step), g.const("step_least", np.array([step_least, 0.0, 0.0, 0.0])))
    pressed = g.op("Div", step, g.op("Add", held, g.const("one", 1.0)))
    return g.op("Sigmoid", g.op("Sub", rows, pressed)), key


def _answers(g: Nodes, rows: str, key: str, floored: str) -> None:
    """Make the outputs ``gate`` and ``readouts``: one matrix product, which also turns (T, n) into (n, T).

    Its columns: probability and times, then whether each band begins before 10 % and before 90 % of the key's weight
    (the last that does gives the low edge by its lower end, the high edge by its upper end), level, Threshold.
    """
    edges, columns = band_edges_hz(), 4 + 2 * BANDS + 2
    begins = np.zeros((CHANNELS, 2 * BANDS))
    begins[:BANDS] = np.tile(np.triu(np.ones((BANDS, BANDS)), 1), 2)
    # As the weights add up to 1, taking a share from every entry takes it from the sum.
    begins -= np.repeat([(1 - KEY_SHARE) / 2, (1 + KEY_SHARE) / 2], BANDS)
    past = g.op("MatMul", key, g.const("begins", begins))  # (T, 1, 64), below 0 for bands that begin before
    begun = g.op("HardSigmoid", past, alpha=-1e5, beta=0.5)
    only_bands = np.concatenate([np.ones(BANDS), np.zeros(CHANNELS - BANDS)])[:, None]
    level = g.op("Log", g.op("MatMul", floored, g.const("only_bands", only_bands)))  # (T, 1, 1), nats
    matrix = np.zeros((4 + len(READOUTS), columns))
    matrix[:4, :4] = np.diag([1.0] + [high - low for low, high in TIMES_MS.values()])
    matrix[4, 4 : 4 + BANDS] = np.diff(edges[:-1], prepend=0.0)
    matrix[5, 4 + BANDS : 4 + 2 * BANDS] = np.diff(edges[1:], prepend=0.0)
    matrix[6, -2:] = 1 / LN10_10, 1.0
    start = np.zeros((4 + len(READOUTS), 1))
    start[1:4, 0] = [low for low, _ in TIMES_MS.values()]
    answers = g.op("Squeeze", g.op("Concat", rows, begun, level, "threshold", axis=2), g.ints(1))  # (T, 70)
    answers = g.op(
        "Gemm", g.const("answers", matrix), answers, g.const("answers_b", start), transB=1
    )  # (7, T)
    g.ops("Split", answers, g.ints(4, len(READOUTS)), outs=["gate", "readouts"], axis=0)
