"""Noise suppression by the log-spectral amplitude estimator, for whole recordings.

Source: Y. Ephraim, D. Malah, "Speech enhancement using a minimum mean-square error log-spectral amplitude estimator", IEEE
Trans. ASSP 33 (2), 1985: the gain is equation 20, the a priori SNR follows their decision-directed rule. Where noise
comes from is not in that paper: it begins as the mean of the quietest frames, and follows every frame whose likelihood
ratio (Sohn, Kim, Sung, "A statistical model-based voice activity detection", IEEE SPL 6 (1), 1999) says that nothing else is
there.
"""

import numpy as np
from numpy.typing import NDArray
from scipy.special import exp1

FRAME_MS = 32.0
"""Half overlapping, square-root Hann before and after: adds up to the sound that went in when every gain is 1."""
SMOOTH = 0.98
"""Weight of the last frame's estimate in the a priori SNR: Ephraim and Malah's."""
LEAST_SNR = 10.0 ** (-25.0 / 10.0)
"""Floor of the a priori SNR, -25 dB: lower, and single bins begin to ring."""
MOST_SNR = 10.0 ** (40.0 / 10.0)
"""Ceiling of the a posteriori SNR: beyond it nothing is removed anyway."""
QUIET_SHARE = 0.05
"""Share of frames, the quietest, that are taken for noise at first."""
NOISE_RATIO = 0.15
"""Mean log likelihood ratio over the bins under which a frame is noise."""
NOISE_SMOOTH = 0.98
"""Weight of the old noise estimate when a frame of noise is heard."""


def log_mmse(x: NDArray[np.float32], rate_hz: int) -> NDArray[np.float32]:
    """Suppress a recording's steady noise.

    Args:
        x: (n,) samples. rate_hz: sample rate of ``x``.

    Returns:
        (n,) samples in place with those of ``x``. A recording shorter than a frame, or of zeros, comes back as it is.
    """
    half = round(FRAME_MS * 0.5e-3 * rate_hz)
    if len(x) < 2 * half or not np.any(x):
        return x.copy()
    window = np.sqrt(0.5 - 0.5 * np.cos(np.pi * (np.arange(2 * half) + 0.5) / half))
    hops = -(-len(x) // half) + 1
    padded = np.zeros((hops + 1) * half)
    padded[half : half + len(x)] = x
    frames = np.lib.stride_tricks.sliding_window_view(padded, 2 * half)[::half]
    spectra = np.fft.rfft(frames * window, axis=1)
    spectra *= gains(np.square(np.abs(spectra)))
    pieces = np.fft.irfft(spectra, n=2 * half, axis=1) * window
    out = np.zeros_like(padded)
    for k, piece in enumerate(pieces):
        out[k * half : (k + 2) * half] += piece
    return out[half : half + len(x)].astype(np.float32)


def gains(powers: NDArray[np.float64]) -> NDArray[np.float64]:
    """Compute the gain of every bin of every frame, 0 to 1.

    Args:
        powers: (frames, bins) squared magnitudes.
    """
    noise = _quietest(powers)
    gain = np.empty_like(powers)
    last = None  # squared amplitude of the last frame's estimate, over noise
    for k, power in enumerate(powers):
        after = np.minimum(power / noise, MOST_SNR)
        instant = np.maximum(after - 1.0, 0.0)
        before = instant if last is None else SMOOTH * last / noise + (1.0 - SMOOTH) * instant
        before = np.maximum(before, LEAST_SNR)
        wiener = before / (1.0 + before)
        if power.any() and np.mean(wiener * after - np.log1p(before)) < NOISE_RATIO:
            noise = NOISE_SMOOTH * noise + (1.0 - NOISE_SMOOTH) * power
        v = np.maximum(wiener * after, 1e-10)
        gain[k] = np.minimum(wiener * np.exp(0.5 * exp1(v)), 1.0)
        last = np.square(gain[k]) * power
    return gain


def _quietest(powers: NDArray[np.float64]) -> NDArray[np.float64]:
    """Average the power of the quietest frames, bin by bin; frames of zeros tell nothing of noise, and are left out."""
    energies = powers.sum(axis=1)
    heard = powers[energies > 0.0]
    order = np.argsort(heard.sum(axis=1), kind="stable")
    count = max(round(QUIET_SHARE * len(heard)), 1)
    floor = 1e-12 * heard.mean()
    return np.maximum(heard[order[:count]].mean(axis=0), floor)
