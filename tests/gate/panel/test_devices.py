"""Devices are chosen in the window, on a private JACK server; what cannot be had is said, and what plays plays on."""

import pytest

pytest.importorskip("PyQt6")

from PyQt6.QtCore import Qt

from gate.live.sessions import capture
from gate.session.choices import Devices
from tests.gate.live.jack_server import JackServer, needs_jackd

pytestmark = [pytest.mark.qt, pytest.mark.audio]

PATIENCE_MS = 60_000

PERIOD = 1024


@pytest.fixture
def server():
    """With two capture and two playback ports."""
    needs_jackd()
    with JackServer(48_000, PERIOD) as made:
        yield made


def test_over_to_devices_and_back(server, window, actions, model, qtbot, sound):
    """From silence to a device: the foot of the window says so; a file takes over again, and the device is left."""
    qtbot.mouseClick(window.foot.devices, Qt.MouseButton.LeftButton)
    box = actions.devices
    qtbot.waitUntil(
        lambda: box.boxes["input"].findText("system", Qt.MatchFlag.MatchStartsWith) > 0, timeout=PATIENCE_MS
    )
    for part in box.boxes.values():
        part.setCurrentIndex(part.findText("system", Qt.MatchFlag.MatchStartsWith))
    qtbot.mouseClick(box.use, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: model.keeper.facts.get("host_api") == "JACK", timeout=PATIENCE_MS)
    qtbot.waitUntil(lambda: window.foot.devices.text().startswith("system"), timeout=PATIENCE_MS)
    assert str(PERIOD) in window.foot.devices.text() and not box.isVisible()
    buffers = model.live.player.buffers()
    qtbot.waitUntil(lambda: model.live.player.buffers() > buffers, timeout=PATIENCE_MS)
    assert capture(model.live).devices.input is not None and not model.can_undo
    actions.play_file(sound)
    qtbot.waitUntil(lambda: model.keeper.facts.get("input") == "bursts.wav", timeout=PATIENCE_MS)
    qtbot.waitUntil(lambda: not model.live.sources.leaving, timeout=PATIENCE_MS)


def test_what_cannot_be_had_is_said(server, window, actions, model, qtbot):
    """No such device: a sentence over the plots, and the sound goes on."""
    actions.play_devices(Devices("organ", "system"))
    qtbot.waitUntil(
        lambda: window.banner.isVisible() and "organ" in window.banner.words.text(), timeout=PATIENCE_MS
    )
    assert window.banner.kind == "error" and model.keeper.facts["host_api"] == "files"
    buffers = model.live.player.buffers()
    qtbot.waitUntil(lambda: model.live.player.buffers() > buffers, timeout=PATIENCE_MS)


def test_a_preset_while_a_device_plays(server, window, actions, model, qtbot, settle):
    """The sound goes on, buffer by buffer, while the window changes what it is gated with."""
    actions.play_devices(Devices("system", "system"))
    qtbot.waitUntil(lambda: model.keeper.facts.get("host_api") == "JACK", timeout=PATIENCE_MS)
    window.top.presets.activated.emit(window.top.presets.findData("two"))
    settle()
    player, buffers = model.live.player, model.live.player.buffers()
    assert model.live.preset.folder.name == "two"
    qtbot.waitUntil(lambda: player.buffers() > buffers + 50, timeout=PATIENCE_MS)
    assert model.live.player is player
