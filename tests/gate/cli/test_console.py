"""Progress bars: on a terminal only, everywhere through one helper."""

import io
import re
import sys
from pathlib import Path

import pytest

from gate.cli.console import progress_bar, watched

ROOT = Path(__file__).parents[3]


class Terminal(io.StringIO):
    """A stream that somebody looks at."""

    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(
    ("stream", "title", "quiet", "said"),
    [
        (io.StringIO, "", False, r""),
        (io.StringIO, "scenes", False, r"scenes\n"),
        (io.StringIO, "scenes", True, r""),
        (Terminal, "scenes", False, r"\rscenes: .*\r.*3/3.*\n"),
        (Terminal, "scenes", True, r""),
    ],
)
def test_a_bar_shows_only_where_somebody_looks(stream, title, quiet, said, monkeypatch):
    """In a log its title is one line; what it goes through comes all the same."""
    monkeypatch.setattr(sys, "stderr", stream())
    assert list(progress_bar([1, 2, 3], title=title, quiet=quiet, mininterval=0.0)) == [1, 2, 3]
    assert re.fullmatch(said, sys.stderr.getvalue(), re.DOTALL)
    with progress_bar(total=2, quiet=quiet) as bar:
        bar.update()
        bar.clear()
        bar.set_postfix(loss=1)
        bar.set_description("x")
    assert ("\r" in sys.stderr.getvalue()) == (stream is Terminal and not quiet)


def test_without_a_standard_error(monkeypatch):
    """A program started without a console has none."""
    monkeypatch.setattr(sys, "stderr", None)
    assert not watched(None)
    assert list(progress_bar([1], title="scenes")) == [1]


def test_no_bar_is_made_elsewhere():
    """tqdm itself does not ask whether anyone is looking."""
    found = [
        path.relative_to(ROOT).as_posix()
        for package in ("gate", "training", "export", "benchmarks")
        for path in (ROOT / package).rglob("*.py")
        if re.search(r"^\s*(from|import) tqdm", path.read_text(), re.MULTILINE)
    ]
    assert found == ["gate/cli/console.py"]
