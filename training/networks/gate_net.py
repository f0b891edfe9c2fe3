"""The gate network: blocks and Threshold in, open probability and ballistics out; every state explicit.

What it is made of, in the order of the sound:

* *front* (fixed, ``training.networks.front``): band powers, in each band the loudest channel's, over Threshold's power.
* *reference*: each log power's running mean over ``REFERENCE_S``: what the room has been like.
* *peaks* (where ``peaks_db_s`` is not 0): how far each log power is under the loudest that it was of late, a mark that falls
  by so many dB a second: whether this is as loud as what has just been played.
* *body* (learned): two causal convolutions and an LSTM. Its first layer is blind to level: adding any number of dB to
  all its inputs changes nothing, so the body can only say *what* it hears.
* *key* (learned): softmax weights over the bands. The weighted power over Threshold's, the highest of the last 200 ms, is
  the one way level reaches the decision: ``logit = what - step / (1 + keyed power / key_over)``, step at least
  ``step_least``. Far over Threshold level says nothing, far under it the gate is pressed shut. A higher Threshold lowers
  the logit.
* *heads* (learned): attack, hold and release times.
"""

import math
from dataclasses import dataclass
from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from gate.constants import BLOCK_S
from gate.realtime.ballistics import ATTACK_RANGE_MS, HOLD_RANGE_MS, RELEASE_RANGE_MS
from training.networks.filter_bank import FilterBank
from training.networks.front import BANDS, CHANNELS, band_edges_hz
from training.networks.running_mean import mean_step, running_mean

REFERENCE_S = 1.5
"""Time constant of the running mean of each log power, in seconds."""
FLOOR = 1e-6
"""Power floor relative to Threshold: -60 dB. Everything under it is silence."""
LIFT = 14.0
"""Added to log powers where they must not be negative, in nats: a little more than the floor is under Threshold."""
TIMES_MS = {"attack": ATTACK_RANGE_MS, "hold": HOLD_RANGE_MS, "release": RELEASE_RANGE_MS}
"""Range of each learned time, in ms, the same as the runtime's."""
KEY_HELD_BLOCKS = 96
"""200 ms: gaps up to this are open by label, so what the key heard counts for as long."""
KEY_OVER = 0.1
"""Keyed power, relative to Threshold's, at which half of the step is left, before learning: a tenth, as what a sound has in
other bands is not in it."""
KEY_SHARE = 0.8
"""Share of the key's weight that lies between its two edges."""
LN10_10 = 0.1 * torch.log(torch.tensor(10.0)).item()


@dataclass(frozen=True)
class GateConfig:
    """Size of the learned part. ``width``: channels of the convolutions; ``hidden``: cells of the LSTM.

    ``step_least`` keeps the key from becoming decoration: at least this much of the logit hangs on it. ``peaks_db_s``: how
    fast the marks of recent peaks fall, in dB a second; 0 leaves them out.
    ``body`` and ``key`` are for ablations, see ``training.networks.bodies``: "lstm", "gru" or "conv", and whether the key is
    learned; only the defaults can be exported.
    """

    width: int = 48
    hidden: int = 48
    dropout: float = 0.0
    step_least: float = 6.0
    peaks_db_s: float = 0.0
    body: str = "lstm"
    key: bool = True


class GateState(NamedTuple):
    """All that the network remembers; the order is the model file's. C: channels of sound, B: batch (1 live).

    Live (B = 1, with the front): audio (C, 100, 1), decimated (C, 35, 11), reference (1, B, 56), shape (B, 112, 2), or
    (B, 168, 2) with peaks, context (B, width, 4), keyed (B, 1, 95), hidden and cell (1, B, hidden), peaks (1, B, 112), or
    (1, B, 0) without: the last log powers, lifted, and how far they were under their peaks. All start at zero.
    """

    audio: Tensor
    decimated: Tensor
    reference: Tensor
    shape: Tensor
    context: Tensor
    keyed: Tensor
    hidden: Tensor
    cell: Tensor
    peaks: Tensor


class GateOutput(NamedTuple):
    """One value a block and sequence, (B, T): logit, times in ms; key weights (B, T, 32)."""

    logit: Tensor
    attack_ms: Tensor
    hold_ms: Tensor
    release_ms: Tensor
    key: Tensor


class GateNet(FilterBank):
    """The network of the module's text. ``latency_samples`` is 0: a block's answer needs nothing later than that."""

    latency_samples = 0

    def __init__(self, config: GateConfig) -> None:
        super().__init__()
        self.config = config
        self.register_buffer("edges_hz", torch.from_numpy(band_edges_hz()).float(), persistent=False)
        w, h = config.width, config.hidden
        self.shape_conv = nn.Conv1d((3 if config.peaks_db_s else 2) * CHANNELS, w, 3)
        self.context_conv = nn.Conv1d(w, w, 3, dilation=2)
        self.dropout = nn.Dropout(config.dropout)
        self.lstm = nn.LSTM(w, h)
        self.heads = nn.Linear(w + h, 5 + BANDS)
        self.log_key_over = nn.Parameter(torch.tensor(math.log(KEY_OVER)))
        with (
            torch.no_grad()
        ):  # start from: 5 ms attack, 100 ms hold, 150 ms release, a key that hears everything
            self.heads.weight.mul_(0.3)
            self.heads.bias.zero_()
            for row, (name, ms) in enumerate(
                {"attack": 5.0, "hold": 100.0, "release": 150.0}.items(), start=2
            ):
                low, high = TIMES_MS[name]
                self.heads.bias[row] = torch.logit(torch.tensor((ms - low) / (high - low)))

    def initial_state(self, batch: int = 1, channels: int = 1) -> GateState:
        """Return zeros, on the network's device."""
        w, h = self.config.width, self.config.hidden
        zeros = lambda *shape: torch.zeros(shape, device=self.heads.bias.device)  # noqa: E731
        audio, decimated = self.heard_nothing(channels)
        return GateState(
            audio=audio,
            decimated=decimated,
            reference=zeros(1, batch, CHANNELS),
            shape=zeros(batch, self.shape_conv.in_channels, 2),
            context=zeros(batch, w, 4),
            keyed=zeros(batch, 1, KEY_HELD_BLOCKS - 1),
            hidden=zeros(1, batch, h),
            cell=zeros(1, batch, h),
            peaks=zeros(1, batch, 2 * CHANNELS if self.config.peaks_db_s else 0),
        )

    def shape_weight(self) -> Tensor:
        """Return (width, 112 or 168, 3): the first layer's weights, blind to level: without their mean over log powers
        and reference. How far a level is under its peak does not depend on Threshold."""
        levels, under = self.shape_conv.weight.split(
            [2 * CHANNELS, self.shape_conv.in_channels - 2 * CHANNELS], dim=1
        )
        return torch.cat([levels - levels.mean(dim=(1, 2), keepdim=True), under], dim=1)

    def under_peaks(self, log_powers: Tensor, state: Tensor) -> tuple[Tensor, Tensor]:
        """Compute how far log powers (B, T, 56) are under their recent peaks, in nats, and the new state ``peaks``.

        A peak is the highest log power, less ``peaks_db_s`` for the time since; before the start there was silence.
        In closed form, and in double precision as ``running_mean``.
        """
        if not self.config.peaks_db_s:
            return log_powers[..., :0], state
        height = log_powers.double() + LIFT
        before = (
            state[0].double().unflatten(-1, (2, CHANNELS)).sum(1, keepdim=True)
        )  # (B, 1, 56): the last peaks
        blocks = torch.arange(height.shape[1] + 1, device=height.device, dtype=height.dtype)[:, None]
        fallen = blocks * peak_fall(self.config.peaks_db_s)
        rising = torch.cat([before, height + fallen[1:]], dim=1)
        under = rising.cummax(dim=1).values[:, 1:] - fallen[1:] - height
        last = torch.cat([height[:, -1:], under[:, -1:]], dim=2).transpose(0, 1)
        return under.to(log_powers.dtype), last.to(log_powers.dtype)

    def recur(self, x: Tensor, state: GateState) -> tuple[Tensor, Tensor, Tensor]:
        """Run the LSTM, which remembers longest: x (T, B, width) -> (T, B, hidden), and its two states."""
        y, (hidden, cell) = self.lstm(x, (state.hidden, state.cell))
        return y, hidden, cell

    def timing(self, heard: Tensor) -> Tensor:
        """Compute the three times' heads: heard (T, B, width + hidden) -> (T, B, 3), in logits of their ranges.

        They learn from what the body hears without changing it: what makes a time right made the decision worse on
        sounds from elsewhere (docs/elsewhere.md).
        """
        return F.linear(heard.detach(), self.heads.weight[2:5], self.heads.bias[2:5])

    def key_logits(self, heads: Tensor) -> Tensor:
        """Pick what the body says of each band: heads (B, T, 5 + 32) -> (B, T, 32)."""
        return heads[..., 5:]

    def decide(
        self, powers: Tensor, state: GateState, key_bias: Tensor | None = None
    ) -> tuple[GateOutput, GateState]:
        """Run the learned part: powers (B, T, 56), relative to Threshold's power -> one answer a block, and the state.

        Args:
            key_bias: (..., 32), added to the key's logits: 0 leaves a band as it is,
                ``gate.realtime.key_band.OUTSIDE`` takes it out.
        """
        log_powers = torch.log(powers + FLOOR)  # (B, T, 56), nats
        reference, last_reference = running_mean(log_powers, state.reference, reference_step())
        under, last_peaks = self.under_peaks(log_powers, state.peaks)
        shape = torch.cat([log_powers, reference, under], dim=2).transpose(1, 2)  # (B, 112 or 168, T)
        shape = torch.cat([state.shape, shape], dim=2)
        with torch.autocast(shape.device.type, enabled=False):  # levels cancel in it to the last bit
            h0 = torch.relu(F.conv1d(shape, self.shape_weight(), self.shape_conv.bias))  # (B, w, T)
        context = torch.cat([state.context, h0], dim=2)
        h1 = h0 + torch.relu(self.context_conv(context))
        if h1.requires_grad:
            h1.register_hook(torch.Tensor.contiguous)  # the LSTM's order would make its way slow
        h1 = self.dropout(h1).permute(2, 0, 1)  # (T, B, w)
        h2, hidden, cell = self.recur(h1, state)
        heard = torch.cat([h1, self.dropout(h2)], dim=2)  # (T, B, w + hidden)
        heads = self.heads(heard).transpose(0, 1)  # (B, T, 5 + 32)
        timing = self.timing(heard).transpose(0, 1)  # (B, T, 3)
        logits = self.key_logits(heads)
        key = torch.softmax(logits if key_bias is None else logits + key_bias, dim=-1)
        keyed = (key * powers[..., :BANDS]).sum(-1) + FLOOR  # (B, T), relative to Threshold's power
        keyed = torch.cat([state.keyed, (keyed * torch.exp(-self.log_key_over))[:, None]], dim=2)
        held = F.max_pool1d(keyed, KEY_HELD_BLOCKS, 1)[:, 0]  # (B, T), relative to key_over
        step = self.config.step_least + F.softplus(heads[..., 1])
        times = {
            name: low + (high - low) * torch.sigmoid(timing[..., row])
            for row, (name, (low, high)) in enumerate(TIMES_MS.items())
        }
        output = GateOutput(
            logit=heads[..., 0] - step / (1.0 + held),
            attack_ms=times["attack"],
            hold_ms=times["hold"],
            release_ms=times["release"],
            key=key,
        )
        new = state._replace(
            reference=last_reference,
            shape=shape[:, :, -2:],
            context=context[:, :, -4:],
            keyed=keyed[:, :, -(KEY_HELD_BLOCKS - 1) :],
            hidden=hidden,
            cell=cell,
            peaks=last_peaks,
        )
        return output, new

    def forward(
        self, blocks: Tensor, threshold_db: Tensor, state: GateState, key_bias: Tensor | None = None
    ) -> tuple[GateOutput, GateState]:
        """Turn sound into decisions: blocks (C, T, 100), threshold_db (1, T); the state returned is a new one."""
        powers, audio, decimated = self.powers(blocks, state.audio, state.decimated)
        relative = powers * torch.exp(-LN10_10 * threshold_db.T)
        output, new = self.decide(relative[None], state, key_bias)
        return output, new._replace(audio=audio, decimated=decimated)

    def key_edges_hz(self, key: Tensor) -> tuple[Tensor, Tensor]:
        """Find the edges, Hz, low and high, of the bands with the middle ``KEY_SHARE`` of the key (..., 32)."""
        before = key.cumsum(-1) - key
        low, high = ((before < share).sum(-1) for share in ((1 - KEY_SHARE) / 2, (1 + KEY_SHARE) / 2))
        return self.edges_hz[low - 1], self.edges_hz[high]


def peak_fall(peaks_db_s: float) -> float:
    """Compute how far the mark of a peak falls in a block, in nats."""
    return peaks_db_s * BLOCK_S * LN10_10


def reference_step() -> float:
    """Return the step of the running mean of each log power."""
    return mean_step(BLOCK_S, REFERENCE_S)
