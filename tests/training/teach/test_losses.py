"""Each term of the loss says what it is meant to say."""

import pytest
import torch

from training.networks.gate_net import GateOutput
from training.networks.soft_ballistics import openness
from training.teach.losses import (
    Batch,
    LossConfig,
    attack,
    chatter,
    gate_loss,
    hold,
    key_share,
    onset_mask,
    release,
    tail_mask,
)

T = 200


def _batch(bleed: float = 0.01) -> Batch:
    label = torch.zeros(1, T, dtype=torch.int8)
    label[:, 50:120] = 1
    label[:, 120:150] = -1
    target = torch.zeros(1, T, 32)
    target[:, 50:120] = 10.0
    return Batch(
        powers=torch.ones(1, T, 56),
        target=target,
        bleed=torch.full((1, T, 32), bleed),
        label=label,
        decay_ms=torch.zeros(1, T),
    )


def _output(logit: torch.Tensor) -> GateOutput:
    times = [torch.full((1, T), ms) for ms in (2.1, 0.0, 20.0)]
    return GateOutput(logit, *times, key=torch.full((1, T, 32), 1 / 32))


def _right(label: torch.Tensor) -> torch.Tensor:
    return torch.where(label == 1, 8.0, -8.0)


def _wrong(kind: str) -> torch.Tensor:
    logit = _right(_batch().label)
    if kind == "late":
        logit[:, 50:70] = -8.0
    elif kind == "needless":
        logit[:, 10:30] = 8.0
    elif kind == "chopped":
        logit[:, 80:90] = -8.0
    return logit


@pytest.mark.parametrize("kind", ["late", "needless", "chopped"])
@pytest.mark.parametrize("term", ["decision", "total"])
def test_every_fault_costs(kind, term):
    """A late opening, a needless one and a chop are each dearer than the right curve, in each term."""
    batch = _batch(bleed=1.0)
    right = gate_loss(_output(_right(batch.label)), batch, LossConfig())[term]
    assert gate_loss(_output(_wrong(kind)), batch, LossConfig())[term] > right + 1e-4


def test_what_is_unscored_costs_no_decision():
    """In the foot opening and shutting are both fine; in the tail shutting is asked for, but gently."""
    batch = _batch()
    batch.label[:, 40:50] = -1
    logit = _right(batch.label)
    early, held, needless = logit.clone(), logit.clone(), logit.clone()
    early[:, 40:50], held[:, 120:150], needless[:, 160:190] = 8.0, 8.0, 8.0
    costs = [gate_loss(_output(x), batch, LossConfig())["decision"] for x in (logit, early, held, needless)]
    assert torch.equal(costs[0], costs[1])
    assert costs[0] < costs[2] < 0.3 * costs[3]
    a, b = (gate_loss(_output(x), batch, LossConfig(tail_weight=0.0))["decision"] for x in (logit, held))
    assert torch.equal(a, b)


@pytest.mark.parametrize(("bleed", "better"), [(0.001, "fast"), (30.0, "slow")])
def test_an_attack_suits_the_bleed_that_it_lets_in(bleed, better):
    """Without bleed a slow opening only loses; in the middle of loud highs a quick one clicks."""
    batch, decision = _batch(bleed), torch.zeros(1, T)
    decision[:, 50:120] = 1.0
    cost = {
        name: float(
            attack(openness(decision, *(torch.full((1, T), x) for x in (ms, 0.0, 20.0))), decision, batch)
        )
        for name, ms in (("fast", 1.0), ("slow", 30.0))
    }
    assert min(cost, key=cost.__getitem__) == better


def test_an_opening_that_should_not_be_has_no_attack():
    """Only openings that are right are heard."""
    decision = torch.zeros(1, T)
    decision[:, 10:40] = 1.0
    assert float(attack(decision, decision, _batch())) == 0.0


def test_times_do_not_change_the_decision():
    """Only decision, key and chatter reach the logit; the times see it as it runs."""
    batch, logit = _batch(), _wrong("chopped").requires_grad_()
    hold_ms = torch.full((1, T), 30.0, requires_grad=True)
    config = LossConfig(decision=0.0, key=0.0, chatter=0.0)
    total = gate_loss(_output(logit)._replace(hold_ms=hold_ms), batch, config)["total"]
    logits, holds = torch.autograd.grad(total, (logit, hold_ms), allow_unused=True)
    assert logits is None or not logits.any()
    assert holds.any()


def _held(label_after: int, target_after: float, ms: float) -> float:
    """Cost of a hold, for a decision that shuts after block 70 and 60 blocks of one kind behind it."""
    label = torch.ones(1, T, dtype=torch.int8)
    label[:, 70:130], label[:, :10] = label_after, 0
    target = torch.full((1, T, 32), 10.0)
    target[:, 70:130] = target_after
    decision = torch.ones(1, T)
    decision[:, 70:130] = 0.0
    batch = Batch(torch.ones(1, T, 56), target, torch.ones(1, T, 32), label, torch.zeros(1, T))
    return float(hold(torch.full((1, T), ms), decision, batch))


def test_a_hold_bridges_gaps_and_leaves_pauses_shut():
    """In a gap the longer one is better, up to its end; in a pause the shorter; in a tail all are fine."""
    gap = [_held(1, 0.0, ms) for ms in (0.0, 60.0, 150.0)]
    assert gap[0] > 0.4 and gap[0] > gap[1] > gap[2] and gap[2] < 0.1
    missed = [
        _held(1, 10.0, ms) for ms in (0.0, 60.0, 150.0)
    ]  # the target goes on, and the decision is wrong
    assert gap[0] > missed[0] > missed[1] > missed[2]
    pause = [_held(0, 0.0, ms) for ms in (0.0, 60.0, 150.0)]
    assert pause[0] < 0.2 and pause[0] < pause[1] < pause[2]
    assert [_held(-1, 0.0, ms) for ms in (0.0, 60.0, 150.0)] == [0.0, 0.0, 0.0]


def test_the_hold_of_the_last_open_block_counts():
    """What is asked for while the gate is shut changes nothing."""
    hold_ms = torch.full((1, T), 30.0, requires_grad=True)
    batch = _batch()
    batch.label[:, 80:100], batch.target[:, 80:100] = 1, 0.0
    (grad,) = torch.autograd.grad(hold(hold_ms, _wrong("chopped").sigmoid(), batch), hold_ms)
    assert grad[0].nonzero()[:, 0].tolist() == [79, 119]


def test_onsets_are_the_first_blocks_of_openings():
    """Twelve blocks from each start, no more than the opening is long."""
    label = torch.zeros(1, 60, dtype=torch.bool)
    label[:, 5:40] = True
    label[:, 50:54] = True
    mask = onset_mask(label)[0]
    assert mask.nonzero()[:, 0].tolist() == [*range(5, 17), *range(50, 54)]


def test_chatter_counts_movement_where_the_label_stands_still():
    """Opening with the label is free; fluttering inside it is not."""
    label = _batch().label
    steady = (label == 1).float()
    flutter = steady.clone()
    flutter[:, 80:100:2] = 0.0
    assert chatter(steady, label) == 0
    assert chatter(flutter, label) > 0.05


def test_a_tail_is_what_follows_an_opening():
    """Unscored blocks behind an opening, not those before one, nor anything scored."""
    label = torch.tensor([[-1, -1, 1, 1, -1, -1, 0, 0, -1, 1, -1]])
    assert tail_mask(label).int().tolist() == [[0, 0, 0, 0, 1, 1, 0, 0, 0, 0, 1]]


@pytest.mark.parametrize("fall_ms", [40.0, 1000.0])
def test_a_release_that_does_not_follow_the_target_costs(fall_ms):
    """Of a target that falls 80 dB in 400 ms, that release costs less in the tail than a shorter or a longer one."""
    label = torch.zeros(1, T, dtype=torch.int8)
    label[:, 50:120], label[:, 120:180] = 1, -1
    target = torch.zeros(1, T, 32)
    target[:, 50:120] = 1.0
    target[:, 120:180] = torch.logspace(0, -2.5, 60)[None, :, None]
    batch = Batch(
        powers=torch.ones(1, T, 56),
        target=target,
        bleed=torch.full((1, T, 32), 1.0),
        label=label,
        decay_ms=torch.zeros(1, T),
    )
    costs = []
    for ms in (400.0, fall_ms):
        output = _output(_right(label))._replace(release_ms=torch.full((1, T), ms))
        costs.append(gate_loss(output, batch, LossConfig())["tail"])
    assert costs[0] < costs[1]


def test_a_key_that_hears_bleed_costs():
    """Listening where the target is costs less than everywhere, and that less than where only bleed is."""
    batch = _batch()
    target, bleed = torch.zeros(1, T, 32), torch.zeros(1, T, 32)
    target[..., :4], bleed[..., 10:] = 8.0, 8.0
    batch = Batch(powers=batch.powers, target=target, bleed=bleed, label=batch.label, decay_ms=batch.decay_ms)
    there, elsewhere = torch.zeros(32), torch.zeros(32)
    there[:4], elsewhere[10:14] = 0.25, 0.25
    costs = [key_share(k.expand(1, T, 32), batch) for k in (there, torch.full((32,), 1 / 32), elsewhere)]
    assert costs[0] < costs[1] < costs[2]


def test_a_release_other_than_the_decay_costs_where_there_is_one():
    """Twice as long costs as much as half as long; blocks without a decay cost nothing."""
    decay = torch.zeros(1, T)
    decay[:, 120:150] = 80.0
    costs = [release(torch.full((1, T), ms), decay) for ms in (80.0, 160.0, 40.0)]
    assert costs[0] == 0.0
    torch.testing.assert_close(costs[1], costs[2])
    assert costs[1] > 0.5
    assert release(torch.full((1, T), 80.0), torch.zeros(1, T)) == 0.0
