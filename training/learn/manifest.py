"""From a user's folders to a corpus with a manifest: heard once, sorted out, and ready to be learned from.

Everything made on the way lies in a work folder, and what is there already is not made again: ``examples.jsonl`` (what
was heard of each file), ``sums/`` (stems that are one bleed together), ``cut/`` (a lone recording, cut into a part to
learn from and a part to judge by), ``manifest.csv``.
"""

import csv
import dataclasses
import hashlib
import io
import json
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import TypeVar

import numpy as np
import soundfile

from gate.constants import RATE
from gate.files.atomic import whole, write_text
from training.learn.cut import cut_in_two
from training.learn.examples import ENOUGH_SIDE_S, Measured, findings, left_out, measure
from training.learn.findings import Finding
from training.recordings.corpus import COLUMNS
from training.recordings.layouts import Found
from training.recordings.reading import read_mono
from training.teach.features import Front

LEARN_SHARE = 0.8
"""Share of a lone recording that is learned from."""
T = TypeVar("T")
Progress = Callable[[Sequence[T], str], Iterable[T]]
"""A function that goes through things and shows how far it is: tqdm, with a title."""


def summed(found: Sequence[Found], work: Path, progress: Progress[Found]) -> list[Found]:
    """Make every recording one file: stems that belong together are added and stored in ``work/sums``.

    Raises:
        ValueError: the stems of a track differ in rate or length by more than a second, or are not audio.
    """
    several = [one for one in found if len(one.paths) > 1]
    made: dict[tuple[Path, ...], Path] = {}
    for one in progress(several, "summing stems") if several else ():
        made[one.paths] = _sum(one.paths, work / "sums")
    return [dataclasses.replace(one, paths=(made.get(one.paths, one.paths[0]),)) for one in found]


def look(found: Sequence[Found], work: Path, progress: Progress[Found]) -> list[Measured]:
    """Hear every file, or read from the notes what was heard last time if size and date are the same."""
    work.mkdir(parents=True, exist_ok=True)
    notes = work / "examples.jsonl"
    known = _remembered(notes)
    front, measured = Front(), []
    new = [one for one in found if _key(one) not in known]
    with notes.open("a", encoding="utf-8") as file:
        for one in progress(new, "looking at the examples") if new else ():
            heard = measure(one.paths[0], one.side, front)
            known[_key(one)] = heard
            file.write(json.dumps({"key": _key(one), **dataclasses.asdict(heard)}) + "\n")
            file.flush()
    measured += [known[_key(one)] for one in found]
    return measured


def sort_out(
    found: Sequence[Found], measured: Sequence[Measured], enough_side_s: float = ENOUGH_SIDE_S
) -> tuple[list[Found], list[Finding]]:
    """Pick what is fit to learn from; also return what is wrong (see ``training.learn.examples.findings``)."""
    wrong = findings(measured, enough_side_s=enough_side_s)
    out = left_out(wrong)
    return [one for one in found if str(one.paths[0]) not in out], wrong


def write_manifest(found: Sequence[Found], measured: Sequence[Measured], work: Path) -> Path:
    """Write a corpus folder of these files (absolute paths), for ``Corpus.from_manifest``; returns the folder.

    A side without a split of its own has its recordings cut: the last fifth judges.
    """
    facts = {one.path: one for one in measured}
    rows = []
    for side in ("target", "bleed"):
        own = [one for one in found if one.side == side]
        if any(one.split == "val" for one in own) and any(one.split == "train" for one in own):
            rows += [_row(one, facts[str(one.paths[0])], one.split) for one in own]
        else:
            rows += _cut(own, facts, work / "cut")
    val = {row["class"] for row in rows if row["split"] == "val"}
    if not val & {"noise", "bleed"}:  # judged scenes want noise first; other classes become plain bleed
        for row in rows:
            row["class"] = "bleed" if row["class"] in ("music", "noise") else row["class"]
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, (*COLUMNS, "source", "licence"))
    writer.writeheader()
    writer.writerows(rows)
    write_text(work / "manifest.csv", text.getvalue())
    return work


def _row(
    one: Found, fact: Measured, split: str, path: Path | None = None, seconds: float = 0.0
) -> dict[str, object]:
    return {
        "path": (path or one.paths[0]).resolve(),
        "class": one.kind,
        "speaker_or_item": one.owner,
        "split": split,
        "seconds": seconds or fact.seconds,
        "range_db": fact.range_db,
        "bandwidth_hz": fact.rate_hz / 2,
        "source": one.source,
        "licence": one.licence,
    }


def _cut(found: Sequence[Found], facts: dict[str, Measured], folder: Path) -> list[dict[str, object]]:
    """Cut a side of one owner in two: pieces in ``folder``, named after the recordings they are cut from."""
    rows: list[dict[str, object]] = []
    if not found:
        return rows
    sounds = [read_mono(one.paths[0]) for one in found]
    folder.mkdir(parents=True, exist_ok=True)
    for split, pieces in zip(("train", "val"), cut_in_two(sounds, LEARN_SHARE), strict=True):
        for number, x in enumerate(pieces):
            path = folder / f"{found[0].side}-{split}-{number}.wav"
            _write(path, x)
            fact = max((facts[str(one.paths[0])] for one in found), key=lambda fact: fact.range_db)
            rows.append(_row(found[0], fact, split, path, len(x) / RATE))
    return rows


def _sum(paths: tuple[Path, ...], folder: Path) -> Path:
    """Sum some files, half as loud (two stems may be louder than a file holds)."""
    name = hashlib.sha256("\n".join(f"{p.resolve()} {p.stat().st_size}" for p in paths).encode()).hexdigest()[
        :16
    ]
    path = folder / f"{paths[0].parent.name}-{name}.wav"
    if not path.exists():
        sounds = [read_mono(p) for p in paths]
        total = np.zeros(max(len(x) for x in sounds), np.float32)
        for x in sounds:
            total[: len(x)] += 0.5 * x
        folder.mkdir(parents=True, exist_ok=True)
        _write(path, total)
    return path


def _write(path: Path, x: np.ndarray) -> None:
    with whole(path) as stream:
        soundfile.write(stream, x, RATE, format="WAV", subtype="FLOAT")


def _key(one: Found) -> str:
    path = one.paths[0]
    try:
        stat = path.stat()
    except OSError:  # a link that leads nowhere: hearing it says so
        return f"{one.side} {path} cannot be read"
    return f"{one.side} {path.resolve()} {stat.st_size} {stat.st_mtime_ns}"


def _remembered(notes: Path) -> dict[str, Measured]:
    """Read what was heard before; a file whose line was cut off is heard again."""
    known = {}
    for line in notes.read_text(encoding="utf-8").splitlines() if notes.exists() else ():
        try:
            row = json.loads(line)
            key = row.pop("key")
            known[key] = Measured(**{k: tuple(v) if isinstance(v, list) else v for k, v in row.items()})
        except (ValueError, KeyError, TypeError):
            continue
    return known
