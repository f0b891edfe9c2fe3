"""Look at examples before learning from them: what is each recording, and what is wrong with it?

``measure`` hears a file once and ``findings`` compares all of them; docs/learning.md says what each finding means and
what to do. An *error* leaves the file out; a *warning* is worth a look, and the file is used.
"""

import hashlib
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from gate.constants import BLOCK, RATE
from gate.levels import block_levels_db, loud_level_db
from training.learn.findings import CLIPPED_SHARE, Finding, clipped_share
from training.networks.front import BANDS
from training.recordings.corpus import LEAST_RANGE_DB
from training.recordings.reading import read_sound, to_mono
from training.sounds.changes import Sound
from training.sounds.phrases import find_phrases
from training.teach.features import Front

SILENT_DB = -75.0
"""A recording whose loud level is under this holds nothing to learn from."""
SINGLE_S = 5
"""A shorter recording may be a single hit or note, which has no pause."""
CLIP_S = 600
"""Seconds that are looked at for clipping."""
SHORTEST_S = 0.05
LEAST_SIDE_S = 10.0
"""A side with less than this in all cannot be learned from."""
ENOUGH_SIDE_S = 120.0
"""A side with less than this is better served by --quick."""
HEARD_S = 60.0
"""Seconds of a target that are heard for bleed."""
SAME_SPECTRUM, CLOSER = 0.7, 0.2
"""Pauses whose spectrum is as like the bleed's as this, and by this more than like the target's own, hold bleed."""
HARMLESS_DB = 50.0
"""A floor this far under the loud level is taken out before a target is mixed (``training.sounds.phrases``)."""
PAUSE_MARGIN_DB = 15.0
"""What comes and goes in the pauses by more than this is no floor."""
OFTEN = 0.15
"""Share of the pauses that has to be over the margin."""
ODD_RATE_SHARE = 0.2


@dataclass(frozen=True)
class Measured:
    """Facts about one file. Levels in dBFS; ``problem`` says why the file could not be read ("" if it could).

    ``sha256`` is of the sound, not of the file; ``shape`` 64 bits that two encodings of one sound share; ``pause`` and
    ``loud`` (32,) log10 band powers of a target's pauses and phrases, of a bleed's loud parts; empty where none is.
    ``restless`` is the share of the pauses that lies ``PAUSE_MARGIN_DB`` over the floor. ``remark`` is about the file's
    header ("" for nothing).
    """

    path: str
    side: str
    seconds: float = 0.0
    rate_hz: int = 0
    loud_db: float = -140.0
    floor_db: float = -140.0
    range_db: float = 0.0
    clipped: float = 0.0
    sha256: str = ""
    shape: str = ""
    loud: tuple[float, ...] = ()
    pause: tuple[float, ...] = ()
    restless: float = 0.0
    problem: str = ""
    remark: str = ""


def measure(path: Path, side: str, front: Front) -> Measured:
    """Hear one file; nothing that is wrong with the file raises."""
    made = Measured(str(path), side)
    try:
        raw, rate_hz, remark = read_sound(path)
        x = to_mono(raw, rate_hz)
    except (OSError, ValueError) as error:
        return replace(made, problem=str(error).split("; ")[0])
    levels = block_levels_db(x)
    loud = float(np.percentile(levels, 95)) if len(levels) else -140.0
    floor = float(np.percentile(levels, 5)) if len(levels) else -140.0
    if len(x) < SINGLE_S * RATE and len(levels) > 10:  # a single hit or note: where it ends is its floor
        floor = min(floor, float(np.median(levels[-10:])))
    made = replace(
        made,
        seconds=len(x) / RATE,
        rate_hz=rate_hz,
        loud_db=loud,
        floor_db=floor,
        range_db=loud - floor,
        # before any resampling, which rounds the flat tops off
        clipped=max(clipped_share(channel) for channel in raw[: CLIP_S * rate_hz].T),
        remark=remark,
        sha256=hashlib.sha256(np.round(x * 32767).astype("<i4").tobytes()).hexdigest(),
        shape=_envelope_shape(levels),
    )
    return _with_spectra(made, x[: int(HEARD_S * RATE)], front)


def findings(
    measured: Sequence[Measured], *, least_side_s: float = LEAST_SIDE_S, enough_side_s: float = ENOUGH_SIDE_S
) -> list[Finding]:
    """Find everything that is wrong, errors first, in the order of the files.

    Args:
        least_side_s: seconds of a side under which there is nothing to learn from.
        enough_side_s: seconds of a side under which a full training is too much to ask.
    """
    found = [finding for one in measured for finding in _of_one(one)]
    out = left_out(found)
    fit = [one for one in measured if one.path not in out]
    found += _duplicates(fit)
    found += _bleed_in_targets(fit)
    found += _odd_rates(fit)
    out = left_out(found)
    for side in ("target", "bleed"):
        seconds = sum(one.seconds for one in measured if one.side == side and one.path not in out)
        if seconds < least_side_s:
            found.append(
                Finding(
                    "error", "",
                    f"expected {least_side_s:g} s or more of {side} that can be learned from, got {seconds:.1f} s",
                    "add recordings",
                )
            )  # fmt: skip
        elif seconds < enough_side_s:
            found.append(
                Finding(
                    "warning", "", f"only {seconds:.0f} s of {side}",
                    "two minutes and more teach a gate of your own; with less, --quick adapts a shipped one",
                )
            )  # fmt: skip
    return sorted(found, key=lambda finding: finding.level != "error")


def left_out(found: Sequence[Finding]) -> set[str]:
    """Return the files that are not to be learned from."""
    return {finding.path for finding in found if finding.level == "error" and finding.path}


def _of_one(one: Measured) -> list[Finding]:
    if one.problem:
        return [Finding("error", one.path, f"cannot be read ({one.problem})", "replace or remove it")]
    if one.seconds < SHORTEST_S:
        what = f"lasts {1000 * one.seconds:.0f} ms, less than {1000 * SHORTEST_S:g}"
        return [Finding("error", one.path, what, "join it with others, or remove it")]
    if one.loud_db < SILENT_DB:
        what = f"is silent (its loud level is {one.loud_db:.0f} dBFS)"
        return [Finding("error", one.path, what, "record it louder, or remove it")]
    found = []
    if one.side == "target" and one.range_db < LEAST_RANGE_DB:
        what = f"its floor is {one.range_db:.0f} dB under its loud level, too near to be a label ({LEAST_RANGE_DB:g})"
        found.append(Finding("error", one.path, what, "record closer, in a quieter room, with pauses"))
    if one.clipped > CLIPPED_SHARE:
        what = f"is clipped ({one.clipped:.2%} of its samples lie in flat tops)"
        found.append(Finding("warning", one.path, what, "record it again with less gain"))
    if one.remark:
        what = one.remark.removeprefix(f"{one.path} ")
        found.append(
            Finding("warning", one.path, what, "write it again with its right length, or leave it as it is")
        )
    return found


def _duplicates(measured: Sequence[Measured]) -> list[Finding]:
    """Find sounds that are there twice; if on both sides, one side must be wrong."""
    found, first, alike = [], {}, {}
    for one in measured:
        other = first.setdefault(one.sha256, one)
        if other is not one:
            remedy = "remove one of the two" if other.side == one.side else "it is target or bleed, not both"
            found.append(Finding("error", one.path, f"is the same sound as {other.path}", remedy))
            continue
        near = alike.setdefault((one.shape, round(one.seconds, 1)), one) if one.shape else one
        if near is not one:
            remedy = "keep the better one, or learning and judging may hear the same"
            found.append(Finding("warning", one.path, f"rises and falls exactly as {near.path} does", remedy))
    return found


def _bleed_in_targets(measured: Sequence[Measured]) -> list[Finding]:
    bleeds = [np.array(one.loud) for one in measured if one.side == "bleed" and one.loud]
    found = []
    for one in measured:
        if one.side != "target" or not one.pause:
            continue
        pause, own = np.array(one.pause), np.array(one.loud)
        like = max((_likeness(pause, bleed) for bleed in bleeds), default=0.0)
        loud_enough = one.floor_db > SILENT_DB and one.range_db < HARMLESS_DB
        remedy = "record the target alone; what is in its pauses would be taught as wanted"
        if loud_enough and like > SAME_SPECTRUM and like > _likeness(pause, own) + CLOSER:
            found.append(Finding("warning", one.path, "its pauses sound like the bleed", remedy))
        elif one.restless > OFTEN:
            what = f"something comes and goes in its pauses ({one.restless:.0%} of them are not floor)"
            found.append(Finding("warning", one.path, what, remedy))
    return found


def _odd_rates(measured: Sequence[Measured]) -> list[Finding]:
    counts = Counter(one.rate_hz for one in measured)
    if len(counts) < 2:
        return []
    usual = counts.most_common(1)[0][0]
    found = []
    for one in measured:
        if one.rate_hz != usual and counts[one.rate_hz] <= ODD_RATE_SHARE * len(measured):
            what = f"is at {one.rate_hz} Hz where most are at {usual} Hz"
            found.append(
                Finding(
                    "warning", one.path, what, "use one rate, or the gate may learn where a spectrum ends"
                )
            )
    sides = {side: {one.rate_hz for one in measured if one.side == side} for side in ("target", "bleed")}
    if sides["target"] and sides["bleed"] and not sides["target"] & sides["bleed"]:
        rates = {side: "/".join(str(rate) for rate in sorted(of)) for side, of in sides.items()}
        what = f"targets are at {rates['target']} Hz, bleed at {rates['bleed']} Hz"
        found.append(Finding("warning", "", what, "record both alike, or the rate tells them apart"))
    return found


def _with_spectra(made: Measured, x: Sound, front: Front) -> Measured:
    """Add the spectra of pauses and loud parts, for the search for bleed in a target's pauses."""
    x = x[: len(x) // BLOCK * BLOCK]
    levels = block_levels_db(x)
    loud = loud_level_db(levels)
    if len(levels) < 100 or not np.isfinite(loud):
        return made
    bands = front(x)[:, :BANDS].astype(np.float32)
    made = replace(made, loud=_mean_spectrum(bands[levels > loud - 20.0]))
    if made.side != "target":
        return made
    speaks = np.zeros(len(levels), bool)
    for start, stop in find_phrases(x).spans:
        speaks[start:stop] = True
    speaks |= levels > loud - 20.0
    pause = np.flatnonzero(~speaks)
    if len(pause) < 100:
        return made
    restless = float(np.mean(levels[pause] > max(np.percentile(levels[pause], 10), -100.0) + PAUSE_MARGIN_DB))
    return replace(made, pause=_mean_spectrum(bands[pause]), restless=restless)


def _mean_spectrum(bands: np.ndarray) -> tuple[float, ...]:
    return tuple(float(round(v, 3)) for v in bands.mean(axis=0)) if len(bands) else ()


def _likeness(a: np.ndarray, b: np.ndarray) -> float:
    """Correlate two log spectra, each without its tilt: most sounds fall towards the highs."""
    x = np.linspace(-1.0, 1.0, len(a))
    flat = [v - np.polyval(np.polyfit(x, v, 1), x) for v in (a, b)]
    size = float(np.linalg.norm(flat[0]) * np.linalg.norm(flat[1]))
    return float(flat[0] @ flat[1]) / size if size > 0 else 0.0


def _envelope_shape(levels: np.ndarray) -> str:
    """Compute 64 bits: in which of 65 equal parts the level rises; "" for a sound too short to have a shape."""
    if len(levels) < 65 * 4:
        return ""
    parts = np.array([part.mean() for part in np.array_split(levels, 65)])
    if np.ptp(parts) < 3.0:  # steady sounds are all alike
        return ""
    return f"{int(''.join('1' if up else '0' for up in np.diff(parts) > 0), 2):016x}"
