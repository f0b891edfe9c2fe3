"""The command ``python -m training.packages OUT``: a second corpus from packages of Debian."""

import argparse
import os
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TypeVar

from gate.cli.console import ended_by_signals, progress_bar, say
from training.packages import page
from training.packages.build import WORK, build
from training.packages.manifest import assemble, prints_of
from training.packages.prints import stacked
from training.packages.table import choose, packages
from training.packages.workers import Workers

T = TypeVar("T")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; return 0, 1 if a package could not be made, or 2 if it was called wrongly."""
    options = _parser().parse_args(arguments)
    try:
        if options.table:
            say(page.table(packages(), options.out))
            return 0
        chosen = choose(options.only)
        others, names = (
            prints_of(options.not_in, options.out / WORK, _bar) if options.not_in else (stacked([]), [])
        )
    except (ValueError, OSError) as error:
        say(f"error: {error}", sys.stderr)
        return 2
    failed = []
    with ended_by_signals(), Workers(options.jobs) as workers:
        for package in chosen:
            try:
                build(package, options.out, workers, _bar, options.mirror, keep=not options.forget)
            except (ValueError, OSError) as error:
                say(f"error: {package.name}: {error}", sys.stderr)
                failed.append(package.name)
        kept, dropped = assemble(options.out, packages(), others, names)
    say(f"{options.out / 'manifest.csv'}: {kept} recordings; {dropped} sounds left out, see dropped.csv")
    if failed:
        say(f"error: failed: {', '.join(failed)}; the same command tries them again", sys.stderr)
    return 1 if failed else 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m training.packages",
        description="Make a corpus from packages of Debian: recordings, manifest.csv that lists them, and dropped.csv.",
    )
    parser.add_argument(
        "out", type=Path, help="folder of the corpus; what is finished there is not made again"
    )
    parser.add_argument("--only", nargs="+", default=[], metavar="NAME", help="packages to make (all)")
    parser.add_argument(
        "--jobs", type=_positive, default=os.cpu_count() or 1, metavar="N", help="processes (one a core)"
    )
    parser.add_argument(
        "--mirror",
        action="append",
        default=[],
        metavar="URL",
        help="a Debian mirror, below which pool/ lies, or a snapshot of the archive; several are tried in turn (apt-get)",
    )
    parser.add_argument(
        "--not-in", type=Path, metavar="FOLDER", help="leave out what is in the corpus in this folder"
    )
    parser.add_argument(
        "--forget", action="store_true", help="delete each package's file when its part is finished"
    )
    parser.add_argument(
        "--table", action="store_true", help="print docs/packages.md's table of what is in OUT, and stop"
    )
    return parser


def _positive(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"expected a number of processes, 1 or more, got {text}")
    return int(text)


def _bar(things: Iterable[T], title: str, count: int) -> Iterable[T]:
    return progress_bar(things, title=title, total=count, unit="sound")


if __name__ == "__main__":
    sys.exit(main())
