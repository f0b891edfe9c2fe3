"""What several folders of tests share."""

import os
import signal
from pathlib import Path
from typing import Any

import pytest

from gate.modelfile import contract
from gate.modelfile.contract import Contract
from tests import toy_model

# Started in the background by a shell, or by nohup, commands under test would rightly ignore these; some tests send them.
for _name, _handler in (("SIGINT", signal.default_int_handler), ("SIGHUP", signal.SIG_DFL)):
    if signal.getsignal(getattr(signal, _name, signal.SIGINT)) is signal.SIG_IGN:
        signal.signal(getattr(signal, _name), _handler)

os.environ.setdefault("LEARNED_GATE_PRESETS", os.devnull)  # a developer's own presets are nobody's test

# No test needs a screen, however it is started: windows and figures are drawn into memory.
os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
os.environ.setdefault("MPLBACKEND", "Agg")

PRESETS = Path(__file__).parents[1] / "presets"
VOICE = PRESETS / "voice" / "model.onnx"


@pytest.fixture(scope="session")
def toy() -> Contract:
    """The toy gate, whose every answer is known."""
    return contract.read(toy_model.build())


@pytest.fixture(scope="session")
def voice() -> Contract:
    """The shipped voice gate. On a build server it has to be there."""
    if not VOICE.exists():
        if os.environ.get("CI") == "true":
            pytest.fail(f"{VOICE} is not there, and a build server tests what is shipped", pytrace=False)
        pytest.skip("presets/voice/model.onnx is not there yet")
    return contract.read(VOICE)


@pytest.fixture(scope="session")
def recordings() -> Any:
    """The recordings that the presets are taught with: a build server has them, a user need not."""
    from training.recordings.corpus import Corpus
    from training.recordings.source import DataConfig

    folder = PRESETS.parent / DataConfig().corpus
    if not (folder / "manifest.csv").exists():
        if os.environ.get("CI") == "true":
            pytest.fail(f"{folder} is not there, and a build server tests with recordings", pytrace=False)
        pytest.skip(f"no recordings in {folder}: what was taught is not tested on them here")
    return Corpus.from_manifest(folder)


@pytest.fixture(scope="session", params=["toy", "voice"])
def model(request: pytest.FixtureRequest) -> Contract:
    """Each model there is, in turn."""
    made: Contract = request.getfixturevalue(request.param)
    return made
