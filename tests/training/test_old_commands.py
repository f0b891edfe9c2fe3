"""Command lines from before the rooms: they run what has moved, and say its new name."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from training import OLD_COMMANDS

ROOT = Path(__file__).resolve().parents[2]


def run(*arguments: str) -> "subprocess.CompletedProcess[str]":
    """Run python in the checkout, away from this process."""
    return subprocess.run(
        [sys.executable, *arguments],
        capture_output=True,
        text=True,
        timeout=120,
        cwd=ROOT,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
    )


@pytest.mark.parametrize("old", OLD_COMMANDS)
def test_an_old_command_line_does_what_the_new_one_does(old: str) -> None:
    """The help on stdout is the same to the letter; stderr has one line more."""
    before, now = run("-m", old, "--help"), run("-m", OLD_COMMANDS[old], "--help")
    assert (before.returncode, before.stdout, now.returncode) == (0, now.stdout, 0)
    assert "usage: " in now.stdout
    assert before.stderr == f"python -m {old} is called python -m {OLD_COMMANDS[old]} now\n{now.stderr}"


def test_commands_that_kept_their_names_say_nothing_of_others() -> None:
    """The frame detector's training is where it was."""
    done = run("-m", "training.detector.train", "--help")
    assert (done.returncode, done.stderr) == (0, "")
    done = run("-m", "training.detector.train", "nowhere.toml")
    assert (done.returncode, "expected a TOML file" in done.stderr) == (1, True)


def test_names_that_never_were_stay_unknown() -> None:
    """Only the names of the table are found, and only by ``python -m``: an import of one fails as before."""
    done = run("-m", "training.nonsense")
    assert (done.returncode, "No module named training.nonsense" in done.stderr) == (1, True)
    done = run("-c", "import training.train")
    assert (done.returncode, "No module named 'training.train'" in done.stderr) == (1, True)


def test_workers_of_an_old_command_line_find_its_module() -> None:
    """A process that it starts knows the module by its new name, without saying so again."""
    code = (
        "import sys, training, importlib.util; sys.meta_path.append(training._OldCommands); "
        "print(importlib.util.find_spec('training.train').name)"
    )
    done = run("-c", code)
    assert done.stdout == "training.teach.train\n", done.stderr
