"""Bytes to messages: every kind of the table, running status, whatever stands between, and nonsense."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gate.midi.messages import (
    CHANNEL_KINDS,
    COMMON_KINDS,
    KINDS,
    REALTIME_KINDS,
    UNHEARD,
    Message,
    Parser,
)


def parse(*data):
    return Parser().feed(data)


def test_the_table_has_every_status_byte():
    """From 0x80 to 0xFF, none twice."""
    assert sorted(KINDS) == list(range(0x80, 0x100))
    assert len({kind.status for kind in (*CHANNEL_KINDS, *COMMON_KINDS, *REALTIME_KINDS)}) == 7 + 8 + 8


@pytest.mark.parametrize(
    "kind", [*CHANNEL_KINDS, *COMMON_KINDS, *REALTIME_KINDS], ids=lambda kind: hex(kind.status)
)
def test_every_kind_is_read(kind):
    """With as many data bytes as the table says, whole or byte by byte; a channel counts from 1."""
    data = [100, 5][: kind.data]
    channels = (0, 15) if kind in CHANNEL_KINDS else (0,)
    for channel in channels:
        number = channel + 1 if kind in CHANNEL_KINDS else 0
        expected = [] if kind.name in UNHEARD else [Message(kind.name, number, *data)]
        assert parse(kind.status + channel, *data) == expected
        parser = Parser()
        assert [m for byte in (kind.status + channel, *data) for m in parser.feed([byte])] == expected


def test_running_status():
    """A status counts for all data behind it, until another one."""
    notes = parse(0x90, 60, 64, 61, 65, 62, 0, 0xB2, 7, 1, 7, 2)
    assert notes == [
        Message("note-on", 1, 60, 64),
        Message("note-on", 1, 61, 65),
        Message("note-on", 1, 62, 0),
        Message("control", 3, 7, 1),
        Message("control", 3, 7, 2),
    ]


def test_realtime_bytes_stand_anywhere():
    """Between status and data, between data, in an exclusive message: told first, and what they stand in goes on."""
    assert parse(0xB0, 0xF8, 7, 0xFE, 9, 0xF8, 7, 10) == [
        Message("clock", 0),
        Message("sensing", 0),
        Message("control", 1, 7, 9),
        Message("clock", 0),
        Message("control", 1, 7, 10),
    ]
    assert parse(0xF0, 1, 0xFF, 2, 0xF7) == [Message("reset", 0)]


def test_an_exclusive_message_is_skipped_and_ends_running_status():
    """Its end, or any other status, ends it; its data are no notes."""
    assert parse(0x90, 60, 1, 0xF0, 60, 2, 60, 3, 0xF7, 60, 4) == [Message("note-on", 1, 60, 1)]
    assert parse(0xF0, 60, 2, 0xC0, 5) == [Message("program", 1, 5)]


def test_common_messages_have_no_running_status():
    """A second song number without a status is none."""
    assert parse(0xF3, 5, 6) == [Message("song", 0, 5)]


def test_a_message_that_is_cut_off_is_dropped():
    """And counted; the next one is read."""
    parser = Parser()
    assert parser.feed([60, 0x90, 60, 0xB0, 7, 1]) == [Message("control", 1, 7, 1)]
    assert parser.dropped == 2


def test_after_a_reset_nothing_is_half():
    """A cable that was pulled leaves neither status nor data."""
    parser = Parser()
    parser.feed([0x90, 60])
    parser.reset()
    assert parser.feed([64, 60, 64]) == []


@given(st.lists(st.binary(max_size=40), max_size=20))
def test_any_bytes_in_any_pieces(pieces):
    """Nothing raises, pieces do not matter, and what comes out is in range."""
    parser = Parser()
    found = [message for piece in pieces for message in parser.feed(piece)]
    assert found == Parser().feed(b"".join(pieces))
    for message in found:
        assert 0 <= message.channel <= 16 and 0 <= message.first <= 127 and 0 <= message.second <= 127


def test_a_message_after_a_million_random_bytes():
    """Whatever went before, a status and its data are read."""
    parser = Parser()
    parser.feed(random.Random(1).randbytes(1_000_000))
    assert parser.feed([0xB0, 7, 64]) == [Message("control", 1, 7, 64)]
