"""gate-learn: a gate of your own from a folder of what should pass and a folder of what should not; or a clone of a box from
a dry and a wet recording (``export.cli.learn_clone``)."""

import argparse
import sys
import time
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from export.cli import learn_clone
from export.cli.progress import Progress
from export.cli.stop import Stop
from gate.cli.console import progress_bar
from gate.cli.console import say as console_say
from gate.cli.ending import notes_said

if TYPE_CHECKING:
    from export.learning import Examples, Order

T = TypeVar("T")
STOPPED = 130
"""Exit code of a command that Ctrl-C ended."""
QUICK_S = 36.0
"""Seconds after the start in which --quick takes steps; judging and writing need the rest of the minute."""


def parser() -> argparse.ArgumentParser:
    """Make the parser of the command line."""
    made = argparse.ArgumentParser(
        prog="gate-learn",
        description="Teach a gate from examples: what should pass (--target) and what should not (--bleed). Or clone a box: "
        "the sound before it (--dry) and after it (--wet).",
        epilog="Folders of sounds, single files, and the layouts of MUSAN, GTZAN, MUSDB18 (stems) and manifest.csv are "
        "known; see docs/learning.md, and docs/cloning.md for --dry, --wet and --test-signal. "
        "Exit: 0 done, 1 failure (it says why), 2 usage, 130 stopped (again continues).",
    )
    made.add_argument("--target", nargs="+", type=Path, metavar="FOLDER", help="what should pass, alone")
    made.add_argument("--bleed", nargs="+", type=Path, metavar="FOLDER", help="what should not pass")
    learn_clone.add_arguments(made)
    made.add_argument(
        "-o", "--output", type=Path, metavar="FOLDER", help="the preset to write (needed but for --check)"
    )
    made.add_argument("--stem", default="", help="which stem is the target, where a folder holds stems")
    made.add_argument(
        "--check", action="store_true", help="look at the examples, say what is wrong, and stop"
    )
    made.add_argument(
        "--quick", action="store_true", help="adapt a shipped preset within a minute, from 10 s of each side"
    )
    made.add_argument(
        "--from", dest="start", default="nearest", metavar="PRESET",
        help="start from a preset's name or folder, from the nearest shipped one, or from none (default: nearest)",
    )  # fmt: skip
    made.add_argument(
        "--minutes", type=float, default=18.0, help="about how long, on two cores (default: 18)"
    )
    made.add_argument("--name", help="of the preset (default: the output folder's)")
    made.add_argument("--taught", help="in words, for the card (default: made of the folders' names)")
    made.add_argument(
        "--licence", default="unstated", help="of the weights: yours to choose (default: unstated)"
    )
    made.add_argument("--device", default="auto", choices=("auto", "cpu", "cuda"), help="default: auto")
    made.add_argument(
        "--work", type=Path, metavar="FOLDER", help="for everything on the way (default: OUTPUT.work)"
    )
    made.add_argument(
        "--jobs", type=int, default=2, metavar="N", help="processes that compose scenes (default: 2)"
    )
    made.add_argument(
        "--seed", type=int, default=0, help="the same seed and examples give the same gate (default: 0)"
    )
    made.add_argument("--force", action="store_true", help="replace a preset that is there")
    return made


def main(argv: list[str] | None = None) -> int:
    """Run the command; returns its exit code."""
    began = time.monotonic()
    made = parser()
    args = made.parse_args(argv)
    _check(made, args)
    progress = Progress()
    try:
        with notes_said("gate-learn"):
            if learn_clone.asked(args):
                return learn_clone.run(args, progress)
            return _run(args, progress, began)
    except KeyboardInterrupt:
        progress.say("gate-learn: stopped; what is done is kept, and the same command continues from there")
        return STOPPED
    except Exception as error:
        if not _expected(error):
            raise
        progress.end()
        console_say(f"gate-learn: error: {error}", sys.stderr)
        return 1


def _check(made: argparse.ArgumentParser, args: argparse.Namespace) -> None:
    """Check what argparse cannot know; exit 2 with a sentence."""
    if learn_clone.asked(args):
        learn_clone.check(made, args)
        return
    if not args.target or not args.bleed:
        made.error(
            "expected --target and --bleed, or --dry and --wet, got neither whole; give both of one kind"
        )
    if args.output is None and not args.check:
        made.error(
            "expected -o FOLDER for the preset, got none; give one, or --check to look at the examples only"
        )
    if not 0.01 <= args.minutes <= 100_000:
        made.error(f"--minutes takes 0.01 to 100000, got {args.minutes:g}")
    if args.jobs < 1:
        made.error(f"--jobs takes 1 or more, got {args.jobs}")
    if args.quick and args.start == "none":
        made.error("--quick adapts a preset, so it cannot start from none; leave one of the two out")


def _expected(error: Exception) -> bool:
    """Tell whether an error has a sentence for the user."""
    from gate.errors import GateError

    return isinstance(error, (GateError, OSError, ValueError, FloatingPointError))


def _run(args: argparse.Namespace, progress: Progress, began: float) -> int:
    import torch

    from export import learning
    from export.learned import refuse
    from gate.modelfile.preset import spelling

    if args.output is not None and not args.check:
        refuse(args.output, force=args.force)
    order = _order(args)
    torch.set_num_threads(1)  # such small products wait for a second thread longer than it saves
    examples = learning.examine(order, _bar)
    if _complain(examples, progress):
        return 1
    if args.check:
        return 0
    if args.quick:
        from training.learn.quick import QuickConfig

        config = QuickConfig(seconds_most=QUICK_S, seed=args.seed)
        sentence = learning.quick(order, examples, config, progress.say, began)
    else:
        with Stop() as stop:
            sentence = learning.learn(order, examples, progress.say, progress.report, stop)
    progress.end()
    console_say(sentence)
    console_say(f"wrote {args.output}: gate-render noisy.wav -o clean.wav --preset {spelling(args.output)}")
    return 0


def _order(args: argparse.Namespace) -> "Order":
    from export.learning import Order

    output = args.output or Path("examples")
    name = args.name or output.resolve().name
    words = [", ".join(sorted({path.resolve().name for path in side})) for side in (args.target, args.bleed)]
    return Order(
        target=args.target,
        bleed=args.bleed,
        output=output,
        work=args.work or output.resolve().with_name(f"{output.resolve().name}.work"),
        name=name,
        taught=args.taught or f"{words[0]}{' (' + args.stem + ')' if args.stem else ''}, against {words[1]}",
        licence=args.licence,
        stem=args.stem,
        start=args.start,
        minutes=args.minutes,
        device=_device(args.device),
        jobs=args.jobs,
        seed=args.seed,
        force=args.force,
        quick=args.quick,
    )


def _device(wanted: str) -> str:
    """Return the device's name for torch."""
    import torch

    from gate.errors import DeviceError

    there = torch.cuda.is_available()
    if wanted == "cuda" and not there:
        raise DeviceError("expected a CUDA device for --device cuda, got none; use --device cpu or auto")
    return "cuda" if there and wanted != "cpu" else "cpu"


def _complain(examples: "Examples", progress: Progress) -> bool:
    """Say what is wrong with the examples; True if the command cannot continue."""
    for finding in examples.findings:
        console_say(str(finding), sys.stderr)
    seconds, files = examples.counts()
    left = len(examples.measured) - len(examples.found)
    words = " and ".join(
        f"{files[side]} files, {seconds[side]:.0f} s of {side}" for side in ("target", "bleed")
    )
    progress.say(f"{words} to learn from" + (f"; {left} left out" if left else ""))
    stuck = [finding for finding in examples.findings if finding.level == "error" and not finding.path]
    if stuck:
        console_say(f"gate-learn: error: {stuck[0].what}; {stuck[0].remedy}", sys.stderr)
    return bool(stuck)


def _bar(things: Sequence[T], title: str) -> Iterable[T]:
    bar: Iterable[T] = progress_bar(things, title=title, leave=False)
    return bar


if __name__ == "__main__":
    sys.exit(main())
