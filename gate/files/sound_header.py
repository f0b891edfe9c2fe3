"""The recordings in a sound file, whatever its header says: all of the sound is read, or the file is refused.

libsndfile believes a header. Where one promises more than is there, it plays silence or stops; where it promises less, what
lies after that is never heard. So every header is held against the file before a sample is read: missing bytes are
refused, and sound that the header does not speak of is read where it can be, and said.
"""

import math
import mmap
import os
from dataclasses import dataclass, replace
from pathlib import Path
from typing import NoReturn

from gate.errors import AudioFileError
from gate.files import containers, flac, mpeg, ogg
from gate.files.containers import PLACEHOLDERS, ROUNDED, Samples
from gate.files.file_view import Piece

Bytes = mmap.mmap | bytes


@dataclass(frozen=True)
class Recording:
    """One recording in a file, to be decoded by itself.

    Attributes:
        view: what the decoder reads; None for the file as it is.
        frames: how many there are where the decoder's own number is not to be trusted, else None.
        exact: must the decoder give just as many frames as were promised? An MP3 may have less.
        counted: what to read in place of ``view`` where the decoder guesses fewer than ``frames``; an MP3's.
        end: where the samples end, in a file of chunks; else None.
    """

    view: tuple[Piece, ...] | None = None
    frames: int | None = None
    exact: bool = True
    counted: tuple[Piece, ...] | None = None
    end: int | None = None


@dataclass(frozen=True)
class Contents:
    """The recordings of a file, in order, and a sentence about a header that does not tell the truth, or None."""

    recordings: tuple[Recording, ...] = (Recording(),)
    remark: str | None = None


AS_IT_IS = Contents()
"""Contents of a file that is just what its header says."""


def contents(path: Path, fd: int) -> Contents:
    """Find the recordings of a file.

    Args:
        path: for sentences alone.
        fd: the file, open for reading; its position is left alone.

    Raises:
        AudioFileError: bytes are missing; or there is more sound than the header says, and it cannot be read.
    """
    size = os.fstat(fd).st_size
    if size < 12:
        return AS_IT_IS
    try:
        mapped = mmap.mmap(fd, 0, access=mmap.ACCESS_READ)
    except OSError:  # a file system without it; then libsndfile's word has to do
        return AS_IT_IS
    with mapped as data:
        return _contents(path, data)


def frames_of(data: Bytes) -> int | None:
    """Return the number of frames of a file of one recording, where a decoder's own number is not to be trusted."""
    return _contents(Path(), data).recordings[0].frames


def _contents(path: Path, data: Bytes) -> Contents:
    head = data[:4]
    if head == b"OggS":
        return _ogg(path, data)
    begin = mpeg.after_id3(data, 0)
    if flac.begins(data, begin):
        return _flac(path, data, begin)
    if head[:3] == b"ID3" or (head[0] == 0xFF and head[1] & 0xE0 == 0xE0):
        return _mpeg(path, data)
    samples = containers.locate(data)
    if samples is not None:
        return _container(path, data, samples)
    return AS_IT_IS if mpeg.begins(data) is None else _mpeg(path, data)


def _container(path: Path, data: Bytes, samples: Samples) -> Contents:
    recordings: list[Recording] = []
    remark = None
    while True:
        end, said = _end(path, data, samples)
        following = _next_wave(data, samples, end)
        stop = following if following is not None else len(data)
        as_it_is = said is None and following is None and samples.begin == 0 and not samples.misread
        view = None if as_it_is else samples.view(end)
        if view is None and not as_it_is:
            _refuse_surplus(path, samples, stop)
        recordings.append(_coded(data, samples, end, view))
        remark = remark or said
        if following is None:
            break
        samples = _located(data, following)
    if len(recordings) > 1:
        remark = remark or _several(path, len(recordings))
    return Contents(tuple(recordings), remark)


def _end(path: Path, data: Bytes, samples: Samples) -> tuple[int, str | None]:
    """Return where the samples end, and a sentence if the header does not say so."""
    start, size, there = samples.start, samples.size, len(data) - samples.start
    no_size = samples.raw in PLACEHOLDERS[samples.container]
    if data[start : start + 12] == data[:12]:
        raise AudioFileError(
            f"{path} has its header a second time where its sound should be, as some programs write when their output is "
            "piped; write it again, into a file"
        )
    if size <= there and samples.no_sound_from(start + size):
        return start + size, None
    if no_size:
        end = _whole_frames(samples, samples.tail())
        what = "does not say how long it is, as after a pipe or a recorder's sudden end"
        return end, f"{path} {what}; all {_length(samples, end)} up to its end were read"
    if size > there:
        _refuse_short(path, start + size, len(data))
    if _next_wave(data, samples, start + size) is not None:
        return start + size, None
    whole = _behind_32_bits(samples, there)
    if whole is None:
        _refuse_surplus(path, samples, len(data))
    says = _length(samples, start + size)
    what = f"says that it holds {says}, as sizes over 4 GB do not fit into its header"
    return whole, f"{path} {what}; all {_length(samples, whole)} were read"


def _behind_32_bits(samples: Samples, there: int) -> int | None:
    """Find where samples end whose size was cut to 32 bits, or is the most that 32 bits hold; None for neither."""
    if not samples.wraps or there < 2**32:
        return None
    whole = samples.start + samples.size + (there - samples.size >> 32 << 32)
    if samples.no_sound_from(whole):
        return whole
    return _whole_frames(samples, samples.tail()) if samples.raw >= ROUNDED else None


def _next_wave(data: Bytes, samples: Samples, end: int) -> int | None:
    """Find another WAV that begins right after one, as ``cat`` leaves it."""
    at = end + (end - samples.start) % 2
    for place in (at, end):
        if data[place : place + 4] in containers.WAVES and containers.locate(data, place) is not None:
            return place
    return None


def _located(data: Bytes, at: int) -> Samples:
    samples = containers.locate(data, at)
    assert samples is not None, "it was located before"
    return samples


def _whole_frames(samples: Samples, end: int) -> int:
    return end - (end - samples.start) % samples.align


def _coded(data: Bytes, samples: Samples, end: int, view: tuple[Piece, ...] | None) -> Recording:
    """Return a recording; of coded samples with the number of frames that are coded there."""
    if samples.tag == containers.GSM:
        # the pad byte after an odd size is no block: libsndfile takes it for one
        return Recording(view, (end - samples.start) // 65 * 320, end=end)
    if samples.tag in (containers.MP3, containers.MPEG):
        found = mpeg.stretches(data, samples.start, end)
        if len(found) != 1:
            return Recording(view, exact=False, end=end)
        # a variable rate without a tag: the decoder's guess may be too short
        bare = found[0].layer == 3 and not found[0].tagged
        counted = mpeg.counted_view(data, found[0]) if bare else None
        return Recording(view, found[0].samples, exact=False, counted=counted, end=end)
    if samples.tag in containers.ADPCM and 0 < (end - samples.start) % samples.align <= 4:
        end -= (end - samples.start) % samples.align  # the pad byte, counted: libsndfile takes it for a block
        view = samples.view(end)
    return Recording(view, end=end)


def _length(samples: Samples, end: int) -> str:
    seconds = samples.seconds(end - samples.start)
    return f"{end - samples.start} bytes of sound" if math.isnan(seconds) else f"{seconds:.3f} s of sound"


def _ogg(path: Path, data: Bytes) -> Contents:
    marked = ogg.ends_marked(data)
    if marked is None:
        raise AudioFileError(
            f"{path} is cut short, it ends in the middle of a page; get the whole file again, or close it with another "
            "program (ffmpeg -i IN -c copy OUT)"
        )
    remark = (
        None if marked else f"{path} has no closing page; all of it was read, but it may have been cut there"
    )
    links = ogg.links(data)
    if len(links) < 2:
        return Contents(remark=remark)
    return Contents(tuple(Recording((link,)) for link in links), remark or _several(path, len(links)))


def _flac(path: Path, data: Bytes, begin: int) -> Contents:
    recordings, remark = [], None
    links = flac.links(data, begin)
    for start, stop in links:
        promised, counted, rate = (
            flac.promised(data, start),
            flac.counted(data, start, stop),
            flac.rate(data, start),
        )
        rest = (start + flac.TOTAL_AT + 5, stop)
        if counted is not None and counted > promised:
            recordings.append(Recording((flac.with_total(data, start, counted), rest)))
            says = (
                f"says that it holds {promised / rate:.3f} s of sound"
                if promised
                else "does not say how long it is"
            )
            remark = f"{path} {says}; all {counted / rate:.3f} s of it were read"
        else:
            recordings.append(Recording(None if len(links) == 1 else ((start, stop),)))
    if len(links) > 1:
        remark = remark or _several(path, len(links))
    return Contents(tuple(recordings), remark)


def _mpeg(path: Path, data: Bytes) -> Contents:
    begin = mpeg.after_id3(data, 0) if data[:3] == b"ID3" else mpeg.begins(data) or 0
    found = mpeg.stretches(data, begin)
    recordings, remark = [], None
    for one in found:
        if one.promised_end is not None and one.promised_end > one.stop + mpeg.SLACK_BYTES:
            _refuse_short(path, one.promised_end, one.stop)
        recording, said = _stretch(data, one)
        recordings.append(recording)
        remark = remark or (f"{path} {said}" if said else None)
    if not recordings:
        return AS_IT_IS
    last = found[-1].sound_end
    if len(recordings) > 1:
        remark = remark or _several(path, len(recordings))
    elif recordings[0].view == ((0, len(data)),):
        recordings[0] = replace(recordings[0], view=None)
    elif data[:3] != b"ID3" and any(data[:begin]):
        remark = remark or f"{path} begins in the middle of a stream; all whole frames of it were read"
    if not containers.padding(data, last):
        remark = (
            remark or f"{path} ends in {len(data) - last} bytes that are no MP3; all before them were read"
        )
    return Contents(tuple(recordings), remark)


def _stretch(data: Bytes, one: mpeg.Stretch) -> tuple[Recording, str | None]:
    """Return one recording of an MP3, and the second half of a sentence where its tag is not true."""
    view: tuple[Piece, ...] = ((one.first, one.sound_end),)
    if one.layer < 3:
        return Recording(view, one.samples, exact=False), None
    if not one.tagged:
        return Recording(view, one.samples, exact=False, counted=mpeg.counted_view(data, one)), None
    promised = one.promised_samples
    too_few = promised is not None and one.samples > promised + mpeg.SLACK_SAMPLES
    # a tag may say nothing, or count itself
    if promised is None or too_few or (one.samples < promised and not one.delay):
        recording = Recording(mpeg.counted_view(data, one), mpeg.counted(one), exact=False)
        seconds = (promised or 0) / one.rate, mpeg.counted(one) / one.rate
        said = "says that it holds {:.3f} s of sound; all {:.3f} s of it were read".format(*seconds)
        return recording, said if too_few else None
    return Recording(view), None


def _several(path: Path, number: int) -> str:
    return f"{path} holds {number} recordings one after the other; all of them were read, as one"


def _refuse_short(path: Path, end: int, size: int) -> NoReturn:
    raise AudioFileError(
        f"{path} is cut short, its header promises {end} bytes and {size} are there; get the whole file "
        "again, or rewrite what is left of it with another program (ffmpeg -i IN OUT)"
    )


def _refuse_surplus(path: Path, samples: Samples, stop: int) -> NoReturn:
    remedy = "sox IN OUT for what the header says, sox --ignore-length IN OUT for all of it"
    if samples.container == "CAF":
        remedy = "ffmpeg -i IN OUT for what the header says"
    raise AudioFileError(
        f"{path} says in its header that it holds {_length(samples, samples.start + samples.size)}, and "
        f"{_length(samples, stop)} are there; write it again with the length that is right "
        f"({remedy})"
    )
