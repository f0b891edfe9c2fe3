"""What the guard does to a gate, on one class at a time: how long it is open, and how often it opens.

    python -m benchmarks.guard --corpus FOLDER [--preset voice] [--per-class 24] [--seed 0]

Uses recordings of the ``val`` split, with Threshold 25 dB under each one's loud level. Prints the table of
docs/guard.md.
"""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from gate.cli.ending import run
from gate.constants import BLOCK_S
from gate.engine.guard import Guard, choose
from gate.modelfile.preset import resolve
from training.detector.truth import Case, pure_cases
from training.judging.evaluate import EngineGate
from training.judging.metrics import OPEN_GAIN
from training.recordings.corpus import Corpus
from training.recordings.source import digest
from training.sounds.changes import loud_db

UNDER_DB = 25.0
GRACES_MS = (350.0, 250.0, 150.0)
MODES = ("speech", "not-music")


def shares(cases: Sequence[Case], preset: str, guard: Guard | None) -> dict[str, tuple[float, float]]:
    """Measure, by kind, the share of the time that the gate is open, and its openings a minute."""
    found: dict[str, list[tuple[float, float]]] = {}
    seconds = max(len(case.label) for case in cases) / 100.0
    gate = EngineGate(resolve(preset, "gate").contract, seconds=seconds, guard=guard)
    try:
        for case in cases:
            loud = loud_db(case.scene.mixture)
            if not np.isfinite(loud):
                continue
            _, gain = gate(case.scene, loud - UNDER_DB)
            is_open = gain > OPEN_GAIN
            starts = np.count_nonzero(is_open & ~np.r_[False, is_open[:-1]])
            found.setdefault(case.kind, []).append(
                (float(is_open.mean()), starts / (len(is_open) * BLOCK_S) * 60.0)
            )
    finally:
        gate.close()
    return {kind: tuple(np.mean(rows, axis=0)) for kind, rows in found.items()}


def main(argv: list[str] | None = None) -> int:
    """Run the command line; return its exit code."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.guard", description=(__doc__ or "").splitlines()[0]
    )
    parser.add_argument("--corpus", type=Path, required=True, help="folder with a manifest.csv")
    parser.add_argument("--preset", default="voice")
    parser.add_argument("--per-class", type=int, default=24)
    parser.add_argument("--seed", type=int, default=0)
    args = parser.parse_args(argv)
    return run("benchmarks.guard", lambda: _run(args), plain=(OSError, ValueError))


def _run(args: argparse.Namespace) -> int:
    corpus = Corpus.from_manifest(args.corpus)
    cases = pure_cases(corpus, seed=args.seed, per_class=args.per_class)
    kinds = list(dict.fromkeys(case.kind for case in cases))
    print(f"{args.per_class} of each class, seed {args.seed}, data {digest(corpus)[:16]}\n")
    print("| guard | " + " | ".join(f"{kind}: open, openings a minute" for kind in kinds) + " |")
    print("|---" * (len(kinds) + 1) + "|")
    rows: list[tuple[str, Guard | None]] = [("off", None)]
    rows += [(f"{mode}, {ms:g} ms", choose(mode, ms)) for mode in MODES for ms in GRACES_MS]
    for name, guard in rows:
        found = shares(cases, args.preset, guard)
        cells = [
            f"{100 * found[kind][0]:.1f} %, {found[kind][1]:.0f}" if kind in found else "-" for kind in kinds
        ]
        print(f"| {name} | " + " | ".join(cells) + " |", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
