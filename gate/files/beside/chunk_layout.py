"""Chunks of a finished sound file, laid out again round its samples. Sources: as ``gate.files.chunks``."""

import os
from collections.abc import Iterable

from gate.files.chunks import (  # fmt: skip
    CAF,
    FORM,
    RIFF,
    RIFX,
    SMALL,
    TAIL,
    TAIL_RIFF,
    W64,
    Chunk,
    Dialect,
    Piece,
    copy,
    dialect,
    is_large,
    write_at,
)

LIMIT = SMALL
"""Largest size of a whole file, less eight bytes, in the containers whose sizes are 32 bits."""


def lay_out(fd: int, sound: Chunk, before: Iterable[Piece], after: Iterable[Piece], frames: int) -> None:
    """Write a file's chunks round its samples, which are moved where the room before them is not the same.

    Sizes are put right; a plain WAV that passes 4 GB becomes RF64. Samples at the end of a W64 are not filled up to
    eight bytes: libsndfile would read what fills them as samples. In RF64 chunks of odd length go after the samples:
    libsndfile would not find the samples after them.

    Args:
        fd: the file, whole, open for reading and writing.
        sound: its samples.
        before: the chunks before the samples.
        after: the chunks after them.
        frames: number of samples of a channel, for ds64.

    Raises:
        OSError: the disk is full, or gone.
        ValueError: the container cannot hold this size.
    """
    says = dialect(fd)
    assert says is not None, "only files of chunks are laid out"
    before, after = list(before), list(after)

    def total(large: bool) -> tuple[int, int]:
        """Return the places of the samples and of the end."""
        table = sum(piece.size >= SMALL for piece in (*before, *after))
        at = says.first + (36 + 12 * table if large else 0)
        at += sum(says.head + says.padded(piece.size) for piece in before) + says.head
        end = at + (says.padded(sound.size) if after or says is not W64 else sound.size)
        return at, end + sum(says.head + says.padded(piece.size) for piece in after)

    large = is_large(fd)
    at, end = total(large)
    if says is RIFF and (large or end - 8 > LIMIT):
        large = True
        behind = [piece for piece in before if piece.size % 2 or piece.size >= SMALL]
        before, after = [piece for piece in before if piece not in behind], [*behind, *after]
        at, end = total(large)
    if says in (RIFX, FORM) and end - 8 > LIMIT:
        raise ValueError("over 4 GB")
    if at != sound.at:
        copy(fd, sound.at, fd, at, sound.size)
    _write_start(fd, says, end, large)
    place = says.first
    if large:
        entries = [piece for piece in (*before, *after) if piece.size >= SMALL]
        table = b"".join(piece.name + piece.size.to_bytes(8, "little") for piece in entries)
        sizes = b"".join(n.to_bytes(8, "little") for n in (end - 8, sound.size, frames))
        content = sizes + len(entries).to_bytes(4, "little") + table
        place = _write(fd, says, place, Piece(b"ds64", content))
    for piece in before:
        place = _write(fd, says, place, piece)
    size = SMALL if large else sound.size
    write_at(fd, place, _head(says, says.sound, size))
    place = at + sound.size
    write_at(fd, place, bytes(min(place + says.padded(sound.size) - sound.size, end) - place))
    place = at + says.padded(sound.size)
    for piece in after:
        place = _write(fd, says, place, piece)
    os.ftruncate(fd, end)


def _write_start(fd: int, says: Dialect, end: int, large: bool) -> None:
    """Write the size of the whole file, and the name that goes with it."""
    if says is W64:
        write_at(fd, 16, says.bytes_of(end, 8))
    elif says is not CAF:
        write_at(fd, 4, says.bytes_of(SMALL if large else end - 8, 4))
    if large and not is_large(fd):
        write_at(fd, 0, b"RF64")


def _head(says: Dialect, name: bytes, size: int) -> bytes:
    if says is W64:
        return _guid(name) + says.bytes_of(size + says.head, 8)
    return name + says.bytes_of(min(size, SMALL) if says.size_bytes == 4 else size, says.size_bytes)


def _write(fd: int, says: Dialect, place: int, piece: Piece) -> int:
    """Write a chunk; return the place of the next one."""
    write_at(fd, place, _head(says, piece.name, piece.size))
    place += says.head
    if piece.fd >= 0:
        copy(piece.fd, piece.at, fd, place, piece.size)
    else:
        write_at(fd, place, piece.content)
    write_at(fd, place + piece.size, bytes(says.padded(piece.size) - piece.size))
    return place + says.padded(piece.size)


def _guid(name: bytes) -> bytes:
    if len(name) == 16:
        return name
    return b"list" + TAIL_RIFF if name == b"LIST" else name + TAIL
