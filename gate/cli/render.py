"""gate-render: sound files through a learned gate."""

import contextlib
import math
import os
import sys
import time
from typing import TYPE_CHECKING, Any

from gate.cli.console import progress_bar, say, say_version, watched
from gate.cli.ending import complain, run
from gate.errors import UsageError

if TYPE_CHECKING:
    import argparse

    from gate.render.batch import Outcome
    from gate.render.job import Settings
    from gate.render.plan import Extras, Plan
    from gate.render.report import Report

PROG = "gate-render"


def main(argv: list[str] | None = None) -> int:
    """Run the command; return its exit code. An error is one sentence on stderr."""
    arguments = list(sys.argv[1:] if argv is None else argv)
    memory = "close other programs, or render fewer at once with --jobs"
    return run(PROG, lambda: _main(arguments), memory=memory)


def _main(arguments: list[str]) -> int:
    from gate.cli.options import join_numbers
    from gate.cli.render_options import NUMBERS, parser

    if "--version" in arguments:
        return say_version(PROG)
    return _run(parser().parse_args(join_numbers(arguments, NUMBERS)))


def _run(options: "argparse.Namespace") -> int:
    from dataclasses import asdict

    from gate.cli.options import given
    from gate.engine.guard import choose
    from gate.files.inputs import Folders
    from gate.modelfile.preset import resolve
    from gate.parameters import GateValues
    from gate.render.job import Settings
    from gate.render.plan import Extras, make_plan

    preset = resolve(options.preset, "gate")
    if options.live_buffer is not None and options.device == "cuda":
        raise UsageError(
            "--live-buffer runs on the CPU as live does, --device cuda was asked for; leave one out"
        )
    said = given(options)
    auto = said.get("threshold_db") == "auto"
    values = asdict(preset.defaults) | said | ({"threshold_db": None} if auto else {})
    guard = choose(values.pop("guard", "off"), values.pop("guard_grace_ms", None), options.guard_model)
    settings = Settings(
        contract=preset.contract,
        preset=preset.name,
        values=GateValues(**values),
        threshold_from="auto" if auto else "given" if "threshold_db" in said else "preset",
        fallback_db=preset.defaults.threshold_db,
        live_buffer=options.live_buffer,
        device=options.device,
        strict=options.strict,
        force=options.force,
        owner=os.getpid(),
        guard=guard,
        key=options.key,
    )
    extras = Extras(options.plot, options.curve, options.report)
    plan = make_plan(options.inputs, options.output, extras, force=options.force)
    if plan.batch and options.key is not None:
        raise UsageError("--key goes with one input file, got several; render them one by one")
    folders = Folders(plan.folders)
    try:
        if plan.batch:
            return _batch(plan, settings, extras, options)
        return _single(plan, settings)
    finally:
        folders.remove_empty()


def _single(plan: "Plan", settings: "Settings") -> int:
    from gate.render.file import render_file

    with _Bar() as bar:
        report = render_file(plan.jobs[0], settings, progress=bar.update)
    _remarks(report)
    say(_summary(report))
    return 0


def _batch(plan: "Plan", settings: "Settings", extras: "Extras", options: "argparse.Namespace") -> int:
    from gate.files.atomic import AtomicFile
    from gate.render import batch
    from gate.render.remarks import VERDICTS, batch_lines
    from gate.render.report import to_json

    started = time.perf_counter()
    # on one GPU two at a time would only wait for each other
    workers = options.jobs or (1 if options.device == "cuda" else batch.processors())
    failed = list(plan.failures)
    for _, sentence in failed:
        complain(PROG, sentence)
    with contextlib.ExitStack() as stack:
        # made first: a report that cannot be written is reported before the work, not after it
        report_file = extras.report and stack.enter_context(AtomicFile(extras.report, force=options.force))
        outcomes = _with_bar(plan, settings, workers)
        reports = [outcome.report for outcome in outcomes if outcome.report is not None]
        failed += [(outcome.job.source, outcome.error) for outcome in outcomes if outcome.error is not None]
        wall = time.perf_counter() - started
        seconds = sum(report.seconds for report in reports)
        total = {
            "files": len(reports) + len(failed),
            "rendered": len(reports),
            "failed": len(failed),
            **{name: sum(getattr(report, name) for report in reports) for name in VERDICTS},
            "seconds": seconds,
            "wall_seconds": wall,
            "real_time_factor": seconds / max(wall, 1e-9),
        }
        if report_file and reports:
            listed = [{"input": str(source), "error": sentence} for source, sentence in failed]
            files = [report.to_dict() for report in reports]
            report_file.write(to_json({"total": total, "files": files, "failed": listed}))
            report_file.commit()
    say(
        f"{len(reports)} of {total['files']} files rendered into {options.output}: {_clock(seconds)} of "
        f"sound in {wall:.1f} s, {total['real_time_factor']:.0f} times as fast as it plays"
    )
    if lines := batch_lines(reports):
        say("\n".join(lines))
    if failed:
        say("\n".join([f"{len(failed)} failed:", *(f"  {source}" for source, _ in failed)]))
    return 1 if failed else 0


def _with_bar(plan: "Plan", settings: "Settings", workers: int) -> "list[Outcome]":
    """Render a batch; print a line for each file as it ends, on a terminal above a bar on stderr."""
    from gate.render import batch

    bar = progress_bar(total=len(plan.jobs), unit="file", dynamic_ncols=True)

    def ended(outcome: "Outcome") -> None:
        bar.clear()
        if outcome.report is not None:
            _remarks(outcome.report)
            say(_line(outcome.report))
        elif outcome.error is not None:
            complain(PROG, outcome.error)
        bar.update()

    with bar:
        return batch.run(plan.jobs, settings, workers, ended)


class _Bar:
    """Progress of one long file, on a terminal only, and only after a second."""

    def __init__(self) -> None:
        self._shown = watched(sys.stderr)
        self._begun = time.perf_counter()
        self._bar: Any = None

    def update(self, done: int, frames: int) -> None:
        """Show how many of all frames are done."""
        if not self._shown or time.perf_counter() < self._begun + 1.0:
            return
        if self._bar is None:
            form = f"{PROG}: " + "{percentage:3.0f}%|{bar}| {remaining} left"
            self._bar = progress_bar(total=frames, bar_format=form, leave=False)
        self._bar.update(done - self._bar.n)

    def __enter__(self) -> "_Bar":
        return self

    def __exit__(self, *error: object) -> None:
        if self._bar is not None:
            self._bar.close()


def _summary(report: "Report") -> str:
    channels = "1 channel" if report.channels == 1 else f"{report.channels} channels"
    speed = f"{report.wall_seconds:.2f} s, {report.real_time_factor:.0f} times as fast as it plays"
    how = f"live buffers of {report.live_buffer}" if report.live_buffer else "offline"
    return "\n".join(
        [
            f"{report.output}: {_clock(report.seconds)}, {channels}, {report.rate_hz} Hz, "
            f"{report.output_format} {report.output_subtype}",
            f"  {report.threshold_reason}; range {report.range_db:g} dB; preset {report.preset}",
            f"  {_opened(report)}",
            *([f"  not as learned: {changed}"] if (changed := str(report.values)) else []),
            *([f"  opened by {report.key}"] if report.key else []),
            *_guarded(report),
            f"  {how} on {report.device}: {speed}",
        ]
    )


def _guarded(report: "Report") -> list[str]:
    """Return a line on what the guard did, if there was one."""
    if report.guard == "off":
        return []
    shut = f"kept it shut for {100 * report.guard_shut_share:.1f} % of the time"
    return [f"  guard {report.guard}, grace {report.guard_grace_ms:g} ms, {report.guard_model}: {shut}"]


def _line(report: "Report") -> str:
    return f"{report.output}: {_clock(report.seconds)}; {report.threshold_reason}; {_opened(report)}"


def _opened(report: "Report") -> str:
    openings = "1 opening" if report.openings == 1 else f"{report.openings} openings"
    share = f"open {100 * report.open_share:.1f} % of the time"
    return f"{share}, {openings}, mean gain {report.mean_gain_db:.1f} dB"


def _clock(seconds: float) -> str:
    """Return a length of time as text: 3.250 s, 12 min 3 s, 2 h 5 min."""
    if seconds < 60.0:
        return f"{seconds:.3f} s"
    whole = math.floor(seconds + 0.5)
    if whole < 3600:
        return f"{whole // 60} min {whole % 60} s"
    return f"{whole // 3600} h {whole % 3600 // 60} min"


def _remarks(report: "Report") -> None:
    for sentence in report.notes:
        say(f"{PROG}: note: {sentence}", sys.stderr)
    for sentence in report.warnings:
        say(f"{PROG}: warning: {sentence}", sys.stderr)


if __name__ == "__main__":
    sys.exit(main())
