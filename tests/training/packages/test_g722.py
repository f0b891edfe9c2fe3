"""G.722 is decoded to the bit."""

import hashlib

import numpy as np

from training.packages.g722 import decode

REFERENCE = "9ebf95b9efd7dc3b14c49c96b6b25cededace9aac003cd8fd029b4a089ff2dc5"
"""SHA-256 of what ffmpeg 5.1's decoder makes of the codes below, 16 bits each, little-endian."""


def codes():
    """Return random codes, and stretches of one code, which drive the decoder's state to its ends."""
    rng = np.random.default_rng(722)
    runs = np.repeat(rng.integers(0, 256, 300, np.uint8), rng.integers(1, 200, 300))
    return np.concatenate([rng.integers(0, 256, 60_000, np.uint8), runs]).tobytes()


def test_the_decoder_gives_the_bits_of_another():
    """Random codes, and runs of one code, come out as another decoder gives them."""
    x = decode(codes())
    assert (x.dtype, len(x)) == (np.float32, 2 * len(codes()))
    assert hashlib.sha256(np.round(x * 32768).astype("<i2").tobytes()).hexdigest() == REFERENCE


def test_nothing_gives_nothing():
    """An empty stream has no samples."""
    assert len(decode(b"")) == 0
