"""TensorFlow's record files and the SequenceExample inside, read without TensorFlow.

A file is a row of records: length (8 bytes, little-endian), masked CRC-32C of the length (4), the data, masked CRC-32C
of the data (4). A SequenceExample holds a context (name -> values) and feature lists (name -> rows of values).

Sources: TensorFlow's tutorial "TFRecord and tf.train.Example"; tensorflow/core/example/{example,feature}.proto;
CRC-32C (Castagnoli), RFC 3720 appendix B.4; the mask rotates right by 15 and adds 0xa282ead8.
"""

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numba
import numpy as np

from gate.errors import ContractError
from gate.modelfile.protobuf import Walker, payload_of, signed, text_of, varints

LONGEST = 64 << 20
"""Bytes of one record that are believed; AudioSet's take about 1500."""
MASK = 0xA282EAD8

Values = list[bytes] | list[int] | list[float]


@dataclass(frozen=True)
class SequenceExample:
    """A SequenceExample: ``context`` name -> values, ``lists`` name -> rows of values."""

    context: dict[str, Values]
    lists: dict[str, list[Values]]


def _table() -> np.ndarray:
    table = np.arange(256, dtype=np.uint32)
    for _ in range(8):
        table = np.where(table & 1, (table >> 1) ^ np.uint32(0x82F63B78), table >> 1).astype(np.uint32)
    return table


TABLE = _table()


@numba.njit("uint32(uint8[::1], uint32[::1])", cache=True)
def _crc(data, table):  # type: ignore[no-untyped-def]
    crc = np.uint32(0xFFFFFFFF)
    for byte in data:
        crc = table[(crc ^ byte) & np.uint32(0xFF)] ^ (crc >> np.uint32(8))
    return crc ^ np.uint32(0xFFFFFFFF)


def crc32c(data: bytes) -> int:
    """Compute the CRC-32C of some bytes."""
    return int(_crc(np.frombuffer(bytearray(data), np.uint8), TABLE))


def masked_crc32c(data: bytes) -> int:
    """Compute the checksum as the files hold it."""
    crc = crc32c(data)
    return ((crc >> 15 | crc << 17) + MASK) & 0xFFFFFFFF


def records(path: Path) -> Iterator[bytes]:
    """Read the data of every record of a file.

    Raises:
        ValueError: a checksum is wrong, or the file ends inside a record. FileNotFoundError: no such file.
    """
    with path.open("rb") as file:
        number = 0
        while head := file.read(12):
            where = f"{path}, record {number}"
            if len(head) < 12:
                raise ValueError(f"{where}: expected 12 bytes of head, got {len(head)}; fetch the file again")
            length, check = struct.unpack("<QI", head)
            if masked_crc32c(head[:8]) != check:
                raise ValueError(
                    f"{where}: expected a length that agrees with its checksum, got one that does not; the file is damaged "
                    "or no tfrecord, fetch it again"
                )
            if length > LONGEST:
                raise ValueError(
                    f"{where}: expected at most {LONGEST} bytes, got {length}; this is no embedding"
                )
            data = file.read(length)
            tail = file.read(4)
            if len(data) < length or len(tail) < 4:
                raise ValueError(
                    f"{where}: expected {length + 4} bytes more, got {len(data) + len(tail)}; the file is cut short, fetch "
                    "it again"
                )
            if masked_crc32c(data) != struct.unpack("<I", tail)[0]:
                raise ValueError(
                    f"{where}: expected data that agree with their checksum, got some that do not; the file is damaged, "
                    "fetch it again"
                )
            yield data
            number += 1


def sequence_example(data: bytes) -> SequenceExample:
    """Parse one SequenceExample.

    Raises:
        ValueError: the bytes are no SequenceExample.
    """
    try:
        walker = Walker()
        context: dict[str, Values] = {}
        lists: dict[str, list[Values]] = {}
        for number, _, payload, _ in walker.fields(memoryview(data)):
            if number == 1:
                for name, value in _map(walker, payload_of(payload, "context")):
                    context[name] = _feature(walker, value)
            elif number == 2:
                for name, value in _map(walker, payload_of(payload, "feature_lists")):
                    lists[name] = [
                        _feature(walker, payload_of(one, "feature"))
                        for number, _, one, _ in walker.fields(value)
                        if number == 1
                    ]
    except ContractError as error:
        detail = error.detail.rpartition("(")[2].rstrip(")")
        raise ValueError(
            f"expected a SequenceExample, got bytes that are none ({detail}); use AudioSet's feature files"
        ) from error
    return SequenceExample(context, lists)


def _map(walker: Walker, message: memoryview) -> Iterator[tuple[str, memoryview]]:
    """Parse the entries of ``map<string, ...> = 1``."""
    for number, _, entry, _ in walker.fields(message):
        if number != 1:
            continue
        name, value = "", memoryview(b"")
        for key, _, payload, _ in walker.fields(payload_of(entry, "entry")):
            if key == 1:
                name = text_of(payload, "name")
            elif key == 2:
                value = payload_of(payload, "value")
        yield name, value


def _feature(walker: Walker, message: memoryview) -> Values:
    """Parse a Feature: bytes_list = 1, float_list = 2, int64_list = 3, each with ``value = 1``, packed or not."""
    values: list = []
    for kind, _, inner, _ in walker.fields(message):
        for number, plain, payload, _ in walker.fields(payload_of(inner, "list")):
            if number != 1:
                continue
            if kind == 1:
                values.append(bytes(payload_of(payload, "bytes")))
            elif kind == 2:
                raw = payload if payload is not None else plain.to_bytes(4, "little")
                values += [float(v) for v in np.frombuffer(raw, "<f4")]
            elif kind == 3:
                values += [signed(v) for v in ([plain] if payload is None else varints(payload))]
    return values
