"""Folders as people have them: which files in them should pass, which should not, and what belongs together.

    manifest            manifest.csv, see training.recordings.corpus
    MUSAN               speech/ music/ noise/, each with sub-folders that hold LICENSE and ANNOTATIONS
    GTZAN               genres/GENRE/GENRE.00000.wav (or .au), or genres_original/ in its place
    GTZAN music/speech  music_wav/ speech_wav/
    stems               TRACK/{vocals,drums,bass,other}.wav, as in MUSDB18, perhaps below train/ and test/
    anything else       every audio file below it; sub-folders, if there are four or more, are its owners

As a target each gives its speech, its chosen stem, or everything; as bleed its music and noise, the other stems of each
track, or everything. What has one owner (a speaker, an artist, a file) never lies on both sides of the split.
"""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from gate.files.folder_walk import has_ending, walk
from training.recordings.corpus import AUDIO_SUFFIXES, VAL_SHARE, Corpus

SUFFIXES = (*AUDIO_SUFFIXES, ".au")
SPLIT_FOLDERS = {"train": "train", "test": "val", "valid": "val", "val": "val"}
LEAST_OWNERS = 4
"""A plain folder with fewer sub-folders is split by file: they may be takes, formats or anything."""
SPEECH, NOT_SPEECH = ("speech", "target"), ("noise", "music", "bleed")


@dataclass(frozen=True)
class Found:
    """A recording: one file, or the sum of several (stems of one track).

    ``side`` is "target" or "bleed"; ``kind`` the class in a manifest; ``split`` "" where the layout does not say.
    """

    paths: tuple[Path, ...]
    side: str
    kind: str
    owner: str
    split: str = ""
    source: str = ""
    licence: str = ""


def layout(path: Path) -> str:
    """Name a folder's layout: "manifest", "musan", "gtzan", "music_speech", "stems", "folder" or "file"."""
    if path.is_file():
        return "file"
    if (path / "manifest.csv").is_file():
        return "manifest"
    if all((path / name).is_dir() for name in ("speech", "music", "noise")):
        return "musan"
    if (path / "music_wav").is_dir() and (path / "speech_wav").is_dir():
        return "music_speech"
    if any((path / name).is_dir() for name in ("genres", "genres_original")):
        return "gtzan"
    return "stems" if _tracks(path) else "folder"


def find(path: str | Path, side: str, stem: str = "") -> list[Found]:
    """Find every recording of a folder, or the one file, for a side.

    Args:
        path: a folder of any layout, or an audio file.
        side: "target" or "bleed".
        stem: which stem is the target, where there are stems; its bleed is the sum of the others.

    Raises:
        FileNotFoundError: nothing there, or nothing for this side.
        ValueError: the folder holds stems and ``stem`` names none of them.
    """
    path = Path(path)
    if not path.exists():
        raise FileNotFoundError(
            f"expected a folder of {side} recordings, got {path}, which is not there; check it"
        )
    finders: dict[str, Callable[[Path, str, str], list[Found]]] = {
        "file": lambda p, s, _: [Found((p,), s, s, p.name, source=str(p.parent))],
        "manifest": _manifest,
        "musan": _musan,
        "music_speech": _music_speech,
        "gtzan": _gtzan,
        "stems": _stems,
        "folder": _folder,
    }
    named = layout(path)
    found = finders[named](path, side, stem)
    if not found:
        raise FileNotFoundError(
            f"expected {side} recordings in {path} (layout: {named}), got no file ending in {', '.join(SUFFIXES)} "
            "that could be one; put some there, or name another folder"
        )
    return found


def open_any(target: Sequence[str | Path], bleed: Sequence[str | Path], stem: str = "") -> list[Found]:
    """Find the recordings of both sides, each with its split. Files added to a large set leave nearly all splits alone.

    Raises:
        FileNotFoundError, ValueError: see ``find``.
    """
    found = []
    for side, folders in (("target", target), ("bleed", bleed)):
        found += with_splits([one for folder in folders for one in find(folder, side, stem)])
    return found


def with_splits(found: Sequence[Found]) -> list[Found]:
    """Give every owner that has none a split: about one in seven to ``val``, by its name's hash, and at least one.

    A single owner stays in ``train``; whoever prepares the recordings cuts them in two.
    """
    open_ = sorted({one.owner for one in found if not one.split}, key=_share)
    if any(one.split == "val" for one in found):
        val = {name for name in open_ if _share(name) < VAL_SHARE}
    else:
        count = sum(_share(name) < VAL_SHARE for name in open_)
        val = set(open_[: min(max(count, 1), len(open_) - 1)])
    return [one if one.split else replace(one, split="val" if one.owner in val else "train") for one in found]


def _manifest(path: Path, side: str, stem: str) -> list[Found]:
    items = Corpus.from_manifest(path).all
    kinds = SPEECH if side == "target" else NOT_SPEECH
    return [
        Found((i.path,), side, i.kind, i.owner, i.split, i.source, i.licence)
        for i in items
        if i.kind in kinds
    ]


def _musan(path: Path, side: str, stem: str) -> list[Found]:
    found = []
    for kind in ("speech",) if side == "target" else ("music", "noise"):
        artists = _artists(path / kind) if kind == "music" else {}
        for file in _audio(path / kind):
            licence = file.parent / "LICENSE"
            words = f"see {licence.relative_to(path)}" if licence.is_file() else ""
            owner = artists.get(file.stem, file.stem)
            found.append(Found((file,), side, kind, owner, source=f"MUSAN {file.parent.name}", licence=words))
    return found


def _artists(folder: Path) -> dict[str, str]:
    """Read file's name -> artist, from lines "NAME GENRES VOCALS ARTIST" of the ANNOTATIONS below a folder."""
    artists = {}
    for annotations in walk(folder, lambda name: name == "ANNOTATIONS", lambda path, sentence: None):
        for line in annotations.read_text(encoding="utf-8", errors="replace").splitlines():
            words = line.split(maxsplit=3)
            if len(words) == 4:
                artists[words[0]] = words[3].strip()
    return artists


def _music_speech(path: Path, side: str, stem: str) -> list[Found]:
    kind = "speech" if side == "target" else "music"
    return [
        Found((file,), side, kind, file.stem, source="GTZAN music/speech")
        for file in _audio(path / f"{kind}_wav")
    ]


def _gtzan(path: Path, side: str, stem: str) -> list[Found]:
    root = next(path / name for name in ("genres", "genres_original") if (path / name).is_dir())
    kind = "target" if side == "target" else "music"
    return [Found((f,), side, kind, f.stem, source=f"GTZAN {f.parent.name}") for f in _audio(root)]


def _stems(path: Path, side: str, stem: str) -> list[Found]:
    tracks = _tracks(path)
    names = sorted({file.stem for track in tracks for file in _stem_files(track)})
    if stem not in names:
        raise ValueError(
            f"expected --stem with one of {', '.join(names)} for the stems in {path}, got {stem or 'none'!r}; name one"
        )
    found = []
    for track in tracks:
        files = _stem_files(track)
        chosen = tuple(f for f in files if (f.stem == stem) == (side == "target"))
        if not chosen:
            continue
        # "Artist - Title": an artist's songs stay together
        owner, split = track.name.split(" - ")[0], SPLIT_FOLDERS.get(track.parent.name, "")
        kind = "target" if side == "target" else "music"
        found.append(Found(chosen, side, kind, owner, split, source=f"stems of {path.name}"))
    return found


def _tracks(path: Path) -> list[Path]:
    """Find folders that hold the stems of one track: two or more sounds of which one is a known stem."""
    places = [path, *(path / name for name in SPLIT_FOLDERS if (path / name).is_dir())]
    known = {"vocals", "drums", "bass", "other", "mixture"}
    tracks = []
    for folder in (sub for place in places for sub in sorted(place.iterdir()) if sub.is_dir()):
        stems = {f.stem for f in folder.iterdir() if f.suffix.lower() in SUFFIXES}
        if len(stems) > 1 and len(stems & known) > 1:
            tracks.append(folder)
    return tracks


def _stem_files(track: Path) -> list[Path]:
    return [f for f in sorted(track.iterdir()) if f.suffix.lower() in SUFFIXES and f.stem != "mixture"]


def _folder(path: Path, side: str, stem: str) -> list[Found]:
    files = _audio(path)
    inside = [file.relative_to(path) for file in files]
    folders = {p.parts[0] for p in inside if len(p.parts) > 1}
    by_folder = len(folders) >= LEAST_OWNERS and all(len(p.parts) > 1 for p in inside)
    return [
        Found((file,), side, side, p.parts[0] if by_folder else p.as_posix(), source=str(path))
        for file, p in zip(files, inside, strict=True)
    ]


def _audio(folder: Path) -> list[Path]:
    """Find sounds below a folder; what cannot be looked into is among them, so that whoever hears it says so."""
    closed: list[Path] = []
    found = list(walk(folder, has_ending(SUFFIXES), lambda path, _: closed.append(path)))
    return sorted(found + closed)


def _share(name: str) -> float:
    """Map a name to [0, 1), the same on every machine."""
    return int.from_bytes(hashlib.sha256(name.encode()).digest()[:8], "big") / 2**64
