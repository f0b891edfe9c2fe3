"""Clips prepared once: shards on disk, each written whole, and continued where an earlier run stopped.

    FOLDER/train_0000.npy   (SHARD, 16000) int16, a clip's samples
    FOLDER/train_0000.labels.npy   (SHARD,) uint8, 1 where the target is
    FOLDER/rooms.npy        (ROOMS, ROOM) float16, responses of rooms to learn with
    FOLDER/store.json       what it was made from; the last thing written

Clip number i of a split comes from its own random numbers, so a store that was interrupted ends up as one that was not.
"""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from gate.cli.console import progress_bar
from gate.files.atomic import whole, write_text
from training.studies.five.clips import RATE_HZ, SPLITS, Composer, Recording

SHARD = 500
ROOMS, ROOM = 64, 8_000
"""Responses, and the half second of each that is kept."""
VERSION = 2
"""Version of how clips are made: another version makes stores again."""


@dataclass(frozen=True)
class Split:
    """Clips of one split: ``inputs`` (N, 16000) int16 or (N, 10, 128) uint8, ``labels`` (N,) float32 of 0 and 1."""

    inputs: NDArray[np.integer]
    labels: NDArray[np.float32]


@dataclass(frozen=True)
class Data:
    """All splits, and the rooms (n, 8000) float32 that belong to the training ones (none for embeddings)."""

    train: Split
    val: Split
    test: Split
    rooms: NDArray[np.float32]
    name: str = ""


def fingerprint(recordings: Sequence[Recording], counts: dict[str, int], seed: int) -> str:
    """Hash what a store is made from to 12 hexadecimal digits: each recording's name, size, owner, split and side."""
    lines = sorted(
        f"{[(p.name, p.stat().st_size) for p in r.paths]} {r.group} {r.owner} {r.split} {r.target}"
        for r in recordings
    )
    text = json.dumps([VERSION, sorted(counts.items()), seed, lines])
    return hashlib.sha256(text.encode()).hexdigest()[:12]


def prepare(
    recordings: Sequence[Recording],
    folder: Path,
    counts: dict[str, int],
    seed: int = 0,
    *,
    quiet: bool = False,
) -> Path:
    """Make whatever is still missing from the store, and return the store's folder (inside ``folder``).

    Args:
        counts: split -> clips, rounded up to whole shards of 500 (fewer make one smaller shard).
        quiet: no progress bar.

    Raises:
        ValueError: see ``Composer.compose``. OSError: the disk.
    """
    place = folder / fingerprint(recordings, counts, seed)
    if (place / "store.json").is_file():
        return place
    place.mkdir(parents=True, exist_ok=True)
    plan = [
        (split, number, min(SHARD, counts[split] - number * SHARD))
        for split in SPLITS
        for number in range(-(-counts[split] // SHARD))
    ]
    composer = Composer(recordings)
    with progress_bar(total=sum(n for *_, n in plan), unit="clip", quiet=quiet) as bar:
        for split, number, count in plan:
            shard = place / f"{split}_{number:04d}.npy"
            if shard.is_file():
                bar.update(count)
                continue
            x, y = np.empty((count, 16_000), np.int16), np.empty(count, np.uint8)
            for i in range(count):
                rng = np.random.default_rng([seed, SPLITS.index(split), number * SHARD + i])
                clip, y[i] = composer.compose(rng, split)
                x[i] = np.round(clip * 32767.0)
                bar.update()
            save(shard.with_suffix(".labels.npy"), y)
            save(shard, x)
    if not (place / "rooms.npy").is_file():
        save(place / "rooms.npy", rooms(seed).astype(np.float16))
    about = {"clips": counts, "seed": seed, "recordings": len(recordings), "rate_hz": RATE_HZ}
    write_text(place / "store.json", json.dumps(about, indent=1) + "\n")
    return place


def load(place: Path) -> Data:
    """Read a finished store.

    Raises:
        FileNotFoundError: the store is not finished. ValueError: a shard is damaged.
    """
    if not (place / "store.json").is_file():
        raise FileNotFoundError(f"expected a finished store in {place}, got none; prepare it first")
    splits = []
    for split in SPLITS:
        shards = sorted(p for p in place.glob(f"{split}_*.npy") if not p.name.endswith(".labels.npy"))
        try:
            x = np.concatenate([np.load(p) for p in shards])
            y = np.concatenate([np.load(p.with_suffix(".labels.npy")) for p in shards])
        except (ValueError, EOFError, OSError) as error:
            raise ValueError(f"expected whole shards in {place}, got {error}; delete the folder") from error
        splits.append(Split(x, y.astype(np.float32)))
    return Data(*splits, np.load(place / "rooms.npy").astype(np.float32), name=place.name)


def rooms(seed: int) -> NDArray[np.float32]:
    """Make up rooms at 16 kHz, the direct sound first: (64, 8000)."""
    from scipy.signal import resample_poly

    from training.sounds.rooms import synthetic_room

    made = np.zeros((ROOMS, ROOM), np.float32)
    for i in range(ROOMS):
        response = synthetic_room(np.random.default_rng([seed, 9, i]))
        tail = response.copy()
        tail[0] = 0.0  # the direct sound is an impulse here, not a filtered one
        low = resample_poly(tail, 1, 3)[:ROOM]
        made[i, : len(low)] = 3.0 * low  # a filter's taps are three times as far apart
        made[i, 0] += 1.0
    return made


def save(path: Path, array: NDArray) -> None:
    """Write an array whole or not at all."""
    with whole(path) as stream:
        np.save(stream, array)
