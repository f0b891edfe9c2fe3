"""The loop by itself: it goes on exactly, follows with an average, and refuses what is not its own."""

from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from training.config_file import ConfigError
from training.teach.loop import Loop
from training.teach.optimiser import OptimiserConfig, adamw, learning_rate

ROOT = Path(__file__).resolve().parents[3]
STEPS = 7


def made() -> tuple[Loop, nn.Module, np.random.Generator]:
    """A loop over a small network with dropout, its average, and its random numbers."""
    torch.manual_seed(3)
    net, average = (nn.Sequential(nn.Linear(4, 8), nn.Dropout(0.3), nn.Linear(8, 1)) for _ in range(2))
    average.load_state_dict(net.state_dict())
    rng = np.random.default_rng(5)
    loop = Loop(
        net, adamw(net.parameters(), 1e-2, 1e-2), STEPS, clip_norm=1.0, average=average, keep=0.9, rng=rng
    )
    return loop, average, rng


def loss_of(net: nn.Module, rng: np.random.Generator) -> Tensor:
    """How far the network is from the sum of some numbers."""
    x = torch.from_numpy(rng.standard_normal((16, 4)).astype(np.float32))
    return (net(x)[:, 0] - x.sum(1)).square().mean()


def weights(*nets: nn.Module) -> list[Tensor]:
    """All weights of some networks."""
    return [value for net in nets for value in net.state_dict().values()]


@pytest.mark.parametrize("cut", range(1, STEPS + 1))
def test_going_on_is_exact_after_any_step(tmp_path: Path, cut: int) -> None:
    """Weights, average, optimiser, dropout and batches: two halves are the whole, bit for bit."""
    whole, average, rng = made()
    for _ in whole:
        whole.learn(loss_of(whole.net, rng), 1e-2)
    first, _, rng = made()
    for step in first:
        first.learn(loss_of(first.net, rng), 1e-2)
        if step == cut:
            first.save(tmp_path / "checkpoint.pt", name="mine")
            break
    second, again, rng = made()
    torch.manual_seed(99)
    state = second.resume(tmp_path / "checkpoint.pt", lambda state: state["name"] == "mine", "another name")
    assert state is not None and state["step"] == second.step == cut
    assert [step for step in second if second.learn(loss_of(second.net, rng), 1e-2)] == list(
        range(cut + 1, STEPS + 1)
    )
    for a, b in zip(weights(whole.net, average), weights(second.net, again), strict=True):
        assert torch.equal(a, b)


def test_what_was_made_with_something_else_is_refused(tmp_path: Path) -> None:
    """Where there is nothing, nothing happens; what does not fit leaves the loop as it was."""
    loop, _, _ = made()
    assert loop.resume(tmp_path / "none.pt", lambda state: True, "anything") is None
    loop.save(tmp_path / "a.pt")
    with pytest.raises(ConfigError, match="was made with other settings; move it away"):
        loop.resume(tmp_path / "a.pt", lambda state: False, "other settings")
    assert loop.step == 0


def test_a_gradient_that_is_no_number_is_a_sentence() -> None:
    """The step is named, and what to do about it; nothing was learned from it."""
    loop, _, _ = made()
    before = [value.clone() for value in weights(loop.net)]
    with pytest.raises(FloatingPointError, match=r"got nan at step 0; lower optimiser\.learning_rate"):
        for _ in loop:
            loop.learn(loop.net(torch.full((1, 4), torch.nan)).sum())
    assert all(torch.equal(a, b) for a, b in zip(before, weights(loop.net), strict=True))


def test_rates_rise_and_fall_once() -> None:
    """From a twenty-fifth of the highest up, and down to a hundredth."""
    config = OptimiserConfig(steps=100, learning_rate=1.0, warm_up=0.05)
    rates = [learning_rate(step, config) for step in range(101)]
    assert (rates[0], max(rates), rates[100]) == pytest.approx((0.04, 1.0, 0.01))
    assert rates.index(max(rates)) == 5
    assert rates[5:] == sorted(rates[5:], reverse=True)


def test_nothing_but_the_loop_moves_weights() -> None:
    """There is one place in training where a gradient is taken."""
    found = [
        path.relative_to(ROOT).as_posix()
        for path in sorted((ROOT / "training").rglob("*.py"))
        if ".backward()" in path.read_text(encoding="utf-8")
    ]
    assert found == ["training/teach/loop.py"]
