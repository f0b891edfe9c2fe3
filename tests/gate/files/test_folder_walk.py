"""Files below a folder: through links, without loops, none twice, and nothing left out without a word."""

import errno
import os
from pathlib import Path

import pytest

from gate.files.folder_walk import has_ending, walk

SOUND = has_ending([".wav"])


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    for name in (
        "top/a.wav",
        "top/z/deep/b.wav",
        "far/c.WAV",
        "far/c.txt",
        "top/.hidden/d.wav",
        "top/.e.wav",
    ):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(b"x")
    return tmp_path


def found(top: Path, avoid: Path | None = None) -> tuple[list[str], list[str]]:
    """Paths below it, and the names of what was noted."""
    noted: list[str] = []
    given = [
        path.relative_to(top).as_posix()
        for path in walk(top, SOUND, lambda p, s: noted.append(p.name), avoid)
    ]
    return given, noted


def test_links_to_folders_and_to_files(tree: Path) -> None:
    """Followed, also from folder to folder; the paths are those below the top."""
    (tree / "top" / "link").symlink_to(tree / "far")
    (tree / "far" / "on").symlink_to(tree / "more")
    (tree / "more").mkdir()
    (tree / "more" / "m.wav").symlink_to(tree / "far" / "c.WAV")
    assert found(tree / "top") == (["a.wav", "z/deep/b.wav", "link/c.WAV", "link/on/m.wav"], [])
    (tree / "another").symlink_to(tree / "top")
    assert len(found(tree / "another")[0]) == 4


@pytest.mark.parametrize("end", [".", "..", "z", "../top/z/.."])
def test_loops_end(tree: Path, end: str) -> None:
    """A link to the folder itself, to one above it, to a sister; every file once, under its own path."""
    (tree / "top" / "a link").symlink_to(end)
    (tree / "top" / "z" / "back").symlink_to("..")
    given, noted = found(tree / "top")
    assert given[:2] == ["a.wav", "z/deep/b.wav"] and noted == []
    assert len({os.path.realpath(tree / "top" / name) for name in given}) == len(given)


def test_two_links_to_each_other(tree: Path) -> None:
    """They lead nowhere, which is said; nothing hangs."""
    (tree / "top" / "x").symlink_to("y")
    (tree / "top" / "y").symlink_to("x")
    assert found(tree / "top") == (["a.wav", "z/deep/b.wav"], ["x", "y"])


def test_a_file_has_its_own_path_and_not_a_links(tree: Path) -> None:
    """However the names are sorted, and however deep it lies."""
    (tree / "top" / "before").symlink_to("z/deep")
    assert found(tree / "top")[0] == ["a.wav", "z/deep/b.wav"]


NOWHERE = [
    ("takes", "gone", True),
    ("x.wav", "gone", True),
    ("v1.2", "gone", True),
    ("x.txt", "gone.txt", False),
    (".x", "gone", False),
]
"""Name of a link, its end, and whether it may have been sound or a folder that somebody misses."""


@pytest.mark.parametrize(("name", "end", "said"), NOWHERE)
def test_links_that_lead_nowhere(tree: Path, name: str, end: str, said: bool) -> None:
    """Said wherever they may have been a folder or a sound."""
    (tree / "top" / name).symlink_to(end)
    assert found(tree / "top") == (["a.wav", "z/deep/b.wav"], [name] if said else [])


def test_what_is_to_be_avoided(tree: Path) -> None:
    """A folder within, by any name; one that is not there is none, nor is one that the search itself lies in."""
    (tree / "top" / "link").symlink_to("z")
    assert found(tree / "top", tree / "top" / "z") == (["a.wav"], [])
    assert found(tree / "top", tree / "top" / "link") == (["a.wav"], [])
    assert found(tree / "top", tree / "nowhere")[0] == ["a.wav", "z/deep/b.wav"]
    assert found(tree / "top", tree)[0] == ["a.wav", "z/deep/b.wav"]


def test_a_folder_that_may_not_be_read(tree: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is named; the rest is found."""
    usual = os.scandir

    def scandir(folder: Path) -> object:
        if folder == tree / "top" / "z":
            raise PermissionError(errno.EACCES, "Permission denied", str(folder))
        return usual(folder)

    monkeypatch.setattr(os, "scandir", scandir)
    assert found(tree / "top") == (["a.wav"], ["z"])
