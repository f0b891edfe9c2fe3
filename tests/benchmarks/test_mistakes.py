"""Where a gate is wrong is counted where it is wrong."""

import numpy as np
import pytest

from benchmarks import mistakes
from gate.constants import BLOCK_MS
from tests.training import tiny_corpus

LABEL = np.array([0, 0, -1, 1, 1, 1, -1, 0, 0, 1, 0], np.int8)


def test_the_age_of_an_opening_counts_from_its_first_block():
    """0, 1, 2 in an opening of three blocks, and 0 again in the next."""
    assert mistakes.into_opening(LABEL)[LABEL == 1].tolist() == [0, 1, 2, 0]


def test_the_time_behind_an_opening_counts_from_its_last_block():
    """Unscored blocks pass as time does; before the first opening there is none to be behind."""
    behind = mistakes.behind_opening(LABEL)
    assert behind[[0, 1]].tolist() == [mistakes.NEVER] * 2
    assert behind[[7, 8, 10]].tolist() == [2, 3, 1]


def test_parts_say_whose_fault_it_is_and_how_much_of_each_is_wrong():
    """Two of three mistakes in the first 10 ms, which are half wrong; nothing there is no rate."""
    age = np.array([0, 1, 2, 3, 20, 21, 22, 23])
    wrong = np.array([1, 1, 0, 0, 1, 0, 0, 0], bool)
    first, second, third = mistakes.parts(wrong, age, (10, 100))
    assert first == (pytest.approx(2 / 3), 0.5)
    assert second == (pytest.approx(1 / 3), 0.25)
    assert third[0] == 0.0 and np.isnan(third[1])


def test_an_edge_belongs_to_the_part_behind_it():
    """A block exactly as old as an edge is not younger than it."""
    edge = 10
    shares = mistakes.parts(np.ones(1, bool), np.array([edge]), (round(edge * BLOCK_MS * 1e6) / 1e6,))  # type: ignore[arg-type]
    assert [share for share, _ in shares] == [0.0, 1.0]


def test_needless_openings_begin_where_the_label_says_shut():
    """One in the foot and one in the opening are none; the others have their distance and their length."""
    is_open = np.array([1, 0, 1, 1, 0, 1, 0, 1, 1, 1, 0], bool)
    assert mistakes.needless(LABEL, is_open) == [(mistakes.NEVER, 1), (2, 3)]


def test_the_command_judges_both_splits_and_writes_the_page(tmp_path, capsys):
    """Every table has a row for each kind and split of what was asked for."""
    corpus = tiny_corpus.make(tmp_path)
    code = mistakes.main(
        ["--corpus", str(corpus), "--presets", "voice", "--per-kind", "1", "--docs", str(tmp_path)]
    )
    assert code == 0, capsys.readouterr().err
    page = (tmp_path / "mistakes.md").read_text()
    for split in mistakes.SPLITS:
        for kind in ("noise", "music"):
            assert page.count(f"| voice, {kind} | {split} |") == 4


def test_a_folder_without_a_corpus_is_refused(tmp_path, capsys):
    """An exit code and a sentence, and no page."""
    assert mistakes.main(["--corpus", str(tmp_path), "--docs", str(tmp_path)]) == 1
    assert "benchmarks.mistakes: error:" in capsys.readouterr().err
    assert not (tmp_path / "mistakes.md").exists()


def test_a_gate_that_is_always_right_has_no_mistakes():
    """No share and no rate anywhere."""
    right = np.zeros(10, bool)
    assert mistakes.parts(right, np.arange(10), mistakes.INTO_MS)[0] == (0.0, 0.0)
