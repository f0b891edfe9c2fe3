"""Sound files in and out: bit for bit, whole or not at all, and one sentence for what is wrong."""

import errno
import os
import struct
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import soundfile

from gate.errors import AudioFileError
from gate.files import mpeg, sound_format
from gate.files import sound_reader as audiofile
from gate.files.atomic import AtomicFile, partial_path
from gate.files.sound_format import MAX_BYTES, Layout, output_layout
from gate.files.sound_reader import Reader
from gate.files.sound_writer import Writer

RATE = 48_000
CHUNK = 1000  # frames; so that files of a few thousand need several

WHOLE = [
    ("WAV", "PCM_U8"), ("WAV", "PCM_16"), ("WAV", "PCM_24"), ("WAV", "PCM_32"), ("WAV", "ULAW"),
    ("WAV", "ALAW"), ("WAVEX", "PCM_24"), ("RF64", "PCM_16"),
    ("FLAC", "PCM_S8"), ("FLAC", "PCM_16"), ("FLAC", "PCM_24"),
    ("AIFF", "PCM_S8"), ("AIFF", "PCM_U8"), ("AIFF", "PCM_16"), ("AIFF", "PCM_24"), ("AIFF", "PCM_32"),
    ("W64", "PCM_16"), ("CAF", "ALAC_16"), ("AU", "PCM_16"),
]  # fmt: skip
ENDING = {"WAVEX": "wav", "RF64": "wav", "OGG": "ogg"}


def path_of(folder: Path, format_: str, stem: str = "in") -> Path:
    return folder / f"{stem}.{ENDING.get(format_, format_.lower())}"


def save(
    path: Path, x: np.ndarray, format_: str, subtype: str, rate: int = RATE, endian: str | None = None
) -> Path:
    with soundfile.SoundFile(path, "w", rate, x.shape[1], subtype, endian, format_) as file:
        for at in range(0, len(x), CHUNK):
            file.write(x[at : at + CHUNK])
    return path


def noise(n: int, channels: int, dtype: str = "int32") -> np.ndarray:
    rng = np.random.default_rng(n)
    if dtype == "int32":
        x = rng.integers(-(2**31), 2**31, (n, channels), dtype=np.int64).astype(np.int32)
        x[:4, 0] = [-(2**31), 2**31 - 1, 0, -1]
        return x
    return (0.3 * rng.standard_normal((n, channels))).astype(dtype)


def copy(source: Path, target: Path, **kwargs: object) -> Writer:
    """Through Reader and Writer, unchanged."""
    with Reader(source) as reader:
        layout, _ = output_layout(reader.layout, reader.frames, target)
        buffer = np.empty((CHUNK, layout.channels), reader.dtype)
        with Writer(target, layout, source=reader.source, **kwargs) as writer:
            while got := reader.read(buffer):
                writer.write(buffer[:got])
            writer.commit()
    return writer


@pytest.mark.parametrize(("format_", "subtype"), WHOLE)
def test_whole_numbers_come_back_bit_for_bit(tmp_path: Path, format_: str, subtype: str) -> None:
    """Every sample of every whole-number format is the same after reading and writing, extremes included."""
    source = save(path_of(tmp_path, format_), noise(3456, 2), format_, subtype)
    target = path_of(tmp_path, format_, "out")
    writer = copy(source, target)
    before, after = (soundfile.read(path, dtype="int32", always_2d=True)[0] for path in (source, target))
    assert np.array_equal(before, after)
    info = soundfile.info(target)
    assert (info.format, info.subtype, info.samplerate, info.channels) == (format_, subtype, RATE, 2)
    assert writer.clipped == 0


@pytest.mark.parametrize(("subtype", "dtype"), [("FLOAT", "float32"), ("DOUBLE", "float64")])
@pytest.mark.parametrize("format_", ["WAV", "AIFF", "W64", "CAF"])
def test_floats_come_back_bit_for_bit(tmp_path: Path, format_: str, subtype: str, dtype: str) -> None:
    """Floats pass unchanged, far over full scale and denormal as well."""
    x = noise(2500, 3, dtype)
    x[:3, 0] = [1000.0, -1e-40, 1e-30]
    source = save(path_of(tmp_path, format_), x, format_, subtype)
    copy(source, path_of(tmp_path, format_, "out"))
    after = soundfile.read(path_of(tmp_path, format_, "out"), dtype=dtype, always_2d=True)[0]
    assert after.tobytes() == x.tobytes()


@pytest.mark.parametrize("endian", ["LITTLE", "BIG"])
def test_byte_order_is_kept(tmp_path: Path, endian: str) -> None:
    """A big-endian WAV and a little-endian AIFF come out as such."""
    format_ = "WAV" if endian == "BIG" else "AIFF"
    source = save(path_of(tmp_path, format_), noise(999, 1), format_, "PCM_16", endian=endian)
    target = path_of(tmp_path, format_, "out")
    copy(source, target)
    assert target.read_bytes()[:4] == source.read_bytes()[:4]
    assert soundfile.info(target).endian == soundfile.info(source).endian


@pytest.mark.parametrize(
    ("format_", "subtype", "rate", "channels"),
    [
        ("MP3", "MPEG_LAYER_III", 44100, 2),
        ("MP3", "MPEG_LAYER_III", 8000, 1),
        ("OGG", "VORBIS", 192000, 8),
        ("OGG", "VORBIS", 8000, 1),
        ("OGG", "OPUS", 48000, 2),
    ],
)
def test_lossy_files_keep_length_and_place(
    tmp_path: Path, format_: str, subtype: str, rate: int, channels: int
) -> None:
    """A lossy file is as long as before, and a burst is where it was, not a sample off."""
    n = rate + 371
    t = np.arange(rate // 10) / rate
    x = np.zeros((n, channels), np.float32)
    burst = slice(rate // 2, rate // 2 + len(t))
    x[burst] = (0.3 * np.sin(2 * np.pi * (200 + 10 * rate / 8 * t) * t))[:, None]
    source = save(path_of(tmp_path, format_), x, format_, subtype, rate)
    target = path_of(tmp_path, format_, "out")
    copy(source, target)
    info = soundfile.info(target)
    assert (info.format, info.subtype, info.samplerate, info.channels) == (format_, subtype, rate, channels)
    after = soundfile.read(target, dtype="float32", always_2d=True)[0]
    assert after.shape == x.shape
    pad = 200
    around = after[burst.start - pad : burst.stop + pad, 0]
    assert np.argmax(np.correlate(around, x[burst, 0], "valid")) == pad


def test_vorbis_survives_large_pieces(tmp_path: Path) -> None:
    """A piece of a million samples does not bring the Vorbis encoder down (it keeps pieces on its stack)."""
    x = noise(600_000, 2, "float32")
    with Writer(tmp_path / "out.ogg", Layout(RATE, 2, "OGG", "VORBIS")) as writer:
        writer.write(x)
        writer.commit()
    assert soundfile.info(tmp_path / "out.ogg").frames == len(x)


def test_lossy_files_are_coded_well(tmp_path: Path) -> None:
    """A second MP3 generation of speech-like noise keeps at least 160 kbit/s for two channels."""
    x = noise(RATE * 2, 2, "float32")
    copy(save(tmp_path / "in.wav", x, "WAV", "FLOAT"), tmp_path / "out.mp3")
    assert (tmp_path / "out.mp3").stat().st_size * 8 / 2 > 160_000


def test_tags_come_along(tmp_path: Path) -> None:
    """Title and artist are in the output too."""
    source = tmp_path / "in.flac"
    with soundfile.SoundFile(source, "w", RATE, 1, "PCM_16", None, "FLAC") as file:
        file.title, file.artist = "Rain", "Nobody"
        file.write(np.ones(100, np.int16))
    copy(source, tmp_path / "out.flac")
    with soundfile.SoundFile(tmp_path / "out.flac") as file:
        assert (file.title, file.artist) == ("Rain", "Nobody")


def test_odd_names_work(tmp_path: Path) -> None:
    """Names with spaces, other alphabets, or bytes that are no text are names like others."""
    source = save(tmp_path / "a.wav", noise(100, 1), "WAV", "PCM_16")
    for name in ("mit  leer.wav", "日本.wav", os.fsdecode(b"\xff\xfe.wav"), "n" * 250 + ".wav"):
        copy(source, tmp_path / name)
        copy(tmp_path / name, tmp_path / "back.wav", force=True)
    assert soundfile.info(tmp_path / "back.wav").frames == 100


# -- what the output becomes -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("format_", "subtype", "name", "expected", "noted"),
    [
        ("WAV", "PCM_16", "x.flac", ("FLAC", "PCM_16"), False),
        ("WAV", "PCM_U8", "x.flac", ("FLAC", "PCM_S8"), True),
        ("WAV", "FLOAT", "x.flac", ("FLAC", "PCM_24"), True),
        ("WAV", "PCM_32", "x.flac", ("FLAC", "PCM_24"), True),
        ("MP3", "MPEG_LAYER_III", "x.wav", ("WAV", "FLOAT"), True),
        ("OGG", "OPUS", "x.ogg", ("OGG", "OPUS"), False),
        ("OGG", "VORBIS", "x.opus", ("OGG", "VORBIS"), False),
        ("WAV", "PCM_16", "x.opus", ("OGG", "OPUS"), True),
        ("WAV", "PCM_16", "x.OGG", ("OGG", "VORBIS"), True),
        ("WAVEX", "PCM_24", "x.wav", ("WAVEX", "PCM_24"), False),
        ("WAVEX", "PCM_24", "x.aif", ("AIFF", "PCM_24"), False),
        ("FLAC", "PCM_S8", "x.wav", ("WAV", "PCM_U8"), True),
        ("CAF", "ALAC_16", "x.caf", ("CAF", "ALAC_16"), False),
        ("CAF", "ALAC_20", "x.caf", ("CAF", "PCM_24"), True),
        ("CAF", "ALAC_24", "x.caf", ("CAF", "PCM_24"), True),  # libsndfile's ALAC damages loud noise
        ("CAF", "ALAC_32", "x.caf", ("CAF", "PCM_32"), True),
        ("WAV", "IMA_ADPCM", "x.flac", ("FLAC", "PCM_16"), True),
    ],
)
def test_ending_chooses_the_format(
    format_: str, subtype: str, name: str, expected: tuple[str, str], noted: bool
) -> None:
    """The ending says the format; the sample format stays where it can, else a sentence says so."""
    layout, note = output_layout(Layout(RATE, 1, format_, subtype), 1000, Path(name))
    assert (layout.format, layout.subtype) == expected
    assert (note is not None) == noted


def test_four_gigabytes_become_rf64() -> None:
    """A WAV that would pass 4 GB is written as RF64; an AIFF is refused with what to do."""
    frames = MAX_BYTES // 4
    for extra, expected in ((0, "WAV"), (1, "RF64")):
        layout, _ = output_layout(Layout(RATE, 2, "WAV", "PCM_16"), frames + extra, Path("x.wav"))
        assert layout.format == expected
    with pytest.raises(AudioFileError, match=r"x\.aiff cannot be written, AIFF holds 4 GB and .*write \.wav"):
        output_layout(Layout(RATE, 2, "AIFF", "PCM_16"), frames + 1, Path("x.aiff"))


def test_rf64_is_written_and_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Past the limit (lowered here) a WAV comes out as RF64, bit for bit, and is read again."""
    monkeypatch.setattr(sound_format, "MAX_BYTES", 1000)
    source = save(tmp_path / "in.wav", noise(3000, 2), "WAV", "PCM_24")
    copy(source, tmp_path / "out.wav")
    assert soundfile.info(tmp_path / "out.wav").format == "RF64"
    assert np.array_equal(soundfile.read(tmp_path / "out.wav")[0], soundfile.read(source)[0])
    assert read_all(tmp_path / "out.wav") == 3000


@pytest.mark.parametrize(
    ("layout", "name", "sentence"),
    [
        (
            Layout(96000, 1, "WAV", "PCM_16"),
            "x.mp3",
            r"x\.mp3 cannot be written, MP3 takes 8000, .* 96000 Hz; write",
        ),
        (
            Layout(44100, 1, "WAV", "PCM_16"),
            "x.opus",
            r"Opus takes 8000, .* and the sound has 44100 Hz; write",
        ),
        (
            Layout(RATE, 3, "WAV", "PCM_16"),
            "x.mp3",
            r"MP3 takes 1 or 2 channels and the sound has 3; write \.wav or \.flac$",
        ),
        (
            Layout(RATE, 10, "WAV", "PCM_24"),
            "x.flac",
            r"x\.flac cannot be written, FLAC takes 1 to 8 channels and the sound has 10; write \.wav$",
        ),
        (Layout(44100, 10, "WAV", "PCM_16"), "x.opus", r"Opus takes .* 44100 Hz; write \.wav$"),
        (Layout(RATE, 1, "WAV", "PCM_16"), "x.m4a", r"it ends in \.m4a; end it in \.wav"),
        (Layout(RATE, 1, "WAV", "PCM_16"), "x", r"it has no ending; end it in \.wav"),
    ],
)
def test_what_a_format_cannot_hold_is_refused(layout: Layout, name: str, sentence: str) -> None:
    """A rate, channel count or ending that cannot be written is one sentence with what to do."""
    with pytest.raises(AudioFileError, match=sentence):
        output_layout(layout, 1000, Path(name))


@pytest.mark.parametrize("channels", [9, 10, 16, 32])
@pytest.mark.parametrize("ending", ["wav", "rf64", "w64", "caf", "aiff", "au", "ogg", "opus"])
def test_formats_that_hold_as_many_channels_as_the_engine_takes(
    tmp_path: Path, ending: str, channels: int
) -> None:
    """What is planned is written and read again, each channel in its place."""
    tones = np.sin(np.arange(4800)[:, None] * 2 * np.pi * (500 + 100 * np.arange(channels)) / RATE) / 4.0
    source = save(tmp_path / "in.wav", tones, "WAV", "PCM_24")
    copy(source, tmp_path / f"out.{ending}")
    got = soundfile.read(tmp_path / f"out.{ending}", always_2d=True)[0][: len(tones)]
    assert got.shape == tones.shape
    alike = np.abs(tones[1000:-1000].T @ got[1000:-1000])
    assert np.array_equal(alike.argmax(axis=0), np.arange(channels))


def test_over_full_scale_is_clipped_and_counted(tmp_path: Path) -> None:
    """Floats over full scale become the largest whole numbers, and are counted."""
    x = np.array([[2.0], [-2.0], [1.0], [-1.0], [0.5]], np.float32)
    for subtype, top in (("PCM_16", 2**15), ("PCM_24", 2**23), ("PCM_32", 2**31)):
        with Writer(tmp_path / f"{subtype}.wav", Layout(RATE, 1, "WAV", subtype)) as writer:
            writer.write(x)
            writer.commit()
        got = soundfile.read(tmp_path / f"{subtype}.wav", dtype="int32")[0].astype(np.int64) // (2**31 // top)
        highest = top - 1 if top < 2**31 else 2**31 - 128  # the largest float32
        assert got.tolist() == [highest, -top, highest, -top, top // 2]
        assert writer.clipped == 3


# -- bad input -------------------------------------------------------------------------------------------


def cut(path: Path, size: int) -> None:
    path.write_bytes(path.read_bytes()[:size])


def read_all(path: Path) -> int:
    with Reader(path) as reader:
        buffer = np.empty((CHUNK, reader.layout.channels), reader.dtype)
        total = 0
        while got := reader.read(buffer):
            total += got
    return total


@pytest.mark.parametrize(
    ("format_", "subtype"),
    [
        ("WAV", "PCM_16"), ("WAV", "FLOAT"), ("WAVEX", "PCM_24"), ("RF64", "PCM_16"), ("AIFF", "PCM_16"),
        ("W64", "PCM_16"), ("CAF", "PCM_16"), ("AU", "PCM_16"), ("FLAC", "PCM_16"), ("OGG", "VORBIS"),
        ("OGG", "OPUS"), ("MP3", "MPEG_LAYER_III"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("keep", [0.5, 0.9])
def test_files_cut_short_are_refused(tmp_path: Path, format_: str, subtype: str, keep: float) -> None:
    """A file of which the end is missing is refused, whatever its format."""
    path = save(path_of(tmp_path, format_), noise(RATE, 2, "float32"), format_, subtype)
    assert read_all(path) == RATE
    cut(path, int(keep * path.stat().st_size))
    with pytest.raises(AudioFileError, match=r"is cut short.* get the whole file again"):
        read_all(path)


def test_one_missing_byte_is_seen(tmp_path: Path) -> None:
    """A WAV that lacks its last byte is refused: its last sample would be lost unseen."""
    path = save(tmp_path / "in.wav", noise(100, 1), "WAV", "PCM_16")
    size = path.stat().st_size
    cut(path, size - 1)
    with pytest.raises(AudioFileError, match=f"promises {size} bytes and {size - 1} are there"):
        Reader(path)


def test_a_header_of_unknown_length_is_read_to_the_end(tmp_path: Path) -> None:
    """A WAV that was piped says 4 GB of data and means "until the end"; it is read."""
    path = save(tmp_path / "in.wav", noise(100, 1), "WAV", "PCM_16")
    data = bytearray(path.read_bytes())
    at = data.index(b"data")
    data[at + 4 : at + 8] = b"\xff\xff\xff\xff"
    path.write_bytes(data)
    assert read_all(path) == 100


def test_chunks_around_the_samples(tmp_path: Path) -> None:
    """Chunks before and behind the samples, and an odd length without its padding byte, are no damage."""
    plain = wav(frames=100)
    body = plain[12:]
    junk = b"JUNK" + struct.pack("<I", 3) + b"abc\0"
    for inner in (junk + body, body + junk, junk + body + junk):
        riff = b"RIFF" + struct.pack("<I", 4 + len(inner)) + b"WAVE" + inner
        (tmp_path / "in.wav").write_bytes(riff)
        assert read_all(tmp_path / "in.wav") == 100
    odd = save(tmp_path / "odd.wav", noise(101, 1), "WAV", "PCM_U8").read_bytes()
    end = odd.index(b"data") + 8 + 101
    (tmp_path / "odd.wav").write_bytes(odd[:end])
    assert read_all(tmp_path / "odd.wav") == 101


def test_an_mp3_with_tags(tmp_path: Path) -> None:
    """ID3 tags before and behind the sound are no sound and no damage."""
    x = noise(RATE, 1, "float32")
    sound = save(tmp_path / "in.mp3", x, "MP3", "MPEG_LAYER_III").read_bytes()
    id3v2 = b"ID3\x04\0\0" + bytes([0, 0, 2, 0]) + bytes(256)
    id3v1 = b"TAG" + bytes(125)
    for data in (id3v2 + sound, sound + id3v1, id3v2 + sound + id3v1):
        (tmp_path / "in.mp3").write_bytes(data)
        assert read_all(tmp_path / "in.mp3") == RATE


def test_an_mp3_without_its_tag(tmp_path: Path) -> None:
    """Without a Xing tag libsndfile guesses the length of a variable-rate MP3, and stops there; all of it is read."""
    x = noise(RATE * 3, 2, "float32")
    x[RATE:] *= 0.001
    for mode in ("CONSTANT", "VARIABLE"):
        path = tmp_path / f"{mode}.mp3"
        with soundfile.SoundFile(
            path, "w", RATE, 2, "MPEG_LAYER_III", None, "MP3", compression_level=0.5, bitrate_mode=mode
        ) as file:
            file.write(x)
        if mode == "VARIABLE":
            data = path.read_bytes()
            first = mpeg.frame_at(data, 0)
            assert first is not None
            path.write_bytes(data[first.size :])
            assert soundfile.info(path).frames < len(x) - 1152  # what is guarded against
        # whole frames of 1152, the encoder's delay before the sound and its padding after it
        assert len(x) <= read_all(path) <= len(x) + 3 * 1152 and read_all(path) % 1152 == 0


def wav(channels: int = 1, rate: int = RATE, frames: int = 100) -> bytes:
    """A 16-bit WAV header with any figures in it, and silence."""
    data = bytes(frames * max(channels, 1) * 2)
    form = struct.pack("<HHIIHH", 1, channels, rate, rate * channels * 2, channels * 2, 16)
    riff = b"WAVEfmt " + struct.pack("<I", 16) + form + b"data" + struct.pack("<I", len(data)) + data
    return b"RIFF" + struct.pack("<I", len(riff)) + riff


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (b"", r"in\.wav is empty \(0 bytes\), a WAV, .* was expected; get the file again"),
        (b"hello " * 100, r"in\.wav is not a sound file that can be read, .* was expected; convert it"),
        (b"RIFF", r"in\.wav is not a sound file that can be read"),
        (wav()[:30], r"in\.wav is not a sound file that can be read"),
        (wav(channels=0), r"in\.wav has no channels, .*the engine takes 1 to 32; check what wrote it"),
        (wav(channels=33), r"in\.wav has 33 channels, the engine takes 1 to 32; render it in parts"),
        (wav(rate=7999), r"in\.wav has a rate of 7999 Hz, the engine takes 8000 to 192000 Hz; resample"),
        (wav(rate=192001), r"in\.wav has a rate of 192001 Hz, the engine takes"),
        (wav(frames=0), r"in\.wav holds no samples, a recording was expected; check what wrote it"),
    ],
    ids=["empty", "text", "4 bytes", "half a header", "no channel", "33", "slow", "fast", "no samples"],
)
def test_bad_files_are_one_sentence(tmp_path: Path, data: bytes, sentence: str) -> None:
    """Expected, got, remedy; and no file stays open."""
    path = tmp_path / "in.wav"
    path.write_bytes(data)
    before = len(os.listdir("/proc/self/fd"))
    with pytest.raises(AudioFileError, match=sentence):
        Reader(path)
    assert len(os.listdir("/proc/self/fd")) == before


def test_what_is_no_file_is_refused(tmp_path: Path) -> None:
    """A missing file, a folder, a pipe: one sentence each, and no waiting for a writer to the pipe."""
    os.mkfifo(tmp_path / "pipe.wav")
    with pytest.raises(AudioFileError, match=r"none\.wav does not exist; check the name"):
        Reader(tmp_path / "none.wav")
    with pytest.raises(AudioFileError, match=r"is a folder, a WAV, .* was expected"):
        Reader(tmp_path)
    with pytest.raises(AudioFileError, match=r"pipe\.wav is not an ordinary file"):
        Reader(tmp_path / "pipe.wav")


def refusing(number: int, only: int = 0) -> object:
    """An ``os.open`` that fails with this errno (root may read everything, so chmod would not do)."""
    really = os.open

    def open_(path: object, flags: int, *args: object, **kwargs: object) -> int:
        if flags & only == only:
            raise OSError(number, os.strerror(number))
        return really(path, flags, *args, **kwargs)

    return open_


@pytest.mark.parametrize("number", [errno.EACCES, errno.EPERM])
def test_no_permission_to_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int) -> None:
    """A file that may not be read says so."""
    path = save(tmp_path / "in.wav", noise(100, 1), "WAV", "PCM_16")
    monkeypatch.setattr(os, "open", refusing(number))
    with pytest.raises(AudioFileError, match=r"in\.wav may not be read, permission denied; ask its owner"):
        Reader(path)


@pytest.mark.parametrize(
    ("number", "sentence"),
    [
        (errno.EACCES, r"out\.wav may not be written, permission denied; choose a folder"),
        (errno.EROFS, r"out\.wav may not be written, permission denied"),
        (errno.ENOSPC, r"out\.wav could not be written, the disk is full; free some space"),
        (errno.ENOENT, r"out\.wav cannot be made, the folder .* does not exist; create it first"),
        (errno.EIO, r"out\.wav could not be written, Input/output error; check the disk"),
    ],
)
def test_what_cannot_be_made(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int, sentence: str
) -> None:
    """A folder that takes no file says why."""
    monkeypatch.setattr(os, "open", refusing(number, os.O_CREAT))
    with pytest.raises(AudioFileError, match=sentence):
        Writer(tmp_path / "out.wav", Layout(RATE, 1, "WAV", "PCM_16"))
    assert os.listdir(tmp_path) == []


@pytest.mark.parametrize(
    ("format_", "subtype"),
    [("WAV", "PCM_16"), ("FLAC", "PCM_16"), ("OGG", "VORBIS"), ("MP3", "MPEG_LAYER_III"), ("AIFF", "FLOAT")],
)
def test_a_full_disk_leaves_nothing(tmp_path: Path, format_: str, subtype: str) -> None:
    """When no more bytes go onto the disk, the writer says so and leaves no file behind."""
    # a limit on the size of any file stops the encoder as a full disk does; in a process of its own
    code = f"""
import resource, signal, sys
from pathlib import Path
import numpy as np
from gate.files import sound_writer
from gate.files.sound_format import Layout
from gate.errors import AudioFileError
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (20000, 20000))
sound_writer._disk_is_full = lambda folder: True
x = np.random.default_rng(0).standard_normal((48000, 2)).astype(np.float32) * 0.1
try:
    target = Path({str(path_of(tmp_path, format_))!r})
    with sound_writer.Writer(target, Layout(48000, 2, {format_!r}, {subtype!r})) as writer:
        for _ in range(10):
            writer.write(x)
        writer.commit()
except AudioFileError as error:
    print(error)
"""
    root = Path(audiofile.__file__).parents[2]
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60, cwd=root
    )
    assert "could not be written, the disk is full; free some space or choose another place" in done.stdout
    assert os.listdir(tmp_path) == []


def test_a_file_that_came_out_short_is_not_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What does not read back as long as it was written never gets its name."""
    with Writer(tmp_path / "out.wav", Layout(RATE, 1, "WAV", "PCM_16")) as writer:
        writer.write(np.zeros((100, 1), np.float32))
        writer.frames = 101
        with pytest.raises(AudioFileError, match=r"came out 100 samples long, 101 were expected"):
            writer.commit()
    assert os.listdir(tmp_path) == []


# -- whole or not at all ---------------------------------------------------------------------------------


def test_nothing_is_there_before_commit(tmp_path: Path) -> None:
    """Until commit the target does not exist, or is what it was; then it is whole, the partial gone."""
    target = tmp_path / "out.wav"
    target.write_text("old")
    with Writer(target, Layout(RATE, 1, "WAV", "PCM_16"), force=True, owner=7) as writer:
        writer.write(np.zeros((100, 1), np.float32))
        assert target.read_text() == "old"
        assert sorted(os.listdir(tmp_path)) == [".out.wav.partial-7", "out.wav"]
        writer.commit()
        assert os.listdir(tmp_path) == ["out.wav"]
    assert soundfile.info(target).frames == 100


@pytest.mark.parametrize("trouble", [KeyboardInterrupt, ValueError])
def test_trouble_on_the_way_leaves_nothing(tmp_path: Path, trouble: type[BaseException]) -> None:
    """An error or an interrupt in the middle leaves the folder as it was."""
    with pytest.raises(trouble), Writer(tmp_path / "out.wav", Layout(RATE, 1, "WAV", "PCM_16")) as writer:
        writer.write(np.zeros((100, 1), np.float32))
        raise trouble
    assert os.listdir(tmp_path) == []


def test_existing_files_need_force(tmp_path: Path) -> None:
    """Nothing is written over without force, not even a file that appeared while writing."""
    target = tmp_path / "out.wav"
    with Writer(target, Layout(RATE, 1, "WAV", "PCM_16")) as writer:
        writer.write(np.zeros((100, 1), np.float32))
        target.write_text("someone else's")
        with pytest.raises(AudioFileError, match=r"out\.wav exists already, .*--force"):
            writer.commit()
    with pytest.raises(AudioFileError, match=r"out\.wav exists already, .*--force"):
        AtomicFile(target)
    assert target.read_text() == "someone else's"
    assert os.listdir(tmp_path) == ["out.wav"]


def test_only_ordinary_files_are_replaced(tmp_path: Path) -> None:
    """A folder or a device is not replaced, force or not."""
    with pytest.raises(AudioFileError, match="is a folder where a file was to be written"):
        AtomicFile(tmp_path, force=True)
    with pytest.raises(AudioFileError, match="/dev/null is not an ordinary file"):
        AtomicFile(Path("/dev/null"), force=True)


def test_a_partial_file_of_a_killed_process_is_replaced(tmp_path: Path) -> None:
    """A leftover under the very same temporary name does not stop anyone."""
    target = tmp_path / "out.wav"
    partial_path(target, os.getpid()).write_text("left over")
    with AtomicFile(target) as file:
        os.write(file.fd, b"new")
        file.commit()
    assert target.read_text() == "new"
    assert os.listdir(tmp_path) == ["out.wav"]
