"""Metadata blocks of FLAC files. Source: RFC 9639, section 8."""

from dataclasses import dataclass

from gate.files.chunks import Piece, copy, read_at, write_at

STREAMINFO, PADDING, SEEKTABLE, COMMENT, CUESHEET, PICTURE = 0, 1, 3, 4, 5, 6

MOST = 1024
"""Blocks looked at in one file."""

LONGEST = 2**24 - 1
"""Bytes that a block holds."""


@dataclass(frozen=True)
class Block:
    """A block of a file: its kind, and ``size`` bytes at ``at``."""

    kind: int
    at: int
    size: int


def blocks(fd: int) -> tuple[list[Block], int]:
    """Find the blocks of a FLAC file, and where its sound begins; nothing and 0 in a file that is no FLAC.

    Args:
        fd: open for reading; its position stays.
    """
    at = 0
    while (head := read_at(fd, at, 10))[:3] == b"ID3" and len(head) == 10:  # size: four bytes of seven bits
        at += 10 + (head[6] << 21 | head[7] << 14 | head[8] << 7 | head[9]) + (10 if head[5] & 16 else 0)
    if head[:4] != b"fLaC":
        return [], 0
    found: list[Block] = []
    at += 4
    while len(found) < MOST:
        head = read_at(fd, at, 4)
        if len(head) < 4:
            return [], 0
        size = int.from_bytes(head[1:], "big")
        found.append(Block(head[0] & 127, at + 4, size))
        at += 4 + size
        if head[0] & 128:
            return found, at
    return [], 0


def comments(fd: int) -> list[tuple[str, str]]:
    """Return the Vorbis comments of a FLAC file, in their order, doubles and all; what is no text is left out."""
    for block in blocks(fd)[0]:
        if block.kind == COMMENT:
            return [
                (key, value)
                for key, equals, value in (
                    text.decode("utf-8", "replace").partition("=")
                    for text in split(read_at(fd, block.at, block.size))[1]
                )
                if equals
            ]
    return []


def split(content: bytes) -> tuple[bytes, list[bytes]]:
    """Return vendor and comments of a comment block; a damaged one gives what is whole.

    Args:
        content: the block's bytes.
    """

    def text(at: int) -> tuple[bytes, int] | None:
        end = at + 4 + int.from_bytes(content[at : at + 4], "little")
        return (
            (content[at + 4 : end], end) if at + 4 <= end <= len(content) and at + 4 <= len(content) else None
        )

    first = text(0)
    if first is None:
        return b"", []
    vendor, at = first
    count, at = int.from_bytes(content[at : at + 4], "little"), at + 4
    found: list[bytes] = []
    while len(found) < count and (one := text(at)) is not None:
        found.append(one[0])
        at = one[1]
    return vendor, found


def join(vendor: bytes, texts: list[bytes]) -> bytes:
    """Return the content of a comment block."""
    parts = [vendor, *texts]
    long = [len(part).to_bytes(4, "little") + part for part in parts]
    return long[0] + len(texts).to_bytes(4, "little") + b"".join(long[1:])


def lay_out(fd: int, size: int, pieces: list[tuple[int, Piece]]) -> None:
    """Put other blocks between a FLAC file's STREAMINFO and its sound, which is moved.

    Args:
        fd: the file, whole, open for reading and writing.
        size: its length in bytes.
        pieces: kind and content of each block.

    Raises:
        OSError: the disk is full, or gone.
    """
    found, sound = blocks(fd)
    at = found[0].at + found[0].size
    copy(fd, sound, fd, at + sum(4 + piece.size for _, piece in pieces), size - sound)
    write_at(fd, found[0].at - 4, bytes([STREAMINFO | (0 if pieces else 128)]))
    for i, (kind, piece) in enumerate(pieces):
        last = 128 if i == len(pieces) - 1 else 0
        write_at(fd, at, bytes([kind | last]) + piece.size.to_bytes(3, "big"))
        if piece.fd >= 0:
            copy(piece.fd, piece.at, fd, at + 4, piece.size)
        else:
            write_at(fd, at + 4, piece.content)
        at += 4 + piece.size
