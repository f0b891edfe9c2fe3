"""The record's table and layout."""

import numpy as np

from gate.realtime.record import CACHE_LINE, FIELDS, RECORD, aligned, make


def test_every_field_stands_once_with_one_writer() -> None:
    """The table names each field once, with a writer and a meaning."""
    assert len({field.name for field in FIELDS}) == len(FIELDS)
    assert {field.writer for field in FIELDS} == {"setup", "user", "engine", "caller"}
    assert all(field.meaning for field in FIELDS)
    assert RECORD.names == tuple(field.name for field in FIELDS)


def test_every_value_is_one_word() -> None:
    """Every value is 8 bytes on an 8-byte boundary: another thread reads the old one or the new one."""
    for field in FIELDS:
        dtype, offset = RECORD.fields[field.name][:2]
        assert dtype.base.itemsize == 8
        assert offset % 8 == 0


def test_writers_do_not_share_cache_lines() -> None:
    """What the panel writes and what the audio thread writes lie on different cache lines."""
    lines: dict[int, str] = {}
    for field in FIELDS:
        dtype, offset = RECORD.fields[field.name][:2]
        for line in range(offset // CACHE_LINE, (offset + dtype.itemsize - 1) // CACHE_LINE + 1):
            assert lines.setdefault(line, field.writer) == field.writer, field.name


def test_memory_begins_on_a_cache_line() -> None:
    """Records and tensors begin on a cache line, and begin as zeros."""
    for size in (0, 1, 15, 100):
        array = aligned(size, np.float32)
        assert array.shape == (size,)
        assert size == 0 or array.ctypes.data % CACHE_LINE == 0
        assert not array.any()
    record = make()
    assert record.ctypes.data % CACHE_LINE == 0
    assert record.shape == (1,)
    assert not record.view(np.uint8).any()
