"""Packages as files: by apt-get where that is, or from a mirror that is named; whole, or not there.

A download that was interrupted goes on where it stopped. A file counts only with the pinned size and SHA-256.
"""

import hashlib
import shutil
import subprocess
import urllib.error
import urllib.request
from collections.abc import Sequence
from pathlib import Path

from training.packages.table import Package

PIECE_BYTES = 1 << 20
TIMEOUT_S = 60.0


def fetch(package: Package, folder: Path, mirrors: Sequence[str] = ()) -> Path:
    """Bring a package into a folder, unless it is there.

    Args:
        package: which, pinned.
        folder: where its file goes. A file of the package that is there and whole is taken.
        mirrors: addresses of mirrors, tried in turn, below which ``pool/`` lies; a snapshot of the archive keeps old
            versions. None asks apt-get.

    Raises:
        ValueError: it cannot be had, or what came is not what is pinned.
    """
    folder.mkdir(parents=True, exist_ok=True)
    target = folder / package.place.rpartition("/")[2]
    for path in (target, *folder.glob(f"{package.name}_*.deb")):
        if path.is_file() and path.stat().st_size == package.size and sha256(path) == package.sha256:
            return path
    said = (
        [_from_mirror(package, mirror, target) for mirror in mirrors]
        if mirrors
        else [_from_apt(package, folder)]
    )
    for path in (target, *folder.glob(f"{package.name}_*.deb")):
        if path.is_file() and path.stat().st_size == package.size and sha256(path) == package.sha256:
            return path
    raise ValueError(
        f"expected {package.name} {package.version} of {package.size} bytes, got {'; '.join(filter(None, said))}; "
        f"name a mirror or a snapshot of Debian's archive that has it with --mirror, or put the file into {folder}"
    )


def sha256(path: Path) -> str:
    """Compute a file's SHA-256, in hexadecimal digits."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _from_apt(package: Package, folder: Path) -> str:
    """Have apt-get download a package; say what went wrong."""
    apt = shutil.which("apt-get")
    if apt is None:
        return "no apt-get on this machine"
    done = subprocess.run(
        [apt, "download", "-q", f"{package.name}={package.version}"],
        cwd=folder,
        capture_output=True,
        text=True,
    )
    if done.returncode:
        return "from apt-get: " + (done.stderr.strip().splitlines() or ["nothing"])[-1]
    return "from apt-get another file than the one that is pinned"


def _from_mirror(package: Package, mirror: str, target: Path) -> str:
    """Download a package from one mirror, going on where a part of it is there; say what went wrong."""
    if target.is_file():
        target.unlink()
    part = target.with_name(target.name + ".part")
    if part.is_file() and part.stat().st_size >= package.size:
        part.unlink()
    have = part.stat().st_size if part.is_file() else 0
    request = urllib.request.Request(f"{mirror.rstrip('/')}/{package.place}")
    if have:
        request.add_header("Range", f"bytes={have}-")
    try:
        with (
            urllib.request.urlopen(request, timeout=TIMEOUT_S) as answer,
            part.open("ab" if answer.status == 206 else "wb") as file,
        ):
            shutil.copyfileobj(answer, file, PIECE_BYTES)
    except (OSError, urllib.error.URLError, ValueError) as error:
        return f"from {mirror}: {error}"
    if part.stat().st_size < package.size:
        return f"from {mirror} only {part.stat().st_size} of its bytes, which are kept: the same command goes on from there"
    if part.stat().st_size > package.size or sha256(part) != package.sha256:
        part.unlink()
        return f"from {mirror} another file than the one that is pinned"
    part.replace(target)
    return ""
