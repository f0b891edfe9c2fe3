"""Other bodies for comparison: named, causal, and as blind to level as the shipped one."""

import pytest
import torch

from gate.realtime.key_band import OUTSIDE
from training.networks.bodies import build
from training.networks.gate_net import GateConfig, GateNet

T = 120


def _powers(seed: int = 0) -> torch.Tensor:
    torch.manual_seed(seed)
    return torch.exp(torch.randn(2, T, 56))


def _logits(net: GateNet, powers: torch.Tensor) -> torch.Tensor:
    with torch.no_grad():
        output, _ = net.eval().decide(powers, net.initial_state(len(powers)))
    return output.logit


@pytest.mark.parametrize("body", ["lstm", "gru", "conv"])
@pytest.mark.parametrize("key", [True, False])
def test_what_comes_later_changes_nothing_before(body, key):
    """Causal: the first half of the answers is the same whatever the second half of the sound is."""
    torch.manual_seed(1)
    net = build(GateConfig(width=6, hidden=6, body=body, key=key))
    powers, other = _powers(), _powers()
    other[:, T // 2 :] *= 7.0
    before, after = _logits(net, powers), _logits(net, other)
    torch.testing.assert_close(before[:, : T // 2], after[:, : T // 2])
    assert not torch.allclose(before[:, T // 2 :], after[:, T // 2 :])


def test_without_a_key_all_bands_weigh_the_same():
    """The key is even whatever the sound, and the decision hears every band."""
    net = build(GateConfig(width=6, hidden=6, key=False))
    output, _ = net.decide(_powers(), net.initial_state(2))
    torch.testing.assert_close(output.key, torch.full((2, T, 32), 1 / 32))


def test_a_key_held_to_a_band_hears_that_band_alone():
    """Hearing only a silent band, the gate wants to open less in every block; held to all of them, it is as learned."""
    torch.manual_seed(2)
    net = build(GateConfig(width=6, hidden=6))
    powers = _powers()
    powers[..., 3] = 1e-4
    bias = torch.full((32,), OUTSIDE)
    bias[3] = 0.0
    held, _ = net.decide(powers, net.initial_state(2), bias)
    assert torch.all(held.logit < _logits(net, powers))
    assert torch.equal(held.key, torch.eye(32)[3].expand_as(held.key))
    free, _ = net.decide(powers, net.initial_state(2), torch.zeros(32))
    torch.testing.assert_close(free.logit, _logits(net, powers))


def test_an_unknown_body_is_refused_with_the_known_ones():
    """The sentence names what there is."""
    with pytest.raises(ValueError, match="expected a body of lstm, gru, conv, got 'tcn'"):
        build(GateConfig(body="tcn"))
