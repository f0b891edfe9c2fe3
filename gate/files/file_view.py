"""A file as another program should have written it: parts of it, with other bytes where its header is wrong."""

import os

Piece = bytes | tuple[int, int]
"""Bytes that are in no file, or (start, stop) of the file."""


class FileView:
    """Pieces of a file, read one after the other, as if they were a file of their own.

    libsndfile reads it through soundfile, which takes any object with these methods. Nothing is copied: a piece of the
    file is read when it is asked for.

    Args:
        fd: the file, open for reading; it stays open, and its position is moved.
        pieces: in the order in which they are read.
    """

    def __init__(self, fd: int, pieces: tuple[Piece, ...]) -> None:
        self._fd = fd
        self._at = 0
        self._pieces: list[tuple[int, int, Piece]] = []
        end = 0
        for piece in pieces:
            begin, end = end, end + (len(piece) if isinstance(piece, bytes) else piece[1] - piece[0])
            if end > begin:
                self._pieces.append((begin, end, piece))
        self.length = end

    def tell(self) -> int:
        """Return the position, in bytes from the view's beginning."""
        return self._at

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        """Move the position; return it."""
        base = {os.SEEK_SET: 0, os.SEEK_CUR: self._at, os.SEEK_END: self.length}[whence]
        self._at = max(base + offset, 0)
        return self._at

    def read(self, size: int = -1) -> bytes:
        """Return the next ``size`` bytes, fewer at the end; -1 for all of them."""
        if size < 0:
            size = max(self.length - self._at, 0)
        parts = []
        for begin, end, piece in self._pieces:
            if size > 0 and begin <= self._at < end:
                part = self._part(piece, self._at - begin, min(size, end - self._at))
                parts.append(part)
                self._at += len(part)
                size -= len(part)
        return b"".join(parts)

    def readinto(self, buffer: memoryview) -> int:
        """Fill ``buffer`` with the next bytes; return how many there were."""
        data = self.read(len(buffer))
        buffer[: len(data)] = data
        return len(data)

    def _part(self, piece: Piece, at: int, size: int) -> bytes:
        if isinstance(piece, bytes):
            return piece[at : at + size]
        os.lseek(self._fd, piece[0] + at, os.SEEK_SET)
        parts = []
        while size > 0 and (part := os.read(self._fd, size)):
            parts.append(part)
            size -= len(part)
        return b"".join(parts)
