"""Files of labels: what is written is read back, by each format's own grammar."""

import csv
import re
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gate.engine.classifier import Frames
from gate.errors import UsageError
from gate.label.formats import frames_csv, rttm_name, rttm_names, to_rttm, to_textgrid, write_labels
from gate.label.listen import Labelled, Segment

SEGMENTS = [
    Segment(0.0, 1.23, "speech", 0.87654),
    Segment(1.23, 2.0, "music", 0.9),
    Segment(2.0, 3.3333333333333335, "noise", 0.5),
]

TIME_TOLERANCE_S = 0.0005
"""CSV and RTTM say milliseconds."""


def labelled(name: str = "a.wav") -> Labelled:
    frames = Frames(
        np.array([0.01, 0.02]), np.array([[0.7, 0.2, 0.1], [0.25, 0.5, 0.25]]), np.array([-20.0, -21.0])
    )
    return Labelled(Path(name), SEGMENTS[-1].end_s, ("speech", "music", "noise"), frames, SEGMENTS)


def read_textgrid(text: str) -> tuple[float, list[tuple[float, float, str]]]:
    """The long text format, line by line as the Praat manual has it; anything else is an error."""
    lines = iter(text.split("\n"))

    def take(pattern: str) -> str:
        line = next(lines)
        found = re.fullmatch(pattern, line)
        assert found, (pattern, line)
        return found[1] if found.groups() else ""

    take('File type = "ooTextFile"')
    take('Object class = "TextGrid"')
    take("")
    take("xmin = 0 ")
    end = float(take(r"xmax = (\S+) "))
    for line in ("tiers[?] <exists> ", "size = 1 ", r"item \[\]: ", r"    item \[1\]:"):
        take(line)
    for line in ('class = "IntervalTier" ', 'name = "class" ', "xmin = 0 "):
        take("        " + line)
    assert float(take(r"        xmax = (\S+) ")) == end
    intervals = []
    for number in range(1, int(take(r"        intervals: size = (\d+) ")) + 1):
        take(rf"        intervals \[{number}\]:")
        begin, until = (float(take(rf"            {name} = (\S+) ")) for name in ("xmin", "xmax"))
        intervals.append((begin, until, take(r'            text = "([^"]*)" ')))
    assert list(lines) == [""]
    return end, intervals


def test_a_textgrid_is_read_back_exactly():
    """One tier of intervals without gaps from 0 to the end, in full precision."""
    end, intervals = read_textgrid(to_textgrid(SEGMENTS, SEGMENTS[-1].end_s))
    assert end == SEGMENTS[-1].end_s
    assert intervals == [(one.start_s, one.end_s, one.label) for one in SEGMENTS]


def test_a_textgrid_of_no_segments_is_one_empty_interval():
    """Praat takes no tier without an interval."""
    assert read_textgrid(to_textgrid([], 0.004)) == (0.004, [(0.0, 0.004, "")])


def test_an_rttm_is_read_back():
    """Ten fields a line; speech is a speaker, music and noise are subtypes of what is no speech; segments touch."""
    text = to_rttm("talk one.wav", SEGMENTS)
    rows = [line.split(" ") for line in text.splitlines()]
    assert all(len(row) == 10 for row in rows)
    assert rows[0] == [
        "SPEAKER",
        "talk_one",
        "1",
        "0.000",
        "1.230",
        "<NA>",
        "<NA>",
        "speech",
        "0.8765",
        "<NA>",
    ]
    assert rows[1] == [
        "NON-SPEECH",
        "talk_one",
        "1",
        "1.230",
        "0.770",
        "<NA>",
        "music",
        "<NA>",
        "0.9000",
        "<NA>",
    ]
    assert [row[6] for row in rows[1:]] == ["music", "noise"]
    for row, one in zip(rows, SEGMENTS, strict=True):
        assert abs(float(row[3]) - one.start_s) <= TIME_TOLERANCE_S
        assert abs(float(row[3]) + float(row[4]) - one.end_s) <= 2 * TIME_TOLERANCE_S
    for row, other in pairwise(rows):
        assert float(row[3]) + float(row[4]) == pytest.approx(float(other[3]), abs=1e-9)
    assert "NON-SPEECH a 1 0.000 1.000 <NA> other <NA>" in to_rttm("a.wav", [Segment(0.0, 1.0, "hum", 1.0)])


@pytest.mark.parametrize(
    ("name", "field"),
    [
        ("a.wav", "a"),
        ("sub/b c.flac", "sub/b_c"),
        ("no ending", "no_ending"),
        (".wav", "_"),
        ("v1.2 mix.wav", "v1.2_mix"),
    ],
)
def test_names_in_an_rttm_have_no_blanks(name, field):
    """One field whatever the file is called."""
    assert rttm_name(name) == field


@pytest.mark.parametrize(
    ("names", "fields"),
    [
        (["talk.wav", "talk.flac", "other.wav"], ["talk.wav", "talk.flac", "other"]),
        (["take 1.wav", "take_1.wav"], ["take_1.wav_2", "take_1.wav"]),
        (["take 1.wav", "take_1.flac"], ["take_1.wav", "take_1.flac"]),
        (["a b.wav", "a  b.wav", "a\tb.wav"], ["a_b.wav_3", "a_b.wav_2", "a_b.wav"]),
        (["a/take.wav", "b/take.wav"], ["a/take", "b/take"]),
        (["a b/take.wav", "a_b/take.wav"], ["a_b/take.wav_2", "a_b/take.wav"]),
        (["talk.wav", "talk.flac", "talk.wav.mp3"], ["talk.wav_2", "talk.flac", "talk.wav"]),
        (["Talk.wav", "talk.flac"], ["Talk.wav", "talk.flac"]),
        ([".wav", ".flac"], [".wav", ".flac"]),
        (["x.wav", "x.wav"], ["x.wav", "x.wav_2"]),
    ],
)
def test_identities_in_an_rttm_differ(names, fields):
    """Whatever the renaming does to them; none but those that meet is changed."""
    assert rttm_names(names) == fields


@given(st.lists(st.text("aA_ .w1/", min_size=1, max_size=6), max_size=8, unique=True), st.randoms())
def test_identities_do_not_depend_on_the_order(names, random):
    """Any names: no two identities are alike, capitals or not, and another order gives the same."""
    fields = dict(zip(names, rttm_names(names), strict=True))
    assert len({field.casefold() for field in fields.values()}) == len(names)
    assert not any(re.search(r"\s", field) or not field for field in fields.values())
    other = random.sample(names, len(names))
    assert dict(zip(other, rttm_names(other), strict=True)) == fields


def test_one_recording_is_told_from_others_in_other_files():
    """A file of its own, or one whose namesake could not be read, has the identity that it would have beside it."""
    own = [("talk.wav", labelled())]
    text = write_labels("rttm", own, ["talk.wav", "talk.flac"]).decode()
    assert {line.split(" ")[1] for line in text.splitlines()} == {"talk.wav"}
    both = write_labels("rttm", [*own, ("talk.flac", labelled())]).decode()
    assert {line.split(" ")[1] for line in both.splitlines()} == {"talk.wav", "talk.flac"}
    assert b" a\\udcff 1 " in write_labels("rttm", [("a\udcff.wav", labelled())])


def test_a_csv_is_read_back():
    """Names with commas and quotes come back; several recordings in one file."""
    data = write_labels("csv", [('a,"b".wav', labelled()), ("c.wav", labelled())])
    rows = list(csv.DictReader(data.decode().splitlines()))
    assert [row["file"] for row in rows] == ['a,"b".wav'] * 3 + ["c.wav"] * 3
    for row, one in zip(rows, SEGMENTS * 2, strict=True):
        assert row["label"] == one.label
        assert abs(float(row["start_s"]) - one.start_s) <= TIME_TOLERANCE_S
        assert abs(float(row["end_s"]) - one.end_s) <= TIME_TOLERANCE_S
        assert abs(float(row["probability"]) - one.probability) <= 1e-4


def test_frames_of_one_recording_and_of_several():
    """time_s and a column for each class; the recording in front where there are several."""
    classes = ("speech", "music", "noise")
    assert frames_csv([("a.wav", labelled())], classes).decode() == (
        "time_s,speech,music,noise\n0.010000,0.70000,0.20000,0.10000\n0.020000,0.25000,0.50000,0.25000\n"
    )
    two = frames_csv([("a.wav", labelled()), ("b.wav", labelled())], classes).decode().splitlines()
    assert two[0] == "file,time_s,speech,music,noise"
    assert two[3] == "b.wav,0.010000,0.70000,0.20000,0.10000"


def test_a_textgrid_holds_one_recording():
    """Two are refused with the remedy."""
    with pytest.raises(UsageError, match="a TextGrid holds one recording, got 2; give a folder with -o"):
        write_labels("TextGrid", [("a", labelled()), ("b", labelled())])
