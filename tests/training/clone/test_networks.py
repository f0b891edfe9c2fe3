"""Networks that a clone can be: causal, the same in pieces, at rest at the start."""

import pytest
import torch

from training.clone.networks import Recurrent, Stack, WaveNet

NETS = {
    "lstm": lambda: Recurrent(6, 2),
    "wavenet": lambda: WaveNet((Stack(4, 3, (1, 2, 4)), Stack(2, 2, (1, 8)))),
    "gated": lambda: WaveNet((Stack(3, 2, (1, 3), gated=True),)),
}


@pytest.fixture(params=NETS)
def net(request):
    torch.manual_seed(0)
    return NETS[request.param]().eval()


@torch.no_grad()
def test_pieces_give_what_the_whole_gives(net):
    """The memory that goes in and out is all there is."""
    x = 0.3 * torch.randn(2, 300)
    whole, _ = net(x, net.start(2))
    state, made = net.start(2), []
    for piece in x.split([1, 7, 0, 92, 200], dim=1):
        if piece.shape[1]:
            y, state = net(piece, state)
            made.append(y)
    assert torch.allclose(torch.cat(made, dim=1), whole, atol=1e-6)


@torch.no_grad()
def test_the_future_is_not_heard(net):
    """A sample changes nothing before it."""
    x = 0.3 * torch.randn(1, 200)
    later = x.clone()
    later[:, 120:] += 0.5
    one, other = (net(sound, net.start(1))[0] for sound in (x, later))
    assert torch.equal(one[:, :120], other[:, :120]) and not torch.allclose(one[:, 120:], other[:, 120:])


@torch.no_grad()
def test_it_starts_at_rest(net):
    """Silence goes on as silence: the output stays where it is."""
    y, _ = net(torch.zeros(1, 200), net.start(1))
    assert (y - y[:, :1]).abs().max() < 1e-6


def test_it_can_be_taught(net):
    """Every weight has a gradient."""
    y, _ = net(0.3 * torch.randn(2, 100), net.start(2))
    y.square().mean().backward()
    unused = {
        "arrays.0.layers.1.out.weight",
        "arrays.0.layers.1.out.bias",
    }  # the last layer's way on leads nowhere
    without = {name for name, one in net.named_parameters() if one.grad is None or not one.grad.any()}
    assert without <= unused | {name.replace("arrays.0", "arrays.1") for name in unused}
