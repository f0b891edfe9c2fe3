"""From frames to segments: averages, hysteresis, least lengths; and recordings of any rate and length."""

from itertools import pairwise

import numpy as np
import pytest
import soundfile

from gate.errors import AudioFileError, RenderError, UsageError
from gate.label.listen import Rules, Segment, label_file, segments, smoothed
from gate.modelfile import contract
from tests import toy_classify

CLASSES = ("speech", "music", "noise")
LOW, MIDDLE, HIGH = toy_classify.CENTRES_HZ
PLAIN = Rules(smooth_ms=0.0, margin=0.0, least_ms=0.0)


@pytest.fixture(scope="module")
def classes():
    return contract.read(toy_classify.build())


def rows(text: str, sure: float = 0.9) -> np.ndarray:
    """Probabilities of frames written as letters: "ssmm"; the named class has ``sure``, the others the rest."""
    table = np.full((len(text), 3), (1.0 - sure) / 2.0)
    table[np.arange(len(text)), ["smn".index(letter) for letter in text]] = sure
    return table


def letters(made: list[Segment]) -> str:
    return "".join(one.label[0] * round(100 * (one.end_s - one.start_s)) for one in made)


def save(path, rate, *parts, channels=1, subtype="PCM_16"):
    """A recording of tones of (Hz, seconds)."""
    x = np.concatenate([toy_classify.tone(hz, rate, seconds) for hz, seconds in parts])
    soundfile.write(path, np.repeat(x[:, None], channels, axis=1), rate, subtype)
    return path


def test_segments_are_runs_of_the_likeliest_class():
    """Without smoothing, margin and least length every change is one; times are exact, ends are the recording's."""
    made = segments(rows("ssmmmns"), CLASSES, PLAIN, 0.0734)
    assert [(one.start_s, one.end_s, one.label) for one in made] == [
        (0.0, 0.02, "speech"), (0.02, 0.05, "music"), (0.05, 0.06, "noise"), (0.06, 0.0734, "speech"),
    ]  # fmt: skip
    assert [one.probability for one in made] == pytest.approx([0.9] * 4)


def test_a_class_stays_until_another_is_likelier_by_the_margin():
    """Hysteresis: .4 against .35 changes nothing, .6 against .2 does."""
    table = np.array([[0.8, 0.1, 0.1], [0.35, 0.4, 0.25], [0.2, 0.6, 0.2], [0.45, 0.4, 0.15]])
    assert letters(segments(table, CLASSES, Rules(0.0, 0.2, 0.0), 0.04)) == "ssmm"
    assert letters(segments(table, CLASSES, PLAIN, 0.04)) == "smms"


@pytest.mark.parametrize(
    ("frames", "least_ms", "kept"),
    [
        ("ssssmssss", 30.0, "sssssssss"),  # a neighbour on both sides: all three become one
        ("sssmmnnnn", 30.0, "sssnnnnnn"),  # to the one that was likelier in it, here by a hint
        ("mssss", 20.0, "sssss"),  # an end has one neighbour
        ("ssssm", 20.0, "sssss"),
        ("ssmmss", 20.0, "ssmmss"),  # as long as the least is long enough
        ("sm", 1000.0, "mm"),  # the whole may be shorter than the least; of equals the earliest goes first
        ("snsnsnsn" + "m" * 9, 50.0, None),
    ],
)
def test_short_segments_go_to_a_neighbour(frames, least_ms, kept):
    """The shortest first, and what is left is long enough or alone."""
    table = rows(frames)
    if frames == "sssmmnnnn":
        table[3:5, 2] += 0.01
    made = segments(table, CLASSES, Rules(0.0, 0.0, least_ms), len(frames) / 100.0)
    if kept is not None:
        assert letters(made) == kept
    assert len(made) == 1 or min(one.end_s - one.start_s for one in made) >= least_ms / 1000.0 - 1e-9
    assert all(one.end_s == other.start_s for one, other in pairwise(made))
    assert all(one.label != other.label for one, other in pairwise(made))


def test_merging_leaves_nothing_short_whatever_comes():
    """Random frames: segments touch, differ, cover everything and are long enough."""
    rng = np.random.default_rng(5)
    for _ in range(30):
        table = rng.dirichlet([0.5] * 3, 400)
        made = segments(table, CLASSES, Rules(0.0, 0.0, 70.0), 4.0)
        assert (made[0].start_s, made[-1].end_s) == (0.0, 4.0)
        assert len(made) == 1 or min(one.end_s - one.start_s for one in made) >= 0.07 - 1e-9
        assert all(a.end_s == b.start_s and a.label != b.label for a, b in pairwise(made))


def test_smoothing_is_a_mean_round_each_frame():
    """Of an odd number of frames, fewer at both ends; it moves nothing in time."""
    x = np.zeros((7, 1))
    x[3] = 1.0
    assert smoothed(x, 3)[:, 0].tolist() == pytest.approx([0, 0, 1 / 3, 1 / 3, 1 / 3, 0, 0])
    assert np.array_equal(smoothed(x, 2), smoothed(x, 3))
    assert np.array_equal(smoothed(x, 0), x)
    assert smoothed(np.ones((2, 1)), 99)[:, 0].tolist() == [1.0, 1.0]


def test_no_frames_no_segments():
    """A recording shorter than a frame says nothing."""
    assert segments(np.empty((0, 3)), CLASSES, PLAIN, 0.004) == []


@pytest.mark.parametrize(
    ("values", "text"),
    [
        ((-1.0, 0.2, 0.0), "smooth_ms -1: expected 0 to 5000 ms; give that"),
        ((0.0, 1.5, 0.0), "margin 1.5: expected 0 to 1; give that"),
        ((0.0, 0.2, 1e6), "least_ms 1e.06: expected 0 to 60000 ms; give that"),
    ],
)
def test_rules_out_of_range(values, text):
    """Expected, got, remedy."""
    with pytest.raises(UsageError, match=text):
        Rules(*values)


@pytest.mark.parametrize(
    ("rate", "channels"), [(8_000, 1), (16_000, 2), (44_100, 1), (48_000, 3), (192_000, 1)]
)
def test_a_recording_of_any_rate(tmp_path, classes, rate, channels):
    """Segments lie where the sound changes, within two frames; there is a frame for each whole 10 ms."""
    parts = [(LOW, 1.0), (MIDDLE, 1.0), (LOW, 0.707)]
    path = save(tmp_path / "a.wav", rate, *parts, channels=channels)
    made = label_file(path, classes, Rules())
    frames = int(1.0 * rate) * 2 + int(0.707 * rate)
    assert made.seconds == frames / rate
    assert len(made.frames.time_s) == frames * 100 // rate
    assert [one.label for one in made.segments] == ["speech", "music", "speech"]
    starts = [one.start_s for one in made.segments]
    assert starts == pytest.approx([0.0, 1.0, 2.0], abs=0.02)
    assert made.segments[-1].end_s == made.seconds
    late = made.frames.time_s - np.arange(1, len(made.frames.time_s) + 1) / 100.0
    assert late.min() >= -1e-12
    assert late.max() <= (1e-12 if rate == 16_000 else 0.0022)
    assert made.share("speech") == pytest.approx(1.707 / 2.707, abs=0.02)


def test_a_long_recording_is_read_in_pieces(tmp_path, classes):
    """Pieces leave no trace: frames are those of the whole sound at once, and progress is told."""
    parts = [(LOW, 5.0), (MIDDLE, 5.0), (HIGH, 3.333)]
    path = save(tmp_path / "a.flac", 16_000, *parts)
    told = []
    made = label_file(path, classes, Rules(), progress=lambda done, frames: told.append((done, frames)))
    x = soundfile.read(path, dtype="float32")[0]
    whole = len(x) // 160
    probabilities, level_db = toy_classify.expected(x[: whole * 160])
    assert len(made.frames.level_db) == whole
    assert np.abs(made.frames.probabilities - probabilities.T).max() <= 2e-4
    assert np.abs(made.frames.level_db - level_db).max() <= 1e-3
    assert told[-1] == (len(x), len(x)) and len(told) == 4
    assert [one.label for one in made.segments] == ["speech", "music", "noise"]


def test_shorter_than_a_frame(tmp_path, classes):
    """No frame, no segment, no error."""
    soundfile.write(tmp_path / "a.wav", np.zeros(70), 16_000)
    made = label_file(tmp_path / "a.wav", classes, Rules())
    assert (len(made.frames.time_s), made.segments, made.share("speech")) == (0, [], 0.0)


def test_what_cannot_be_labelled(tmp_path, classes):
    """No sound file, and a model that fails."""
    (tmp_path / "a.wav").write_text("no sound")
    with pytest.raises(AudioFileError):
        label_file(tmp_path / "a.wav", classes, Rules())
    broken = contract.read(toy_classify.build(nan_over_db=-30.0))
    path = save(tmp_path / "b.wav", 16_000, (LOW, 0.5))
    with pytest.raises(
        RenderError, match=r"b\.wav could not be labelled, the model failed \(it gave numbers"
    ):
        label_file(path, broken, Rules())
