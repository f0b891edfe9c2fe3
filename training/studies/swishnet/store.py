"""MFCC frames of every recording, on disk, prepared once: decoding and cleaning cost far more than learning from it.

A store is a folder of memory-mapped arrays. Recordings lie end to end, each in a span as long as it could need, so a
preparation that was interrupted continues where it stopped, in any order. Clips of any length are cut from the frames
later (training.studies.swishnet.clips): one store serves them all, at a sixth of what the clips themselves would take.
"""

import hashlib
import json
import multiprocessing
import signal
from collections.abc import Iterable, Sequence
from contextlib import contextmanager
from dataclasses import asdict, replace
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from gate.cli.console import progress_bar
from gate.files.atomic import write_text
from training.networks.mfcc import BEFORE, COEFFICIENTS, HOP, RATE, band_powers, coefficients
from training.recordings.corpus import Item
from training.recordings.reading import read_mono
from training.studies.swishnet.clean import clean
from training.studies.swishnet.log_mmse import log_mmse
from training.studies.swishnet.recordings import data_hash
from training.studies.swishnet.settings import CleanConfig, StoreConfig

PIECE = 60 * RATE
"""Samples whose frames are computed at once: a recording of an hour needs no more memory than one of a minute."""


class Store:
    """Prepared frames, opened for reading: ``frames`` (F, 20), ``starts`` and ``counts`` of each recording in it."""

    def __init__(self, folder: Path, items: Sequence[Item]) -> None:
        facts = np.load(folder / "facts.npy")
        if not facts[:, 1].all():
            raise ValueError(
                f"{folder} holds {int(facts[:, 1].sum())} of {len(facts)} recordings; prepare it again to finish it"
            )
        self.folder = folder
        self.items = tuple(items)
        self.frames: NDArray[np.floating] = np.load(folder / "frames.npy", mmap_mode="r")
        self.starts = _starts(items)[:-1]
        self.counts: NDArray[np.int64] = facts[:, 0]


def prepare(
    items: Sequence[Item], cleaning: CleanConfig, config: StoreConfig, *, denoise: bool = False
) -> Store:
    """Decode, clean and transform every recording; continue or reuse an earlier run.

    The folder's name carries a hash of everything that the content depends on: recordings, cleaning, front. Which part a
    recording is in does not count.

    Args:
        denoise: suppress noise (``log_mmse``) before anything else.

    Raises:
        ValueError: a recording is not audio, or longer than its header says.
    """
    recipe = {
        "data": data_hash([replace(item, split="") for item in items]),
        "clean": asdict(cleaning),
        "log_mmse": denoise,
        "half": config.half,
        "front": _front(),
    }
    name = hashlib.sha256(json.dumps(recipe, sort_keys=True).encode()).hexdigest()[:12]
    folder = Path(config.folder) / f"mfcc-{len(items)}-{name}"
    folder.mkdir(parents=True, exist_ok=True)
    starts = _starts(items)
    dtype = np.float16 if config.half else np.float32
    frames = _open(folder / "frames.npy", (int(starts[-1]), COEFFICIENTS), dtype)
    facts = _open(folder / "facts.npy", (len(items), 2), np.int64)  # frames, done
    todo = [i for i in range(len(items)) if not facts[i, 1]]
    if todo:
        write_text(folder / "recipe.json", json.dumps(recipe, indent=1))
        with _workers(config.jobs, (items, cleaning, denoise)) as spread:
            for i, made in progress_bar(
                spread(_prepare, todo), total=len(todo), title="recordings", unit="file"
            ):
                if len(made) > starts[i + 1] - starts[i]:
                    raise ValueError(
                        f"expected {items[i].seconds:.1f} s in {items[i].path}, as its header says, got more; replace it"
                    )
                frames[starts[i] : starts[i] + len(made)] = made
                facts[i] = len(made), 1
        frames.flush()
        facts.flush()
    return Store(folder, items)


def features(item: Item, cleaning: CleanConfig, denoise: bool) -> NDArray[np.float32]:
    """Compute frames (t, 20) of a recording, cleaned."""
    x = read_mono(item.path, RATE)
    if denoise:
        x = log_mmse(x, RATE)
    return mfcc_of(clean(x, cleaning, RATE))


def mfcc_of(x: NDArray[np.float32]) -> NDArray[np.float32]:
    """Compute ``training.networks.mfcc.mfcc`` of (n,) samples, a minute at a time: (n // 160, 20)."""
    rows, before = [], torch.zeros(1, BEFORE)
    for start in range(0, len(x), PIECE):
        piece = torch.from_numpy(x[None, start : start + PIECE])
        rows.append(coefficients(band_powers(piece, before))[0].numpy())
        before = torch.cat([before, piece], dim=1)[:, -BEFORE:]
    return np.concatenate(rows) if rows else np.zeros((0, COEFFICIENTS), np.float32)


_worker: dict[str, tuple[Sequence[Item], CleanConfig, bool]] = {}


def _start_worker(items: Sequence[Item], cleaning: CleanConfig, denoise: bool) -> None:
    torch.set_num_threads(1)
    _worker["what"] = items, cleaning, denoise


def _start_process(*what: object) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # whoever started the workers ends them, and says so
    _start_worker(*what)


def _prepare(i: int) -> tuple[int, NDArray[np.float32]]:
    items, cleaning, denoise = _worker["what"]
    return i, features(items[i], cleaning, denoise)


@contextmanager
def _workers(jobs: int, what: tuple[object, ...]) -> Iterable:
    if jobs <= 1:
        _start_worker(*what)
        yield map
        return
    with multiprocessing.get_context("spawn").Pool(jobs, _start_process, what) as pool:
        yield pool.imap_unordered


def _starts(items: Sequence[Item]) -> NDArray[np.int64]:
    """Find where each recording's span begins, and the last one's end: a span has the header's frames, and one more."""
    return np.cumsum([0, *(int(item.seconds * RATE) // HOP + 1 for item in items)])


def _front() -> str:
    """Hash what the front makes of a sweep, coarse enough to be the same on every machine."""
    t = np.arange(RATE) / RATE
    rows = mfcc_of((0.3 * np.sin(2 * np.pi * (100.0 + 3000.0 * t) * t)).astype(np.float32))
    return hashlib.sha256(np.round(rows.sum(axis=0)).astype(np.int64).tobytes()).hexdigest()[:12]


def _open(path: Path, shape: tuple[int, ...], dtype: type) -> np.memmap:
    if path.exists():
        return np.lib.format.open_memmap(path, mode="r+")
    return np.lib.format.open_memmap(path, mode="w+", dtype=dtype, shape=shape)
