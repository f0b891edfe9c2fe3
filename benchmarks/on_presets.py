"""The command line of benchmarks that measure shipped presets with a corpus, and write into the docs."""

import argparse
from collections.abc import Callable, Sequence
from pathlib import Path

from gate.cli.ending import run


def main(
    module: str,
    description: str,
    presets: Sequence[str],
    body: Callable[[argparse.Namespace], int],
    argv: list[str] | None,
    *,
    options: Callable[[argparse.ArgumentParser], None] = lambda parser: None,
) -> int:
    """Read the arguments and measure; return the exit code.

    Args:
        module: such as "benchmarks.heads".
        description: one line.
        presets: those that may be chosen; all of them are the default.
        body: measures, given ``corpus`` and ``docs`` (folders), ``presets``, ``per_kind`` (scenes) and ``seed``.
        argv: the arguments; None takes the process's own.
        options: adds arguments of this benchmark's own.
    """
    parser = argparse.ArgumentParser(prog=f"python -m {module}", description=description)
    parser.add_argument("--corpus", type=Path, required=True, help="folder with a manifest.csv")
    parser.add_argument("--presets", nargs="+", default=list(presets), choices=presets)
    parser.add_argument("--per-kind", type=int, default=24, help="scenes of each kind of bleed (default: 24)")
    parser.add_argument("--seed", type=int, default=0, help="default: 0")
    parser.add_argument("--docs", type=Path, default=Path("docs"), help="where it is written (default: docs)")
    options(parser)
    args = parser.parse_args(argv)
    return run(
        module,
        lambda: body(args),
        what="the presets",
        done="judged",
        plain=(OSError, ValueError, RuntimeError),
    )
