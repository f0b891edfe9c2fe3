"""One package as a part of the corpus: fetched, unpacked, sorted, each sound cut, checked, measured and written.

    OUT/<package>/<class>/<folder>/<name>.flac
    OUT/<package>/part.json, prints.npy        what is in it, and what was left out; written last, in one move

A part that is there is finished, unless the table or the code that made it has changed since: its stamp tells. What is
unfinished lies in OUT/.work and is begun again.
"""

import hashlib
import json
import shutil
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TypeVar

import numpy as np
import soundfile

from training.packages import cut, listing
from training.packages.archive import unpack_deb
from training.packages.fetch import fetch
from training.packages.found import Found, read
from training.packages.licences import read_licences
from training.packages.measure import Measured, measure
from training.packages.prints import Prints, copies, fingerprint, stacked
from training.packages.table import Package, Sorted, names_digest, sort
from training.packages.workers import Workers

PART, PRINTS, WORK, DEBS = "part.json", "prints.npy", ".work", "debs"

FORMAT = 1
"""Counts up when the same package and rules would give another part."""

T = TypeVar("T")
Progress = Callable[[Iterable[T], str, int], Iterable[T]]


@dataclass(frozen=True)
class Row:
    """A recording of a part: the manifest's columns but the split, and the place that it had in its package."""

    path: str
    kind: str
    source: str
    licence: str
    sample_rate: int
    seconds: float
    owner: str
    peak_dbfs: float
    floor_dbfs: float
    loud_dbfs: float
    bandwidth_hz: float
    place: str


@dataclass(frozen=True)
class Dropped:
    """A sound that was left out, and why."""

    package: str
    place: str
    reason: str


@dataclass(frozen=True)
class Task:
    """A sound to be made: which, as what, under which licence, and the file it becomes (relative to the part)."""

    found: Found
    as_what: Sorted
    licence: str
    folder: Path
    path: str


@dataclass(frozen=True)
class Made:
    """What became of a task: a row and a print; or the samples of a short clip; or a reason for none."""

    row: Row | None = None
    print: Prints | None = None
    clip: cut.Sound | None = None
    rate_hz: int = 0
    reason: str = ""


def build(
    package: Package,
    out: Path,
    workers: Workers,
    progress: Progress[Made],
    mirrors: Sequence[str] = (),
    keep: bool = True,
) -> None:
    """Make a package's part of the corpus in ``out``, unless it is there.

    Args:
        package: which.
        out: the corpus' folder.
        workers: processes to do it in.
        progress: shows how far a sequence is: of (things, title, how many).
        mirrors: see ``fetch``.
        keep: keep the package's file after its part is finished.

    Raises:
        ValueError: the package cannot be had, or is damaged; the sentence says what to do.
        OSError: the disk is full, or may not be written.
    """
    if is_finished(package, out):
        return
    deb = fetch(package, out / DEBS, mirrors)
    work = out / WORK / package.name
    shutil.rmtree(work, ignore_errors=True)
    unpacked, part = work / "unpacked", work / "part"
    part.mkdir(parents=True)
    unpack_deb(deb, unpacked, listing.wanted)
    tasks, dropped = _tasks(package, unpacked, part)
    if not tasks:
        raise ValueError(f"expected sounds in {deb.name}, got none that a rule takes; correct its rules")
    rows, prints, more = _make_all(package, tasks, workers, progress)
    np.save(part / PRINTS, stacked(prints))
    text = {
        "stamp": stamp(package),
        "rows": [asdict(row) for row in rows],
        "dropped": [asdict(one) for one in dropped + more],
    }
    (part / PART).write_text(json.dumps(text, indent=1), encoding="utf-8")
    shutil.rmtree(out / package.name, ignore_errors=True)
    part.rename(out / package.name)
    shutil.rmtree(work, ignore_errors=True)
    if not keep:
        deb.unlink()


def is_finished(package: Package, out: Path) -> bool:
    """Tell whether a package's part is there, as the table of now would make it."""
    path = out / package.name / PART
    return path.is_file() and json.loads(path.read_text(encoding="utf-8")).get("stamp") == stamp(package)


def stamp(package: Package) -> str:
    """Compute what a part depends on: the package, its rules, the lists of names, and the code's ``FORMAT``."""
    rules = [vars(rule) | {"path": rule.path.pattern} for rule in package.rules]
    text = repr((FORMAT, package.sha256, package.licence, package.collection, rules, names_digest()))
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def read_part(out: Path, name: str) -> tuple[list[Row], Prints, list[Dropped]]:
    """Read a finished part: its rows, their prints in the same order, and what was left out."""
    folder = out / name
    part = json.loads((folder / PART).read_text(encoding="utf-8"))
    rows = [Row(**row) for row in part["rows"]]
    return rows, np.load(folder / PRINTS), [Dropped(**one) for one in part["dropped"]]


def _tasks(package: Package, unpacked: Path, part: Path) -> tuple[list[Task], list[Dropped]]:
    """Sort a package's sounds: what is to be made, and what is left out."""
    licences = read_licences(unpacked / "usr/share/doc" / package.name / "copyright")
    tasks, dropped, taken = [], [], set[str]()
    for found in listing.find(unpacked):
        what = sort(package, found)
        if isinstance(what, str):
            dropped.append(Dropped(package.name, found.place, what))
            continue
        stem = f"{what.kind}/{what.folder}/{what.name}"
        path, number = f"{stem}.flac", 2
        while path.lower() in taken:
            path, number = f"{stem}-{number}b.flac", number + 1
        taken.add(path.lower())
        licence = what.licence or licences.of(found.place) or package.licence
        tasks.append(Task(found, what, licence, part, path))
    return tasks, dropped


def _make_all(
    package: Package, tasks: list[Task], workers: Workers, progress: Progress[Made]
) -> tuple[list[Row], list[Prints], list[Dropped]]:
    rows, prints, dropped, clips = list[Row](), list[Prints](), list[Dropped](), list[tuple[Task, Made]]()
    for task, made in zip(tasks, progress(workers.map(make, tasks), package.name, len(tasks)), strict=True):
        if made.reason:
            dropped.append(Dropped(package.name, task.found.place, made.reason))
        elif made.clip is not None:
            clips.append((task, made))
        else:
            assert made.row is not None and made.print is not None
            rows.append(made.row)
            prints.append(made.print)
    double = copies(stacked([made.print for _, made in clips if made.print is not None]))
    for later, first in double.items():
        reason = f"the same as {clips[first][0].found.place}"
        dropped.append(Dropped(package.name, clips[later][0].found.place, reason))
    groups: dict[tuple[str, int], list[tuple[Task, Made]]] = {}
    for index, (task, made) in enumerate(clips):
        if index not in double:
            groups.setdefault((task.as_what.owner, made.rate_hz), []).append((task, made))
    counts = Counter[str]()
    for number, ((owner, rate_hz), group) in enumerate(sorted(groups.items())):
        rng, what = np.random.default_rng([number, len(group)]), group[0][0].as_what
        for x in cut.joined([made.clip for _, made in group if made.clip is not None], rate_hz, rng):
            stem = f"{what.kind}/{what.folder}/joined-{rate_hz}"
            counts[stem] += 1
            path, place = f"{stem}_{counts[stem]:03d}.flac", f"{len(group)} clips of {owner}"
            rows.append(_written(group[0][0], path, x, rate_hz, measure(x, rate_hz), place))
            prints.append(fingerprint(x, rate_hz))
    return rows, prints, dropped


def make(task: Task) -> Made:
    """Make one sound: read, cut, checked, measured, and written unless it is a short clip of speech."""
    kind = task.as_what.kind
    try:
        x, rate_hz = read(task.found, cut.LIMITS[kind].most_s + 1.0, cut.LOOP_S)
    except (ValueError, OSError, soundfile.LibsndfileError) as error:
        return Made(reason=f"cannot be read: {error}")
    sample = task.found.sample
    x, _ = cut.without_offset(x, rate_hz)
    x = cut.cut(x, rate_hz, kind, looped=sample is not None and sample.loop[1] > 0)
    measured = measure(x, rate_hz)
    reason = cut.refusal(x, rate_hz, kind, measured)
    if reason:
        return Made(reason=reason)
    if kind == "speech" and cut.is_clip(x, rate_hz, measured):
        return Made(clip=x, rate_hz=rate_hz, print=fingerprint(x, rate_hz))
    return Made(
        _written(task, task.path, x, rate_hz, measured, task.found.place),
        fingerprint(x, rate_hz),
        rate_hz=rate_hz,
    )


def _written(task: Task, path: str, x: cut.Sound, rate_hz: int, measured: Measured, place: str) -> Row:
    """Write a sound as FLAC of 16 bits."""
    file = task.folder / path
    file.parent.mkdir(parents=True, exist_ok=True)
    soundfile.write(file, np.clip(x, -1.0, 1.0), rate_hz, format="FLAC", subtype="PCM_16")
    return Row(
        path=path,
        kind=task.as_what.kind,
        source=task.as_what.source,
        licence=task.licence,
        sample_rate=rate_hz,
        seconds=round(len(x) / rate_hz, 3),
        owner=task.as_what.owner,
        peak_dbfs=round(measured.peak_dbfs, 1),
        floor_dbfs=round(measured.floor_dbfs, 1),
        loud_dbfs=round(measured.loud_dbfs, 1),
        bandwidth_hz=round(measured.bandwidth_hz),
        place=place,
    )
