"""SwishNet: the public topology by an independent implementation, streaming, and what the options promise."""

import numpy as np
import pytest
import torch

from training.networks.mfcc import COEFFICIENTS, LEVEL_PER_DB
from training.networks.swishnet import RECEPTIVE_FIELD, SwishConfig, SwishNet, SwishState

ORACLE = 1e-6
"""Absolute, of logits in float64: the requirement."""
STREAMING = 1e-5
"""Absolute, of logits in float32: sums in another order."""

SHIPPED = SwishConfig(memory=(0.3, 1.0, 3.0), hidden=16, level_blind=True, background=True)


def _net(config: SwishConfig, seed: int = 4) -> SwishNet:
    """A network with every weight, biases and normalisation too, at random."""
    torch.manual_seed(seed)
    net = SwishNet(config).eval()
    with torch.no_grad():
        for weights in net.parameters():
            weights.normal_(0.0, 0.3)
        net.set_normalisation(torch.randn(COEFFICIENTS), 1.0 + torch.rand(COEFFICIENTS))
    return net


def _features(frames: int, batch: int = 1) -> torch.Tensor:
    return torch.randn(batch, frames, COEFFICIENTS, generator=torch.Generator().manual_seed(frames))


def _causal_conv(x: np.ndarray, kernel: np.ndarray, bias: np.ndarray, dilation: int) -> np.ndarray:
    """Keras' Conv1D(padding="causal"): x (T, n), kernel (k, n, m), by the sum that defines it."""
    taps = len(kernel)
    out = np.tile(bias, (len(x), 1))
    for t in range(len(x)):
        for tap in range(taps):
            at = t - dilation * (taps - 1 - tap)
            if at >= 0:
                out[t] += x[at] @ kernel[tap]
    return out


def _oracle(weights: dict[str, np.ndarray], x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The public network layer by layer, channels last, in numpy: frame logits (T, K) and the clip's (K,)."""

    def one(name: str, x: np.ndarray, dilation: int) -> np.ndarray:
        kernel = weights[f"{name}.weight"].transpose(2, 1, 0)  # torch: out, in, k
        half = kernel.shape[2] // 2
        bias = weights[f"{name}.bias"]
        a = _causal_conv(x, kernel[:, :, :half], bias[:half], dilation)
        b = _causal_conv(x, kernel[:, :, half:], bias[half:], dilation)
        return np.tanh(b) / (1.0 + np.exp(-a))

    def pair(name: str, x: np.ndarray) -> np.ndarray:
        return np.concatenate([one(f"{name}.convs.0", x, 1), one(f"{name}.convs.1", x, 1)], axis=1)

    block1 = pair("one", x)
    block2 = pair("two", block1)
    x = block2 + pair("three", block2)
    l1 = one("four.convs.0", x, 3)
    x = x + l1
    l2 = one("five.convs.0", x, 2)
    x = x + l2
    l3 = one("six.convs.0", x, 2)
    x = x + l3
    forward = one("seven.convs.0", x, 2)
    l4 = one("eight.convs.0", x, 2)
    seen = np.concatenate([l2, l3, forward, l4], axis=1)
    logits = seen @ weights["out.weight"][:, :, 0].T + weights["out.bias"]
    return logits, logits.mean(axis=0)


@pytest.mark.parametrize(
    ("width", "classes", "count"),
    [(1, 1, 7_113), (1, 2, 7_154), (1, 3, 7_195), (2, 1, 22_289), (2, 2, 22_370), (2, 3, 22_451)],
)
def test_parameter_counts_are_the_public_networks(width, classes, count):
    """Slim and wide, with 1, 2 and 3 classes."""
    net = SwishNet(SwishConfig(width=width, classes=classes))
    assert sum(p.numel() for p in net.parameters()) == count


@pytest.mark.parametrize("width", [1, 2])
@pytest.mark.parametrize("frames", [16, 60])
def test_the_public_topology_to_a_millionth(width, frames):
    """The same random weights through an implementation of its own, on the (16, 20) input and on a longer one."""
    net = _net(SwishConfig(width=width, classes=2)).double()
    net.set_normalisation(torch.zeros(COEFFICIENTS), torch.ones(COEFFICIENTS))
    x = _features(frames).double()
    weights = {name: value.detach().numpy() for name, value in net.named_parameters()}
    frame_logits, clip_logits = _oracle(weights, x[0].numpy())
    with torch.no_grad():
        np.testing.assert_allclose(net(x)[0][0], frame_logits, atol=ORACLE, rtol=0)
        np.testing.assert_allclose(net.clip(x)[0], clip_logits, atol=ORACLE, rtol=0)


@torch.no_grad()
@pytest.mark.parametrize("width", [1, 2])
def test_an_answer_hears_34_frames(width):
    """Poking any of the last 34 inputs changes it; older and later ones do not."""
    net, x = _net(SwishConfig(width=width)).double(), _features(80).double()
    base, asked = net(x)[0][0], 60
    heard = []
    for at in range(80):
        poked = x.clone()
        poked[0, at] += 1.0
        if not torch.equal(net(poked)[0][0, asked], base[asked]):
            heard.append(at)
    assert RECEPTIVE_FIELD == 34 and heard == list(range(asked - 33, asked + 1))


@torch.no_grad()
@pytest.mark.parametrize("config", [SwishConfig(), SwishConfig(width=2, classes=2), SHIPPED])
@pytest.mark.parametrize("step", [1, 3, 50])
def test_streamed_in_any_cut_is_the_whole(config, step):
    """All that is remembered is in the state."""
    net, x = _net(config), _features(120, batch=2)
    whole, end = net(x)
    state, parts = net.initial_state(2), []
    for part in x.split(step, dim=1):
        logits, state = net(part, state)
        parts.append(logits)
    torch.testing.assert_close(torch.cat(parts, dim=1), whole, atol=STREAMING, rtol=0)
    for name, a, b in zip(SwishState._fields, state, end, strict=True):
        torch.testing.assert_close(a, b, atol=STREAMING, rtol=0, msg=name)


@torch.no_grad()
def test_a_state_is_left_as_it_was():
    """A caller may go on from it twice."""
    net = _net(SHIPPED)
    _, state = net(_features(40))
    before = [x.clone() for x in state]
    first = net(_features(7), state)[0]
    assert all(torch.equal(a, b) for a, b in zip(state, before, strict=True))
    torch.testing.assert_close(net(_features(7), state)[0], first, atol=0, rtol=0)


@torch.no_grad()
def test_later_frames_never_change_an_answer():
    """Causal, with every option on."""
    net, x = _net(SHIPPED), _features(90)
    y = x.clone()
    y[:, 50:] = 9.0
    torch.testing.assert_close(net(x)[0][:, :50], net(y)[0][:, :50], atol=0, rtol=0)


@torch.no_grad()
def test_memory_is_the_recurrence_that_it_stands_for():
    """Each mean moves towards a frame's features by 1 - exp(-10 ms / time constant)."""
    net = _net(SwishConfig(memory=(0.3, 1.0)))
    seen = torch.randn(1, 40, 700)
    joined, end = net.remember(seen, torch.zeros(1, 40, 2))
    for row, time_constant_s in enumerate((0.3, 1.0)):
        y, step = torch.zeros(40), 1 - np.exp(-0.01 / time_constant_s)
        for t in range(700):
            y = y + step * (seen[0, :, t] - y)
        part = slice(40 * row, 40 * row + 40)
        torch.testing.assert_close(end[0, :, row], y, atol=STREAMING, rtol=0)
        torch.testing.assert_close(joined[0, 40:][part, -1], y, atol=STREAMING, rtol=0)


@torch.no_grad()
def test_blind_to_level_is_blind_to_a_gain():
    """A recording turned down by 30 dB gets the same answers, from its first frame on."""
    net, x = _net(SHIPPED), _features(200)
    quiet = x.clone()
    quiet[..., 0] -= 30 * LEVEL_PER_DB
    torch.testing.assert_close(net(quiet)[0], net(x)[0], atol=1e-4, rtol=0)
    plain = _net(SwishConfig())
    assert (plain(quiet)[0] - plain(x)[0]).abs().max() > 0.1


def test_the_frame_detector_stays_small():
    """With three memories and the background, wide, or slim with 64 hidden, it has less than 25 thousand weights."""
    for width, hidden in ((2, 0), (1, 64)):
        net = SwishNet(
            SwishConfig(width, memory=(0.3, 1.0, 3.0), hidden=hidden, level_blind=True, background=True)
        )
        assert sum(p.numel() for p in net.parameters()) <= 25_000


def test_every_weight_learns():
    """A step on a clip's loss reaches every weight, with every option on."""
    net = SwishNet(SHIPPED)
    torch.nn.functional.cross_entropy(net.clip(_features(50, batch=4)), torch.tensor([0, 1, 2, 0])).backward()
    assert all(p.grad is not None and p.grad.abs().max() > 0 for p in net.parameters())
