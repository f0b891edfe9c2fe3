"""Changes to a clip while it is learned from: those that keep its meaning, and the first study's.

    none     nothing
    theirs   a constant added to the whole table; the mean of two clips that both hold the target
    meaning  on the sound: gain, tilt, time shift, another clip without the target mixed in, a room

Averaging two voices and adding a constant make tables that no microphone gives. What ``meaning`` does happens to sounds
every day, and leaves the answer to "is the target in it?" as it was.
"""

import torch
from torch import Generator, Tensor

from training.studies.five.clips import CLIP, RATE_HZ

CHANCE = 0.5
"""Chance of each change, for each clip."""
CONSTANT = 0.5
"""Largest constant, in deviations of a column."""
GAIN_DB, TILT_DB, SHIFT = 10.0, 4.0, CLIP // 4
"""Largest gain; largest tilt, dB in two octaves; samples of shift either way."""
MIX_DB = (5.0, 25.0)
"""How far another clip stays under this one."""


def theirs(tables: Tensor, labels: Tensor, draw: Generator) -> Tensor:
    """Change tables as the study did: (B, T, F) scaled tables and (B,) labels -> tables."""
    constant = (2.0 * _uniform(len(tables), draw) - 1.0) * CONSTANT * _chosen(len(tables), draw)
    tables = tables + constant[:, None, None]
    positive = torch.nonzero(labels > 0.5).flatten()
    if len(positive) > 1:
        partner = positive[torch.randperm(len(positive), generator=draw)]
        mixed = positive[_chosen(len(positive), draw) > 0.5]
        other = partner[: len(mixed)]
        tables = tables.index_copy(0, mixed, 0.5 * (tables[mixed] + tables[other]))
    return tables


def meaning(sound: Tensor, others: Tensor, rooms: Tensor, draw: Generator) -> Tensor:
    """Change sounds (B, 16000) into sounds that mean the same.

    Args:
        others: (M, 16000) clips without the target to mix in.
        rooms: (R, 8000) responses, the direct sound first.
    """
    count = len(sound)
    picked = others[torch.randint(len(others), (count,), generator=draw)]
    low, high = MIX_DB
    under = 10.0 ** (-(low + (high - low) * _uniform(count, draw)) / 20.0)
    ratio = under * _rms(sound) / _rms(picked) * _chosen(count, draw)
    # a room and a tilt are one filter
    size = CLIP + rooms.shape[1]
    response = rooms[torch.randint(len(rooms), (count,), generator=draw)].clone()
    response[:, 1:] *= _chosen(count, draw)[:, None]
    hz = torch.fft.rfftfreq(size, 1.0 / RATE_HZ).clamp(125.0, 8_000.0)
    tilt = (2.0 * _uniform(count, draw) - 1.0) * TILT_DB * _chosen(count, draw)
    slope = 10.0 ** (tilt[:, None] * torch.log2(hz / 1_000.0) / 2.0 / 20.0)
    spectrum = torch.fft.rfft(sound, size) * torch.fft.rfft(response, size) * slope
    wet = torch.fft.irfft(spectrum, size)[:, :CLIP]
    mixed = wet * (_rms(sound) / _rms(wet))[:, None] + ratio[:, None] * picked
    # a circular shift, so that nothing is lost: what is cut off at the end comes first
    shift = torch.randint(-SHIFT, SHIFT + 1, (count,), generator=draw) * _chosen(count, draw).long()
    at = (torch.arange(CLIP)[None] - shift[:, None]) % CLIP
    gain = 10.0 ** ((2.0 * _uniform(count, draw) - 1.0) * GAIN_DB * _chosen(count, draw) / 20.0)
    return torch.gather(mixed, 1, at) * gain[:, None]


def _uniform(count: int, draw: Generator) -> Tensor:
    return torch.rand(count, generator=draw)


def _chosen(count: int, draw: Generator) -> Tensor:
    """Draw 1 where a change happens, else 0."""
    return (_uniform(count, draw) < CHANCE).float()


def _rms(x: Tensor) -> Tensor:
    return x.square().mean(-1).add(1e-10).sqrt()
