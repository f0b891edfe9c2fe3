"""A user's own preset that is called like a shipped one: it is what the name means, and commands say so."""

import numpy as np
import pytest
import soundfile

import gate
from gate.cli import inspect, label, live, render
from gate.modelfile.preset import folders
from gate.notes import GateNote
from tests import toy_classify, toy_model


@pytest.fixture
def own(tmp_path, monkeypatch):
    """A gate called voice and a classifier called speech-music-noise."""
    place = tmp_path / "own"
    monkeypatch.setenv("LEARNED_GATE_PRESETS", str(place))
    toy_model.write_preset(place / "voice")
    toy_classify.write_preset(place / "speech-music-noise")
    soundfile.write(tmp_path / "in.wav", np.zeros(9600), 48000)
    return place


@pytest.mark.parametrize(
    ("command", "arguments", "name"),
    [
        (render, ["{in}", "-o", "{out}.wav"], "voice"),
        (render, ["{in}", "-o", "{out}.wav", "--preset", "snare", "--guard", "speech"], "speech-music-noise"),
        (label, ["{in}", "-o", "{out}.csv"], "speech-music-noise"),
        (inspect, ["voice"], "voice"),
        (live, ["--input", "file:{in}", "--output", "file:{out}.wav", "--fast"], "voice"),
    ],
)
def test_every_command_says_so_once(command, arguments, name, own, tmp_path, capsys):
    """Both places are in the sentence."""
    given = [
        text.replace("{in}", str(tmp_path / "in.wav")).replace("{out}", str(tmp_path / "out"))
        for text in arguments
    ]
    assert command.main(given) == 0
    err = capsys.readouterr().err
    said = [line for line in err.splitlines() if f"2 presets are called {name}, " in line]
    assert len(said) == 1
    assert f"{own / name} is used" in said[0] and f"({folders()[-1] / name})" in said[0]


def test_a_path_means_what_it_says(own, tmp_path, capsys):
    """No note, and the shipped one."""
    shipped = folders()[-1] / "voice"
    assert (
        render.main([str(tmp_path / "in.wav"), "-o", str(tmp_path / "out.wav"), "--preset", str(shipped)])
        == 0
    )
    assert "note: 2 presets" not in capsys.readouterr().err


def test_in_python(own):
    """A warning, as Python has them."""
    with pytest.warns(GateNote, match="2 presets are called voice"):
        made = gate.Gate("voice")
    assert made.contract.name == "toy"
