"""gate-learn --dry --wet from end to end: a pair in, a folder out that says what the box is; and what is refused."""

import json

import pytest
import soundfile

from export.cli import learn
from gate.plugins.registry import from_text
from tests.training.clone.sounds import RATE, bursts, noise
from training.clone import dynamics, law, search
from training.clone.law import Dials


def clone(tmp_path, dry, wet, *more):
    for name, sound in (("dry", dry), ("wet", wet)):
        soundfile.write(tmp_path / f"{name}.wav", sound, RATE, "FLOAT")
    sides = ["--dry", str(tmp_path / "dry.wav"), "--wet", str(tmp_path / "wet.wav")]
    return learn.main([*sides, "-o", str(tmp_path / "mine"), *more])


def test_a_filter_becomes_its_impulse_response(tmp_path, capsys):
    """Card, picture, numbers and filter.wav; the command says what the pair and the box are."""
    from scipy.signal import butter, sosfilt

    x = noise()
    assert clone(tmp_path, x, sosfilt(butter(2, 1500.0, fs=RATE, output="sos"), x)) == 0
    out, err = capsys.readouterr()
    assert out.startswith("a fixed linear filter")
    assert "its polarity is the same" in err
    folder = tmp_path / "mine"
    assert sorted(one.name for one in folder.iterdir()) == [
        "CARD.md",
        "clone.json",
        "filter.wav",
        "picture.png",
    ]
    taps, rate = soundfile.read(folder / "filter.wav")
    assert rate == RATE
    assert taps.sum() == pytest.approx(1.0, abs=1e-3)
    assert "3 dB down at 1" in (folder / "CARD.md").read_text()
    assert clone(tmp_path, x, x) == 1
    assert "exists already" in capsys.readouterr().err


def test_a_gate_becomes_a_plugins_line(tmp_path, capsys, monkeypatch):
    """The classic gate's text is one that the registry takes, and the card has its numbers with their errors."""
    monkeypatch.setattr(dynamics, "DOWN", dynamics.CLASSIC)
    monkeypatch.setattr(search, "SIMPLEX_STEPS", 20)
    x = bursts(6.0)
    true = Dials(
        detector="rms", threshold_db=-28.0, zone_db=6.0, attack_ms=4.0, release_ms=70.0, range_db=-30.0
    )
    assert clone(tmp_path, x, x * law.gain(x, RATE, true)) == 0
    line = (tmp_path / "mine" / "plugin.txt").read_text().strip()
    plugin = from_text(line)
    assert plugin.threshold_db == pytest.approx(-28.0, abs=1.0)
    facts = json.loads((tmp_path / "mine" / "clone.json").read_text())
    assert facts["kind"] == "dynamics"
    assert facts["classic"]["plugin_off_db"] < 1.5
    card = (tmp_path / "mine" / "CARD.md").read_text()
    for words in ("| threshold |", "LSP and ours", "90 % of its way", line):
        assert words in card


def test_only_looking_writes_nothing(tmp_path, capsys):
    """--check says what was found of the pair, and stops."""
    x = bursts(5.0)
    assert clone(tmp_path, x, 0.5 * x, "--check") == 0
    assert "its level -6.02 dB" in capsys.readouterr().err
    assert not (tmp_path / "mine").exists()


def test_what_cannot_be_cloned_writes_nothing(tmp_path, capsys):
    """Another performance is refused with a sentence."""
    assert clone(tmp_path, bursts(6.0), noise(6.0)) == 1
    assert "gate-learn: error: expected" in capsys.readouterr().err
    assert not (tmp_path / "mine").exists()


def test_the_test_signal_is_written(tmp_path, capsys):
    """--test-signal writes three minutes at the rate that is asked for."""
    assert learn.main(["--test-signal", str(tmp_path / "t.wav"), "--rate", "8000"]) == 0
    assert soundfile.info(tmp_path / "t.wav").duration == 180.0
    assert "play it through the box" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--dry", "a.wav", "-o", "x"], "expected --dry and --wet"),
        (["--dry", "a.wav", "--wet", "b.wav"], "expected -o FOLDER"),
        (["--dry", "a.wav", "--wet", "b.wav", "--target", "c", "-o", "x"], "leave one kind out"),
        (["--test-signal", "t.wav", "--rate", "7"], "--rate takes"),
        (["-o", "x"], "expected --target and --bleed, or --dry and --wet"),
    ],
)
def test_command_lines_that_cannot_be(words, said, capsys):
    """Exit 2 and a sentence."""
    with pytest.raises(SystemExit) as ended:
        learn.main(words)
    assert ended.value.code == 2
    assert said in capsys.readouterr().err
