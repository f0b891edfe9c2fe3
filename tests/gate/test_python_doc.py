"""The page on Python shows what happens."""

import doctest
from pathlib import Path

import numpy as np
import pytest
import soundfile

from tests.gate.engine_tools import bursts

PAGE = Path(__file__).resolve().parents[2] / "docs" / "python.md"


@pytest.mark.usefixtures("voice")
def test_every_example_of_the_page_gives_what_it_says(tmp_path, monkeypatch):
    """Run as a reader would, one after the other, in a folder with a talk.wav."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("MPLBACKEND", "Agg")
    soundfile.write("talk.wav", bursts(48_000, 2.0, 2).astype(np.float64), 48_000)
    page = doctest.DocTestParser().get_doctest(PAGE.read_text(), {}, PAGE.name, str(PAGE), 0)
    assert len(page.examples) > 40
    said: list[str] = []
    results = doctest.DocTestRunner(verbose=False).run(page, out=said.append)
    assert results.failed == 0, "".join(said)
