"""How commands end."""

import warnings

import pytest

from gate.cli.ending import STOPPED, run
from gate.errors import GateError, SoundDeviceError, UsageError
from gate.notes import GateNote


def _raise(error: BaseException):
    def body() -> int:
        raise error

    return body


@pytest.mark.parametrize(
    ("error", "code", "said"),
    [
        (SystemExit(2), 2, ""),
        (SystemExit(), 0, ""),
        (GateError("a file is not there"), 1, "a file is not there"),
        (UsageError("one or the other"), 2, "one or the other"),
        (SoundDeviceError("no device"), SoundDeviceError("").exit_code, "no device; or play files"),
        (KeyboardInterrupt(), 130, STOPPED),
        (ModuleNotFoundError("x", name="sounddevice"), 1, "expected sounddevice to be installed, and it is not; "
         "pip install -c constraints.txt '.[live]'"),
        (MemoryError(), 1, "more memory is needed than there is; judge fewer"),
        (OSError("the disk is full"), 1, "the disk is full"),
    ],
    ids=lambda value: type(value).__name__,
)  # fmt: skip
def test_every_end_has_a_code_and_at_most_one_sentence(error, code, said, capsys):
    """The program's name, "error", and what to do; nothing else, and no traceback."""
    got = run(
        "gate-x",
        _raise(error),
        memory="judge fewer",
        plain=(OSError,),
        advice={SoundDeviceError: "or play files"},
    )
    assert got == code
    out, err = capsys.readouterr()
    assert out == "" and err == (f"gate-x: error: {said}\n" if said else "")


def test_a_mistake_of_its_own_says_where(capsys):
    """Type, file and line, for whoever mends it."""
    assert run("gate-x", _raise(ZeroDivisionError("x / 0")), what="the sound", done="gated") == 1
    err = capsys.readouterr().err
    assert err.startswith(
        "gate-x: error: the sound could not be gated, this program has a mistake (ZeroDivisionError at test_"
    )


def test_an_end_that_was_asked_for_may_be_silent(capsys):
    """A live gate ends softly, and says nothing more."""
    assert run("gate-x", _raise(KeyboardInterrupt()), stopped="") == 130
    assert capsys.readouterr().err == ""
    assert run("gate-x", lambda: 0) == 0


def test_notes_are_said_once(capsys):
    """On stderr, in the command's own form; another warning is what it was."""

    def body() -> int:
        for sentence in ("a is used", "a is used", "b is used"):
            warnings.warn(sentence, GateNote, stacklevel=1)
        with pytest.raises(RuntimeWarning):  # as the tests have it
            warnings.warn("odd", RuntimeWarning, stacklevel=1)
        return 0

    assert run("gate-x", body) == 0
    assert capsys.readouterr().err == "gate-x: note: a is used\ngate-x: note: b is used\n"
