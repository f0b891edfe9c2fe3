"""The frames of an MP3, counted: what its header promises, what lies there, and where the next recording begins.

Sources: ISO 11172-3 and 13818-3 (MPEG audio), the Xing, LAME and VBRI tags, ID3v2.4 section 3.1.
"""

import mmap
from dataclasses import dataclass

from gate.files.file_view import Piece

Bytes = mmap.mmap | bytes

SLACK_BYTES, SLACK_SAMPLES = 2 * 1441, 2 * 1152
"""By how much an MP3's own tag may be wrong, two of the longest frames: taggers and cutters are sloppy."""

DECODER_DELAY = 529
"""Samples that a decoder drops beside the encoder's delay, where a LAME tag names that."""

_KBPS = {
    1: (0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320),
    2: (0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160),
}
_HZ = {3: (44100, 48000, 32000), 2: (22050, 24000, 16000), 0: (11025, 12000, 8000)}


@dataclass(frozen=True)
class Frame:
    """One frame of layer III: bytes, samples per channel, rate in Hz, and where a Xing tag would stand in it."""

    size: int
    samples: int
    rate: int
    tag_at: int


@dataclass(frozen=True)
class Stretch:
    """One recording in a file: an MP3 may hold several, one after the other.

    Attributes:
        start: its first byte, tags in front of it included.
        first: its first frame's byte.
        stop: where it ends: at the next one, or at the file's end.
        rate: Hz.
        samples: per channel, of its whole frames; a frame that only carries a tag does not count.
        tagged: does its first frame carry a tag (Xing, Info or VBRI)?
        promised_end: where its tag says that it ends; None where it does not say.
        promised_samples: how many samples its tag speaks of, delay and padding included; None where it does not say.
    """

    start: int
    first: int
    stop: int
    rate: int
    samples: int
    tagged: bool
    promised_end: int | None
    promised_samples: int | None


def frame_at(data: Bytes, at: int) -> Frame | None:
    """Read the header of a layer III frame at a byte; None if there is none (free bit rates are none)."""
    head = data[at : at + 4]
    if len(head) < 4 or head[0] != 0xFF or head[1] & 0xE6 != 0xE2:
        return None
    version, rate, kbps = head[1] >> 3 & 3, head[2] >> 2 & 3, head[2] >> 4
    if version == 1 or rate == 3 or kbps in (0, 15):
        return None
    first = version == 3
    samples, hz = 1152 if first else 576, _HZ[version][rate]
    bits = _KBPS[1 if first else 2][kbps] * 1000
    mono = head[3] >> 6 == 3
    side = (17 if mono else 32) if first else (9 if mono else 17)
    return Frame(samples // 8 * bits // hz + (head[2] >> 1 & 1), samples, hz, 4 + side)


def stretches(data: Bytes, begin: int = 0, end: int | None = None) -> list[Stretch]:
    """Find the recordings in an MP3, and count their frames; an empty list if no frame is found.

    Args:
        data: the file.
        begin: where to look from.
        end: where to stop; the file's end by default.
    """
    end = len(data) if end is None else end
    found: list[Stretch] = []
    first = _first_frame(data, _after_id3(data, begin), end)
    while first is not None:
        one, following = _walk(data, begin, first, end)
        found.append(one)
        begin, first = one.stop, following
    return found


def _walk(data: Bytes, start: int, first: int, end: int) -> tuple[Stretch, int | None]:
    """Follow a recording's frames; returns it, and the first frame of the next one."""
    frame = frame_at(data, first)
    assert frame is not None, "a frame was found there"
    tag = _tag(data, first, frame)
    at, samples, per_frame, rate = first, 0, frame.samples, frame.rate
    if tag is not None:
        at += frame.size
    stop, following = end, None
    while at + 4 <= end:
        frame = frame_at(data, at)
        if frame is None:
            step = _next_frame(data, at, end)
            if step is None:
                break
            if data[at : at + 3] == b"ID3":
                stop, following = at, step
                break
            at = step
            continue
        if at > first and _tag(data, at, frame) is not None:
            stop, following = at, at
            break
        if at + frame.size <= end:
            samples += frame.samples
        at += frame.size
    promised_end, frames = tag or (None, None)
    promised = None if frames is None else frames * per_frame
    return Stretch(start, first, stop, rate, samples, tag is not None, promised_end, promised), following


def _tag(data: Bytes, at: int, frame: Frame) -> tuple[int | None, int | None] | None:
    """(promised end, promised frames) of a tag in a frame, each None where it does not say; None if there is no tag."""
    tag = at + frame.tag_at
    name = data[tag : tag + 4]
    if name == b"Xing" or name == b"Info":
        if any(data[at + 6 : tag]):  # the name by accident, in coded sound
            return None
        flags = int.from_bytes(data[tag + 4 : tag + 8], "big")
        where = tag + 8 + 4 * (flags & 1)
        frames = int.from_bytes(data[tag + 8 : tag + 12], "big") if flags & 1 else 0
        size = int.from_bytes(data[where : where + 4], "big") if flags & 2 else 0
    elif data[at + 36 : at + 40] == b"VBRI":
        size = int.from_bytes(data[at + 46 : at + 50], "big")
        frames = int.from_bytes(data[at + 50 : at + 54], "big")
    else:
        return None
    return (at + size if size else None), (frames or None)


def counted_view(data: Bytes, one: Stretch) -> tuple[Piece, ...]:
    """Put a tag in front of a recording that says how long it is: a decoder's guess would end it too early.

    Two frames stand in front: an Info tag, whose delay is one frame less what decoders drop anyway, and a silent frame
    for them to drop. So not a sample of the recording moves.

    Args:
        data: the file.
        one: the recording; its own tag, which is wrong, is left out.
    """
    head = data[one.first : one.first + 4]
    own = frame_at(data, one.first)
    assert own is not None, "a recording begins with a frame"
    begin = one.first + (own.size if one.tagged else 0)
    frames = one.samples // own.samples
    tag, at = _frame_with_room(head, own.tag_at + 16 + 40)
    silence, _ = _frame_with_room(head, own.tag_at)
    tag[at : at + 4] = b"Info"
    tag[at + 4 : at + 8] = (3).to_bytes(4, "big")
    tag[at + 8 : at + 12] = (frames + 1).to_bytes(4, "big")
    size = min(len(tag) + len(silence) + one.stop - begin, 2**32 - 1)
    tag[at + 12 : at + 16] = size.to_bytes(4, "big")
    tag[at + 16 : at + 20] = b"LAME"
    delay, padding = own.samples - DECODER_DELAY, DECODER_DELAY
    tag[at + 37 : at + 40] = (delay << 12 | padding).to_bytes(3, "big")
    return (bytes(tag) + bytes(silence), (begin, one.stop))


def _frame_with_room(head: bytes, room: int) -> tuple[bytearray, int]:
    """A frame of zeros like the one of ``head``, of ``room`` bytes or more; and where a Xing tag stands in it."""
    for kbps in range(1, 15):
        made = bytes((head[0], head[1] | 1, kbps << 4 | head[2] & 0x0C, head[3]))
        frame = frame_at(made, 0)
        if frame is not None and frame.size >= room:
            return bytearray(made.ljust(frame.size, b"\0")), frame.tag_at
    raise AssertionError("the longest frame has room for a tag")


def _after_id3(data: Bytes, at: int) -> int:
    """Skip ID3v2 tags; their size is four bytes of seven bits."""
    while data[at : at + 3] == b"ID3":
        a, b, c, d = data[at + 6 : at + 10] if len(data) >= at + 10 else b"\0\0\0\0"
        at += 10 + (a << 21 | b << 14 | c << 7 | d) + (10 if data[at + 5] & 16 else 0)
    return at


def _first_frame(data: Bytes, at: int, end: int) -> int | None:
    limit = min(end, at + 65536)
    while at < limit:
        frame = frame_at(data, at)
        if frame is not None and (frame_at(data, at + frame.size) or at + frame.size >= end):
            return at
        at += 1
    return None


def _next_frame(data: Bytes, at: int, end: int) -> int | None:
    """Where frames go on after bytes that are none; None if they do not."""
    if data[at : at + 3] == b"ID3":
        return _first_frame(data, _after_id3(data, at), end)
    if data[at : at + 3] == b"TAG":
        at += 127
    while (at := data.find(b"\xff", at + 1, end)) >= 0:
        frame = frame_at(data, at)
        if frame is not None and (frame_at(data, at + frame.size) or at + frame.size >= end):
            return at
    return None
