"""The end of a command: an exit code, and one sentence on stderr for an error."""

import contextlib
import signal
import sys
import warnings
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from gate.cli.console import ended_by_signals, say
from gate.errors import GateError
from gate.notes import GateNote

STOPPED = "stopped before the end, nothing half-written is left; run it again"

EXTRAS = {"sounddevice": "live", "rtmidi": "midi", "PyQt6": "panel", "pyqtgraph": "panel"}
"""The extra that installs a module; ``learn`` installs all others."""


def run(
    program: str,
    body: Callable[[], int],
    *,
    what: str = "the input",
    done: str = "rendered",
    memory: str = "close other programs",
    stopped: str = STOPPED,
    plain: tuple[type[Exception], ...] = (),
    advice: Mapping[type[GateError], str] | None = None,
) -> int:
    """Run a command's body; return the exit code: 0 done, 1 failed, 2 usage, 128 + signal when it was stopped.

    Args:
        program: the command's name in messages.
        body: does the work; returns the exit code.
        what: the thing that could not be ``done``, in the sentence for a fault of the program itself.
        done: the verb of that sentence.
        memory: what to do when there is too little memory.
        stopped: the message for Ctrl-C, SIGTERM and SIGHUP; empty for none.
        plain: exceptions whose own text is shown to the user.
        advice: text that follows errors of a class.
    """
    try:
        with ended_by_signals(), notes_said(program):
            return body()
    except SystemExit as end:  # argparse's way of saying 0 (help) or 2
        return int(end.code or 0)
    except GateError as error:
        more = [words for kind, words in (advice or {}).items() if isinstance(error, kind)]
        complain(program, "; ".join([str(error), *more]))
        return error.exit_code
    except KeyboardInterrupt as end:
        if stopped:
            complain(program, stopped)
        return 128 + int(getattr(end, "signal", signal.SIGINT))
    except ModuleNotFoundError as error:
        extra = EXTRAS.get(str(error.name), "learn")
        complain(
            program,
            f"expected {error.name} to be installed, and it is not; pip install -c constraints.txt '.[{extra}]'",
        )
    except MemoryError:
        complain(program, f"more memory is needed than there is; {memory}")
    except plain as error:
        complain(program, str(error))
    except Exception as error:
        from gate.errors import unexpected

        complain(program, unexpected(error, what, done))
    return 1


@contextlib.contextmanager
def notes_said(program: str) -> Iterator[None]:
    """Print each ``GateNote`` once, as a command's note on stderr; other warnings are shown as before."""
    said: set[str] = set()
    with warnings.catch_warnings():
        warnings.simplefilter("always", GateNote)
        usual = warnings.showwarning

        def show(message: Warning | str, category: type[Warning], *where: Any, **more: Any) -> None:
            if not issubclass(category, GateNote):
                usual(message, category, *where, **more)
            elif str(message) not in said:
                said.add(str(message))
                say(f"{program}: note: {message}", sys.stderr)

        warnings.showwarning = show
        yield


def complain(program: str, sentence: str) -> None:
    """Print an error on stderr, in the one form that all commands have."""
    say(f"{program}: error: {sentence}", sys.stderr)
