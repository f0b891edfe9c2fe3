"""gate-live from file to file: the live path, told on the command line."""

import io
import json
import os
import signal
import subprocess
import sys
import time

import numpy as np
import pytest
import soundfile

from gate.cli import live as command
from gate.cli import render
from tests import toy_model
from tests.gate.engine_tools import bursts


@pytest.fixture
def preset(tmp_path):
    return toy_model.write_preset(tmp_path / "toy preset")


@pytest.fixture
def no_input(monkeypatch):
    monkeypatch.setattr(sys, "stdin", io.StringIO())


def write(path, rate=48_000, seconds=0.7, channels=1, subtype="PCM_16"):
    soundfile.write(path, bursts(rate, seconds, channels), rate, subtype=subtype)
    return path


def run(*arguments):
    return command.main([str(argument) for argument in arguments])


def to_file(source, target, *more):
    return run("--input", f"file:{source}", "--output", f"file:{target}", "--fast", *more)


@pytest.mark.parametrize(
    ("subtype", "rate", "channels"),
    [
        ("PCM_16", 44_100, 1),
        ("PCM_24", 48_000, 2),
        ("PCM_32", 96_000, 1),
        ("FLOAT", 22_050, 3),
        ("DOUBLE", 48_000, 1),
    ],
)
@pytest.mark.parametrize("buffer", [None, 64, 1000])
def test_files_equal_a_live_render(tmp_path, preset, no_input, subtype, rate, channels, buffer):
    """To the sample, in the input's rate, channels and sample format."""
    source = write(tmp_path / "in.wav", rate, channels=channels, subtype=subtype)
    gate = ["--preset", preset, "--threshold", "-35", "--range", "-50", "--lookahead", "3"]
    more = [] if buffer is None else ["--buffer", buffer]
    assert to_file(source, tmp_path / "live.wav", *gate, *more) == 0
    arguments = [source, "-o", tmp_path / "render.wav", "--live-buffer", buffer or 100, *gate]
    assert render.main([str(argument) for argument in arguments]) == 0
    live, rendered = (soundfile.read(tmp_path / name)[0] for name in ("live.wav", "render.wav"))
    assert np.array_equal(live, rendered) and live.any()
    info = soundfile.info(tmp_path / "live.wav")
    assert (info.samplerate, info.channels, info.subtype) == (rate, channels, subtype)


def test_the_summary_in_words_and_in_json(tmp_path, preset, no_input, capsys):
    """How long, how many buffers, how many late; JSON has it all, on one line."""
    source = write(tmp_path / "in.wav")
    assert to_file(source, tmp_path / "out.wav", "--preset", preset) == 0
    assert "0.7 s in 336 buffers, 0 late" in capsys.readouterr().out
    assert to_file(source, tmp_path / "out.wav", "--preset", preset, "--force", "--json") == 0
    last = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert last["end"] is True and last["buffers"] == 336 and last["preset"] == "toy"
    assert last["key_low_hz"] == 100.0 and last["decides"] == "the model"


def test_only_so_long(tmp_path, preset, no_input):
    """--for ends it, and what was played is there."""
    source = write(tmp_path / "in.wav")
    assert to_file(source, tmp_path / "out.wav", "--preset", preset, "--for", "0.25") == 0
    assert soundfile.info(tmp_path / "out.wav").frames == 12_000


def test_a_recording_is_what_the_gate_gives(tmp_path, preset, no_input, capsys):
    """Whatever is monitored; at the pace of time, so that the tape keeps up."""
    source = write(tmp_path / "in.wav", subtype="FLOAT", seconds=0.5)
    gate = ["--preset", preset, "--threshold", "-35"]
    out, tape = tmp_path / "out.wav", tmp_path / "tape.flac"
    slow = ["--input", f"file:{source}", "--output", f"file:{out}", "--record", tape, "--monitor", "in"]
    assert run(*slow, *gate) == 0
    assert f"recorded 0.5 s to {tape}" in capsys.readouterr().out
    assert np.array_equal(soundfile.read(out)[0], soundfile.read(source)[0])
    assert to_file(source, tmp_path / "gated.wav", *gate) == 0
    assert np.allclose(soundfile.read(tape)[0], soundfile.read(tmp_path / "gated.wav")[0], atol=2.0**-23)


def test_lines_on_standard_input_change_it(tmp_path, preset, monkeypatch, capsys):
    """Threshold, range, monitor and preset, while it plays; what makes no sense is said, and it plays on."""
    source = write(tmp_path / "in.wav", seconds=1.5)
    lines = "threshold -35\nrange -20\npreset nowhere\nthreshold loud\nwhat\nmonitor in\nrange -300\n"
    monkeypatch.setattr(sys, "stdin", io.StringIO(lines))
    files = ["--input", f"file:{source}", "--output", f"file:{tmp_path / 'out.wav'}"]
    assert run(*files, "--preset", preset, "--json") == 0
    said = capsys.readouterr()
    last = json.loads(said.out.splitlines()[-1])
    assert (last["threshold_db"], last["range_db"], last["monitor"]) == (-35.0, -20.0, "in")
    for word in ("nowhere", "expected a number in dBFS", "expected threshold, range", "out of range"):
        assert word in said.err


def test_quit_ends_it(tmp_path, preset, monkeypatch):
    """And what was played so far is kept."""
    source = write(tmp_path / "in.wav", seconds=20.0)
    monkeypatch.setattr(sys, "stdin", io.StringIO("quit\n"))
    files = ["--input", f"file:{source}", "--output", f"file:{tmp_path / 'out.wav'}"]
    assert run(*files, "--preset", preset) == 0
    assert 0 < soundfile.info(tmp_path / "out.wav").frames < 20 * 48_000


def test_ctrl_c_ends_it_cleanly_and_a_closed_input_does_not(tmp_path, preset):
    """Exit code 0, the files whole."""
    source, out = write(tmp_path / "in.wav", seconds=60.0), tmp_path / "out.wav"
    arguments = ["--input", f"file:{source}", "--output", f"file:{out}", "--preset", str(preset), "--json"]
    process = subprocess.Popen(
        [sys.executable, "-m", "gate.cli.live", *arguments],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    first = later = process.stdout.readline()
    while json.loads(later)["seconds"] < 0.6:  # it plays
        later = process.stdout.readline()
    process.send_signal(signal.SIGINT)
    rest, errors = process.communicate(timeout=60)
    assert process.returncode == 0, errors
    assert "seconds" in json.loads(first)
    assert json.loads(rest.splitlines()[-1])["end"] is True
    assert soundfile.info(out).frames > 24_000


def test_the_same_file_is_refused(tmp_path, preset, no_input, capsys):
    """Nobody loses an input."""
    source = write(tmp_path / "in.wav")
    before = source.read_bytes()
    assert to_file(source, source, "--preset", preset, "--force") == 2
    assert "expected another file" in capsys.readouterr().err
    assert source.read_bytes() == before


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (["--input", "file:a.wav"], 2, "give both as file:NAME, or neither"),
        (
            ["--input", "file:a.wav", "--output", "file:b.wav", "--rate", "48000"],
            2,
            "--rate is not for a file",
        ),
        (["--buffer", "64"], 2, "--buffer is not for a device"),
        (["--fast"], 2, "--fast is not for a device"),
        (["--input", "file:missing.wav", "--output", "file:b.wav"], 1, "missing.wav does not exist"),
        (["--preset", "nowhere"], 1, "nowhere"),
        (["--for", "0"], 2, "expected seconds over 0"),
        (["--channels", "33"], 2, "from 1 to 32"),
        (["--rate", "1"], 2, "from 8000 to 192000"),
        (["--threshold", "5"], 2, "out of range"),
        (["--monitor", "both"], 2, "invalid choice"),
    ],
)
def test_what_cannot_be(tmp_path, monkeypatch, no_input, capsys, arguments, code, words):
    """One sentence on standard error, and nothing left behind."""
    monkeypatch.chdir(tmp_path)
    assert run(*arguments) == code
    said = capsys.readouterr()
    assert words in said.err and "Traceback" not in said.err
    assert list(tmp_path.iterdir()) == []


def test_existing_files_are_kept(tmp_path, preset, no_input, capsys):
    """Without --force neither the output nor a recording replaces anything."""
    source, there = write(tmp_path / "in.wav"), write(tmp_path / "there.wav")
    before = there.read_bytes()
    assert to_file(source, there, "--preset", preset) == 1
    assert to_file(source, tmp_path / "out.wav", "--preset", preset, "--record", there) == 1
    assert "exists" in capsys.readouterr().err
    assert there.read_bytes() == before
    assert not (tmp_path / "out.wav").exists()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["in.wav", "there.wav", "toy preset"]


def test_version_and_help(capsys):
    """As every command has them."""
    assert run("--version") == 0 and run("--help") == 0
    assert "learned" in capsys.readouterr().out


def test_starting_imports_nothing_heavy():
    """No torch, scipy, matplotlib, Qt or sounddevice before there is a need."""
    ask = (
        "import sys; from gate.cli import live; import gate.live.live;"
        "print([n for n in ('torch', 'scipy.linalg', 'matplotlib', 'sounddevice', 'PyQt6') if n in sys.modules])"
    )
    said = subprocess.run([sys.executable, "-c", ask], capture_output=True, text=True, check=True)
    assert said.stdout.strip() == "[]"


def test_letters_typed_at_a_terminal_are_shown_and_obeyed(tmp_path, preset):
    """Letter by letter under the display, backspace too; the terminal is as before at the end."""
    pty, termios = pytest.importorskip("pty"), pytest.importorskip("termios")
    source, out = write(tmp_path / "in.wav", seconds=60.0), tmp_path / "out.wav"
    ours, theirs = pty.openpty()
    before = termios.tcgetattr(theirs)
    arguments = ["--input", f"file:{source}", "--output", f"file:{out}", "--preset", str(preset)]
    process = subprocess.Popen(
        [sys.executable, "-m", "gate.cli.live", *arguments], stdin=theirs, stdout=theirs, stderr=theirs
    )
    shown = ""

    def until(words):
        nonlocal shown
        while words not in shown:
            shown += os.read(ours, 65536).decode()

    until("> ")
    os.write(ours, b"rangx\x7fe -33")
    until("> range -33")
    os.write(ours, b"\n")
    until("range -33.0 dB")
    os.write(ours, b"quit\n")
    until("99.9th percentile")
    assert process.wait(60) == 0
    assert termios.tcgetattr(theirs) == before
    os.close(ours)
    os.close(theirs)
    assert soundfile.info(out).frames > 0


def test_an_end_before_it_plays_ends_at_once(tmp_path, preset, monkeypatch, no_input, capsys):
    """While something is still being made ready there is nothing to fade; no half-written file is left."""
    source = write(tmp_path / "in.wav")

    def slow(*_, **__):
        os.kill(os.getpid(), signal.SIGTERM)
        time.sleep(10.0)

    monkeypatch.setattr("gate.live.rack.Player", slow)
    assert to_file(source, tmp_path / "out.wav", "--preset", preset) == 128 + signal.SIGTERM
    assert sorted(path.name for path in tmp_path.iterdir()) == ["in.wav", "toy preset"]
