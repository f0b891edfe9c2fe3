"""How long a gate takes to open: from an onset to the first output that is less than 6 dB under its input.

The live engine, one block a run, is fed in host buffers; offline, so that the figure is the same at every run, on slow
machines too. A sound card's round trip comes on top of it only for whoever listens (``benchmarks.loopback``).
"""

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks import sounds
from benchmarks.machine import spread
from gate.constants import BLOCK, RATE
from gate.engine.engine import Engine
from gate.engine.settings import EngineSettings
from gate.modelfile.contract import Contract

PLACES = 8
"""Onsets against the grid of blocks and buffers: evenly spaced over the longer of the two."""
LEAD_S = 0.5
"""Sound before the onset: longer than anything a gate holds."""
UNDER_THRESHOLD_DB = 10.0
"""How far the noise lies under Threshold."""
OPEN_GAIN = 10.0 ** (-6.0 / 20.0)
QUIET = 1e-7
"""Samples smaller than this say nothing of the gain."""


def first_open(
    x: NDArray[np.float32], y: NDArray[np.float32], onset: int, begin: int | None = None
) -> int | None:
    """Return the samples from the onset to the first output over -6 dB of its input.

    Args:
        x: (n,) what went in.
        y: (n,) what came out.
        onset: sample of the onset.
        begin: where the sound begins that is over Threshold from ``onset`` on; None: at the onset. A gate whose block
            holds both may open in between, which counts as 0.

    Returns:
        None if the gate never opens; less than 0 if it was open just before the sound began.
    """
    begin = onset if begin is None else begin
    told = np.abs(x) > QUIET
    is_open = told & (np.abs(y) > OPEN_GAIN * np.abs(x))
    before = np.flatnonzero(told[:begin])
    if len(before) and is_open[before[-1]]:
        return -1
    after = np.flatnonzero(is_open[begin:])
    return max(int(after[0]) + begin - onset, 0) if len(after) else None


def gated(engine: Engine, x: NDArray[np.float32], host_buffer: int) -> NDArray[np.float32]:
    """Return what the live engine makes of x (n,) in buffers of this size, from its start."""
    engine.reset()
    y = np.empty_like(x)
    for at in range(0, len(x), host_buffer):
        engine.process(x[at : at + host_buffer, None], y[at : at + host_buffer, None])
    return y


def one(engine: Engine, target: NDArray[np.float32], host_buffer: int, *, in_noise: bool) -> dict[str, Any]:
    """Measure all onsets of one case.

    Args:
        engine: mono.
        target: (n,) at the engine's rate, beginning at once.
        host_buffer: samples.
        in_noise: whether the onsets are in noise under Threshold, or in silence.

    Returns:
        ``ms``: spread over onsets, None when no onset opened the gate; ``missed``: onsets that did not;
        ``open_before``: onsets at which it was open already.
    """
    rate_hz = engine.rate
    over = np.flatnonzero(np.abs(target) > 10.0 ** (engine.threshold_db / 20.0))
    lead = round(LEAD_S * rate_hz)
    step = max(host_buffer, math.ceil(BLOCK * rate_hz / RATE)) / PLACES
    found = []
    for place in range(PLACES):
        begin = lead + round(place * step)
        x = np.zeros(begin + len(target), np.float32)
        x[begin:] = target
        if in_noise:
            length = round(len(x) * RATE / rate_hz) + RATE // 100
            x += sounds.at_rate(sounds.noise(length, engine.threshold_db - UNDER_THRESHOLD_DB), rate_hz)[
                : len(x)
            ]
        found.append(first_open(x, gated(engine, x, host_buffer), begin + int(over[0]), begin))
    opened = [1000.0 * samples / rate_hz for samples in found if samples is not None and samples >= 0]
    return {
        "ms": spread(opened) if opened else None,
        "missed": sum(samples is None for samples in found),
        "open_before": sum(samples is not None and samples < 0 for samples in found),
    }


def measure(
    name: str, contract: Contract, kind: str, rates_hz: list[int], buffers: list[int]
) -> list[dict[str, Any]]:
    """Measure one preset at each rate and host buffer: a row each.

    Args:
        name: of the preset, for the row.
        contract: the preset's model; it runs at its own Threshold.
        kind: of the sound, one of ``sounds.KINDS``.
        rates_hz: of the sound.
        buffers: host buffers, samples.
    """
    rows = []
    for rate_hz in rates_hz:
        target = sounds.at_rate(sounds.onset(kind), rate_hz)
        with Engine(contract, EngineSettings(rate_hz, channels=1)) as engine:
            for host_buffer in buffers:
                silence, noise = (one(engine, target, host_buffer, in_noise=noisy) for noisy in (False, True))
                rows.append(
                    {
                        "preset": name,
                        "sound": kind,
                        "rate_hz": rate_hz,
                        "host_buffer": host_buffer,
                        "block_ms": 1000.0 * BLOCK / RATE,
                        "threshold_db": engine.threshold_db,
                        "in_silence": silence,
                        "in_noise": noise,
                    }
                )
    return rows
