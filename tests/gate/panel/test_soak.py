"""A window in use for a while, in a process of its own (``soak``)."""

import subprocess
import sys
from pathlib import Path

import pytest

SOAK = Path(__file__).with_name("soak.py")
ROOT = Path(__file__).parents[3]

PATIENCE_S = 900
"""It takes a minute and a half, and a machine may be busy."""


@pytest.mark.qt
@pytest.mark.slow
def test_nothing_grows():
    """Memory, objects and widgets after a minute of use are those of before; the gate played on, with its own model."""
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", str(SOAK)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=PATIENCE_S)
    assert done.returncode == 0, done.stdout
    assert "1 passed" in done.stdout
