"""What a gate is taught to do: the terms of the loss, each a scalar tensor.

What the body hears is taught by

* ``decision``: cross-entropy between open probability and label, onsets weighing more: makes the output a probability. Tails
  are unscored, but here they count as shut by a little: so a gate that may let go in them does.
* ``key``: while open, how little of what the key hears is target: teaches it to listen where the target is over
  Threshold and bleed is not.
* ``chatter``: movement of the decision where the label does not change.

The times are taught beside it, and change nothing of what it hears: what makes a time right made the decision worse on
sounds from elsewhere (docs/elsewhere.md). They see the gate as it will run, opening and shutting at decision thresholds
(``OPEN_AT``, others in each sequence), and each is taught by what it is judged by (``training.judging.controls``):

* ``hold``: over the ``HELD_BLOCKS`` after each closing of the decision, the share of open blocks, and some of filled gaps
  alone, in which the hold has ended, and the share of shut blocks in which it has not: long after a phrase that may go on,
  short after what was no target.
* ``tail``: after a closing, how far the gated mixture's level is from the target's, in dB: teaches the release to fall
  as the target decays. In dB, because a tail is quiet: in an energy it would weigh nothing.
* ``release``: in tails too, the ratio of the release asked for to the time that the target takes to fall. In a mixture
  the end of a decay is buried, and ``tail`` hardly sees it.
* ``attack``: over the 20 ms after each opening of the gate in which it should be open, what is wrong over 1 kHz: target
  that is missing and bleed that is switched on, as a logarithm of its share: where bleed is loud a quick opening clicks.
"""

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from gate.constants import BLOCK_MS
from training.networks.front import band_edges_hz
from training.networks.gate_net import GateOutput
from training.networks.soft_ballistics import decided, openness
from training.teach.batch import Batch, rows

ONSET_BLOCKS = 12
"""Blocks (25 ms) after an opening that count as its onset."""
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
OPEN_AT = (0.25, 0.75)
"""Decision thresholds at which the times see the gate, a batch's first sequence and its last: the preset's come later."""
CLOSE_SHARE = 0.7
"""The threshold that shuts is this much of the one that opens."""
HELD_BLOCKS = 240
"""Blocks (500 ms) after a closing in which a hold may last."""
GAPS_WEIGHT = 0.25
"""Weight of gaps alone. With as much as shut blocks have, drums were held for 130 ms, at .03 of balanced accuracy."""
HOLD_EDGE_MS = 25.0
"""How soft the end of a hold is while it is learned: the slope's width."""


@dataclass(frozen=True)
class LossConfig:
    """Weight of each term, and of some blocks in them.

    In ``decision`` onsets weigh more by ``onset_weight``, shut blocks ``shut_weight``, and tails weigh ``tail_weight``.
    ``sharpness`` is how sharply the decision that ``chatter`` sees follows the logit. ``attack`` and ``tail`` are counted
    in a share ``times_share`` of the sequences: they cost the most, and there are few times to learn.
    """

    decision: float = 1.0
    key: float = 0.1
    chatter: float = 3.0
    hold: float = 0.5
    tail: float = 0.15
    release: float = 0.15
    attack: float = 0.15
    onset_weight: float = 1.5
    shut_weight: float = 1.5
    tail_weight: float = 0.3
    sharpness: float = 3.0
    times_share: float = 0.25


def gate_loss(output: GateOutput, batch: Batch, config: LossConfig) -> dict[str, Tensor]:
    """Compute the terms by name, unweighted, and ``total``."""
    label = batch.label
    scored, should_open = label >= 0, label == 1
    y = should_open.to(output.logit.dtype)
    weight = scored.to(y.dtype) * (1.0 + config.onset_weight * onset_mask(should_open).to(y.dtype))
    weight = torch.where(label == 0, weight * config.shut_weight, weight)
    weight = torch.where(tail_mask(label), weight.new_tensor(config.tail_weight), weight)
    wrong = F.binary_cross_entropy_with_logits(output.logit, y, reduction="none")

    open_at = torch.linspace(*OPEN_AT, len(label))
    decision = decided(torch.sigmoid(output.logit), open_at, CLOSE_SHARE * open_at)
    step = max(1, round(1.0 / max(config.times_share, 1e-6)))
    some, few = rows(batch, slice(None, None, step)), decision[::step]
    opened = openness(few, output.attack_ms[::step], output.hold_ms[::step], output.release_ms[::step])
    terms = {
        "decision": _average(wrong, weight),
        "key": key_share(output.key, batch),
        "chatter": chatter(torch.sigmoid(config.sharpness * output.logit), label),
        "hold": hold(output.hold_ms, decision, batch),
        "tail": tail(opened, some),
        "release": release(output.release_ms, batch.decay_ms),
        "attack": attack(opened, few, some),
    }
    terms["total"] = torch.stack([getattr(config, name) * value for name, value in terms.items()]).sum()
    return terms


def onset_mask(should_open: Tensor) -> Tensor:
    """Mark (B, T) bool the blocks within ``ONSET_BLOCKS`` after the start of an opening."""
    before = F.pad(should_open[:, :-1], (1, 0))
    start = (should_open & ~before).to(torch.float32)[:, None]
    return (F.max_pool1d(F.pad(start, (ONSET_BLOCKS - 1, 0)), ONSET_BLOCKS, 1)[:, 0] > 0) & should_open


def hold(hold_ms: Tensor, decision: Tensor, batch: Batch) -> Tensor:
    """Add the shares of open and of shut blocks that the hold gets wrong after closings, and a little for gaps alone.

    The hold is the one of the last block that was decided open; a gap is a block labelled open in which the target is not
    over Threshold.
    """
    is_open = decision > 0.5
    at = torch.arange(decision.shape[1], device=decision.device).expand_as(is_open)
    last = torch.where(is_open, at, at.new_tensor(-1)).cummax(dim=1).values
    since = at - last
    after = (last >= 0) & (since > 0) & (since <= HELD_BLOCKS)
    held_ms = hold_ms.gather(1, last.clamp_min(0))
    held = torch.sigmoid((held_ms - BLOCK_MS * since) / HOLD_EDGE_MS)

    def share(wrong: Tensor, of: Tensor) -> Tensor:
        return (wrong * (of & after)).sum() / of.sum().clamp_min(1)

    should_open, should_shut = batch.label == 1, batch.label == 0
    gap = should_open & (batch.target.sum(-1) <= 1.0)
    return share(1.0 - held, should_open) + share(held, should_shut) + GAPS_WEIGHT * share(1.0 - held, gap)


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


def chatter(curve: Tensor, label: Tensor) -> Tensor:
    """Average the movement a block of a curve in [0, 1] where the label does not change, onsets left out."""
    still = (label[:, 1:] == label[:, :-1]) & (label[:, 1:] >= 0) & ~onset_mask(label == 1)[:, 1:]
    return (curve.diff(dim=1).abs() * still).sum() / still.sum().clamp_min(1)
