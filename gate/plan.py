"""Which files a command line means, and where each goes; only folders are read and made here."""

import os
from collections import defaultdict
from dataclasses import dataclass, field
from pathlib import Path

from gate.atomic import os_sentence, refuse_target
from gate.audioformat import EXTENSIONS, NAMED
from gate.errors import AudioFileError, GateError, UsageError
from gate.folder_walk import has_ending, walk
from gate.render import Job


@dataclass(frozen=True)
class Extras:
    """What to leave beside the sound: a file each for one input, folders (a file, the report) for several."""

    plot: Path | None = None
    curve: Path | None = None
    report: Path | None = None


@dataclass
class Plan:
    """What to do.

    Attributes:
        jobs: files to render.
        failures: inputs that cannot be rendered, each with its sentence.
        batch: several files into a folder; the report is then one for all.
        folders: that have to be there, parents first.
    """

    jobs: list[Job] = field(default_factory=list)
    failures: list[tuple[Path, str]] = field(default_factory=list)
    batch: bool = False
    folders: list[Path] = field(default_factory=list)


def make_plan(inputs: list[str], output: str, extras: Extras, *, force: bool) -> Plan:
    """Work out jobs from what was given.

    Args:
        inputs: files and folders; folders are searched to their depth for files with a sound's ending.
        output: a file for one input file, else a folder.
        extras: what to leave beside the sound.
        force: existing files may be replaced.

    Raises:
        GateError: nothing of it can be done, or an only input cannot.
    """
    paths = [Path(text) for text in inputs]
    target = Path(output)
    one_file = len(paths) == 1 and not os.path.isdir(paths[0])
    if one_file and not os.path.isdir(target) and not output.endswith(("/", os.sep)):
        job = Job(paths[0], target, extras.plot, extras.curve, extras.report)
        _check_job(job, {identity(paths[0])}, force)
        return Plan([job])
    if os.path.exists(target) and not os.path.isdir(target):
        raise UsageError(f"several files need a folder to go to, {target} is a file; give a folder with -o")
    if one_file:
        job = Job(paths[0], target / paths[0].name, extras.plot, extras.curve, extras.report)
        _check_job(job, {identity(paths[0])}, force)
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
            _check_job(job, identities, force)
        except GateError as error:
            plan.failures.append((source, str(error)))
            continue
        plan.jobs.append(job)
    if extras.report is not None:
        _check_job(Job(target, extras.report), identities, force)
    tops = [folder for folder in (target, extras.plot, extras.curve) if folder is not None]
    below = {path.parent for job in plan.jobs for path in job.outputs}
    for top in tops:
        plan.folders.append(top)
        inside = {parent for folder in below for parent in (folder, *folder.parents) if top in parent.parents}
        plan.folders += sorted(inside)
    return plan


def find(path: Path, target: Path | None, failures: list[tuple[Path, str]]) -> list[tuple[Path, Path]]:
    """The sound files that an input means, each with its path below the output folder.

    Args:
        path: a file or a folder.
        target: a folder that sound is written to, which is not searched, nor through a link; None where no sound is written.
        failures: takes folders that cannot be read and links that lead nowhere, each with its sentence.

    Raises:
        AudioFileError: a folder without sound files, or the target itself.
    """
    if not os.path.isdir(path):
        return [(path, Path(path.name))]

    if target is not None and os.path.isdir(target) and os.path.samefile(path, target):
        raise AudioFileError(
            f"{target} is the input folder itself, nothing was written; give another with -o"
        )
    noted: list[tuple[Path, str]] = []
    # what an earlier run left in an output folder within is no input
    files = walk(
        path, has_ending(EXTENSIONS), lambda where, sentence: noted.append((where, sentence)), target
    )
    found = [(file, file.relative_to(path)) for file in files]
    if not found and noted:
        raise AudioFileError(noted[0][1])
    failures += noted
    if not found:
        raise AudioFileError(f"{path} holds no sound files, {NAMED} files were expected; check the folder")
    return found


def apart(found: list[tuple[Path, Path]]) -> list[tuple[Path, Path]]:
    """No file twice, and no two in one place: namesakes keep as much of their paths as it takes."""
    once: dict[Path, tuple[Path, Path]] = {}
    real = set()
    for source, relative in found:
        # two names of one folder, or a link to it, make no second file; a link to a file is a file of its own
        name = os.path.realpath(source.parent), source.name
        if name not in real:
            once[Path(os.path.abspath(source))] = source, relative
        real.add(name)
    places: dict[str, list[Path]] = defaultdict(list)
    for full, (_, relative) in once.items():
        # disks that do not tell capitals from small letters keep one of two such files
        places[str(relative).casefold()].append(full)
    taken: set[str] = {place for place, fulls in places.items() if len(fulls) == 1}
    result = []
    for full, (source, relative) in once.items():
        namesakes = places[str(relative).casefold()]
        if len(namesakes) > 1:
            common = os.path.commonpath([str(other.parent) for other in namesakes])
            further = full.relative_to(common)
            wanted = relative = further if len(further.parts) > len(relative.parts) else relative
            number = 2
            while str(relative).casefold() in taken:
                relative = wanted.with_name(f"{wanted.stem} ({number}){wanted.suffix}")
                number += 1
            taken.add(str(relative).casefold())
        result.append((source, relative))
    return result


def _check_job(job: Job, inputs: set[object], force: bool) -> None:
    """Refuse outputs that are an input, stand in each other's way, or are there already."""
    names: set[str] = set()
    for path in job.outputs:
        if identity(path) in inputs:
            raise AudioFileError(
                f"{path} is an input itself, output and input must differ; give another name with -o"
            )
        name = os.path.realpath(path)
        if name in names:
            raise UsageError(
                f"{path} was given for two outputs, one file each was expected; give another name"
            )
        names.add(name)
        refuse_target(path, force=force)


def identity(path: Path) -> object:
    """The same for every spelling of a file's name, links included."""
    try:
        about = os.stat(path)
    except OSError:
        return os.path.realpath(path)
    return about.st_dev, about.st_ino


def _with_ending(path: Path, ending: str) -> Path:
    """``a.wav`` to ``a.wav.png``: ``a.flac`` may lie beside it."""
    return path.with_name(path.name + ending)


class Folders:
    """Folders made for a run; those that stay empty go again.

    Args:
        wanted: parents first; what is there already stays.
    """

    def __init__(self, wanted: list[Path]) -> None:
        self._made: list[Path] = []
        try:
            for folder in wanted:
                self._make(folder)
        except BaseException:
            self.remove_empty()
            raise

    def _make(self, folder: Path) -> None:
        if os.path.isdir(folder):
            return
        try:
            folder.mkdir()
        except FileExistsError as error:
            raise AudioFileError(
                f"{folder} is a file where a folder was expected; give another name"
            ) from error
        except OSError as error:
            raise AudioFileError(os_sentence(folder, error, writing=True)) from error
        self._made.append(folder)

    def remove_empty(self) -> None:
        """Remove the folders that were made and hold nothing."""
        for folder in reversed(self._made):
            try:
                folder.rmdir()
            except OSError:
                continue  # something was rendered into it
