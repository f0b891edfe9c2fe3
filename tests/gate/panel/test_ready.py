"""What is seen before there is sound."""

import threading

import pytest
from PyQt6.QtWidgets import QApplication, QLabel

from gate.panel.view import ready

ENOUGH_S = 60.0
"""How long a test waits for what has to come."""


def sentences():
    return [part for part in QApplication.topLevelWidgets() if isinstance(part, QLabel) and part.isVisible()]


@pytest.mark.qt
def test_a_long_start_says_so(qapp, monkeypatch):
    """While the job lasts a sentence stands on the screen, and it is gone behind it."""
    monkeypatch.setattr(ready, "PATIENCE_S", 0.0)
    seen, really = threading.Event(), ready.wait

    def wait(*asked):
        if any("Getting ready" in label.text() for label in sentences()):
            seen.set()
        return really(*asked)

    monkeypatch.setattr(ready, "wait", wait)
    ready.meanwhile(lambda: seen.wait(ENOUGH_S))
    assert seen.is_set() and not sentences()


@pytest.mark.qt
def test_a_short_start_shows_nothing(qapp, monkeypatch):
    """With compiled code at hand no window comes and goes."""
    monkeypatch.setattr(ready, "PATIENCE_S", ENOUGH_S)
    shown = []
    monkeypatch.setattr(QLabel, "show", lambda label: shown.append(label))
    ready.meanwhile(lambda: None)
    assert not shown


@pytest.mark.qt
def test_an_error_is_the_callers(qapp):
    """What goes wrong on the way to the sound is raised where the window was asked for."""

    def fail():
        raise ValueError("no such device")

    with pytest.raises(ValueError, match="no such device"):
        ready.meanwhile(fail)
    assert not sentences()
