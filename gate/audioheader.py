"""Does a sound file hold all the bytes that its header promises? libsndfile plays what is there in silence.

Sources: RIFF/WAVE (Microsoft, 1991), EBU Tech 3306 (RF64), Audio IFF 1.3 (Apple, 1989), Sony Wave64, Apple
Core Audio Format 1.0, Sun/NeXT .au, RFC 3533 (Ogg), ISO 11172-3 and 13818-3 (MPEG audio), the LAME/Xing tag.
"""

import mmap
import os
from pathlib import Path

from gate.errors import AudioFileError

UNKNOWN = frozenset({0xFFFFFFFF, 0xFFFFFFFE, 0x7FFFFFFF, 0x7FFFF000, 0xFFFFFFFFFFFFFFFF})
"""Sizes that programs write into a header when they pipe and cannot know: the file is as long as it is."""

MPEG_SLACK = 2 * 1441
"""Bytes by which an MP3's own tag may be wrong, two of the longest frames: taggers and cutters are sloppy."""

_W64_RIFF = bytes.fromhex("726966662e91cf11a5d628db04c10000")
_W64_DATA = bytes.fromhex("64617461f3acd3118cd100c04f8edb8a")

_MPEG_KBPS = {
    1: (0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320),
    2: (0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160),
}
_MPEG_HZ = {3: (44100, 48000, 32000), 2: (22050, 24000, 16000), 0: (11025, 12000, 8000)}

Bytes = mmap.mmap | bytes


def check_whole(path: Path, fd: int) -> int | None:
    """Refuse a file that ends before its header says it should.

    Args:
        path: for the sentence alone.
        fd: the file, open for reading; its position is left alone.

    Returns:
        Frames that an MP3 without a length in its header really holds (players only guess them), else None.

    Raises:
        AudioFileError: bytes are missing.
    """
    size = os.fstat(fd).st_size
    if size < 12:
        return None
    try:
        mapped = mmap.mmap(fd, 0, access=mmap.ACCESS_READ)
    except OSError:  # a file system without it; then libsndfile's word has to do
        return None
    with mapped as data:
        head = data[:16]
        if head[:4] in (b"RIFF", b"RIFX", b"RF64", b"BW64") and head[8:12] == b"WAVE":
            end = _riff_end(data)
        elif head[:4] == b"FORM" and head[8:12] in (b"AIFF", b"AIFC"):
            end = _chunks_end(data, 12, b"SSND", "big")
        elif head == _W64_RIFF:
            end = _w64_end(data)
        elif head[:4] == b"caff":
            end = _caf_end(data)
        elif head[:4] == b".snd":
            length = int.from_bytes(data[8:12], "big")
            end = None if length in UNKNOWN else int.from_bytes(data[4:8], "big") + length
        elif head[:4] == b"OggS":
            _check_ogg(path, data)
            return None
        elif head[:3] == b"ID3" or (head[0] == 0xFF and head[1] & 0xE0 == 0xE0):
            end, frames = _mpeg_end(data)
            if end is not None and end > size + MPEG_SLACK:
                _refuse(path, end, size)
            return frames
        else:
            return None
        if end is not None and end > size:
            _refuse(path, end, size)
    return None


def _refuse(path: Path, end: int, size: int) -> None:
    raise AudioFileError(
        f"{path} is cut short, its header promises {end} bytes and {size} are there; get the whole file "
        "again, or rewrite what is left of it with another program (ffmpeg -i IN OUT)"
    )


def _chunks_end(data: Bytes, at: int, wanted: bytes, order: str) -> int | None:
    """End of the chunk ``wanted`` in a row of (4-byte name, 4-byte size) chunks; None if it does not say."""
    little = order == "little"
    while at + 8 <= len(data):
        size = int.from_bytes(data[at + 4 : at + 8], "little" if little else "big")
        if data[at : at + 4] == wanted:
            return None if size in UNKNOWN else at + 8 + size
        at += 8 + size + size % 2
    return None


def _riff_end(data: Bytes) -> int | None:
    if data[:4] in (b"RF64", b"BW64") and data[12:16] == b"ds64":
        length = int.from_bytes(data[28:36], "little")
        at = 20 + int.from_bytes(data[16:20], "little")
        while at + 8 <= len(data):
            size = int.from_bytes(data[at + 4 : at + 8], "little")
            if data[at : at + 4] == b"data":
                size = length if size == 0xFFFFFFFF else size
                return None if size in UNKNOWN else at + 8 + size
            at += 8 + size + size % 2
        return None
    return _chunks_end(data, 12, b"data", "big" if data[:4] == b"RIFX" else "little")


def _w64_end(data: Bytes) -> int | None:
    at = 40
    while at + 24 <= len(data):
        size = int.from_bytes(data[at + 16 : at + 24], "little")  # of name and size too
        if data[at : at + 16] == _W64_DATA:
            return at + size
        if size < 24:
            return None
        at += (size + 7) // 8 * 8
    return None


def _caf_end(data: Bytes) -> int | None:
    at = 8
    while at + 12 <= len(data):
        size = int.from_bytes(data[at + 4 : at + 12], "big")
        if data[at : at + 4] == b"data":
            return None if size in UNKNOWN else at + 12 + size
        at += 12 + size
    return None


def _check_ogg(path: Path, data: Bytes) -> None:
    """The last page of an Ogg file is whole and carries the end mark."""
    at = data.rfind(b"OggS")
    if at + 27 <= len(data):
        segments = data[at + 26]
        table = data[at + 27 : at + 27 + segments]
        whole = len(table) == segments and at + 27 + segments + sum(table) <= len(data)
        if whole and data[at + 5] & 4:
            return
    raise AudioFileError(
        f"{path} is cut short, an Ogg file ends with a marked page and this one has none; get the whole file "
        "again, or close it with another program (ffmpeg -i IN -c copy OUT)"
    )


def _mpeg_frame(data: Bytes, at: int) -> tuple[int, int, int] | None:
    """(bytes, samples, offset of a Xing tag) of the layer III frame at ``at``; None if there is none."""
    head = data[at : at + 4]
    if len(head) < 4 or head[0] != 0xFF or head[1] & 0xE6 != 0xE2:
        return None
    version, rate, kbps = head[1] >> 3 & 3, head[2] >> 2 & 3, head[2] >> 4
    if version == 1 or rate == 3 or kbps in (0, 15):
        return None
    first = version == 3
    samples = 1152 if first else 576
    bits = _MPEG_KBPS[1 if first else 2][kbps] * 1000
    size = samples // 8 * bits // _MPEG_HZ[version][rate] + (head[2] >> 1 & 1)
    mono = head[3] >> 6 == 3
    side = (17 if mono else 32) if first else (9 if mono else 17)
    return size, samples, 4 + side


def _mpeg_end(data: Bytes) -> tuple[int | None, int | None]:
    """(promised end of an MP3, None), or (None, frames counted one by one) where it promises nothing."""
    at = 0
    while data[at : at + 3] == b"ID3":  # size: four bytes of seven bits
        a, b, c, d = data[at + 6 : at + 10] if len(data) >= at + 10 else b"\0\0\0\0"
        at += 10 + (a << 21 | b << 14 | c << 7 | d) + (10 if data[at + 5] & 16 else 0)
    limit = min(len(data), at + 65536)
    while at < limit:
        frame = _mpeg_frame(data, at)
        if frame is not None and (_mpeg_frame(data, at + frame[0]) or at + frame[0] >= len(data)):
            break
        at += 1
    else:
        return None, None
    tag = at + frame[2]
    if data[tag : tag + 4] in (b"Xing", b"Info"):
        flags = int.from_bytes(data[tag + 4 : tag + 8], "big")
        where = tag + 8 + 4 * (flags & 1)
        return (at + int.from_bytes(data[where : where + 4], "big") if flags & 2 else None), None
    if data[at + 36 : at + 40] == b"VBRI":
        return at + int.from_bytes(data[at + 46 : at + 50], "big"), None
    total = 0
    while at + 4 <= len(data):
        frame = _mpeg_frame(data, at)
        if frame is None:
            if data[at : at + 3] == b"TAG" or data[at : at + 8] == b"APETAGEX":
                break
            at = data.find(b"\xff", at + 1)
            if at < 0:
                break
            continue
        if at + frame[0] <= len(data):
            total += frame[1]
        at += frame[0]
    return None, total
