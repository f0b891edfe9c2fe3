"""Headers that do not tell the truth: all of the sound is read and something is said, or the file is refused."""

import struct
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import soundfile

from gate.errors import AudioFileError
from gate.files import flac
from gate.files.containers import PLACEHOLDERS
from gate.files.sound_reader import Reader

RATE, SECONDS = 48_000, 2


def noise(n: int = SECONDS * RATE, channels: int = 1, seed: int = 3) -> np.ndarray:
    return (0.1 * np.random.default_rng(seed).standard_normal((n, channels))).astype(np.float32)


def saved(
    path: Path, x: np.ndarray, format_: str, subtype: str, rate: int = RATE, **how: object
) -> bytearray:
    with soundfile.SoundFile(path, "w", rate, x.shape[1], subtype, None, format_, **how) as file:
        for at in range(0, len(x), 4096):  # the Vorbis encoder cannot take much at once
            file.write(x[at : at + 4096])
    return bytearray(path.read_bytes())


def put(path: Path, data: bytes) -> Path:
    path.write_bytes(data)
    return path


def heard(path: Path) -> tuple[np.ndarray, str | None]:
    """All of a file in pieces of an odd size, and the remark; ``frames`` has said how long it would be."""
    with Reader(path) as reader:
        pieces, piece = [], np.empty((1013, reader.layout.channels), reader.dtype)
        while got := reader.read(piece):
            pieces.append(piece[:got].copy())
        total = sum(map(len, pieces))
        assert total == reader.frames == reader.position
        return np.concatenate(pieces), reader.remark


PlacedSize = tuple[int, int, str]
"""Byte, width and byte order of the size of the samples."""


def size_field(name: str, data: bytes) -> PlacedSize:
    if name == "RF64":
        return 28, 8, "little"
    if name == "AU":
        return 8, 4, "big"
    if name == "AIFF":
        return data.index(b"SSND") + 4, 4, "big"
    at = data.index(b"data", 36)
    return {"WAV": (at + 4, 4, "little"), "W64": (at + 16, 8, "little"), "CAF": (at + 4, 8, "big")}[name]


CONTAINERS = {"WAV": "RIFF", "RF64": "RF64", "W64": "Wave64", "AIFF": "AIFF", "CAF": "CAF", "AU": "AU"}


def with_size(name: str, data: bytearray, size: int) -> bytearray:
    at, width, order = size_field(name, data)
    data[at : at + width] = size.to_bytes(width, order)  # type: ignore[arg-type]
    return data


CASES = [(name, size) for name, key in CONTAINERS.items() for size in sorted(PLACEHOLDERS[key])]


@pytest.mark.parametrize(
    ("name", "size"), CASES, ids=lambda case: hex(case) if isinstance(case, int) else case
)
def test_a_size_that_is_none_means_to_the_end(tmp_path: Path, name: str, size: int) -> None:
    """Every placeholder of every container, as programs write them into pipes: all of it, and one sentence."""
    path = tmp_path / f"in.{name.lower()}"
    x = noise()
    data = saved(path, x, name, "PCM_16")
    whole = heard(path)[0]
    if name == "AIFF":  # those that cannot know the size know no number of frames either
        at = data.index(b"COMM") + 10
        data[at : at + 4] = bytes(4)
    put(path, with_size(name, data, size))
    got, remark = heard(path)
    assert np.array_equal(got, whole) and len(got) == len(x)
    assert (
        remark and "does not say how long it is" in remark and "all 2.000 s of sound up to its end" in remark
    )


def test_a_recorder_that_died(tmp_path: Path) -> None:
    """``data`` of size 0 and RIFF of size 36, with sound after them."""
    path = tmp_path / "in.wav"
    data = saved(path, noise(), "WAV", "PCM_24")
    data[4:8] = struct.pack("<I", 36)
    put(path, with_size("WAV", data, 0) + b"\x01")  # the last frame is not whole
    got, remark = heard(path)
    assert len(got) == SECONDS * RATE and remark is not None


def test_chunks_at_the_end_are_no_sound(tmp_path: Path) -> None:
    """GStreamer leaves a placeholder and a LIST after the samples: 34 bytes that would be a click."""
    path = tmp_path / "in.wav"
    data = with_size("WAV", saved(path, noise(), "WAV", "PCM_16"), 0x7FFF0000)
    list_ = b"LIST" + struct.pack("<I", 26) + b"INFOISFT" + struct.pack("<I", 14) + b"Lavf59.27.100\0"
    put(path, data + list_ + b"id3 " + struct.pack("<I", 3) + b"abc\0")
    assert len(heard(path)[0]) == SECONDS * RATE


@pytest.mark.parametrize("name", CONTAINERS)
def test_nothing_after_an_empty_size_is_nothing(tmp_path: Path, name: str) -> None:
    """A file that holds no samples says so, with other chunks after them as well."""
    path = tmp_path / "in.x"
    saved(path, noise(0), name, "PCM_16")
    with pytest.raises(AudioFileError, match="holds no samples"):
        Reader(path)
    if name == "WAV":
        put(path, path.read_bytes() + b"LIST" + struct.pack("<I", 4) + b"INFO")
        with pytest.raises(AudioFileError, match="holds no samples"):
            Reader(path)


@pytest.mark.parametrize("name", CONTAINERS)
def test_more_sound_than_the_header_says_is_refused(tmp_path: Path, name: str) -> None:
    """A header that promises one of two seconds: both lengths are named, and a remedy."""
    path = tmp_path / f"in.{name.lower()}"
    data = saved(path, noise(), name, "PCM_16")
    at, width, order = size_field(name, data)
    more = int.from_bytes(data[at : at + width], order) - 2 * RATE  # type: ignore[arg-type]
    put(path, with_size(name, data, more))
    with pytest.raises(
        AudioFileError, match=r"that it holds 1\.000 s of sound, and 2\.000 s of sound are there; write"
    ):
        Reader(path)


@pytest.mark.parametrize("wrapped", [True, False], ids=["wrapped", "the most"])
def test_sizes_over_four_gigabytes(tmp_path: Path, wrapped: bool) -> None:
    """A 32-bit size that wrapped, or was written as the most there is: all of it is there (a file with a hole)."""
    path = tmp_path / "in.wav"
    data = saved(path, noise(), "WAV", "PCM_16")
    start, promised = data.index(b"data") + 8, len(data) - data.index(b"data") - 8
    if not wrapped:
        with_size("WAV", data, 0xFFFFFFD0)
    put(path, data)
    with path.open("r+b") as file:
        file.truncate(start + 2**32 + promised)
        file.seek(-2, 2)
        file.write(b"\xff\x7f")
    with Reader(path) as reader:
        assert reader.frames == (2**32 + promised) // 2
        assert reader.remark and "s of sound, as sizes over 4 GB do not fit" in reader.remark
        assert f"all {reader.frames / RATE:.3f} s of sound were read" in reader.remark
        assert ("that it holds 2.000 s" in reader.remark) == wrapped
        assert reader.layout.format == "RF64"
        first = np.empty((SECONDS * RATE, 1), np.float32)
        reader.read(first)
        assert np.array_equal(first, np.rint(noise() * 32767) / 32768) or np.abs(first - noise()).max() < 1e-4


def test_a_header_twice_is_refused(tmp_path: Path) -> None:
    """What a program leaves that goes back to its header and writes into a pipe."""
    path = tmp_path / "in.caf"
    data = saved(path, noise(), "CAF", "PCM_16")
    at = data.index(b"data", 36)
    put(path, with_size("CAF", data[: at + 16], 4) + data)
    with pytest.raises(AudioFileError, match="has its header a second time"):
        Reader(path)


def test_chunks_after_the_samples_of_wave64(tmp_path: Path) -> None:
    """libsndfile plays whatever stands after the samples of a Wave64: it is given a file that ends with them."""
    path = tmp_path / "in.w64"
    data = saved(path, noise(), "W64", "PCM_16")
    text = "a marker list stands here, a multiple of eight: ".encode("utf-16-le")
    name = b"list" + bytes.fromhex("f3acd3118cd100c04f8edb8a")
    put(path, data + name + struct.pack("<Q", 24 + len(text)) + text)
    assert soundfile.info(path).frames > SECONDS * RATE
    got, remark = heard(path)
    assert len(got) == SECONDS * RATE and remark is None


def test_zeros_and_tags_after_the_samples_are_no_sound(tmp_path: Path) -> None:
    """Preallocated room, an ID3 tag, a few stray bytes: as before."""
    path = tmp_path / "in.wav"
    data = bytes(saved(path, noise(), "WAV", "PCM_16"))
    for more in (bytes(100_000), b"TAG" + bytes(range(125)), b"ID3\4" + bytes(range(200)), b"\x55" * 60):
        put(path, data + more)
        got, remark = heard(path)
        assert len(got) == SECONDS * RATE and remark is None


@pytest.mark.parametrize(
    ("format_", "subtype"),
    [("OGG", "VORBIS"), ("OGG", "OPUS"), ("FLAC", "PCM_16"), ("WAV", "PCM_16"), ("MP3", "MPEG_LAYER_III")],
)
def test_recordings_one_after_the_other(tmp_path: Path, format_: str, subtype: str) -> None:
    """``cat a b > c``, what a dump of a stream is: all of it, each as it is alone, and a sentence."""
    parts, coded = [], b""
    for number, seconds in enumerate((1, 2, 1)):
        path = tmp_path / f"{number}.x"
        coded += bytes(saved(path, noise(seconds * RATE + number, 2, number), format_, subtype))
        parts.append(heard(path)[0])
        assert len(parts[-1]) == seconds * RATE + number
    got, remark = heard(put(tmp_path / "all.x", coded))
    assert np.array_equal(got, np.concatenate(parts))
    assert remark and "holds 3 recordings one after the other; all of them were read" in remark
    with Reader(tmp_path / "all.x") as reader:
        assert np.array_equal(reader.read_rest(), got)


def test_recordings_that_are_not_alike_are_refused(tmp_path: Path) -> None:
    """Mono after stereo cannot be one sound."""
    one = saved(tmp_path / "1", noise(RATE, 1), "OGG", "VORBIS")
    two = saved(tmp_path / "2", noise(RATE, 2), "OGG", "VORBIS")
    with pytest.raises(
        AudioFileError, match=r"1 channels at 48000 Hz .* and then 2 channels .* have to be alike"
    ):
        Reader(put(tmp_path / "all.ogg", bytes(one + two)))


def test_an_mp3_whose_tag_is_of_a_shorter_one(tmp_path: Path) -> None:
    """A Xing tag that speaks of a third of the frames: the decoder would stop there."""
    path = tmp_path / "in.mp3"
    data = saved(path, noise(), "MP3", "MPEG_LAYER_III")
    at = max(data.find(b"Xing"), data.find(b"Info"))
    frames = int.from_bytes(data[at + 8 : at + 12], "big")
    data[at + 8 : at + 12] = (frames // 3).to_bytes(4, "big")
    whole = heard(path)[0]
    got, remark = heard(put(path, data))
    assert len(whole) <= len(got) <= frames * 1152 and np.array_equal(got[: len(whole)], whole)
    assert remark and f"all {len(got) / RATE:.3f} s of it were read" in remark


@pytest.mark.parametrize("total", [0, 7_000], ids=["unknown", "too few"])
@pytest.mark.parametrize(("rate", "channels"), [(48_000, 1), (44_100, 2), (8_000, 3), (96_000, 8)])
def test_a_flac_that_does_not_know_its_length(tmp_path: Path, total: int, rate: int, channels: int) -> None:
    """STREAMINFO before the sound, as from a pipe, or wrong: the last frame says how long it is."""
    path = tmp_path / "in.flac"
    data = saved(path, noise(SECONDS * RATE + 11, channels), "FLAC", "PCM_24", rate)
    whole = heard(path)[0]
    data[21:26] = ((data[21] & 0xF0) << 32 | total).to_bytes(5, "big")
    got, remark = heard(put(path, data))
    assert np.array_equal(got, whole)
    assert remark and f"all {len(whole) / rate:.3f} s of it were read" in remark


@pytest.mark.parametrize("blocks", [1, 2, 3, 74, 75])
@pytest.mark.parametrize("format_", ["WAV", "W64", "AIFF"])
def test_gsm_has_no_burst_at_its_end(tmp_path: Path, blocks: int, format_: str) -> None:
    """An odd number of blocks of GSM 6.10: the pad byte after them is no block, whose 320 samples would be a burst."""
    path = tmp_path / "in.wav"
    x = 0.05 * np.sin(2 * np.pi * 440 * np.arange(blocks * 320) / 8000)[:, None]
    saved(path, x, format_, "GSM610", 8000)
    got, remark = heard(path)
    assert len(got) == len(x) and remark is None
    assert np.abs(got).max() < 0.1


MP3_IN_WAV: Callable[[int], bytes] = lambda count: (  # noqa: E731
    b"WAVEfmt " + struct.pack("<IHHIIHHHHIHHH", 30, 0x55, 1, RATE, 4000, 1, 0, 12, 1, 2, 96, 1, 1393)
    + b"fact" + struct.pack("<II", 4, count) + b"data"
)  # fmt: skip


def test_mp3_in_wav_is_whole(tmp_path: Path) -> None:
    """An MP3's frames in a WAV are as long as they are, whatever is guessed from the header; nothing is cut short."""
    data = saved(
        tmp_path / "in.mp3", noise(), "MP3", "MPEG_LAYER_III", bitrate_mode="CONSTANT", compression_level=0.99
    )
    alone = heard(tmp_path / "in.mp3")[0]
    inner = MP3_IN_WAV(len(alone)) + struct.pack("<I", len(data)) + bytes(data) + bytes(len(data) % 2)
    path = put(tmp_path / "in.wav", b"RIFF" + struct.pack("<I", len(inner)) + inner)
    assert soundfile.info(path).subtype == "MPEG_LAYER_III"
    got, remark = heard(path)
    assert np.array_equal(got, alone) and remark is None


@pytest.mark.parametrize("end", [b"\xff\xf8", b"\xff\xf9\xc9", b"\xff\xf8\xc9\x18", b"\xff\xf8\xc9\x18\x00"])
def test_the_mark_of_a_frame_at_the_end_of_a_flac_is_none(end: bytes) -> None:
    """A FLAC's last checksum may look like the beginning of a frame; no frame is that short, and nothing is damaged."""
    data = b"fLaC\0\0\0\x22" + bytes(34) + bytes(100) + end
    assert flac.counted(data, 0, len(data)) is None


@pytest.mark.parametrize("keep", range(40, 80))
def test_a_wave64_that_ends_in_its_header_is_one_sentence(tmp_path: Path, keep: int) -> None:
    """A header that ends anywhere is a sentence."""
    data = saved(tmp_path / "in.w64", noise(100), "W64", "PCM_16")
    with pytest.raises(AudioFileError):
        Reader(put(tmp_path / "in.w64", bytes(data[:keep])))


def test_an_ogg_in_which_nothing_begins_is_one_sentence(tmp_path: Path) -> None:
    """Pages none of which begins a recording are refused."""
    data = saved(tmp_path / "in.ogg", noise(1000), "OGG", "VORBIS")
    data[5] &= ~2
    with pytest.raises(AudioFileError):
        Reader(put(tmp_path / "in.ogg", bytes(data)))
