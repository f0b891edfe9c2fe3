"""The page on the chain shows what happens."""

import doctest
from pathlib import Path

import numpy as np
import pytest
import soundfile

from tests import toy_sound
from tests.gate.engine_tools import bursts

PAGE = Path(__file__).resolve().parents[3] / "docs" / "chain.md"


@pytest.mark.usefixtures("voice")
def test_every_example_of_the_page_gives_what_it_says(tmp_path, monkeypatch):
    """Run as a reader would, one after the other, in a folder with a talk.wav and a model of sound."""
    monkeypatch.chdir(tmp_path)
    soundfile.write("talk.wav", bursts(48_000, 2.0, 2).astype(np.float64), 48_000)
    Path("denoise.onnx").write_bytes(toy_sound.audio())
    page = doctest.DocTestParser().get_doctest(PAGE.read_text(), {}, PAGE.name, str(PAGE), 0)
    assert len(page.examples) > 30
    said: list[str] = []
    results = doctest.DocTestRunner(verbose=False, optionflags=doctest.ELLIPSIS).run(page, out=said.append)
    assert results.failed == 0, "".join(said)
