"""Does a quick adaptation help on new sound of the same source? ``python -m training.studies.quick --corpus FOLDER``.

Pairs of a speaker and a bleed source that the preset was not taught with (split ``val``). Of each, 10 s are learned
from; the judge's scenes are made of what comes after those 10 s: other files, or later parts. The presets that come out
are compared with the shipped one on the same scenes, pair by pair.
"""

import argparse
import json
import sys
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch

from gate.constants import RATE
from gate.files.atomic import write_text
from gate.modelfile import preset
from training.judging import metrics
from training.learn.quick import QuickConfig, adapt
from training.learn.quick_scenes import Sounds, judged
from training.networks.from_preset import from_preset
from training.recordings.corpus import Corpus, Item
from training.sounds.changes import Sound
from training.teach.validate import Validation

LEARN_S = 10.0
LEAST_NEW_S = 3.5
"""Seconds of new speech that a pair needs; of a speaker with less than 13.5 s, less than 10 s are learned from."""
LEAST_BLEED_S = 18.0
MEASURES = ("balanced", "onset_ms", "needless_min", "chops_min", "missed", "lost_db", "cut_db")


def pairs(corpus: Corpus, count: int) -> list[tuple[list[Item], list[Item]]]:
    """Pair speakers and bleed sources of ``val`` that are long enough, each in turn; no pair twice.

    Raises:
        ValueError: no speaker or no bleed source is long enough.
    """
    people = _long_enough(corpus, ("speech",), LEARN_S + LEAST_NEW_S - 0.5)
    bleeds = _long_enough(corpus, ("noise", "music"), LEAST_BLEED_S)
    if not people or not bleeds:
        raise ValueError(
            f"expected speakers and bleed of {LEARN_S + LEAST_NEW_S:g} s or more in the val split, got {len(people)} and "
            f"{len(bleeds)}; use a larger corpus"
        )
    chosen = []
    for i in range(min(count, len(people) * len(bleeds))):
        turn = i // len(people)
        chosen.append((people[i % len(people)], bleeds[(i + 2 * turn) % len(bleeds)]))
    return chosen


def first_and_rest(sounds: Sequence[Sound], seconds: float) -> tuple[list[Sound], list[Sound]]:
    """Split into the first so many seconds, and everything after them (pieces over half a second)."""
    left, first, rest = int(seconds * RATE), [], []
    for x in sounds:
        if left > 0:
            first.append(x[:left])
        if len(x) - max(left, 0) > RATE // 2:
            rest.append(x[max(left, 0) :])
        left -= len(x)
    return first, rest


def run(corpus: Corpus, name: str, count: int, seed: int, scenes: int, config: QuickConfig) -> list[dict]:
    """Adapt to every pair; returns rows of names, measures before and after, whether it was taken, seconds spent."""
    start = preset.resolve(name)
    net, decision = from_preset(start.contract), (start.contract.open_at, start.contract.close_at)
    rows = []
    for number, (speech, noise) in enumerate(pairs(corpus, count)):
        sounds = [corpus.load(item) for item in speech], [corpus.load(item) for item in noise]
        learn_s = min(LEARN_S, sum(len(x) for x in sounds[0]) / RATE - LEAST_NEW_S)
        target, new_target = first_and_rest(sounds[0], learn_s)
        bleed, new_bleed = first_and_rest(sounds[1], LEARN_S)
        judge = Validation.from_scenes(
            judged(Sounds(new_target, new_bleed), np.random.default_rng([seed, number]), scenes, 10.0)
        )
        began = time.monotonic()
        made = adapt(net, decision, target, bleed, replace(config, seed=seed))
        seconds = time.monotonic() - began
        before = judge.scores(judge.gates(net), *decision)
        after = judge.scores(judge.gates(made.net), made.open_at, made.close_at)
        row = {
            "speaker": speech[0].owner,
            "bleed": noise[0].owner,
            "taken": made.helped,
            "seconds": round(seconds, 1),
        }
        rows.append(row | {"before": _figures(before), "after": _figures(after)})
        print(_line(rows[-1]), flush=True)
    return rows


def table(rows: Sequence[dict], seed: int, draws: int = 2000) -> str:
    """Write means over pairs, before and after, and the difference with its 95 % interval (bootstrap over pairs)."""
    rng = np.random.default_rng(seed)
    drawn = rng.integers(len(rows), size=(draws, len(rows)))
    lines = ["| | before | after | difference, 95 % interval |", "|---|---|---|---|"]
    for name in MEASURES:
        before, after = (np.array([row[side][name] for row in rows]) for side in ("before", "after"))
        change = after - before
        low, high = np.percentile(change[drawn].mean(axis=1), (2.5, 97.5))
        lines.append(
            f"| {name} | {before.mean():.3f} | {after.mean():.3f} | {change.mean():+.3f} ({low:+.3f} to {high:+.3f}) |"
        )
    taken = sum(row["taken"] for row in rows)
    better = sum(row["after"]["balanced"] > row["before"]["balanced"] for row in rows)
    worse = sum(row["after"]["balanced"] < row["before"]["balanced"] for row in rows)
    lines.append(
        f"\n{len(rows)} pairs: taken {taken}, balanced accuracy better in {better}, worse in {worse}"
    )
    return "\n".join(lines)


def _line(row: dict) -> str:
    b, a = row["before"], row["after"]
    return (
        f"{row['speaker']} / {row['bleed']}: balanced {b['balanced']:.3f} -> {a['balanced']:.3f}, needless "
        f"{b['needless_min']:.1f} -> {a['needless_min']:.1f}, {'taken' if row['taken'] else 'kept'}, {row['seconds']} s"
    )


def _figures(scores: Sequence[metrics.Score]) -> dict[str, float]:
    pooled = metrics.pool(list(scores))
    return {name: round(float(pooled[name]), 4) for name in MEASURES}


def _long_enough(corpus: Corpus, kinds: tuple[str, ...], seconds: float) -> list[list[Item]]:
    owners: dict[str, list[Item]] = {}
    for item in corpus.items(kinds, "val"):
        owners.setdefault(item.owner, []).append(item)
    return [owners[name] for name in sorted(owners) if sum(item.seconds for item in owners[name]) >= seconds]


def main(argv: list[str] | None = None) -> int:
    """Run the command; 0 done, 1 failure, 2 usage."""
    from gate.errors import GateError

    parser = argparse.ArgumentParser(
        prog="python -m training.studies.quick", description=(__doc__ or "").splitlines()[0]
    )
    parser.add_argument("--corpus", required=True, help="folder with manifest.csv")
    parser.add_argument("--preset", default="voice", help="what is adapted (default: voice)")
    parser.add_argument("--pairs", type=int, default=16, help="of a speaker and a bleed source (default: 16)")
    parser.add_argument("--scenes", type=int, default=12, help="judged scenes of 10 s a pair (default: 12)")
    parser.add_argument("--seed", type=int, default=0, help="default: 0")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write every pair there too")
    args = parser.parse_args(argv)
    if args.pairs < 1 or args.scenes < 1:
        parser.error(f"--pairs and --scenes take 1 or more, got {args.pairs} and {args.scenes}")
    torch.set_num_threads(1)  # a second thread waits more than it works
    try:
        corpus = Corpus.from_manifest(args.corpus)
        rows = run(
            corpus, args.preset, args.pairs, args.seed, args.scenes, QuickConfig(seconds_most=float("inf"))
        )
    except (GateError, OSError, ValueError) as error:
        print(f"quick_figures: error: {error}", file=sys.stderr)
        return 1
    print(table(rows, args.seed))
    if args.json:
        write_text(args.json, json.dumps(rows, indent=1) + "\n")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
