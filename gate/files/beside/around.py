"""Data before and after the sound of MP3 and .au files, copied as it is.

Sources: ID3v2.4 and ID3v1 (id3.org), APEv2 (Monkey's Audio), Sun/NeXT .au.
"""

import os

from gate.files.chunks import copy, read_at, write_at

AU_HEAD = 24
"""Bytes of a .au file's header."""

LONGEST = 1 << 24
"""Most bytes of an annotation; more is a damaged header."""


def mp3_tags(fd: int) -> tuple[int, int]:
    """Return where an MP3's tags before the sound end, and where those after it begin."""
    at, end = 0, os.fstat(fd).st_size
    while (head := read_at(fd, at, 10))[:3] == b"ID3" and len(head) == 10:  # size: four bytes of seven bits
        at += 10 + (head[6] << 21 | head[7] << 14 | head[8] << 7 | head[9]) + (10 if head[5] & 16 else 0)
    if at > end:
        at = 0
    last = end
    if read_at(fd, last - 128, 3) == b"TAG":
        last -= 128
    foot = read_at(fd, max(last - 32, 0), 32)
    if foot[:8] == b"APETAGEX":
        size = int.from_bytes(foot[12:16], "little") + (32 if foot[23] & 128 else 0)
        last -= size if size <= last - at else 0
    return min(at, last), last


def put_around(source: int, fd: int, at: int, last: int) -> None:
    """Copy what lies before ``at`` and after ``last`` round the sound of an MP3."""
    size, end = os.fstat(fd).st_size, os.fstat(source).st_size
    if at:
        copy(fd, 0, fd, at, size)
        copy(source, 0, fd, 0, at)
    copy(source, last, fd, at + size, end - last)


def annotation(fd: int) -> int:
    """Return the bytes that a .au file holds between its header and its samples."""
    sound = _au_number(fd, 4)
    return sound - AU_HEAD if AU_HEAD < sound <= min(os.fstat(fd).st_size, AU_HEAD + LONGEST) else 0


def _au_number(fd: int, at: int) -> int:
    head = read_at(fd, 0, 24)
    return int.from_bytes(head[at : at + 4], "big" if head[:4] == b".snd" else "little")


def put_annotation(source: int, fd: int) -> None:
    """Copy what a .au file holds between its header and its samples."""
    n, mine, size = annotation(source), _au_number(fd, 4), os.fstat(fd).st_size
    if not n:
        return
    copy(fd, mine, fd, AU_HEAD + n, size - mine)
    copy(source, AU_HEAD, fd, AU_HEAD, n)
    order = read_at(fd, 0, 4) == b".snd"
    write_at(fd, 4, (AU_HEAD + n).to_bytes(4, "big" if order else "little"))
    if AU_HEAD + n < mine:
        os.ftruncate(fd, size + AU_HEAD + n - mine)
