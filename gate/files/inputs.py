"""Inputs that a command line means, each with its place below the output folder; and folders made for outputs."""

import os
from collections import defaultdict
from collections.abc import Collection, Iterable
from pathlib import Path

from gate.errors import AudioFileError, GateError, UsageError
from gate.files.atomic import os_sentence, refuse_target
from gate.files.folder_walk import has_ending, walk
from gate.files.sound_format import EXTENSIONS, NAMED


def find(path: Path, target: Path | None, failures: list[tuple[Path, str]]) -> list[tuple[Path, Path]]:
    """Find the sound files that an input means, each with its path below the output folder.

    Args:
        path: a file or a folder.
        target: a folder that sound is written to, which is not searched, nor through a link; None where no sound is written.
        failures: takes folders that cannot be read and links that lead nowhere, each with its sentence.

    Raises:
        AudioFileError: the input is a folder without sound files, or the target itself.
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
    """Leave out files that come twice, and give namesakes as much of their paths as sets them apart."""
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


def identity(path: Path) -> object:
    """Return an object that is the same for every spelling of a file's name, links included."""
    try:
        about = os.stat(path)
    except OSError:
        return os.path.realpath(path)
    return about.st_dev, about.st_ino


class Folders:
    """Folders made for a run; those that stay empty are removed.

    Args:
        wanted: parents first; an existing folder stays.
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


def refuse_outputs(
    outputs: Iterable[Path],
    inputs: Collection[object],
    *,
    force: bool,
    an_input: type[GateError] = AudioFileError,
) -> None:
    """Refuse outputs that are an input, are given twice, or exist already.

    Args:
        outputs: files to be written.
        inputs: the ``identity`` of each file that is read.
        force: existing files may be replaced.
        an_input: the error for an output that is an input.

    Raises:
        GateError: ``an_input``; UsageError for one file given twice; AudioFileError for what is there.
    """
    names: set[str] = set()
    for path in outputs:
        if identity(path) in inputs:
            raise an_input(
                f"{path} is an input itself, output and input must differ; give another name with -o or its option"
            )
        name = os.path.realpath(path)
        if name in names:
            raise UsageError(
                f"{path} was given for two outputs, one file each was expected; give another name"
            )
        names.add(name)
        refuse_target(path, force=force)
