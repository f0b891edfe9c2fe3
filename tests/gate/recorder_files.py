"""Sound files as recorders and editors write them, made by hand, and a plain reader of their chunks."""

import struct
from pathlib import Path

import numpy as np

from gate.files.sound_format import output_layout
from gate.files.sound_reader import Reader
from gate.files.sound_writer import Writer

RATE = 48_000

PLAIN = bytes.fromhex("00001000800000aa00389b71")
AMBISONIC = bytes.fromhex("2107d3118644c8c1ca000000")
W64_TAIL = bytes.fromhex("f3acd3118cd100c04f8edb8a")
W64_RIFF_TAIL = bytes.fromhex("2e91cf11a5d628db04c10000")

Chunks = list[tuple[bytes, bytes]]


def through(source: Path, target: Path) -> list[str]:
    """A file written again unchanged, in pieces; returns what was said about it."""
    with Reader(source) as reader:
        layout, note = output_layout(reader.layout, reader.frames, target)
        buffer = np.empty((1000, layout.channels), reader.dtype)
        with Writer(target, layout, source=reader.source, force=True) as writer:
            while got := reader.read(buffer):
                writer.write(buffer[:got])
            writer.commit()
    return [*([] if note is None else [note]), *writer.notes]


def samples(channels: int = 1, frames: int = 999, step: int = 1000) -> np.ndarray:
    """16-bit samples: channel k holds about (k + 1) * step, so that channels can be told apart."""
    x = np.random.default_rng(channels).integers(-50, 50, (frames, channels))
    return (x + step * np.arange(1, channels + 1)).astype("<i2")


def fmt(channels: int = 1, bits: int = 16, tag: int = 1) -> bytes:
    block = channels * bits // 8
    return struct.pack("<HHIIHH", tag, channels, RATE, RATE * block, block, bits)


def fmt_extensible(channels: int, mask: int, guid: bytes = PLAIN, bits: int = 16, tag: int = 1) -> bytes:
    return fmt(channels, bits, 0xFFFE) + struct.pack("<HHII", 22, bits, mask, tag) + guid


def wav(chunks: Chunks) -> bytes:
    body = b"WAVE" + b"".join(n + struct.pack("<I", len(c)) + c + b"\0" * (len(c) % 2) for n, c in chunks)
    return b"RIFF" + struct.pack("<I", len(body)) + body


def rf64(chunks: Chunks, in_table: tuple[bytes, ...] = (), frames: int = 999) -> bytes:
    """An RF64 file; the sizes of the chunks named in ``in_table`` stand in the table of ds64."""
    table, body = b"", b""
    data = 0
    for name, content in chunks:
        size = len(content)
        if name in in_table:
            table += name + struct.pack("<Q", size)
        if name == b"data":
            data = size
        told = 0xFFFFFFFF if name in (*in_table, b"data") else size
        body += name + struct.pack("<I", told) + content + b"\0" * (size % 2)
    n = len(table) // 12
    size = 4 + 8 + 28 + len(table) + len(body)
    ds64 = struct.pack("<QQQI", size, data, frames, n) + table
    return b"RF64\xff\xff\xff\xffWAVEds64" + struct.pack("<I", len(ds64)) + ds64 + body


def w64(chunks: Chunks) -> bytes:
    body = b"wave" + W64_TAIL
    for name, content in chunks:
        guid = b"list" + W64_RIFF_TAIL if name == b"LIST" else name + W64_TAIL
        body += guid + struct.pack("<Q", 24 + len(content)) + content + bytes(-len(content) % 8)
    return b"riff" + W64_RIFF_TAIL + struct.pack("<Q", 24 + len(body)) + body


def aiff(chunks: Chunks, form: bytes = b"AIFF") -> bytes:
    body = form + b"".join(n + struct.pack(">I", len(c)) + c + b"\0" * (len(c) % 2) for n, c in chunks)
    return b"FORM" + struct.pack(">I", len(body)) + body


def comm(channels: int, frames: int, bits: int = 16) -> bytes:
    return struct.pack(">HIH", channels, frames, bits) + bytes.fromhex("400ebb80000000000000")


def ssnd(x: np.ndarray) -> bytes:
    return bytes(8) + x.astype(">i2").tobytes()


def caf(chunks: Chunks) -> bytes:
    return b"caff\0\1\0\0" + b"".join(n + struct.pack(">Q", len(c)) + c for n, c in chunks)


def desc(channels: int) -> bytes:
    return struct.pack(">d4sIIIII", RATE, b"lpcm", 0, 2 * channels, 1, channels, 16)


def read_chunks(path: Path) -> Chunks:
    """The chunks of a WAV, RF64, W64, AIFF or CAF; every size has to be right to the byte."""
    data = path.read_bytes()
    kind = data[:4]
    found = []
    sizes: dict[bytes, int] = {}
    if kind in (b"RIFF", b"RF64", b"FORM"):
        order = ">" if kind == b"FORM" else "<"
        told = struct.unpack(order + "I", data[4:8])[0]
        assert told == (0xFFFFFFFF if kind == b"RF64" else len(data) - 8)
        at, head, align = 12, 8, 2
    elif kind == b"riff":
        assert struct.unpack("<Q", data[16:24])[0] == len(data)
        at, head, align = 40, 24, 8
    else:
        at, head, align = 8, 12, 1
    while at < len(data):
        if kind == b"riff":
            name = b"LIST" if data[at : at + 4] == b"list" else data[at : at + 4]
            size = struct.unpack("<Q", data[at + 16 : at + 24])[0] - 24
        elif kind == b"caff":
            name, size = data[at : at + 4], struct.unpack(">Q", data[at + 4 : at + 12])[0]
        else:
            name, size = struct.unpack(order + "4sI", data[at : at + 8])
        if kind == b"RF64" and size == 0xFFFFFFFF:
            size = sizes[name]
        content = data[at + head : at + head + size]
        assert len(content) == size
        if name == b"ds64":
            total, sound, _, n = struct.unpack("<QQQI", content[:28])
            assert total == len(data) - 8
            assert len(content) == 28 + 12 * n
            sizes[b"data"] = sound
            for i in range(n):
                entry, entry_size = struct.unpack("<4sQ", content[28 + 12 * i : 40 + 12 * i])
                sizes[entry] = entry_size
        found.append((name, content))
        at += head + size
        padding = data[at : at + -size % align]  # libsndfile leaves it out at the end of a W64
        assert padding == bytes(len(padding))
        at += -size % align
    assert len(data) <= at < len(data) + align
    return found


def named(path: Path, name: bytes) -> bytes:
    """The content of a file's only chunk of this name."""
    (content,) = [content for found, content in read_chunks(path) if found == name]
    return content


# -- what recorders write --------------------------------------------------------------------------------

IXML = (
    '<?xml version="1.0" encoding="UTF-8"?><BWFXML><IXML_VERSION>1.52</IXML_VERSION><PROJECT>Höhle</PROJECT>'
    "<SCENE>12A</SCENE><TAKE>3</TAKE><TAPE>SD01</TAPE><SPEED><FILE_SAMPLE_RATE>48000</FILE_SAMPLE_RATE>"
    "<TIMECODE_RATE>25/1</TIMECODE_RATE></SPEED></BWFXML>"
).encode()

TIME_REFERENCE = 0x1_2345_6789
"""Samples since midnight, more than 32 bits hold."""


def bext(coding: bytes = b"A=PCM,F=48000,W=16,M=mono,T=recorder\r\n") -> bytes:
    texts = (
        b"sSCENE=12A\r\nsTAKE=3".ljust(256, b"\0") + b"Recorder".ljust(32, b"\0") + b"REF1".ljust(32, b"\0")
    )
    umid = bytes(range(64))
    loudness = struct.pack("<hhhhh", -2300, 700, -100, -1800, -2000)
    when = b"2024-05-0612:34:56" + struct.pack("<QH", TIME_REFERENCE, 2)
    return texts + when + umid + loudness + bytes(180) + coding


def cue(*places: int) -> bytes:
    points = [struct.pack("<II4sIII", i + 1, p, b"data", 0, 0, p) for i, p in enumerate(places)]
    return struct.pack("<I", len(points)) + b"".join(points)


def adtl(*labels: str) -> bytes:
    content = b"adtl"
    for i, label in enumerate(labels):
        text = struct.pack("<I", i + 1) + label.encode() + b"\0"
        content += b"labl" + struct.pack("<I", len(text)) + text + b"\0" * (len(text) % 2)
    return content


def info(**texts: str) -> bytes:
    content = b"INFO"
    for name, text in texts.items():
        data = text.encode() + b"\0"
        content += name.encode() + struct.pack("<I", len(data)) + data + b"\0" * (len(data) % 2)
    return content


def smpl() -> bytes:
    loop = struct.pack("<IIIIII", 1, 0, 100, 900, 0, 0)
    return struct.pack("<IIIIIIIII", 0, 0, 20833, 60, 0, 0, 0, 1, 0) + loop
