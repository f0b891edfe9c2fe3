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


def test_what_is_said_to_be_speech_is_counted_for_each_class():
    """Shares of scored frames; a detector that says nothing but speech has all of them."""
    x = np.zeros(4 * 480, np.float32)
    labels = (np.array([0, 0, -1, 0]), np.array([1, -1, 1, 1]), np.array([2, 2, 2, 2]))
    cases = [Case(Scene(x, x, float("nan")), label, "alone", None) for label in labels]
    found = [np.array(row, bool) for row in ((1, 1, 0, 0), (0, 1, 0, 1), (0, 0, 0, 0))]
    assert frames.said_speech(cases, found) == pytest.approx({"speech": 2 / 3, "music": 1 / 3, "noise": 0.0})
    assert frames.said_speech(cases, [np.ones(4, bool)] * 3) == {"speech": 1.0, "music": 1.0, "noise": 1.0}


def test_a_peer_says_speech_where_its_gate_is_open():
    """Ranked by its probability, decided by its gain, both at the end of each frame."""

    class Half:
        def load(self):
            return lambda scene, threshold_db: (np.full(96, 0.3), np.repeat([1e-4, 1.0], 48))

    x = np.zeros(9600, np.float32)
    case = Case(Scene(x, x, float("nan")), np.zeros(20, int), "alone", None)
    soft, speaks = frames.peer(Half())(case)
    assert soft.tolist() == [0.3] * 20
    assert speaks.tolist() == [False] * 10 + [True] * 10


def test_page_and_picture_are_written(tmp_path, monkeypatch, capsys):
    """Ours through its engine, and a peer that is not there is left out, with a word."""
    corpus = tiny_corpus.make(tmp_path / "corpus", kit=True)
    model = contract.read(toy_classify.build())
    monkeypatch.setattr(frames, "PEERS", ())
    found = json.loads(json.dumps(frames.measure(Corpus.from_manifest(corpus), model, 1, 0)))
    table = found["auc"][model.name]
    assert 0.0 <= table["everything"] <= 1.0 and set(found["confusion"]) == {"frames", "0.5 s", "1 s", "2 s"}
    about = dict.fromkeys(("command", "seed", "per_kind", "data", "date"), 1)
    said = found["said_speech"][model.name]
    assert set(said) == {"speech", "music", "noise"} and all(0.0 <= share <= 1.0 for share in said.values())
    page = frames.markdown(found, about)
    assert f"| noise | {100 * said['noise']:.1f} % |" in page
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
