"""Training curves: what a log becomes, and what it takes to be refused."""

import json

import numpy as np
import pytest

from training.teach import curves


def write_log(path, rows, tail=""):
    path.write_text("".join(json.dumps(row) + "\n" for row in rows) + tail)
    return path


def test_a_log_becomes_a_picture(tmp_path):
    """Losses of a long run and nested validation rows become a PNG, and no other file is left behind."""
    rows = [{"step": s, "loss": 1 / (1 + s), "lr": 1e-3} for s in range(1000)]
    rows += [{"step": 999, "val": {"noise": {"auc": 0.9, "cut_db": 20.0}, "music": {"auc": 0.91}}}]
    log = write_log(tmp_path / "log.jsonl", rows)
    png = curves.draw_curves(log, tmp_path / "new" / "curves.png")
    from matplotlib.image import imread

    height, width = imread(png).shape[:2]
    assert (width, height) == (1380, 580)  # three panels a row, two rows, 100 dots an inch
    assert [path.name for path in png.parent.iterdir()] == ["curves.png"]


def test_panels_are_quantities_and_lines_what_they_belong_to(tmp_path):
    """The last name of a path is the panel, the names before it the line, however joined."""
    panels = curves.series(
        [
            {"step": 1, "loss": 2.0, "note": "warm", "done": True, "val": {"noise": {"auc": 0.5}}},
            {"step": 2, "loss": 1.0, "val/music/auc": 0.6, "val": {"noise": {"auc": None}}},
            {"step": 3, "val_noise_auc": 0.7, "val_noise_onset_p90_ms": 6.0, "train_decision": 0.1},
            {"epoch": 3, "loss": 0.5},
        ]
    )
    assert panels == {
        "loss": {"": [(1.0, 2.0), (2.0, 1.0)]},
        "auc": {"val noise": [(1.0, 0.5), (3.0, 0.7)], "val music": [(2.0, 0.6)]},
        "onset_p90_ms": {"val noise": [(3.0, 6.0)]},
        "train_decision": {"": [(3.0, 0.1)]},
    }


def test_a_resumed_run_replaces_the_rows_it_writes_again():
    """Where steps go back, the later rows count."""
    rows = [{"step": s, "loss": float(s)} for s in (1, 2, 3)] + [
        {"step": s, "loss": -float(s)} for s in (2, 3, 4)
    ]
    assert curves.series(rows)["loss"][""] == [(1.0, 1.0), (2.0, -2.0), (3.0, -3.0), (4.0, -4.0)]


def test_values_that_are_not_finite_break_the_line(tmp_path):
    """NaN and infinity are drawn as a gap, without a warning."""
    log = write_log(
        tmp_path / "log.jsonl", [{"step": s, "loss": v} for s, v in enumerate([1.0, float("inf"), 2.0])]
    )
    points = curves.series(curves.read_log(log))["loss"][""]
    assert np.isnan(points[1][1])
    assert curves.draw_curves(log, tmp_path / "a.png").stat().st_size > 0


def test_a_last_line_cut_short_is_passed_over(tmp_path):
    """A log whose writer was stopped in the middle of a line is read up to there."""
    log = write_log(tmp_path / "log.jsonl", [{"step": 1, "loss": 1.0}], tail='{"step": 2, "lo')
    assert curves.read_log(log) == [{"step": 1, "loss": 1.0}]


def test_a_log_that_cannot_be_drawn_is_refused_and_leaves_no_picture(tmp_path):
    """A broken line inside the log, or a log without numbers, is a sentence."""
    broken = write_log(tmp_path / "broken.jsonl", [], tail='oops\n{"step": 1}\n')
    with pytest.raises(ValueError, match=r"broken\.jsonl line 1 is not a JSON object"):
        curves.draw_curves(broken, tmp_path / "a.png")
    empty = write_log(tmp_path / "empty.jsonl", [{"note": "nothing yet"}])
    with pytest.raises(ValueError, match="has no row with 'step' and a number"):
        curves.draw_curves(empty, tmp_path / "a.png")
    assert not (tmp_path / "a.png").exists()
