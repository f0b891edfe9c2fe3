"""The front of the frame classifier against an established library, and what its docstring promises."""

import kaldi_native_fbank as knf
import numpy as np
import pytest
import torch

from training.networks import mfcc
from training.networks.mfcc import band_powers

LIBRARY = 1e-3
"""Absolute, of coefficients up to some tens: float32 in another order."""
ROUNDING = 2e-4
"""Absolute: frames cut elsewhere, float32."""


def _sound(seconds: float = 2.0, level: float = 0.1) -> np.ndarray:
    """Noise, a tone that rises, and a silence: (n,) float32, full scale 1.0."""
    rng = np.random.default_rng(1)
    t = np.arange(int(seconds * mfcc.RATE)) / mfcc.RATE
    tone = np.sin(2 * np.pi * (200 * t + 700 * t**2))
    x = level * (0.3 * rng.standard_normal(len(t)) + tone)
    x[int(0.5 * len(t)) : int(0.6 * len(t))] = 0.0
    return x.astype(np.float32)


def _library(samples: np.ndarray) -> np.ndarray:
    """Kaldi's MFCC of a sound whose first frame starts at its first sample."""
    options = knf.MfccOptions()
    options.frame_opts.samp_freq = mfcc.RATE
    options.frame_opts.dither = 0.0
    options.frame_opts.preemph_coeff = 0.0
    options.frame_opts.remove_dc_offset = False
    options.frame_opts.round_to_power_of_two = False
    options.frame_opts.window_type = "hann"
    options.mel_opts.num_bins = mfcc.MELS
    options.mel_opts.low_freq = mfcc.LOW_HZ
    options.mel_opts.high_freq = mfcc.HIGH_HZ
    options.num_ceps = mfcc.COEFFICIENTS
    options.cepstral_lifter = mfcc.LIFTER
    options.use_energy = False
    computer = knf.OnlineMfcc(options)
    computer.accept_waveform(mfcc.RATE, samples.tolist())
    computer.input_finished()
    return np.stack([computer.get_frame(t) for t in range(computer.num_frames_ready)])


@pytest.mark.parametrize("level", [1.0, 0.1, 1e-3, 0.0])
def test_coefficients_are_kaldis(level):
    """The library's frames, once zeros before the start make its first frame end with the first block."""
    x = _sound(level=level)
    expected = _library(np.concatenate([np.zeros(mfcc.BEFORE, np.float32), x]))
    got = mfcc.mfcc(torch.from_numpy(x)[None])[0].numpy()
    assert got.shape == expected.shape == (len(x) // mfcc.HOP, mfcc.COEFFICIENTS)
    np.testing.assert_allclose(got, expected, atol=LIBRARY, rtol=0)


def test_a_frame_is_known_when_its_block_is_complete():
    """Frame t covers (t + 1) 160 - 400 to (t + 1) 160: samples outside change nothing in it, samples inside do."""
    x = torch.from_numpy(_sound())[None]
    base = mfcc.mfcc(x)
    for at, frames in ((1599, (9, 10, 11)), (1600, (10, 11, 12)), (1680, (10, 11, 12)), (1681, (10, 11, 12))):
        poked = x.clone()
        poked[0, at] += 0.5
        changed = (mfcc.mfcc(poked) != base).any(dim=2)[0].nonzero()[:, 0]
        # a frame's oldest sample has the window's zero
        inside = [t for t in range(200) if (t + 1) * 160 - 400 < at < (t + 1) * 160]
        assert changed.tolist() == inside and set(inside) <= set(frames)


def test_a_rest_that_fills_no_block_is_left_out():
    """N // 160 frames, none for less than a block."""
    x = torch.from_numpy(_sound())[None]
    torch.testing.assert_close(mfcc.mfcc(x[:, :1759]), mfcc.mfcc(x)[:, :10], atol=0, rtol=0)
    assert mfcc.mfcc(x[:, :159]).shape == (1, 0, 20)


def test_what_came_before_stands_for_the_start():
    """Blocks with the samples before them give the whole's rows."""
    x = torch.from_numpy(_sound())[None]
    part = band_powers(x[:, 4800:], x[:, 4800 - mfcc.BEFORE : 4800])
    torch.testing.assert_close(mfcc.coefficients(part), mfcc.mfcc(x)[:, 30:], atol=ROUNDING, rtol=0)


def test_what_is_not_a_number_is_silence():
    """NaN, infinity and absurd samples count as 0."""
    x = torch.from_numpy(_sound())[None]
    bad, silent = x.clone(), x.clone()
    bad[0, 3000:3004] = torch.tensor([float("nan"), float("inf"), -float("inf"), 1e30])
    silent[0, 3000:3004] = 0.0
    torch.testing.assert_close(mfcc.mfcc(bad), mfcc.mfcc(silent), atol=0, rtol=0)


def test_level_is_in_the_zeroth_coefficient_alone():
    """So many dB more add so much to it and nothing to the others."""
    x = 0.05 * torch.randn(1, 16_000, generator=torch.Generator().manual_seed(2))
    louder, base = mfcc.mfcc(x * 10 ** (6 / 20)), mfcc.mfcc(x)
    more = (louder - base)[0]
    assert abs(float(more[:, 0].mean()) - 6 * mfcc.LEVEL_PER_DB) < 1e-3
    assert more[:, 1:].abs().max() < 1e-3


def test_a_constant_offset_is_not_heard():
    """A sound card's offset changes nothing once it is in every sample of a frame."""
    x = torch.from_numpy(_sound())[None]
    far = (mfcc.mfcc(x + 0.2) - mfcc.mfcc(x))[0, 3:95].abs().max()
    assert far < LIBRARY


def test_silence_is_at_the_floor():
    """Digital silence has the least level there is, and no shape."""
    row = mfcc.mfcc(torch.zeros(1, 1600))[0, 5]
    assert abs(float(row[0]) - np.sqrt(mfcc.MELS) * np.log(mfcc.FLOOR)) < 1e-3
    assert row[1:].abs().max() < 1e-3


@pytest.mark.parametrize("hz", [200.0, 1000.0, 5000.0])
def test_level_is_the_sounds(hz):
    """A sine of amplitude 0.1 is at -23 dBFS, on an offset too; silence is at the least there is."""
    t = np.arange(16_000) / mfcc.RATE
    x = torch.from_numpy((0.3 + 0.1 * np.sin(2 * np.pi * hz * t)).astype(np.float32))[None]
    assert (mfcc.level_db(mfcc.bin_powers(x))[0, 3:] + 23.01).abs().max() < 0.05
    assert abs(float(mfcc.level_db(torch.zeros(mfcc.BINS))) + 100.0) < 1e-4
