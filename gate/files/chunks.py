"""Chunks of the sound files that are made of chunks, found.

Sources: RIFF/WAVE (Microsoft, 1991), EBU Tech 3306 (RF64), ITU-R BS.2088 (BW64), Audio IFF 1.3 (Apple, 1989), Sony
Wave64, Apple Core Audio Format 1.0.
"""

import os
from dataclasses import dataclass

PIECE = 1 << 20
"""Bytes moved or copied at once: a chunk may be larger than memory."""

MOST = 4096
"""Chunks looked at in one file; real ones have dozens."""

SMALL = 0xFFFFFFFF
"""Largest size that 32 bits hold; in RF64 it says "see ds64"."""

TAIL = bytes.fromhex("f3acd3118cd100c04f8edb8a")
TAIL_RIFF = bytes.fromhex("2e91cf11a5d628db04c10000")


@dataclass(frozen=True)
class Dialect:
    """A container's way of writing its chunks.

    Attributes:
        family: "WAV", "AIFF" or "CAF": chunks of one family and byte order mean the same in every dialect.
        order: of the bytes of a size, "little" or "big".
        name_bytes: length of a chunk's name.
        size_bytes: length of a chunk's size.
        align: number of which the next chunk's place is a multiple, counted from the chunk before.
        first: place of the first chunk.
        sound: name of the chunk with the samples, as ``Chunk.name`` gives it.
    """

    family: str
    order: str
    name_bytes: int
    size_bytes: int
    align: int
    first: int
    sound: bytes

    @property
    def head(self) -> int:
        """Number of bytes before a chunk's content."""
        return self.name_bytes + self.size_bytes

    def number(self, data: bytes) -> int:
        """Return a number of this byte order."""
        return int.from_bytes(data, "little" if self.order == "little" else "big")

    def bytes_of(self, number: int, n: int) -> bytes:
        """Return the ``n`` bytes of a number in this byte order."""
        return number.to_bytes(n, "little" if self.order == "little" else "big")

    def padded(self, size: int) -> int:
        """Return a content's size with what fills it up."""
        return -(-size // self.align) * self.align


RIFF = Dialect("WAV", "little", 4, 4, 2, 12, b"data")
RIFX = Dialect("WAV", "big", 4, 4, 2, 12, b"data")
W64 = Dialect("WAV", "little", 16, 8, 8, 40, b"data")
FORM = Dialect("AIFF", "big", 4, 4, 2, 12, b"SSND")
CAF = Dialect("CAF", "big", 4, 8, 1, 8, b"data")


@dataclass(frozen=True)
class Chunk:
    """A chunk of a file: ``size`` bytes at ``at``; W64's long names become the short ones that they mean."""

    name: bytes
    at: int
    size: int


@dataclass(frozen=True)
class Piece:
    """A chunk to write: these bytes, or ``size`` bytes at ``at`` of the file ``fd``."""

    name: bytes
    content: bytes = b""
    fd: int = -1
    at: int = 0
    far: int = 0

    @property
    def size(self) -> int:
        """Bytes of the chunk's content."""
        return self.far if self.fd >= 0 else len(self.content)


def read_at(fd: int, at: int, n: int) -> bytes:
    """Read bytes at a place; the file's own position stays.

    Args:
        fd: open for reading.
        at: place of the first byte.
        n: bytes to read; fewer come at the end of the file.
    """
    before = os.lseek(fd, 0, os.SEEK_CUR)
    try:
        os.lseek(fd, at, os.SEEK_SET)
        found = b""
        while len(found) < n and (more := os.read(fd, n - len(found))):
            found += more
        return found
    finally:
        os.lseek(fd, before, os.SEEK_SET)


def write_at(fd: int, at: int, data: bytes) -> None:
    """Write bytes at a place.

    Raises:
        OSError: the disk is full, or gone.
    """
    os.lseek(fd, at, os.SEEK_SET)
    view = memoryview(data)
    while view:
        view = view[os.write(fd, view) :]


def copy(source: int, at: int, target: int, to: int, n: int) -> None:
    """Copy bytes from a file into another one, or to another place of the same, in pieces.

    Raises:
        OSError: the disk is full, or gone; or the source is shorter than it was.
    """
    upwards = source == target and to > at
    for done in range(0, n, PIECE):
        size = min(PIECE, n - done)
        offset = n - done - size if upwards else done
        data = read_at(source, at + offset, size)
        if len(data) < size:
            raise OSError("the file became shorter while it was read")
        write_at(target, to + offset, data)


def dialect(fd: int) -> Dialect | None:
    """Return how a file writes its chunks; None for a file that has none."""
    head = read_at(fd, 0, 40)
    if head[:4] in (b"RIFF", b"RF64", b"BW64") and head[8:12] == b"WAVE":
        return RIFF
    if head[:4] == b"RIFX" and head[8:12] == b"WAVE":
        return RIFX
    if head[:16] == b"riff" + TAIL_RIFF:
        return W64
    if head[:4] == b"FORM" and head[8:12] in (b"AIFF", b"AIFC"):
        return FORM
    return CAF if head[:4] == b"caff" else None


def is_large(fd: int) -> bool:
    """Is this a WAV with 64-bit sizes (RF64 or BW64)?"""
    return read_at(fd, 0, 4) in (b"RF64", b"BW64")


def _name(says: Dialect, name: bytes) -> bytes:
    if says is not W64:
        return name
    if name[4:] == TAIL_RIFF and name[:4] == b"list":
        return b"LIST"
    return name[:4] if name[4:] == TAIL else name


def _large_sizes(fd: int) -> dict[bytes, list[int]]:
    """Return sizes of chunks by name, in order, as a ds64 chunk gives them."""
    head = read_at(fd, 12, 36)
    if head[:4] != b"ds64":
        return {}
    sizes = {b"data": [int.from_bytes(head[16:24], "little")]}
    entries = min(int.from_bytes(head[32:36], "little"), MOST)
    table = read_at(fd, 48, min(12 * entries, max(int.from_bytes(head[4:8], "little") - 28, 0)))
    for at in range(0, len(table) - 11, 12):
        sizes.setdefault(table[at : at + 4], []).append(int.from_bytes(table[at + 4 : at + 12], "little"))
    return sizes


def walk(fd: int, sound_end: int | None = None) -> list[Chunk]:
    """Find the chunks of a file, in their order; none of a file without chunks.

    The first chunk that runs over the end of the file, or has no name, is where the search ends.

    Args:
        fd: open for reading.
        sound_end: where the samples end, if that is known better than by their chunk's size.
    """
    says = dialect(fd)
    if says is None:
        return []
    large = _large_sizes(fd) if is_large(fd) else {}
    end = os.fstat(fd).st_size
    found: list[Chunk] = []
    at = says.first
    while at + says.head <= end and len(found) < MOST:
        name, size = _next(fd, says, at)
        if size == SMALL and large.get(name):
            size = large[name].pop(0)
        if name == says.sound:
            at += says.head
            size = (min(at + size, end) if sound_end is None else sound_end) - at
            found.append(Chunk(name, at, size))
        elif _is_chunk(says, name, at, size, end):
            at += says.head
            found.append(Chunk(name, at, size))
        else:
            break
        at += says.padded(size)
        # some programs leave out the byte that fills an odd chunk up
        if size % 2 and says.align == 2 and not _is_chunk(says, *_placed(fd, says, at), end):
            at -= _is_chunk(says, *_placed(fd, says, at - 1), end)
    return found


def _next(fd: int, says: Dialect, at: int) -> tuple[bytes, int]:
    """Return name and size of the chunk at a place, as its head says."""
    head = read_at(fd, at, says.head)
    name, size = _name(says, head[: says.name_bytes]), says.number(head[says.name_bytes :])
    return name, size - says.head if says is W64 else size


def _placed(fd: int, says: Dialect, at: int) -> tuple[bytes, int, int]:
    """Return (name, place, size) of the chunk at a place."""
    name, size = _next(fd, says, at)
    return name, at, size


def _is_chunk(says: Dialect, name: bytes, at: int, size: int, end: int) -> bool:
    """Can this be a chunk: has it a name, and does it end before the file does?"""
    named = len(name) == 16 or (
        len(name) == 4 and all(0x20 <= byte < 0x7F or byte in (0xA0, 0xA9) for byte in name)
    )
    return named and size >= 0 and at + says.head + size <= end
