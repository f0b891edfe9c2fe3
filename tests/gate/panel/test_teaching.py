"""Teaching: a learner in its own process, a comparison, and a preset that is kept or not."""

import sys
from pathlib import Path

import numpy as np
import pytest
import soundfile

from gate.errors import PresetError
from gate.modelfile.preset import names, resolve
from gate.panel.teaching import learner
from gate.panel.teaching.comparing import compare
from gate.panel.teaching.learner import DID_NOT_HELP, Learner
from gate.panel.teaching.teacher import Teacher
from tests import toy_model
from tests.gate.live.jack_server import PATIENCE_S, wait_until
from tests.gate.panel.stand_in import DID_NOT, HELPED
from tests.gate.panel.test_takes import RATE, phrases
from tests.training.tiny_corpus import talk

ROOT = Path(__file__).parents[3]

REAL_S = 400.0
"""For the real learner, on a machine that does much else: it ends its steps by the clock, after 36 s."""


def stand_in(how):
    """The command that stands in for gate-learn."""
    return (sys.executable, "-m", "tests.gate.panel.stand_in", how)


@pytest.fixture(autouse=True)
def here(monkeypatch):
    """The stand-in is a module of this checkout."""
    monkeypatch.chdir(ROOT)


@pytest.fixture
def home(tmp_path, monkeypatch):
    """Where a user's presets go."""
    place = tmp_path / "home" / "presets"
    monkeypatch.setenv("LEARNED_GATE_PRESETS", str(place))
    return place


@pytest.fixture
def files(tmp_path):
    """A recording of each side: loud phrases, and a steady murmur."""
    found = {}
    for side, x in (
        ("target", phrases(12.0)),
        ("bleed", 0.003 * np.random.default_rng(1).normal(size=(12 * RATE, 1))),
    ):
        found[side] = tmp_path / f"{side}.wav"
        soundfile.write(found[side], x, RATE, subtype="FLOAT")
    return found


def teach(how, files, tmp_path, name="mine"):
    """A teacher with a run begun."""
    teacher = Teacher(stand_in(how))
    for side, path in files.items():
        teacher.drop(side, [path])
    assert teacher.ready
    old = resolve(toy_model.write_preset(tmp_path / "old"))
    teacher.teach(name, old, -40.0, -60.0)
    return teacher


def until(teacher, condition, what, patience_s=PATIENCE_S):
    """Look until something is so."""

    def looked():
        teacher.look()
        return condition()

    wait_until(looked, what, patience_s)


def test_a_run_and_its_progress(tmp_path, files):
    """It is read off what the program says; at the end there is the sentence, and all of it is done."""
    run = Learner([files["target"]], [files["bleed"]], tmp_path / "mine", "nearest", stand_in("good")).start()
    seen = set()

    def watched():
        seen.add((run.stage, run.share))
        return not run.running

    wait_until(watched, "the run")
    assert (run.code, run.share, run.stage, run.sentence) == (0, 1.0, "done", HELPED) and run.helped
    shares = [share for _, share in sorted(seen, key=lambda one: one[1])]
    assert shares == sorted(shares) and (tmp_path / "mine" / "model.onnx").exists()


def test_a_run_that_refuses_says_why(tmp_path, files):
    """In the program's own words, without its name."""
    run = Learner(
        [files["target"]], [files["bleed"]], tmp_path / "mine", "nearest", stand_in("refuse")
    ).start()
    wait_until(lambda: not run.running, "the run")
    assert run.code == 1 and run.sentence == "only 3 s of target, at least 10 s are needed; record more"


def test_the_program_s_words_are_known():
    """A run that did not help is told by the very words that the learner writes."""
    assert DID_NOT_HELP in DID_NOT and DID_NOT_HELP in (ROOT / "export" / "learned.py").read_text()
    said = (ROOT / "training" / "learn" / "quick.py").read_text() + (
        ROOT / "export" / "learning.py"
    ).read_text()
    said += (ROOT / "export" / "cli" / "learn.py").read_text() + (
        ROOT / "training" / "learn" / "manifest.py"
    ).read_text()
    for pattern, *_ in learner.STAGES:
        words = pattern.pattern.replace("^", "").strip()
        assert words in said, words
    assert 'f"step {' in said


def test_cancelled(tmp_path, files, home):
    """It ends at once, and nothing is left: no process, no folder, no preset."""
    teacher = teach("hang", files, tmp_path)
    until(teacher, lambda: teacher.learner.share > 0.4, "some steps")
    run, folder = teacher.learner, teacher._folder
    teacher.cancel()
    assert not run.running and run._process.poll() is not None
    assert teacher.learner is None and not folder.exists() and teacher.ready


def test_taught_compared_and_kept(tmp_path, files, home):
    """Old and new on the same recordings; kept it is found by its name, and a second one of that name gets another."""
    teacher = teach("good", files, tmp_path)
    until(teacher, lambda: teacher.made is not None, "the new preset")
    old, new = teacher.doings
    assert (
        old == new
        and old.passes == 1.0
        and old.cut_db == pytest.approx(60.0, abs=1.0)
        and old.opens_min == 0.0
    )
    kept = teacher.keep()
    assert kept.folder == home / "mine" and "mine" in names() and resolve("mine").folder == kept.folder
    assert teacher.made is None and teacher.ready
    teacher.teach("mine", kept, -40.0, -60.0)
    until(teacher, lambda: teacher.made is not None, "another one")
    assert teacher.keep().folder == home / "mine-2"
    teacher.close()


def test_a_kept_preset_takes_no_other_ones_name(tmp_path, files, home):
    """Called as a shipped one is, in whatever letters, it is numbered, in its preset.json as well."""
    teacher = teach("good", files, tmp_path, "Voice")
    until(teacher, lambda: teacher.made is not None, "the new preset")
    kept = teacher.keep()
    assert (kept.folder, kept.name) == (home / "Voice-2", "Voice-2")
    assert resolve("voice").folder.parent != home
    teacher.close()


def test_discarded(tmp_path, files, home):
    """Nothing of it stays; the recordings do."""
    teacher = teach("worse", files, tmp_path)
    until(teacher, lambda: teacher.made is not None, "the new preset")
    assert not teacher.learner.helped
    folder = teacher._folder
    teacher.discard()
    assert not folder.exists() and not home.exists() and teacher.ready
    with pytest.raises(PresetError):
        teacher.keep()


@pytest.mark.parametrize("name", ["", "../else", "a/b", ".hidden"])
def test_names_that_are_none(tmp_path, files, home, name):
    """A preset's name becomes a folder's: what leads elsewhere is refused before anything begins."""
    teacher = teach("good", files, tmp_path, name)
    assert teacher.learner is None and "expected a name" in teacher.trouble


def test_a_learner_that_is_not_there_is_said(tmp_path, files, home):
    """With what to do about it."""
    teacher = Teacher(("/nowhere/gate-learn",))
    for side, path in files.items():
        teacher.drop(side, [path])
    teacher.teach("mine", resolve(toy_model.write_preset(tmp_path / "old")), -40.0, -60.0)
    assert "cannot be started" in teacher.trouble and teacher.learner is None


def test_a_file_that_is_no_sound_is_said(tmp_path):
    """And the side stays empty."""
    teacher = Teacher()
    (tmp_path / "notes.txt").write_text("la")
    teacher.drop("target", [tmp_path / "notes.txt"])
    assert teacher.trouble and teacher.sides["target"].heard is None and not teacher.ready


def test_comparing_counts_what_is_heard(tmp_path, files):
    """At a threshold over everything nothing passes, and under everything nothing is cut."""
    old = resolve(toy_model.write_preset(tmp_path / "old"))
    (high,) = compare([old], [files["target"]], [files["bleed"]], 0.0, -60.0)
    (low,) = compare([old], [files["target"]], [files["bleed"]], -80.0, -60.0)
    assert np.isnan(high.passes) and high.cut_db > 50.0
    assert low.passes > 0.95 and low.cut_db == pytest.approx(0.0, abs=0.5)
    assert low.opens_min >= 1.0


@pytest.mark.slow
def test_the_learner_itself(tmp_path, home):
    """gate-learn as it is, on something like speech and a murmur, ends with its sentence and a gate that can be kept."""
    rng, rate = np.random.default_rng(4), 16_000
    teacher = Teacher()
    for side, x in (("target", talk(rng, rate, 12.0)), ("bleed", 0.03 * rng.normal(size=12 * rate))):
        soundfile.write(tmp_path / f"{side}.wav", x, rate)
        teacher.drop(side, [tmp_path / f"{side}.wav"])
    assert teacher.ready, teacher.sides
    teacher.teach("mine", resolve("voice"), -40.0, -60.0)
    run = teacher.learner
    until(teacher, lambda: teacher.made is not None or teacher.trouble, "the learner", REAL_S)
    assert teacher.trouble == "" and run.sentence.startswith("On held-out examples mine is right ")
    assert run.share == 1.0 and len(teacher.doings) == 2
    kept = teacher.keep()
    assert kept.name == "mine" and kept.folder == home / "mine" and (kept.folder / "CARD.md").exists()
