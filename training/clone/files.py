"""Pairs of files, and folders of pairs, read and aligned."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from gate.files.folder_walk import has_ending, walk
from gate.files.sound_format import EXTENSIONS
from training.clone.pair import Pair, PairError, aligned
from training.learn.findings import Finding
from training.recordings.reading import read_sound, to_mono


def read(dry: Path, wet: Path) -> Pair:
    """Read a pair of files, look at it, and align it.

    Raises:
        FileNotFoundError, ValueError: a file cannot be read, see ``training.recordings.reading.read_sound``.
        PairError: nothing can be learned from the pair; the sentence says why, and what to do.
    """
    (a, rate, _), (b, wet_rate, _) = read_sound(dry), read_sound(wet)
    findings = [
        Finding("warning", str(path), f"has {x.shape[1]} channels", "their mean is used")
        for path, x in ((dry, a), (wet, b))
        if x.shape[1] > 1
    ]
    pair = aligned(to_mono(a, rate, rate), rate, to_mono(b, wet_rate, wet_rate), wet_rate)
    return replace(pair, look=replace(pair.look, findings=(*findings, *pair.look.findings)))


def read_all(dry: Path, wet: Path) -> list[Pair]:
    """Read a pair of files, or the pairs of one name in two folders.

    Raises:
        PairError: a file against a folder, a name without its other, or a pair that is refused.
        FileNotFoundError, ValueError: see ``read``.
    """
    if dry.is_dir() != wet.is_dir():
        raise PairError(f"expected two files or two folders, got {dry} and {wet}; give both alike")
    if not dry.is_dir():
        return [read(dry, wet)]
    sides = [{path.relative_to(side): path for path in _below(side)} for side in (dry, wet)]
    alone = sorted(str(name) for name in sides[0].keys() ^ sides[1].keys())
    if alone or not sides[0]:
        what = f"{alone[0]} on one side only" if alone else "no sound"
        raise PairError(f"expected the same names in {dry} and {wet}, got {what}; name pairs alike")
    pairs = []
    for name, path in sorted(sides[0].items()):
        try:
            pairs.append(read(path, sides[1][name]))
        except PairError as error:
            raise PairError(f"{name}: {error}") from error
    return pairs


def joined(pairs: Sequence[Pair]) -> Pair:
    """Join pairs to one, with half a second of silence between; the look is that of the longest, their findings together.

    Raises:
        PairError: the dry rates differ.
    """
    if len({pair.rate for pair in pairs}) > 1:
        raise PairError("expected all dry files at one rate, got several; convert them alike")
    if len(pairs) == 1:
        return pairs[0]
    rest = np.zeros(pairs[0].rate // 2)
    longest = max(pairs, key=lambda pair: len(pair.dry))
    sounds = [
        np.concatenate([part for pair in pairs for part in (getattr(pair, side), rest)])
        for side in ("dry", "wet")
    ]
    findings = tuple(one for pair in pairs for one in pair.look.findings)
    look = replace(longest.look, seconds=sum(p.look.seconds for p in pairs), findings=findings)
    return Pair(sounds[0], sounds[1], pairs[0].rate, look)


def _below(folder: Path) -> Iterator[Path]:
    """Yield the sound files below a folder.

    Raises:
        PairError: a part of the folder cannot be read.
    """

    def refuse(place: Path, sentence: str) -> None:
        raise PairError(sentence)

    yield from walk(folder, has_ending(EXTENSIONS), refuse)
