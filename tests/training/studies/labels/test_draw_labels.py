"""The pictures of the label: drawn by one command, small, and showing what their titles say."""

import numpy as np
import pytest

from gate.constants import BLOCK
from gate.levels import block_levels_db
from training.labels import label
from training.studies.labels import pictures as draw_labels

MOST_BYTES = 80_000
"""A picture in the documents is to stay under this."""
LEVEL_DB = 0.5
"""How near the drawn points the level of a made sound is, in dB."""


def test_a_voiced_sound_has_the_level_that_it_was_drawn_with():
    """Where its level is held, the 5 ms level is that, in whole blocks."""
    x = draw_labels.voiced((0.0, -30.0), (0.5, -30.0))
    assert len(x) % BLOCK == 0
    np.testing.assert_allclose(block_levels_db(x)[5:-5], -30.0, atol=LEVEL_DB)


@pytest.mark.parametrize(("title", "openings"), [
    ("a pause under 200 ms is filled", 1),
    ("a longer one is shut, with tail and foot", 2),
    ("hovering over T - 6 dB: 50 ms of foot, tail without end", 1),
    ("a swell that stays under T is shut", 1),
    ("louder bleed does not matter", 1),
    ("a target under T stays shut", 0),
    ("edges of a file: no foot before it, no tail after", 2),
    ("bleed alone opens nothing", 0),
])  # fmt: skip
def test_each_case_shows_what_its_title_says(title, openings):
    """The number of openings in the label of the sound that is drawn under that title."""
    target = {name: sound for name, sound, _ in draw_labels.cases()}[title]
    on = label(block_levels_db(target), draw_labels.THRESHOLD_DB) == 1
    assert np.count_nonzero(np.diff(np.concatenate(([0], on.astype(int)))) == 1) == openings


def test_the_command_draws_small_pictures(tmp_path, capsys):
    """Three PNGs under 80 kB; a folder that cannot be made is one sentence."""
    assert draw_labels.main(["-o", str(tmp_path / "new")]) == 0
    drawn = sorted((tmp_path / "new").iterdir())
    assert [path.name for path in drawn] == sorted(draw_labels.PICTURES)
    for path in drawn:
        assert path.read_bytes().startswith(b"\x89PNG")
        assert path.stat().st_size < MOST_BYTES
    assert draw_labels.main(["-o", str(drawn[0])]) == 1
    assert capsys.readouterr().err.startswith("draw_labels: error: ")
