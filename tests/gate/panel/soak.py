"""A minute and a half of a window in use, over sound: nothing grows, and nothing goes wrong. An hour is a benchmark's.

``test_soak`` runs it in a process of its own: what thousands of other tests have left in one says nothing of a window.
"""

import gc
import os
import random
import time
from pathlib import Path

import pytest

pytest.importorskip("PyQt6")

from PyQt6.QtWidgets import QApplication

from gate.live.filestream import FileStream
from gate.panel.library import presets

pytestmark = [pytest.mark.qt, pytest.mark.slow]

WARM_S, SOAK_S = 20.0, 70.0
"""Before the first count: everything is loaded and every ring and cache is full; and between the two counts."""

MOST_BYTES = 24 << 20
"""By which memory may differ between the two: allocators do not give back at once. A leak of one plot's picture (800 kB) a
second is twice that."""

MOST_OBJECTS = 3000
"""The same for Python objects that the collector knows; there are some 200,000."""


def resident_bytes():
    """Of this process."""
    if not Path("/proc/self/statm").exists():
        pytest.skip("memory is read from /proc")
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def counted():
    """Bytes, objects, widgets."""
    for _ in range(3):
        QApplication.processEvents()
        gc.collect()
    return resident_bytes(), len(gc.get_objects()), len(QApplication.allWidgets())


def use(window, actions, model, rng):
    """Something that a user does, at random."""
    knob = rng.choice(list(window.controls.values()))
    acts = (
        lambda: knob.asked.emit(knob.parameter.at(rng.random())),
        lambda: knob.asked.emit(knob.usual),
        model.undo,
        model.redo,
        lambda: model.switch(rng.choice("AB")),
        lambda: model.set_preset(rng.choice(("one", "two"))),
        lambda: model.set_monitor(rng.choice(("out", "in", "removed"))),
        lambda: window.look.use(rng.choice(("light", "dark", "contrast"))),
        lambda: window.top.card.click(),
        lambda: actions.card.hide(),
        lambda: window.top.bypass.click(),
        lambda: window.learned.disclose.toggle(),
        actions.lessons.show_page,
        actions.lessons.show_panel,
        lambda: window.guard.choice.asked.emit(rng.randrange(3)),
        lambda: window.say("hello"),
        lambda: window.top.presets.show_presets(presets()),
    )
    rng.choice(acts)()


def test_nothing_grows(window, actions, model, keeper, qtbot, sound):
    """Memory, objects and widgets after a minute of use are those of before; the gate played on, with its own model."""
    keeper.ask(lambda: model.live.sources.play(FileStream(sound, loops=True)))
    qtbot.waitUntil(lambda: model.live.facts["input"] == "bursts.wav", timeout=30_000)
    rng = random.Random(1)
    counts = []
    for seconds in (WARM_S, SOAK_S):
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            use(window, actions, model, rng)
            qtbot.wait(100)
        actions.lessons.show_panel()
        actions.card.hide()
        model.set_preset("one")
        qtbot.waitUntil(lambda: not model.under_way, timeout=60_000)
        qtbot.waitUntil(lambda: not model.live.player.changing, timeout=60_000)
        counts.append(counted())
    (bytes_, objects, widgets), (more_bytes, more_objects, more_widgets) = counts
    assert more_widgets == widgets
    assert more_objects - objects < MOST_OBJECTS
    assert more_bytes - bytes_ < MOST_BYTES
    assert model.live.sources.running and model.live.player.buffers() > 0
    assert model.live.status().model_errors == 0
    assert not [sentence for kind, sentence in keeper.events if kind == "error" and "unexpected" in sentence]
