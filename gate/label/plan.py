"""Which recordings a command line of gate-label means, and where the labels of each go."""

import os
from dataclasses import dataclass, field
from pathlib import Path

from gate.errors import GateError, UsageError
from gate.files.inputs import apart, find, identity, refuse_outputs
from gate.label.formats import ENDINGS, distinct


@dataclass
class LabelPlan:
    """The recordings to label, and where the labels of each go.

    Attributes:
        sources: recordings, each with its name in the labels: the path below the folder it was found in.
        format: of the labels.
        target: the one file for all, or None.
        each: a file of labels for each recording, by recording; empty with ``target``.
        pictures: a picture for each recording, by recording; empty where none are wanted.
        folders: folders that have to be there, parents first.
        failures: inputs that cannot be labelled, each with its sentence.
    """

    sources: list[tuple[Path, str]] = field(default_factory=list)
    format: str = "csv"
    target: Path | None = None
    each: dict[Path, Path] = field(default_factory=dict)
    pictures: dict[Path, Path] = field(default_factory=dict)
    folders: list[Path] = field(default_factory=list)
    failures: list[tuple[Path, str]] = field(default_factory=list)

    @property
    def names(self) -> list[str]:
        """The recordings' names in the labels."""
        return [name for _, name in self.sources]


def make_plan(
    inputs: list[str],
    output: str | None,
    format_: str | None,
    frames: Path | None,
    picture: Path | None,
    force: bool,
) -> LabelPlan:
    """Work out what to listen to and what to write.

    Args:
        inputs: files and folders.
        output: ``-o``: a file of labels, a folder, or None.
        format_: of the files in a folder.
        frames: a file for all frames, or None.
        picture: a file for one recording, a folder for several, or None.
        force: existing files may be replaced.

    Raises:
        GateError: none of it can be done.
    """
    if output is None and frames is None and picture is None:
        raise UsageError("nothing to write was named; give -o labels.csv, --frames or --picture")
    plan = LabelPlan()
    one = len(inputs) == 1 and not os.path.isdir(inputs[0])
    found: list[tuple[Path, Path]] = []
    for path in map(Path, inputs):
        try:
            found += find(path, None, plan.failures)
        except GateError as error:
            if len(inputs) == 1:
                raise
            plan.failures.append((path, str(error)))
    placed = apart(found)
    plan.sources = [(source, relative.as_posix()) for source, relative in placed]
    _place_labels(plan, placed, output, format_, one)
    _place_pictures(plan, placed, picture, one)
    files = [path for path in (plan.target, frames) if path is not None]
    files += [*plan.each.values(), *plan.pictures.values()]
    read = {identity(source) for source, _ in plan.sources}
    refuse_outputs(files, read, force=force, an_input=UsageError)
    return plan


def _place_labels(
    plan: LabelPlan, placed: list[tuple[Path, Path]], output: str | None, format_: str | None, one: bool
) -> None:
    """Decide where labels go, and in which format."""
    if output is None:
        return
    target = Path(output)
    ending = target.suffix.lower()
    if os.path.isdir(target) or output.endswith(("/", os.sep)) or not ending:
        plan.format = format_ or "csv"
        suffix = next(suffix for suffix, name in ENDINGS.items() if name == plan.format)
        suffix = ".TextGrid" if plan.format == "TextGrid" else suffix
        full = [relative.as_posix() for _, relative in placed]
        names = distinct([relative.with_suffix("").as_posix() for _, relative in placed], full, full)
        plan.each = {
            source: target / (name + suffix) for (source, _), name in zip(placed, names, strict=True)
        }
        _add_folders(plan, target, plan.each)
        return
    if ending not in ENDINGS:
        raise UsageError(
            f"labels in {target.name}: expected .csv, .TextGrid or .rttm, or a folder; give one with -o"
        )
    plan.format = ENDINGS[ending]
    if format_ not in (None, plan.format):
        raise UsageError(
            f"--format {format_} was given for {target.name}; leave it out, or give a folder with -o"
        )
    if plan.format == "TextGrid" and not one:
        raise UsageError(
            "a TextGrid holds one recording, several were given; give a folder with -o, and --format TextGrid"
        )
    plan.target = target


def _place_pictures(
    plan: LabelPlan, placed: list[tuple[Path, Path]], picture: Path | None, one: bool
) -> None:
    if picture is None:
        return
    if one and not os.path.isdir(picture):
        plan.pictures = {source: picture for source, _ in placed}
        return
    plan.pictures = {
        source: picture / relative.with_name(relative.name + ".png") for source, relative in placed
    }
    _add_folders(plan, picture, plan.pictures)


def _add_folders(plan: LabelPlan, top: Path, files: dict[Path, Path]) -> None:
    inside = {parent for file in files.values() for parent in file.parents if top in parent.parents}
    plan.folders += [top, *sorted(inside)]
