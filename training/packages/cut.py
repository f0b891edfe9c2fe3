"""Sounds made fit for a corpus: capped, faded, freed of a constant offset, and refused where they are of no use."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from training.packages.measure import Measured, levels_db
from training.recordings.corpus import LEAST_RANGE_DB

Sound = NDArray[np.float32]

FADE_S, LOOP_FADE_S = 0.05, 0.3
LOOP_S = 3.0
"""What a looped sample is unrolled to."""

SILENT_DBFS = -55.0
"""A peak under this is no recording of anything."""

OFFSET = 0.003
"""A constant this large, in the quiet places too, is an offset of the converter."""

SHORT_SPEECH_S = 0.6
"""Shorter clips of one speaker are joined."""

TIGHT_SPEECH_S = 8.0
"""So are clips up to this long that have no pause to show a floor in: their quietest 10 ms (the 1st percentile) lie as
far under their loud level as a target's floor must, and the manifest's range would be that of speech itself."""

JOINED_S = 20.0
PAUSE_S = (0.35, 0.6)
JOIN_FADE_S = 0.003


@dataclass(frozen=True)
class Limits:
    """How long a sound of a class may be and must be, in seconds, and which share of it may be clipped (0 to 1)."""

    most_s: float
    least_s: float
    clipped: float


LIMITS = {
    "speech": Limits(60.0, 0.12, 0.002),
    "music": Limits(240.0, 4.0, 0.02),
    "noise": Limits(60.0, 0.08, 0.03),
    "drums/kick": Limits(1.2, 0.03, 0.02),
    "drums/snare": Limits(1.2, 0.03, 0.02),
    "drums/percussion": Limits(1.2, 0.02, 0.02),
    "drums/toms": Limits(2.5, 0.03, 0.02),
    "drums/cymbals": Limits(2.5, 0.03, 0.02),
    "guitar": Limits(4.0, 0.1, 0.01),
    "instrument": Limits(4.0, 0.1, 0.01),
}


def cut(x: Sound, rate_hz: int, kind: str, looped: bool) -> Sound:
    """Cap a sound (n,) for its class and fade its end if it was cut there or goes on in a loop."""
    n = int(LIMITS[kind].most_s * rate_hz)
    cut_off = len(x) > n or looped
    x = x[:n].copy()
    if cut_off:
        fade = min(int((LOOP_FADE_S if looped else FADE_S) * rate_hz), len(x))
        x[len(x) - fade :] *= np.linspace(1.0, 0.0, fade, dtype=np.float32)
    return x


def without_offset(x: Sound, rate_hz: int) -> tuple[Sound, bool]:
    """Take a constant offset off; a sound that only leans to one side while it lasts stays as it is.

    Returns:
        The sound, and whether it had an offset.
    """
    mean = float(x.mean()) if len(x) else 0.0
    if abs(mean) < OFFSET:
        return x, False
    window = max(min(rate_hz // 100, len(x)), 1)
    levels = levels_db(x, rate_hz)
    quiet = np.argsort(levels)[: max(len(levels) // 10, 1)]
    rest = float(np.mean([x[i * window : (i + 1) * window].mean() for i in quiet]))
    if abs(rest) < OFFSET or abs(rest - mean) > 0.5 * abs(mean):
        return x, False
    return x - np.float32(rest), True


def refusal(x: Sound, rate_hz: int, kind: str, measured: Measured) -> str:
    """Say why a sound is of no use in its class, "" if it is."""
    limits = LIMITS[kind]
    if len(x) < limits.least_s * rate_hz:
        return f"shorter than {limits.least_s:g} s"
    if measured.peak_dbfs < SILENT_DBFS:
        return "silent"
    if measured.clipped > limits.clipped:
        return "clipped"
    if kind == "speech" and measured.range_db < LEAST_RANGE_DB and not is_clip(x, rate_hz, measured):
        return "floor too near to be a target"
    return ""


def is_clip(x: Sound, rate_hz: int, measured: Measured) -> bool:
    """Tell whether speech is joined with other speech: short, or clean but cut too tight for its range to show it."""
    if len(x) < SHORT_SPEECH_S * rate_hz:
        return True
    if len(x) > TIGHT_SPEECH_S * rate_hz or measured.range_db >= LEAST_RANGE_DB:
        return False
    return measured.loud_dbfs - float(np.percentile(levels_db(x, rate_hz), 1)) >= LEAST_RANGE_DB


def joined(clips: list[Sound], rate_hz: int, rng: np.random.Generator) -> list[Sound]:
    """Join short clips of one speaker: files of at most ``JOINED_S`` with ``PAUSE_S`` of silence around each clip."""
    files, parts, length = [], list[Sound](), 0.0
    for clip in clips:
        fade = min(int(JOIN_FADE_S * rate_hz), len(clip) // 2)
        clip = clip.copy()
        clip[:fade] *= np.linspace(0.0, 1.0, fade, dtype=np.float32)
        clip[len(clip) - fade :] *= np.linspace(1.0, 0.0, fade, dtype=np.float32)
        pause = np.zeros(int(rng.uniform(*PAUSE_S) * rate_hz), np.float32)
        if parts and length + (len(pause) + len(clip)) / rate_hz + PAUSE_S[1] > JOINED_S:
            files.append(np.concatenate([*parts, pause]))
            parts, length = [], 0.0
        parts += [pause, clip]
        length += (len(pause) + len(clip)) / rate_hz
    if parts:
        files.append(np.concatenate([*parts, np.zeros(int(PAUSE_S[0] * rate_hz), np.float32)]))
    return files
