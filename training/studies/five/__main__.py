"""``python -m training.studies.five``: does a clip hold the target class? Five architectures, taught, tuned and compared."""

import argparse
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from gate.cli.console import say
from gate.errors import GateError
from training.studies.five.settings import ARCHITECTURES, Settings

PROGRAM = "training.studies.five"
TARGETS = ("voice", "guitar", "kick", "snare", "toms")
VARIANTS = ("tokens", "loss", "layers", "augment", "sanity")
SHARES = (4, 1, 1)
"""Clips to learn from, to choose by and to judge by: the study's fourth fifth and fifth, and as many to judge."""


def parser() -> argparse.ArgumentParser:
    """Make the parser of the command line; every option has its default."""
    made = argparse.ArgumentParser(
        prog="python -m training.studies.five",
        description="Teach five architectures whether a clip of a second holds a target class, search their settings, and "
        "put the results beside the first study's. The same command again continues where it stopped.",
        formatter_class=argparse.ArgumentDefaultsHelpFormatter,
    )
    made.add_argument("corpus", nargs="?", help="folder with manifest.csv")
    made.add_argument(
        "--target", default="voice", help=f"of a corpus: {', '.join(TARGETS)}; else a name for the tables"
    )
    made.add_argument(
        "--target-folder", nargs="+", default=[], metavar="FOLDER", help="recordings of the target"
    )
    made.add_argument(
        "--other-folder", nargs="+", default=[], metavar="FOLDER", help="recordings of everything else"
    )
    made.add_argument("--stem", default="", help="which stem is the target, where a folder holds stems")
    made.add_argument(
        "--embeddings",
        metavar="FOLDER",
        help="AudioSet's tfrecords: bal_train/, eval/, class_labels_indices.csv",
    )
    made.add_argument(
        "--label",
        nargs="+",
        default=["Human voice"],
        help="AudioSet's names for the target; any of them counts",
    )
    made.add_argument(
        "--features",
        nargs="+",
        choices=("raw", "fft"),
        default=["raw", "fft"],
        help="what sound is turned into",
    )
    made.add_argument(
        "--arch", nargs="+", choices=(*ARCHITECTURES, "all"), default=["all"], help="which architectures"
    )
    made.add_argument(
        "--trials", type=int, default=20, help="settings to try for each, 0 for none; best by validation loss"
    )
    made.add_argument(
        "--published", action="store_true", help="also train with the settings that the study published"
    )
    made.add_argument(
        "--variant",
        nargs="+",
        choices=VARIANTS,
        default=[],
        help="also compare variants, with the best settings so far",
    )
    made.add_argument(
        "--clips", type=int, default=12_000, help="clips in all: four sixths to learn from, two to judge"
    )
    made.add_argument(
        "--epochs", type=int, default=12, help="passes over the clips at most; four without gain end it"
    )
    made.add_argument(
        "--augment", choices=("none", "theirs", "meaning"), default="none", help="changes while learning"
    )
    made.add_argument("--loss", choices=("binary", "two-class"), default="binary", help="one output or two")
    made.add_argument("--seed", type=int, default=0, help="of clips, weights, order and search")
    made.add_argument("--jobs", type=int, default=1, help="processes")
    made.add_argument(
        "-o", "--out", type=Path, default=Path("runs/five"), help="folder of the clips, trials and tables"
    )
    return made


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command; 0 done, 1 failure, 2 usage."""
    try:
        args = parser().parse_args(argv)
    except SystemExit as error:
        return int(error.code or 0)
    wrong = _usage(args)
    if wrong:
        say(f"{PROGRAM}: error: {wrong}", sys.stderr)
        return 2
    try:
        from training.studies.five import search, tables

        if args.trials or args.published or args.variant:
            search.need_optuna()  # an error before clips are made, not after
        store = _store(args)
        tasks = _tasks(args, store)
        if not tasks and not args.variant:
            say(f"prepared {store}")
            return 0
        search.run(tasks, args.jobs)
        variants = _variants(args, store)
        if variants:
            search.run(variants, args.jobs)
        rows = search.read(args.out)
        tables.write(args.out, rows)
        say(tables.text(rows, args.target))
    except KeyboardInterrupt:
        say(f"{PROGRAM}: stopped; the same command continues from here", sys.stderr)
        return 130
    except (GateError, OSError, ValueError, RuntimeError, ModuleNotFoundError) as error:
        say(f"{PROGRAM}: error: {error}", sys.stderr)
        return 1
    return 0


def _usage(args: argparse.Namespace) -> str:
    """Say what is wrong with the arguments, "" if nothing."""
    given = [bool(args.corpus), bool(args.target_folder or args.other_folder), bool(args.embeddings)]
    if sum(given) != 1:
        return "expected one of a corpus, --target-folder with --other-folder, or --embeddings; name one"
    if given[1] and not (args.target_folder and args.other_folder):
        return "expected both --target-folder and --other-folder, got one; name the other too"
    if args.corpus and args.target not in TARGETS:
        return f"expected --target {', '.join(TARGETS)}, got {args.target!r}; or name folders of your own"
    if "|" in args.target:
        return f"expected a --target without |, got {args.target!r}; choose another name"
    for name, least in (("clips", 60), ("epochs", 1), ("trials", 0), ("jobs", 1)):
        if getattr(args, name) < least:
            return f"expected --{name} of {least} or more, got {getattr(args, name)}; raise it"
    if args.embeddings and args.augment == "meaning":
        return (
            "expected --augment none or theirs with --embeddings, got meaning, which changes sound; change it"
        )
    return ""


def _store(args: argparse.Namespace) -> Path:
    """Return the prepared clips (or embeddings), made now if need be."""
    from training.studies.five import audioset, clips, store

    if args.embeddings:
        return audioset.prepare(Path(args.embeddings), args.label, args.out / "data", args.seed)
    if args.corpus:
        recordings = clips.from_manifest(args.corpus, args.target)
    else:
        recordings = clips.from_folders(args.target_folder, args.other_folder, args.stem)
    part = args.clips // sum(SHARES)
    counts = {split: part * share for split, share in zip(clips.SPLITS, SHARES, strict=True)}
    return store.prepare(recordings, args.out / "data", counts, args.seed)


def _bases(args: argparse.Namespace) -> list[Settings]:
    """Make the settings that each architecture and kind of features begins with."""
    base = Settings(epochs=args.epochs, seed=args.seed, augment=args.augment, loss=args.loss)
    kinds = ["rows"] if args.embeddings else list(dict.fromkeys(args.features))
    named = ARCHITECTURES if "all" in args.arch else [a for a in ARCHITECTURES if a in args.arch]
    return [replace(base, arch=arch, features=kind) for kind in kinds for arch in named]


def _tasks(args: argparse.Namespace, store: Path) -> list:
    from training.studies.five import published
    from training.studies.five.search import Task

    tasks = []
    for base in _bases(args):
        if args.published:
            plan = tuple(row.settings(base) for row in published.of(base.arch))
            if plan:
                tasks.append(Task(args.out, store, args.target, "published", base, plan))
        what = (
            "search"
            if (args.augment, args.loss) == ("none", "binary")
            else f"search {args.augment} {args.loss}"
        )
        if args.trials:
            tasks.append(Task(args.out, store, args.target, what, base, trials=args.trials))
    return tasks


def _variants(args: argparse.Namespace, store: Path) -> list:
    """Plan comparisons around the best settings that the trials so far have found."""
    from training.studies.five import search

    tasks = []
    for base in _bases(args):
        if not args.variant:
            break
        best = search.best(args.out, store.name, args.target, base)
        for what in dict.fromkeys(args.variant):
            plan = variant(what, best)
            if plan:
                tasks.append(search.Task(args.out, store, args.target, what, base, plan))
    return tasks


def variant(what: str, best: Settings) -> tuple[Settings, ...]:
    """Return the trainings that are compared; none where a variant means nothing to an architecture."""
    if what == "tokens":
        return (replace(best, tokens=True), replace(best, tokens=False)) if best.arch == "lstm" else ()
    if what == "loss":
        return (replace(best, loss="binary"), replace(best, loss="two-class"))
    if what == "layers":
        return tuple(replace(best, layers=n) for n in range(1, 9)) if best.arch == "conv1d" else ()
    if what == "augment":
        kinds = ("none", "theirs") if best.features == "rows" else ("none", "theirs", "meaning")
        return tuple(replace(best, augment=kind) for kind in kinds)
    return (replace(best, sanity=False), replace(best, sanity=True))


if __name__ == "__main__":
    sys.exit(main())
