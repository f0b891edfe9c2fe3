"""The gate network: streaming, causality, and what its structure promises whatever its weights are."""

import math

import numpy as np
import pytest
import torch

from gate.constants import BLOCK, RATE
from training.networks.front import BANDS, CHANNELS, band_edges_hz
from training.networks.gate_net import GateConfig, GateNet, GateState, reference_step
from training.networks.running_mean import running_mean

STREAMING = 1e-5
"""Absolute, in the logit: float32 sums in another order."""
EQUIVARIANCE = 1e-4
"""Open probability; the project's promise for d dB on input and threshold."""


@pytest.fixture(scope="module", params=[0.0, 6.0], ids=["plain", "with peaks"])
def net(request) -> GateNet:
    torch.manual_seed(3)
    return GateNet(GateConfig(width=16, hidden=12, peaks_db_s=request.param)).eval()


def _noise(blocks: int, channels: int = 1, level: float = 0.1) -> torch.Tensor:
    rng = np.random.default_rng(0)
    x = (
        rng.standard_normal((channels, blocks, BLOCK))
        * level
        * (1 + np.sin(np.arange(blocks) / 9))[None, :, None]
    )
    return torch.from_numpy(x.astype(np.float32))


@torch.no_grad()
def _run(net: GateNet, x: torch.Tensor, threshold_db: float, step: int) -> torch.Tensor:
    state, parts = net.initial_state(1, len(x)), []
    for part in x.split(step, dim=1):
        out, state = net(part, torch.full((1, part.shape[1]), threshold_db), state)
        parts.append(out.logit)
    return torch.cat(parts, dim=1)


@pytest.mark.parametrize("step", [1, 7, 100])
def test_blocks_one_at_a_time_give_what_the_whole_gives(net, step):
    """Live is offline, cut; no state is hidden."""
    x = _noise(150, channels=2)
    torch.testing.assert_close(_run(net, x, -30, step), _run(net, x, -30, 150), atol=STREAMING, rtol=0)


def test_later_sound_never_changes_an_earlier_answer(net):
    """Causal to the block: there is no lookahead."""
    x = _noise(80)
    y = x.clone()
    y[:, 50:] = 7.0
    torch.testing.assert_close(_run(net, x, -30, 80)[:, :50], _run(net, y, -30, 80)[:, :50], atol=0, rtol=0)


def test_state_comes_back_new_and_the_old_is_untouched(net):
    """A caller may keep a state and go on from it twice."""
    state = net.initial_state()
    before = [x.clone() for x in state]
    net(_noise(5), torch.full((1, 5), -30.0), state)
    assert all(torch.equal(a, b) for a, b in zip(state, before, strict=True))
    assert GateState._fields == (
        "audio",
        "decimated",
        "reference",
        "shape",
        "context",
        "keyed",
        "hidden",
        "cell",
        "peaks",
    )


@pytest.mark.parametrize("d", [-40.0, -6.0, 12.0, 40.0])
def test_gain_on_input_and_threshold_together_changes_nothing(net, d):
    """What Threshold means: level counts relative to it."""
    x = _noise(100)
    base = torch.sigmoid(_run(net, x, -35, 100))
    moved = torch.sigmoid(_run(net, x * 10 ** (d / 20), -35 + d, 100))
    assert (base - moved).abs().max() <= EQUIVARIANCE


def test_a_higher_threshold_never_wants_it_open_more(net):
    """Level has one way in, and it presses shut: once the start is forgotten, in every block."""
    powers = torch.rand(1, 300, CHANNELS) * 100 + 1
    with torch.no_grad():
        state = net.initial_state()._replace(reference=torch.log(powers.mean(1))[None])
        low, _ = net.decide(powers, state)
        higher = net.initial_state()._replace(reference=torch.log(powers.mean(1) / 10)[None])
        high, _ = net.decide(powers / 10, higher)
    assert (high.logit <= low.logit + STREAMING).all()


def test_the_body_is_blind_to_level(net):
    """Adding the same number of dB to everything that the body sees leaves what it says as it was."""
    levels, under = (
        torch.randn(1, 2 * CHANNELS, 30),
        torch.rand(1, net.shape_conv.in_channels - 2 * CHANNELS, 30),
    )
    heard = lambda x: torch.nn.functional.conv1d(torch.cat([x, under], dim=1), net.shape_weight())  # noqa: E731
    moved = heard(levels + 5.0) - heard(levels)
    assert moved.abs().max() < STREAMING


def test_under_peaks_is_the_recurrence_that_it_stands_for():
    """A mark that falls and is pushed up, in any cut; before the start there was silence."""
    net = GateNet(GateConfig(width=4, hidden=4, peaks_db_s=6.0))
    x = torch.log(torch.rand(2, 700, CHANNELS) ** 8 + 1e-6)
    whole, end = net.under_peaks(x, net.initial_state(2).peaks)
    peak, fall = torch.full((2, CHANNELS), -14.0), 6.0 * 100 / 48_000 * math.log(10) / 10
    state = net.initial_state(2).peaks
    for t in range(x.shape[1]):
        peak = torch.maximum(peak - fall, x[:, t])
        torch.testing.assert_close(whole[:, t], peak - x[:, t], atol=2e-4, rtol=0)
        one, state = net.under_peaks(x[:, t : t + 1], state)
        torch.testing.assert_close(one[:, 0], whole[:, t], atol=2e-4, rtol=0)
    torch.testing.assert_close(end, state, atol=2e-4, rtol=0)


def test_the_loudest_channel_is_heard_as_it_is_alone(net):
    """Beside silence, itself, itself in antiphase, and itself turned down."""
    x = _noise(60)
    alone, silent = _run(net, x, -30, 60), torch.zeros_like(x)
    for channels in ([silent] * 7 + [x], [x, x], [x, -x], [0.1 * x, x, silent]):
        torch.testing.assert_close(_run(net, torch.cat(channels), -30, 60), alone, atol=STREAMING, rtol=0)


def test_each_band_hears_its_own_loudest_channel(net):
    """A rumble on one channel takes nothing off what another says in other bands."""
    x, t = 0.1 * _noise(60), torch.arange(6000) / 48_000
    rumble = torch.sin(2 * torch.pi * 50.0 * t).reshape(1, 60, 100)
    powers = {
        name: net.powers(sound, *net.initial_state(1, len(sound))[:2])[0][-1]
        for name, sound in {"x": x, "rumble": rumble, "both": torch.cat([x, rumble])}.items()
    }
    assert powers["rumble"].sum() > 10 * powers["x"].sum()
    torch.testing.assert_close(powers["both"], torch.maximum(powers["x"], powers["rumble"]))
    torch.testing.assert_close(powers["both"][10:32], powers["x"][10:32])


def test_what_is_not_a_number_is_silence(net):
    """NaN, infinity and absurd samples count as 0, and leave no trace behind the front's memory."""
    x = _noise(60)
    bad, silent = x.clone(), x.clone()
    bad[0, 20], silent[0, 20] = (
        torch.tensor([float("nan"), float("inf"), -float("inf"), 1e30]).repeat(25),
        0.0,
    )
    torch.testing.assert_close(_run(net, bad, -30, 60), _run(net, silent, -30, 60), atol=0, rtol=0)


@pytest.mark.parametrize("hz", [100, 300, 1000, 4000, 9000, 15000])
def test_a_tone_lies_in_its_band_with_its_power(net, hz):
    """The bands of a sine add up to its mean square, most of it in its own band and the two beside it."""
    t = np.arange(200 * BLOCK) / RATE
    x = torch.from_numpy((0.1 * np.sin(2 * np.pi * hz * t)).astype(np.float32)).reshape(1, -1, BLOCK)
    state = net.initial_state()
    powers = net.powers(x, state.audio, state.decimated)[0][100:, :BANDS].mean(0)
    assert abs(10 * np.log10(float(powers.sum()) / 0.005)) < 1.0
    band = int(np.searchsorted(band_edges_hz(), hz)) - 1
    assert float(powers[max(band - 1, 0) : band + 2].sum()) > 0.8 * float(powers.sum())


def test_running_mean_is_the_recurrence_that_it_stands_for():
    """Means, the last of them and the gradients of both are those of one step a block."""
    x, start = torch.randn(2, 1300, 3, requires_grad=True), torch.randn(1, 2, 3, requires_grad=True)
    means, last = running_mean(x, start, reference_step())
    y, step, every = start[0], reference_step(), []
    for t in range(1300):
        y = y + step * (x[:, t] - y)
        every.append(y)
    torch.testing.assert_close(last[0], y, atol=STREAMING, rtol=0)
    torch.testing.assert_close(means, torch.stack(every, dim=1), atol=STREAMING, rtol=0)
    weight = torch.randn_like(means)
    wanted = torch.autograd.grad((weight * torch.stack(every, dim=1)).sum() + y.sum(), (x, start))
    got = torch.autograd.grad((weight * means).sum() + last.sum(), (x, start))
    for g, w in zip(got, wanted, strict=True):
        torch.testing.assert_close(g, w, atol=1e-4, rtol=1e-4)
