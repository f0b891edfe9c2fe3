"""Places of the samples in WAV, RF64, Wave64, AIFF, CAF and AU, and what headers say about them.

Sources: RIFF/WAVE (Microsoft, 1991), EBU Tech 3306 (RF64), Audio IFF 1.3 and AIFF-C (Apple, 1989 and 1991), Sony Wave64,
Apple Core Audio Format 1.0, Sun/NeXT .au.
"""

import mmap
import struct
from abc import ABC, abstractmethod
from typing import Literal

from gate.files.chunks import TAIL as W64_TAIL
from gate.files.chunks import TAIL_RIFF as W64_RIFF_TAIL
from gate.files.file_view import Piece

Bytes = mmap.mmap | bytes
Order = Literal["little", "big"]

PLACEHOLDERS = {
    "RIFF": frozenset({0, 0x7FFF0000, 0x7FFFF000, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFE, 0xFFFFFFFF}),
    "RF64": frozenset({0, 2**63 - 1, 2**64 - 1}),
    "Wave64": frozenset({0, 24, 2**63 - 1, 2**63, 2**64 - 1}),
    "AIFF": frozenset({0, 8, 0x7F000008, 0x7FFF0008, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFE, 0xFFFFFFFF}),
    "CAF": frozenset({0, 4, 2**63 - 1, 2**64 - 1}),
    "AU": frozenset({0, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFE, 0xFFFFFFFF}),
}
"""Sizes in a header that are no sizes of the samples: programs write them when they cannot know better.

Measured: nothing yet (flac, mpg123, ffmpeg's AIFF, a recorder that died): 0, or the least that the format allows (8 in
AIFF, 24 in Wave64, 4 in CAF); GStreamer 0x7FFF0000 and 0x7FFF0008; sox and mpv 0x7FFFF000, sox's AIFF 0x7F000008; lame
0x7FFFFFFF; arecord 0x80000000, in AU 0xFFFFFFFE; ffmpeg and madplay 0xFFFFFFFF, in 64 bits 2^63 - 1 or 2^64 - 1. One
rule: where sound follows, it continues to the file's end, less the chunks at that end.
"""

ROUNDED = 0xFFFF0000
"""A 32-bit size from here on may be the most that a writer could say of a longer recording."""

LITTLE = 64
"""Bytes after the samples that are not taken for sound, whatever they are."""

TAIL = 1 << 20
"""Bytes at the end of a file without a size in which chunks are looked for."""

KNOWN = (
    b"LIST", b"id3 ", b"ID3 ", b"bext", b"iXML", b"axml", b"cue ", b"smpl", b"inst", b"plst", b"fact", b"PEAK",
    b"JUNK", b"junk", b"FLLR", b"PAD ", b"_PMX", b"cart", b"umid", b"chna", b"levl", b"acid", b"DISP", b"note",
    b"MARK", b"INST", b"COMT", b"NAME", b"AUTH", b"ANNO", b"(c) ", b"MIDI", b"AESD", b"APPL",
)  # fmt: skip
"""Chunks that come after samples, and that may be cut short there without a loss of sound."""

WAVES = (b"RIFF", b"RIFX", b"RF64", b"BW64")
_TAGS = (b"ID3", b"TAG", b"APETAGEX", b"LYRICSBEGIN", b"3DI")

GSM, MPEG, MP3 = 0x31, 0x50, 0x55
"""Format tags of WAV: GSM 6.10, MPEG layers I and II, and layer III."""

ADPCM = (0x02, 0x11)
"""Format tags of WAV: Microsoft's and IMA ADPCM."""

_PLAIN = (1, 3, 0xFFFE)
"""Format tags of WAV whose blocks are single frames."""


_AIFF_BYTES = {
    b"NONE": 0, b"sowt": 0, b"twos": 0, b"in24": 3, b"in32": 4, b"42ni": 3, b"23ni": 4, b"fl32": 4, b"FL32": 4,
    b"fl64": 8, b"FL64": 8, b"ulaw": 1, b"ULAW": 1, b"alaw": 1, b"ALAW": 1, b"raw ": 1,
}  # fmt: skip
"""Bytes of a sample of AIFF-C, by the compression; 0: by the bits that the header names."""

_AU_BYTES = {1: 1, 2: 1, 3: 2, 4: 3, 5: 4, 6: 4, 7: 8, 27: 1}
"""Bytes of a sample of .au, by its code."""


class Samples(ABC):
    """Place and size of one recording's samples, and what a decoder should read.

    Attributes:
        container: a key of ``PLACEHOLDERS``.
        start: the first byte of the samples.
        raw: their size as the header has it, for the table.
        size: the bytes of samples that the header speaks of.
        speed: bytes a second; 0 where the header does not say.
        align: bytes of a frame or block.
        tag: of the format, in WAV and Wave64; else 0.
        wraps: is the size one of 32 bits?
        misread: does libsndfile 1.2.2 read it wrongly as it is, though nothing is wrong with it?
    """

    container: str
    start: int
    raw: int
    size: int
    speed: float = 0.0
    align: int = 1
    tag: int = 0
    wraps: bool = False
    misread: bool = False

    def __init__(self, data: Bytes, begin: int = 0) -> None:
        self.data, self.begin = data, begin

    def seconds(self, size: int) -> float:
        """Return how long so many bytes of samples play, in s; nan where the header does not say."""
        return size / self.speed if self.speed else float("nan")

    @abstractmethod
    def view(self, end: int) -> tuple[Piece, ...] | None:
        """Return what a decoder should read, for samples that end at a byte; None where that cannot be said."""

    def no_sound_from(self, at: int) -> bool:
        """Does something other than sound, or nothing, fill the file from a byte to its end?"""
        return padding(self.data, at)

    def tail(self) -> int:
        """Return where the chunks begin that reach to the end of the file."""
        return len(self.data)


def locate(data: Bytes, begin: int = 0) -> Samples | None:
    """Find the samples of the recording that begins at a byte; None for other formats and broken headers."""
    head = data[begin : begin + 16]
    try:
        if head[:4] in WAVES and head[8:12] == b"WAVE":
            return _Riff(data, begin)
        if head[:4] == b"FORM" and head[8:12] in (b"AIFF", b"AIFC"):
            return _Aiff(data, begin)
        if head == b"riff" + W64_RIFF_TAIL:
            return _Wave64(data, begin)
        if head[:4] == b"caff":
            return _Caf(data, begin)
        if head[:4] == b".snd":
            return _Au(data, begin)
    except (KeyError, struct.error):  # no samples, or a header that ends early
        return None  # without a chunk that has to be there: libsndfile's word has to do
    return None


class _Riff(Samples):
    """WAV, and WAV of more than 4 GB (RF64, BW64), in either byte order."""

    def __init__(self, data: Bytes, begin: int) -> None:
        super().__init__(data, begin)
        self.order: Order = "big" if data[begin : begin + 4] == b"RIFX" else "little"
        chunks = _chunks(data, begin + 12, self.order)
        self.start, self.raw = chunks[b"data"]
        at = chunks[b"fmt "][0]
        self.tag, rate = self._number(at, 2), self._number(at + 4, 4)
        self.speed, self.align = float(self._number(at + 8, 4)), max(self._number(at + 12, 2), 1)
        if self.tag in _PLAIN:
            self.speed = float(rate * self.align)
        self._sizes = chunks.get(b"ds64", (0, 0))[0] if data[begin : begin + 4] in (b"RF64", b"BW64") else 0
        self._kept = [chunks[name] for name in (b"fmt ", b"fact") if name in chunks]
        if self._sizes:  # a BW64, and what follows a chunk of odd length or one whose size is in ds64
            odd = any(
                size % 2 or self._number(at - 4, 4) == 2**32 - 1
                for at, size in chunks.values()
                if at < self.start
            )
            self.misread = odd or data[begin : begin + 4] == b"BW64"
        self.container, self.wraps = "RIFF", True
        if self._sizes and self.raw == 0xFFFFFFFF:
            self.raw = self._number(self._sizes + 8, 8)
            self.container, self.wraps = "RF64", False
        self.size = self.raw

    def _number(self, at: int, size: int) -> int:
        return int.from_bytes(self.data[at : at + size], self.order)

    def view(self, end: int) -> tuple[Piece, ...] | None:
        begin, start, length = self.begin, self.start, end - self.start
        whole = end + length % 2 - begin
        if self._sizes:
            kept = [(at - 8, at + size) for at, size in self._kept if size % 2 == 0]
            return self._large_head(whole - 8, length), *kept, b"data" + b"\xff" * 4, (start, end)
        if whole < 2**32:
            parts = ((whole - 8).to_bytes(4, self.order), length.to_bytes(4, self.order))
            return (begin, begin + 4), parts[0], (begin + 8, start - 4), parts[1], (start, end)
        if self.order == "big":
            return None  # RF64 has no such twin
        return self._large_head(whole + 28, length), (begin + 12, start - 4), b"\xff" * 4, (start, end)

    def _large_head(self, whole: int, length: int) -> bytes:
        """Return the beginning of an RF64, up to its first chunk after the sizes."""
        sizes = struct.pack("<QQQ", whole, length, length // self.align)
        return b"RF64" + b"\xff" * 4 + b"WAVEds64" + struct.pack("<I", 28) + sizes + bytes(4)

    def no_sound_from(self, at: int) -> bool:
        return _only_chunks(self.data, at, self.order)

    def tail(self) -> int:
        return _tail(self.data, self.start, self.order)


class _Aiff(Samples):
    """AIFF and AIFF-C."""

    container, wraps = "AIFF", True

    def __init__(self, data: Bytes, begin: int) -> None:
        super().__init__(data, begin)
        chunks = _chunks(data, 12, "big")
        (self._sound, self.raw), (self._common, length) = chunks[b"SSND"], chunks[b"COMM"]
        self.start = self._sound + 8 + int.from_bytes(data[self._sound : self._sound + 4], "big")
        self.size = max(self.raw - (self.start - self._sound), 0)
        channels, _, bits, exponent, mantissa = struct.unpack(
            ">HIHHQ", data[self._common : self._common + 18]
        )
        rate = mantissa * 2.0 ** (exponent - 16383 - 63) if exponent < 16383 + 32 else 0.0
        named = data[8:12] == b"AIFC" and length >= 22
        each = _AIFF_BYTES.get(data[self._common + 18 : self._common + 22] if named else b"NONE", -1)
        self._frame = channels * (each or (bits + 7) // 8) if each >= 0 else 0
        self.align, self.speed = max(self._frame, 1), rate * self._frame

    def view(self, end: int) -> tuple[Piece, ...] | None:
        if not self._frame or end >= 2**32:
            return None
        frames = (end - self.start) // self._frame
        end = self.start + frames * self._frame
        pieces: list[Piece] = []
        at = 0
        numbers = ((4, end - 8), (self._common + 2, frames), (self._sound - 4, end - self._sound))
        for where, number in sorted(numbers):
            pieces += [(at, where), number.to_bytes(4, "big")]
            at = where + 4
        return (*pieces, (at, end))

    def no_sound_from(self, at: int) -> bool:
        return _only_chunks(self.data, at, "big")

    def tail(self) -> int:
        return _tail(self.data, self.start, "big")


class _Wave64(Samples):
    """Sony Wave64, whose sizes count their own name and size too."""

    container, misread = "Wave64", True  # whatever follows the samples would be played

    def __init__(self, data: Bytes, begin: int) -> None:
        super().__init__(data, begin)
        at = 40
        while data[at : at + 16] != b"data" + W64_TAIL:
            size = int.from_bytes(data[at + 16 : at + 24], "little")
            if data[at : at + 16] == b"fmt " + W64_TAIL:
                self.tag, _, _, self.speed, self.align = struct.unpack("<HHIIH", data[at + 24 : at + 38])
            if size < 24 or at + 24 > len(data):
                raise KeyError(b"data")
            at += (size + 7) // 8 * 8
        self._at, self.start = at, at + 24
        self.raw = int.from_bytes(data[at + 16 : at + 24], "little")
        self.size = max(self.raw - 24, 0)
        self.align = max(self.align, 1)

    def view(self, end: int) -> tuple[Piece, ...]:
        numbers = struct.pack("<Q", end), struct.pack("<Q", end - self._at)
        return (0, 16), numbers[0], (24, self._at + 16), numbers[1], (self.start, end)

    def no_sound_from(self, at: int) -> bool:
        at = (at + 7) // 8 * 8
        while at + 24 <= len(self.data):
            size = int.from_bytes(self.data[at + 16 : at + 24], "little")
            if size < 24 or at + size > len(self.data):  # a name is any 16 bytes, so only sizes tell
                break
            at += (size + 7) // 8 * 8
        return padding(self.data, at)


class _Caf(Samples):
    """Apple's Core Audio Format; a size of -1 is no fault there if the samples come last."""

    container = "CAF"

    def __init__(self, data: Bytes, begin: int) -> None:
        super().__init__(data, begin)
        chunks = _chunks(data, 8, "big", wide=8)
        (at, self.raw), (desc, _) = chunks[b"data"], chunks[b"desc"]
        self._at, self.start, self.size = at, at + 4, max(self.raw - 4, 0)
        rate, _, _, packet, frames = struct.unpack(">d4sIII", data[desc : desc + 24])
        self.align = max(packet, 1)
        self.speed = rate * packet / frames if packet and frames else 0.0

    def view(self, end: int) -> tuple[Piece, ...]:
        return (0, self._at - 8), struct.pack(">Q", end - self._at), (self._at, end)

    def no_sound_from(self, at: int) -> bool:
        while _is_name(self.data[at : at + 4]) and at + 12 <= len(self.data):
            at += 12 + int.from_bytes(self.data[at + 4 : at + 12], "big")
        return padding(self.data, at)


class _Au(Samples):
    """Sun's and NeXT's .au, which has a header and samples and nothing after them."""

    container, wraps = "AU", True

    def __init__(self, data: Bytes, begin: int) -> None:
        super().__init__(data, begin)
        if len(data) < 24:
            raise KeyError(b".snd")
        self.start, self.raw, code, rate, channels = struct.unpack(">IIIII", data[4:24])
        self.size = self.raw
        self.align = max(_AU_BYTES.get(code, 0) * channels, 1)
        self.speed = float(rate * _AU_BYTES.get(code, 0) * channels)

    def view(self, end: int) -> tuple[Piece, ...]:
        size = end - self.start
        return (0, 8), struct.pack(">I", size if size < 2**32 - 2 else 2**32 - 1), (12, end)


def padding(data: Bytes, at: int) -> bool:
    """Is there no more than a few bytes from here on, zeros, or another format's tags?"""
    if len(data) - at <= LITTLE or any(data[at : at + len(tag)] == tag for tag in _TAGS):
        return True
    step = 1 << 20
    pieces = (data[place : place + step] for place in range(at, len(data), step))
    return all(piece.count(0) == len(piece) for piece in pieces)


def _chunks(data: Bytes, at: int, order: Order, wide: int = 4) -> dict[bytes, tuple[int, int]]:
    """Return (content's first byte, size) of the first chunk of each name, up to ``data`` or the file's end."""
    found: dict[bytes, tuple[int, int]] = {}
    large: dict[bytes, list[int]] = {}
    while at + 4 + wide <= len(data):
        name = data[at : at + 4]
        size = int.from_bytes(data[at + 4 : at + 4 + wide], order)
        if name == b"ds64":
            large = _large_sizes(data, at + 8, size)
        if size == 2**32 - 1 and large.get(name):
            size = large[name].pop(0)
        found.setdefault(name, (at + 4 + wide, size))
        if name == b"data":
            break
        at += 4 + wide + size + (size % 2 if wide == 4 else 0)
    return found


def _large_sizes(data: Bytes, at: int, size: int) -> dict[bytes, list[int]]:
    """Return sizes of chunks by name, in order, as the table of a ds64 chunk gives them."""
    table = data[at + 28 : at + size]
    sizes: dict[bytes, list[int]] = {}
    for place in range(0, min(len(table), 12 * 4096) - 11, 12):
        sizes.setdefault(table[place : place + 4], []).append(
            int.from_bytes(table[place + 4 : place + 12], "little")
        )
    return sizes


def _is_name(name: bytes) -> bool:
    return len(name) == 4 and all(32 <= byte < 127 for byte in name)


def _only_chunks(data: Bytes, at: int, order: Order) -> bool:
    """Do chunks, or nothing, follow from here on? Some writers leave out the pad byte after an odd size."""
    return any(_chain_ends(data, place, order) for place in (at, at + 1, at - 1))


def _chain_ends(data: Bytes, at: int, order: Order) -> bool:
    while at + 8 <= len(data):
        name, size = data[at : at + 4], int.from_bytes(data[at + 4 : at + 8], order)
        if not _is_name(name) or name in (*WAVES, b"FORM"):
            break
        if at + 8 + size > len(data) and name not in KNOWN:
            break
        at += 8 + size
        if size % 2 and not _is_name(data[at : at + 4]):
            at += 1
    return padding(data, at)


def _tail(data: Bytes, start: int, order: Order) -> int:
    """Return where the chunks begin that reach to the file's last byte."""
    end, found = len(data), True
    while found:
        found = False
        for name in KNOWN:
            at = data.rfind(name, max(start, len(data) - TAIL), end)
            size = int.from_bytes(data[at + 4 : at + 8], order) if at >= 0 else 0
            if at >= 0 and at + 8 + size <= end <= at + 8 + size + size % 2:
                end, found = at, True
    return end
