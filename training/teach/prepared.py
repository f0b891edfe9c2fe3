"""Rows prepared once, in a folder of memory-mapped arrays: composing sound costs far more than learning from it.

Row ``i`` depends on what the store's recipe says and on ``i`` alone, so a store is the same however many processes made it,
and an interrupted preparation continues where it stopped.
"""

import hashlib
import json
import multiprocessing
import signal
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch

from gate.cli.console import progress_bar
from gate.files.atomic import write_text

FACTS = "facts"
"""The array whose last column says whether a row is done."""

Rows = Mapping[str, Any]


def folder_for(store: str | Path, prefix: str, recipe: Mapping[str, Any]) -> Path:
    """Return the store's folder: the name carries a hash of everything that the content depends on."""
    name = hashlib.sha256(json.dumps(recipe, sort_keys=True).encode()).hexdigest()[:12]
    return Path(store) / f"{prefix}-{name}"


def fill(
    folder: Path,
    recipe: Mapping[str, Any],
    count: int,
    shapes: Mapping[str, tuple[tuple[int, ...], type]],
    facts: int,
    row: Callable[[int], tuple[int, Rows]],
    start: Callable[..., None],
    what: tuple[object, ...],
    *,
    jobs: int,
    words: str,
) -> None:
    """Make the rows that are still missing.

    Args:
        shapes: of one row of each array, and its type.
        facts: how many numbers are stored about a row, as float64 in the array ``facts``; one more says: row done.
        row: i -> (i, the arrays' rows by name, ``facts`` among them); a function of a module, as processes call it.
        start: called with ``what`` once in every process, before any row.
        words: what the progress bar says.
    """
    folder.mkdir(parents=True, exist_ok=True)
    arrays = {
        name: _open(folder / f"{name}.npy", (count, *shape), kind) for name, (shape, kind) in shapes.items()
    }
    done = _open(folder / f"{FACTS}.npy", (count, facts + 1), np.float64)
    todo = [i for i in range(count) if not done[i, -1]]
    if not todo:
        return
    write_text(folder / "recipe.json", json.dumps(recipe, indent=1))
    with multiprocessing.get_context("spawn").Pool(jobs, _start, (start, what)) as pool:
        for i, made in progress_bar(pool.imap_unordered(row, todo), total=len(todo), title=words):
            for name, array in arrays.items():
                array[i] = made[name]
            done[i] = *made[FACTS], 1.0
    for array in (*arrays.values(), done):
        array.flush()


def read(folder: Path, names: tuple[str, ...]) -> dict[str, np.ndarray]:
    """Open a finished store's arrays for reading, and its ``facts``.

    Raises:
        ValueError: rows are missing.
    """
    facts = np.load(folder / f"{FACTS}.npy")
    if not facts[:, -1].all():
        raise ValueError(
            f"{folder} holds {int(facts[:, -1].sum())} of {len(facts)} rows; prepare it again to finish it"
        )
    return {name: np.load(folder / f"{name}.npy", mmap_mode="r") for name in names} | {FACTS: facts[:, :-1]}


def _start(start: Callable[..., None], what: tuple[object, ...]) -> None:
    torch.set_num_threads(1)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # whoever started the workers ends them, and says so
    start(*what)


def _open(path: Path, shape: tuple[int, ...], kind: type) -> np.memmap:
    if path.exists():
        return np.lib.format.open_memmap(path, mode="r+")
    return np.lib.format.open_memmap(path, mode="w+", dtype=kind, shape=shape)
