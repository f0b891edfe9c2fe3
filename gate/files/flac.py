"""The length of a FLAC, by its last frame: a header that was written before the sound cannot know it.

Source: RFC 9639 (FLAC), sections 8.2 (streaminfo) and 9.1 to 9.3 (frames).
"""

import mmap
from functools import cache

Bytes = mmap.mmap | bytes

STREAMINFO = b"\x00\x00\x00\x22"
"""Bytes after "fLaC": the first block, of 34 bytes; with the first bit set where no other block follows."""

TOTAL_AT = 21
"""Byte of the file in whose lower half the 36-bit number of samples begins."""

MOST_FRAME = 1 << 20
"""Bytes from the end within which the last frame is looked for, if the header does not name its longest frame."""


def begins(data: Bytes, at: int = 0) -> bool:
    """Does a FLAC begin at this byte?"""
    return (
        data[at : at + 4] == b"fLaC" and data[at + 4] & 0x7F == 0 and data[at + 5 : at + 8] == STREAMINFO[1:]
    )


def links(data: Bytes, begin: int = 0) -> list[tuple[int, int]]:
    """Find the recordings that follow one another, the first from ``begin`` on: (start, stop) of each, in bytes."""
    starts, at = [begin], begin
    while (at := data.find(b"fLaC", at + 4)) >= 0:
        if begins(data, at):
            starts.append(at)
    return list(zip(starts, [*starts[1:], len(data)], strict=True))


def promised(data: Bytes, start: int) -> int:
    """Return the number of samples (per channel) that the header speaks of; 0 where it does not say."""
    return int.from_bytes(data[start + TOTAL_AT : start + TOTAL_AT + 5], "big") & (2**36 - 1)


def rate(data: Bytes, start: int) -> int:
    """Return the rate in Hz; at least 1, so that lengths can be said."""
    return max(int.from_bytes(data[start + 18 : start + 21], "big") >> 4, 1)


def with_total(data: Bytes, start: int, samples: int) -> bytes:
    """Return the bytes of the header up to the number of samples, with another number in them."""
    high = data[start + TOTAL_AT] & 0xF0
    return data[start : start + TOTAL_AT] + (high << 32 | samples).to_bytes(5, "big")


def counted(data: Bytes, start: int, stop: int) -> int | None:
    """Return how many samples (per channel) lie there, by the last whole frame; None if it cannot be found.

    A whole frame is one whose header and all of it are right by their checksums, up to the recording's last byte, or, in
    a recording that was cut, to where another one begins. Zeros and a tag after the frames do not count.
    """
    stop = _without_tail(data, start, stop)
    at, lowest = stop, _lowest(data, start, stop)
    samples = _ending_at(data, start, stop)
    while samples is None and (at := data.rfind(b"\xff", lowest, at)) >= 0:
        if _samples_until(data[at : at + 16], 0) is not None:
            samples = _ending_at(data, start, at)
    return samples


def _lowest(data: Bytes, start: int, stop: int) -> int:
    """Return the lowest byte at which the last frame before ``stop`` may begin, with room for a tag after it."""
    longest = int.from_bytes(data[start + 15 : start + 18], "big") or MOST_FRAME
    return max(start + 42, stop - longest - 65536)


def _without_tail(data: Bytes, start: int, stop: int) -> int:
    """Return where frames end at the latest: before a tag (ID3v1) and zeros, of which a frame may end in two."""
    if data[stop - 128 : stop - 125] == b"TAG":
        stop -= 128
    end = stop
    while stop - 4096 > start and not any(data[stop - 4096 : stop]):
        stop -= 4096
    stop = min(stop + 2, end)
    while stop - 3 > start and not any(data[stop - 3 : stop]):
        stop -= 1
    return stop


def _ending_at(data: Bytes, start: int, stop: int) -> int | None:
    """Return the samples up to a byte at which a frame ends; None if none does."""
    block = int.from_bytes(data[start + 10 : start + 12], "big")
    at, lowest = stop, _lowest(data, start, stop)
    while (at := data.rfind(b"\xff", lowest, at)) >= 0:
        if data[at + 1 : at + 2] in (b"\xf8", b"\xf9"):
            samples = _samples_until(data[at : at + 16], block)
            if samples is not None and _crc16(data[at:stop]) == 0:
                return samples
    return None


def _samples_until(head: bytes, block: int) -> int | None:
    """Return the samples up to a frame's end, by its header; None if it is no frame."""
    if len(head) < 6:  # the mark of a frame may be in the last bytes of the one before
        return None
    number, size = _coded_number(head, 4)
    if number is None or head[3] & 1 or head[2] >> 4 == 0:
        return None
    code, rate, at = head[2] >> 4, head[2] & 15, 4 + size
    if code == 1:
        length = 192
    elif code <= 5:
        length = 576 << (code - 2)
    elif code >= 8:
        length = 256 << (code - 8)
    else:
        extra = 1 if code == 6 else 2
        length = int.from_bytes(head[at : at + extra], "big") + 1
        at += extra
    at += {12: 1, 13: 2, 14: 2}.get(rate, 0)
    if at >= len(head) or _crc8(head[:at]) != head[at]:
        return None
    return (number if head[1] & 1 else number * block) + length


def _coded_number(head: bytes, at: int) -> tuple[int | None, int]:
    """Return a number coded as UTF-8 is, in up to seven bytes, and how many there are."""
    first = head[at]
    if first < 0x80:
        return first, 1
    size = 8 - (first ^ 0xFF).bit_length()
    rest = head[at + 1 : at + size]
    if not 2 <= size <= 7 or len(rest) != size - 1 or any(byte >> 6 != 2 for byte in rest):
        return None, size
    number = first & (0x7F >> size)
    for byte in rest:
        number = number << 6 | byte & 0x3F
    return number, size


@cache
def _table(polynomial: int, bits: int) -> tuple[int, ...]:
    top, mask = 1 << bits - 1, (1 << bits) - 1
    rows = []
    for value in range(256):
        crc = value << bits - 8
        for _ in range(8):
            crc = (crc << 1 ^ polynomial if crc & top else crc << 1) & mask
        rows.append(crc)
    return tuple(rows)


def _crc8(data: bytes) -> int:
    table, crc = _table(0x07, 8), 0
    for byte in data:
        crc = table[crc ^ byte]
    return crc


def _crc16(data: bytes) -> int:
    table, crc = _table(0x8005, 16), 0
    for byte in data:
        crc = (crc << 8 & 0xFF00) ^ table[crc >> 8 ^ byte]
    return crc
