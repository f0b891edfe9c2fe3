"""Writes tfrecords and SequenceExamples by the rules, for the reader's tests."""

import struct
import zlib
from pathlib import Path

import numpy as np

from gate.modelfile.protobuf import encode_bytes, encode_varint
from training.studies.five.tfrecord import masked_crc32c

LABELS = """index,mid,display_name
0,/m/09x0r,"Speech"
1,/m/05zppz,"Male speech, man speaking"
2,/m/0dgw9r,"Human voice"
3,/m/04rlf,"Music"
"""


def record(data: bytes) -> bytes:
    """A framed record."""
    head = struct.pack("<Q", len(data))
    return head + struct.pack("<I", masked_crc32c(head)) + data + struct.pack("<I", masked_crc32c(data))


def feature(values, packed=True):
    """A Feature of bytes, floats or integers."""
    if isinstance(values[0], bytes):
        return encode_bytes(1, b"".join(encode_bytes(1, v) for v in values))
    if isinstance(values[0], float):
        if packed:
            return encode_bytes(2, encode_bytes(1, struct.pack(f"<{len(values)}f", *values)))
        return encode_bytes(2, b"".join(encode_varint(1 << 3 | 5) + struct.pack("<f", v) for v in values))
    numbers = [encode_varint(v % 2**64) for v in values]
    if packed:
        return encode_bytes(3, encode_bytes(1, b"".join(numbers)))
    return encode_bytes(3, b"".join(encode_varint(1 << 3) + n for n in numbers))


def entry(name, value):
    return encode_bytes(1, encode_bytes(1, name.encode()) + encode_bytes(2, value))


def example(context, lists, packed=True):
    """A SequenceExample."""
    first = b"".join(entry(name, feature(values, packed)) for name, values in context.items())
    second = b"".join(
        entry(name, b"".join(encode_bytes(1, feature(row, packed)) for row in rows))
        for name, rows in lists.items()
    )
    return encode_bytes(1, first) + encode_bytes(2, second)


def audioset(folder: Path, train=40, test=12, rows=10) -> Path:
    """A folder as AudioSet unpacks to: embeddings of voices are high in the first half of each row, those of music low."""
    (folder / "class_labels_indices.csv").write_text(LABELS)
    for part, count in (("bal_train", train), ("eval", test)):
        (folder / part).mkdir(parents=True)
        rng = np.random.default_rng(zlib.crc32(part.encode()))
        for number in range(2):
            framed = b""
            for i in range(number, count, 2):
                voice = i % 4 < 2
                table = rng.integers(0, 256, (rows, 128), dtype=np.uint8)
                table[:, :64] = 250 if voice else 5
                framed += record(
                    example(
                        {"video_id": [f"{part}{i}".encode()], "labels": [2, 3] if voice else [3]},
                        {"audio_embedding": [[row.tobytes()] for row in table]},
                    )
                )
            (folder / part / f"{number:02d}.tfrecord").write_bytes(framed)
    return folder
