"""Rooms and plates: measured responses of the corpus, and made-up ones of any size."""

import numpy as np
from scipy.signal import oaconvolve

from gate.constants import RATE
from training.recordings.corpus import Corpus, Item
from training.sounds.changes import Rng, Sound, amplitude, faded, filtered, log_uniform, tilt_section

LONGEST_S = 1.6
"""Longer tails are cut here with a fade: behind that, a hall is 30 dB down or a special effect."""


def synthetic_room(rng: Rng, rt60_s: float | None = None) -> Sound:
    """Response of a made-up room: direct sound at sample 0, early reflections, a decaying diffuse tail.

    Args:
        rt60_s: time in which the low half of the spectrum falls by 60 dB; random, 0.12 to 0.9 s, when None.

    Returns:
        (n,) float32; the direct sound is 1, reverberation 0 to 20 dB under it in all.
    """
    rt60 = log_uniform(rng, 0.12, 0.9) if rt60_s is None else rt60_s
    n = int(min(rt60 * 0.9, LONGEST_S) * RATE)
    seconds = np.arange(n, dtype=np.float32) / np.float32(RATE)
    low = rng.standard_normal(n, dtype=np.float32) * np.exp(np.float32(-6.91 / rt60) * seconds)
    high_rt60 = rt60 * rng.uniform(0.3, 0.8)  # air and soft things take the highs first
    high = rng.standard_normal(n, dtype=np.float32) * np.exp(np.float32(-6.91 / high_rt60) * seconds)
    smooth = 1.0 - np.exp(-2.0 * np.pi * log_uniform(rng, 700.0, 4_000.0) / RATE)
    split = np.array([[smooth, 0.0, 0.0, 1.0, smooth - 1.0, 0.0]])
    tail = filtered(low, split) + high - filtered(high, split)
    start = int(log_uniform(rng, 0.001, 0.015) * RATE)
    tail[:start] = 0.0
    for _ in range(int(rng.integers(3, 12))):  # walls, table, ceiling
        at = int(log_uniform(rng, 0.0008, 0.04) * RATE)
        if at < n:
            spread = float(np.sqrt(np.mean(np.square(tail[start : start + 2400])) + 1e-20))
            tail[at] += rng.choice([-1.0, 1.0]) * spread * rng.uniform(2.0, 12.0)
    direct_db = rng.uniform(0.0, 20.0)
    tail *= np.float32(amplitude(-direct_db)) / max(float(np.sqrt(np.sum(np.square(tail)))), 1e-9)
    tail = filtered(tail, tilt_section(2_000.0, rng.uniform(-8.0, 3.0)))
    tail[0] = 1.0
    return _ended(tail)


def measured_room(corpus: Corpus, item: Item, rng: Rng) -> Sound:
    """Response of the corpus from its onset, damped, with 4 to 24 dB more of the dry sound.

    Damped as by curtains and people: most of the corpus's rooms are halls and plates of 2 to 8 s, in which
    a microphone close enough to be gated hears far less of them than these responses hold.
    """
    response = corpus.derive("response", item, _from_onset)
    rt60 = log_uniform(rng, 0.3, 2.0)
    response = response[: int(rt60 * RATE)]
    response = response * np.exp(
        np.arange(len(response), dtype=np.float32) * np.float32(-6.91 / (rt60 * RATE))
    )
    response *= np.float32(amplitude(-rng.uniform(4.0, 24.0)) / np.sqrt(np.sum(np.square(response)) + 1e-12))
    response[0] += 1.0
    return _ended(response)


def random_room(corpus: Corpus, rng: Rng, split: str, measured: float = 0.4) -> tuple[Sound, str]:
    """Take one at random, with its name; ``measured`` is the share of the corpus's own, where it has any."""
    items = corpus.items("impulse_response", split)
    if items and rng.random() < measured:
        item = items[int(rng.integers(len(items)))]
        return measured_room(corpus, item, rng), item.path.stem
    return synthetic_room(rng), "made-up"


def in_room(x: Sound, response: Sound) -> Sound:
    """Sound as the room gives it, cut to the same length."""
    return oaconvolve(x, response)[: len(x)].astype(np.float32, copy=False)


def _from_onset(x: Sound) -> Sound:
    """Response from where it first reaches 20 dB under its peak, at most ``LONGEST_S`` long."""
    loud = np.abs(x)
    start = int(np.argmax(loud >= 0.1 * np.max(loud, initial=0.0)))
    return _ended(x[start : start + int(LONGEST_S * RATE)].copy())


def _ended(response: Sound) -> Sound:
    """Fade out the last fifth, so that no tail ends in a step."""
    last = len(response) // 5
    padded = faded(np.concatenate([np.zeros(last, np.float32), response[len(response) - last :]]), last)
    response[len(response) - last :] = padded[last:]
    return response
