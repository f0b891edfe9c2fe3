"""How levels change with time: sources that come and go, knobs that are turned, links that lose everything."""

from dataclasses import dataclass

import numpy as np

from gate.constants import RATE
from training.sounds.changes import Sound, stepped_gain
from training.sounds.recipe import Recipe, Rng, log_uniform


@dataclass(frozen=True)
class Chances:
    """How changes of level are drawn; chances are shares of 1, the rest (least, most)."""

    stays_s: tuple[float, float] = (0.2, 3.0)
    """A source that comes and goes keeps a level for so long: from a word to a sentence."""
    away: float = 0.25
    """It is away."""
    at_full_or_away: float = 0.5
    """It is away or at its full level; else somewhere in ``in_between_db``."""
    in_between_db: tuple[float, float] = (-20.0, 4.0)
    heard_until: float = 0.7
    """A source that is away in this first share of a scene would be none: it is there at the start then."""
    goes_within_ms: tuple[float, float] = (2.0, 200.0)
    """From a switch to a fader."""
    step_db: tuple[float, float] = (3.0, 15.0)
    steps_at_most_db: float = 20.0
    step_within_ms: tuple[float, float] = (1.0, 100.0)
    lost_s: tuple[float, float] = (0.002, 0.12)
    """Lost packets: one of 2 ms up to a burst of them."""
    muted_s: tuple[float, float] = (0.3, 2.5)
    muted_at_start: float = 0.4
    """Many a recording starts with digital silence, before the microphone is switched on."""


CHANCES = Chances()


@dataclass(frozen=True)
class GainCurve(Recipe):
    """Gains to go to, from where on (samples, rising from 0), and within how many ms."""

    gains: tuple[float, ...]
    at: tuple[int, ...]
    ms: float

    def curve(self, n: int) -> Sound:
        """Compute the gain (n,)."""
        return stepped_gain(n, np.array(self.gains), np.array(self.at), self.ms)


def on_off(rng: Rng, n: int) -> GainCurve:
    """Draw the gain of a source that comes, goes and changes its level every 0.2 to 3 s."""
    count = int(n / RATE / 0.8) + 2
    at = np.concatenate([[0], np.cumsum(rng.uniform(*CHANCES.stays_s, count) * RATE)]).astype(np.int64)
    kind = rng.random(len(at))
    gains = 10.0 ** (rng.uniform(*CHANCES.in_between_db, len(at)) / 20.0)
    gains[kind < CHANCES.at_full_or_away] = 1.0
    gains[kind < CHANCES.away] = 0.0
    if not np.any(gains[at < n * CHANCES.heard_until] > 0.0):
        gains[0] = 1.0
    return GainCurve(tuple(gains), tuple(at), log_uniform(rng, *CHANCES.goes_within_ms))


def gain_steps(rng: Rng, n: int) -> GainCurve:
    """Draw one to three steps of 3 to 15 dB, as when somebody turns a knob."""
    count = int(rng.integers(1, 4))
    at = np.concatenate([[0], np.sort(rng.integers(0, n, count))])
    steps = rng.uniform(*CHANCES.step_db, count) * rng.choice([-1.0, 1.0], count)
    most = CHANCES.steps_at_most_db
    gains_db = np.clip(np.concatenate([[0.0], np.cumsum(steps)]), -most, most)
    return GainCurve(tuple(10.0 ** (gains_db / 20.0)), tuple(at), log_uniform(rng, *CHANCES.step_within_ms))


def drop_outs(rng: Rng, n: int) -> tuple[tuple[int, int], ...]:
    """Draw one to six stretches of 2 to 120 ms in which a link loses everything, as (start, stop) in samples."""
    stretches = []
    for _ in range(int(rng.integers(1, 7))):
        length = int(log_uniform(rng, *CHANCES.lost_s) * RATE)
        start = int(rng.integers(0, max(n - length, 1)))
        stretches.append((start, start + length))
    return tuple(stretches)


def muted_stretch(rng: Rng, n: int) -> tuple[int, int]:
    """Draw one stretch of 0.3 to 2.5 s of digital silence, as a mute button makes; often at the very start."""
    length = min(int(rng.uniform(*CHANCES.muted_s) * RATE), n // 2)
    start = 0 if rng.random() < CHANCES.muted_at_start else int(rng.integers(0, n - length))
    return start, start + length
