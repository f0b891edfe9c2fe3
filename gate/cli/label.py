"""gate-label: speech, music and noise in recordings."""

import contextlib
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from gate.cli.console import say, say_version
from gate.cli.ending import complain, run
from gate.errors import GateError

if TYPE_CHECKING:
    import argparse

    from gate.files.atomic import AtomicFile
    from gate.label.listen import Labelled, Rules
    from gate.label.plan import LabelPlan
    from gate.modelfile.contract import Contract

PROG = "gate-label"


def main(argv: list[str] | None = None) -> int:
    """Run the command; return its exit code. An error is one sentence on stderr."""
    arguments = list(sys.argv[1:] if argv is None else argv)
    return run(PROG, lambda: _main(arguments), done="labelled")


def _main(arguments: list[str]) -> int:
    from gate.cli.label_options import parser

    if "--version" in arguments:
        return say_version(PROG)
    return _run(parser().parse_args(arguments))


def _run(options: "argparse.Namespace") -> int:
    from gate.files.inputs import Folders
    from gate.label.listen import Rules
    from gate.label.plan import make_plan
    from gate.modelfile.preset import resolve

    rules = Rules(options.smooth_ms, options.margin, options.least_ms)
    contract = resolve(options.preset, "classify").contract
    plan = make_plan(
        options.inputs, options.output, options.format, options.frames, options.picture, options.force
    )
    folders = Folders(plan.folders)
    try:
        return _label(plan, contract, rules, options)
    finally:
        folders.remove_empty()


def _label(plan: "LabelPlan", contract: "Contract", rules: "Rules", options: "argparse.Namespace") -> int:
    from gate.files.atomic import AtomicFile
    from gate.label.formats import frames_csv, write_labels
    from gate.label.listen import label_file

    failed = [sentence for _, sentence in plan.failures]
    for sentence in failed:
        complain(PROG, sentence)
    done: list[tuple[str, Labelled]] = []
    with contextlib.ExitStack() as stack:

        def opened(path: Path | None) -> "AtomicFile | None":
            # made first: a file that cannot be written is reported before the work, not after it
            return None if path is None else stack.enter_context(AtomicFile(path, force=options.force))

        target, frames = opened(plan.target), opened(options.frames)
        for source, name in plan.sources:
            try:
                labelled = label_file(source, contract, rules)
                _write_own(plan, source, name, labelled, options.force)
            except GateError as error:
                if len(plan.sources) == 1 and not plan.failures:
                    raise
                failed.append(str(error))
                complain(PROG, str(error))
                continue
            if labelled.remark:
                say(f"{PROG}: warning: {labelled.remark}", sys.stderr)
            labelled.wave = None  # drawn already
            done.append((name, labelled))
            say(_line(labelled))
        if done and target is not None:
            target.write(write_labels(plan.format, done, plan.names))
            target.commit()
        if done and frames is not None:
            frames.write(frames_csv(done, contract.classes))
            frames.commit()
    if failed:
        total = len(done) + len(failed)
        say(f"{len(done)} of {total} files labelled, {len(failed)} failed")
    return 1 if failed else 0


def _write_own(plan: "LabelPlan", source: Path, name: str, labelled: "Labelled", force: bool) -> None:
    """Write the outputs of one recording: its file of labels and its picture."""
    from gate.files.atomic import AtomicFile, write_bytes
    from gate.label.formats import write_labels

    with contextlib.ExitStack() as stack:
        if source in plan.pictures:
            from gate.label.picture import draw

            picture = stack.enter_context(AtomicFile(plan.pictures[source], force=force))
            with picture.stream() as file:
                draw(labelled, file)
        if source in plan.each:
            write_bytes(
                plan.each[source], write_labels(plan.format, [(name, labelled)], plan.names), force=force
            )
        if source in plan.pictures:
            picture.commit()


def _line(labelled: "Labelled") -> str:
    shares = ", ".join(f"{name} {100 * labelled.share(name):.1f} %" for name in labelled.classes)
    count = len(labelled.segments)
    return f"{labelled.path}: {labelled.seconds:.2f} s, {shares}, {count} segment{'' if count == 1 else 's'}"


if __name__ == "__main__":
    sys.exit(main())
