"""Titles, artists and other texts that lie in sound files, and pictures: read from any container, and written.

A text is a name as Vorbis comments have it, and a value; the same name may come again.

Sources: RIFF INFO (Microsoft, 1991), Audio IFF 1.3 and Core Audio Format 1.0 (Apple), RFC 9639 (FLAC), Vorbis comments
(Xiph.org), ID3v2.4 with mutagen's reading of it.
"""

import base64
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, BinaryIO

from gate.files import flac_blocks
from gate.files.chunks import Chunk, Piece, read_at
from gate.files.speakers import MASK_COMMENT

Text = tuple[str, str]

LONGEST = 1 << 24
"""Most bytes of texts that are read from one chunk; longer ones are not carried over, but named."""

PICTURE = "METADATA_BLOCK_PICTURE"
"""The Vorbis comment that holds a picture as FLAC has it, in base 64."""

INFO = {
    b"INAM": "TITLE", b"IART": "ARTIST", b"IPRD": "ALBUM", b"ICMT": "COMMENT", b"ICOP": "COPYRIGHT",
    b"ICRD": "DATE", b"IGNR": "GENRE", b"ITRK": "TRACKNUMBER", b"IPRT": "TRACKNUMBER", b"ISFT": "ENCODER",
    b"IENG": "ENGINEER", b"ITCH": "ENCODED-BY", b"ISBJ": "SUBJECT", b"IKEY": "KEYWORDS", b"ISRC": "SOURCE",
    b"ILNG": "LANGUAGE", b"IMUS": "COMPOSER", b"IARL": "LOCATION",
}  # fmt: skip
"""Texts of a WAV by the names of their chunks."""

AIFF = {b"NAME": "TITLE", b"AUTH": "ARTIST", b"(c) ": "COPYRIGHT", b"ANNO": "COMMENT"}
"""Texts of an AIFF by the names of their chunks."""

CAF = {
    "track number": "TRACKNUMBER", "year": "DATE", "recorded date": "DATE", "comments": "COMMENT",
    "source application": "ENCODER", "encoding application": "ENCODED-BY",
}  # fmt: skip
"""Names of texts in CAF that are not the same in Vorbis comments."""

FRAMES = {
    "TIT2": "TITLE", "TPE1": "ARTIST", "TALB": "ALBUM", "TDRC": "DATE", "TRCK": "TRACKNUMBER", "TCON": "GENRE",
    "TCOP": "COPYRIGHT", "TCOM": "COMPOSER", "TPE2": "ALBUMARTIST", "TPOS": "DISCNUMBER", "TSRC": "ISRC",
    "TBPM": "BPM", "TLAN": "LANGUAGE", "TSSE": "ENCODER", "TENC": "ENCODED-BY", "TPUB": "ORGANIZATION",
    "TIT1": "GROUPING", "TIT3": "SUBTITLE", "TEXT": "LYRICIST", "TPE3": "CONDUCTOR", "TPE4": "REMIXER",
}  # fmt: skip
"""Texts of an MP3 by the names of their ID3 frames."""


@dataclass
class Found:
    """Data beside a sound: texts, pictures as FLAC holds them, and the names of what is neither."""

    texts: list[Text] = field(default_factory=list)
    pictures: list[bytes] = field(default_factory=list)
    others: list[str] = field(default_factory=list)


# -- read ------------------------------------------------------------------------------------------------


def of_chunks(fd: int, found_chunks: list[Chunk]) -> Found:
    """Return the texts among a file's chunks, and the names of the others."""
    found = Found()
    for chunk in found_chunks:
        label = chunk.name.decode("latin-1").strip() if len(chunk.name) == 4 else chunk.name.hex()
        content = read_at(fd, chunk.at, chunk.size) if chunk.size <= LONGEST else b""
        if chunk.name == b"LIST" and content[:4] == b"INFO":
            for name, text in _info(content):
                if name in INFO:
                    found.texts.append((INFO[name], text))
                else:
                    found.others.append(name.decode("latin-1"))
        elif chunk.name in AIFF and content:
            found.texts.append((AIFF[chunk.name], _decode(content)))
        elif chunk.name == b"info" and content:
            found.texts += _strings(content)
        else:
            found.others.append(f"{label} {content[:4].decode('latin-1')}" if label == "LIST" else label)
    return found


def _info(content: bytes) -> Iterator[tuple[bytes, str]]:
    at = 4
    while at + 8 <= len(content):
        size = int.from_bytes(content[at + 4 : at + 8], "little")
        yield content[at : at + 4], _decode(content[at + 8 : at + 8 + size])
        at += 8 + size + size % 2


def _strings(content: bytes) -> list[Text]:
    """Return the texts of CAF's "info": a number of them, then names and values, each ended by a zero."""
    parts = content[4:].split(b"\0")
    names = [part.decode("utf-8", "replace") for part in parts[:-1:2]]
    values = [part.decode("utf-8", "replace") for part in parts[1::2]]
    return [(CAF.get(name, name.upper()), value) for name, value in zip(names, values, strict=False)]


def _decode(data: bytes) -> str:
    data = data.split(b"\0", 1)[0]
    try:
        return data.decode()
    except UnicodeDecodeError:
        return data.decode("cp1252", "replace")


def of_flac(fd: int) -> Found:
    """Return the comments and pictures of a FLAC file, and the names of its other blocks; not the speaker layout."""
    found = Found([text for text in flac_blocks.comments(fd) if text[0].upper() != MASK_COMMENT])
    names = {flac_blocks.CUESHEET: "CUESHEET", 2: "APPLICATION"}
    for block in flac_blocks.blocks(fd)[0]:
        if block.kind == flac_blocks.PICTURE:
            found.pictures.append(read_at(fd, block.at, block.size))
        elif block.kind not in (0, 1, 3, 4):
            found.others.append(names.get(block.kind, f"block {block.kind}"))
    return found


def of_ogg(fd: int, subtype: str, *, pictures: bool = True) -> Found:
    """Return the comments of an Ogg file of Vorbis or Opus, with its pictures apart or among them."""
    found = Found()
    with _opened(fd) as file:
        for key, value in _ogg(subtype)(file).tags or []:
            if pictures and key.upper() == PICTURE:
                try:
                    found.pictures.append(base64.b64decode(value, validate=True))
                    continue
                except ValueError:
                    pass
            found.texts.append((key, value))
    return found


def of_mp3(fd: int) -> Found:
    """Return the texts and pictures of an MP3's ID3 tag, and the names of its other frames."""
    from mutagen import flac, id3

    found = Found()
    with _opened(fd) as file:
        try:
            frames: Any = id3.ID3(file).values()
        except id3.ID3NoHeaderError:
            frames = []
    for frame in frames:
        name = frame.FrameID
        if name in FRAMES:
            found.texts += [(FRAMES[name], str(text)) for text in frame.text]
        elif name == "TXXX":
            found.texts += [(frame.desc.upper(), str(text)) for text in frame.text]
        elif name == "COMM":
            found.texts += [("COMMENT", str(text)) for text in frame.text]
        elif name == "APIC":
            picture = flac.Picture()
            picture.type, picture.mime, picture.desc, picture.data = (
                frame.type, frame.mime, frame.desc, frame.data,
            )  # fmt: skip
            found.pictures.append(picture.write())
        else:
            found.others.append(name)
    return found


# -- write -----------------------------------------------------------------------------------------------


def to_info(texts: list[Text]) -> tuple[list[Piece], list[str]]:
    """Return a WAV's chunk of texts, and the names of those that it has no place for."""
    names = {text: name for name, text in reversed(INFO.items())}
    values: dict[bytes, list[str]] = {}
    left = []
    for key, value in texts:
        if key.upper() in names:
            values.setdefault(names[key.upper()], []).append(value)
        else:
            left.append(key)
    content = b"INFO"
    for name, several in values.items():
        data = "; ".join(several).encode() + b"\0"
        content += name + len(data).to_bytes(4, "little") + data + bytes(len(data) % 2)
    return ([Piece(b"LIST", content)] if values else []), left


def to_aiff(texts: list[Text]) -> tuple[list[Piece], list[str]]:
    """Return an AIFF's chunks of texts, and the names of those that it has no place for."""
    names = {text: name for name, text in AIFF.items()}
    left = [key for key, _ in texts if key.upper() not in names]
    return [Piece(names[key.upper()], value.encode()) for key, value in texts if key.upper() in names], left


def to_caf(texts: list[Text]) -> tuple[list[Piece], list[str]]:
    """Return a CAF's chunk of texts, which takes every one."""
    names = {text: name for name, text in reversed(CAF.items())}
    content = b"".join(
        names.get(key.upper(), key.lower()).encode() + b"\0" + value.replace("\0", " ").encode() + b"\0"
        for key, value in texts
    )
    return ([Piece(b"info", len(texts).to_bytes(4, "big") + content)] if texts else []), []


def put_ogg(fd: int, subtype: str, found: Found) -> None:
    """Write comments and pictures into an Ogg file of Vorbis or Opus, in place of those that it has.

    Args:
        fd: the file, whole, open for reading and writing.
        subtype: "VORBIS" or "OPUS".
        found: what to write.

    Raises:
        OSError: the disk is full, or gone.
    """
    pictures = [(PICTURE, base64.b64encode(picture).decode()) for picture in found.pictures]
    with _opened(fd) as file:
        ogg = _ogg(subtype)(file)
        ogg.tags[:] = [text for text in (*found.texts, *pictures) if _is_key(text[0])]
        file.seek(0)
        ogg.save(file)


def put_mp3(fd: int, found: Found) -> None:
    """Write texts and pictures into an MP3 as an ID3 tag.

    Args:
        fd: the file, whole, open for reading and writing.
        found: what to write.

    Raises:
        OSError: the disk is full, or gone.
    """
    from mutagen import flac, id3

    names = {text: name for name, text in FRAMES.items()}
    values: dict[str, list[str]] = {}
    for key, value in found.texts:
        values.setdefault(key.upper(), []).append(value)
    tag: Any = id3.ID3()
    for key, several in values.items():
        if key == "COMMENT":
            tag.add(id3.COMM(encoding=3, lang="XXX", desc="", text=several))
        elif key in names:
            tag.add(getattr(id3, names[key])(encoding=3, text=several))
        else:
            tag.add(id3.TXXX(encoding=3, desc=key, text=several))
    for content in found.pictures:
        picture = flac.Picture(content)
        tag.add(
            id3.APIC(encoding=3, mime=picture.mime, type=picture.type, desc=picture.desc, data=picture.data)
        )
    with _opened(fd) as file:
        tag.save(file, v1=0)


def _is_key(key: str) -> bool:
    return bool(key) and all(" " <= letter <= "}" and letter != "=" for letter in key)


def _ogg(subtype: str) -> Any:
    from mutagen.oggopus import OggOpus
    from mutagen.oggvorbis import OggVorbis

    return OggOpus if subtype == "OPUS" else OggVorbis


@contextmanager
def _opened(fd: int) -> Iterator[BinaryIO]:
    """Lend the file to mutagen, from its beginning, with mutagen's errors as the system's; the position stays."""
    from mutagen import MutagenError

    before = os.lseek(fd, 0, os.SEEK_CUR)
    try:
        with os.fdopen(fd, "rb" if _reads_only(fd) else "r+b", closefd=False) as file:
            file.seek(0)
            yield file
    except MutagenError as error:
        cause = error.__cause__ or error.__context__
        raise (cause if isinstance(cause, OSError) else OSError(str(error))) from error
    finally:
        os.lseek(fd, before, os.SEEK_SET)


def _reads_only(fd: int) -> bool:
    try:
        return os.write(fd, b"") < 0
    except OSError:
        return True
