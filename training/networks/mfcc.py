"""Mel-frequency cepstra of 16 kHz sound, 20 every 10 ms: what the speech, music and noise network hears.

A frame is 25 ms, and known when its newest block of 160 samples is complete: frame t covers the samples from
160 (t + 1) - 400 to 160 (t + 1), zeros before the start. In the order of the sound, each choice named:

* *pre-emphasis*: none. It would tilt every spectrum alike, which adds a constant to each coefficient.
* *window*: periodic Hann over the 400 samples; a Fourier transform of just these, no padding, bins 40 Hz apart.
* *bands*: 32 triangles, evenly spaced in mel = 1127 ln(1 + f / 700) from 40 Hz to 8 kHz. What leaks from a constant
  offset stays at 0 and 40 Hz, where no triangle is over zero.
* *floor*: no band's power counts as less than ``FLOOR``, with full scale 1.0: about -90 dBFS of white noise.
* *cepstra*: natural logarithm, orthonormal DCT-II, the first 20, multiplied by the lifter 1 + 11 sin(pi i / 22).

That is Kaldi's definition with these options (``kaldi-native-fbank``, which the tests compare with), moved to start with
the first block. The zeroth coefficient is level: 1 dB is ``LEVEL_PER_DB``.
"""

import math

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional as F

RATE = 16_000
HOP = 160
FRAME = 400
MELS = 32
COEFFICIENTS = 20
BINS = FRAME // 2 + 1
BEFORE = FRAME - HOP
"""Samples of earlier blocks in a frame."""
LOW_HZ, HIGH_HZ = 40.0, 8_000.0
LIFTER = 22
FLOOR = float(np.finfo(np.float32).eps)
"""Least power of a band; a full-scale sine has 1e4 in its own."""
LEVEL_FLOOR = 1e-10
"""Least mean square that a level is read from: -100 dBFS."""
TOO_LARGE = 1e6
"""A sample this far over full scale (+120 dB), like one that is not finite, is taken for 0."""
LEVEL_PER_DB = math.sqrt(MELS) * math.log(10.0) / 10.0
"""What one dB more of sound adds to the zeroth coefficient, and to no other."""


def mel(hz: NDArray[np.float64]) -> NDArray[np.float64]:
    """Convert Hz to mel. Source: Young et al., The HTK Book, section 5.4."""
    return 1127.0 * np.log(1.0 + hz / 700.0)


def mel_weights() -> NDArray[np.float64]:
    """Return (32, 201): the weight of each bin's power in each band; straight lines over mel, 1 at a band's centre."""
    points = np.linspace(*mel(np.array([LOW_HZ, HIGH_HZ])), MELS + 2)
    left, centre, right = (points[i : MELS + i, None] for i in range(3))
    bins = mel(np.arange(BINS) * (RATE / FRAME))
    return np.clip(np.minimum((bins - left) / (centre - left), (right - bins) / (right - centre)), 0.0, None)


def cepstral_weights() -> NDArray[np.float64]:
    """Return (20, 32): from log powers to coefficients, DCT-II and lifter in one."""
    i = np.arange(COEFFICIENTS)[:, None]
    dct = np.cos(np.pi / MELS * i * (np.arange(MELS) + 0.5)) * math.sqrt(2.0 / MELS)
    dct[0] /= math.sqrt(2.0)
    return dct * (1.0 + 0.5 * LIFTER * np.sin(np.pi * i / LIFTER))


def window() -> NDArray[np.float64]:
    """Return (400,) periodic Hann; the oldest sample counts for nothing."""
    return 0.5 - 0.5 * np.cos(2.0 * np.pi * np.arange(FRAME) / FRAME)


def level_weights() -> NDArray[np.float64]:
    """Return (201,): powers of bins to the mean square under the window, no constant offset. Source: Parseval."""
    weights = np.full(BINS, 2.0 / (FRAME * np.sum(window() ** 2)))
    weights[:2] = 0.0
    weights[-1] /= 2.0
    return weights


def sane(samples: Tensor) -> Tensor:
    """Put 0 in place of samples that are not finite, or absurd."""
    return torch.where(samples.abs() < TOO_LARGE, samples, torch.zeros_like(samples))


def bin_powers(samples: Tensor, before: Tensor | None = None) -> Tensor:
    """Square the Fourier transform: samples (B, N) at 16 kHz -> (B, N // 160, 201).

    Args:
        samples: full scale 1.0; what does not fill a last block is left out.
        before: (B, 240) samples that came earlier; zeros when left out.
    """
    frames_count = samples.shape[1] // HOP
    x = sane(samples[:, : frames_count * HOP])
    x = F.pad(x, (BEFORE, 0)) if before is None else torch.cat([before, x], dim=1)
    if frames_count == 0:
        return x.new_zeros(len(x), 0, BINS)
    frames = x.unfold(1, FRAME, HOP) * torch.from_numpy(window()).to(x)  # (B, T, 400)
    return torch.view_as_real(torch.fft.rfft(frames)).square().sum(-1)


def band_powers(samples: Tensor, before: Tensor | None = None) -> Tensor:
    """Compute powers of the mel bands, not floored, (B, N // 160, 32); arguments as in ``bin_powers``."""
    powers = bin_powers(samples, before)
    return powers @ torch.from_numpy(mel_weights().T).to(powers)


def level_db(powers: Tensor) -> Tensor:
    """Turn powers of bins (..., 201) into the level of frames (...), dBFS: their mean square over 40 Hz."""
    weights = torch.from_numpy(level_weights()).to(powers)
    return 10.0 * (powers @ weights).clamp(min=LEVEL_FLOOR).log10()


def coefficients(powers: Tensor) -> Tensor:
    """Turn powers of bands (..., 32) into coefficients (..., 20)."""
    return powers.clamp(min=FLOOR).log() @ torch.from_numpy(cepstral_weights().T).to(powers)


def mfcc(samples: Tensor) -> Tensor:
    """Turn samples (B, N) at 16 kHz, full scale 1.0, into coefficients (B, N // 160, 20), one row a block, in order."""
    return coefficients(band_powers(samples))
