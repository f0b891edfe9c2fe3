"""Loudspeakers of the channels: said by a file, and said again by the file that is made of it.

A place is a number as Core Audio has it: 1 to 18 are the bits of a WAV's channel mask, counted from 1 (1 front left,
2 front right, 3 front centre, 4 low frequencies, ...), 200 to 203 are W, X, Y and Z of Ambisonics.

Sources: WAVEFORMATEXTENSIBLE (Microsoft), B-format in WAVE-EX (R. Dobson, 2000), Core Audio Format 1.0 and
CoreAudioBaseTypes.h (Apple), RFC 9639 (FLAC) 8.6.2 and 9.1.3, Vorbis I 4.3.9, RFC 7845 (Opus) 5.1.1, and the magic
cookie of ALAC (Apple).
"""

import struct
from collections.abc import Sequence
from dataclasses import dataclass

from gate.files import chunks
from gate.files.flac_blocks import comments
from gate.files.speaker_tables import ABBREVIATIONS, ALAC, BITS, FLAC, NAMES, TAGGED, VORBIS

NOWHERE = 0
"""The place of a channel that belongs to no loudspeaker."""

AMBISONIC_GUID = bytes.fromhex("8644c8c1ca000000")
"""End of the name of a WAV's sample format where the channels are W, X, Y and Z."""

PLAIN_GUID = bytes.fromhex("800000aa00389b71")
"""End of the name of a WAV's sample format where the channels go to loudspeakers."""

EXTENSIBLE = 0xFFFE
"""Number of a WAV's sample format that has a channel mask."""

PLAIN_TAGS = (1, 3, 6, 7)
"""Numbers of the sample formats that may have one: whole numbers, floats, A-law, u-law; ADPCM and the like cannot."""

MASK_COMMENT = "WAVEFORMATEXTENSIBLE_CHANNEL_MASK"
"""The Vorbis comment with which FLAC says a layout."""

BITMAP, DESCRIPTIONS, DISCRETE = 1 << 16, 0, 147
"""Layout tags of Core Audio: a mask follows, places follow; "no layout" in the upper half of a tag."""

UNSAID = "of no loudspeakers"
"""The name of a layout that gives no channel to a loudspeaker."""

LFE = 4
"""The place of a channel of low frequencies."""

CENTRE_MONO = 42
"""Core Audio's label of a single channel."""

OTHER = 0xFFFF
"""The place of a channel that only Core Audio has a word for."""

W_X_Y_Z = (200, 201, 202, 203)


@dataclass(frozen=True)
class Speakers:
    """The loudspeakers that a file names.

    Attributes:
        places: one for each channel, in the file's order; ``NOWHERE`` where none is meant.
        mask: the channel mask as it is in a WAV or FLAC, None in other formats.
        implied: nobody said so, the format itself does (a stereo file's two channels, for instance).
    """

    places: tuple[int, ...]
    mask: int | None = None
    implied: bool = False


def name(places: Sequence[int]) -> str:
    """Return a layout's name for people: "5.1 (FL FR FC LFE BL BR)"."""
    letters = " ".join(ABBREVIATIONS.get(place, "-" if place == NOWHERE else "?") for place in places)
    if tuple(places) == W_X_Y_Z[: len(places)]:
        return f"Ambisonics ({letters})"
    known = NAMES.get(mask_of(places) if NOWHERE not in places else 0)
    return f"{known} ({letters})" if known else letters


def mask_of(places: Sequence[int]) -> int:
    """Return the channel mask of some places; those that it has no bit for are left out."""
    return sum(1 << place - 1 for place in set(places) if 1 <= place <= BITS)


def of_mask(mask: int, channels: int) -> tuple[int, ...]:
    """Return the places of a mask's channels: its bits from below, and nowhere when they are used up."""
    bits = [bit + 1 for bit in range(BITS) if mask >> bit & 1][:channels]
    return (*bits, *[NOWHERE] * (channels - len(bits)))


# -- read ------------------------------------------------------------------------------------------------


def read(fd: int, format_: str, subtype: str, channels: int) -> Speakers | None:
    """Read what a sound file says of its loudspeakers; None where it says nothing.

    Args:
        fd: the file, open for reading; its position stays.
        format_: libsndfile's name of the format.
        subtype: libsndfile's name of the sample format.
        channels: how many there are.
    """
    if format_ == "FLAC":
        return _of_flac(fd, channels)
    if format_ in ("OGG", "MP3"):
        return _implied(VORBIS.get(channels))
    for chunk in chunks.walk(fd):
        if chunk.name == b"fmt " and chunk.size >= 16:
            return _of_fmt(fd, chunk, channels)
        if chunk.name in (b"chan", b"CHAN") and chunk.size >= 12:
            return of_layout(chunks.read_at(fd, chunk.at, min(chunk.size, 12 + 20 * channels)), channels)
    return _implied(ALAC.get(channels)) if subtype.startswith("ALAC") else None


def _implied(places: tuple[int, ...] | None) -> Speakers | None:
    return None if places is None else Speakers(places, implied=True)


def _of_fmt(fd: int, chunk: chunks.Chunk, channels: int) -> Speakers | None:
    order = "big" if chunks.dialect(fd) is chunks.RIFX else "little"
    content = chunks.read_at(fd, chunk.at, min(chunk.size, 40))
    if len(content) < 40 or int.from_bytes(content[:2], "big" if order == "big" else "little") != EXTENSIBLE:
        return None
    mask = int.from_bytes(content[20:24], "big" if order == "big" else "little")
    if content[32:] == AMBISONIC_GUID:
        return Speakers((*W_X_Y_Z, *[NOWHERE] * channels)[:channels], mask)
    return Speakers(of_mask(mask, channels), mask)


def _of_flac(fd: int, channels: int) -> Speakers | None:
    said = [value for key, value in comments(fd) if key.upper() == MASK_COMMENT]
    try:
        mask = int(said[0], 16) if said else None
    except ValueError:
        mask = None
    if mask is None or not 0 <= mask < 2**32:
        return _implied(FLAC.get(channels))
    return Speakers(of_mask(mask, channels), mask)


def of_layout(content: bytes, channels: int) -> Speakers | None:
    """Read what a layout chunk of CAF or AIFF says.

    Args:
        content: the chunk's bytes, Core Audio's AudioChannelLayout with big ends.
        channels: of the file.
    """
    tag, bitmap, described = struct.unpack(">III", content[:12])
    if tag == BITMAP:
        return Speakers(of_mask(bitmap, channels))
    if tag == DESCRIPTIONS:
        labels = [
            struct.unpack(">I", content[at : at + 4])[0]
            for at in range(12, min(len(content) - 19, 12 + 20 * described), 20)
        ]
    else:
        discrete = tag >> 16 == DISCRETE
        labels = [] if discrete else list(TAGGED.get(tag >> 16, [OTHER] * channels))
    labels = [*labels, *[NOWHERE] * channels][:channels]
    return Speakers(_with_rear(labels))


def _with_rear(labels: Sequence[int]) -> tuple[int, ...]:
    """Read Core Audio's labels as bits of a mask: with a rear pair (33, 34) the surround pair is at the side."""
    if {33, 34} & set(labels):
        labels = [{5: 10, 6: 11, 33: 5, 34: 6}.get(label, label) for label in labels]
    return tuple(map(_place, labels))


def _place(label: int) -> int:
    if 1 <= label <= BITS or label in W_X_Y_Z:
        return label
    if label == CENTRE_MONO:
        return 3
    return NOWHERE if label in (0, 400, 0xFFFFFFFF) or label >> 16 == 1 else OTHER


# -- write -----------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Placed:
    """The way in which an output says a layout.

    Attributes:
        speakers: what it is to say; None for nothing.
        order: for each channel of the output the channel of the input, or None where they are the same.
        lost: None, or what the input said and the output cannot.
    """

    speakers: Speakers | None
    order: tuple[int, ...] | None = None
    lost: str | None = None


def place(speakers: Speakers | None, channels: int, format_: str, subtype: str) -> Placed:
    """Say a layout in another format, in that format's order of the channels.

    Args:
        speakers: what the input says.
        channels: how many there are.
        format_: libsndfile's name of the output's format.
        subtype: libsndfile's name of its sample format.
    """
    if speakers is None:
        if channels <= 2 or format_ not in ("FLAC", "OGG"):
            return Placed(None)
        none = Speakers((NOWHERE,) * channels, 0)
        return Placed(none) if format_ == "FLAC" else Placed(None, lost=UNSAID)
    places = speakers.places
    if format_ in ("CAF", "AIFF"):
        usual = speakers.implied and channels <= 2
        return Placed(None if usual else speakers)
    if format_ in ("WAV", "WAVEX", "RF64", "W64", "FLAC"):
        return _masked(speakers, format_)
    fixed = VORBIS if format_ in ("OGG", "MP3") else {1: (3,), 2: (1, 2)}
    return _fixed(places, fixed.get(channels))


def _masked(speakers: Speakers, format_: str) -> Placed:
    """Place channels by a format's channel mask: in the order of its bits, those without a place last."""
    places = speakers.places
    n = len(places)
    if speakers.implied and n <= 2:
        return Placed(None)
    if places == W_X_Y_Z[:n] or places == (*W_X_Y_Z, *[NOWHERE] * (n - 4)):
        if format_ != "FLAC":
            return Placed(speakers)
        return Placed(Speakers((NOWHERE,) * n, 0), lost=name(places))
    bits = [p for p in places if p != NOWHERE]
    if (
        len(set(bits)) < len(bits)
        or any(p > BITS for p in bits)
        or (format_ == "FLAC" and NOWHERE in places and bits)
    ):
        return Placed(Speakers((NOWHERE,) * n, 0), lost=name(places))
    mask = mask_of(places) if speakers.mask is None or format_ == "FLAC" else speakers.mask
    return _ordered(places, of_mask(mask_of(places), n), mask)


def _ordered(
    places: tuple[int, ...], wanted: tuple[int, ...], mask: int | None, lost: str | None = None
) -> Placed:
    left = list(range(len(places)))
    order = []
    for place_ in wanted:
        order.append(next(i for i in left if places[i] == place_))
        left.remove(order[-1])
    return Placed(Speakers(wanted, mask), None if order == sorted(order) else tuple(order), lost)


def _fixed(places: tuple[int, ...], wanted: tuple[int, ...] | None) -> Placed:
    """Place channels by a format's one layout for each number of channels, and one order of them."""
    unsaid = not any(places)
    if (unsaid and len(places) <= 2) or (len(places) == 1 and places[0] in (1, 2, 3)):
        return Placed(None)
    if wanted is not None and not unsaid:
        if set(wanted) == set(places):
            return _ordered(places, wanted, None)
        swapped = tuple({5: 10, 6: 11, 10: 5, 11: 6}.get(p, p) for p in places)
        if set(wanted) == set(swapped) and not {5, 6, 10, 11} <= set(places):
            return _ordered(swapped, wanted, None, name(places))
    return Placed(None, lost=UNSAID if unsaid else name(places))


def chan_content(speakers: Speakers) -> bytes:
    """Return the content of a layout chunk, "chan" in CAF and "CHAN" in AIFF."""
    places = speakers.places
    if not any(places):
        return struct.pack(">III", DISCRETE << 16 | len(places), 0, 0)
    mask = mask_of(places)
    if of_mask(mask, len(places)) == places and NOWHERE not in places:
        return struct.pack(">III", BITMAP, mask, 0)
    labels = [place_ if place_ != NOWHERE else 0xFFFFFFFF for place_ in places]
    return struct.pack(">III", DESCRIPTIONS, 0, len(labels)) + b"".join(
        struct.pack(">IIIII", label, 0, 0, 0, 0) for label in labels
    )


def fmt_content(plain: bytes, speakers: Speakers | None, order: str = "little") -> bytes:
    """Return the content of a WAV's "fmt " chunk that says a layout, or none.

    Args:
        plain: the chunk as libsndfile wrote it.
        speakers: what it is to say; None: a plain chunk for PCM, float and the like.
        order: of its bytes, "little" or "big".
    """
    end = "<" if order == "little" else ">"
    tag, channels, rate, per_second, block, bits = struct.unpack(end + "HHIIHH", plain[:16])
    extensible = tag == EXTENSIBLE and len(plain) >= 40
    valid = bits
    if extensible:
        valid, _, tag = struct.unpack(end + "HII", plain[18:28])
    if speakers is None:
        return (
            struct.pack(end + "HHIIHH", tag, channels, rate, per_second, block, bits) if extensible else plain
        )
    if tag not in PLAIN_TAGS:
        return plain
    ambisonic = W_X_Y_Z[0] in speakers.places
    mask = mask_of(speakers.places) if speakers.mask is None else speakers.mask
    head = struct.pack(
        end + "HHIIHHHHI", EXTENSIBLE, channels, rate, per_second, block, bits, 22, valid, mask
    )
    guid = struct.pack(end + "IHH", tag, *((0x0721, 0x11D3) if ambisonic else (0, 0x10)))
    return head + guid + (AMBISONIC_GUID if ambisonic else PLAIN_GUID)
