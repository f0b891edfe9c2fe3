"""Packages and archives, unpacked without any other program: `.deb` (ar), tar, zip; nothing leaves the folder.

Only regular files whose names are wanted are written. Links, devices and owners are left alone.
"""

import io
import lzma
import shutil
import tarfile
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path, PurePosixPath
from typing import BinaryIO

AR_MAGIC, AR_HEADER_BYTES = b"!<arch>\n", 60
PIECE_BYTES = 1 << 20

Wanted = Callable[[str], bool]

DAMAGED = (tarfile.TarError, zipfile.BadZipFile, lzma.LZMAError, zlib.error, EOFError, OSError)
"""What readers of archives raise for one that is cut short or altered."""


def unpack_deb(deb: Path, folder: Path, wanted: Wanted) -> None:
    """Unpack the wanted files of a Debian package into a folder.

    Args:
        deb: the package.
        folder: where its paths begin.
        wanted: says of a path, with no slash at its start, whether it is to be written.

    Raises:
        ValueError: not a package, damaged, packed in a way that is not known, or a path that leaves the folder.
    """
    with deb.open("rb") as file:
        member = _data_member(deb, file)
        try:
            with tarfile.open(fileobj=member, mode="r|*") as tar:
                _unpack_tar(deb, tar, folder, wanted)
        except DAMAGED as error:
            raise ValueError(
                f"expected a whole package in {deb}, got one that cannot be unpacked ({_first_line(error)}); delete it to "
                "have it fetched again"
            ) from error


def unpack_archive(path: Path, folder: Path, wanted: Wanted) -> None:
    """Unpack the wanted files of a zip (.pk3, .wz) or a tar (.h2drumkit); raises as ``unpack_deb``."""
    try:
        if zipfile.is_zipfile(path):
            with zipfile.ZipFile(path) as archive:
                for name in archive.namelist():
                    target = inside(path, folder, name)
                    if not name.endswith("/") and wanted(name):
                        with archive.open(name) as source:
                            _write(source, target)
        else:
            with tarfile.open(path) as tar:
                _unpack_tar(path, tar, folder, wanted)
    except DAMAGED as error:
        raise ValueError(
            f"expected an archive in {path.name}, got one that cannot be unpacked ({_first_line(error)}); leave it out "
            "by a rule"
        ) from error


def inside(archive: Path, folder: Path, name: str) -> Path:
    """Return where a member of an archive goes.

    Raises:
        ValueError: its path is absolute, goes up, or is no path.
    """
    path = PurePosixPath(name)
    if path.is_absolute() or ".." in path.parts or "\\" in name or "\0" in name or ":" in name[1:2]:
        raise ValueError(
            f"expected paths inside the package in {archive.name}, got {name!r}; it is not what its name says: delete it"
        )
    return folder / path


def _unpack_tar(archive: Path, tar: tarfile.TarFile, folder: Path, wanted: Wanted) -> None:
    for member in tar:
        name = member.name.removeprefix("./")
        target = inside(archive, folder, name)
        source = tar.extractfile(member) if member.isreg() and wanted(name) else None
        if source is not None:
            _write(source, target)


def _write(source: "BinaryIO | io.BufferedReader", target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    with target.open("wb") as file:
        shutil.copyfileobj(source, file, PIECE_BYTES)


def _first_line(error: Exception) -> str:
    return (str(error) or type(error).__name__).splitlines()[0].rstrip(":")


def _data_member(deb: Path, file: BinaryIO) -> BinaryIO:
    """Find the data in a package: a stream of the tar, packed or not."""
    if file.read(len(AR_MAGIC)) != AR_MAGIC:
        raise ValueError(f"expected a Debian package in {deb}, got another kind of file; delete it")
    while len(header := file.read(AR_HEADER_BYTES)) == AR_HEADER_BYTES and header[58:] == b"`\n":
        name, digits = header[:16].decode("ascii", "replace").strip().rstrip("/"), header[48:58].strip()
        if not digits.isdigit():
            break
        size = int(digits)
        if name.startswith("data.tar"):
            if name.rpartition(".")[2] not in ("tar", "gz", "bz2", "xz", "lzma"):
                raise ValueError(
                    f"expected data packed by gzip, bzip2 or xz in {deb}, got {name}; take the version that is pinned"
                )
            return _Part(file, size)  # type: ignore[return-value]
        file.seek(size + size % 2, io.SEEK_CUR)
    raise ValueError(
        f"expected a Debian package in {deb}, got one without data; delete it to have it fetched again"
    )


class _Part:
    """A stretch of a file, read as if it were one."""

    def __init__(self, file: BinaryIO, size: int) -> None:
        self._file, self._left = file, size

    def read(self, size: int = -1) -> bytes:
        """Read some bytes."""
        size = self._left if size < 0 else min(size, self._left)
        data = self._file.read(size)
        self._left -= len(data)
        return data
