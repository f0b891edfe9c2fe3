"""TensorFlow's record files: what is written by the rules is read, and what is damaged is told."""

import struct

import pytest

from tests.training.studies.five.records import example, record
from training.studies.five.tfrecord import crc32c, masked_crc32c, records, sequence_example


@pytest.mark.parametrize(
    ("data", "crc"),
    [
        (b"123456789", 0xE3069283),
        (bytes(32), 0x8A9136AA),
        (b"\xff" * 32, 0x62A8AB43),
        (bytes(range(32)), 0x46DD794E),
        (b"", 0),
    ],
)
def test_crc32c_as_published(data, crc):
    """The check value of the catalogue of CRCs, and the examples of RFC 3720, appendix B.4."""
    assert crc32c(data) == crc


def test_a_known_record_is_read(tmp_path):
    """The mask as TensorFlow applies it, by hand: rotate right by 15, add the constant."""
    crc = 0xE3069283
    assert masked_crc32c(b"123456789") == (((crc >> 15) | (crc << 17) & 0xFFFFFFFF) + 0xA282EAD8) % 2**32


def test_records_come_back(tmp_path):
    """What was framed is what is read, in order; an empty file holds nothing."""
    path = tmp_path / "a.tfrecord"
    path.write_bytes(record(b"one") + record(b"") + record(b"three" * 1000))
    assert list(records(path)) == [b"one", b"", b"three" * 1000]
    path.write_bytes(b"")
    assert list(records(path)) == []


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda d: d[:5], "expected 12 bytes of head, got 5"),
        (lambda d: b"\x05" + d[1:], "expected a length that agrees with its checksum"),
        (lambda d: d[:-6], "the file is cut short"),
        (lambda d: d[:12] + b"X" + d[13:], "expected data that agree with their checksum"),
        (
            lambda d: d[:-1] + b"\x00" if d[-1] else d[:-1] + b"\x01",
            "expected data that agree with their checksum",
        ),
    ],
)
def test_damage_is_told(tmp_path, change, message):
    """A record that is cut or changed says so, with its file and number."""
    path = tmp_path / "a.tfrecord"
    path.write_bytes(record(b"fine") + change(record(b"something")))
    read = records(path)
    assert next(read) == b"fine"
    with pytest.raises(ValueError, match=f"record 1: .*{message}"):
        list(read)


def test_a_length_out_of_reason_is_not_believed(tmp_path):
    """No memory is taken for what a file only promises."""
    head = struct.pack("<Q", 1 << 50)
    path = tmp_path / "a.tfrecord"
    path.write_bytes(head + struct.pack("<I", masked_crc32c(head)))
    with pytest.raises(ValueError, match="expected at most 67108864 bytes"):
        list(records(path))


def test_a_sequence_example_is_parsed():
    """Context and feature lists, with bytes, packed and unpacked numbers, negative ones too."""
    data = example(
        {"video_id": [b"abc"], "labels": [0, 137, -1], "start": [1.5, -2.0]}, {"rows": [[b"x"], [b"yz"]]}
    )
    for packed in (True, False):
        read = sequence_example(
            data
            if packed
            else example(
                {"video_id": [b"abc"], "labels": [0, 137, -1], "start": [1.5, -2.0]},
                {"rows": [[b"x"], [b"yz"]]},
                packed=False,
            )
        )
        assert read.context == {"video_id": [b"abc"], "labels": [0, 137, -1], "start": [1.5, -2.0]}
        assert read.lists == {"rows": [[b"x"], [b"yz"]]}


def test_bytes_that_are_no_example_are_told():
    """The error names the format and no other."""
    with pytest.raises(ValueError, match=r"expected a SequenceExample, got bytes that are none \(.*left\)"):
        sequence_example(b"\x0a\xff\x01")
