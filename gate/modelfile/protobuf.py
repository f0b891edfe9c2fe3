"""Protobuf's wire format, walked without trusting a byte of it.

A message is a row of fields: a varint ``number << 3 | kind``, then a varint (kind 0), 8 bytes (kind 1), a
length and that many bytes (kind 2), or 4 bytes (kind 5). The walker yields the fields of one message; a message
inside it is a payload to walk in turn. Nothing is copied, nothing recurses, no length is believed before it is
compared with what is left, and one budget of fields bounds the work on a whole file, however it is nested.

Source: Protocol Buffers documentation, "Encoding".
"""

from collections.abc import Iterator

from gate.errors import ContractError

MAX_FIELDS = 300_000
"""Most fields in one file; a gate has some thousands. This many take under a second."""

MAX_VARINT_BYTES = 10
"""Bytes that 64 bits take, 7 bits a byte."""

VARINT, EIGHT_BYTES, BYTES, FOUR_BYTES = 0, 1, 2, 5

Field = tuple[int, int, memoryview | None, int]
"""(number, unsigned value if it holds one, payload of a bytes field or else None, where the field ends)."""


def damaged(what: str) -> ContractError:
    """Return the error for a file that is no protobuf message; ``what`` says where it stops making sense."""
    return ContractError(
        "file", f"expected an ONNX file, got one that is damaged, cut short or of another type ({what})"
    )


class Walker:
    """A walk through the messages of one file, on one budget of fields."""

    def __init__(self, budget: int = MAX_FIELDS) -> None:
        self.left = budget

    def fields(self, message: memoryview) -> Iterator[Field]:
        """Yield the fields of one message in file order.

        Args:
            message: all its bytes.

        Yields:
            (number, value, payload, end): payload is None unless the field holds bytes; value is unsigned.

        Raises:
            ContractError: line "file": a number without end, a length past the end, an unknown kind of field,
                or too many fields.
        """
        at, end = 0, len(message)
        while at < end:
            self.left -= 1
            if self.left < 0:
                raise damaged(f"more than {MAX_FIELDS} fields")
            tag, at = varint(message, at)
            number, kind = tag >> 3, tag & 7
            if not 0 < number < 1 << 29:
                raise damaged(f"field number {number}")
            if kind == VARINT:
                value, at = varint(message, at)
                yield number, value, None, at
                continue
            if kind == BYTES:
                size, at = varint(message, at)
            elif kind == EIGHT_BYTES:
                size = 8
            elif kind == FOUR_BYTES:
                size = 4
            else:
                raise damaged(f"field kind {kind}")
            if size > end - at:
                raise damaged(f"{size} bytes promised, {end - at} left")
            payload = message[at : at + size]
            at += size
            if kind == BYTES:
                yield number, 0, payload, at
            else:
                yield number, int.from_bytes(payload, "little"), None, at


def varint(message: memoryview, at: int) -> tuple[int, int]:
    """Return (unsigned value of the varint at ``at``, position after it).

    Raises:
        ContractError: line "file": it runs past the end of the message or is longer than 64 bits.
    """
    value = 0
    for i in range(MAX_VARINT_BYTES):
        if at + i >= len(message):
            raise damaged("it ends inside a number")
        byte = message[at + i]
        value |= (byte & 0x7F) << (7 * i)
        if byte < 0x80:
            return value & 0xFFFF_FFFF_FFFF_FFFF, at + i + 1
    raise damaged("a number longer than 64 bits")


def varints(payload: memoryview) -> Iterator[int]:
    """Yield the unsigned values of a packed field. The caller limits the payload's length."""
    at = 0
    while at < len(payload):
        value, at = varint(payload, at)
        yield value


def signed(value: int) -> int:
    """Return what a varint means in an int64 field."""
    return value - (1 << 64) if value >> 63 else value


def payload_of(payload: memoryview | None, what: str) -> memoryview:
    """Return the payload of a field that has to hold bytes; ``what`` names the field.

    Raises:
        ContractError: line "file": the field holds a number.
    """
    if payload is None:
        raise damaged(f"{what} is a number")
    return payload


def text_of(payload: memoryview | None, what: str) -> str:
    """Return the text in a field; ``what`` names the field.

    Raises:
        ContractError: line "file": it is not UTF-8.
    """
    try:
        return bytes(payload_of(payload, what)).decode("utf-8")
    except UnicodeDecodeError:
        raise damaged(f"{what} is not text") from None


def encode_varint(value: int) -> bytes:
    """Return the varint of a value of 0 or more."""
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)


def encode_bytes(number: int, payload: bytes) -> bytes:
    """Return a bytes field: its tag, length and payload."""
    return encode_varint(number << 3 | BYTES) + encode_varint(len(payload)) + payload
