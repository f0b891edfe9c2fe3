"""Where a run's recordings come from, small enough to hand to another process, and what became of them."""

import hashlib
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from training.recordings.corpus import SPLITS, Corpus
from training.recordings.groups import only_group


@dataclass(frozen=True)
class DataConfig:
    """Sources of sound, and how much of it is composed. Folders are relative to where the command runs.

    ``corpus`` is a folder with a manifest, ``also`` are more of them beside it; plain folders in ``target`` and
    ``bleed`` replace them all. ``scenes`` are learned from; ``val_scenes`` under each kind of bleed say how good the
    gate is. ``share`` of the owners (speakers, kits, sources) of the ``train`` split is used: less only to learn what
    less would do.
    ``groups``: scenes are drawn from one group of sources (``training.recordings.groups``) at a time, as many of each;
    targets and bleed of different groups meet in batches. ``held_out`` is the group that is not learned from and judges,
    ``only`` the one group that there is; -1 for none and for all.
    """

    corpus: str = "../shared/corpus"
    also: tuple[str, ...] = ()
    target: tuple[str, ...] = ()
    bleed: tuple[str, ...] = ()
    store: str = "data"
    share: float = 1.0
    scenes: int = 3600
    val_scenes: int = 24
    jobs: int = 2
    groups: bool = False
    held_out: int = -1
    only: int = -1


def open_corpus(data: DataConfig) -> Corpus:
    """Open the recordings that a configuration names.

    Raises:
        FileNotFoundError, ValueError: see ``Corpus.from_manifest``, ``Corpus.from_folders`` and ``beside``; or corpora
            beside plain folders.
    """
    if data.target or data.bleed:
        if data.also:
            raise ValueError(
                f"expected more corpora beside a corpus, got {', '.join(data.also)} beside plain folders; leave out "
                "data.also, or data.target and data.bleed"
            )
        corpus = Corpus.from_folders(data.target, data.bleed)
        return corpus if data.only < 0 else only_group(corpus, data.only)
    corpus = beside(Corpus.from_manifest(data.corpus), data.also)
    if data.only >= 0:
        corpus = only_group(corpus, data.only)
    if data.share >= 1.0:
        return corpus
    return Corpus(i for i in corpus.all if i.split != "train" or _lot(i.owner) < data.share)


def beside(corpus: Corpus, also: Sequence[str | Path]) -> Corpus:
    """Put the recordings of more folders with manifests beside a corpus's own.

    The names of what is added begin with its folder's name, so those of the corpus stay as they were; the order of
    ``also`` changes nothing. An owner whose name is in two corpora is one owner, and so may be in one split only.

    Raises:
        FileNotFoundError, ValueError: see ``Corpus.from_manifest``; or two folders have one name, or two recordings, or
            an owner is in both splits.
    """
    if not also:
        return corpus
    folders = {Path(folder).resolve().name: folder for folder in also}
    if len(folders) < len(also):
        raise ValueError(
            f"expected corpora whose folders have different names, got {', '.join(map(str, also))}; rename one, "
            "or name each once"
        )
    items = list(corpus.all)
    for called, folder in sorted(folders.items()):
        added = Corpus.from_manifest(folder).all
        items += [replace(item, name=f"{called}/{item.name}") for item in added]
    for name, count in Counter(item.name for item in items).most_common(1):
        if count > 1:
            raise ValueError(
                f"expected recordings of different names, got two called {name}; rename the folder of one"
            )
    train, val = ({item.owner for item in items if item.split == split} for split in SPLITS)
    if train & val:
        raise ValueError(
            f"expected every owner in one split, got {min(train & val)} in train and in val; name one of them otherwise"
        )
    return Corpus(items)


def _lot(owner: str) -> float:
    """Draw a number in [0, 1), always the same for an owner: a quarter keeps half of what a half keeps."""
    return int.from_bytes(hashlib.sha256(owner.encode()).digest()[:4], "big") / 2**32


def digest(corpus: Corpus) -> str:
    """Compute the SHA-256 of what every item is: its place, class, owner, split and size on disk."""
    lines = sorted(f"{i.path.name} {i.kind} {i.owner} {i.split} {i.path.stat().st_size}" for i in corpus.all)
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()


def provenance(corpus: Corpus, split: str = "train") -> list[tuple[str, str, int, str]]:
    """List (class, source, files, licences) of everything in a split, sorted: for the card."""
    files: Counter[tuple[str, str]] = Counter()
    licences: dict[tuple[str, str], set[str]] = {}
    for item in corpus.all:
        if item.split != split:
            continue
        key = (item.kind, item.source.split(" (")[0])
        files[key] += 1
        licences.setdefault(key, set()).add(item.licence.split(" (")[0] or "not stated")
    return [(*key, files[key], "; ".join(sorted(licences[key]))) for key in sorted(files)]
