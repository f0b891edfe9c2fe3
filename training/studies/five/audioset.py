"""AudioSet's embeddings in place of clips: 10 rows of 128 values, 0 to 255, for the original question.

    FOLDER/class_labels_indices.csv     index,mid,display_name
    FOLDER/bal_train/*.tfrecord         to learn from (4/5) and to choose by (1/5, by the video's id)
    FOLDER/eval/*.tfrecord              to judge by

A clip counts as the target if any of the named labels is among its own. Recordings shorter than ten seconds are filled
up with zeros, as AudioSet's own readers do. Source: AudioSet's download page, "Features dataset".
"""

import csv
import hashlib
import json
from collections.abc import Sequence
from difflib import get_close_matches
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from gate.cli.console import progress_bar
from gate.files.atomic import write_text
from training.studies.five.clips import SPLITS, VAL_SHARE, lot
from training.studies.five.store import ROOM, save
from training.studies.five.tfrecord import records, sequence_example

ROWS, COLUMNS = 10, 128
FOLDERS = {"bal_train": "train", "eval": "test"}
LABELS = "class_labels_indices.csv"
EMBEDDING, IDS, VIDEO = "audio_embedding", "labels", "video_id"


def label_ids(folder: Path, names: Sequence[str]) -> set[int]:
    """Find the indices of labels by their display name or machine id.

    Raises:
        FileNotFoundError: no table of labels. ValueError: the table lacks columns or a name.
    """
    path = folder / LABELS
    if not path.is_file():
        raise FileNotFoundError(
            f"expected {path}, got no such file; AudioSet's page has it beside the features"
        )
    with path.open(newline="", encoding="utf-8") as file:
        reader = csv.DictReader(file)
        if not {"index", "mid", "display_name"} <= set(reader.fieldnames or ()):
            raise ValueError(
                f"expected columns index, mid, display_name in {path}, got {reader.fieldnames}; fetch it again"
            )
        known: dict[str, int] = {}
        for row in reader:
            known[row["display_name"].lower()] = known[row["mid"]] = int(row["index"])
    ids = set()
    for name in names:
        found = known.get(name.lower(), known.get(name))
        if found is None:
            near = get_close_matches(name.lower(), known, 3)
            raise ValueError(
                f"expected --label with one of AudioSet's display names, got {name!r}; "
                + (f"is it {', '.join(near)}?" if near else f"look into {path}")
            )
        ids.add(found)
    return ids


def read(
    paths: Sequence[Path], wanted: set[int], *, quiet: bool = False
) -> tuple[NDArray, NDArray, list[str]]:
    """Read embeddings (N, 10, 128) uint8, whether they are the target (N,) uint8, and the videos' ids.

    Raises:
        ValueError: a record is damaged, or holds no embedding of 128 values a row.
    """
    tables, labels, videos = [], [], []
    for path in progress_bar(paths, unit="file", quiet=quiet):
        for number, data in enumerate(records(path)):
            example = sequence_example(data)
            rows = [row[0] for row in example.lists.get(EMBEDDING, []) if row]
            if not rows or any(not isinstance(row, bytes) or len(row) != COLUMNS for row in rows):
                raise ValueError(
                    f"{path}, record {number}: expected {EMBEDDING} with rows of {COLUMNS} bytes, got "
                    f"{[len(r) if isinstance(r, bytes) else r for r in rows[:3]] or 'none'}; use AudioSet's feature files"
                )
            table = np.zeros((ROWS, COLUMNS), np.uint8)
            some = np.frombuffer(b"".join(rows[:ROWS]), np.uint8)  # type: ignore[arg-type]
            table.reshape(-1)[: len(some)] = some
            tables.append(table)
            labels.append(bool(wanted & set(example.context.get(IDS, []))))
            video = example.context.get(VIDEO) or [f"{path.name} {number}".encode()]
            videos.append(bytes(video[0]).decode("utf-8", "replace"))  # type: ignore[arg-type]
    return np.array(tables, np.uint8), np.array(labels, np.uint8), videos


def prepare(folder: Path, names: Sequence[str], out: Path, seed: int = 0, *, quiet: bool = False) -> Path:
    """Read the files once into a store like that of clips (see ``training.studies.five.store``); returns the folder.

    Raises:
        FileNotFoundError: a folder is missing or empty. ValueError: see ``read``; or a split lacks one of the sides.
    """
    wanted = label_ids(folder, names)
    files = {part: sorted((folder / part).glob("*.tfrecord")) for part in FOLDERS}
    for part, found in files.items():
        if not found:
            raise FileNotFoundError(
                f"expected *.tfrecord in {folder / part}, got none; unpack AudioSet's features there"
            )
    listed = [f"{p.parent.name}/{p.name} {p.stat().st_size}" for found in files.values() for p in found]
    text = json.dumps([sorted(wanted), listed, seed])
    place = out / f"audioset-{hashlib.sha256(text.encode()).hexdigest()[:12]}"
    if (place / "store.json").is_file():
        return place
    place.mkdir(parents=True, exist_ok=True)
    made: dict[str, tuple[NDArray, NDArray]] = {}
    for part, split in FOLDERS.items():
        x, y, videos = read(files[part], wanted, quiet=quiet)
        if split == "train":
            val = np.array([lot(video) < VAL_SHARE for video in videos])
            made["val"], made["train"] = (x[val], y[val]), (x[~val], y[~val])
        else:
            made[split] = (x, y)
    for split in SPLITS:
        x, y = made[split]
        if not 0 < int(y.sum()) < len(y):
            raise ValueError(
                f"expected clips with and without {', '.join(names)} for {split}, got {int(y.sum())} of {len(y)} with; "
                "choose another --label or more files"
            )
        save(place / f"{split}_0000.labels.npy", y)
        save(place / f"{split}_0000.npy", x)
    save(place / "rooms.npy", np.zeros((0, ROOM), np.float16))
    write_text(place / "store.json", json.dumps({"labels": sorted(wanted), "files": len(listed)}) + "\n")
    return place
