"""More measures of a gate: signed errors of its edges, what it clipped, clicks, and SI-SDR of what comes out.

These measures add to ``training.judging.metrics`` and share its conventions: a gate is open in a block in which
its gain is over -6 dB, a true opening is an unbroken run of blocks labelled 1, and before the first block
every gate is shut. ``docs/metrics.md`` has each as a formula. The conventions that are new here:

* Edges are compared with edges: 0 ms is a gate that opens (or shuts) at the edge of the very block at which
  the label does. So late *onset errors* are one block less than ``metrics``' onset, which counts a decision
  to the end of its block. Negative is early. An opening in the foot is early here, although it is not wrong.
* The *onset error* of a true opening belongs to the run of open blocks that first reaches into it. There is
  none where the gate missed it, where it begins with the scene (its true edge is not known), or where the
  gate never shut since the opening before it.
* The *offset error* belongs to the last run that reaches into the opening, and there is none where the gate
  missed it, where either of the two is cut off by the end of the scene, or where the gate stays open into
  the next opening.
* *Front-end clipping* is the time from a true opening's start to the gate's first open block in it, all of it
  for a miss; *mid-event clipping* is all the time it is shut after that. Their sum is all that was clipped.
"""

from collections.abc import Sequence
from typing import TypedDict

import numpy as np
from numpy.typing import NDArray

from gate.constants import BLOCK, BLOCK_MS
from training.judging.bootstrap import bootstrap
from training.judging.metrics import OPEN_GAIN, REMOVED_MAX_DB

HEARD_SAMPLE = 1e-6
"""Amplitude (-120 dBFS) under which a sample of the mixture says nothing about the gain it got."""

MEASURES = (
    "onset_error_p50_ms", "onset_error_p90_ms", "onset_error_p99_ms",
    "offset_error_p50_ms", "offset_error_p90_ms", "offset_error_p99_ms",
    "front_clip_ms", "mid_clip_ms", "click", "si_sdr_db", "si_sdr_gain_db",
)  # fmt: skip
"""The columns of the second table, in its order."""


class More(TypedDict):
    """Measures of one scene for the second table; two scenes pool by joining every field."""

    onset_error_ms: NDArray[np.float64]
    """One for each true opening that has one."""
    offset_error_ms: NDArray[np.float64]
    front_clip_ms: NDArray[np.float64]
    """One for each true opening."""
    mid_clip_ms: NDArray[np.float64]
    click: float
    """Largest gain step from one sample to the next, linear; nan where only block gains are known."""
    si_sdr_db: float
    """SI-SDR of the gated mixture against the target, dB; nan without a target."""
    si_sdr_before_db: float
    """SI-SDR of the mixture before the gate, dB."""


def measure(
    label: NDArray[np.integer],
    gain: NDArray[np.floating],
    mixture: NDArray[np.floating],
    target: NDArray[np.floating],
    sound: NDArray[np.floating] | None = None,
) -> More:
    """Measure one scene.

    Args:
        label: (T,) 1 open, 0 shut, -1 unscored.
        gain: (T,) linear gain of each block.
        mixture: (T * 100,) before the gate. target: (T * 100,) as it sits in the mixture.
        sound: (T * 100,) after the gate. Without ``sound`` each block's gain is held for its block, and there is no
        click to be measured.

    Raises:
        ValueError: lengths differ.
    """
    blocks = len(label)
    lengths = [len(gain) * BLOCK, len(mixture), len(target), blocks * BLOCK if sound is None else len(sound)]
    if set(lengths) != {blocks * BLOCK}:
        raise ValueError(
            f"expected gain, mixture, target and sound of {blocks * BLOCK} samples (as the label's {blocks} "
            f"blocks), got {lengths}; cut all to whole blocks"
        )
    onset, offset = edge_errors_ms(label, gain)
    front, middle = clipping_ms(label, gain)
    after = np.asarray(mixture, np.float64) * np.repeat(gain, BLOCK) if sound is None else sound
    return More(
        onset_error_ms=onset,
        offset_error_ms=offset,
        front_clip_ms=front,
        mid_clip_ms=middle,
        click=float("nan") if sound is None else largest_step(sample_gain(mixture, sound)),
        si_sdr_db=si_sdr_db(after, target),
        si_sdr_before_db=si_sdr_db(mixture, target),
    )


def edge_errors_ms(
    label: NDArray[np.integer], gain: NDArray[np.floating]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Measure signed (onset, offset) errors in ms, each for the true openings that have one; negative is early."""
    starts, stops = _runs(np.asarray(label) == 1)
    gate_starts, gate_stops = _runs(np.asarray(gain) > OPEN_GAIN)
    onset, offset = [], []
    for i, (start, stop) in enumerate(zip(starts, stops, strict=True)):
        first = int(np.searchsorted(gate_stops, start, "right"))  # the first run that ends after the start
        last = int(np.searchsorted(gate_starts, stop, "left")) - 1  # the last that begins before the end
        if first > last:
            continue  # missed
        before = stops[i - 1] if i else 0
        after = starts[i + 1] if i + 1 < len(starts) else len(label)
        if start > 0 and gate_starts[first] >= before:
            onset.append(gate_starts[first] - start)
        if stop < len(label) and gate_stops[last] <= after and gate_stops[last] < len(label):
            offset.append(gate_stops[last] - stop)
    return np.array(onset, np.float64) * BLOCK_MS, np.array(offset, np.float64) * BLOCK_MS


def clipping_ms(
    label: NDArray[np.integer], gain: NDArray[np.floating]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Measure (front-end, mid-event) clipping in ms, one of each for every true opening.

    Source: Freeman, Cosier, Southcott and Boyd 1989, who give both as shares of the speech.
    """
    starts, stops = _runs(np.asarray(label) == 1)
    is_open = np.asarray(gain) > OPEN_GAIN
    front, middle = np.zeros(len(starts)), np.zeros(len(starts))
    for i, (start, stop) in enumerate(zip(starts, stops, strict=True)):
        own = is_open[start:stop]
        front[i] = int(np.argmax(own)) if own.any() else len(own)
        middle[i] = np.count_nonzero(~own) - front[i]
    return front * BLOCK_MS, middle * BLOCK_MS


def sample_gain(before: NDArray[np.floating], after: NDArray[np.floating]) -> NDArray[np.float64]:
    """Measure the gain that each sample got, (n,); nan where there was too little sound to tell."""
    gain = np.full(len(before), np.nan)
    heard = np.abs(before) > HEARD_SAMPLE
    gain[heard] = np.asarray(after, np.float64)[heard] / np.asarray(before, np.float64)[heard]
    return gain


def largest_step(gain: NDArray[np.floating]) -> float:
    """Find the largest change of a gain from one sample to the next, linear; nan if fewer than two are known.

    Between known samples that are not neighbours the change is taken as even, which is the least it can be.
    1 is a hard switch; a ramp over 1 ms at 48 kHz is 1/48 = .021.
    """
    known = np.flatnonzero(np.isfinite(gain))
    if len(known) < 2:
        return float("nan")
    return float(np.max(np.abs(np.diff(gain[known])) / np.diff(known)))


def si_sdr_db(sound: NDArray[np.floating], target: NDArray[np.floating]) -> float:
    """Compute the scale-invariant signal-to-distortion ratio, dB, within +-``REMOVED_MAX_DB``; nan without a target.

    Source: Le Roux, Wisdom, Erdogan and Hershey 2019, "SDR - half-baked or well done?". No mean is removed.
    """
    y, s = np.asarray(sound, np.float64), np.asarray(target, np.float64)
    energy = float(s @ s)
    if energy <= 0.0:
        return float("nan")
    wanted = float(y @ s) / energy * s
    rest = y - wanted
    least = 10.0 ** (-REMOVED_MAX_DB / 10.0)
    signal, noise = float(wanted @ wanted), float(rest @ rest)
    if signal <= noise * least:
        return -REMOVED_MAX_DB
    return float(10.0 * np.log10(signal / max(noise, signal * least)))


def pool(mores: Sequence[More]) -> dict[str, float]:
    """Make one row of the second table over many scenes; nan where there is nothing to measure.

    Returns:
        ``MEASURES``, and ``onset_edges``, ``offset_edges``: how many edges the errors rest on.
        Errors: percentiles over the edges of all scenes. Clipping: mean over their true openings.
        click: the largest of all. si_sdr_db, si_sdr_gain_db (over the mixture's own): mean over scenes.
    """
    row: dict[str, float] = {}
    onset = _joined([more["onset_error_ms"] for more in mores])
    offset = _joined([more["offset_error_ms"] for more in mores])
    for name, errors in (("onset", onset), ("offset", offset)):
        for percent in (50, 90, 99):
            value = float(np.percentile(errors, percent)) if len(errors) else float("nan")
            row[f"{name}_error_p{percent}_ms"] = value
    row["front_clip_ms"] = _mean(_joined([more["front_clip_ms"] for more in mores]))
    row["mid_clip_ms"] = _mean(_joined([more["mid_clip_ms"] for more in mores]))
    clicks = [more["click"] for more in mores if np.isfinite(more["click"])]
    row["click"] = max(clicks) if clicks else float("nan")
    row["si_sdr_db"] = _mean(np.array([more["si_sdr_db"] for more in mores]))
    row["si_sdr_gain_db"] = _mean(np.array([more["si_sdr_db"] - more["si_sdr_before_db"] for more in mores]))
    return row | {"onset_edges": float(len(onset)), "offset_edges": float(len(offset))}


def intervals(
    mores: Sequence[More], *, seed: int = 0, draws: int = 1000, level: float = 0.95
) -> dict[str, tuple[float, float]]:
    """Draw bootstrap confidence intervals of ``MEASURES``, over scenes; see ``training.judging.metrics.intervals``."""

    def row_of(drawn: NDArray[np.int64]) -> dict[str, float]:
        row = pool([mores[i] for i in drawn])
        return {name: row[name] for name in MEASURES}

    return bootstrap(len(mores), row_of, seed=seed, draws=draws, level=level)


def _runs(on: NDArray[np.bool_]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Find starts and stops (one after the last) of the unbroken runs."""
    edges = np.diff(np.concatenate(([False], on, [False])).astype(np.int8))
    return np.flatnonzero(edges == 1), np.flatnonzero(edges == -1)


def _joined(rows: Sequence[NDArray[np.float64]]) -> NDArray[np.float64]:
    return np.concatenate(rows) if rows else np.zeros(0)


def _mean(values: NDArray[np.float64]) -> float:
    values = values[np.isfinite(values)]
    return float(np.mean(values)) if len(values) else float("nan")
