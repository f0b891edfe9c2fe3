"""The part of gate-learn that clones a box: ``--dry``, ``--wet`` and ``--test-signal``."""

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from export.cli.progress import Progress
from export.cli.stop import Stop
from gate.cli.console import say as console_say
from gate.constants import RATE, RATE_RANGE_HZ

if TYPE_CHECKING:
    from training.clone.fit import Cloned
    from training.clone.pair import Pair

QUICK_S = 45.0
"""Seconds of steps with --quick; looking and writing need the rest of the minute."""
MOST_MINUTES = 10.0
"""A network learns no longer: three minutes of sound have no more to say."""
STEPS_A_SECOND = 8
"""Steps of 16 pieces of 1024 samples that an idle core does in a second, about."""


def add_arguments(made: argparse.ArgumentParser) -> None:
    """Add the options of cloning."""
    made.add_argument(
        "--dry", type=Path, metavar="SOUND", help="clone a box: the sound before it, a file or a folder"
    )
    made.add_argument(
        "--wet", type=Path, metavar="SOUND", help="the same performance after it, under the same names"
    )
    made.add_argument(
        "--test-signal",
        type=Path,
        metavar="OUT.wav",
        help="write three minutes of sound to play through a box, and stop",
    )
    made.add_argument(
        "--rate", type=int, default=RATE, metavar="HZ", help="of the test signal (default: 48000)"
    )


def asked(args: argparse.Namespace) -> bool:
    """Tell whether the command line is about cloning."""
    return bool(args.dry or args.wet or args.test_signal)


def check(made: argparse.ArgumentParser, args: argparse.Namespace) -> None:
    """Check what argparse cannot know; exit 2 with a sentence."""
    low, high = RATE_RANGE_HZ
    if args.target or args.bleed:
        made.error(
            "--dry, --wet and --test-signal clone a box, --target and --bleed teach a gate; leave one kind out"
        )
    if not low <= args.rate <= high:
        made.error(f"--rate takes {low} to {high}, got {args.rate}")
    if args.test_signal and (args.dry or args.wet):
        made.error("--test-signal writes what is to be recorded; give --dry and --wet afterwards, alone")
    if not args.test_signal and not (args.dry and args.wet):
        made.error(
            "expected --dry and --wet, got one of them; give the sound before the box and the sound after it"
        )
    if not args.test_signal and args.output is None and not args.check:
        made.error(
            "expected -o FOLDER for the clone, got none; give one, or --check to look at the pair only"
        )


def run(args: argparse.Namespace, progress: Progress) -> int:
    """Do what was asked; returns the exit code.

    Raises:
        GateError, OSError, ValueError: with a sentence.
    """
    if args.test_signal:
        from training.clone import signal

        signal.write(args.test_signal, args.rate, force=args.force)
        console_say(
            f"wrote {args.test_signal}: play it through the box, and record what comes out; docs/cloning.md"
        )
        return 0
    return _clone(args, progress)


def _clone(args: argparse.Namespace, progress: Progress) -> int:
    from export import clone
    from training.clone import files, kinds

    if args.output is not None and not args.check:
        clone.refuse(args.output, force=args.force)
    pair = files.joined(files.read_all(args.dry, args.wet))
    for sentence in pair.look.sentences():
        console_say(sentence, sys.stderr)
    if args.check:
        return 0
    verdict = kinds.tell(pair, progress.say)
    console_say(verdict.sentence())
    if verdict.kind in kinds.CANNOT:
        console_say("gate-learn: error: nothing was written, as this box cannot be cloned", sys.stderr)
        return 1
    network = _taught(args, pair, progress) if verdict.kind in kinds.TAUGHT else None
    clone.write(pair, verdict, args.output, network=network, force=args.force)
    if network is not None:
        console_say(clone.of_network(network))
    console_say(f"wrote {args.output}: CARD.md says what it is")
    return 0


def _taught(args: argparse.Namespace, pair: "Pair", progress: Progress) -> "Cloned":
    """Teach a network the pair; Ctrl-C stops, and the same command continues."""
    import torch

    from training.clone import fit

    torch.set_num_threads(1)  # such small products wait for a second thread longer than it saves
    seconds = QUICK_S if args.quick else 60.0 * min(args.minutes, MOST_MINUTES)
    config = fit.FitConfig(seed=args.seed, steps=max(int(seconds * STEPS_A_SECOND), 1))
    work = args.work or args.output.resolve().with_name(f"{args.output.resolve().name}.work")
    progress.say("only a network explains it; Ctrl-C stops, the same command continues")
    with Stop() as stop:
        made = fit.fit(pair, config, work, seconds=seconds, report=progress.report, stop=stop)
    progress.end()
    return made
