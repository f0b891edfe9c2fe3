"""Clips of one second that hold a target class, or do not, composed from recordings of many classes.

Neither level nor the number of sounds gives away which is which: a clip with the target is the target alone or over
another sound, a clip without is another sound alone or over yet another one, in the same shares and at the same ratios
and levels. So whoever tells them apart has heard the target.
"""

import hashlib
from collections import OrderedDict, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from training.recordings.corpus import LEAST_RANGE_DB, Corpus
from training.recordings.layouts import open_any
from training.recordings.reading import read_mono
from training.sounds.changes import amplitude
from training.sounds.recipe import Rng

RATE_HZ = 16_000
"""Holds what makes speech speech; ten milliseconds are 160 samples, few enough for a row of a table."""
CLIP = 16_000
"""Samples: one second holds a word, or a hit with its decay, and a linear layer over it still fits anywhere."""
ROW = 160
SPLITS = ("train", "val", "test")
VAL_SHARE = 0.2
"""Share of the owners to learn from that are kept for choosing settings: the study's fifth."""

ALONE = 0.3
"""Share of clips with one sound in them."""
RATIO_DB = (-5.0, 20.0)
LEVEL_DB = (-35.0, -15.0)
"""Level (root mean square) of a whole clip, dBFS."""
ACTIVE_DB, ACTIVE_ROWS = 25.0, 10
"""A clip holds a sound if this many of its rows (or all that the recording has) come within this of its loud level."""
SILENT_DB = -75.0
CACHE_BYTES = 1_500_000_000
TRIES = 20

POSITIVE = {"voice": ("speech",), "guitar": ("guitar",)} | {
    name: (f"drums/{name}",) for name in ("kick", "snare", "toms")
}
"""Classes of a manifest that are the target. Solo voices and guitars of other kinds are left out on both sides."""
DRUM_HITS = ("drums/kick", "drums/snare", "drums/toms", "drums/cymbals", "drums/percussion")
OTHERS = {
    "voice": ("noise", "music", "instrument", "guitar", "drums"),
    "guitar": ("noise", "speech", "instrument", "drums"),
}
"""Classes that are not. Music is no other than voice: whether a guitar or a snare plays in it, nobody has written down."""

Sound = NDArray[np.float32]


@dataclass(frozen=True)
class Recording:
    """One file (or stems to be summed), where it belongs and which side it is on."""

    paths: tuple[Path, ...]
    group: str
    owner: str
    split: str
    target: bool


def others_of(target: str) -> tuple[str, ...]:
    """Return the classes of a manifest that are not the target."""
    if target in OTHERS:
        return OTHERS[target]
    own = POSITIVE[target][0]
    return ("noise", "speech", "instrument", "guitar", *(kind for kind in DRUM_HITS if kind != own))


def from_manifest(folder: str | Path, target: str) -> list[Recording]:
    """Read the recordings of a corpus with a manifest; ``val`` is the test, a fifth of the other owners validate.

    Raises:
        ValueError: no such target, or none of its recordings in a split. FileNotFoundError: no manifest.
    """
    if target not in POSITIVE:
        raise ValueError(f"expected a target of {', '.join(POSITIVE)}, got {target!r}; name one of them")
    recordings = []
    for item in Corpus.from_manifest(folder).all:
        ours = item.kind in POSITIVE[target]
        other = any(item.kind == kind or item.kind.startswith(kind + "/") for kind in others_of(target))
        if ours and item.kind == "speech" and item.range_db < LEAST_RANGE_DB:
            continue
        if ours or other:
            split = _split(item.split, item.owner)
            recordings.append(Recording((item.path,), item.kind.split("/")[0], item.owner, split, ours))
    return _checked(recordings, str(folder))


def from_folders(
    target: Sequence[str | Path], other: Sequence[str | Path], stem: str = ""
) -> list[Recording]:
    """Find recordings of any layout that ``training.recordings.layouts`` knows; the ``val`` split is the test here.

    Raises:
        FileNotFoundError, ValueError: see ``training.recordings.layouts.find``; or a side has too few owners to be split.
    """
    recordings = [
        Recording(one.paths, one.kind, one.owner, _split(one.split, one.owner), one.side == "target")
        for one in open_any(target, other, stem)
    ]
    return _checked(_each_split(recordings), ", ".join(map(str, (*target, *other))))


def lot(owner: str) -> float:
    """Draw a number in [0, 1), always the same for an owner."""
    return int.from_bytes(hashlib.sha256(f"five {owner}".encode()).digest()[:8], "big") / 2**64


def _split(split: str, owner: str) -> str:
    if split == "val":
        return "test"
    return "val" if lot(owner) < VAL_SHARE else "train"


def _each_split(recordings: list[Recording]) -> list[Recording]:
    """Give each side of small folders an owner to validate with, if it has none by lot and can spare one."""
    moved = set()
    for side in (True, False):
        there = {s: {r.owner for r in recordings if r.target == side and r.split == s} for s in SPLITS}
        if not there["val"] and len(there["train"]) > 1:
            moved.add((side, min(there["train"], key=lot)))
        elif not there["train"] and len(there["val"]) > 1:
            moved.add((side, max(there["val"], key=lot)))
    swap = {"train": "val", "val": "train"}
    return [
        Recording(r.paths, r.group, r.owner, swap[r.split], r.target) if (r.target, r.owner) in moved else r
        for r in recordings
    ]


def _checked(recordings: list[Recording], where: str) -> list[Recording]:
    for split in SPLITS:
        for side, name in ((True, "target"), (False, "other")):
            if not any(r.split == split and r.target == side for r in recordings):
                raise ValueError(
                    f"expected {name} recordings for {split} in {where}, got none; add recordings of more speakers or "
                    "sources (three on each side at least)"
                )
    return recordings


class Composer:
    """Maker of clips from recordings, each decoded once while memory allows. One per process."""

    def __init__(self, recordings: Sequence[Recording], cache_bytes: int = CACHE_BYTES):
        tree: dict[tuple[str, bool], dict[str, dict[str, list[Recording]]]] = defaultdict(
            lambda: defaultdict(lambda: defaultdict(list))
        )
        for r in recordings:
            tree[r.split, r.target][r.group][r.owner].append(r)
        self._tree = tree
        self._cache: OrderedDict[tuple[Path, ...], tuple[NDArray[np.float16], NDArray[np.bool_]]] = (
            OrderedDict()
        )
        self._cache_bytes, self._held = cache_bytes, 0

    def compose(self, rng: Rng, split: str) -> tuple[Sound, bool]:
        """Compose one clip, (16000,) float32 within +-1; returns whether the target is in the clip too (in half it is).

        Raises:
            ValueError: the recordings drawn were silent, again and again.
        """
        positive = bool(rng.random() < 0.5)
        clip = self._piece(rng, split, positive)
        if rng.random() >= ALONE:
            other = self._piece(rng, split, False)
            clip = clip + other * np.float32(amplitude(-rng.uniform(*RATIO_DB)) * rms(clip) / rms(other))
        clip = clip * np.float32(amplitude(rng.uniform(*LEVEL_DB)) / rms(clip))
        peak = float(np.max(np.abs(clip)))
        return (clip / np.float32(peak) if peak > 1.0 else clip).astype(np.float32), positive

    def _piece(self, rng: Rng, split: str, target: bool) -> Sound:
        """Cut a second in which a recording sounds; class, then owner, then recording are drawn evenly."""
        for _ in range(TRIES):
            groups = self._tree[split, target]
            owners = groups[_drawn(rng, sorted(groups))]
            takes = owners[_drawn(rng, sorted(owners))]
            recording = takes[int(rng.integers(len(takes)))]
            x, active = self._load(recording)
            need = min(ACTIVE_ROWS, int(active.sum()))
            if need == 0:
                continue
            if len(x) >= CLIP:  # any place that a row in which it sounds allows
                row = int(rng.choice(np.flatnonzero(active)))
                start = min(max(row * ROW - int(rng.integers(CLIP)), 0), len(x) - CLIP)
                piece = x[start : start + CLIP].astype(np.float32)
                heard = active[start // ROW : (start + CLIP) // ROW].sum()
            else:  # anywhere from its whole length inside to its first tenth of a second
                piece = np.zeros(CLIP, np.float32)
                last = CLIP - min(len(x), ACTIVE_ROWS * ROW)
                at = int(rng.integers(last + 1))
                piece[at : at + len(x)] = x[: CLIP - at]
                heard = active[: (CLIP - at) // ROW].sum()
            if heard >= need:
                return piece
        side = "target" if target else "other"
        raise ValueError(
            f"expected {side} recordings of the {split} split in which something sounds, got {TRIES} draws in a row "
            "without; take out the silent ones"
        )

    def _load(self, recording: Recording) -> tuple[NDArray[np.float16], NDArray[np.bool_]]:
        """Load samples, and which rows of 10 ms come near the loud level (none in a silent recording)."""
        held = self._cache.get(recording.paths)
        if held is None:
            parts = [read_mono(path, RATE_HZ) for path in recording.paths]
            x = np.zeros(max(map(len, parts)), np.float32)
            for part in parts:
                x[: len(part)] += part
            rows = rows_db(x)
            near = rows > max(float(np.percentile(rows, 95)) - ACTIVE_DB, SILENT_DB)
            held = x.astype(np.float16), near
            self._cache[recording.paths] = held
            self._held += held[0].nbytes
            while self._held > self._cache_bytes and len(self._cache) > 1:
                self._held -= self._cache.popitem(last=False)[1][0].nbytes
        else:
            self._cache.move_to_end(recording.paths)
        return held


def _drawn(rng: Rng, names: Sequence[str]) -> str:
    return names[int(rng.integers(len(names)))]


def rms(x: Sound) -> float:
    return float(np.sqrt(np.mean(np.square(x, dtype=np.float64)) + 1e-12))


def rows_db(x: NDArray[np.floating]) -> NDArray[np.float64]:
    """Measure the level of each row of 10 ms, dBFS; the last row may be shorter."""
    starts = np.arange(0, max(len(x), 1), ROW)
    sums = np.add.reduceat(np.square(x.astype(np.float64)), starts)
    return 10.0 * np.log10(sums / ROW + 1e-12)
