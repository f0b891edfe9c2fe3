"""MP3 and FLAC as streams, taggers and joiners leave them: all of the sound is read, or the file is refused."""

from pathlib import Path

import numpy as np
import pytest
import soundfile

from gate.errors import AudioFileError
from gate.files import flac, mpeg
from gate.files.sound_reader import Reader
from tests.gate.files.test_headers import MP3_IN_WAV, RATE, heard, noise, put, saved

ID3 = b"ID3\x04\0\0" + bytes([0, 0, 4, 10]) + bytes(522)
TEXT = b"<html>no sound at all</html>" * 100


def mp3(path: Path, mode: str = "CONSTANT", channels: int = 2, rate: int = RATE) -> bytearray:
    """An MP3 with its tag; of a variable rate that falls, so that a guess by its first frames is too short."""
    x = noise(3 * rate, channels)
    x[rate:] *= 0.001
    return saved(path, x, "MP3", "MPEG_LAYER_III", rate, bitrate_mode=mode, compression_level=0.5)


def untagged(data: bytes) -> bytes:
    first = mpeg.frame_at(data, 0)
    assert first is not None
    return bytes(data[first.size :])


def frames(data: bytes) -> int:
    """Samples of the frames of a bare MP3, counted by a walk of the test's own."""
    at = total = 0
    while (frame := mpeg.frame_at(data, at)) is not None:
        at, total = at + frame.size, total + frame.samples
    assert at == len(data)
    return total


def tag_at(data: bytes) -> int:
    return max(data.find(b"Xing"), data.find(b"Info"))


@pytest.mark.parametrize("mode", ["CONSTANT", "VARIABLE"])
@pytest.mark.parametrize("kind", ["no number of frames", "says nothing", "VBRI"])
def test_a_tag_that_libsndfile_learns_no_length_from(tmp_path: Path, mode: str, kind: str) -> None:
    """A Xing tag need not say how many frames there are, and Fraunhofer's tag is unknown to the decoder."""
    path = tmp_path / "in.mp3"
    data = mp3(path, mode)
    bare = untagged(data)
    at, first = tag_at(data), mpeg.frame_at(data, 0)
    assert first is not None
    tag = bytearray(first.size)
    tag[:4] = data[:4]
    if kind == "VBRI":
        tag[36:54] = (
            b"VBRI" + bytes(6) + len(data).to_bytes(4, "big") + (frames(bare) // 1152).to_bytes(4, "big")
        )
    else:
        tag[at : at + 4] = b"Xing"
    if kind == "no number of frames":
        tag[at + 4 : at + 12] = (2).to_bytes(4, "big") + len(data).to_bytes(4, "big")
    expected = heard(put(path, bare))[0]
    got, remark = heard(put(path, tag + bare))
    assert len(got) == frames(bare) and np.array_equal(got, expected) and remark is None


def test_a_tag_that_counts_itself(tmp_path: Path) -> None:
    """GStreamer's xingmux writes one frame too many: nothing is missing."""
    path = tmp_path / "in.mp3"
    data = mp3(path)
    bare, at = untagged(data), tag_at(data)
    data[at + 8 : at + 12] = (frames(bare) // 1152 + 1).to_bytes(4, "big")
    data[at + 120 : at + 144] = bytes(24)
    got, remark = heard(put(path, data))
    assert np.array_equal(got, heard(put(path, bare))[0]) and remark is None


@pytest.mark.parametrize(
    "front", [bytes(3000), bytes(300_000), b"\x55" * 700, b""], ids=["0", "many 0", "rest", "cut"]
)
@pytest.mark.parametrize("mode", ["CONSTANT", "VARIABLE"])
def test_a_stream_that_is_cut_into(tmp_path: Path, front: bytes, mode: str) -> None:
    """A dump of a stream begins in the middle of a frame: what is whole is read."""
    path = tmp_path / "in.mp3"
    bare = untagged(mp3(path, mode))
    begin = 0
    for _ in range(20):
        frame = mpeg.frame_at(bare, begin)
        assert frame is not None
        begin += frame.size
    data = front + bare[begin:] if front else bare[begin - 77 :]
    expected = heard(put(path, bare[begin:]))[0]
    got, remark = heard(put(path, data))
    assert len(got) == frames(bare[begin:]) and np.array_equal(got, expected)
    assert (remark is None) == (not any(front) and bool(front))
    assert not remark or "begins in the middle of a stream" in remark


@pytest.mark.parametrize("tagged", [True, False])
def test_what_is_no_mp3_at_its_end(tmp_path: Path, tagged: bool) -> None:
    """A page of text after the last frame, more than a decoder seeks through: the sound is read, and something said."""
    path = tmp_path / "in.mp3"
    data = bytes(mp3(path))
    data = data if tagged else untagged(data)
    whole = heard(put(path, data))[0]
    got, remark = heard(put(path, data + TEXT))
    assert np.array_equal(got, whole)
    assert remark and f"ends in {len(TEXT)} bytes that are no MP3" in remark


@pytest.mark.parametrize(("channels", "rate"), [(1, RATE), (2, 44_100), (1, 22_050)])
@pytest.mark.parametrize("both", [True, False], ids=["tags", "no tags"])
def test_mp3s_that_are_not_alike(tmp_path: Path, channels: int, rate: int, both: bool) -> None:
    """Mono after stereo, or another rate, joined: a decoder stops there without a word, the product refuses it."""
    path = tmp_path / "in.mp3"
    one, other = bytes(mp3(path)), bytes(mp3(path, channels=channels, rate=rate))
    data = one + other if both else untagged(one) + untagged(other)
    with pytest.raises(AudioFileError, match=r"holds several recordings .* they have to be alike"):
        Reader(put(path, data))


HEADERS = {
    "I": (b"\xff\xff\x90\xc0", 12 * 288_000 // 44_100 * 4, 384),
    "II": (b"\xff\xfd\xa0\xc0", 144 * 192_000 // 44_100, 1152),
    "II of MPEG 2": (b"\xff\xf5\x80\xc0", 144 * 64_000 // 22_050, 1152),
    "III": (b"\xff\xfb\x90\xc0", 144 * 128_000 // 44_100, 1152),
    "III of MPEG 2": (b"\xff\xf3\x80\xc0", 72 * 64_000 // 22_050, 576),
    "III of MPEG 2.5": (b"\xff\xe3\x80\xc0", 72 * 64_000 // 11_025, 576),
}


@pytest.mark.parametrize("layer", HEADERS)
def test_frames_of_every_layer(layer: str) -> None:
    """Sizes as the standard computes them, of 44.1 kHz, 22.05 and 11.025 kHz."""
    head, size, samples = HEADERS[layer]
    frame = mpeg.frame_at(head, 0)
    assert frame is not None and (frame.size, frame.samples) == (size, samples) and frame.mono


@pytest.mark.parametrize("layer", ["I", "II", "II of MPEG 2"])
def test_frames_of_a_lower_layer_are_counted(tmp_path: Path, layer: str) -> None:
    """Layers I and II, silent frames of them: the decoder's guess is no reason to call a file cut short."""
    head, size, samples = HEADERS[layer]
    data, wanted = b"", 0.0
    for number in range(1, 100):  # the rate is kept by a slot more in some frames
        hz = 22_050 if "MPEG 2" in layer else 44_100
        slot, bits = (4, 288_000 * 12) if layer == "I" else (1, 144 * (64_000 if hz == 22_050 else 192_000))
        wanted = number * bits / hz * slot
        padded = len(data) + size + slot <= wanted
        data += bytes([*head[:2], head[2] | 2 * padded, head[3]]) + bytes(size - 4 + slot * padded)
    got, remark = heard(put(tmp_path / "in.mp3", data))
    assert len(got) == 99 * samples and not got.any() and remark is None


def lying(data: bytearray, total: int) -> bytes:
    data[21:26] = ((data[21] & 0xF0) << 32 | total).to_bytes(5, "big")
    return bytes(data)


@pytest.mark.parametrize("total", [0, 7_000], ids=["unknown", "too few"])
@pytest.mark.parametrize(
    ("front", "end"),
    [(ID3, b""), (b"", bytes(9000)), (b"", b"TAG" + bytes(125)), (ID3, b"TAG" + bytes(125))],
    ids=["ID3", "zeros", "ID3v1", "both"],
)
def test_a_flac_with_a_false_header_and_tags(tmp_path: Path, total: int, front: bytes, end: bytes) -> None:
    """Tags round a FLAC whose header does not know how long it is: all of it is read."""
    path = tmp_path / "in.flac"
    data = saved(path, noise(channels=2), "FLAC", "PCM_16")
    whole = heard(path)[0]
    got, remark = heard(put(path, front + lying(data, total) + end))
    assert np.array_equal(got, whole)
    assert remark and f"all {len(whole) / RATE:.3f} s of it were read" in remark


@pytest.mark.parametrize("total", [0, 7_000], ids=["unknown", "too few"])
@pytest.mark.parametrize("lost", [1, 700, 9000])
def test_a_flac_of_a_recorder_that_died(tmp_path: Path, total: int, lost: int) -> None:
    """A header that was never written again, and a last frame that is not whole: the whole ones are read."""
    path = tmp_path / "in.flac"
    data = saved(path, noise(channels=2), "FLAC", "PCM_16")
    whole = heard(path)[0]
    got, remark = heard(put(path, lying(data, total)[:-lost]))
    assert len(whole) - 3 * 4096 <= len(got) < len(whole) and len(got) % 1024 == 0
    assert np.array_equal(got, whole[: len(got)]) and remark


def test_a_true_flac_that_is_cut_is_refused(tmp_path: Path) -> None:
    """A header that was written last promises what is missing."""
    path = tmp_path / "in.flac"
    data = saved(path, noise(), "FLAC", "PCM_16")
    assert flac.promised(bytes(data), 0) == len(noise())
    with pytest.raises(AudioFileError, match="is cut short or damaged"):
        heard(put(path, bytes(data)[:-3000]))


def test_a_variable_rate_in_wav(tmp_path: Path) -> None:
    """An MP3 of a variable rate in a WAV, as ffmpeg writes it, has no tag: it does not end where a guess does."""
    bare = untagged(mp3(tmp_path / "in.mp3", "VARIABLE", 1))
    expected = heard(put(tmp_path / "in.mp3", bare))[0]
    inner = MP3_IN_WAV(len(expected)) + len(bare).to_bytes(4, "little") + bare + bytes(len(bare) % 2)
    path = put(tmp_path / "in.wav", b"RIFF" + len(inner).to_bytes(4, "little") + inner)
    assert soundfile.info(path).frames < len(expected) - 1152  # what is guarded against
    got, remark = heard(path)
    assert np.array_equal(got, expected) and remark is None


@pytest.mark.parametrize("subtype", ["IMA_ADPCM", "MS_ADPCM"])
@pytest.mark.parametrize("channels", [1, 2])
def test_a_pad_byte_that_was_counted(tmp_path: Path, subtype: str, channels: int) -> None:
    """A size of ADPCM that counts the pad byte: one byte is no block."""
    path = tmp_path / "in.wav"
    data = saved(path, noise(20_000, channels), "WAV", subtype)
    whole = heard(path)[0]
    at = data.index(b"data") + 4
    size = int.from_bytes(data[at : at + 4], "little")
    data[at : at + 4] = (size + 1).to_bytes(4, "little")
    got, _ = heard(put(path, data[: at + 4 + size] + b"\0"))
    assert np.array_equal(got, whole)


@pytest.mark.parametrize(("subtype", "rate"), [("VORBIS", 44_100), ("OPUS", 48_000)])
def test_an_ogg_without_its_closing_page_is_read_with_a_remark(
    tmp_path: Path, subtype: str, rate: int
) -> None:
    """Debian's klettres has hundreds: whole pages, none of them marked as the last. Within a page it is cut short."""
    path = tmp_path / "in.ogg"
    x = np.random.default_rng(0).normal(0.0, 0.1, 5 * rate)
    soundfile.write(path, x, rate, format="OGG", subtype=subtype)
    data = path.read_bytes()
    last = data.rfind(b"OggS")
    path.write_bytes(data[:last])
    with Reader(path) as reader:
        heard = reader.read_rest()
        assert reader.remark is not None and "has no closing page" in reader.remark
    assert 0.5 * len(x) < len(heard) < len(x)
    assert np.isfinite(heard).all()
    path.write_bytes(data[: last + 400])
    with pytest.raises(AudioFileError, match="is cut short"):
        Reader(path).read_rest()
