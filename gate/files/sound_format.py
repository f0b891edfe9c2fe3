"""The form of sound files: formats, sample formats, and which of them an output gets."""

from dataclasses import dataclass, replace
from functools import cache
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np

from gate.errors import AudioFileError
from gate.files.speakers import Speakers

EXTENSIONS = {
    ".wav": "WAV", ".wave": "WAV", ".bwf": "WAV", ".rf64": "RF64", ".w64": "W64",
    ".flac": "FLAC", ".ogg": "OGG", ".oga": "OGG", ".opus": "OGG", ".mp3": "MP3",
    ".aiff": "AIFF", ".aif": "AIFF", ".aifc": "AIFF", ".caf": "CAF", ".au": "AU", ".snd": "AU",
}  # fmt: skip
"""Formats by the ending of a file's name; folders are searched for files with these endings."""

NAMED = "WAV, FLAC, OGG, MP3 or AIFF"
"""The formats in sentences for people (Wave64, CAF and AU work too)."""

FAMILIES = {"WAV": ("WAV", "WAVEX", "RF64"), "RF64": ("RF64",)}
"""Formats that a file with the ending of the key may keep; other files only the key itself."""

MAX_BYTES = 2**32 - 2**20
"""Bytes from which a plain WAV has to become RF64: its sizes are 32 bits (1 MiB is left for headers and tags)."""

MP3_HZ = (8000, 11025, 12000, 16000, 22050, 24000, 32000, 44100, 48000)
OPUS_HZ = (8000, 12000, 16000, 24000, 48000)

MOST_CHANNELS = {"MP3": 2, "FLAC": 8}
"""Channels of the formats that hold fewer than the engine takes; the others hold them all (libsndfile 1.2.2)."""


@dataclass(frozen=True)
class Coding:
    """The types in which samples travel: ``stored`` is libsndfile's side, ``sound`` ours.

    Attributes:
        stored: int16, int32, float32 or float64; shorter whole numbers lie in the upper bits.
        sound: float32, or float64 where float32 would lose bits; full scale is 1.0.
        bits: of a whole number, 0 for floats.
    """

    stored: type[np.generic]
    sound: type[np.floating[Any]]
    bits: int


_FLOAT = Coding(np.float32, np.float32, 0)
_CODINGS = {
    "PCM_S8": Coding(np.int16, np.float32, 8),
    "PCM_U8": Coding(np.int16, np.float32, 8),
    "PCM_16": Coding(np.int16, np.float32, 16),
    "PCM_24": Coding(np.int32, np.float32, 24),
    "PCM_32": Coding(np.int32, np.float64, 32),
    "ALAC_16": Coding(np.int16, np.float32, 16),
    "ALAC_20": Coding(np.int32, np.float32, 20),
    "ALAC_24": Coding(np.int32, np.float32, 24),
    "ALAC_32": Coding(np.int32, np.float64, 32),
    "FLOAT": _FLOAT,
    "DOUBLE": Coding(np.float64, np.float64, 0),
    "VORBIS": _FLOAT,
    "OPUS": _FLOAT,
    "MPEG_LAYER_I": _FLOAT,
    "MPEG_LAYER_II": _FLOAT,
    "MPEG_LAYER_III": _FLOAT,
}

_STEPS = {
    "PCM_S8": ("PCM_U8", "PCM_16"),
    "PCM_U8": ("PCM_S8", "PCM_16"),
    "PCM_16": ("ALAC_16",),
    "PCM_24": ("PCM_32",),
    "PCM_32": ("PCM_24",),
    "ALAC_16": ("PCM_16",),
    "ALAC_20": ("PCM_24",),
    "ALAC_24": ("PCM_24",),
    "ALAC_32": ("PCM_32", "PCM_24"),
    "FLOAT": ("PCM_24",),
    "DOUBLE": ("FLOAT", "PCM_24"),
    "VORBIS": ("FLOAT", "PCM_24"),
    "OPUS": ("FLOAT", "PCM_24"),
    "MPEG_LAYER_I": ("FLOAT", "PCM_24"),
    "MPEG_LAYER_II": ("FLOAT", "PCM_24"),
    "MPEG_LAYER_III": ("FLOAT", "PCM_24"),
}
"""Substitutes for a sample format that the output's format does not have: the first of these that it has."""

_ONLY = {"MP3": "MPEG_LAYER_III", "OGG": "VORBIS"}
"""Sample format of the formats that have nothing but lossy ones."""


def coding(subtype: str) -> Coding:
    """Return how samples of this format travel; u-law, ADPCM and the like decode to 16 bits and are made of them."""
    return _CODINGS.get(subtype, _CODINGS["PCM_16"])


@dataclass(frozen=True)
class Layout:
    """The form of a file's samples.

    Attributes:
        rate: Hz.
        channels: 1 to 32.
        format: libsndfile's name of the format ("WAV", "WAVEX", "RF64", "FLAC", ...).
        subtype: libsndfile's name of the sample format ("PCM_16", "FLOAT", "VORBIS", ...).
        endian: "FILE" for what the format prefers, else "LITTLE" or "BIG".
        speakers: which loudspeakers the channels belong to, as the file says it; None: it does not.
    """

    rate: int
    channels: int
    format: str
    subtype: str
    endian: str = "FILE"
    speakers: Speakers | None = None

    @property
    def coding(self) -> Coding:
        """Types in which the samples travel."""
        return coding(self.subtype)


def output_layout(source: Layout, frames: int, target: Path) -> tuple[Layout, str | None]:
    """Choose the layout of an output: the source's own as far as the ending of the output's name allows.

    Args:
        source: layout of the input.
        frames: length of the sound.
        target: name of the output; its ending chooses the format.

    Returns:
        The layout, and a sentence where the sample format cannot be kept (else None).

    Raises:
        AudioFileError: the ending is unknown, or the format cannot hold this rate, channel count or length.
    """
    suffix = target.suffix.lower()
    if suffix not in EXTENSIONS:
        got = f"it ends in {target.suffix}" if suffix else "it has no ending"
        raise AudioFileError(
            f"{target} does not say which format to write, {got}; end it in .wav, .flac, .ogg, .mp3 or .aiff"
        )
    format_ = EXTENSIONS[suffix]
    if source.format in FAMILIES.get(format_, ()):
        format_ = source.format
    subtype = _subtype(source, format_, suffix, frames)
    said = source.speakers
    if format_ == "WAV" and said is not None and not (said.implied and source.channels <= 2):
        format_ = "WAVEX" if subtype in ("PCM_16", "PCM_24", "PCM_32", "FLOAT", "DOUBLE") else format_
    endian = source.endian if format_ == source.format else "FILE"
    layout = replace(source, format=format_, subtype=subtype, endian=endian)
    if format_ in ("WAV", "WAVEX") and _bytes(layout, frames) > MAX_BYTES:
        layout = replace(layout, format="RF64", endian="FILE")
    _check(layout, frames, target)
    note = None
    if subtype != source.subtype:
        note = f"{target} cannot hold the input's sample format {source.subtype}, it is written as {subtype}"
        if layout.coding.bits and not source.coding.bits and source.subtype in ("FLOAT", "DOUBLE"):
            note += " (samples over full scale are clipped); a .wav keeps it"
    return layout, note


ANY_LENGTH = frozenset({*_CODINGS, "ULAW", "ALAW"})
"""Sample formats whose blocks are single frames, or whose files say how much of the last block is sound."""


def _subtype(source: Layout, format_: str, suffix: str, frames: int) -> str:
    """Return the first sample format, from the source's own on, that the format can be written with at this length."""
    import soundfile

    subtype = source.subtype
    wanted = [subtype, *_STEPS.get(subtype, ("PCM_16",)), _ONLY.get(format_, "PCM_16")]
    if format_ == "OGG" and subtype not in ("VORBIS", "OPUS"):
        wanted = ["OPUS" if suffix == ".opus" else "VORBIS"]
    # libsndfile 1.2.2 lists MP3 among WAV's sample formats but cannot write it, and of MPEG's layers it writes the third;
    # its ALAC of more than 16 bits damages loud noise (findings/libsndfile-alac-loud-noise.sh)
    broken = ["ALAC_20", "ALAC_24", "ALAC_32", "MPEG_LAYER_I", "MPEG_LAYER_II"]
    broken += [] if format_ == "MP3" else ["MPEG_LAYER_III"]
    wanted = [name for name in wanted if name not in broken and soundfile.check_format(format_, name)]
    return next(name for name in wanted if name in ANY_LENGTH or _holds(source, format_, name, frames))


def _holds(source: Layout, format_: str, subtype: str, frames: int) -> bool:
    """Tell whether a sample format with blocks can hold this rate, these channels, and a length that ends a block."""
    block = _block(source.rate, source.channels, format_, subtype)
    return block > 0 and frames % block == 0


@cache
def _block(rate: int, channels: int, format_: str, subtype: str) -> int:
    """Return the frames that a file of one frame comes out with: a block; 0 where no such file can be written."""
    import soundfile

    from gate.files import sound_header

    made = BytesIO()
    try:
        with soundfile.SoundFile(made, "w", rate, channels, subtype, None, format_) as file:
            file.write(np.zeros((1, channels), np.int16))
        coded = made.getvalue()
        with soundfile.SoundFile(BytesIO(coded), "r") as file:
            return sound_header.frames_of(coded) or int(file.frames)
    except (soundfile.SoundFileError, ValueError):
        return 0


def _bytes(layout: Layout, frames: int) -> int:
    """Return the size of the samples on disk, an upper bound for coded ones."""
    bits = layout.coding.bits or 8 * np.dtype(layout.coding.stored).itemsize
    return frames * layout.channels * ((bits + 7) // 8)


def _check(layout: Layout, frames: int, target: Path) -> None:
    """Refuse what the format cannot hold."""
    remedy = "write .wav or .flac" if layout.channels <= MOST_CHANNELS["FLAC"] else "write .wav"
    rates = {"MPEG_LAYER_III": MP3_HZ, "OPUS": OPUS_HZ}.get(layout.subtype)
    if rates and layout.rate not in rates:
        name = "MP3" if layout.subtype == "MPEG_LAYER_III" else "Opus"
        given = ", ".join(f"{rate}" for rate in rates)
        raise AudioFileError(
            f"{target} cannot be written, {name} takes {given} Hz and the sound has {layout.rate} Hz; {remedy}"
        )
    most = MOST_CHANNELS.get(layout.format, layout.channels)
    if layout.channels > most:
        raise AudioFileError(
            f"{target} cannot be written, {layout.format} takes 1 {'or' if most == 2 else 'to'} {most} channels and "
            f"the sound has {layout.channels}; {remedy}"
        )
    if layout.format in ("AIFF", "AU") and _bytes(layout, frames) > MAX_BYTES:
        raise AudioFileError(
            f"{target} cannot be written, {layout.format} holds 4 GB and this would be "
            f"{_bytes(layout, frames) / 1e9:.1f} GB; write .wav or .w64"
        )
