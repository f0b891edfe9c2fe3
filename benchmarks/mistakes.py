"""Where a shipped gate is wrong: how far into or after an opening, at which Threshold, on recordings known or not.

    python -m benchmarks.mistakes --corpus FOLDER [--presets snare toms guitar ...] [--per-kind 24] [--seed 0]

Judges each preset on scenes of both splits, ``val`` and ``train``, to tell what was learned by heart from what cannot
be told at all. Writes docs/mistakes.md.
"""

import argparse
import time
from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from benchmarks import on_presets
from gate.constants import BLOCK_MS
from gate.modelfile.preset import resolve
from gate.realtime.ballistics import gain_curve, openness_curve
from training.judging.baselines import RANGE_DB
from training.judging.metrics import OPEN_GAIN, auc
from training.labels import OPEN, SHUT
from training.networks.from_preset import from_preset
from training.networks.gate_net import GateNet
from training.recordings.corpus import Corpus
from training.recordings.source import digest
from training.scenes.judged import judged_scenes
from training.teach.validate import Validation

PRESETS = ("voice", "snare", "kick", "toms", "guitar")
SPLITS = ("val", "train")
UNDER_DB = (30, 20, 12)
"""How far Threshold is under the target's loud level in judged scenes, dB."""
INTO_MS = (10, 25, 100, 400)
"""Ages of an opening that divide its blocks; the last part has no end."""
BEHIND_MS = (150, 200, 300, 1000)
"""The same for shut blocks, by the time since the target was last to be let through; never is in the last part."""
BRIEF_MS = 20
"""A needless opening shorter than this was a mistake that the gate itself noticed."""
NEVER = 10**9

Rows = NDArray[np.bool_]


def into_opening(label: NDArray[np.integer]) -> NDArray[np.int64]:
    """Return (T,): how many blocks a block is after the beginning of its opening; 0 for the first."""
    at = np.arange(len(label))
    return at - np.maximum.accumulate(np.where(label != OPEN, at + 1, 0))


def behind_opening(label: NDArray[np.integer]) -> NDArray[np.int64]:
    """Return (T,): how many blocks a block is after the last one that should be open; ``NEVER`` if there was none."""
    at = np.arange(len(label))
    last = np.maximum.accumulate(np.where(label == OPEN, at, -1))
    return np.where(last < 0, NEVER, at - last)


def parts(wrong: Rows, age: NDArray[np.int64], edges_ms: Sequence[int]) -> list[tuple[float, float]]:
    """Return, for each part between the edges and after the last: its share of what is wrong, how much of it is wrong.

    Args:
        wrong: one for each block that counts; age: its age in blocks.
    """
    part = np.searchsorted(np.asarray(edges_ms) / BLOCK_MS, age, side="right")
    found = []
    for number in range(len(edges_ms) + 1):
        here = part == number
        share = wrong[here].sum() / max(int(wrong.sum()), 1)
        found.append((float(share), float(wrong[here].mean()) if here.any() else float("nan")))
    return found


def needless(label: NDArray[np.integer], is_open: Rows) -> list[tuple[int, int]]:
    """Return (blocks after the last opening, length in blocks) of each opening that begins where it should be shut."""
    edges = np.flatnonzero(np.diff(np.r_[False, is_open, False]))
    behind = behind_opening(label)
    return [
        (int(behind[a]), int(b - a)) for a, b in zip(edges[::2], edges[1::2], strict=True) if label[a] == SHUT
    ]


def judge(
    net: GateNet, validation: Validation, pair: tuple[float, float], loud_db: Sequence[float]
) -> dict[str, Any]:
    """Count what one preset gets wrong on scenes of one kind of bleed.

    Args:
        pair: its decision thresholds. loud_db: the target's loud level in each scene.
    """
    gates = validation.gates(net)
    labels = np.stack([truth.label for truth in validation.truths])
    opened = [
        gain_curve(openness_curve(np.ascontiguousarray(gate), *pair), RANGE_DB) > OPEN_GAIN for gate in gates
    ]
    is_open, wish = np.stack(opened), gates[:, 0]
    under = np.array(
        [round(loud - t.threshold_db) for loud, t in zip(loud_db, validation.truths, strict=True)]
    )
    into, behind = (np.stack([age(row) for row in labels]) for age in (into_opening, behind_opening))
    by_threshold = {
        db: auc(
            wish[under == db][labels[under == db] == OPEN], wish[under == db][labels[under == db] == SHUT]
        )
        for db in UNDER_DB
        if (under == db).any()
    }
    runs = [one for row, o in zip(labels, is_open, strict=True) for one in needless(row, o)]
    minutes = labels.size * BLOCK_MS / 60_000
    return {
        "auc": auc(wish[labels == OPEN], wish[labels == SHUT]),
        "by_threshold": by_threshold,
        "shut_while_open": parts(~is_open[labels == OPEN], into[labels == OPEN], INTO_MS),
        "open_while_shut": parts(is_open[labels == SHUT], behind[labels == SHUT], BEHIND_MS),
        "needless_min": len(runs) / minutes,
        "needless_far": float(np.mean([age * BLOCK_MS >= BEHIND_MS[2] for age, _ in runs]))
        if runs
        else float("nan"),
        "needless_brief": float(np.mean([n * BLOCK_MS < BRIEF_MS for _, n in runs]))
        if runs
        else float("nan"),
    }


def markdown(found: dict[str, dict[str, dict[str, Any]]], about: dict[str, Any]) -> str:
    """Write three tables, a row for each preset, kind and split. ``found``: preset -> kind -> split -> ``judge``."""
    rows = [
        (f"{name}, {kind}", split, row)
        for name, kinds in found.items()
        for kind, splits in kinds.items()
        for split, row in splits.items()
    ]
    head = lambda *names: [f"| | split | {' | '.join(names)} |", "|---" * (len(names) + 2) + "|"]  # noqa: E731
    return "\n".join(
        [
            "# Where the gates are wrong",
            "",
            f"`python -m benchmarks.mistakes --corpus FOLDER --presets {' '.join(found)}`, seed {about['seed']}, "
            f"{about['per_kind']} scenes a kind and split, data `{about['data']}`, {about['date']}. Scenes of "
            "`train` are made as those of `val` are, of the recordings that the gates were taught with. What follows: "
            "[decision 0020](decisions/0020-what-drums-and-guitars-lack.md).",
            "",
            "AUC of the open probability, all and by how far Threshold is under the target's loud level:",
            "",
            *head("all", *(f"{db} dB" for db in UNDER_DB)),
            *(
                f"| {name} | {split} | {row['auc']:.3f} | "
                + " | ".join(f"{row['by_threshold'].get(db, float('nan')):.3f}" for db in UNDER_DB)
                + " |"
                for name, split, row in rows
            ),
            "",
            "Shut while it should be open, by the age of the opening: share of all such blocks, and in brackets how much "
            "of that age is wrong:",
            "",
            *head(*_spans(INTO_MS)),
            *(f"| {name} | {split} | {_cells(row['shut_while_open'])} |" for name, split, row in rows),
            "",
            "Open while it should be shut, by the time since the target was last to be let through:",
            "",
            *head(*_spans(BEHIND_MS)),
            *(f"| {name} | {split} | {_cells(row['open_while_shut'])} |" for name, split, row in rows),
            "",
            f"Needless openings a minute; how many of them begin {BEHIND_MS[2]} ms or more after the target, and how "
            f"many end within {BRIEF_MS} ms:",
            "",
            *head("a minute", "far after", "brief"),
            *(
                f"| {name} | {split} | {row['needless_min']:.0f} | {row['needless_far']:.0%} | {row['needless_brief']:.0%} |"
                for name, split, row in rows
            ),
            "",
        ]
    )


def _spans(edges_ms: Sequence[int]) -> list[str]:
    starts = [0, *edges_ms[:-1]]
    return [*(f"{a} to {b} ms" for a, b in zip(starts, edges_ms, strict=True)), "later"]


def _cells(found: Sequence[tuple[float, float]]) -> str:
    return " | ".join(f"{share:.0%} ({rate:.0%})" for share, rate in found)


def main(argv: list[str] | None = None) -> int:
    """Run the command line; return its exit code."""
    return on_presets.main("benchmarks.mistakes", (__doc__ or "").splitlines()[0], PRESETS, _run, argv)


def _run(args: argparse.Namespace) -> int:
    torch.set_num_threads(1)
    corpus = Corpus.from_manifest(args.corpus)
    found: dict[str, dict[str, dict[str, Any]]] = {}
    for name in args.presets:
        model = resolve(name).contract
        net, pair = from_preset(model), (model.open_at, model.close_at)
        kinds = found.setdefault(name, {})
        for split in SPLITS:
            scenes = judged_scenes(corpus, split, args.seed, args.per_kind, name)
            for kind in dict.fromkeys(str(scene.recipe["kind"]) for scene in scenes):
                chosen = [scene for scene in scenes if scene.recipe["kind"] == kind]
                row = judge(net, Validation.from_scenes(chosen), pair, [scene.loud_db for scene in chosen])
                kinds.setdefault(kind, {})[split] = row
                print(f"{name}, {kind}, {split}: AUC {row['auc']:.3f}", flush=True)
    about = {
        "seed": args.seed,
        "per_kind": args.per_kind,
        "data": digest(corpus)[:16],
        "date": time.strftime("%Y-%m-%d"),
    }
    (args.docs / "mistakes.md").write_text(markdown(found, about))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
