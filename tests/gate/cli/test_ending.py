"""How commands end."""

import pytest

from gate.cli.ending import STOPPED, run
from gate.errors import GateError, SoundDeviceError, UsageError


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
