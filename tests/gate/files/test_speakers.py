"""The speaker layout that went in comes out: said as it was, or in the output's own words and order of channels."""

import struct
from pathlib import Path

import numpy as np
import pytest
import soundfile

from gate.files import speakers
from gate.files.sound_reader import Reader
from gate.files.speakers import AMBISONIC_GUID, NOWHERE, Speakers, of_layout
from tests.gate.recorder_files import (
    AMBISONIC,
    PLAIN,
    RATE,
    aiff,
    caf,
    comm,
    desc,
    fmt,
    fmt_extensible,
    named,
    samples,
    ssnd,
    through,
    w64,
    wav,
)

MASKS = [
    (1, 0x4), (1, 0x1), (1, 0), (2, 0x3), (2, 0), (2, 0x600), (2, 0x80000000), (3, 0xB), (3, 0x7), (3, 0x103),
    (4, 0x107), (4, 0x33), (4, 0x603), (4, 0xF), (5, 0x37), (5, 0x607), (5, 0x10F), (6, 0x3F), (6, 0x60F),
    (6, 0x707), (6, 0x6C3), (6, 0x137), (7, 0x70F), (7, 0x13F), (7, 0x6CB), (7, 0x637), (7, 0x6C7), (8, 0x63F),
    (8, 0xFF), (8, 0x6CF), (8, 0x737), (8, 0x5033), (8, 0), (4, 0x3), (6, 0x63F), (8, 0x2D03F), (8, 0xFFFFFFFF),
    (12, 0x2D63F), (16, 0), (18, 0x3FFFF),
]  # fmt: skip
"""Channels and masks: every layout that ffmpeg has a name for, masks of none, too few and too many loudspeakers."""

WHOLE = [(n, mask) for n, mask in MASKS if mask.bit_count() == n or not mask]


def extensible(path: Path, channels: int, mask: int, guid: bytes = PLAIN) -> Path:
    data = [(b"fmt ", fmt_extensible(channels, mask, guid)), (b"data", samples(channels).tobytes())]
    path.write_bytes((w64 if path.suffix == ".w64" else wav)(data))
    return path


@pytest.mark.parametrize(("channels", "mask"), MASKS)
@pytest.mark.parametrize("ending", [".wav", ".rf64", ".w64"])
def test_a_channel_mask_stays(tmp_path: Path, channels: int, mask: int, ending: str) -> None:
    """The format chunk is the same to the byte in every container that has one; nothing is said."""
    source = extensible(tmp_path / "in.wav", channels, mask)
    target = tmp_path / f"out{ending}"
    assert not through(source, target)
    assert named(target, b"fmt ") == fmt_extensible(channels, mask)
    assert np.array_equal(soundfile.read(target, dtype="int16", always_2d=True)[0], samples(channels))


@pytest.mark.parametrize(("channels", "mask"), WHOLE)
@pytest.mark.parametrize("ending", [".flac", ".caf", ".aiff", ".w64"])
def test_a_mask_goes_there_and_back(tmp_path: Path, channels: int, mask: int, ending: str) -> None:
    """A WAV by way of another container is the same WAV again (FLAC has eight channels at most)."""
    if ending == ".flac" and channels > 8:
        ending = ".caf"
    source = extensible(tmp_path / "in.wav", channels, mask)
    middle, target = tmp_path / f"middle{ending}", tmp_path / "out.wav"
    assert not through(source, middle)
    through(middle, target)
    assert named(target, b"fmt ") == fmt_extensible(channels, mask)
    assert np.array_equal(soundfile.read(target, dtype="int16", always_2d=True)[0], samples(channels))


@pytest.mark.parametrize(
    ("channels", "mask", "comment"),
    [(6, 0x707, "0x0707"), (8, 0x63F, "0x063F"), (4, 0, "0x0000"), (1, 1, "0x0001")],
)
def test_flac_says_it_in_its_comment(tmp_path: Path, channels: int, mask: int, comment: str) -> None:
    """FLAC holds the mask as the comment that its specification names."""
    from mutagen.flac import FLAC

    through(extensible(tmp_path / "in.wav", channels, mask), tmp_path / "out.flac")
    assert FLAC(tmp_path / "out.flac").tags["WAVEFORMATEXTENSIBLE_CHANNEL_MASK"] == [comment]


@pytest.mark.parametrize("ending", [".wav", ".rf64", ".w64", ".caf", ".aiff"])
@pytest.mark.parametrize("channels", [3, 4])
def test_ambisonics_stay(tmp_path: Path, channels: int, ending: str) -> None:
    """B-format stays B-format, not quadraphony, in every container that can say so."""
    source = extensible(tmp_path / "in.wav", channels, 0, AMBISONIC)
    middle, target = tmp_path / f"middle{ending}", tmp_path / "out.wav"
    assert not through(source, middle)
    through(middle, target)
    assert named(target, b"fmt ") == fmt_extensible(channels, 0, AMBISONIC)
    assert fmt_extensible(channels, 0, AMBISONIC).endswith(AMBISONIC_GUID)


@pytest.mark.parametrize("make", [wav, w64], ids=["wav", "w64"])
@pytest.mark.parametrize("channels", [1, 2, 6, 8])
def test_a_plain_file_stays_plain(tmp_path: Path, channels: int, make: object) -> None:
    """Where nothing is said of loudspeakers nothing is added."""
    path = tmp_path / ("in.wav" if make is wav else "in.w64")
    path.write_bytes(make([(b"fmt ", fmt(channels)), (b"data", samples(channels).tobytes())]))
    target = path.with_stem("out")
    assert not through(path, target)
    assert named(target, b"fmt ") == fmt(channels)


ORDERS = {
    # for each channel of the output the channel of the WAV: Vorbis I 4.3.9
    (3, 0x7): (0, 2, 1),
    (4, 0x33): (0, 1, 2, 3),
    (5, 0x37): (0, 2, 1, 3, 4),
    (6, 0x3F): (0, 2, 1, 4, 5, 3),
    (7, 0x70F): (0, 2, 1, 5, 6, 4, 3),
    (8, 0x63F): (0, 2, 1, 6, 7, 4, 5, 3),
}


def tones(channels: int) -> np.ndarray:
    """Channel k swings (k + 1) * 20 times a second, slowly enough for a low-frequency channel as well."""
    t = np.arange(RATE) / RATE
    return np.stack([0.3 * np.sin(2 * np.pi * 20 * (k + 1) * t) for k in range(channels)], 1).astype("<f4")


def heard(x: np.ndarray) -> tuple[int, ...]:
    """Which of ``tones`` each channel holds."""
    spectrum = np.abs(np.fft.rfft(x[: RATE // 2 * 2], axis=0))
    return tuple(int(k) for k in np.argmax(spectrum, 0) * RATE / len(x) / 20 - 0.5)


@pytest.mark.parametrize(("channels", "mask"), ORDERS)
@pytest.mark.parametrize("ending", [".ogg", ".opus"])
def test_vorbis_and_opus_have_an_order_of_their_own(
    tmp_path: Path, channels: int, mask: int, ending: str
) -> None:
    """Each loudspeaker gets its own channel in Ogg, whose order is another one, and again in the WAV made of it."""
    source = tmp_path / "in.wav"
    data = tones(channels).tobytes()
    source.write_bytes(wav([(b"fmt ", fmt_extensible(channels, mask, bits=32, tag=3)), (b"data", data)]))
    through(source, tmp_path / f"out{ending}")
    assert heard(soundfile.read(tmp_path / f"out{ending}", always_2d=True)[0]) == ORDERS[channels, mask]
    through(tmp_path / f"out{ending}", tmp_path / "back.wav")
    assert heard(soundfile.read(tmp_path / "back.wav", always_2d=True)[0]) == tuple(range(channels))
    assert named(tmp_path / "back.wav", b"fmt ")[20:24] == struct.pack("<I", mask)


@pytest.mark.parametrize(
    ("channels", "mask", "name", "sentence"),
    [
        (6, 0x707, "x.ogg", r"x\.ogg cannot say the input's speaker layout 6\.0 \(FL FR FC BC SL SR\).*; write \.wav"),
        (6, 0x707, "x.au", r"x\.au cannot say the input's speaker layout 6\.0"),
        (8, 0xFF, "x.opus", r"x\.opus cannot say the input's speaker layout 7\.1 \(wide\) .*channel 8"),
        (5, 0x607, "x.ogg", r"cannot say the input's speaker layout 5\.0 \(side\)"),
        (8, 0, "x.ogg", r"cannot say the input's speaker layout of no loudspeakers.*channel 8"),
        (4, 0x3, "x.flac", r"cannot say the input's speaker layout FL FR - -;"),
    ],
)  # fmt: skip
def test_what_cannot_be_said_is_noted(
    tmp_path: Path, channels: int, mask: int, name: str, sentence: str
) -> None:
    """A container without the layout is one sentence with its name; the channels stay in their order."""
    import re

    notes = [
        n for n in through(extensible(tmp_path / "in.wav", channels, mask), tmp_path / name) if "speaker" in n
    ]
    assert len(notes) == 1
    assert re.search(sentence, notes[0])


def test_side_speakers_become_rear_ones(tmp_path: Path) -> None:
    """5.1 with its surround pair at the side keeps every channel apart in Vorbis, and the sentence says what changed."""
    source = tmp_path / "in.wav"
    data = tones(6).tobytes()
    source.write_bytes(wav([(b"fmt ", fmt_extensible(6, 0x60F, bits=32, tag=3)), (b"data", data)]))
    notes = through(source, tmp_path / "out.ogg")
    assert heard(soundfile.read(tmp_path / "out.ogg")[0]) == (0, 2, 1, 4, 5, 3)
    assert any("5.1 (side)" in note for note in notes)


@pytest.mark.parametrize("kind", ["caf", "aiff"])
def test_layout_chunks_stay_byte_for_byte(tmp_path: Path, kind: str) -> None:
    """A CAF's or AIFF's layout chunk comes out as it was, names, tags and all."""
    x = samples(6)
    content = struct.pack(">III", 124 << 16 | 6, 0, 0)
    if kind == "caf":
        data = caf([(b"desc", desc(6)), (b"chan", content), (b"data", bytes(4) + x.astype(">i2").tobytes())])
    else:
        data = aiff([(b"CHAN", content), (b"COMM", comm(6, len(x))), (b"SSND", ssnd(x))])
    path = tmp_path / f"in.{kind}"
    path.write_bytes(data)
    assert not through(path, path.with_stem("out"))
    assert named(path.with_stem("out"), b"chan" if kind == "caf" else b"CHAN") == content
    # C L R Ls Rs LFE becomes L R C LFE Ls Rs
    through(path, tmp_path / "out.wav")
    assert named(tmp_path / "out.wav", b"fmt ") == fmt_extensible(6, 0x3F)
    got = soundfile.read(tmp_path / "out.wav", dtype="int16")[0]
    assert np.array_equal(got, x[:, [1, 2, 0, 5, 3, 4]])


def layout_chunk(*labels: int) -> bytes:
    return struct.pack(">III", 0, 0, len(labels)) + b"".join(struct.pack(">I", x) + bytes(16) for x in labels)


@pytest.mark.parametrize(
    ("content", "channels", "places"),
    [
        (struct.pack(">III", 1 << 16, 0x63F, 0), 8, (1, 2, 3, 4, 5, 6, 10, 11)),
        (struct.pack(">III", 101 << 16 | 2, 0, 0), 2, (1, 2)),
        (struct.pack(">III", 128 << 16 | 8, 0, 0), 8, (1, 2, 3, 4, 10, 11, 5, 6)),
        (struct.pack(">III", 147 << 16 | 3, 0, 0), 3, (0, 0, 0)),
        (layout_chunk(2, 1), 2, (2, 1)),
        (layout_chunk(42), 1, (3,)),
        (layout_chunk(1), 3, (1, 0, 0)),
        (layout_chunk(1, 2)[:30], 2, (0, 0)),
        (layout_chunk(200, 201, 202, 203), 4, (200, 201, 202, 203)),
        (struct.pack(">III", 0, 0, 2**32 - 1), 2, (0, 0)),
    ],
)  # fmt: skip
def test_core_audio_layouts_are_read(content: bytes, channels: int, places: tuple[int, ...]) -> None:
    """Masks, tags and labels are read; damaged ones give no loudspeaker, and no error."""
    assert of_layout(content, channels) == Speakers(places)


@pytest.mark.parametrize("channels", range(1, 33))
def test_any_number_of_channels_can_be_placed(channels: int) -> None:
    """Up to 32 channels, with as many loudspeakers as a mask has bits, are placed in every format."""
    mask = 2 ** min(channels, 18) - 1
    said = Speakers(speakers.of_mask(mask, channels), mask)
    for format_, subtype in (
        ("WAV", "PCM_16"),
        ("CAF", "PCM_16"),
        ("FLAC", "PCM_16"),
        ("OGG", "VORBIS"),
        ("AU", "PCM_16"),
    ):
        placed = speakers.place(said, channels, format_, subtype)
        assert placed.order is None or sorted(placed.order) == list(range(channels))
        assert speakers.place(None, channels, format_, subtype).order is None
    assert of_layout(speakers.chan_content(said), channels) == Speakers(said.places)
    assert said.places.count(NOWHERE) == max(channels - 18, 0)


@pytest.mark.parametrize(
    ("channels", "order", "mask"),
    [
        (3, (1, 2, 0), 0x7),
        (6, (1, 2, 0, 5, 3, 4), 0x3F),
        (7, (1, 2, 0, 6, 3, 4, 5), 0x13F),
        (8, (3, 4, 0, 7, 5, 6, 1, 2), 0xFF),
    ],
)
def test_alac_has_an_order_of_its_own(
    tmp_path: Path, channels: int, order: tuple[int, ...], mask: int
) -> None:
    """ALAC begins with the centre; a WAV made of it has the channels in the order of its mask, as ffmpeg hears them."""
    soundfile.write(tmp_path / "in.caf", samples(channels), RATE, "ALAC_16", format="CAF")
    through(tmp_path / "in.caf", tmp_path / "out.wav")
    assert named(tmp_path / "out.wav", b"fmt ") == fmt_extensible(channels, mask)
    got = soundfile.read(tmp_path / "out.wav", dtype="int16")[0]
    assert np.array_equal(got, samples(channels)[:, list(order)])


def test_a_reader_says_it(tmp_path: Path) -> None:
    """A reader's layout carries the loudspeakers, so that whoever writes knows them."""
    with Reader(extensible(tmp_path / "in.wav", 6, 0x707)) as reader:
        assert reader.layout.speakers == Speakers((1, 2, 3, 9, 10, 11), 0x707)
