"""What recorders and editors write beside the sound comes out again, or a sentence names what was left behind."""

import io
import re
import resource
import struct
from pathlib import Path

import numpy as np
import pytest
import soundfile
import wavinfo
from mutagen import id3
from mutagen.apev2 import APEv2
from mutagen.flac import FLAC, CueSheet, CueSheetTrack, CueSheetTrackIndex, Picture
from mutagen.oggopus import OggOpus
from mutagen.oggvorbis import OggVorbis

from gate.errors import AudioFileError
from gate.files import chunks as chunks_module
from gate.files.beside import chunk_layout
from gate.files.sound_format import Layout
from gate.files.sound_reader import Reader
from gate.files.sound_writer import Writer
from gate.live.filestream import FileStream
from tests.gate.recorder_files import (
    IXML,
    RATE,
    TIME_REFERENCE,
    Chunks,
    adtl,
    aiff,
    bext,
    caf,
    comm,
    cue,
    desc,
    fmt,
    fmt_extensible,
    info,
    named,
    read_chunks,
    rf64,
    samples,
    smpl,
    ssnd,
    through,
    w64,
    wav,
)

SOUND = samples().tobytes()
"""999 samples of a channel: 1998 bytes."""

ODD = bytes(range(77))

RECORDERS: dict[str, Chunks] = {
    "field recorder": [
        (b"bext", bext()), (b"iXML", IXML), (b"junk", bytes(4007)), (b"fmt ", fmt()), (b"data", SOUND),
    ],
    "chunks behind": [
        (b"fmt ", fmt()), (b"data", SOUND), (b"bext", bext()), (b"iXML", IXML), (b"_PMX", ODD),
    ],
    "editor": [
        (b"fmt ", fmt()), (b"fact", struct.pack("<I", 999)), (b"data", SOUND), (b"cue ", cue(10, 500)),
        (b"LIST", adtl("clap", "Zwölf")), (b"LIST", info(INAM="Rain", ISFT="Editor", IXYZ="own")),
    ],
    "sampler": [(b"fmt ", fmt()), (b"smpl", smpl()), (b"inst", bytes(7)), (b"acid", bytes(24)), (b"data", SOUND)],
    "radio": [(b"cart", bytes(2048)), (b"fmt ", fmt()), (b"data", SOUND), (b"umid", ODD), (b"plst", bytes(4))],
    "doubles": [
        (b"LIST", adtl("a")), (b"fmt ", fmt()), (b"xyz ", ODD), (b"xyz ", ODD[:3]), (b"data", SOUND), (b"xyz ", b""),
    ],
    "objects": [(b"fmt ", fmt_extensible(1, 0)), (b"axml", IXML), (b"chna", bytes(44)), (b"data", SOUND), (b"id3 ", ODD)],
    "longer format": [(b"fmt ", fmt() + bytes(2)), (b"data", SOUND)],
    "reserved": [(b"JUNK", bytes(28)), (b"fmt ", fmt()), (b"FLLR", bytes(17)), (b"data", SOUND)],
    "8 bits, odd": [(b"fmt ", fmt(bits=8)), (b"data", bytes(range(101))), (b"LIST", info(ICMT="odd"))],
}  # fmt: skip


def around(chunks: Chunks) -> Chunks:
    """The chunks without those that every writer makes."""
    return [(name, content) for name, content in chunks if name not in (b"data", b"ds64")]


def even_first(chunks: Chunks) -> Chunks:
    """The same in RF64: chunks of odd length before the samples stand behind them, or libsndfile finds no samples."""
    at = [name for name, _ in chunks].index(b"data")
    odd = [chunk for chunk in chunks[:at] if len(chunk[1]) % 2]
    return around([chunk for chunk in chunks[:at] if chunk not in odd] + odd + chunks[at:])


@pytest.mark.parametrize("name", RECORDERS)
def test_a_wav_keeps_its_chunks(tmp_path: Path, name: str) -> None:
    """Every chunk of a WAV is in the WAV that comes out, byte for byte, in its place; nothing is said."""
    (tmp_path / "in.wav").write_bytes(wav(RECORDERS[name]))
    assert not through(tmp_path / "in.wav", tmp_path / "out.wav")
    assert read_chunks(tmp_path / "out.wav") == RECORDERS[name]


@pytest.mark.parametrize("name", RECORDERS)
def test_rf64_keeps_its_chunks(tmp_path: Path, name: str) -> None:
    """The same in RF64 with sizes in the table of ds64, and from WAV into RF64 and back."""
    chunks = RECORDERS[name]
    frames = 101 if "odd" in name else 999
    (tmp_path / "in.wav").write_bytes(rf64(chunks, (b"bext", b"LIST", b"axml"), frames))
    assert not through(tmp_path / "in.wav", tmp_path / "out.wav")
    assert (tmp_path / "out.wav").read_bytes()[:4] == b"RF64"
    assert around(read_chunks(tmp_path / "out.wav")) == even_first(chunks)
    (tmp_path / "plain.wav").write_bytes(wav(chunks))
    assert not through(tmp_path / "plain.wav", tmp_path / "out.rf64")
    assert around(read_chunks(tmp_path / "out.rf64")) == even_first(chunks)
    assert struct.unpack("<Q", named(tmp_path / "out.rf64", b"ds64")[16:24]) == (frames,)


def test_a_wav_that_grows_to_rf64_keeps_its_chunks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Past 4 GB (lowered here), by its samples or by what lies beside them, a WAV becomes RF64 with all of it."""
    from gate.files import sound_format

    chunks = RECORDERS["field recorder"]
    (tmp_path / "in.wav").write_bytes(wav(chunks))
    with monkeypatch.context() as patch:
        patch.setattr(sound_format, "MAX_BYTES", 1000)
        through(tmp_path / "in.wav", tmp_path / "out.wav")
    assert (tmp_path / "out.wav").read_bytes()[:4] == b"RF64"
    assert around(read_chunks(tmp_path / "out.wav")) == even_first(chunks)
    large = [(b"LIST", adtl(*["label"] * 600)), *chunks]
    (tmp_path / "in.wav").write_bytes(wav(large))
    with monkeypatch.context() as patch:
        patch.setattr(chunk_layout, "LIMIT", 10_000)
        through(tmp_path / "in.wav", tmp_path / "out.wav")
    assert (tmp_path / "out.wav").read_bytes()[:4] == b"RF64"
    got = read_chunks(tmp_path / "out.wav")
    assert around(got) == even_first(large)


def test_another_reader_finds_it_all(tmp_path: Path) -> None:
    """A reader of another make finds time reference, iXML, cue points, labels, loops and texts."""
    chunks = [
        (b"bext", bext()), (b"iXML", IXML), (b"fmt ", fmt()), (b"data", SOUND), (b"cue ", cue(10, 500)),
        (b"LIST", adtl("clap", "end")), (b"smpl", smpl()), (b"LIST", info(INAM="Rain", IART="Nobody")),
    ]  # fmt: skip
    for make, name in ((wav, "in.wav"), (rf64, "in.rf64")):
        (tmp_path / name).write_bytes(make(chunks))
        through(tmp_path / name, tmp_path / "out.wav")
        read = wavinfo.WavInfoReader(str(tmp_path / "out.wav"))
        assert read.data.frame_count == 999
        assert read.bext.time_reference == TIME_REFERENCE
        assert read.bext.originator.startswith("Recorder")
        assert (read.ixml.scene, read.ixml.take, read.ixml.tape) == ("12A", "3", "SD01")
        assert [c.position for c in read.cues.cues] == [10, 500]
        assert [read.cues.label_and_note(i)[0] for i in (1, 2)] == ["clap", "end"]
        assert (read.info.title, read.info.artist) == ("Rain", "Nobody")
        assert [(loop.start, loop.end) for loop in read.smpl.sample_loops] == [(100, 900)]


def test_floats_get_peaks_of_their_own(tmp_path: Path) -> None:
    """A PEAK chunk tells of the samples: the output's floats have their own, whole numbers have none and say so."""
    x = np.linspace(-0.5, 0.5, 999, dtype="<f4")
    peak = struct.pack("<IIfI", 1, 0, 0.9, 7)
    inner = [(b"fmt ", fmt(bits=32, tag=3)), (b"PEAK", peak), (b"bext", bext()), (b"data", x.tobytes())]
    (tmp_path / "in.wav").write_bytes(wav(inner))
    assert not through(tmp_path / "in.wav", tmp_path / "out.wav")
    assert struct.unpack("<f", named(tmp_path / "out.wav", b"PEAK")[8:12]) == (0.5,)
    assert named(tmp_path / "out.wav", b"bext") == bext()
    (tmp_path / "in.wav").write_bytes(
        wav([(b"fmt ", fmt()), (b"PEAK", peak), (b"levl", ODD), (b"MD5 ", bytes(16)), (b"data", SOUND)])
    )
    (note,) = through(tmp_path / "in.wav", tmp_path / "out.wav")
    assert re.search(r"out\.wav is written without the input's PEAK, levl, MD5, .*samples", note)
    assert [name for name, _ in read_chunks(tmp_path / "out.wav")] == [b"fmt ", b"data"]


def test_chunks_without_their_filling_byte(tmp_path: Path) -> None:
    """Some programs leave out the byte after an odd chunk; the chunks behind it are found, and written rightly."""
    odd = b"odd " + struct.pack("<I", 3) + b"abc" + b"bext" + struct.pack("<I", len(bext())) + bext()
    body = wav([(b"fmt ", fmt()), (b"data", SOUND)])[8:] + odd
    (tmp_path / "in.wav").write_bytes(b"RIFF" + struct.pack("<I", len(body)) + body)
    through(tmp_path / "in.wav", tmp_path / "out.wav")
    assert read_chunks(tmp_path / "out.wav")[2:] == [(b"odd ", b"abc"), (b"bext", bext())]


@pytest.mark.parametrize("ending", [".w64", ".wav"])
def test_w64_has_the_same_chunks(tmp_path: Path, ending: str) -> None:
    """W64 keeps its chunks, and WAV and W64 give each other theirs; those of W64 stand before the samples."""
    chunks = [
        (b"bext", bext()),
        (b"fmt ", fmt()),
        (b"data", bytes(2000)),
        (b"LIST", info(INAM="Rain")),
        (b"iXML", IXML),
    ]
    (tmp_path / "in.w64").write_bytes(w64(chunks))
    assert not through(tmp_path / "in.w64", tmp_path / f"out{ending}")
    assert sorted(read_chunks(tmp_path / f"out{ending}")) == sorted(chunks)
    (tmp_path / "in.wav").write_bytes(wav(RECORDERS["editor"]))
    assert not through(tmp_path / "in.wav", tmp_path / f"back{ending}")
    assert named(tmp_path / f"back{ending}", b"cue ") == cue(10, 500)


AIFF: Chunks = [
    (b"COMM", comm(1, 999)), (b"MARK", bytes(21)), (b"INST", bytes(20)), (b"SSND", ssnd(samples())),
    (b"NAME", b"Rain"), (b"AUTH", b"Nobody"), (b"(c) ", b"2024"), (b"ANNO", b"odd"), (b"ANNO", b"again"),
    (b"COMT", bytes(12)), (b"APPL", b"abcdefg"), (b"MIDI", ODD), (b"AESD", bytes(24)), (b"ID3 ", ODD),
]  # fmt: skip


def test_aiff_keeps_its_chunks(tmp_path: Path) -> None:
    """Markers, instrument, texts and all the rest come out of an AIFF in their order."""
    (tmp_path / "in.aiff").write_bytes(aiff(AIFF))
    assert not through(tmp_path / "in.aiff", tmp_path / "out.aiff")
    assert read_chunks(tmp_path / "out.aiff") == AIFF


def test_caf_keeps_its_chunks(tmp_path: Path) -> None:
    """Markers, regions, texts and the rest come out of a CAF; the filling before its samples is its own."""
    sound = bytes(4) + samples().astype(">i2").tobytes()
    chunks = [
        (b"desc", desc(1)), (b"free", bytes(100)), (b"mark", bytes(40)), (b"info", b"\0\0\0\1title\0Rain\0"),
        (b"strg", ODD), (b"data", sound), (b"regn", bytes(30)), (b"uuid", bytes(20)), (b"umid", bytes(64)),
    ]  # fmt: skip
    (tmp_path / "in.caf").write_bytes(caf(chunks))
    assert not through(tmp_path / "in.caf", tmp_path / "out.caf")
    got = [chunk for chunk in read_chunks(tmp_path / "out.caf") if chunk[0] != b"free"]
    assert got == [chunk for chunk in chunks if chunk[0] != b"free"]
    (tmp_path / "in.caf").write_bytes(caf([*chunks[:3], (b"strg", bytes(9000)), *chunks[5:]]))
    through(tmp_path / "in.caf", tmp_path / "out.caf")
    assert named(tmp_path / "out.caf", b"strg") == bytes(9000)
    assert named(tmp_path / "out.caf", b"data") == sound


def test_au_keeps_its_annotation(tmp_path: Path) -> None:
    """What a .au file says between header and samples comes out of it, and is named elsewhere."""
    text = b"recorded in the rain\0\0\0\0"
    head = struct.pack(">4sIIIII", b".snd", 24 + len(text), 1998, 3, RATE, 1)
    (tmp_path / "in.au").write_bytes(head + text + samples().astype(">i2").tobytes())
    assert not through(tmp_path / "in.au", tmp_path / "out.au")
    assert (tmp_path / "out.au").read_bytes() == (tmp_path / "in.au").read_bytes()
    (note,) = through(tmp_path / "in.au", tmp_path / "out.wav")
    assert "annotation" in note


# -- FLAC, Ogg and MP3 -----------------------------------------------------------------------------------

COMMENTS = [
    ("TITLE", "Rain"), ("ARTIST", "Nobody"), ("ARTIST", "Somebody"), ("TIMECODE", "10:00:00:00"),
    ("REPLAYGAIN_TRACK_GAIN", "-3.20 dB"), ("Own Key", "Zwölf"), ("title", "again"), ("EMPTY", ""),
    *[(f"KEY{i}", f"{i}") for i in range(30)],
]  # fmt: skip


def picture() -> Picture:
    it = Picture()
    it.data, it.mime, it.type, it.desc = ODD * 3000, "image/png", 3, "cover"
    it.width, it.height = 7, 11
    return it


def flac(path: Path, layout_comment: bool = False) -> Path:
    soundfile.write(path, samples(), RATE, "PCM_16", format="FLAC")
    file = FLAC(path)
    file.add_tags() if file.tags is None else None
    file.tags[:] = (
        [*COMMENTS, ("WAVEFORMATEXTENSIBLE_CHANNEL_MASK", "0x0001")] if layout_comment else COMMENTS
    )
    file.add_picture(picture())
    file.cuesheet = CueSheet(None)
    file.cuesheet.tracks = [CueSheetTrack(1, 0), CueSheetTrack(170, 999)]
    file.cuesheet.tracks[0].indexes = [CueSheetTrackIndex(1, 0)]
    file.metadata_blocks.append(file.cuesheet)
    file.save()
    data = path.read_bytes()
    # an APPLICATION block behind STREAMINFO, as flac --keep-foreign-metadata writes it
    data = path.read_bytes()
    path.write_bytes(data[:42] + b"\2" + (4 + len(ODD)).to_bytes(3, "big") + b"riff" + ODD + data[42:])
    return path


def ogg(path: Path, subtype: str) -> Path:
    soundfile.write(path, samples(frames=48_000), RATE, subtype, format="OGG")
    file = (OggOpus if subtype == "OPUS" else OggVorbis)(path)
    import base64

    file.tags[:] = [*COMMENTS, ("METADATA_BLOCK_PICTURE", base64.b64encode(picture().write()).decode())]
    file.save()
    return path


def blocks(path: Path) -> list[tuple[int, bytes]]:
    """Kind and content of a FLAC's blocks."""
    file = io.BytesIO(path.read_bytes())
    assert file.read(4) == b"fLaC"
    found, last = [], False
    while not last:
        head = file.read(4)
        last = bool(head[0] & 128)
        found.append((head[0] & 127, file.read(int.from_bytes(head[1:], "big"))))
    return found


def test_flac_keeps_its_blocks(tmp_path: Path) -> None:
    """Every comment, picture, cue sheet and foreign chunk of a FLAC is in the FLAC that comes out."""
    source = flac(tmp_path / "in.flac", layout_comment=True)
    assert not through(source, tmp_path / "out.flac")
    kept = [block for block in blocks(tmp_path / "out.flac") if block[0] in (2, 5, 6)]
    assert kept == [block for block in blocks(source) if block[0] in (2, 5, 6)]
    assert FLAC(tmp_path / "out.flac").tags == FLAC(source).tags
    assert np.array_equal(soundfile.read(tmp_path / "out.flac", dtype="int16")[0], samples()[:, 0])


@pytest.mark.parametrize("subtype", ["VORBIS", "OPUS"])
def test_ogg_keeps_its_comments(tmp_path: Path, subtype: str) -> None:
    """Every comment of an Ogg is in the Ogg that comes out, doubles and pictures among them."""
    source = ogg(tmp_path / "in.ogg", subtype)
    kind = OggOpus if subtype == "OPUS" else OggVorbis
    assert not through(source, tmp_path / "out.ogg")
    assert list(kind(tmp_path / "out.ogg").tags) == list(kind(source).tags)
    assert soundfile.info(tmp_path / "out.ogg").frames == 48_000


def mp3(path: Path) -> Path:
    soundfile.write(path, samples(frames=48_000), RATE, "MPEG_LAYER_III", format="MP3")
    tag = id3.ID3()
    tag.add(id3.TIT2(encoding=3, text=["Rain"]))
    tag.add(id3.TPE1(encoding=3, text=["Nobody", "Somebody"]))
    tag.add(id3.TXXX(encoding=3, desc="TIMECODE", text=["10:00:00:00"]))
    tag.add(id3.COMM(encoding=3, lang="deu", desc="", text=["nass"]))
    tag.add(id3.APIC(encoding=3, mime="image/png", type=3, desc="cover", data=ODD * 100))
    tag.add(id3.PRIV(owner="somebody", data=ODD))
    ape = APEv2()
    ape["REPLAYGAIN_TRACK_GAIN"] = "-3.20 dB"
    ape.save(path)
    tag.save(path, v1=2)
    return path


def test_mp3_keeps_its_tags(tmp_path: Path) -> None:
    """The ID3 tags of an MP3, and an APE tag, are round the sound of the one that comes out, byte for byte."""
    source = mp3(tmp_path / "in.mp3")
    assert not through(source, tmp_path / "out.mp3")
    before, after = source.read_bytes(), (tmp_path / "out.mp3").read_bytes()
    size = id3.ID3(source).size
    assert size > 1000
    assert after[:size] == before[:size]
    assert APEv2(tmp_path / "out.mp3")["REPLAYGAIN_TRACK_GAIN"] == "-3.20 dB"
    assert after[-128:] == before[-128:]
    assert after[-128:-125] == b"TAG"
    assert soundfile.info(tmp_path / "out.mp3").frames == 48_000


# -- from one kind into another --------------------------------------------------------------------------


def test_texts_go_into_every_container(tmp_path: Path) -> None:
    """Title and artist are where each container has them, whatever they come from."""
    (tmp_path / "in.wav").write_bytes(
        wav(
            [
                (b"fmt ", fmt()),
                (b"data", samples(frames=48_000).tobytes()),
                (b"LIST", info(INAM="Räin", IART="Nobody")),
            ]
        )
    )
    sources = [tmp_path / "in.wav"]
    for ending in (".flac", ".ogg", ".mp3", ".aiff", ".caf", ".opus", ".w64"):
        assert not [n for n in through(tmp_path / "in.wav", tmp_path / f"from{ending}") if "no place" in n]
        sources.append(tmp_path / f"from{ending}")
    for source in sources:
        for ending in (".wav", ".flac", ".ogg", ".mp3", ".aiff", ".caf", ".rf64"):
            if source.suffix == ".opus" and ending == ".ogg":
                continue
            target = tmp_path / f"out{ending}"
            through(source, target)
            through(target, tmp_path / "last.flac")
            tags = FLAC(tmp_path / "last.flac").tags
            assert (tags["TITLE"], tags["ARTIST"]) == (["Räin"], ["Nobody"]), (source, ending)


def test_comments_and_pictures_go_between_those_that_have_them(tmp_path: Path) -> None:
    """All comments and pictures of a FLAC are in an Ogg and back; an MP3's texts and pictures are in both."""
    source = flac(tmp_path / "in.flac")
    notes = through(source, tmp_path / "out.ogg")
    (note,) = [n for n in notes if "no place" in n]
    assert re.search(
        r"out\.ogg has no place for the input's APPLICATION, CUESHEET, .*write \.flac to keep it", note
    )
    through(tmp_path / "out.ogg", tmp_path / "back.flac")
    back = FLAC(tmp_path / "back.flac")
    assert [text for text in back.tags if text[0] != "ENCODER"] == COMMENTS
    assert back.pictures[0].write() == picture().write()
    (note,) = [n for n in through(mp3(tmp_path / "in.mp3"), tmp_path / "out.flac") if "no place" in n]
    assert "PRIV" in note
    assert "APE" in note
    tags = FLAC(tmp_path / "out.flac").tags
    assert tags["ARTIST"] == ["Nobody", "Somebody"]
    assert (tags["TIMECODE"], tags["COMMENT"]) == (["10:00:00:00"], ["nass"])
    assert FLAC(tmp_path / "out.flac").pictures[0].data == ODD * 100
    through(source, tmp_path / "out.mp3")
    tag = id3.ID3(tmp_path / "out.mp3")
    assert tag["TXXX:TIMECODE"].text == ["10:00:00:00"]
    assert tag["TPE1"].text == ["Nobody", "Somebody"]
    assert tag.getall("APIC")[0].data == picture().data


@pytest.mark.parametrize(
    ("make", "name", "target", "sentence"),
    [
        (lambda: wav(RECORDERS["field recorder"]), "in.wav", "x.flac", "the input's bext, iXML, this was left"),
        (lambda: wav(RECORDERS["editor"]), "in.wav", "x.ogg", "the input's cue, LIST adtl, IXYZ, this"),
        (lambda: aiff(AIFF), "in.aiff", "x.wav", "the input's MARK, INST, COMT, APPL, MIDI, AESD, ID3, this"),
    ],
)  # fmt: skip
def test_what_has_no_place_is_named(
    tmp_path: Path, make: object, name: str, target: str, sentence: str
) -> None:
    """One sentence names all that another container has no place for."""
    (tmp_path / name).write_bytes(make())
    (note,) = [n for n in through(tmp_path / name, tmp_path / target) if "no place" in n]
    assert sentence in note


# -- bad input, and a disk that is full ------------------------------------------------------------------


def test_large_chunks_are_copied_in_pieces(tmp_path: Path) -> None:
    """Ninety megabytes beside the sound take no memory to speak of."""
    large = np.random.default_rng(3).bytes(90_000_001)
    (tmp_path / "in.wav").write_bytes(
        wav([(b"axml", large), (b"fmt ", fmt()), (b"data", SOUND), (b"odd ", large)])
    )
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    through(tmp_path / "in.wav", tmp_path / "out.wav")
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 30_000  # KiB
    assert (tmp_path / "out.wav").read_bytes() == (tmp_path / "in.wav").read_bytes()


@pytest.mark.parametrize("size", [0, 1, 3, 2**31 - 1, 2**31, 2**32 - 2, 2**32 - 1])
@pytest.mark.parametrize("make", [wav, aiff, caf, w64, rf64], ids=lambda m: m.__name__)
def test_a_chunk_of_any_size_does_no_harm(tmp_path: Path, size: int, make: object) -> None:
    """A chunk behind the samples whose size is nonsense is left out, and the sound is whole."""
    sound = samples(frames=1000)
    big = make in (aiff, caf)
    if make is aiff:
        data = aiff([(b"COMM", comm(1, 1000)), (b"SSND", ssnd(sound))])
    elif make is caf:
        data = caf([(b"desc", desc(1)), (b"data", bytes(4) + sound.astype(">i2").tobytes())])
    else:
        data = make([(b"fmt ", fmt()), (b"data", sound.tobytes())])
    wide = 8 if make in (caf, w64) else 4
    name = b"evil" + (bytes.fromhex("f3acd3118cd100c04f8edb8a") if make is w64 else b"")
    path = tmp_path / f"in.{make.__name__}"
    path.write_bytes(data + name + size.to_bytes(wide, "big" if big else "little") + b"end")
    through(path, tmp_path / "out.flac")
    through(path, path.with_stem("out"))
    assert np.array_equal(soundfile.read(path.with_stem("out"), dtype="int16", frames=1000)[0], sound[:, 0])


def test_damaged_tags_do_not_stop_a_render(tmp_path: Path) -> None:
    """Comments cut anywhere, counts and lengths of nonsense: the sound comes out."""
    rng = np.random.default_rng(1)
    plain = flac(tmp_path / "in.flac").read_bytes()
    text = plain.index(b"TITLE=")
    for i in range(30):
        data = bytearray(plain)
        for _ in range(4):
            data[text - 60 + int(rng.integers(0, 400))] = int(rng.integers(0, 256))
        (tmp_path / "in.flac").write_bytes(data)
        try:
            Reader(tmp_path / "in.flac").close()
        except AudioFileError:
            continue  # libsndfile does not take it either
        for target in ("out.flac", "out.ogg", "out.wav"):
            try:
                through(tmp_path / "in.flac", tmp_path / target)
            except AudioFileError as error:
                assert "damaged" in str(error), (i, target)


def test_a_full_disk_is_one_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No room for the chunks behind the sound: one sentence, and no file."""
    (tmp_path / "in.wav").write_bytes(wav(RECORDERS["chunks behind"]))
    real = chunks_module.write_at

    def full(fd: int, at: int, data: bytes) -> None:
        if at > 2100:
            raise OSError(28, "No space left on device")
        real(fd, at, data)

    for module in (chunks_module, chunk_layout):
        monkeypatch.setattr(module, "write_at", full)
    with pytest.raises(AudioFileError, match=r"out\.wav could not be written|disk|full"):
        through(tmp_path / "in.wav", tmp_path / "out.wav")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["in.wav"]


def test_a_stream_of_files_says_it_too(tmp_path: Path) -> None:
    """gate-live from file to file has the same sentences."""
    (tmp_path / "in.wav").write_bytes(wav(RECORDERS["field recorder"]))
    stream = FileStream(tmp_path / "in.wav", tmp_path / "out.flac")
    stream.close()
    assert [note for note in stream.notes if "bext, iXML" in note]


def test_a_recording_has_no_source(tmp_path: Path) -> None:
    """A file written without a source is as libsndfile makes it, and has nothing to say."""
    with Writer(tmp_path / "out.wav", Layout(RATE, 2, "WAV", "FLOAT")) as writer:
        writer.write(np.zeros((10, 2), np.float32))
        writer.commit()
    assert writer.notes == []
    assert [name for name, _ in read_chunks(tmp_path / "out.wav")] == [b"fmt ", b"fact", b"PEAK", b"data"]


# -- what libsndfile cannot read by itself ---------------------------------------------------------------


@pytest.mark.parametrize("frames", [997, 998, 999, 1000])
def test_a_w64_ends_with_its_samples(tmp_path: Path, frames: int) -> None:
    """What fills up a W64's samples, and the chunks behind them, are no sound (libsndfile 1.2.2 plays them)."""
    sound = samples(frames=frames)
    chunks = [(b"fmt ", fmt()), (b"data", sound.tobytes()), (b"bext", bext()), (b"LIST", info(INAM="Rain"))]
    for made in (chunks, chunks[:2]):
        (tmp_path / "in.w64").write_bytes(w64(made))
        through(tmp_path / "in.w64", tmp_path / "out.wav")
        assert np.array_equal(soundfile.read(tmp_path / "out.wav", dtype="int16")[0], sound[:, 0])
        through(tmp_path / "in.w64", tmp_path / "out.w64")
        assert np.array_equal(soundfile.read(tmp_path / "out.w64", dtype="int16")[0], sound[:, 0])


def test_bw64_stays_bw64(tmp_path: Path) -> None:
    """ITU's BW64, which libsndfile 1.2.2 does not know, is read, and comes out as BW64 with its objects."""
    data = rf64(RECORDERS["objects"])
    (tmp_path / "in.wav").write_bytes(b"BW64" + data[4:])
    assert not through(tmp_path / "in.wav", tmp_path / "out.wav")
    assert (tmp_path / "out.wav").read_bytes() == b"BW64" + data[4:]
    through(tmp_path / "in.wav", tmp_path / "out.flac")
    assert np.array_equal(soundfile.read(tmp_path / "out.flac", dtype="int16")[0], samples()[:, 0])


@pytest.mark.parametrize(("bits", "frames", "channels"), [(8, 101, 1), (8, 99, 3), (24, 101, 1), (24, 33, 5)])
@pytest.mark.parametrize("more", [[], [(b"LIST", info(INAM="Rain"))]])
def test_an_aiff_of_odd_length_is_as_long_as_its_source(
    tmp_path: Path, bits: int, frames: int, channels: int, more: Chunks
) -> None:
    """The byte that fills up an AIFF's samples is no sample (libsndfile 1.2.2 counts it), with chunks behind or without."""
    sound = np.random.default_rng(5).bytes(frames * channels * bits // 8)
    (tmp_path / "in.wav").write_bytes(wav([(b"fmt ", fmt(channels, bits)), (b"data", sound), *more]))
    through(tmp_path / "in.wav", tmp_path / "out.aiff")
    assert named(tmp_path / "out.aiff", b"COMM")[:6] == struct.pack(">HI", channels, frames)
    assert len(named(tmp_path / "out.aiff", b"SSND")) == 8 + len(sound)
    through(tmp_path / "out.aiff", tmp_path / "again.aiff")
    for name in ("out.aiff", "again.aiff"):
        got, wanted = (soundfile.read(tmp_path / n, dtype="int32")[0] for n in (name, "in.wav"))
        assert np.array_equal(got, wanted)


def test_a_part_of_a_file_says_its_own_length(tmp_path: Path) -> None:
    """Where only the beginning is written (gate-live --for) the number of samples is that of the output."""
    x = np.linspace(-0.5, 0.5, 999, dtype="<f4")
    inner = [
        (b"fmt ", fmt(bits=32, tag=3)),
        (b"fact", struct.pack("<I", 999)),
        (b"data", x.tobytes()),
        (b"odd ", ODD),
    ]
    (tmp_path / "in.wav").write_bytes(wav(inner))
    with Reader(tmp_path / "in.wav") as reader:
        buffer = np.empty((500, 1), reader.dtype)
        reader.read(buffer)
        with Writer(tmp_path / "out.wav", reader.layout, source=reader.source) as writer:
            writer.write(buffer)
            writer.commit()
    assert named(tmp_path / "out.wav", b"fact") == struct.pack("<I", 500)
    assert named(tmp_path / "out.wav", b"odd ") == ODD
