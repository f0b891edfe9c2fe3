"""Chunks from a source, laid round the samples of a finished WAV, AIFF or CAF beside those that libsndfile wrote."""

from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from gate.errors import AudioFileError
from gate.files import chunks, speakers
from gate.files.beside.chunk_layout import lay_out
from gate.files.chunks import Chunk, Piece
from gate.files.sound_format import Layout

OWN_PLACE = Piece(b"own")
"""Marks where "fmt ", "COMM" or "desc" was among a source's chunks: there the output has its own."""


@dataclass
class Surroundings:
    """The chunks that go round an output's samples.

    Attributes:
        source_fd: the file that they come from, open for reading until ``put``.
        layout: of the output.
        target: the output's name, for the sentences.
        placed: how the output says the speaker layout.
        same: are source and output of one kind and byte order?
        before: the chunks before the samples, with ``OWN_PLACE`` among them.
        after: the chunks after the samples.
    """

    source_fd: int
    layout: Layout
    target: Path
    placed: speakers.Placed
    same: bool
    before: list[Piece] = field(default_factory=list)
    after: list[Piece] = field(default_factory=list)

    def put(self, fd: int, frames: int) -> None:
        """Lay the chunks round the samples of the finished output.

        Args:
            fd: the output, whole, open for reading and writing.
            frames: its number of samples of a channel.

        Raises:
            AudioFileError: the output cannot hold them.
            OSError: the disk is full, or gone.
        """
        says, found = chunks.dialect(fd), chunks.walk(fd)
        sound = next((chunk for chunk in found if says is not None and chunk.name == says.sound), None)
        if says is None or sound is None:
            return
        place = found.index(sound)
        theirs = [c for c in found[:place] if c.name not in (b"ds64", b"free")]
        mine = [self._own(fd, chunk) for chunk in theirs]
        if says is chunks.FORM:
            sound, mine = self._without_filling(sound, mine, frames)
        changed = any(
            p.content != chunks.read_at(fd, c.at, c.size) for p, c in zip(mine, theirs, strict=True)
        )
        self.before = [piece for piece in self.before if not self._is_stale(piece, frames)]
        self.after = [piece for piece in self.after if not self._is_stale(piece, frames)]
        has_fact = any(piece.name == b"fact" for piece in (*self.before, *self.after))
        if self.same and (
            has_fact or self.layout.subtype.startswith("PCM_")
        ):  # theirs, or none: PCM needs none
            mine = [piece for piece in mine if piece.name != b"fact"]
        head = OWN_PLACE
        before = list(self.before) if head in self.before else [head, *self.before]
        after = [piece for piece in self.after if piece != head]
        layout_chunk = self._layout_chunk()
        if layout_chunk is not None:
            mine.append(layout_chunk)
        changed = changed or len(mine) < len(theirs) or sound is not found[place]
        if changed or len(before) > 1 or after or layout_chunk is not None:
            where = before.index(head)
            before[where : where + 1] = mine
            after = [*[self._own(fd, chunk) for chunk in found[place + 1 :]], *after]
            if says is chunks.CAF:
                before += _free(before, sound)
            try:
                lay_out(fd, sound, before, after, frames)
            except ValueError as error:
                raise AudioFileError(
                    f"{self.target} cannot be written, {self.layout.format} holds 4 GB and there is more with what "
                    "lies beside the sound; write .wav, .flac or .w64"
                ) from error
        if chunks.is_large(fd) and chunks.read_at(self.source_fd, 0, 4) == b"BW64":
            chunks.write_at(fd, 0, b"BW64")

    def _is_stale(self, piece: Piece, frames: int) -> bool:
        """Tell whether a chunk gives the input's number of samples, and the output ends before that."""
        if piece.name != b"fact":
            return False
        says = chunks.dialect(self.source_fd)
        told = 0 if says is None else says.number(chunks.read_at(piece.fd, piece.at, 4))
        return told > frames and told not in (frames * self.layout.channels, chunks.SMALL)

    def _without_filling(self, sound: Chunk, mine: list[Piece], frames: int) -> tuple[Chunk, list[Piece]]:
        """Return an AIFF's samples and chunks without the byte after odd samples, which libsndfile 1.2.2 counts."""
        frame = _frame_bytes(self.layout)
        if frame is None or sound.size != 8 + frames * frame + 1:
            return sound, mine
        true = frames.to_bytes(4, "big")
        mine = [
            Piece(b"COMM", piece.content[:2] + true + piece.content[6:]) if piece.name == b"COMM" else piece
            for piece in mine
        ]
        return Chunk(sound.name, sound.at, sound.size - 1), mine

    def _own(self, fd: int, chunk: Chunk) -> Piece:
        """Return a chunk that libsndfile wrote, with the speaker layout in it where it is the place for that."""
        content = chunks.read_at(fd, chunk.at, chunk.size)
        if chunk.name == b"fmt ":
            order = "big" if chunks.dialect(fd) is chunks.RIFX else "little"
            content = speakers.fmt_content(content, self.placed.speakers, order)
            content = self._their_fmt(content)
        return Piece(chunk.name, content)

    def _their_fmt(self, content: bytes) -> bytes:
        """Return a plain "fmt " chunk as the input has it, where it says the same: some have two bytes more."""
        if self.same and len(content) == 16:
            for chunk in chunks.walk(self.source_fd):
                if chunk.name == b"fmt " and chunk.size == 18:
                    theirs = chunks.read_at(self.source_fd, chunk.at, 18)
                    return theirs if theirs == content + bytes(2) else content
        return content

    def _layout_chunk(self) -> Piece | None:
        """Return the layout chunk of a CAF or AIFF that has none of its own kind."""
        name = {"CAF": b"chan", "AIFF": b"CHAN"}.get(self.layout.format)
        if name is None or self.same or self.placed.speakers is None:
            return None
        for chunk in chunks.walk(self.source_fd):
            if chunk.name in (b"chan", b"CHAN"):
                return Piece(name, fd=self.source_fd, at=chunk.at, far=chunk.size)
        return Piece(name, speakers.chan_content(self.placed.speakers))


def _frame_bytes(layout: Layout) -> int | None:
    """Return the bytes of one sample of every channel; None where samples are coded."""
    if layout.subtype in ("ULAW", "ALAW"):
        return layout.channels
    if not layout.subtype.startswith("PCM_") and layout.subtype not in ("FLOAT", "DOUBLE"):
        return None
    bits = layout.coding.bits or 8 * np.dtype(layout.coding.stored).itemsize
    return (bits + 7) // 8 * layout.channels


def _free(before: list[Piece], sound: Chunk) -> list[Piece]:
    """Return a CAF's filling that keeps the samples where they are, if there is room for it."""
    needed = chunks.CAF.first + sum(chunks.CAF.head + piece.size for piece in before) + chunks.CAF.head
    room = sound.at - needed - chunks.CAF.head
    return [Piece(b"free", bytes(room))] if room >= 0 else []
