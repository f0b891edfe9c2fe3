"""What is typed about the chain while gate-live plays."""

import numpy as np
import pytest
import soundfile

from gate.cli import live as command
from gate.cli.live_lines import SHAPES, SLOT_WORDS, Lines
from gate.live.filestream import FileStream
from tests import toy_model
from tests.gate.engine_tools import bursts
from tests.gate.live.gates import live_gate

RATE = 48_000


@pytest.fixture
def said():
    return []


@pytest.fixture
def live(tmp_path):
    """From a minute of silence to file, at the pace of time."""
    source = tmp_path / "in.wav"
    soundfile.write(source, np.zeros(60 * RATE), RATE)
    preset = toy_model.write_preset(tmp_path / "toy")
    with live_gate(preset, {"threshold": -40.0, "range": -60.0}) as made:
        made.sources.play(FileStream(source, tmp_path / "out.wav"))
        yield made


@pytest.fixture
def lines(live, said):
    return Lines(live, None, said.append)


GATE = "gate: toy, threshold -40.0 dBFS, range -60.0 dB"


def test_the_chain_is_shown_and_changed(lines, live, said):
    """Each change says how the chain stands then."""
    for line, expected in (
        ("slots", f"0 {GATE}"),
        ("add 0 highpass:cutoff=90", f"0 highpass: cutoff 90.0 Hz | 1 {GATE}"),
        ("add 2 classic", f"0 highpass: cutoff 90.0 Hz | 1 {GATE} | 2 classic: as usual"),
        ("move highpass 2", f"0 {GATE} | 1 classic: as usual | 2 highpass: cutoff 90.0 Hz"),
        ("bypass 1 on", f"0 {GATE} | 1 classic (bypassed): as usual | 2 highpass: cutoff 90.0 Hz"),
        ("remove classic", f"0 {GATE} | 1 highpass: cutoff 90.0 Hz"),
    ):
        assert lines.obey(line)
        assert said.pop() == expected and not said
    for line, name, value in (
        ("set highpass.cutoff 120", "highpass.cutoff", 120.0),
        ("highpass.cutoff 0.2 kHz", "highpass.cutoff", 200.0),
        ("highpass.bypass on", "highpass.bypass", 1.0),
        ("set threshold -30", "threshold", -30.0),
        ("lookahead 5", "lookahead", 5.0),
        ("link off", "link", 0.0),
    ):
        assert lines.obey(line)
        assert live.value(name) == value and not said


def test_the_gate_is_bypassed_by_a_word(lines, live, said):
    """And comes back."""
    for state in (True, False):
        assert lines.obey(f"bypass {'on' if state else 'off'}")
        assert live.rack.gate.bypassed == state
        assert said.pop().startswith("0 gate (bypassed)" if state else "0 gate: toy")


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("add", "expected a place and a plugin after add, got ''; as in 'add 0 highpass:cutoff=80'"),
        ("add highpass", "expected a place and a plugin after add"),
        ("add first highpass", "expected a place from 0, got 'first'"),
        ("add 0 lowpass", "expected a kind of plugin"),
        ("add 7 highpass", "expected a place from 0 to 1, got 7"),
        ("move 0", "expected a slot and a place after move"),
        ("move highpass 0", "there is no slot 'highpass'"),
        ("remove", "expected a slot after remove"),
        ("remove 0", "the gate cannot be removed; bypass it"),
        ("remove 0 now", "expected a slot after remove"),
        ("bypass", "expected a slot and on or off after bypass"),
        ("bypass maybe", "expected off or on, got 'maybe'"),
        ("set highpass.cutoff", "expected a parameter and its value after set"),
        ("highpass.cutoff 100", "there is no slot 'highpass'"),
        ("gate.loudness 1", "expected threshold"),
        ("volume 11", "or quit, got 'volume'"),
    ],
)
def test_mistakes_are_sentences_and_change_nothing(lines, live, said, line, words):
    """With what was expected."""
    assert lines.obey(line)
    assert words in said[0] and len(said) == 1
    assert len(live.rack.chain) == 1 and not live.player.changing


def test_every_word_with_words_behind_it_has_an_example():
    """Which the command takes."""
    assert set(SHAPES) == set(SLOT_WORDS) - {"slots"}
    assert all(example.startswith(f"{word} ") for word, (_, example) in SHAPES.items())


def test_options_put_plugins_round_the_gate(tmp_path, capsys):
    """In order; what they delay by is taken out of a file again; what is none is a usage error, and nothing is written."""
    source, out = tmp_path / "in.wav", tmp_path / "out.wav"
    x = bursts(RATE, 0.5)
    soundfile.write(source, x, RATE, subtype="FLOAT")
    preset = toy_model.write_preset(tmp_path / "toy")
    begin = [
        "--input",
        f"file:{source}",
        "--output",
        f"file:{out}",
        "--fast",
        "--preset",
        str(preset),
        "--range=0",
    ]
    late = "classic:range=0,lookahead=10"
    assert command.main([*begin, "--before", late, "--after", late, "--lookahead", "5", "--json"]) == 0
    assert np.array_equal(soundfile.read(out, dtype="float32")[0], x[:, 0])
    assert '"added_ms": 25.0' in capsys.readouterr().out
    out.unlink()
    assert command.main([*begin, "--after", "highpass:q=3"]) == 2
    assert "highpass has no 'q': expected" in capsys.readouterr().err
    assert not out.exists()
