"""Sounds to gate, ways to cut them, and a slow engine that says what the gain of each sample should be."""

import dataclasses
from collections.abc import Iterator, Sequence
from fractions import Fraction
from math import ceil, floor
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gate.constants import RATE
from gate.engine.engine import CURVE_COLUMNS, Engine
from gate.engine.settings import EngineSettings
from gate.files.drained import pushed
from gate.modelfile.contract import Contract
from gate.realtime.clock import Clock

Array = NDArray[np.floating]

RATES = (8_000, 16_000, 22_050, 37_123, 44_100, 48_000, 88_200, 96_000, 191_999, 192_000)
"""Hz: the usual ones, and two that share no factor with 48,000."""

BUFFERS = (1, 37, 64, 100, 128, 480, 1000, 4096, 0)
"""Sizes of host buffers; 0 stands for random ones, nothing at all included."""

THRESHOLD_DB = -35.0
"""Threshold for ``bursts``."""

CURVE = {name: i for i, name in enumerate(CURVE_COLUMNS)}


def open_engine(model: Contract, **given: Any) -> Engine:
    """An engine, from settings and knobs in one row of keywords."""
    names = {field.name for field in dataclasses.fields(EngineSettings)}
    settings = {name: value for name, value in given.items() if name in names}
    return Engine(
        model, EngineSettings(**settings), **{name: given[name] for name in given if name not in names}
    )


def bursts(rate: int, seconds: float, channels: int = 1, *, seed: int = 0, loud: float = 0.3) -> Array:
    """Noise that comes and goes every 30 to 120 ms, between -80 dBFS and ``loud``; (n, channels) float32."""
    rng = np.random.default_rng(seed)
    n = int(rate * seconds)
    levels = np.zeros(n)
    at, high = 0, False
    while at < n:
        length = int(rate * rng.uniform(0.03, 0.12))
        levels[at : at + length] = loud * rng.uniform(0.4, 1.0) if high else 1e-4
        at, high = at + length, not high
    sound = rng.standard_normal((n, channels)) * levels[:, None] / 3.0
    return np.clip(sound, -1.0, 1.0).astype(np.float32)


def lively(model: Contract) -> Contract:
    """The same model, taking its own median over ``bursts`` for a yes: so that there are decisions to test.

    A voice gate rightly stays shut for noise, and what the engine does with decisions is the same for any.
    """
    with open_engine(model, rate=RATE, channels=1, threshold_db=THRESHOLD_DB, curve_rows=4000) as engine:
        p = curve_of(engine, bursts(RATE, 2.0))[:, CURVE["open_probability"]]
    low, high = np.quantile(p, [0.4, 0.6])
    return dataclasses.replace(model, open_at=float(high), close_at=float(low))


def cuts(n: int, buffer: int, seed: int = 0) -> Iterator[slice]:
    """Slices of 0..n by buffers of one size, the last one shorter; 0 stands for random sizes."""
    rng = np.random.default_rng(seed)
    at = 0
    while at < n:
        size = buffer or int(rng.choice([0, 1, 7, 99, 100, 101, 480, 2000]))
        yield slice(at, at + size)
        at += size


def run(engine: Engine, x: Array, pieces: Sequence[slice] | int | None = None) -> Array:
    """What the engine makes of x from a fresh start, cut into ``pieces`` (a buffer size, or slices)."""
    engine.reset()
    if pieces is None:
        pieces = [slice(0, len(x))]
    elif isinstance(pieces, int):
        pieces = list(cuts(len(x), pieces))
    x = np.ascontiguousarray(x, engine.dtype)
    out = np.full_like(x, np.nan)
    for piece in pieces:
        engine.process(x[piece], out[piece])
    return out


def render(engine: Engine, x: Array, buffer: int = 20_000) -> Array:
    """As a file is rendered: what the engine holds back is pushed out by zeros and cut off in front."""
    return run(engine, pushed(x, engine.delay_samples), buffer)[engine.delay_samples :]


def curve_of(engine: Engine, x: Array, pieces: Sequence[slice] | int | None = None) -> Array:
    """The whole curve of x; the engine needs room for it."""
    run(engine, x, pieces)
    curve = engine.take_curve()
    assert engine.curve_lost == 0
    return curve


def expected_gain(engine: Engine, curve: Array, n: int, pieces: Sequence[slice]) -> NDArray[np.float64]:
    """Gain of each of n output samples by the rule, from the goals in a curve; slow and literal.

    A goal acts from the first sample of its block, or of the host buffer in which the block completes,
    whichever is later (offline: from its block, all of it later by the lead).
    """
    rate, lead, half = engine.rate, engine.lead_samples, Clock(engine.rate).half
    buffer_of = np.zeros(n, int)
    for piece in pieces:
        buffer_of[piece] = piece.start
    goals = []
    for row in curve:
        block = round(row[CURVE["time_s"]] * 480)
        start = ceil(Fraction(block * 100 * rate, 48_000)) + lead
        if engine.batch == 1:
            complete = floor(Fraction((block * 100 + 99) * rate, 48_000)) + half
            start = max(start, buffer_of[complete])
        goals.append((start, 10.0 ** (row[CURVE["gain_db"]] / 20.0), row[CURVE["attack_ms"]]))
    block_length = rate * 100 / 48_000
    gain = begin = goal = 10.0 ** (engine.range_db / 20.0)
    since, length, gains = 0, 1.0, np.empty(n)
    pending = iter(goals)
    following = next(pending, None)
    for i in range(n):
        while following is not None and following[0] == i:
            if abs(following[1] - goal) > 1e-12:
                begin, goal, since, length = gain, following[1], i, block_length
                if goal > gain:
                    length = min(block_length, max(1.0, following[2]) * rate / 1000.0)
            following = next(pending, None)
        gain = begin + (goal - begin) * min((i - since + 1) / length, 1.0)
        gains[i] = gain
    return gains
