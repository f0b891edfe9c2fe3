"""Count how far careful labels disagree on when to be open: ``python -m training.studies.labels.variants``.

The label of ``training.labels`` is one opinion. Here are two others, just as careful, and how well
each agrees with the rest on judged scenes, as balanced accuracy over the blocks that both score. No gate can
be expected to please a label better than another careful label does.

    ours      5 ms level over T, gaps shorter than 200 ms filled; foot and tail unscored
    slower    10 ms level over T, gaps shorter than 150 ms filled; foot and tail unscored, by the same rules
    schmitt   opens with the 5 ms level over T, stays until it was under T - 6 dB for 200 ms; no gap is filled,
              nothing is unscored
"""

import argparse
import json
import sys
from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING

import numba
import numpy as np
from numpy.typing import NDArray

from gate.constants import BLOCK, BLOCK_MS, RATE
from gate.levels import FLOOR_DB, block_levels_db
from training.labels import UNDER_DB, UNSCORED, _foot, _tail, label

if TYPE_CHECKING:
    from training.scenes.compose import Scene

SLOW_WINDOW = RATE * 10 // 1000
"""Samples in 10 ms: two periods of a low voice, so that the level ripples less than over 5 ms."""

SLOW_GAP_BLOCKS = RATE * 150 // 1000 // BLOCK
"""Blocks in 150 ms: the longest closure of most stops, where ours leaves a margin."""

HOLD_BLOCKS = RATE * 200 // 1000 // BLOCK
"""Blocks in 200 ms."""

Labels = NDArray[np.int8]


def ours(target: NDArray[np.floating], threshold_db: float) -> Labels:
    """Label as ``training.labels``: (n,) target -> (n // 100,) of 1, 0 and -1."""
    return label(block_levels_db(target), threshold_db)


def slower(target: NDArray[np.floating], threshold_db: float) -> Labels:
    """Label by the 10 ms level over T, gaps shorter than 150 ms filled; foot and tail by the same rules as ours."""
    return _filled(_over_db(centred_levels_db(target, SLOW_WINDOW), threshold_db), SLOW_GAP_BLOCKS)


def schmitt(target: NDArray[np.floating], threshold_db: float, hold_blocks: int = HOLD_BLOCKS) -> Labels:
    """Label by a Schmitt trigger at T and T - 6 dB on the 5 ms level, with 200 ms hold; every block is 1 or 0."""
    return _trigger(_over_db(block_levels_db(target), threshold_db), hold_blocks)


Variants = dict[str, Callable[[NDArray[np.floating], float], Labels]]

VARIANTS: Variants = {
    "ours": ours,
    "slower": slower,
    "schmitt": schmitt,
}


def centred_levels_db(x: NDArray[np.floating], window: int) -> NDArray[np.float32]:
    """Compute RMS over ``window`` samples centred on each block, dB re full scale; 240 gives ``block_levels_db``."""
    blocks, before = len(x) // BLOCK, (window - BLOCK) // 2
    padded = np.concatenate((np.zeros(before), np.asarray(x, np.float64), np.zeros(window)))
    total = np.concatenate(([0.0], np.cumsum(np.square(padded))))
    at = np.arange(blocks) * BLOCK
    power = (total[at + window] - total[at]) / window
    return (10.0 * np.log10(np.maximum(power, 10.0 ** (FLOOR_DB / 10.0)))).astype(np.float32)


def agreement(truth: Labels, other: Labels) -> NDArray[np.int64]:
    """Count blocks that both score: [shut right, shut all, open right, open all] by ``truth``."""
    both = (truth != UNSCORED) & (other != UNSCORED)
    right = both & (truth == other)
    counts = [
        x for value in (0, 1) for x in ((right & (truth == value)).sum(), (both & (truth == value)).sum())
    ]
    return np.array(counts, dtype=np.int64)


def balanced(counts: NDArray[np.integer]) -> float:
    """Compute the balanced accuracy of summed ``agreement``; nan if a class is lacking."""
    shut_right, shut, open_right, opened = (float(x) for x in counts)
    return (shut_right / shut + open_right / opened) / 2.0 if shut and opened else float("nan")


def compare(
    scenes: Sequence["Scene"], *, seed: int = 0, draws: int = 1000, variants: Variants = VARIANTS
) -> dict[str, dict[str, object]]:
    """Compare every label with every other, all scenes' blocks together.

    Returns:
        "a as truth, b judged" -> balanced, interval_95 (bootstrap over scenes), and, for each label alone,
        "a" -> open, shut, unscored: shares of all blocks.
    """
    made = {
        name: [make(scene.target, float(scene.recipe["threshold_db"])) for scene in scenes]
        for name, make in variants.items()
    }
    result: dict[str, dict[str, object]] = {}
    for name, labels in made.items():
        joined = np.concatenate(labels)
        shares = {"open": 1, "shut": 0, "unscored": UNSCORED}
        result[name] = {share: float(np.mean(joined == value)) for share, value in shares.items()}
    for truth in variants:
        for other in variants:
            if truth != other:
                pairs = zip(made[truth], made[other], strict=True)
                counts = np.array([agreement(a, b) for a, b in pairs])
                rng = np.random.default_rng(seed)
                drawn = rng.integers(len(counts), size=(draws, len(counts)))
                values = np.array([balanced(counts[rows].sum(0)) for rows in drawn])
                low, high = np.nanpercentile(values, (2.5, 97.5))
                result[f"{truth} as truth, {other} judged"] = {
                    "balanced": balanced(counts.sum(0)),
                    "interval_95": [float(low), float(high)],
                }
    return result


def _over_db(level_db: NDArray[np.float32], threshold_db: float) -> NDArray[np.float32]:
    """Compute the level over the threshold; silence is over none."""
    over_db = (level_db - np.float32(threshold_db)).astype(np.float32)
    over_db[level_db <= FLOOR_DB] = -np.inf
    return over_db


@numba.njit("int8[::1](float32[::1], int64)", cache=True, nogil=True)
def _filled(over_db, gap_blocks):  # type: ignore[no-untyped-def]
    """Fill gaps as ``training.labels`` does, for gaps of another length."""
    blocks = len(over_db)
    labels = np.zeros(blocks, np.int8)
    closed_at = -1
    for k in range(blocks):
        if over_db[k] > 0.0:
            if closed_at < 0 or k - closed_at >= gap_blocks:
                if closed_at >= 0:
                    _tail(over_db, labels, closed_at, k)
                _foot(over_db, labels, k)
            else:
                labels[closed_at:k] = 1
            labels[k] = 1
            closed_at = k + 1
    if 0 <= closed_at < blocks:
        _tail(over_db, labels, closed_at, blocks)
    return labels


@numba.njit("int8[::1](float32[::1], int64)", cache=True, nogil=True)
def _trigger(over_db, hold_blocks):  # type: ignore[no-untyped-def]
    """Open over 0, shut once the level was under -``UNDER_DB`` for over ``hold_blocks`` blocks."""
    labels = np.zeros(len(over_db), np.int8)
    is_open, under = False, 0
    for k in range(len(over_db)):
        under = under + 1 if over_db[k] < -UNDER_DB else 0
        if over_db[k] > 0.0:
            is_open = True
        elif under > hold_blocks:
            is_open = False
        labels[k] = 1 if is_open else 0
    return labels


def main(argv: list[str] | None = None) -> int:
    """Run the command; 0 done, 1 failure, 2 usage."""
    from training.judging.evaluate import data_sha256
    from training.recordings.corpus import Corpus
    from training.scenes.judged import judged_scenes

    parser = argparse.ArgumentParser(
        prog="python -m training.studies.labels.variants", description="How far careful labels disagree."
    )
    parser.add_argument("--corpus", required=True, help="folder with manifest.csv")
    parser.add_argument("--split", default="val", choices=("train", "val"), help="default: val")
    parser.add_argument("--seed", type=int, default=0, help="of the scenes and the intervals (default: 0)")
    parser.add_argument("--per-kind", type=int, default=24, help="scenes of 20 s a kind (default: 24)")
    parser.add_argument("--hold-ms", type=float, default=200.0, help="the trigger's hold (default: 200)")
    parser.add_argument("--json", action="store_true", help="print JSON instead of lines")
    args = parser.parse_args(argv)
    if args.per_kind < 1:
        parser.error(f"--per-kind takes 1 or more, got {args.per_kind}")
    if not 0.0 <= args.hold_ms <= 10_000.0:
        parser.error(f"--hold-ms takes 0 to 10000, got {args.hold_ms:g}")
    try:
        corpus = Corpus.from_manifest(args.corpus)
        scenes = judged_scenes(corpus, split=args.split, seed=args.seed, per_kind=args.per_kind)
    except (OSError, ValueError) as error:
        print(f"label_variants: error: {error}", file=sys.stderr)
        return 1
    held = partial(schmitt, hold_blocks=round(args.hold_ms / BLOCK_MS))
    result = compare(scenes, seed=args.seed, variants=VARIANTS | {"schmitt": held})
    if args.json:
        print(json.dumps(result, indent=1))
        return 0
    for name, row in result.items():
        if "balanced" in row:
            low, high = row["interval_95"]  # type: ignore[misc]
            print(f"{name:<32} balanced {row['balanced']:.4f}  95 % {low:.4f}..{high:.4f}")
        else:
            print(f"{name:<32} " + "  ".join(f"{share} {value:.3f}" for share, value in row.items()))
    print(f"data {data_sha256(scenes)[:16]} seed {args.seed} split {args.split} scenes {len(scenes)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
