"""Sample formats with blocks: the output's is chosen before a sample is rendered, and can hold the length."""

import itertools
import struct
from pathlib import Path

import numpy as np
import pytest
import soundfile

from gate.cli import render
from gate.files.sound_format import Layout, output_layout
from gate.files.sound_reader import Reader
from gate.files.sound_writer import Writer

RATE = 48_000


def adpcm(path: Path, subtype: str, blocks: int) -> int:
    """ADPCM in WAV as other programs write it, in blocks of 256 bytes at 48 kHz; returns its frames."""
    with soundfile.SoundFile(path, "w", 8000, 1, subtype, None, "WAV") as file:  # blocks of 256 at this rate
        file.write(0.1 * np.random.default_rng(1).standard_normal(blocks * 490))
    data = bytearray(path.read_bytes())
    at = data.index(b"fmt ") + 8
    assert struct.unpack("<H", data[at + 12 : at + 14]) == (256,)
    data[at + 4 : at + 12] = struct.pack("<II", RATE, RATE // 2)
    path.write_bytes(data)
    return soundfile.info(path).frames


def layer_two(path: Path, frames: int) -> None:
    """Silent frames of MPEG-1 layer II, 192 kbps, 48 kHz, mono: 576 bytes and 1152 samples each."""
    path.write_bytes((b"\xff\xfd\xa4\xc0" + bytes(572)) * frames)
    assert soundfile.info(path).subtype == "MPEG_LAYER_II"


@pytest.mark.parametrize("subtype", ["IMA_ADPCM", "MS_ADPCM"])
def test_adpcm_of_other_blocks(tmp_path: Path, subtype: str, capsys: pytest.CaptureFixture[str]) -> None:
    """It cannot be written with this length by libsndfile, whose blocks are larger: so it is written as PCM, and said."""
    frames = adpcm(tmp_path / "in.wav", subtype, 7)
    assert render.main([str(tmp_path / "in.wav"), "-o", str(tmp_path / "out.wav"), "--range", "0"]) == 0
    assert (
        f"cannot hold the input's sample format {subtype}, it is written as PCM_16" in capsys.readouterr().err
    )
    info = soundfile.info(tmp_path / "out.wav")
    assert (info.frames, info.subtype) == (frames, "PCM_16")
    whole = [soundfile.read(tmp_path / name, dtype="int16")[0] for name in ("in.wav", "out.wav")]
    assert np.array_equal(*whole)


@pytest.mark.parametrize(("subtype", "rate", "block"), [("IMA_ADPCM", RATE, 4089), ("GSM610", 8000, 320)])
def test_a_length_of_whole_blocks_keeps_the_format(
    tmp_path: Path, subtype: str, rate: int, block: int
) -> None:
    """What libsndfile wrote itself it can write again; one frame more or less it cannot."""
    source = Layout(rate, 1, "WAV", subtype)
    for frames, kept in ((block, True), (3 * block, True), (3 * block + 1, False), (block - 1, False)):
        layout, note = output_layout(source, frames, tmp_path / "out.wav")
        assert layout.subtype == (subtype if kept else "PCM_16")
        assert (note is None) == kept


@pytest.mark.parametrize("blocks", [1, 2, 5])
def test_gsm_comes_out_as_long_as_it_went_in(tmp_path: Path, blocks: int) -> None:
    """An odd number of blocks as well."""
    x = 0.1 * np.sin(np.arange(blocks * 320) / 3.0)
    soundfile.write(tmp_path / "in.wav", x, 8000, "GSM610")
    assert render.main([str(tmp_path / "in.wav"), "-o", str(tmp_path / "out.wav"), "--range", "0"]) == 0
    with Reader(tmp_path / "out.wav") as reader:
        assert (reader.frames, reader.layout.subtype) == (blocks * 320, "GSM610")


@pytest.mark.parametrize("channels", [1, 2])
def test_formats_that_do_not_take_the_channels(tmp_path: Path, channels: int) -> None:
    """GSM 6.10 is mono: stereo becomes PCM before anything is made."""
    layout, note = output_layout(Layout(8000, channels, "WAV", "GSM610"), 640, tmp_path / "out.wav")
    assert (layout.subtype, note is None) == (("GSM610", True) if channels == 1 else ("PCM_16", False))


def test_layer_two_called_mp3(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Layer II cannot be written: a file called .mp3 becomes layer III, and one called .wav holds floats."""
    layer_two(tmp_path / "in.mp3", 40)
    for name, subtype in (("out.mp3", "MPEG_LAYER_III"), ("out.wav", "FLOAT")):
        assert render.main([str(tmp_path / "in.mp3"), "-o", str(tmp_path / name)]) == 0
        assert f"sample format MPEG_LAYER_II, it is written as {subtype}" in capsys.readouterr().err
        info = soundfile.info(tmp_path / name)
        assert (info.subtype, info.frames) == (subtype, soundfile.info(tmp_path / "in.mp3").frames)


@pytest.mark.parametrize("subtype", ["ULAW", "ALAW", "PCM_U8"])
@pytest.mark.parametrize("ending", ["wav", "w64", "rf64", "aiff", "caf", "au"])
@pytest.mark.parametrize("frames", [1, 4801])
def test_an_odd_number_of_bytes(tmp_path: Path, subtype: str, ending: str, frames: int) -> None:
    """The byte that fills an odd length up is no sample, in any container and back again."""
    x = 0.1 * np.random.default_rng(2).standard_normal(frames)
    soundfile.write(tmp_path / "in.wav", x, 8000, subtype)
    names = ["in.wav", f"out.{ending}", f"again.{ending}", "back.wav"]
    for one, other in itertools.pairwise(names):
        with Reader(tmp_path / one) as reader:
            layout, _ = output_layout(reader.layout, reader.frames, tmp_path / other)
            with Writer(tmp_path / other, layout, source=reader.source) as writer:
                writer.write(reader.read_rest())
                writer.commit()
    whole = []
    for name in names:
        with Reader(tmp_path / name) as reader:
            whole.append(reader.read_rest())
    assert all(np.array_equal(whole[0], other) for other in whole[1:])
