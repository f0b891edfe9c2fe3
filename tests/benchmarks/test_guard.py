"""The guard's table."""

import pytest

from benchmarks import guard
from gate.engine import guard as gate_guard
from tests import toy_classify, toy_model
from tests.training import tiny_corpus


@pytest.fixture
def toys(tmp_path, monkeypatch):
    classes = str(toy_classify.write(tmp_path / "classes.onnx"))
    monkeypatch.setattr(guard, "choose", lambda mode, ms: gate_guard.choose(mode, ms, classes))
    return str(toy_model.write(tmp_path / "gate.onnx"))


def test_a_row_for_every_guard(tmp_path, toys, capsys):
    """Off first; a guard only ever shuts: no share is larger than without it."""
    corpus = tiny_corpus.make(tmp_path / "corpus", kit=True)
    assert guard.main(["--corpus", str(corpus), "--preset", toys, "--per-class", "1"]) == 0
    rows = [line.split("|")[1:-1] for line in capsys.readouterr().out.splitlines() if line.startswith("| ")][
        1:
    ]
    assert [row[0].strip() for row in rows[:2]] == ["off", "speech, 350 ms"] and len(rows) == 7
    share = lambda cell: float(cell.split("%")[0]) if "%" in cell else 0.0  # noqa: E731
    for row in rows[1:]:
        assert all(
            share(mine) <= share(without) + 1e-6 for mine, without in zip(row[1:], rows[0][1:], strict=True)
        )


def test_no_corpus_is_an_error(tmp_path, capsys):
    """One sentence, exit code 1."""
    assert guard.main(["--corpus", str(tmp_path)]) == 1
    assert "benchmarks.guard: error:" in capsys.readouterr().err
