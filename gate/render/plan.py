"""Files that a command line means, and where each goes; only folders are read and made here."""

import os
from dataclasses import dataclass, field
from pathlib import Path

from gate.errors import GateError, UsageError
from gate.files.inputs import apart, find, identity, refuse_outputs
from gate.render.job import Job


@dataclass(frozen=True)
class Extras:
    """Files to leave beside the sound: single ones for one input; for several inputs folders, and one report."""

    plot: Path | None = None
    curve: Path | None = None
    report: Path | None = None


@dataclass
class Plan:
    """The files to render, and where each goes.

    Attributes:
        jobs: files to render.
        failures: inputs that cannot be rendered, each with its sentence.
        batch: whether several files go into a folder; the report is then one for all.
        folders: folders that have to be there, parents first.
    """

    jobs: list[Job] = field(default_factory=list)
    failures: list[tuple[Path, str]] = field(default_factory=list)
    batch: bool = False
    folders: list[Path] = field(default_factory=list)


def make_plan(inputs: list[str], output: str, extras: Extras, *, force: bool) -> Plan:
    """Work out the jobs of a command line.

    Args:
        inputs: files and folders; folders are searched to their depth for files with a sound's ending.
        output: a file for one input file, else a folder.
        extras: what to leave beside the sound.
        force: existing files may be replaced.

    Raises:
        GateError: none of it can be done, or the only input cannot be rendered.
    """
    paths = [Path(text) for text in inputs]
    target = Path(output)
    one_file = len(paths) == 1 and not os.path.isdir(paths[0])
    if one_file and not os.path.isdir(target) and not output.endswith(("/", os.sep)):
        job = Job(paths[0], target, extras.plot, extras.curve, extras.report)
        refuse_outputs(job.outputs, {identity(paths[0])}, force=force)
        return Plan([job])
    if os.path.exists(target) and not os.path.isdir(target):
        raise UsageError(f"several files need a folder to go to, {target} is a file; give a folder with -o")
    if one_file:
        job = Job(paths[0], target / paths[0].name, extras.plot, extras.curve, extras.report)
        refuse_outputs(job.outputs, {identity(paths[0])}, force=force)
        return Plan([job], folders=[target])
    return _batch(paths, target, extras, force)


def _batch(paths: list[Path], target: Path, extras: Extras, force: bool) -> Plan:
    plan = Plan(batch=True)
    found: list[tuple[Path, Path]] = []  # (file, its path below the output folder)
    for path in paths:
        try:
            found += find(path, target, plan.failures)
        except GateError as error:
            if len(paths) == 1:
                raise
            plan.failures.append((path, str(error)))
    identities = {identity(source) for source, _ in found}
    for source, relative in apart(found):
        beside = {
            "plot": extras.plot and extras.plot / _with_ending(relative, ".png"),
            "curve": extras.curve and extras.curve / _with_ending(relative, ".csv"),
        }
        job = Job(source, target / relative, beside["plot"], beside["curve"])
        try:
            refuse_outputs(job.outputs, identities, force=force)
        except GateError as error:
            plan.failures.append((source, str(error)))
            continue
        plan.jobs.append(job)
    if extras.report is not None:
        refuse_outputs([extras.report], identities, force=force)
    tops = [folder for folder in (target, extras.plot, extras.curve) if folder is not None]
    below = {path.parent for job in plan.jobs for path in job.outputs}
    for top in tops:
        plan.folders.append(top)
        inside = {parent for folder in below for parent in (folder, *folder.parents) if top in parent.parents}
        plan.folders += sorted(inside)
    return plan


def _with_ending(path: Path, ending: str) -> Path:
    """Make ``a.wav.png`` of ``a.wav``, with its ending: ``a.flac`` may lie beside it."""
    return path.with_name(path.name + ending)
