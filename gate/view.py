"""Sound files as libsndfile reads them rightly: without the chunks that make it lose its way.

libsndfile 1.2.2 takes all that follows a W64's samples for samples, and does not find the samples of an RF64 behind a
chunk of odd length or one whose size stands in ds64.
"""

import os

from gate import chunks
from gate.chunks import W64, Chunk


class View:
    """A file of bytes of our own followed by a part of another file, for reading; never closes that one.

    Args:
        head: the bytes it begins with.
        fd: the other file.
        at: where its part begins.
        size: how long the part is.
    """

    def __init__(self, head: bytes, fd: int, at: int, size: int) -> None:
        self._head, self._fd, self._at, self._size = head, fd, at, len(head) + size
        self._place = 0

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        """Go to a place, counted from the start, from here or from the end."""
        base = {os.SEEK_SET: 0, os.SEEK_CUR: self._place, os.SEEK_END: self._size}[whence]
        self._place = max(base + offset, 0)
        return self._place

    def tell(self) -> int:
        """The place where the next byte is read."""
        return self._place

    def read(self, n: int) -> bytes:
        """Read bytes, fewer at the end."""
        n = max(min(n, self._size - self._place), 0)
        found = self._head[self._place : self._place + n]
        if len(found) < n:
            start = self._place + len(found) - len(self._head)
            found += chunks.read_at(self._fd, self._at + start, n - len(found))
        self._place += len(found)
        return found

    def write(self, data: bytes) -> int:
        """Write nothing: soundfile asks for the method, and never calls it."""
        raise NotImplementedError


def readable(fd: int) -> View | int:
    """What libsndfile is to read: the file itself, or a view of it without what libsndfile cannot take.

    Args:
        fd: a sound file, open for reading.
    """
    says = chunks.dialect(fd)
    if says is W64:
        found = chunks.walk(fd)
        sound = next((chunk for chunk in found if chunk.name == b"data"), None)
        if sound is not None and sound.at + sound.size < os.fstat(fd).st_size:
            return View(b"", fd, 0, sound.at + sound.size)
    elif says is not None and chunks.is_large(fd):
        return _large(fd, chunks.walk(fd))
    return fd


def _large(fd: int, found: list[Chunk]) -> View | int:
    """An RF64 without what stands before its samples, where there is a chunk in the way."""
    names = [chunk.name for chunk in found]
    if b"data" not in names or b"fmt " not in names or b"ds64" not in names:
        return fd
    sound = found[names.index(b"data")]
    before = found[: names.index(b"data")]
    big = chunks.read_at(fd, 0, 4) == b"BW64"
    if not big and not any(chunk.size % 2 or _head_size(fd, chunk) == chunks.SMALL for chunk in before):
        return fd
    sizes = chunks.read_at(fd, found[0].at, 24) + bytes(4)
    head = b"RF64\xff\xff\xff\xffWAVEds64" + len(sizes).to_bytes(4, "little") + sizes
    for chunk in before:
        if chunk.name in (b"fmt ", b"fact") and chunk.size <= 1 << 16 and chunk.size % 2 == 0:
            head += chunk.name + chunk.size.to_bytes(4, "little") + chunks.read_at(fd, chunk.at, chunk.size)
    return View(head + chunks.read_at(fd, sound.at - 8, 8), fd, sound.at, sound.size)


def _head_size(fd: int, chunk: Chunk) -> int:
    return int.from_bytes(chunks.read_at(fd, chunk.at - 4, 4), "little")
