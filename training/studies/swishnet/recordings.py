"""The recordings, with the class of each and its part: train, val or test.

Folders as MUSAN has them, a folder with a manifest (classes speech, music, noise), or GTZAN's music/speech set.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from training.recordings.corpus import Corpus, Item
from training.recordings.layouts import Found, find, layout
from training.recordings.reading import read_length
from training.recordings.source import digest
from training.studies.swishnet.settings import SplitConfig

KINDS = ("speech", "music", "noise")
PARTS = ("train", "val", "test")


def read_musan(folder: Path, by: str = "auto") -> list[Item]:
    """Read speech, music and noise of a folder in MUSAN's layout or with a manifest; its splits are not used.

    Args:
        by: "file", "owner" or "auto", see ``SplitConfig.by``.

    Raises:
        FileNotFoundError: no such folder, or no recordings there.
        ValueError: another layout, ``by`` is none of the three, a class is missing, or a file is not audio.
    """
    if by not in ("auto", "file", "owner"):
        raise ValueError(f"expected auto, file or owner for split.by, got {by!r}; name one of them")
    named = _layout(folder)
    if named not in ("musan", "manifest"):
        raise ValueError(
            f"expected MUSAN's folders speech, music and noise, or manifest.csv, in {folder}, got a layout named "
            f"{named}; name the folder that holds them"
        )
    by_file = by == "file" or (by == "auto" and named == "musan")
    found = find(folder, "target") + find(folder, "bleed")
    return _items(folder, [one for one in found if one.kind in KINDS], KINDS, by_file)


def read_gtzan(folder: Path) -> list[Item]:
    """Read speech and music of GTZAN's music/speech set, each file its own owner.

    Raises:
        FileNotFoundError, ValueError: see ``read_musan``.
    """
    if _layout(folder) != "music_speech":
        raise ValueError(
            f"expected GTZAN's folders music_wav and speech_wav in {folder}, got none; "
            "it is the music/speech set that is wanted, not the one of genres"
        )
    found = find(folder, "target") + find(folder, "bleed")
    return _items(folder, found, ("speech", "music"), by_file=True)


def split(items: Sequence[Item], config: SplitConfig, seed: int) -> list[Item]:
    """Give each recording its part. No owner is in two parts; another seed gives another split.

    Class by class, owners in an order that the seed shuffles each go where most time is missing (and where they fit, if
    they fit anywhere), so that shares hold for time; an owner longer than all of a part is not in that part.

    Raises:
        ValueError: shares that leave nothing to a part, or a class with fewer owners than parts.
    """
    shares = (config.train, config.val, 1.0 - config.train - config.val)
    if min(shares) <= 0.0:
        raise ValueError(
            f"expected split.train and split.val over 0 and together under 1, got {config.train:g} and {config.val:g}"
        )
    part = {}
    for kind in sorted({item.kind for item in items}):
        seconds: dict[str, float] = {}
        for item in items:
            if item.kind == kind:
                seconds[item.owner] = seconds.get(item.owner, 0.0) + item.seconds
        if len(seconds) < len(PARTS):
            raise ValueError(
                f"expected at least {len(PARTS)} owners of {kind}, one for each part, got {len(seconds)}; "
                "add recordings, or split by file"
            )
        chosen = _share_out(seconds, shares, lambda owner, kind=kind: _lot(seed, kind, owner))
        part |= {(kind, owner): name for owner, name in chosen.items()}
    return [replace(item, split=part[item.kind, item.owner]) for item in items]


def tuning_split(items: Sequence[Item], share: float, seed: int) -> list[Item]:
    """Give ``share`` of each class's recordings to "train", all others to "test".

    Raises:
        ValueError: a class has fewer than two recordings.
    """
    part = {}
    for kind in sorted({item.kind for item in items}):
        own = sorted((i for i in items if i.kind == kind), key=lambda i: _lot(seed, kind, i.owner))
        if len(own) < 2:
            raise ValueError(
                f"expected two or more recordings of {kind} to tune and test with, got {len(own)}"
            )
        count = min(max(round(share * len(own)), 1), len(own) - 1)
        part |= {item.path: "train" if n < count else "test" for n, item in enumerate(own)}
    return [replace(item, split=part[item.path]) for item in items]


def data_hash(items: Sequence[Item]) -> str:
    """Compute the SHA-256 over every recording's name, class, owner, part and size on disk."""
    return digest(Corpus(items))


def _share_out(seconds: dict[str, float], shares: Sequence[float], lot) -> dict[str, str]:
    total = sum(seconds.values())
    whole = {name: share * total for name, share in zip(PARTS, shares, strict=True)}
    missing = dict(whole)
    chosen: dict[str, str] = {}
    owners = sorted(seconds, key=lot)
    for place, owner in enumerate(owners):
        empty = [name for name in PARTS if name not in chosen.values()]
        left = {n: [o for o in owners[place:] if seconds[o] <= whole[n]] or owners[place:] for n in empty}
        needs = [name for name in empty if owner in left[name] and len(left[name]) <= len(empty)]
        fits = [name for name in PARTS if missing[name] >= seconds[owner]]
        could = [name for name in PARTS if whole[name] >= seconds[owner]]
        # a part that nobody else could fill comes first
        name = needs[0] if needs else max(fits or could or PARTS[:1], key=missing.__getitem__)
        chosen[owner] = name
        missing[name] -= seconds[owner]
    return chosen


def _layout(folder: Path) -> str:
    if not folder.is_dir():
        raise FileNotFoundError(f"expected a folder of recordings, got {folder}; name one that exists")
    return layout(folder)


def _items(folder: Path, found: Sequence[Found], kinds: Sequence[str], by_file: bool) -> list[Item]:
    items = []
    for one in found:
        path = one.paths[0]
        frames, rate_hz = read_length(path)
        items.append(
            Item(
                path=path,
                kind=one.kind,
                owner=path.relative_to(folder).as_posix() if by_file else one.owner,
                split="",
                source=one.source,
                licence=one.licence,
                seconds=frames / rate_hz,
            )
        )
    lacking = [kind for kind in kinds if not any(item.kind == kind for item in items)]
    if lacking:
        raise ValueError(
            f"expected recordings of {', '.join(kinds)} in {folder}, got none of {', '.join(lacking)}"
        )
    return sorted(items, key=lambda item: item.path.as_posix())


def _lot(seed: int, kind: str, owner: str) -> bytes:
    """Draw an owner's lot with a seed, the same on every machine."""
    return hashlib.sha256(f"{seed} {kind} {owner}".encode()).digest()
