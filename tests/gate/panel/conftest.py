"""A gate that plays silence, its keeper, and a window over it."""

import numpy as np
import pytest
import soundfile

from gate.live.filestream import SilentStream
from gate.panel.keeper import Keeper
from gate.panel.midi import Midi
from gate.panel.model import Model
from tests import toy_classify, toy_model
from tests.gate.live.jack_server import wait_until


@pytest.fixture
def toys(tmp_path, monkeypatch):
    """Two presets that open for anything over the threshold, found by name: {name: folder}."""
    places = tmp_path / "presets"
    made = {name: toy_model.write_preset(places / name, holds=True) for name in ("one", "two")}
    monkeypatch.setattr("gate.modelfile.preset.folders", lambda: [places])
    return made


@pytest.fixture
def keeper(tmp_path, toys):
    """Of a gate through which silence goes; its thread does not run yet."""
    classes = toy_classify.write_preset(tmp_path / "classes")
    made = Keeper("one", str(classes))
    made.live.sources.play(SilentStream())
    yield made
    made.stop()


@pytest.fixture
def model(keeper):
    """Of that gate; the keeper's thread runs."""
    made = Model(keeper)
    keeper.start()
    return made


@pytest.fixture
def settle(model):
    """Wait until everything that was asked for has happened, and see it."""

    def wait():
        wait_until(lambda: not model.under_way, "the keeper")
        model.look()

    return wait


@pytest.fixture
def sound(tmp_path):
    """A file of two seconds: half a second of noise at -20 dBFS, half a second of next to nothing, and again."""
    path = tmp_path / "bursts.wav"
    x = np.random.default_rng(7).normal(size=96_000) * np.repeat([0.1, 1e-4, 0.1, 1e-4], 24_000)
    soundfile.write(path, x.astype(np.float32), 48_000, subtype="FLOAT")
    return path


@pytest.fixture
def midi(keeper):
    """No port yet."""
    made = Midi(keeper)
    yield made
    made.use("")


@pytest.fixture
def panel(model, midi):
    """A window over that gate, and what its buttons do."""
    from gate.panel.view.app import assemble
    from gate.panel.view.parts.look import Look

    look = Look("dark")
    look.dress()
    return assemble(model, look, midi)


@pytest.fixture
def actions(panel):
    """What the window's buttons do."""
    return panel[1]


@pytest.fixture
def window(qtbot, panel):
    """Over that gate, shown and looked at once."""
    made, _ = panel
    made.top.presets.show_presets([("one", "this"), ("two", "that")])
    made.resize(1280, 760)
    qtbot.addWidget(made)
    made.show()
    qtbot.waitExposed(made)
    yield made
    made.close()
