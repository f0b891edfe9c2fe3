"""The table of docs/packages.md: what each package gave, as Markdown."""

import csv
from collections import Counter, defaultdict
from collections.abc import Sequence
from pathlib import Path

from training.packages.table import Package

MOST_LICENCES = 4


def table(packages: Sequence[Package], out: Path) -> str:
    """Write a row for each package in the corpus in ``out``: classes, files, minutes, owners in each split, licences.

    Raises:
        FileNotFoundError: no corpus there.
    """
    manifest = out / "manifest.csv"
    if not manifest.is_file():
        raise FileNotFoundError(
            f"expected {manifest}, got no such file; make the corpus first, without --table"
        )
    with manifest.open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    of_package = defaultdict(list)
    for row in rows:
        of_package[row["path"].split("/")[0]].append(row)
    lines = [
        "| package (version) | MB | what it is | files and minutes | owners: train, val | licences |",
        "|---|---|---|---|---|---|",
    ]
    for package in packages:
        own = of_package.get(package.name, [])
        if own:
            lines.append(
                f"| {package.name} ({package.version}) | {package.size / 1e6:.0f} | {package.note} | {_classes(own)} "
                f"| {_owners(own)} | {_licences(own)} |"
            )
    lines += ["", f"In all: {_classes(rows)}; owners: {_owners(rows)}."]
    return "\n".join(lines)


def _classes(rows: list[dict[str, str]]) -> str:
    minutes, files = defaultdict[str, float](float), Counter[str]()
    for row in rows:
        minutes[row["class"]] += float(row["seconds"]) / 60.0
        files[row["class"]] += 1
    return ", ".join(f"{kind} {files[kind]} ({minutes[kind]:.1f})" for kind in sorted(files))


def _owners(rows: list[dict[str, str]]) -> str:
    train, val = (
        {row["speaker_or_item"] for row in rows if row["split"] == split} for split in ("train", "val")
    )
    return f"{len(train)}, {len(val)}"


def _licences(rows: list[dict[str, str]]) -> str:
    found = [name for name, _ in Counter(row["licence"] for row in rows).most_common()]
    more = f" and {len(found) - MOST_LICENCES} more" if len(found) > MOST_LICENCES else ""
    return "; ".join(found[:MOST_LICENCES]) + more
