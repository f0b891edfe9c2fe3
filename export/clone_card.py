"""The card of a clone: what was found of the pair and of the box, its numbers with error bars, and how good the clone is."""

import math
import time

import numpy as np

from training.clone import law, linear
from training.clone.behaviour import Behaviour
from training.clone.dynamics import Fit
from training.clone.kinds import CANNOT, TAUGHT, Verdict
from training.clone.pair import Pair

NAMES = {
    "threshold_db": ("threshold", "dBFS"),
    "hysteresis_db": ("hysteresis", "dB"),
    "range_db": ("range", "dB"),
    "attack_ms": ("attack, time constant", "ms"),
    "hold_ms": ("hold", "ms"),
    "release_ms": ("release, time constant", "ms"),
    "ratio": ("ratio", ""),
    "zone_db": ("zone or knee", "dB"),
    "window_ms": ("detector's window", "ms"),
    "key_high_pass_hz": ("key high-pass", "Hz"),
    "key_low_pass_hz": ("key low-pass", "Hz"),
    "makeup_db": ("make-up", "dB"),
}
"""Rows of the table of numbers."""
DETECTORS = {
    "peak": "the magnitude of each sample",
    "power": "the square of each sample, averaged by the attack and release",
    "rms": "the RMS over a window",
    "falling": "a peak that falls by a share of itself",
    "linear": "a peak that falls steadily",
}
PLACES = {
    "level": "attack and release act on the level, and the gain follows it",
    "gain": "attack and release act on the gain",
    "gain_db": "attack and release act on the gain in dB",
    "ramp": "attack and release are straight ramps of the gain",
}


def card(
    name: str,
    pair: Pair,
    verdict: Verdict,
    line: str,
    probe: Behaviour | None,
    off: float | None,
    learned: str = "",
) -> str:
    """Write the card as Markdown.

    Args:
        name: the folder's.
        pair: aligned.
        verdict: what the box is.
        line: the classic gate's text, "" for none.
        probe: what the law does to a tone, for dynamics.
        off: how far the classic gate is off, dB.
        learned: what there is to say of a network that learned the box.
    """
    lines = [
        f"# {name}",
        "",
        f"A clone: {verdict.sentence()}.",
        "",
        f"Made {time.strftime('%Y-%m-%d')} by its user with `gate-learn --dry --wet`.",
        "",
        "## The pair",
        "",
        *(f"- {one}" for one in pair.look.sentences()),
        "",
        "## What each kind of model leaves unexplained",
        "",
        "Error energy over the wet sound's energy, in dB; the lower, the more is explained.",
        "",
        "| model | dB |",
        "|---|---|",
        *(f"| {kind} | {10.0 * math.log10(max(left, 1e-20)):.1f} |" for kind, left in verdict.left.items()),
        "",
    ]
    if verdict.fit is not None and verdict.kind == "dynamics":
        lines += _dynamics(verdict.fit, probe)
    if line and verdict.classic is not None and off is not None:
        lines += _classic(verdict.classic, line, off)
    if verdict.kind == "filter" and verdict.filter is not None:
        lines += _filter(verdict.filter, pair.rate)
    if verdict.kind == "gain":
        lines += ["`filter.wav` is one sample: the gain.", ""]
    if verdict.kind in TAUGHT:
        lines += [f"No small model plays this box; {learned or 'no network has learned it'}.", ""]
    if verdict.kind in CANNOT:
        lines += ["This box is not cloned, and nothing here plays it.", ""]
    return "\n".join(lines)


def _dynamics(fit: Fit, probe: Behaviour | None) -> list[str]:
    d, q = fit.dials, fit.quality
    lines = [
        "## Numbers",
        "",
        f"The detector hears {DETECTORS[d.detector]}; {PLACES[d.place]}. One standard error each.",
        "",
        "| | | ± | |",
        "|---|---|---|---|",
    ]
    for key, (words, unit) in NAMES.items():
        if key == "ratio":
            if d.shape == "slope":
                lines.append(f"| {words} | {d.ratio:.2f} | {_ratio_error(fit)} | |")
            continue
        if key in fit.errors:
            lines.append(f"| {words} | {getattr(d, key):.2f} | {fit.errors[key]:.2f} | {unit} |")
    lines += [
        "",
        "What other makers' dials would read for these times, attack and release in ms: "
        + "; ".join(f"{name} {a:.2f} and {r:.1f}" for name, (a, r) in law.named(d).items())
        + ".",
        "",
    ]
    if probe is not None:
        lines += [
            f"What happens to a tone of 1 kHz: the gain has gone 90 % of its way {probe.rise_ms:.1f} ms after a step up, "
            f"and {probe.fall_ms:.1f} ms after a step down. Its middle is at {probe.up_db:.1f} dBFS (peak) rising and "
            f"{probe.down_db:.1f} falling, and goes from {probe.low_db:.1f} to {probe.high_db:.1f} dB.",
            "",
        ]
    where = (
        "sound that it was not fitted to"
        if q.held_out
        else "the sound that it was fitted to (there is no other)"
    )
    return [
        *lines,
        f"On {where}, the gain is within 0.5 dB in {q.within:.1%} of the blocks and within {q.p95_db:.2f} dB in 95 %; its "
        f"RMS error is {q.rms_db:.2f} dB, and the error energy lies {-10.0 * math.log10(max(q.esr, 1e-20)):.0f} dB under "
        "the wet sound. (The last says nothing of silence: a gate that never shuts scores well on it.)",
        "",
    ]


def _ratio_error(fit: Fit) -> str:
    slope, error = fit.dials.slope, fit.errors.get("slope", float("nan"))
    if fit.dials.kind == "over":
        error = error / max((1.0 - slope) ** 2, 1e-9)
    return f"{error:.2f}" if np.isfinite(error) and error < 100.0 else "large"


def _classic(fit: Fit, line: str, off: float) -> list[str]:
    lines = [
        "## As a plugin",
        "",
        "```",
        line,
        "```",
        "",
        f"The classic gate with these knobs is {off:.2f} dB off (RMS over half milliseconds of this pair).",
    ]
    if abs(fit.dials.makeup_db) > 0.1:
        lines.append(f"It has no make-up: the box adds {fit.dials.makeup_db:+.1f} dB.")
    return [*lines, ""]


def _filter(made: linear.Filter, rate: int) -> list[str]:
    late = (
        f" It needs {made.early} samples before the delay: the clone is so much late." if made.early else ""
    )
    return [
        "## The filter",
        "",
        f"{linear.described(made.taps, rate)}. `filter.wav` is its impulse response, "
        f"{len(made.taps)} samples at {rate} Hz.{late}",
        "",
    ]
