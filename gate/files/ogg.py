"""The pages of an Ogg file: is its end there, and how many recordings follow one another in it?

Source: RFC 3533. Programs that dump a stream, and ``cat a.opus b.opus``, chain recordings; libsndfile plays the first.
"""

import mmap

Bytes = mmap.mmap | bytes

BEGINS, ENDS = 2, 4
"""Bits of a page's header type: the first page of a stream, and the last."""


def page_end(data: Bytes, at: int) -> int | None:
    """Return where the page at a byte ends; None if there is no whole page."""
    if data[at : at + 4] != b"OggS" or at + 27 > len(data):
        return None
    segments = data[at + 26]
    table = data[at + 27 : at + 27 + segments]
    end = at + 27 + segments + sum(table)
    return end if len(table) == segments and end <= len(data) else None


def ends_marked(data: Bytes) -> bool | None:
    """Tell whether the last page has the end mark; None where the file ends within a page."""
    at = data.rfind(b"OggS")
    if at < 0 or page_end(data, at) is None:
        return None
    return bool(data[at + 5] & ENDS)


def links(data: Bytes) -> list[tuple[int, int]]:
    """Find the recordings that follow one another: (start, stop) of each, in bytes.

    Streams that run beside one another begin with first pages in a row; so a first page after any other page begins
    the next recording. Bytes between pages (tags in front, damage) are passed over.
    """
    starts: list[int] = []
    first, at = False, 0
    while (at := data.find(b"OggS", at)) >= 0:
        end = page_end(data, at)
        if end is None:
            at += 4
            continue
        begins = bool(data[at + 5] & BEGINS)
        if begins and not first:
            starts.append(at)
        first = begins
        at = end
    return list(zip(starts, [*starts[1:], len(data)][: len(starts)], strict=True))
