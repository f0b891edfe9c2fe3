"""Remarks on a render whose gate never opened, or never shut: one sentence with the remedy.

A range of 0 dB changes nothing on purpose, and a silent file is silent: neither is a gate that did not do its work.
"""

import math
from collections.abc import Sequence

from gate.constants import BLOCK, RATE
from gate.render.report import Report

MOMENT_BLOCKS = round(0.1 * RATE / BLOCK)
"""Blocks that are shut, at most, in a file that is open all the time: a gate begins shut and takes a moment to open."""

LEAST_S = 1.0
"""Shortest file that is said to be never shut, in s: a stroke cut close is open from end to end, as it should be."""


VERDICTS = {"never_opened": "never opened", "never_shut": "never shut", "silent": "silent"}
"""Fields of a report, and their names at the end of a batch."""


def judge(report: Report, peak: float) -> None:
    """Fill in ``silent``, ``never_opened`` and ``never_shut`` of a report, and add the sentence that goes with each.

    Args:
        report: complete but for these.
        peak: largest sample that the gate listened to, of the sound or of its key; full scale 1.0.
    """
    if report.range_db >= 0.0 or not report.blocks:
        return
    report.silent = peak == 0.0
    report.never_opened = report.open_blocks == 0 and not report.silent
    shut = report.blocks - report.open_blocks
    report.never_shut = report.openings == 1 and shut <= MOMENT_BLOCKS and report.seconds >= LEAST_S
    if report.silent:
        what = report.input if report.key is None else f"{report.key}, the key of {report.input},"
        report.notes.append(
            f"{what} is silent from end to end, so the gate stayed shut; check what recorded it"
        )
    elif report.never_opened:
        report.warnings.append(_never_opened(report))
    elif report.never_shut:
        report.notes.append(_never_shut(report))


def batch_lines(reports: Sequence[Report]) -> list[str]:
    """Return the lines at the end of a batch: how many files never opened, never shut or are silent, and which."""
    lines = []
    for name, what in VERDICTS.items():
        files = [report.input for report in reports if getattr(report, name)]
        if files:
            lines += [f"{len(files)} {what}:", *(f"  {file}" for file in files)]
    return lines


def _never_opened(report: Report) -> str:
    measured = report.threshold_from == "auto"
    lower = f"give a --threshold under {report.threshold_db:.1f}" if measured else "lower --threshold"
    if report.guard_shut_share > 0.0:
        share = 100.0 * report.guard_shut_share
        return (
            f"{_subject(report)} never opened: guard {report.guard} kept it shut for {share:.1f} % of the time; "
            "leave the guard off, or give it longer with --guard-grace-ms"
        )
    if math.isnan(report.loudest_db):
        other = "" if measured else ", or let it measure with --threshold auto"
        return f"{_subject(report)} never opened at the threshold of {report.threshold_db:.1f} dBFS; {lower}{other}"
    if report.loudest_db > report.threshold_db:
        return (
            f"{_subject(report)} never opened though {_heard(report)} loudest 5 ms, at {report.loudest_db:.1f} dBFS, "
            f"lie over the threshold at {report.threshold_db:.1f}: preset {report.preset} heard nothing that it opens "
            f"for; try another preset, or {lower}"
        )
    other = "" if measured else ", or let it measure with --threshold auto"
    return (
        f"{_subject(report)} never opened: {_heard(report)} loudest 5 ms lie at {report.loudest_db:.1f} dBFS and the "
        f"threshold at {report.threshold_db:.1f}; {lower}{other}"
    )


def _never_shut(report: Report) -> str:
    over = report.softest_db > report.threshold_db  # False for nan
    softest = f"{_heard(report)} softest 5 ms lie at {report.softest_db:.1f} dBFS and " if over else ""
    return (
        f"{_subject(report)} was open all the time: {softest}the threshold {'' if over else 'lies '}at "
        f"{report.threshold_db:.1f}; "
        + (
            "give a higher --threshold"
            if report.threshold_from == "auto"
            else "raise --threshold, or let it measure with --threshold auto"
        )
        + ", or try another preset"
    )


def _subject(report: Report) -> str:
    """Return whose gate the figures are: with a gate a channel they are the first one's."""
    return report.input if report.link or report.channels == 1 else f"the first channel of {report.input}"


def _heard(report: Report) -> str:
    return "its" if report.key is None else f"its key's ({report.key})"
