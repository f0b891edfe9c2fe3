"""gate-panel from the command line: a picture without a screen, and words for what cannot be."""

import os
import subprocess
import sys

import pytest
import soundfile

from gate.cli import panel
from gate.cli.panel_options import parser
from tests import toy_model
from tests.gate.engine_tools import bursts

WIDTH, HEIGHT = 1200, 700
"""A picture is at least so large, whatever the screen: the offscreen platform's has 800 x 800 pixels."""

PATIENCE_S = 300


@pytest.fixture
def sound(tmp_path):
    path = tmp_path / "talk.wav"
    soundfile.write(path, bursts(48_000, 2.0), 48_000)
    return path


def picture(tmp_path, sound, *more):
    """The command as a user runs it; the picture."""
    from PyQt6.QtGui import QImage

    preset, target = toy_model.write_preset(tmp_path / "toy"), tmp_path / "panel.png"
    command = [
        sys.executable, "-m", "gate.cli.panel", "--input", f"file:{sound}", "--preset", str(preset), "--screenshot",
        str(target), "--after", "1", *more,
    ]  # fmt: skip
    environment = os.environ | {"QT_QPA_PLATFORM": "offscreen", "LEARNED_GATE_STATE": str(tmp_path / "state")}
    done = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE_S, env=environment)
    assert (done.returncode, done.stderr) == (0, ""), done.stderr
    image = QImage(str(target))
    assert not image.isNull()
    return image


@pytest.mark.qt
@pytest.mark.parametrize(("scale", "factor"), [((), 1), (("--scale", "200%"), 2)])
@pytest.mark.parametrize("theme", ["light", "dark", "contrast"])
def test_a_picture_without_a_screen(tmp_path, sound, theme, scale, factor):
    """Large enough, and not empty: its ground is the theme's, and it has many colours."""
    from gate.panel.theme import THEMES

    image = picture(tmp_path, sound, "--theme", theme, *scale)
    assert image.width() >= WIDTH * factor and image.height() >= HEIGHT * factor
    assert image.pixelColor(3, 3).name() == THEMES[theme].ground
    colours = {image.pixel(x, y) for x in range(0, image.width(), 3) for y in range(0, image.height(), 3)}
    assert len(colours) > 40


def without_a_screen(tmp_path, *arguments):
    """The command where there is no screen and Qt was told nothing, as over ssh: its end."""
    names = ("QT_QPA_PLATFORM", "DISPLAY", "WAYLAND_DISPLAY")
    kept = {name: value for name, value in os.environ.items() if name not in names}
    return subprocess.run(
        [sys.executable, "-m", "gate.cli.panel", *arguments],
        capture_output=True,
        text=True,
        timeout=PATIENCE_S,
        env=kept | {"LEARNED_GATE_STATE": str(tmp_path / "state")},
    )


@pytest.mark.qt
@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere there is always a screen")
def test_no_screen_is_a_sentence(tmp_path, sound):
    """Qt would abort; here it is a usage error with a remedy."""
    done = without_a_screen(tmp_path, "--input", f"file:{sound}")
    assert done.returncode == 2
    assert done.stderr.startswith("gate-panel: error: expected a screen, got neither DISPLAY nor")
    assert len(done.stderr.splitlines()) == 1


@pytest.mark.qt
@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere there is always a screen")
def test_a_picture_needs_none(tmp_path, sound):
    """Nobody has to tell Qt to draw into memory."""
    target = tmp_path / "panel.png"
    done = without_a_screen(tmp_path, "--input", f"file:{sound}", "--screenshot", str(target), "--after", "1")
    assert (done.returncode, done.stderr) == (0, "") and target.stat().st_size > 0


@pytest.mark.qt
def test_a_picture_of_another_size(tmp_path, sound):
    """As large as it was asked to be."""
    image = picture(tmp_path, sound, "--size", "1700x900", "--theme", "dark")
    assert (image.width(), image.height()) == (1700, 900)


@pytest.mark.qt
def test_a_picture_that_cannot_be_written(tmp_path, sound, capsys):
    """Is an error with a remedy, before anything sounds."""
    target = tmp_path / "missing" / "panel.png"
    assert panel.main(["--input", f"file:{sound}", "--screenshot", str(target)]) == 2
    assert "folder" in capsys.readouterr().err


@pytest.mark.qt
def test_a_file_that_is_not_there(qapp, capsys):
    """Is an error, and no window comes."""
    assert panel.main(["--input", "file:missing.wav"]) == 1
    assert "missing.wav does not exist" in capsys.readouterr().err


@pytest.mark.qt
@pytest.mark.parametrize("option", [("--output", "3"), ("--rate", "48000"), ("--channels", "2")])
def test_a_file_is_played_as_it_is(qapp, sound, option, capsys):
    """Options for devices are refused with it."""
    assert panel.main(["--input", f"file:{sound}", *option]) == 2
    assert "leave --output, --rate and --channels out" in capsys.readouterr().err


@pytest.mark.parametrize(
    "arguments", [("--size", "big"), ("--size", "10x10"), ("--scale", "9"), ("--theme", "pink")]
)
def test_options_that_are_none(arguments, capsys):
    """Usage errors say what was expected."""
    assert panel.main(list(arguments)) == 2
    assert "--help" in capsys.readouterr().err


def test_scales_in_factors_and_in_percent():
    """1.5 and 150% are the same."""
    for text in ("1.5", "150%"):
        assert parser().parse_args(["--scale", text]).scale == 1.5
