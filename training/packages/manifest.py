"""The corpus as a whole: parts put together, copies taken out, owners split, manifest.csv and dropped.csv written."""

import csv
import hashlib
import io
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from gate.files.atomic import whole, write_text
from training.packages.build import PART, Dropped, Progress, Row, read_part
from training.packages.prints import Prints, copies, fingerprint, stacked
from training.packages.table import Package
from training.recordings.corpus import Corpus
from training.recordings.reading import read_sound

COLUMNS = (
    *("path", "class", "source", "licence", "sample_rate", "seconds", "speaker_or_item", "split"),
    *("peak_dbfs", "floor_dbfs", "loud_dbfs", "range_db", "bandwidth_hz"),
)
VAL_SHARE = 0.12
"""Share of the owners that judge."""

NOT_COMPARED = ("impulse_response", "songs", "drums_multimic")
"""Classes of a corpus that are no single sounds."""


def assemble(out: Path, packages: Sequence[Package], others: Prints, names: Sequence[str]) -> tuple[int, int]:
    """Write manifest.csv and dropped.csv of the parts that are finished.

    Args:
        out: the corpus' folder.
        packages: the table, in whose order copies are told from originals.
        others: prints of recordings that are not to be in it again, see ``prints_of``.
        names: their names.

    Returns:
        How many recordings are in the manifest, and how many sounds were left out.
    """
    rows, prints, dropped, where = list[Row](), list[Prints](), list[Dropped](), list[str]()
    for package in packages:
        if (out / package.name / PART).is_file():
            own, own_prints, own_dropped = read_part(out, package.name)
            rows += own
            where += [package.name] * len(own)
            prints.append(own_prints)
            dropped += own_dropped
    double = copies(np.concatenate([others, *prints]), len(others))
    lines = []
    for index, (row, package_name) in enumerate(zip(rows, where, strict=True)):
        first = double.get(index + len(others))
        if first is None:
            lines.append(_line(row, package_name))
        else:
            same = names[first] if first < len(others) else _place(where, rows, first - len(others))
            dropped.append(Dropped(package_name, row.place, f"the same as {same}"))
    write_text(out / "dropped.csv", _csv(("package", "place", "reason"), [vars(one) for one in dropped]))
    write_text(out / "manifest.csv", _csv(COLUMNS, lines))
    return len(lines), len(dropped)


def prints_of(folder: Path, memory: Path, progress: Progress[Prints]) -> tuple[Prints, list[str]]:
    """Take the prints of the recordings of a corpus with a manifest, or read them from what was taken last time.

    Args:
        folder: the corpus.
        memory: a folder for prints that were taken.
        progress: shows how far a sequence is, as in ``build``.

    Returns:
        (n, LENGTH) float16, and the recordings' names.

    Raises:
        FileNotFoundError, ValueError: see ``Corpus.from_manifest`` and ``read_sound``.
    """
    items = [i for i in Corpus.from_manifest(folder).all if i.kind.split("/")[0] not in NOT_COMPARED]
    names = [item.name for item in items]
    known = memory / f"{hashlib.sha256((folder / 'manifest.csv').read_bytes()).hexdigest()[:16]}.npy"
    if known.is_file():
        return np.load(known), names
    taken = stacked(list(progress((_print(item.path) for item in items), str(folder), len(items))))
    memory.mkdir(parents=True, exist_ok=True)
    with whole(known) as file:
        np.save(file, taken)
    return taken, names


def _print(path: Path) -> Prints:
    x, rate_hz, _ = read_sound(path)
    return fingerprint(x.mean(axis=1), rate_hz)


def split_of(owner: str) -> str:
    """Tell which part of the corpus an owner is in, always the same."""
    lot = int.from_bytes(hashlib.sha256(f"packages {owner}".encode()).digest()[:4], "big") / 2**32
    return "val" if lot < VAL_SHARE else "train"


def _line(row: Row, package_name: str) -> dict[str, object]:
    return {
        "path": f"{package_name}/{row.path}",
        "class": row.kind,
        "source": row.source,
        "licence": row.licence,
        "sample_rate": row.sample_rate,
        "seconds": row.seconds,
        "speaker_or_item": row.owner,
        "split": split_of(row.owner),
        "peak_dbfs": row.peak_dbfs,
        "floor_dbfs": row.floor_dbfs,
        "loud_dbfs": row.loud_dbfs,
        "range_db": round(row.loud_dbfs - row.floor_dbfs, 1),
        "bandwidth_hz": int(row.bandwidth_hz),
    }


def _place(where: list[str], rows: list[Row], index: int) -> str:
    return f"{where[index]}/{rows[index].path}"


def _csv(columns: Sequence[str], rows: Sequence[dict[str, object]]) -> str:
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, columns, lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()
