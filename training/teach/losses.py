"""A good gate, as numbers to make small. Each term says one thing; ``docs/decisions`` says why.

* ``decision``: cross-entropy on scored blocks, the first 25 ms of each opening counted more: onsets are what is heard. In
  tails it asks for shut, gently: to let go is the decision's part, to follow the decay the release's.
* ``openness``: distance of the openness curve, after hold, attack and release, from the label: teaches the times.
* ``heard``: spectral distance, at three time resolutions, between gated mixture and gated target: target that is
  lost everywhere, bleed that is let through where the label does not say open.
* ``energy``: bleed's energy let through while shut, and target's lost while open, each as a logarithm of its share in
  the sequence: what a judge reads as cut and lost. A logarithm, because the last 50 ms of an overlong release are what
  keeps a gate that is nearly always right from cutting more than 10 dB.
* ``tail``: after a closing, how far the gated mixture's level is from the target's, in dB: teaches the release to fall
  as the target decays. In dB, because a tail is quiet: in the other terms it would weigh nothing.
* ``attack``: over the 20 ms after each opening of the gate in which it should be open, what is wrong over 1 kHz: target
  that is missing and bleed that is switched on, as a logarithm of its share: where bleed is loud a quick opening clicks.
* ``release``: in tails too, the ratio of the release asked for to the time that the target takes to fall. In a mixture
the end of a decay is buried, and the other terms hardly see it.
* ``key``: while open, how little of what the key hears is target: teaches it to listen where the target is over
  Threshold and bleed is not.
* ``chatter``: movement of the decision where the label does not change.

Only decision, key and the decision's part of chatter change what the body hears; the others say what times are right for
the decisions that it takes (docs/elsewhere.md).
"""

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from training.networks.front import band_edges_hz
from training.networks.gate_net import GateOutput
from training.networks.soft_ballistics import decided, openness
from training.teach.batch import Batch, rows

ONSET_BLOCKS = 12
"""Blocks (25 ms) after an opening that count as its onset."""
LEAST_LEAK = 1e-3
"""Share of bleed's energy (30 dB) under which letting through less is worth nothing more."""
TAIL_FLOOR = 1e-3
"""Power relative to Threshold (-30 dB) under which a tail is silence."""
KEY_FLOOR = 1.0
"""Power in the key's bands, relative to Threshold, under which the key hears nothing."""
ATTACK_BLOCKS = 10
"""Blocks (21 ms) after an opening in which the attack is heard."""
ATTACK_BAND = int(np.searchsorted(band_edges_hz()[:-1], 1_000.0))
"""The first band that lies over 1 kHz: there a click is heard."""
ATTACK_FLOOR = 1e-2
"""Share of the target's energy (-20 dB) under which a wrong opening is not heard."""
RESOLUTIONS_BLOCKS = (1, 4, 16)
"""Time resolutions of the heard distance: 2, 8 and 33 ms."""


@dataclass(frozen=True)
class LossConfig:
    """Weight of each term, and of some blocks in them.

    In the first two terms onsets weigh more by ``onset_weight``, and shut blocks ``shut_weight``; in the first, tails
    weigh ``tail_weight``. ``leak_weight`` is of bleed let through against target lost in the third, ``lost_weight`` the
    other way round in the fourth. ``sharpness`` is how sharply the soft decision follows the logit. ``shapes``: whether
    openness, heard, energy and tail change the decision too, and not the times alone; if not, they see the gate as it will
    run, opening and shutting at ``decide_at``, in a share ``times_share`` of the sequences: they cost the most, and there
    are few times to learn.
    """

    decision: float = 1.0
    openness: float = 1.0
    heard: float = 1.5
    energy: float = 0.2
    tail: float = 0.15
    attack: float = 0.15
    release: float = 0.15
    key: float = 0.1
    chatter: float = 3.0
    onset_weight: float = 1.5
    shut_weight: float = 1.5
    tail_weight: float = 0.3
    shapes: bool = False
    decide_at: tuple[float, float] = (0.5, 0.35)
    times_share: float = 0.25
    leak_weight: float = 2.0
    lost_weight: float = 10.0
    sharpness: float = 3.0


def gate_loss(output: GateOutput, batch: Batch, config: LossConfig) -> dict[str, Tensor]:
    """Compute the terms by name, unweighted, and ``total``."""
    label = batch.label
    scored, should_open = label >= 0, label == 1
    y = should_open.to(output.logit.dtype)
    soft = torch.sigmoid(config.sharpness * output.logit)
    decision = soft if config.shapes else decided(torch.sigmoid(output.logit), *config.decide_at)
    few = slice(None if config.shapes else max(1, round(config.times_share * len(label))))
    some = rows(batch, few)
    opened = openness(decision[few], output.attack_ms[few], output.hold_ms[few], output.release_ms[few])

    weight = scored.to(y.dtype) * (1.0 + config.onset_weight * onset_mask(should_open).to(y.dtype))
    weight = torch.where(label == 0, weight * config.shut_weight, weight)
    tails = torch.where(tail_mask(label), weight.new_tensor(config.tail_weight), weight)
    wrong = F.binary_cross_entropy_with_logits(output.logit, y, reduction="none")
    terms = {
        "decision": _average(wrong, tails),
        "openness": _average((opened - y[few]).abs(), weight[few]),
        "heard": heard_distance(opened, some, config.leak_weight),
        "energy": energy(opened, some, config.lost_weight),
        "tail": tail(opened, some),
        "attack": attack(opened, decision[few], some),
        "release": release(output.release_ms, batch.decay_ms),
        "key": key_share(output.key, batch),
        "chatter": chatter(soft, label) + chatter(opened, some.label),
    }
    terms["total"] = torch.stack([getattr(config, name) * value for name, value in terms.items()]).sum()
    return terms


def onset_mask(should_open: Tensor) -> Tensor:
    """Mark (B, T) bool the blocks within ``ONSET_BLOCKS`` after the start of an opening."""
    before = F.pad(should_open[:, :-1], (1, 0))
    start = (should_open & ~before).to(torch.float32)[:, None]
    return (F.max_pool1d(F.pad(start, (ONSET_BLOCKS - 1, 0)), ONSET_BLOCKS, 1)[:, 0] > 0) & should_open


def heard_distance(opened: Tensor, batch: Batch, leak_weight: float) -> Tensor:
    """Measure magnitudes of target lost and bleed let through, as a share of the sequence's mean magnitude."""
    power_gain = opened.square()[..., None]
    elsewhere = (batch.label != 1).to(opened.dtype)[..., None]
    magnitude = (batch.target + batch.bleed).sqrt().mean(dim=(1, 2)).clamp_min(1e-3)
    total = opened.new_zeros(len(opened))
    for blocks in RESOLUTIONS_BLOCKS:
        pooled = lambda p, blocks=blocks: (_mean_over(p, blocks) + 1e-8).sqrt()  # noqa: E731
        lost = (pooled(batch.target) - pooled(power_gain * batch.target)).mean(dim=(1, 2))
        let_through = pooled(power_gain * elsewhere * batch.bleed).mean(dim=(1, 2))
        total = total + (lost + leak_weight * let_through) / magnitude
    return total.mean() / len(RESOLUTIONS_BLOCKS)


def energy(opened: Tensor, batch: Batch, lost_weight: float) -> Tensor:
    """Average log10 shares over sequences: bleed let through where shut, plus weighted target lost where open."""
    gain = opened.square()
    shut, open_ = ((batch.label == value).to(opened.dtype) for value in (0, 1))
    bleed, target = batch.bleed.sum(-1) * shut, batch.target.sum(-1) * open_
    leak = (gain * bleed).sum(1) / bleed.sum(1).clamp_min(1e-9)
    kept = (gain * target).sum(1) / target.sum(1).clamp_min(1e-9)
    lost = torch.where(target.sum(1) > 0, -torch.log10(kept.clamp_min(1e-6)), torch.zeros_like(kept))
    return (torch.log10(leak + LEAST_LEAK) + lost_weight * lost).mean()


def attack(opened: Tensor, decision: Tensor, batch: Batch) -> Tensor:
    """Average over openings log10 of the share, over 1 kHz and ``ATTACK_BLOCKS``, of target lost and bleed let in."""
    target, bleed = batch.target[..., ATTACK_BAND:].sum(-1), batch.bleed[..., ATTACK_BAND:].sum(-1)
    wrong = (1.0 - opened).square() * target + opened.square() * bleed
    over = [
        F.avg_pool1d(F.pad(x[:, None], (0, ATTACK_BLOCKS - 1)), ATTACK_BLOCKS, 1)[:, 0]
        for x in (wrong, target)
    ]
    share = torch.log10(over[0] / over[1].clamp_min(1e-9) + ATTACK_FLOOR)
    open_ = (decision.detach() > 0.5) & (batch.label == 1)
    opening = open_ & ~F.pad(decision.detach()[:, :-1] > 0.5, (1, 0)) & (over[1] > 1e-6)
    return (share * opening).sum() / opening.sum().clamp_min(1)


def tail(opened: Tensor, batch: Batch) -> Tensor:
    """Average the distance, in units of 10 dB, of the gated mixture's level from the target's over closings' tails."""
    target = batch.target.sum(-1)
    heard = opened.square() * (target + batch.bleed.sum(-1))
    distance = (torch.log10(heard + TAIL_FLOOR) - torch.log10(target + TAIL_FLOOR)).abs()
    mask = tail_mask(batch.label)
    return (distance * mask).sum() / mask.sum().clamp_min(1)


def release(release_ms: Tensor, decay_ms: Tensor) -> Tensor:
    """Average the distance, in nepers, of the release from the target's decay in tails of closings that have one."""
    mask = decay_ms > 0
    ratio = torch.log(release_ms) - torch.log(torch.where(mask, decay_ms, release_ms.detach()))
    return (ratio.abs() * mask).sum() / mask.sum().clamp_min(1)


def tail_mask(label: Tensor) -> Tensor:
    """Mark (B, T) bool the unscored blocks whose last scored block before them was open."""
    at = torch.arange(label.shape[1], device=label.device).expand_as(label)
    last = torch.where(label >= 0, at, torch.zeros_like(at)).cummax(dim=1).values
    return (label < 0) & (label.gather(1, last) == 1)


def key_share(key: Tensor, batch: Batch) -> Tensor:
    """Average over open blocks -ln(the share of the keyed power, and of ``KEY_FLOOR``, that is target)."""
    target, bleed = (key * batch.target).sum(-1), (key * batch.bleed).sum(-1)
    share = (target + 1e-6) / (target + bleed + KEY_FLOOR)
    mask = batch.label == 1
    return -(torch.log(share) * mask).sum() / mask.sum().clamp_min(1)


def _average(x: Tensor, weight: Tensor) -> Tensor:
    return (weight * x).sum() / weight.sum().clamp_min(1.0)


def _mean_over(power: Tensor, blocks: int) -> Tensor:
    """Take the means of neighbouring blocks: (B, T, n) -> (B, T // blocks, n)."""
    length = power.shape[1] // blocks * blocks
    return power[:, :length].unflatten(1, (-1, blocks)).mean(2)


def chatter(curve: Tensor, label: Tensor) -> Tensor:
    """Average the movement a block of a curve in [0, 1] where the label does not change, onsets left out."""
    still = (label[:, 1:] == label[:, :-1]) & (label[:, 1:] >= 0) & ~onset_mask(label == 1)[:, 1:]
    return (curve.diff(dim=1).abs() * still).sum() / still.sum().clamp_min(1)
