"""The frames of an MP3, counted: what its header promises, what lies there, and where the next recording begins.

Sources: ISO 11172-3 and 13818-3 (MPEG audio), the Xing, LAME and VBRI tags, ID3v2.4 section 3.1.
"""

import mmap
from dataclasses import dataclass

from gate.files.file_view import Piece

Bytes = mmap.mmap | bytes

SLACK_BYTES, SLACK_SAMPLES = 2 * 1441, 2 * 1152
"""Errors of an MP3's own tag that are tolerated, two of the longest frames: taggers and cutters are sloppy."""

LONGEST_FRAME = 2881
"""Bytes of the longest frame: layer II at 8 kHz."""

SLACK_ZEROS = 1 << 20
"""Zeros in front of a stream that are passed over."""

FRAMES_IN_A_ROW = 8
"""Frames in a row that make sure that a stream begins there."""

DECODER_DELAY = 529
"""Samples that a decoder drops beside the encoder's delay, where a LAME tag names that."""

_KBPS = {
    (1, 1): (0, 32, 64, 96, 128, 160, 192, 224, 256, 288, 320, 352, 384, 416, 448),
    (1, 2): (0, 32, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 384),
    (1, 3): (0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320),
    (2, 1): (0, 32, 48, 56, 64, 80, 96, 112, 128, 144, 160, 176, 192, 224, 256),
    (2, 2): (0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160),
    (2, 3): (0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160),
}
"""Bit rates by MPEG 1 or 2 and layer."""

_HZ = {3: (44100, 48000, 32000), 2: (22050, 24000, 16000), 0: (11025, 12000, 8000)}


@dataclass(frozen=True)
class Frame:
    """One frame: bytes, samples per channel, rate in Hz, where a Xing tag would be in it, layer, and is it mono?"""

    size: int
    samples: int
    rate: int
    tag_at: int
    layer: int
    mono: bool

    def is_like(self, other: "Frame | None") -> bool:
        """Can both be frames of one recording?"""
        return other is not None and (self.samples, self.rate, self.layer, self.mono) == (
            other.samples, other.rate, other.layer, other.mono
        )  # fmt: skip


@dataclass(frozen=True)
class Stretch:
    """One recording in a file: an MP3 may hold several, one after the other.

    Attributes:
        start: its first byte, tags in front of it included.
        first: its first frame's byte.
        sound_end: the byte after its last frame.
        stop: where it ends: at the next one, or at the file's end.
        rate: Hz.
        samples: per channel, of its whole frames; a frame that only carries a tag does not count.
        layer: 1 to 3.
        tagged: does its first frame carry a tag (Xing, Info or VBRI)?
        delay: samples that its tag names as the encoder's delay; 0 where it does not say.
        promised_end: where its tag says that it ends; None where it does not say.
        promised_samples: how many samples its tag speaks of, delay and padding included; None where it does not say.
    """

    start: int
    first: int
    sound_end: int
    stop: int
    rate: int
    samples: int
    layer: int
    tagged: bool
    delay: int
    promised_end: int | None
    promised_samples: int | None


def frame_at(data: Bytes, at: int) -> Frame | None:
    """Read the header of a frame at a byte; None if there is no frame (free bit rates count as none)."""
    head = data[at : at + 4]
    if len(head) < 4 or head[0] != 0xFF or head[1] & 0xE0 != 0xE0:
        return None
    version, layer, rate, kbps = head[1] >> 3 & 3, 4 - (head[1] >> 1 & 3), head[2] >> 2 & 3, head[2] >> 4
    if version == 1 or layer == 4 or rate == 3 or kbps in (0, 15):
        return None
    first = version == 3
    samples, hz = 384 if layer == 1 else 1152 if first or layer == 2 else 576, _HZ[version][rate]
    bits = _KBPS[1 if first else 2, layer][kbps] * 1000
    mono = head[3] >> 6 == 3
    side = (17 if mono else 32) if first else (9 if mono else 17)
    slot = 4 if layer == 1 else 1
    size = (samples // 8 * bits // hz // slot + (head[2] >> 1 & 1)) * slot
    return Frame(size, samples, hz, 4 + side, layer, mono)


def stretches(data: Bytes, begin: int = 0, end: int | None = None) -> list[Stretch]:
    """Find the recordings in an MP3, and count their frames; an empty list if no frame is found.

    Args:
        data: the file.
        begin: where to look from.
        end: where to stop; the file's end by default.
    """
    end = len(data) if end is None else end
    found: list[Stretch] = []
    first = _first_frame(data, after_id3(data, begin), end)
    while first is not None:
        one, following = _walk(data, begin, first, end)
        found.append(one)
        begin, first = one.stop, following
    return found


def _walk(data: Bytes, start: int, first: int, end: int) -> tuple[Stretch, int | None]:
    """Follow a recording's frames; return the recording, and the first frame of the next one."""
    frame = frame_at(data, first)
    assert frame is not None, "a frame was found there"
    tag = _tag(data, first, frame)
    at, samples, like = first, 0, frame
    if tag is not None:
        at += frame.size
    stop, following, sound_end = end, None, at
    while at + 4 <= end:
        frame = frame_at(data, at)
        if frame is None:
            step = _next_frame(data, at, end, like)
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
        if not frame.is_like(like) and frame.is_like(frame_at(data, at + frame.size)):
            stop, following = at, at
            break
        if at + frame.size <= end:
            samples += frame.samples
        at += frame.size
        sound_end = min(at, end)
    promised_end, frames, delay = tag or (None, None, 0)
    promised = None if frames is None else frames * like.samples
    one = Stretch(
        start, first, sound_end, stop, like.rate, samples, like.layer, tag is not None, delay, promised_end, promised
    )  # fmt: skip
    return one, following


def _tag(data: Bytes, at: int, frame: Frame) -> tuple[int | None, int | None, int] | None:
    """Read (promised end, promised frames, delay) of a frame's tag, None or 0 where it says none; None for no tag."""
    if frame.layer != 3:
        return None
    tag, delay = at + frame.tag_at, 0
    name = data[tag : tag + 4]
    if name == b"Xing" or name == b"Info":
        if any(data[at + 6 : tag]):  # the name by accident, in coded sound
            return None
        flags = int.from_bytes(data[tag + 4 : tag + 8], "big")
        where = tag + 8 + 4 * (flags & 1)
        frames = int.from_bytes(data[tag + 8 : tag + 12], "big") if flags & 1 else 0
        size = int.from_bytes(data[where : where + 4], "big") if flags & 2 else 0
        encoder = where + 4 * (flags >> 1 & 1) + 100 * (flags >> 2 & 1) + 4 * (flags >> 3 & 1)
        if data[encoder : encoder + 1] != b"\0":
            delay = int.from_bytes(data[encoder + 21 : encoder + 23], "big") >> 4
    elif (
        data[at + 36 : at + 40] == b"VBRI"
    ):  # libsndfile's decoder does not know it: its number of frames is no help
        size, frames = int.from_bytes(data[at + 46 : at + 50], "big"), 0
    else:
        return None
    return (at + size if size else None), (frames or None), delay


def counted_view(data: Bytes, one: Stretch) -> tuple[Piece, ...]:
    """Put a tag in front of a recording that says how long it is: a decoder's guess would end it too early.

    Two frames come in front: an Info tag, whose delay is one frame less what decoders drop anyway, and a silent frame
    for them to drop. So not a sample of the recording moves. Where its own tag names the encoder's delay, that one is
    dropped, and no silent frame is needed.

    Args:
        data: the file.
        one: the recording, of layer III; its own tag, which is wrong or says too little, is left out.
    """
    head = data[one.first : one.first + 4]
    own = frame_at(data, one.first)
    assert own is not None, "a recording begins with a frame"
    begin = one.first + (own.size if one.tagged else 0)
    frames = one.samples // own.samples
    tag, at = _frame_with_room(head, own.tag_at + 16 + 40)
    silence = b"" if one.delay else bytes(_frame_with_room(head, own.tag_at)[0])
    tag[at : at + 4] = b"Info"
    tag[at + 4 : at + 8] = (3).to_bytes(4, "big")
    tag[at + 8 : at + 12] = (frames + (not one.delay)).to_bytes(4, "big")
    size = min(len(tag) + len(silence) + one.sound_end - begin, 2**32 - 1)
    tag[at + 12 : at + 16] = size.to_bytes(4, "big")
    tag[at + 16 : at + 20] = b"LAME"
    delay, padding = one.delay or own.samples - DECODER_DELAY, DECODER_DELAY
    tag[at + 37 : at + 40] = (delay << 12 | padding).to_bytes(3, "big")
    return (bytes(tag) + silence, (begin, one.sound_end))


def counted(one: Stretch) -> int:
    """Return how many samples (per channel) a recording gives through ``counted_view``."""
    return max(one.samples - one.delay - DECODER_DELAY, 0) if one.delay else one.samples


def begins(data: Bytes) -> int | None:
    """Find the first frame of a stream that was cut into: after zeros and less than one frame; None if there is none."""
    at = 0
    while at < SLACK_ZEROS and (piece := data[at : at + 4096]) and not any(piece):
        at += len(piece)
    while data[at : at + 1] == b"\0":
        at += 1
    for place in range(at, min(at + LONGEST_FRAME, len(data))):
        frame, following = frame_at(data, place), place
        for _ in range(FRAMES_IN_A_ROW):
            if frame is None or not frame.is_like(frame_at(data, following + frame.size)):
                break
            following += frame.size
            frame = frame_at(data, following)
        else:
            return place
    return None


def _frame_with_room(head: bytes, room: int) -> tuple[bytearray, int]:
    """Return a frame of zeros like that of ``head``, of ``room`` bytes or more; and where a Xing tag goes in it."""
    for kbps in range(1, 15):
        made = bytes((head[0], head[1] | 1, kbps << 4 | head[2] & 0x0C, head[3]))
        frame = frame_at(made, 0)
        if frame is not None and frame.size >= room:
            return bytearray(made.ljust(frame.size, b"\0")), frame.tag_at
    raise AssertionError("the longest frame has room for a tag")


def after_id3(data: Bytes, at: int) -> int:
    """Skip ID3v2 tags; their size is four bytes of seven bits."""
    while data[at : at + 3] == b"ID3":
        a, b, c, d = data[at + 6 : at + 10] if len(data) >= at + 10 else b"\0\0\0\0"
        at += 10 + (a << 21 | b << 14 | c << 7 | d) + (10 if data[at + 5] & 16 else 0)
    return at


def _first_frame(data: Bytes, at: int, end: int) -> int | None:
    limit = min(end, at + 65536)
    while at < limit:
        frame = frame_at(data, at)
        if frame is not None and (frame.is_like(frame_at(data, at + frame.size)) or at + frame.size >= end):
            return at
        at += 1
    return None


def _next_frame(data: Bytes, at: int, end: int, like: Frame) -> int | None:
    """Return where frames continue after bytes that are none; None if they do not."""
    if data[at : at + 3] == b"ID3":
        return _first_frame(data, after_id3(data, at), end)
    if data[at : at + 3] == b"TAG":
        at += 127
    while (at := data.find(b"\xff", at + 1, end)) >= 0:
        frame = frame_at(data, at)
        if frame is None:
            continue
        if frame.is_like(frame_at(data, at + frame.size)) or (frame.is_like(like) and at + frame.size == end):
            return at
    return None
