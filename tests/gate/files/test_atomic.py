"""Files that appear whole or not at all: every way to write one, and a folder of them."""

import os
from pathlib import Path

import pytest

from gate.closing import Commits
from gate.errors import AudioFileError
from gate.files.atomic import AtomicFile, whole, write_bytes, write_text
from gate.files.atomic_folder import AtomicFolder


def test_a_file_is_what_was_written(tmp_path: Path) -> None:
    """Bytes, text in UTF-8, and what a block writes in pieces, new or over an older file."""
    for _ in range(2):
        write_bytes(tmp_path / "bytes", b"\x00\xff")
        write_text(tmp_path / "text", "ä\n")
        with whole(tmp_path / "pieces") as stream:
            stream.write(b"one ")
            stream.write(b"two")
    found = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    assert found == {"bytes": b"\x00\xff", "text": "ä\n".encode(), "pieces": b"one two"}


def test_a_block_that_raises_leaves_the_file_as_it_was(tmp_path: Path) -> None:
    """Whatever ends the block, nothing lies beside the old file, which says what it said."""
    write_text(tmp_path / "kept", "before")
    for error in (RuntimeError, KeyboardInterrupt):
        with pytest.raises(error), whole(tmp_path / "kept") as stream:
            stream.write(b"half")
            raise error
    assert [path.read_text() for path in tmp_path.iterdir()] == ["before"]


def test_a_disk_that_does_not_take_it_is_a_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Full at the end, missing folders and files in the way are said with the remedy; nothing is left behind."""
    with pytest.raises(AudioFileError, match=r"the folder .* does not exist; create it first"):
        write_text(tmp_path / "none" / "file", "text")
    write_text(tmp_path / "kept", "before")
    with pytest.raises(AudioFileError, match="exists already"):
        write_text(tmp_path / "kept", "after", force=False)

    def full(*_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(AudioFileError, match="the disk is full; free some space"):
        write_text(tmp_path / "kept", "after")
    assert [path.read_text() for path in tmp_path.iterdir()] == ["before"]


@pytest.mark.skipif(not hasattr(os, "fchmod"), reason="this system has no permissions to keep")
def test_permissions_are_those_asked_for(tmp_path: Path) -> None:
    """By default the user's mask decides; a mode that is given holds under any mask."""
    mask = os.umask(0o077)
    try:
        write_text(tmp_path / "own", "text")
        write_text(tmp_path / "all", "text", mode=0o644)
    finally:
        os.umask(mask)
    assert [(tmp_path / name).stat().st_mode & 0o777 for name in ("own", "all")] == [0o600, 0o644]


def test_a_file_made_long_before_it_is_finished(tmp_path: Path) -> None:
    """It is written in pieces and streams, refuses early, and is there after ``commit`` alone."""
    target = tmp_path / "out"
    with AtomicFile(target) as file:
        assert isinstance(file, Commits)
        file.write(b"one ")
        with file.stream() as stream:
            stream.write(b"two ")
        file.write(b"three")
        assert not target.exists()
        file.commit()
    assert target.read_bytes() == b"one two three"
    assert os.listdir(tmp_path) == ["out"]
    with pytest.raises(AudioFileError, match="exists already"):
        AtomicFile(target)


def test_a_folder_begins_with_what_is_there_or_with_nothing(tmp_path: Path) -> None:
    """``keep`` takes the old files over, without it they go; the swap leaves no third folder."""
    target = tmp_path / "folder"
    for keep, expected in ((False, ["marker"]), (True, ["marker", "more"]), (False, ["marker"])):
        with AtomicFolder(target, "marker", force=True, keep=keep) as folder:
            write_text(folder.path / "marker", "1")
            if keep:
                write_text(folder.path / "more", "1")
            folder.commit()
        assert sorted(os.listdir(target)) == expected
    assert os.listdir(tmp_path) == ["folder"]


def test_a_folder_that_cannot_be_swapped_in_stays(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The second rename fails: the old folder has its name again."""
    target = tmp_path / "folder"
    target.mkdir()
    write_text(target / "marker", "old")
    with (
        pytest.raises(AudioFileError, match="could not be written"),
        AtomicFolder(target, "marker", force=True) as folder,
    ):
        write_text(folder.path / "marker", "new")
        rename = Path.rename

        def second_fails(path: Path, to: Path) -> Path:
            if path == folder.path:
                raise OSError(5, "Input/output error")
            return rename(path, to)

        monkeypatch.setattr(Path, "rename", second_fails)
        folder.commit()
    assert os.listdir(tmp_path) == ["folder"]
    assert (target / "marker").read_text() == "old"
