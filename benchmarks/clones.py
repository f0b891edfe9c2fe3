"""How well boxes of other makers are cloned: fitted on one sound, judged on another.

    python -m benchmarks.clones [--boxes 12] [--seed 1] [--seconds 40] [--markdown TABLE.md]

Each box is asked with ``--seconds`` of the test signal, and its gain is fitted. Then box and clone are both asked with a
tone that steps and rises (``training.clone.behaviour``), and with made-up phrases that were not learned from. A row is
met where times are within 10 %, threshold and range within 0.5 dB, and the gain within 0.5 dB in 95 % of the blocks.
"""

import argparse
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from benchmarks.clone_boxes import Box, absent, boxes
from gate.constants import RATE
from gate.files.atomic import write_text
from training.clone import behaviour, dynamics, gains, law, signal
from training.clone.behaviour import Behaviour
from training.clone.law import Dials

Sound = NDArray[np.float64]

TIMES, LEVELS_DB, BLOCKS = 0.10, 0.5, 0.95
"""What is aimed at: times by share, levels in dB, share of the blocks."""
STEPS_S, RAMP_S, BURSTS_S = (3.5, 8.0), (45.0, 53.0), 71.0
"""Where the test signal holds steps of a tone, a slow ramp, and bursts."""
LEAST_MS = 0.5
"""Times nearer than this are alike: it is what the measure tells."""


@dataclass(frozen=True)
class Row:
    """A box and its clone."""

    box: Box
    dials: Dials
    theirs: Behaviour
    ours: Behaviour
    within: float
    esr_db: float
    cpu_s: float

    def met(self) -> dict[str, bool]:
        """Tell which aims are met; what could not be measured on the box is not judged."""
        t, o = self.theirs, self.ours
        return {
            "times": _alike(t.rise_ms, o.rise_ms, TIMES, LEAST_MS)
            and _alike(t.fall_ms, o.fall_ms, TIMES, LEAST_MS),
            "threshold": _alike(t.up_db, o.up_db, 0.0, LEVELS_DB)
            and _alike(t.down_db, o.down_db, 0.0, LEVELS_DB),
            "range": _alike(t.low_db, o.low_db, 0.0, LEVELS_DB)
            and _alike(t.high_db, o.high_db, 0.0, LEVELS_DB),
            "gain": self.within >= BLOCKS,
        }


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command; returns its exit code."""
    made = argparse.ArgumentParser(
        prog="python -m benchmarks.clones", description="Clone boxes of other makers."
    )
    made.add_argument("--boxes", type=int, default=12, metavar="N", help="how many (default: 12)")
    made.add_argument("--seed", type=int, default=1, help="of their settings (default: 1)")
    made.add_argument("--seconds", type=float, default=40.0, help="of test signal to fit to (default: 40)")
    made.add_argument("--markdown", type=Path, metavar="FILE", help="write the table there too")
    args = made.parse_args(argv)
    for name in absent():
        print(f"left out, not installed: {name}", file=sys.stderr)
    rows = []
    for box in islice(boxes(args.seed), args.boxes):
        rows.append(measure(box, args.seconds))
        print(_line(rows[-1]), flush=True)
    text = "\n".join(table(rows))
    print(text)
    if args.markdown:
        write_text(args.markdown, text + "\n")
    return 0


def measure(box: Box, seconds: float) -> Row:
    """Clone a box, and judge the clone."""
    dry = learned(seconds)
    begun = time.process_time()
    fit = dynamics.fit(dry, box.process(dry), RATE)
    cpu = time.process_time() - begun
    clone = behaviour.of_law(fit.dials, RATE)
    other = heard()
    wet, made = box.process(other), clone(other)
    found, thin = (
        gains.measured(other, wet, RATE),
        law.thinned_gain(law.level(other, RATE, fit.dials), RATE, fit.dials),
    )
    within = float(np.mean(np.abs(found.errors_db(thin)) <= LEVELS_DB))
    left = float(np.square(wet - made).sum() / max(float(np.square(wet).sum()), 1e-30))
    probes = [behaviour.measure(one, RATE, box.threshold_db) for one in (box.process, clone)]
    return Row(box, fit.dials, probes[0], probes[1], within, 10.0 * np.log10(max(left, 1e-20)), cpu)


def learned(seconds: float) -> Sound:
    """Return the part of the test signal that says most of dynamics, ``seconds`` long."""
    x = signal.make(RATE).astype(np.float64)
    parts = [x[int(a * RATE) : int(b * RATE)] for a, b in (STEPS_S, RAMP_S)]
    rest = max(seconds - sum(len(part) for part in parts) / RATE, 5.0)
    begin = int(BURSTS_S * RATE)
    return np.concatenate([*parts, x[begin : begin + int(rest * RATE)]])


def heard(seconds: float = 15.0, seed: int = 77) -> Sound:
    """Return what the clone is judged on: phrases of coloured noise and tones with soft edges, over a quiet floor."""
    rng = np.random.default_rng(seed)
    n = int(seconds * RATE)
    x = 10.0 ** (-65.0 / 20.0) * rng.normal(size=n)
    at = RATE // 4
    while at < n:
        long = int(RATE * rng.uniform(0.08, 0.7))
        t = np.arange(long) / RATE
        loud = 10.0 ** (rng.uniform(-35.0, -6.0) / 20.0)
        hz = rng.uniform(90.0, 900.0)
        sound = sum(np.sin(2.0 * np.pi * hz * k * t + k) / k for k in range(1, 6)) * 0.4 + 0.2 * rng.normal(
            size=long
        )
        shape = np.minimum(1.0, t / 0.006) * np.minimum(1.0, (long / RATE - t) / 0.04)
        shape *= 1.0 + 0.4 * np.sin(2.0 * np.pi * rng.uniform(3.0, 7.0) * t)
        piece = (loud * sound * shape)[: n - at]
        x[at : at + len(piece)] += piece
        at += long + int(RATE * rng.uniform(0.05, 0.8))
    return np.asarray(np.clip(x, -1.0, 1.0))


def table(rows: Sequence[Row]) -> list[str]:
    """Write the table, and how many rows meet each aim."""
    lines = [
        "| box | law found | 90 % up, ms: box, clone | 90 % down, ms | up at, dBFS | down at | low, dB | high "
        "| within 0.5 dB | ESR, dB | CPU, s |",
        "|---" * 11 + "|",
    ]
    for row in rows:
        t, o, d = row.theirs, row.ours, row.dials
        pairs = [
            f"{a:.{digits}f}, {b:.{digits}f}"
            for a, b, digits in (
                (t.rise_ms, o.rise_ms, 1), (t.fall_ms, o.fall_ms, 0), (t.up_db, o.up_db, 1),
                (t.down_db, o.down_db, 1), (t.low_db, o.low_db, 1), (t.high_db, o.high_db, 1),
            )
        ]  # fmt: skip
        name = f"{row.box.name} ({row.box.dials})"
        lines.append(
            f"| {name} | {d.detector}, {d.shape}, {d.place} | "
            + " | ".join(pairs)
            + f" | {row.within:.1%} | {row.esr_db:.0f} | {row.cpu_s:.0f} |"
        )
    counts = {name: sum(row.met()[name] for row in rows) for name in ("times", "threshold", "range", "gain")}
    all_met = sum(all(row.met().values()) for row in rows)
    said = ", ".join(f"{name} {count}" for name, count in counts.items())
    return [*lines, "", f"Of {len(rows)} boxes these meet the aims: {said}; all of them: {all_met}."]


def _line(row: Row) -> str:
    missed = [name for name, met in row.met().items() if not met]
    return (
        f"{row.box.name}: {row.dials.detector}, {row.dials.shape}, {row.dials.place}; within {row.within:.1%}, "
        f"{row.esr_db:.0f} dB; {'missed: ' + ', '.join(missed) if missed else 'all met'} ({row.cpu_s:.0f} s)"
    )


def _alike(theirs: float, ours: float, share: float, least: float) -> bool:
    """Tell whether a number is met; one that the box does not show is not judged."""
    return not np.isfinite(theirs) or bool(abs(ours - theirs) <= max(share * abs(theirs), least))


if __name__ == "__main__":
    sys.exit(main())
