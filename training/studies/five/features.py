"""A clip as a table of rows: what the architectures get to see.

    raw   (100, 160)  ten milliseconds of samples a row
    fft   (100, 35)   a row every ten milliseconds: 32 log band energies, level, zero crossings, crest
    rows  (10, 128)   AudioSet's embeddings as they are, a row a second

Raw and fft tables are scaled column by column with the training clips' mean and deviation (raw: one scale for all), so
that a value is about 1; embeddings are divided by 255.
"""

import numpy as np
import torch
from torch import Tensor

from training.studies.five.clips import CLIP, RATE_HZ, ROW

FRAME, BINS = 320, 512
"""Samples of a frame, 20 ms under a Hann window, and its transform's length. A frame ends with its row."""
BANDS = 32
EXTRA = ("level_db", "zero_crossings", "crest_db")
LOWEST_HZ, HIGHEST_HZ = 60.0, 7_600.0
FLOOR = 1e-8
"""Power of a band under which it is silent: -80 dB of a full-scale sine, about what 16 bits hold."""


def columns(features: str) -> list[str]:
    """Name a table's columns."""
    if features == "raw":
        return [f"sample_{i}" for i in range(ROW)]
    if features == "fft":
        return [f"band_{i}_db" for i in range(BANDS)] + list(EXTRA)
    if features == "rows":
        return [f"embedding_{i}" for i in range(128)]
    raise ValueError(f"expected features raw, fft or rows, got {features!r}; name one of them")


def shape(features: str) -> tuple[int, int]:
    """Return (rows, columns) of a table."""
    return (10 if features == "rows" else CLIP // ROW), len(columns(features))


def table(sound: Tensor, features: str) -> Tensor:
    """Turn sounds (B, 16000) within about +-1 into tables (B, 100, 160) or (B, 100, 35), not scaled yet."""
    rows = sound.reshape(len(sound), -1, ROW)
    if features == "raw":
        return rows
    padded = torch.nn.functional.pad(sound, (FRAME - ROW, 0))
    frames = padded.unfold(1, FRAME, ROW) * torch.hann_window(FRAME)
    power = torch.fft.rfft(frames, BINS).abs().square() * (4.0 / FRAME**2)
    bands = 10.0 * torch.log10(power @ _bank() + FLOOR)
    squares = rows.square().mean(-1)
    level = 10.0 * torch.log10(squares + FLOOR)
    crest = 10.0 * torch.log10(rows.square().amax(-1) + FLOOR) - level
    signs = rows >= 0
    crossings = (signs[..., 1:] != signs[..., :-1]).float().mean(-1)
    return torch.cat([bands, torch.stack([level, crossings, crest], -1)], -1)


class Scale:
    """A scale that brings tables to about 1; learned from training tables."""

    def __init__(self, mean: Tensor, deviation: Tensor):
        self.mean, self.deviation = mean, deviation

    @classmethod
    def of(cls, tables: Tensor, features: str) -> "Scale":
        """Learn the scale from tables (N, T, F)."""
        if features == "rows":
            return cls(torch.zeros(1), torch.full((1,), 255.0))
        if features == "raw":
            return cls(torch.zeros(1), tables.std().clamp_min(1e-6).reshape(1))
        flat = tables.reshape(-1, tables.shape[-1])
        return cls(flat.mean(0), flat.std(0).clamp_min(1e-6))

    def __call__(self, tables: Tensor) -> Tensor:
        return (tables - self.mean) / self.deviation


_made: dict[str, Tensor] = {}


def _bank() -> Tensor:
    """Compute triangular bands, evenly spaced in mel, of sum 1: (257, 32). Source: O'Shaughnessy's mel, 2595 log10."""
    if "bank" not in _made:
        low, high = (2595.0 * np.log10(1.0 + hz / 700.0) for hz in (LOWEST_HZ, HIGHEST_HZ))
        edges = 700.0 * (10.0 ** (np.linspace(low, high, BANDS + 2) / 2595.0) - 1.0)
        hz = np.fft.rfftfreq(BINS, 1.0 / RATE_HZ)
        up = (hz[:, None] - edges[:-2]) / np.diff(edges)[:-1]
        down = (edges[2:] - hz[:, None]) / np.diff(edges)[1:]
        bank = np.maximum(np.minimum(up, down), 0.0)
        # the lowest bands are narrower than a bin: they take the bin that is nearest
        for band in np.flatnonzero(bank.sum(0) == 0.0):
            bank[np.argmin(np.abs(hz - edges[band + 1])), band] = 1.0
        _made["bank"] = torch.tensor(bank / bank.sum(0), dtype=torch.float32)
    return _made["bank"]
