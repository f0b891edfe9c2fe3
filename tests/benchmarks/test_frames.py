"""The page on speech, music and noise."""

import json

import numpy as np
import pytest

from benchmarks import frames
from gate.modelfile import contract
from tests import toy_classify
from tests.training import tiny_corpus
from training.detector.truth import Case
from training.recordings.corpus import Corpus
from training.scenes.compose import Scene


def test_values_count_at_the_end_of_each_frame():
    """The block that ends last within a frame of 10 ms."""
    assert frames.at_frame_ends(np.arange(20), 4).tolist() == [3, 8, 13, 18]


def test_an_interval_holds_the_figure():
    """Over cases that differ."""
    rng = np.random.default_rng(0)
    cases, found = [], []
    for number in range(6):
        label = np.where(rng.random(200) < 0.5, 0, 2)
        x = np.zeros(200 * 480, np.float32)
        cases.append(Case(Scene(x, x, float("nan")), label, "alone", None))
        found.append(np.where(label == 0, 0.5, 0.0) + rng.random(200) * (1.0 - 0.1 * number))
    low, high = frames.interval(cases, found, 0)
    from training.detector.judge import speech_auc

    assert low < speech_auc(cases, found) < high


def test_page_and_picture_are_written(tmp_path, monkeypatch, capsys):
    """Ours through its engine, and a peer that is not there is left out, with a word."""
    corpus = tiny_corpus.make(tmp_path / "corpus", kit=True)
    model = contract.read(toy_classify.build())
    monkeypatch.setattr(frames, "PEERS", ())
    found = json.loads(json.dumps(frames.measure(Corpus.from_manifest(corpus), model, 1, 0)))
    table = found["auc"][model.name]
    assert 0.0 <= table["everything"] <= 1.0 and set(found["confusion"]) == {"frames", "0.5 s", "1 s", "2 s"}
    about = dict.fromkeys(("command", "seed", "per_kind", "data", "date"), 1)
    page = frames.markdown(found, about)
    assert f"| | {model.name} |" in page and "| 2 s |" in page
    frames.picture(found["confusion"], tmp_path / "a" / "confusion.png")
    assert (tmp_path / "a" / "confusion.png").stat().st_size > 1000


def test_a_preset_that_is_not_there_is_an_error(tmp_path, capsys):
    """Exit code 1 and a sentence, before anything is composed."""
    assert frames.main(["--corpus", str(tmp_path), "--preset", str(tmp_path / "none")]) == 1
    assert "benchmarks.frames: error:" in capsys.readouterr().err


@pytest.fixture(autouse=True)
def _one_thread():
    import torch

    threads = torch.get_num_threads()
    yield
    torch.set_num_threads(threads)
