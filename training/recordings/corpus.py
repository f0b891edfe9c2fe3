"""Recordings to learn from: a manifest, or plain folders of what should pass and what should not.

Nothing here mixes or changes sound; the module finds recordings, says what is known about them, and returns them
as mono float32 at 48 kHz, from memory when they have been asked for before.
"""

import csv
import hashlib
from collections import OrderedDict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from gate.constants import RATE
from gate.files.folder_walk import has_ending, walk
from gate.levels import WINDOW, block_levels_db
from training.recordings.reading import read_length, read_mono

LEAST_RANGE_DB = 38.0
"""A target whose floor is closer than this to its loud level would teach that room tone is speech."""

CACHE_BYTES = 2_500_000_000
"""Memory for decoded recordings, one process: five hours of mono at 48 kHz in half precision take 1.7 GB."""

VAL_SHARE = 0.15
"""Share of plain-folder files that go to ``val``."""

T = TypeVar("T")

AUDIO_SUFFIXES = (".wav", ".flac", ".ogg", ".oga", ".opus", ".mp3", ".aif", ".aiff")
SPLITS = ("train", "val")
COLUMNS = ("path", "class", "speaker_or_item", "split", "seconds", "range_db", "bandwidth_hz")


@dataclass(frozen=True)
class Item:
    """One recording and what is known about it.

    ``kind`` is its class ("speech", "drums/kick", ...), ``owner`` the speaker, item or kit that the split
    goes by, ``range_db`` its loud level minus its floor, ``bandwidth_hz`` where its spectrum ends. ``name`` is its place in
    its corpus, which does not depend on where the corpus lies; the whole path where none is given.
    """

    path: Path
    kind: str
    owner: str
    split: str
    source: str = ""
    licence: str = ""
    seconds: float = 0.0
    range_db: float = float("inf")
    bandwidth_hz: float = RATE / 2
    name: str = ""

    def __post_init__(self) -> None:
        """Fill in the name."""
        if not self.name:
            object.__setattr__(self, "name", self.path.as_posix())


class Corpus:
    """A set of items and the memory of those that were decoded. One per process; not shared by threads.

    ``read`` gives the samples of a path, (n,) mono at 48 kHz: of a file, unless the items are not in files.
    """

    def __init__(
        self,
        items: Iterable[Item],
        cache_bytes: int = CACHE_BYTES,
        read: Callable[[Path], NDArray[np.floating]] | None = None,
    ):
        self.all = tuple(items)
        self._read = read or read_mono
        self._cache: OrderedDict[Path, NDArray[np.float16]] = OrderedDict()
        self._cache_bytes = cache_bytes
        self._held_bytes = 0
        self._found: dict[tuple[tuple[str, ...], str], tuple[Item, ...]] = {}
        self._derived: dict[tuple[str, Path], Any] = {}
        self._named: dict[str, Item] = {}

    @classmethod
    def from_manifest(cls, folder: str | Path, cache_bytes: int = CACHE_BYTES) -> "Corpus":
        """Read ``folder/manifest.csv``; paths in it are relative to the folder.

        Raises:
            FileNotFoundError: no manifest there.
            ValueError: a column is missing, a number is not one, or a split is neither train nor val.
        """
        folder = Path(folder)
        manifest = folder / "manifest.csv"
        if not manifest.is_file():
            raise FileNotFoundError(
                f"expected {manifest}, got no such file; name the folder that holds manifest.csv, "
                "or use plain folders of target and bleed"
            )
        with manifest.open(newline="", encoding="utf-8") as file:
            reader = csv.DictReader(file)
            missing = [name for name in COLUMNS if name not in (reader.fieldnames or ())]
            if missing:
                raise ValueError(
                    f"{manifest}: expected the columns {', '.join(COLUMNS)}, got none named "
                    f"{', '.join(missing)}; add them to the first line"
                )
            items = [_item(folder, row, f"{manifest}:{reader.line_num}") for row in reader]
        return cls(items, cache_bytes)

    @classmethod
    def from_folders(
        cls,
        target: Sequence[str | Path],
        bleed: Sequence[str | Path],
        impulse_response: Sequence[str | Path] = (),
        cache_bytes: int = CACHE_BYTES,
    ) -> "Corpus":
        """Take every audio file under these folders; about one in seven goes to ``val``, by its name's hash.

        Targets are classed "target" and measured (their range decides whether they can be labels),
        bleed "bleed". Adding files to a folder leaves the split of the others as it was (unless the folder
        is so small that its one ``val`` file had to be chosen).

        Raises:
            FileNotFoundError: a folder is not there, or holds no audio.
            ValueError: every target is too noisy to be a label.
        """
        items = []
        for kind, folders in (("target", target), ("bleed", bleed), ("impulse_response", impulse_response)):
            for number, folder in enumerate(map(Path, folders)):
                items += _folder_items(folder, kind, f"{kind}/{number}")
        targets = [item for item in items if item.kind == "target"]
        if targets and all(item.range_db < LEAST_RANGE_DB for item in targets):
            best = max(item.range_db for item in targets)
            raise ValueError(
                f"expected targets whose floor is {LEAST_RANGE_DB:g} dB or more under their loud level, got "
                f"{best:.0f} dB at best; use cleaner recordings or clean their pauses first"
            )
        return cls(items, cache_bytes)

    def items(self, classes: str | Sequence[str], split: str) -> tuple[Item, ...]:
        """Return the items of these classes in a split; "drums" includes "drums/kick" and other parts.

        Speech and other targets whose range is under ``LEAST_RANGE_DB`` are left out: a label made from a
        noisy target is a wrong label.
        """
        names = (classes,) if isinstance(classes, str) else tuple(classes)
        if split not in SPLITS:
            raise ValueError(f"expected split train or val, got {split!r}; name one of the two")
        key = (names, split)
        if key not in self._found:
            self._found[key] = tuple(
                item
                for item in self.all
                if item.split == split
                and any(item.kind == name or item.kind.startswith(name + "/") for name in names)
                and not (item.kind in ("speech", "target") and item.range_db < LEAST_RANGE_DB)
            )
        return self._found[key]

    def named(self, name: str) -> Item:
        """Find the recording of a name.

        Raises:
            ValueError: no recording has that name.
        """
        if not self._named:
            self._named = {item.name: item for item in self.all}
        if name not in self._named:
            raise ValueError(
                f"expected a corpus with the recording {name}, got one of {len(self.all)} recordings without it; use the "
                "corpus that the recipe was drawn from"
            )
        return self._named[name]

    def load(self, item: Item, start: int = 0, stop: int | None = None) -> NDArray[np.float32]:
        """Load an item's samples, or a stretch of them: (n,) float32, mono, 48 kHz; the caller's own.

        Recordings are kept in half precision: the error stays 66 dB under each sample, whatever its level.

        Raises:
            FileNotFoundError: the file went away.
            ValueError: it is not audio.
        """
        return self._held(item)[start:stop].astype(np.float32)

    def length(self, item: Item) -> int:
        """Count the samples that ``load`` gives, at 48 kHz."""
        return len(self._held(item))

    def derive(self, name: str, item: Item, measure: Callable[[NDArray[np.float32]], T]) -> T:
        """Return what ``measure`` says of an item's samples, measured once and kept in memory (so let it be small)."""
        key = (name, item.path)
        if key not in self._derived:
            self._derived[key] = measure(self.load(item))
        return self._derived[key]  # type: ignore[no-any-return]

    def _held(self, item: Item) -> NDArray[np.float16]:
        held = self._cache.get(item.path)
        if held is not None:
            self._cache.move_to_end(item.path)
            return held
        held = self._read(item.path).astype(np.float16, copy=False)
        self._cache[item.path] = held
        self._held_bytes += held.nbytes
        while self._held_bytes > self._cache_bytes and len(self._cache) > 1:
            self._held_bytes -= self._cache.popitem(last=False)[1].nbytes
        return held

    @property
    def cached_bytes(self) -> int:
        """Memory that decoded recordings take now."""
        return self._held_bytes


def measure_range_db(x: NDArray[np.floating]) -> float:
    """Measure loud level (95th percentile of the 5 ms levels) minus floor (5th), in dB; 0 if too short."""
    levels = block_levels_db(x)
    if len(x) < 4 * WINDOW:
        return 0.0
    return float(np.percentile(levels, 95) - np.percentile(levels, 5))


def _item(folder: Path, row: dict[str, str], where: str) -> Item:
    if row["split"] not in SPLITS:
        raise ValueError(f"{where}: expected split train or val, got {row['split']!r}; correct the line")
    try:
        numbers = [float(row[name]) for name in ("seconds", "range_db", "bandwidth_hz")]
    except (TypeError, ValueError) as error:
        raise ValueError(
            f"{where}: expected numbers in seconds, range_db and bandwidth_hz, got "
            f"{row['seconds']!r}, {row['range_db']!r}, {row['bandwidth_hz']!r}; correct the line"
        ) from error
    return Item(
        path=folder / row["path"],
        kind=row["class"],
        owner=row["speaker_or_item"],
        split=row["split"],
        source=row.get("source", ""),
        licence=row.get("licence", ""),
        seconds=numbers[0],
        range_db=numbers[1],
        bandwidth_hz=numbers[2],
        name=row["path"],
    )


def _folder_items(folder: Path, kind: str, called: str) -> list[Item]:
    """List the items of a plain folder, ``called`` in their names; the split goes by the hash of each path inside."""
    if not folder.is_dir():
        raise FileNotFoundError(f"expected a folder of {kind} recordings, got {folder}; name one that exists")

    def refuse(_: Path, sentence: str) -> None:
        raise FileNotFoundError(sentence)

    paths = sorted(walk(folder, has_ending(AUDIO_SUFFIXES), refuse))
    if not paths:
        raise FileNotFoundError(
            f"expected recordings in {folder}, got no file ending in {', '.join(AUDIO_SUFFIXES)}; "
            "put some there"
        )
    share = {path: _hash_share(path.relative_to(folder).as_posix()) for path in paths}
    val = {path for path in paths if share[path] < VAL_SHARE}
    if len(paths) > 1:
        val = val or {min(paths, key=share.__getitem__)}
        val -= {max(paths, key=share.__getitem__)} if len(val) == len(paths) else set()
    items = []
    for path in paths:
        frames, rate_hz = read_length(path)
        items.append(
            Item(
                path=path,
                kind=kind,
                owner=path.relative_to(folder).as_posix(),
                split="val" if path in val else "train",
                source=str(folder),
                seconds=frames / rate_hz,
                range_db=measure_range_db(read_mono(path)) if kind == "target" else float("inf"),
                bandwidth_hz=rate_hz / 2,
                name=f"{called}/{path.relative_to(folder).as_posix()}",
            )
        )
    return items


def _hash_share(name: str) -> float:
    """Map a name to [0, 1), the same on every machine."""
    return int.from_bytes(hashlib.sha256(name.encode()).digest()[:8], "big") / 2**64
