"""On a build server a skipped test fails the run, unless its reason is listed."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent

SKIPPED = "import pytest\n\n@pytest.mark.skip(reason='{reason}')\n{marker}\ndef test_it():\n    pass\n"


def run(tmp_path: Path, source: str, ci: str) -> subprocess.CompletedProcess[str]:
    """pytest in a process and folder of its own, with the plugin."""
    (tmp_path / "test_it.py").write_text(source)
    (tmp_path / "pytest.ini").write_text("[pytest]\nmarkers = gpu\n")
    command = [sys.executable, "-m", "pytest", "-q", "-p", "tests.plugin_no_skips", "-p", "no:cacheprovider"]
    environment = {**os.environ, "CI": ci, "PYTHONPATH": str(ROOT)}
    return subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=120)


@pytest.mark.parametrize(
    ("reason", "marker", "ci", "code"),
    [
        pytest.param("not in the mood", "", "true", 1, id="unlisted on a build server"),
        pytest.param("not in the mood", "", "", 0, id="unlisted at home"),
        pytest.param("no CUDA device here", "@pytest.mark.gpu", "true", 0, id="listed"),
        pytest.param("no CUDA device here", "", "true", 1, id="listed reason without its marker"),
    ],
)
def test_skip_fails_the_run_on_a_build_server(
    tmp_path: Path, reason: str, marker: str, ci: str, code: int
) -> None:
    """A skip fails the session where CI is true and neither marker nor reason is listed."""
    done = run(tmp_path, SKIPPED.format(reason=reason, marker=marker), ci)
    assert done.returncode == code, done.stdout + done.stderr
    assert ("plugin_no_skips.py" in done.stdout) == bool(code)


def test_module_that_skips_itself_fails_too(tmp_path: Path) -> None:
    """importorskip at the top of a module hides all its tests: that counts."""
    done = run(tmp_path, "import pytest\npytest.importorskip('no_such_module')\n", "true")
    assert done.returncode != 0
    assert "no_such_module" in done.stdout
