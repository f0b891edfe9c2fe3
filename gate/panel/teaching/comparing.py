"""Gates on the same recordings, in figures: how much of the target each lets pass, and what it does with the bleed."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from gate.engine.engine import Engine
from gate.engine.settings import EngineSettings
from gate.files.sound_reader import Reader
from gate.levels import window_powers
from gate.modelfile.preset import Preset

MOST_S = 60.0
"""Seconds heard of each file: as much as ``gate-learn --quick`` hears."""

BATCH = 256
"""Blocks in one run of a model, as ``gate-render`` has it."""

WINDOW_S = 0.005
"""Seconds in a level's window, as everywhere."""

OPEN_POWER = 0.25
"""Least share of its power with which a window passes: at most 6 dB are missing."""

AUDIBLE_DB = -90.0
"""Level below which a window says nothing about a gate."""


@dataclass(frozen=True)
class Doing:
    """What a gate does with recordings.

    Attributes:
        passes: share of the target's windows over Threshold that the gate lets pass; NaN where there are none.
        cut_db: how far the gate turns down the bleed, all of it, in dB; infinite if nothing is left, NaN for silence.
        opens_min: how often a minute the gate opens for bleed alone.
    """

    passes: float
    cut_db: float
    opens_min: float


def compare(
    presets: Sequence[Preset],
    target: Sequence[Path],
    bleed: Sequence[Path],
    threshold_db: float,
    range_db: float,
) -> list[Doing]:
    """Return what each preset does with the same recordings, at the same Threshold (dBFS) and Range (dB).

    Raises:
        GateError: a file or a model cannot be had.
    """
    return [
        _doing(
            np.concatenate([_windows(preset, path, threshold_db, range_db) for path in target]),
            np.concatenate([_windows(preset, path, threshold_db, range_db) for path in bleed]),
            threshold_db,
        )
        for preset in presets
    ]


def _doing(target: NDArray[np.float64], bleed: NDArray[np.float64], threshold_db: float) -> Doing:
    """Return the figures for (windows, 2) powers before and after the gate, of target and bleed."""
    loud = target[target[:, 0] > 10 ** (threshold_db / 10)]
    passes = float((loud[:, 1] >= OPEN_POWER * loud[:, 0]).mean()) if len(loud) else float("nan")
    with np.errstate(divide="ignore", invalid="ignore"):
        cut_db = float(10.0 * np.log10(bleed[:, 0].sum() / bleed[:, 1].sum()))
    through = (bleed[:, 1] >= OPEN_POWER * bleed[:, 0]) & (bleed[:, 0] > 10 ** (AUDIBLE_DB / 10))
    openings = int((through[1:] & ~through[:-1]).sum()) + int(through[:1].sum())
    return Doing(passes, cut_db, 60.0 * openings / max(len(bleed) * WINDOW_S, WINDOW_S))


def _windows(preset: Preset, path: Path, threshold_db: float, range_db: float) -> NDArray[np.float64]:
    """Return (windows, 2) powers of a file before and after a gate, of the loudest channel."""
    with Reader(path) as reader:
        rate, channels = reader.layout.rate, reader.layout.channels
        x = np.zeros((min(reader.frames, round(MOST_S * rate)), channels), reader.dtype)
        x = x[: reader.read(x)]
    settings = EngineSettings(rate, channels, dtype=x.dtype, batch=BATCH)
    with Engine(preset.contract, settings, threshold_db=threshold_db, range_db=range_db) as engine:
        out = engine.whole(x)
    window = max(round(WINDOW_S * rate), 1)
    return np.stack([window_powers(sound.astype(np.float64), window) for sound in (x, out)], axis=1)
