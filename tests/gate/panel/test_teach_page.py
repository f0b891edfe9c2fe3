"""The page for teaching, as it is used: record, drop files, teach, compare, keep."""

import sys
from pathlib import Path

import pytest

pytest.importorskip("PyQt6")

from PyQt6.QtCore import QMimeData, QPointF, Qt, QUrl
from PyQt6.QtGui import QDragEnterEvent, QDropEvent

from tests.gate.panel.stand_in import DID_NOT, HELPED

pytestmark = pytest.mark.qt

PATIENCE_MS = 60_000


@pytest.fixture
def home(tmp_path, monkeypatch, toys):
    """Where a user's presets go; the toys can be had by name as well."""
    place = tmp_path / "presets"
    monkeypatch.setenv("LEARNED_GATE_PRESETS", str(place))
    monkeypatch.chdir(Path(__file__).parents[3])
    return place


@pytest.fixture
def files(tmp_path):
    """A recording of each side."""
    import numpy as np
    import soundfile

    from tests.gate.panel.test_takes import RATE, phrases

    murmur = 0.003 * np.random.default_rng(1).normal(size=(12 * RATE, 1))
    for side, x in (("target", phrases(12.0)), ("bleed", murmur)):
        soundfile.write(tmp_path / f"{side}.wav", x, RATE, subtype="FLOAT")
    return tmp_path / "target.wav", tmp_path / "bleed.wav"


def with_learner(window, how):
    """The window's teacher runs the stand-in."""
    window.teacher._command = (sys.executable, "-m", "tests.gate.panel.stand_in", how)
    window.top.teach.click()
    return window.teacher


def drop(widget, *paths):
    """Drop files onto a widget."""
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(path)) for path in paths])
    at, copy = QPointF(widget.rect().center()), Qt.DropAction.CopyAction
    button, none = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
    enter = QDragEnterEvent(at.toPoint(), copy, data, button, none)
    widget.dragEnterEvent(enter)
    assert enter.isAccepted()
    widget.dropEvent(QDropEvent(at, copy, data, button, none))  # Qt delivers one only within a real drag


def click(qtbot, button):
    """With the mouse."""
    assert button.isVisible() and button.isEnabled()
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)


def test_from_files_to_a_preset(window, model, qtbot, settle, home, files):
    """Dropped, taught, compared as A and B, kept: the preset plays, and is on the list."""
    teacher, page = with_learner(window, "good"), window.page
    drop(page.cards["target"], files[0])
    assert not page.result.teach.isEnabled()
    drop(page.cards["bleed"], files[1])
    qtbot.waitUntil(page.result.teach.isEnabled, timeout=PATIENCE_MS)
    assert "enough" in page.cards["target"].result.text()
    page.result.name.setText("my voice")
    click(qtbot, page.result.teach)
    qtbot.waitUntil(lambda: page.result.keep.isVisible(), timeout=PATIENCE_MS)
    assert page.result.sentence.text() == HELPED and page.result.cells[1][1].text() == "100%"
    click(qtbot, page.result.try_)
    settle()
    assert model.slot == "B" and model.live.preset.folder.name == "my voice"
    model.switch("A")
    settle()
    assert model.live.preset.folder.name == "one"
    click(qtbot, page.result.keep)
    settle()
    assert model.live.preset.folder == home / "my voice" and window.pages.currentIndex() == 0
    window.tick()
    assert window.top.presets.currentData() == "my voice" and teacher.made is None


def test_it_says_when_it_did_not_help(window, qtbot, home, files):
    """In the learner's words, as a warning; there is nothing to compare, and nothing is kept unless somebody insists."""
    with_learner(window, "worse")
    page = window.page
    for card, path in zip(page.cards.values(), files, strict=True):
        drop(card, path)
    qtbot.waitUntil(page.result.teach.isEnabled, timeout=PATIENCE_MS)
    click(qtbot, page.result.teach)
    qtbot.waitUntil(lambda: page.result.keep.isVisible(), timeout=PATIENCE_MS)
    assert page.result.sentence.text() == DID_NOT and page.result.sentence.property("role") == "warning"
    assert not page.result.try_.isVisible()
    click(qtbot, page.result.discard)
    qtbot.waitUntil(page.result.teach.isVisible, timeout=PATIENCE_MS)
    assert not list(home.glob("mine*"))


def test_it_can_be_cancelled(window, qtbot, home, files):
    """And begun again."""
    teacher, page = with_learner(window, "hang"), window.page
    for card, path in zip(page.cards.values(), files, strict=True):
        drop(card, path)
    qtbot.waitUntil(page.result.teach.isEnabled, timeout=PATIENCE_MS)
    click(qtbot, page.result.teach)
    qtbot.waitUntil(lambda: page.result.bar.value() > 400, timeout=PATIENCE_MS)
    click(qtbot, page.result.cancel)
    qtbot.waitUntil(page.result.teach.isEnabled, timeout=PATIENCE_MS)
    assert teacher.learner is None


def test_a_recording_shows_its_time_and_can_be_stopped(window, model, qtbot, home):
    """From what comes in; stopped after a moment it is too short, and says so."""
    teacher, card = with_learner(window, "good"), window.page.cards["target"]
    click(qtbot, card.button)
    qtbot.waitUntil(lambda: teacher.sides["target"].take.seconds > 0.5, timeout=PATIENCE_MS)
    qtbot.waitUntil(lambda: card.bar.value() > 0 and card.button.text() == "Stop", timeout=PATIENCE_MS)
    assert not window.page.cards["bleed"].button.isEnabled()
    click(qtbot, card.button)
    qtbot.waitUntil(lambda: "Too short" in card.result.text(), timeout=PATIENCE_MS)
    assert card.result.property("role") == "warning"


def test_files_on_the_window_lead_to_the_page(window, qtbot, home, files):
    """Dropped anywhere they fill the first side that has nothing yet."""
    drop(window, files[0])
    assert window.pages.currentWidget() is window.page and window.teacher.sides["target"].files == [files[0]]
    drop(window, files[1])
    assert window.teacher.sides["bleed"].files == [files[1]]
    click(qtbot, window.page.back)
    assert window.pages.currentIndex() == 0


def test_closing_the_window_ends_the_learner(window, qtbot, home, files):
    """No process is left behind, and no folder."""
    teacher = with_learner(window, "hang")
    for card, path in zip(window.page.cards.values(), files, strict=True):
        drop(card, path)
    teacher.teach("mine", window.model.live.preset, -40.0, -60.0)
    run, folder = teacher.learner, teacher._folder
    window.close()
    assert run._process.poll() is not None and not folder.exists()
