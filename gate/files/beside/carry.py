"""Data beside the sound in a file: carried into the file that is made of it, or named where that has no place for it.

A gate shifts nothing, so time references, cue points, loops and texts stay true. Between files of one kind all of it
goes over byte for byte; between kinds the texts and pictures do, and the speaker layout. What describes the samples
themselves (peaks, checksums) is not true of other samples, and is left out.
"""

import os
import struct
from dataclasses import dataclass, field
from pathlib import Path

from gate.files import chunks, flac_blocks, speakers
from gate.files.beside import texts
from gate.files.beside.around import annotation, mp3_tags, put_annotation, put_around
from gate.files.beside.put_chunks import OWN_PLACE, Surroundings
from gate.files.chunks import Chunk, Piece
from gate.files.sound_format import Layout
from gate.files.speaker_tables import VORBIS
from gate.files.speakers import MASK_COMMENT

OWN = frozenset(
    {
        b"fmt ", b"data", b"fact", b"ds64", b"PEAK", b"COMM", b"FVER", b"SSND", b"desc", b"kuki", b"pakt", b"peak",
        b"free",
    }
)  # fmt: skip
"""Chunks that describe the form of the samples: every file has its own."""

UNTRUE = frozenset({b"levl", b"MD5 ", b"ovvw", b"PEAK", b"peak"})
"""Chunks that describe the samples themselves, and are wrong once those are others."""

PADDING = frozenset({b"JUNK", b"junk", b"PAD ", b"pad ", b"FLLR", b"filr", b"FLL "})
"""Chunks that fill a place up; carried where all else is, since some recorders want the samples at a round place."""

_KIND = {"WAVEX": "WAV", "RF64": "WAV", "W64": "WAV"}

_KEEPS = {
    "WAV": ".wav",
    "AIFF": ".aiff",
    "CAF": ".caf",
    "FLAC": ".flac",
    "OGG": ".ogg",
    "MP3": ".mp3",
    "AU": ".au",
}


@dataclass(frozen=True)
class Source:
    """An open file that a sound comes from.

    Attributes:
        fd: open for reading until the output is finished.
        layout: form of its samples.
        sound_end: where the samples end in a file of chunks, whatever its header says; None in other files.
    """

    fd: int
    layout: Layout
    sound_end: int | None

    @property
    def kind(self) -> str:
        """Family of its chunks, blocks or tags: "WAV", "AIFF", "CAF", "FLAC", "OGG", "MP3" or "AU"."""
        return _KIND.get(self.layout.format, self.layout.format)

    def chunks(self) -> list[Chunk]:
        """Return the source's chunks, in their order."""
        return chunks.walk(self.fd, self.sound_end)


@dataclass
class Carried:
    """Data that goes from a source into an output; made before the first sample, written after the last.

    Attributes:
        order: for each channel of the output the channel of the input, or None where they are the same.
        notes: sentences about what could not go over.

    Args:
        source: where the sound comes from.
        layout: of the output.
        target: the output's name, for the sentences.
    """

    source: Source
    layout: Layout
    target: Path
    notes: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        kind = _KIND.get(self.layout.format, self.layout.format)
        self._kind = kind
        same = kind == self.source.kind and (
            kind != "OGG" or self.source.layout.subtype == self.layout.subtype
        )
        endian = "big" if chunks.dialect(self.source.fd) is chunks.RIFX else "little"
        self._big = kind == "WAV" and self.layout.endian == "BIG"
        if kind == "WAV" and same and (endian == "big") != self._big:
            same = False
        self._same = same
        self.placed = speakers.place(
            self.source.layout.speakers, self.layout.channels, self.layout.format, self.layout.subtype
        )
        if same and kind != "WAV":
            self.placed = speakers.Placed(self.source.layout.speakers)
        self.order = self.placed.order
        if self.placed.lost is not None:
            self.notes.append(self._about_speakers())
        self._around = Surroundings(self.source.fd, self.layout, self.target, self.placed, same)
        self._blocks: list[tuple[int, Piece]] = []
        self._found = texts.Found()
        left, untrue = self._gather()
        if left:
            names, ending = ", ".join(dict.fromkeys(left)), _KEEPS.get(self.source.kind, ".wav")
            self.notes.append(
                f"{self.target} has no place for the input's {names}, this was left behind; write {ending} to keep it"
            )
        if untrue:
            names = ", ".join(dict.fromkeys(untrue))
            self.notes.append(
                f"{self.target} is written without the input's {names}, this described samples that the gate changes; "
                "make it again from the output if it is needed"
            )

    def _about_speakers(self) -> str:
        low = self._low_channel()
        loss = f", and channel {low} is coded as a low-frequency one, which takes its highs" if low else ""
        return (
            f"{self.target} cannot say the input's speaker layout {self.placed.lost}{loss}; write .wav or .caf to "
            "keep it"
        )

    def _low_channel(self) -> int | None:
        """Return the channel that the lossy coders of Ogg hold for a subwoofer's, and which is none."""
        places = VORBIS.get(self.layout.channels, ())
        if self._kind != "OGG" or self.placed.speakers is not None or speakers.LFE not in places:
            return None
        return places.index(speakers.LFE) + 1

    # -- before the first sample

    def _gather(self) -> tuple[list[str], list[str]]:
        """Collect what goes over; return the names of what does not, and of what is no longer true."""
        source = self.source
        if self._same and self._kind in ("WAV", "AIFF", "CAF"):
            return self._gather_chunks()
        if self._same and self._kind == "FLAC":
            self._gather_blocks()
            return [], []
        if self._same and self._kind in ("MP3", "AU"):
            return [], []
        if self._same:
            self._found = _read_tags(source, whole=True)
            return self._found.others, []
        found_chunks = [c for c in source.chunks() if c.name not in OWN | PADDING | {b"chan", b"CHAN"}]
        untrue = [_label(c.name) for c in found_chunks if c.name in UNTRUE]
        found_chunks = [c for c in found_chunks if c.name not in UNTRUE]
        chunky = source.kind in ("WAV", "AIFF", "CAF")
        self._found = texts.of_chunks(source.fd, found_chunks) if chunky else _read_tags(source)
        return [*self._found.others, *self._place_texts()], untrue

    def _place_texts(self) -> list[str]:
        """Prepare texts and pictures for another kind of file; return the names of those without a place."""
        found = self._found
        left: list[str] = []
        if self._kind in ("WAV", "AIFF"):
            write = texts.to_info if self._kind == "WAV" else texts.to_aiff
            self._around.after, left = write(found.texts)
            if self.layout.format == "W64":
                self._around.before, self._around.after = self._around.after, []
        elif self._kind == "CAF":
            self._around.before, left = texts.to_caf(found.texts)
        elif self._kind == "FLAC":
            self._blocks = [(flac_blocks.PICTURE, Piece(b"", picture)) for picture in found.pictures]
        elif self._kind == "AU":
            left = [key for key, _ in found.texts]
        if found.pictures and self._kind in ("WAV", "AIFF", "CAF", "AU"):
            left.append("pictures")
        return left

    def _gather_chunks(self) -> tuple[list[str], list[str]]:
        """Prepare a file's chunks for another file of the kind, in their order."""
        source, w64 = self.source, self.layout.format == "W64"
        left: list[str] = []
        untrue: list[str] = []
        place = self._around.before
        for chunk in source.chunks():
            piece = Piece(chunk.name, fd=source.fd, at=chunk.at, far=chunk.size)
            if chunk.name in (b"data", b"SSND"):
                place = (
                    self._around.before if w64 else self._around.after
                )  # libsndfile misreads a W64 that continues
            elif chunk.name in (b"fmt ", b"COMM", b"desc"):
                place.append(OWN_PLACE)
            elif chunk.name == b"fact" and not w64 and source.layout.format != "W64":
                if source.layout.subtype == self.layout.subtype:
                    place.append(piece)
            elif chunk.name in UNTRUE:
                untrue.append(_label(chunk.name))
            elif chunk.name in OWN:
                continue
            elif len(chunk.name) == 16 and not w64:
                left.append(chunk.name.hex())
            elif chunk.name not in PADDING or w64 == (source.layout.format == "W64"):
                place.append(piece)
        if self.layout.subtype in ("FLOAT", "DOUBLE"):  # libsndfile writes peaks of its own for floats
            untrue = [name for name in untrue if name not in ("PEAK", "peak")]
        return left, untrue

    def _gather_blocks(self) -> None:
        for block in flac_blocks.blocks(self.source.fd)[0]:
            if block.kind not in (flac_blocks.STREAMINFO, flac_blocks.SEEKTABLE, flac_blocks.COMMENT):
                piece = Piece(b"", fd=self.source.fd, at=block.at, far=block.size)
                self._blocks.append((block.kind, piece))

    # -- after the last sample

    def put(self, fd: int, frames: int) -> None:
        """Write all of it into the finished output.

        Args:
            fd: the output, whole, open for reading and writing.
            frames: its number of samples of a channel.

        Raises:
            AudioFileError: the output cannot hold it.
            OSError: the disk is full, or gone.
        """
        if self._kind in ("WAV", "AIFF", "CAF"):
            self._around.put(fd, frames)
        elif self._kind == "FLAC":
            self._put_blocks(fd)
        elif self._kind == "OGG" and self.layout.subtype in ("VORBIS", "OPUS"):
            if self._same or self._found.texts or self._found.pictures:
                texts.put_ogg(fd, self.layout.subtype, self._found)
        elif self._kind == "MP3":
            if self._same:
                put_around(self.source.fd, fd, *mp3_tags(self.source.fd))
            elif self._found.texts or self._found.pictures:
                texts.put_mp3(fd, self._found)
        elif self._kind == "AU" and self._same:
            put_annotation(self.source.fd, fd)

    def _put_blocks(self, fd: int) -> None:
        found, _ = flac_blocks.blocks(fd)
        if not found:
            return
        said = next((b for b in found if b.kind == flac_blocks.COMMENT), None)
        vendor = flac_blocks.split(chunks.read_at(fd, said.at, said.size))[0] if said else b""
        if self._same:
            theirs = next(
                (b for b in flac_blocks.blocks(self.source.fd)[0] if b.kind == flac_blocks.COMMENT), None
            )
            if theirs is None and not self._blocks:
                return
            lines = (
                flac_blocks.split(chunks.read_at(self.source.fd, theirs.at, theirs.size))[1] if theirs else []
            )
        else:
            lines = [f"{key}={value}".encode() for key, value in self._found.texts]
            mask = self.placed.speakers
            if mask is not None and mask.mask is not None:
                lines.append(f"{MASK_COMMENT}=0x{mask.mask:04X}".encode())
        if not self._same and not lines and not self._blocks:
            return
        seek = [
            (b.kind, Piece(b"", chunks.read_at(fd, b.at, b.size)))
            for b in found
            if b.kind == flac_blocks.SEEKTABLE
        ]
        comment = Piece(b"", flac_blocks.join(vendor, lines))
        flac_blocks.lay_out(fd, os.fstat(fd).st_size, [*seek, (flac_blocks.COMMENT, comment), *self._blocks])


def _label(name: bytes) -> str:
    return name.decode("latin-1").strip() if len(name) == 4 else name.hex()


def _read_tags(source: Source, *, whole: bool = False) -> texts.Found:
    """Read what lies beside the sound of a file without chunks; ``whole`` leaves an Ogg's pictures in its comments."""
    fd, layout = source.fd, source.layout
    try:
        if source.kind == "FLAC":
            return texts.of_flac(fd)
        if source.kind == "MP3":
            found = texts.of_mp3(fd)
            last = mp3_tags(fd)[1]
            if b"APETAGEX" in (chunks.read_at(fd, last, 8), chunks.read_at(fd, last - 32, 8)):
                found.others.append("APE")
            return found
        if source.kind == "OGG" and layout.subtype in ("VORBIS", "OPUS"):
            return texts.of_ogg(fd, layout.subtype, pictures=not whole)
    except (OSError, ValueError, struct.error):
        return texts.Found(others=["tags (they are damaged)"])
    return texts.Found(others=["annotation"] if source.kind == "AU" and annotation(fd) else [])
