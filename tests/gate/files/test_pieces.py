"""Sound that is read in pieces is the sound that is read whole, to the bit, for every format, rate and bit rate."""

from pathlib import Path

import numpy as np
import pytest
import soundfile

from gate.cli import live as live_command
from gate.files.sound_reader import Reader
from gate.label.listen import Rules, label_file
from gate.modelfile.preset import resolve
from gate.parameters import GateValues
from gate.render.file import render_file
from gate.render.job import Job, Settings
from training.recordings.reading import read_sound

PIECES = (1, 997, 4096, 102_400)

LOSSY_HZ = (8000, 11025, 12000, 16000, 22050, 24000, 32000, 44100, 48000)
MP3 = [
    (rate, channels, mode, level)
    for rate in LOSSY_HZ
    for channels in (1, 2)
    for mode, level in (("CONSTANT", 0.99), ("CONSTANT", 0.9), ("CONSTANT", 0.7), ("VARIABLE", 0.99), ("VARIABLE", 0.0))
]  # fmt: skip
OTHERS = [
    *(("OGG", "VORBIS", rate, channels) for rate in (8000, 44100, 48000, 96000) for channels in (1, 2, 6)),
    *(("OGG", "OPUS", rate, channels) for rate in (8000, 16000, 48000) for channels in (1, 2, 6)),
    *(("FLAC", f"PCM_{bits}", rate, 2) for bits in ("S8", "16", "24") for rate in (8000, 44100, 192_000)),
    *(("CAF", f"ALAC_{bits}", 48000, 2) for bits in (16, 24, 32)),
    *(("WAV", name, 48000, 2) for name in ("PCM_U8", "PCM_16", "PCM_24", "PCM_32", "FLOAT", "DOUBLE", "ULAW", "ALAW")),
    *(("WAV", name, rate, channels) for name in ("IMA_ADPCM", "MS_ADPCM") for rate in (8000, 48000) for channels in (1, 2)),
    *(("AIFF", name, 44100, 2) for name in ("PCM_S8", "PCM_16", "PCM_24", "PCM_32", "FLOAT", "DOUBLE", "ULAW")),
    *(("W64", "PCM_24", 44100, channels) for channels in (1, 2, 8)),
    *(("WAV", "G721_32", 8000, 1), ("AU", "G723_24", 8000, 1), ("AU", "FLOAT", 48000, 2)),
    *(("AIFF", "IMA_ADPCM", 44100, 1), ("WAV", "NMS_ADPCM_32", 8000, 1), ("RF64", "PCM_16", 48000, 3)),
]  # fmt: skip


def sound(rate: int, channels: int, seconds: float) -> np.ndarray:
    """Bursts of noise over tones: what makes an encoder save up bits and spend them."""
    rng = np.random.default_rng(rate + channels)
    t = np.arange(int(seconds * rate)) / rate
    tones = 0.2 * np.sin(2 * np.pi * 330 * t) + 0.1 * np.sin(2 * np.pi * 1250 * t)
    bursts = 0.2 * rng.standard_normal((len(t), channels)) * (np.sin(2 * np.pi * 3.3 * t) > 0.7)[:, None]
    return (bursts + tones[:, None]).astype(np.float32)


def save(
    path: Path,
    x: np.ndarray,
    rate: int,
    format_: str,
    subtype: str,
    mode: str | None = None,
    level: float = 0.0,
) -> None:
    level_of = {"compression_level": level, "bitrate_mode": mode} if mode else {}
    with soundfile.SoundFile(path, "w", rate, x.shape[1], subtype, None, format_, **level_of) as file:
        for at in range(0, len(x), 4096):
            file.write(x[at : at + 4096])


def whole(path: Path) -> np.ndarray:
    """The oracle: one read, into room for more than there is, so that nobody seeks."""
    with soundfile.SoundFile(path) as file:
        room = np.empty(
            (file.frames + 10_000, file.channels), np.float32 if "MPEG" in file.subtype else np.float64
        )
        return room[: file.buffer_read_into(room, room.dtype.name)]


def in_pieces(path: Path, size: int) -> np.ndarray:
    with Reader(path) as reader:
        got, piece = [], np.empty((size, reader.layout.channels), reader.dtype)
        while n := reader.read(piece):
            got.append(piece[:n].copy())
        return np.concatenate(got)


@pytest.mark.parametrize(("rate", "channels", "mode", "level"), MP3)
def test_mp3_in_pieces(tmp_path: Path, rate: int, channels: int, mode: str, level: float) -> None:
    """MP3 of every rate, from 8 kbps on: no piece begins with what the bit reservoir lacks."""
    path = tmp_path / "in.mp3"
    save(path, sound(rate, channels, 1.5), rate, "MP3", "MPEG_LAYER_III", mode, level)
    expected = whole(path)
    for size in PIECES[1:]:
        assert np.array_equal(in_pieces(path, size), expected), size


def test_soundfile_still_seeks_in_mp3s(tmp_path: Path) -> None:
    """What this guards against is still there; when it is not, the guard may go."""
    path = tmp_path / "in.mp3"
    save(path, sound(48_000, 2, 2.0), 48_000, "MP3", "MPEG_LAYER_III", "CONSTANT", 0.99)
    with soundfile.SoundFile(path) as file:
        pieces = [file.read(4096, dtype="float32") for _ in range(20)]
    read = np.concatenate(pieces)
    assert np.abs(read - whole(path)[: len(read)]).max() > 0.01


@pytest.mark.parametrize(("format_", "subtype", "rate", "channels"), OTHERS)
def test_other_formats_in_pieces(
    tmp_path: Path, format_: str, subtype: str, rate: int, channels: int
) -> None:
    """Every other format that is read."""
    path = tmp_path / "in.x"
    save(path, sound(rate, channels, 0.7), rate, format_, subtype)
    expected = whole(path)
    with Reader(path) as reader:
        dtype = reader.dtype
    for size in PIECES if len(expected) < 10_000 else PIECES[1:]:
        assert np.array_equal(in_pieces(path, size), expected.astype(dtype)), size


# -- the places that read in pieces ------------------------------------------------------------------------


@pytest.fixture(scope="module")
def mp3(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, np.ndarray]:
    """Five seconds of stereo MP3 at 32 kbps, and what it is when it is read whole."""
    path = tmp_path_factory.mktemp("mp3") / "in.mp3"
    save(path, sound(48_000, 2, 5.0), 48_000, "MP3", "MPEG_LAYER_III", "CONSTANT", 0.99)
    return path, whole(path)


def settings() -> Settings:
    preset = resolve("voice", "gate")
    return Settings(preset.contract, "voice", GateValues(threshold_db=-40.0, range_db=0.0), "given", -40.0)


def test_a_render_of_it(tmp_path: Path, mp3: tuple[Path, np.ndarray]) -> None:
    """``gate-render --range 0``."""
    report = render_file(Job(mp3[0], tmp_path / "out.wav"), settings())
    assert np.array_equal(soundfile.read(tmp_path / "out.wav", dtype="float32")[0], mp3[1])
    assert report.frames == len(mp3[1])


def test_a_stream_of_it(tmp_path: Path, mp3: tuple[Path, np.ndarray]) -> None:
    """``gate-live`` from a file."""
    names = ["--input", f"file:{mp3[0]}", "--output", f"file:{tmp_path / 'out.wav'}"]
    assert live_command.main([*names, "--range", "0", "--fast"]) == 0
    assert np.array_equal(soundfile.read(tmp_path / "out.wav", dtype="float32")[0], mp3[1])


def test_labels_of_it(tmp_path: Path, mp3: tuple[Path, np.ndarray]) -> None:
    """``gate-label``: the same frames as those of the sound in a format that cannot be damaged so."""
    soundfile.write(tmp_path / "in.wav", mp3[1], 48_000, "FLOAT")
    contract = resolve("speech-music-noise", "classify").contract
    one, other = (label_file(path, contract, Rules()) for path in (mp3[0], tmp_path / "in.wav"))
    assert np.array_equal(one.frames.probabilities, other.frames.probabilities)


def test_training_reads_it(mp3: tuple[Path, np.ndarray]) -> None:
    """What is learned from."""
    assert np.array_equal(read_sound(mp3[0])[0], mp3[1])
