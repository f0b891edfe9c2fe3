"""The window as a whole: it draws what is played, stops when nobody looks, and can be reached with keys alone."""

import re

import numpy as np
import pytest

pytest.importorskip("PyQt6")

from PyQt6.QtCore import QCoreApplication, QObject, Qt, QTranslator
from PyQt6.QtWidgets import QAbstractButton, QAbstractSpinBox, QComboBox, QLabel, QWidget

from gate.live.filestream import FileStream
from gate.panel.theme import THEMES
from gate.panel.view.app import assemble
from gate.panel.view.learned import key_words
from gate.panel.view.parts.look import Look
from gate.panel.view.window import HIDDEN_MS

pytestmark = pytest.mark.qt

PATIENCE_MS = 30_000


def play(window, model, qtbot, path):
    """Have a file played, and wait until its sound is in the picture."""
    model.keeper.ask(lambda: model.live.sources.play(FileStream(path, loops=True)))
    qtbot.waitUntil(lambda: window.history.ring["input_db"].max() > -30.0, timeout=PATIENCE_MS)


def test_it_draws_what_is_played(window, model, qtbot, sound):
    """Level in and out, gain, closed stretches, spectrum and key are those of the sound."""
    play(window, model, qtbot, sound)
    assert window.level.input.getData()[1].max() > -30.0
    qtbot.waitUntil(lambda: window.gain.gain.getData()[1].min() < -60.0, timeout=PATIENCE_MS)
    qtbot.waitUntil(lambda: window.plot.input.getData()[1].max() > -60.0, timeout=PATIENCE_MS)
    record = model.live.player.engine_record[0]

    def agrees():
        low, high = (10 ** edge.value() for edge in window.plot.edges)
        return (low, high) == pytest.approx((record["key_low_hz"], record["key_high_hz"]), rel=0.01)

    qtbot.waitUntil(agrees, timeout=PATIENCE_MS)
    qtbot.waitUntil(
        lambda: "Hz" in window.key.text() and "dB" in window.numbers["in"].text(), timeout=PATIENCE_MS
    )


def test_a_whole_look_says_what_it_draws(window, model, qtbot, sound):
    """In a picture the words on the key are those of the band that is drawn, in whatever look it is taken."""
    play(window, model, qtbot, sound)
    window.plot.draw(window.spectrum.frequencies_hz, window.spectrum.levels_db, (1000.0, 2000.0))
    window.key.setText("-")
    window.look_whole()
    low_hz, high_hz = (10 ** edge.value() for edge in window.plot.edges)
    assert window.key.text() == key_words(low_hz, high_hz) != "-"


def test_redraws_stop_while_it_is_hidden(window, model, qtbot, sound):
    """Hidden or minimised, nothing is drawn; shown again, it goes on."""
    play(window, model, qtbot, sound)
    for hide, show in ((window.hide, window.show), (window.showMinimized, window.showNormal)):
        hide()
        qtbot.waitUntil(lambda: window._timer.interval() == HIDDEN_MS)
        before = window.level.input.getData()[1].copy()
        window.tick()
        assert np.array_equal(window.level.input.getData()[1], before)
        show()
        qtbot.waitUntil(
            lambda before=before: not np.array_equal(window.level.input.getData()[1], before),
            timeout=PATIENCE_MS,
        )


def test_curves_are_made_once(window, model, qtbot, sound):
    """Drawing for a while leaves as many items in the plots as there were."""
    play(window, model, qtbot, sound)
    plots = (window.level, window.gain, window.plot)
    before = [len(plot.getPlotItem().items) for plot in plots], [len(plot.scene().items()) for plot in plots]
    for _ in range(50):
        qtbot.wait(5)
        window.tick()
    assert before == (
        [len(plot.getPlotItem().items) for plot in plots],
        [len(plot.scene().items()) for plot in plots],
    )


@pytest.mark.parametrize("name", THEMES)
def test_another_theme_while_it_runs(window, qtbot, name):
    """Ground, text and curves change together."""
    window.look.use(name)
    window.tick()
    picture = window.grab().toImage()
    assert picture.pixelColor(4, 4).name() == THEMES[name].ground
    assert window.level.heard.opts["pen"].color().name() == THEMES[name].accent


def interactive(window):
    """Everything that a hand can do something with, and a keyboard has to reach."""
    kinds = (QAbstractButton, QAbstractSpinBox, QComboBox)
    return [
        part for part in window.findChildren(QWidget) if isinstance(part, kinds) and part.isVisibleTo(window)
    ]


def test_everything_has_a_name_to_be_read_out(window):
    """A screen reader says what each control is; buttons say also what they are for."""
    window.learned.disclose.setChecked(True)
    window.banner.show()
    parts = interactive(window)
    assert len(parts) > 20
    assert not [part for part in parts if not part.accessibleName()]
    assert not [
        part.accessibleName() for part in parts if not (part.toolTip() or part.accessibleDescription())
    ]


def test_the_keyboard_reaches_everything(window, qtbot):
    """Tab goes round through every control that is shown, the two knobs first among what sets the gate."""
    window.learned.disclose.setChecked(True)
    window.activateWindow()
    window.setFocus()
    seen = []
    for _ in range(200):
        qtbot.keyClick(window.focusWidget() or window, Qt.Key.Key_Tab)
        at = window.focusWidget()
        if at in seen:
            break
        seen.append(at)
    missing = [
        part.accessibleName() for part in interactive(window)
        if part.isEnabled() and part not in seen and not _in_group(part, seen)
    ]  # fmt: skip
    assert missing == []
    assert seen.index(window.threshold.field) < seen.index(window.range.field)


def _in_group(part, seen):
    """Arrow keys move within a row of which one is down."""
    group = part.group() if isinstance(part, QAbstractButton) else None
    return group is not None and any(button in seen for button in group.buttons())


@pytest.mark.parametrize(
    ("key", "modifiers", "part"),
    [
        (Qt.Key.Key_T, Qt.KeyboardModifier.NoModifier, "threshold"),
        (Qt.Key.Key_R, Qt.KeyboardModifier.NoModifier, "range"),
    ],
)
def test_one_key_leads_to_each_knob(window, qtbot, key, modifiers, part):
    """And the field has the focus, which shows."""
    window.activateWindow()
    window.top.presets.setFocus()
    qtbot.keyClick(window, key, modifiers)
    qtbot.waitUntil(getattr(window, part).field.hasFocus)


class Brackets(QTranslator):
    """A language in which every text stands in brackets."""

    def translate(self, context, text, disambiguation=None, n=-1):
        return (
            f"\N{LEFT WHITE SQUARE BRACKET}{text}\N{RIGHT WHITE SQUARE BRACKET}" if context == "panel" else ""
        )

    def isEmpty(self):
        return False


def test_every_text_can_be_translated(qtbot, model, midi):
    """In a language of brackets nothing that is read or read out stands outside them, but for names and numbers."""
    brackets = Brackets()
    QCoreApplication.installTranslator(brackets)
    try:
        look = Look("light")
        look.dress()
        window, actions = assemble(model, look, midi)
        qtbot.addWidget(window)
        window.show()
        qtbot.waitUntil(lambda: model.keeper.looks > 1)
        window._frame = 0
        window.tick()
        texts = {(part, kind): text for part in window.findChildren(QObject) for kind, text in _texts(part)}
        bare = [
            text
            for text in texts.values()
            if any(map(str.isalpha, text)) and "\N{LEFT WHITE SQUARE BRACKET}" not in text
        ]
        units = {"dBFS", "dB", "ms", "Hz", "k", "kHz", "A", "B", "one", "two", "toy", "x"}
        units |= {word for keys, _, _ in actions.shortcuts() for word in re.findall("[A-Za-z]+", keys)}
        left = [
            text
            for text in bare
            if not set("".join(c if c.isalpha() else " " for c in text).split()) <= units
        ]
        assert left == []
        assert len(texts) - len(bare) > 60
        window.close()
    finally:
        QCoreApplication.removeTranslator(brackets)


def _texts(part):
    if isinstance(part, (QAbstractButton, QLabel)):
        yield "text", part.text()
    if isinstance(part, QWidget):
        yield "tooltip", part.toolTip()
        yield "name", part.accessibleName()
        yield "description", part.accessibleDescription()
