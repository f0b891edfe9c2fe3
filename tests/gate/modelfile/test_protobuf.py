"""The walker over protobuf's wire format."""

import random

import pytest

from gate.errors import ContractError
from gate.modelfile.protobuf import (
    MAX_FIELDS,
    Walker,
    encode_bytes,
    encode_varint,
    payload_of,
    signed,
    text_of,
    varint,
    varints,
)

SEED = 7
EDGES = [0, 1, 127, 128, 300, 2**31, 2**63, 2**64 - 1]


def fields(data: bytes) -> list[tuple[int, int, bytes | None, int]]:
    return [
        (number, value, None if payload is None else bytes(payload), end)
        for number, value, payload, end in Walker().fields(memoryview(data))
    ]


@pytest.mark.parametrize("value", EDGES)
def test_varint_comes_back(value):
    """What is encoded is read, and the position behind it is right."""
    encoded = encode_varint(value)
    assert varint(memoryview(encoded + b"\x01"), 0) == (value, len(encoded))


def test_all_kinds_of_field_are_read():
    """Varint, 8 bytes, bytes and 4 bytes, in file order, with their ends."""
    data = b"\x08\x96\x01" + b"\x11" + (5).to_bytes(8, "little") + b"\x1a\x02hi" + b"\x25" + b"\x01\0\0\x80"
    assert fields(data) == [
        (1, 150, None, 3),
        (2, 5, None, 12),
        (3, 0, b"hi", 16),
        (4, 0x8000_0001, None, 21),
    ]


def test_encoded_bytes_are_read():
    """A bytes field survives the round trip at sizes of one and two length bytes."""
    for size in (0, 127, 128, 1000):
        payload = bytes(size)
        (field,) = fields(encode_bytes(14, payload))
        assert field[:3] == (14, 0, payload)


def test_empty_message_has_no_fields():
    """Nothing is a valid message."""
    assert fields(b"") == []


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(b"\x08", id="no value"),
        pytest.param(b"\x08\x80", id="value cut"),
        pytest.param(b"\x08" + b"\xff" * 10 + b"\x01", id="value over 64 bits"),
        pytest.param(b"\x00\x00", id="field number 0"),
        pytest.param(b"\xf8\xff\xff\xff\xff\x01\x00", id="field number over 29 bits"),
        pytest.param(b"\x0b\x0c", id="group"),
        pytest.param(b"\x0e", id="kind 6"),
        pytest.param(b"\x0f", id="kind 7"),
        pytest.param(b"\x0a\x05abc", id="length past the end"),
        pytest.param(b"\x0a\xff\xff\xff\xff\xff\xff\xff\xff\x7f", id="length of exabytes"),
        pytest.param(b"\x09\0\0", id="8 bytes cut"),
        pytest.param(b"\x0d\0\0", id="4 bytes cut"),
    ],
)
def test_nonsense_is_refused(data):
    """Whatever is no message is a ContractError of the line "file"."""
    with pytest.raises(ContractError) as caught:
        fields(data)
    assert caught.value.line == "file"


def test_random_bytes_are_read_or_refused():
    """No bytes make the walker raise anything but a ContractError, or yield a field past the end."""
    chance = random.Random(SEED)
    for _ in range(2000):
        data = chance.randbytes(chance.randrange(40))
        try:
            assert all(end <= len(data) for *_, end in fields(data))
        except ContractError:
            continue


def test_work_is_bounded_over_all_messages():
    """One walker stops after its budget, however the fields are spread over messages."""
    walker = Walker(budget=5)
    two = memoryview(b"\x08\x00\x08\x00")
    list(walker.fields(two))
    list(walker.fields(two))
    with pytest.raises(ContractError, match=f"more than {MAX_FIELDS} fields"):
        list(walker.fields(two))


def test_packed_numbers_and_their_sign():
    """A packed field gives its numbers; the upper half of 64 bits is negative."""
    packed = encode_varint(3) + encode_varint(2**64 - 1)
    assert [signed(value) for value in varints(memoryview(packed))] == [3, -1]
    assert signed(2**63 - 1) == 2**63 - 1


def test_text_and_payload_say_what_is_wrong():
    """A number where bytes belong and bytes that are no text are named."""
    with pytest.raises(ContractError, match="a name is a number"):
        payload_of(None, "a name")
    with pytest.raises(ContractError, match="a name is not text"):
        text_of(memoryview(b"\xff\xfe"), "a name")
    assert text_of(memoryview("Gänse".encode()), "a name") == "Gänse"
