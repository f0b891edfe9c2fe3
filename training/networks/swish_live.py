"""The frame classifier as it runs in a host: blocks of sound in, class probabilities out; every state explicit."""

from typing import NamedTuple

import torch
from torch import Tensor

from training.networks.mfcc import BEFORE, HOP, bin_powers, coefficients, level_db, mel_weights, sane
from training.networks.swishnet import SwishNet, SwishState

BLOCKS_BEFORE = 2
"""Earlier blocks that a frame of 400 samples reaches into."""


class LiveState(NamedTuple):
    """State that a host carries from run to run. audio (C, 2, 160): the last two blocks; all start at zero."""

    audio: Tensor
    net: SwishState

    def named(self) -> dict[str, Tensor]:
        """Return every state that holds something, by name, in the model file's order."""
        every = {"audio": self.audio, **self.net._asdict()}
        return {name: tensor for name, tensor in every.items() if tensor.numel()}


class Heard(NamedTuple):
    """Answers, one column a block: classes (K, T), probabilities that sum to 1; level_db (1, T), dBFS."""

    classes: Tensor
    level_db: Tensor


def initial_state(net: SwishNet, channels: int = 1) -> LiveState:
    """Return the state of silence before the start."""
    return LiveState(net.out.bias.new_zeros(channels, BLOCKS_BEFORE, HOP), net.initial_state())


def listen(net: SwishNet, blocks: Tensor, state: LiveState) -> tuple[Heard, LiveState]:
    """Classify blocks (C, T, 160) of 16 kHz sound, full scale 1.0, T at least 1; returns a new state.

    Channels are heard together: in each band the power of the loudest counts, so no other, silent or in antiphase, takes
    anything off.
    """
    blocks = sane(blocks)
    before = state.audio.flatten(1)[:, -BEFORE:]
    powers = bin_powers(blocks.flatten(1), before)  # (C, T, 201)
    bands = powers @ torch.from_numpy(mel_weights().T).to(powers)
    features = coefficients(bands.amax(dim=0, keepdim=True))
    logits, new = net(features, state.net)
    audio = torch.cat([state.audio, blocks], dim=1)[:, -BLOCKS_BEFORE:]
    return Heard(torch.softmax(logits[0], dim=1).T, level_db(powers).amax(dim=0, keepdim=True)), LiveState(
        audio, new
    )
