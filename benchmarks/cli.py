"""gate-bench: how fast the gate is, always beside something measured in the same run.

What a command writes is one record: ``command``, ``date``, ``machine``, and under each benchmark's name its results.
"""

import argparse
import json
import shlex
import sys
import time
from pathlib import Path
from typing import Any

from benchmarks import options
from benchmarks.commands import COMMANDS
from gate.cli.console import say, say_version
from gate.cli.ending import run
from gate.errors import AudioFileError
from gate.files.atomic import refuse_target, write_bytes

PROG = "gate-bench"
PAGE, RECORD, PICTURE = "RESULTS.md", "results.json", "results.png"
"""Files that ``all`` writes."""

EPILOG = """
Let nothing else run meanwhile. Times are this machine's; ratios carry over to others.
exit: 0 done, 1 something failed, 2 usage, 130 interrupted
"""


def parser() -> argparse.ArgumentParser:
    """Make the parser of the command line."""
    made = argparse.ArgumentParser(
        prog=PROG,
        description="Measure the gate: its cost, its speed, its latency, and others beside it.",
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    made.add_argument("--version", action="store_true", help="print the version and exit")
    places = made.add_subparsers(dest="command", metavar="COMMAND")
    for name, module in COMMANDS.items():
        part = places.add_parser(name, help=module.HELP, description=module.__doc__, allow_abbrev=False)
        options.add(part, module.OPTIONS)
        part.add_argument("--json", type=Path, metavar="FILE", help="write the record here")
        part.add_argument("--picture", type=Path, metavar="FILE", help="write a PNG here")
        part.add_argument("--force", action="store_true", help="replace files that exist")
    everything = places.add_parser(
        "all",
        help=f"all of them, into {PAGE}, {RECORD} and {PICTURE}",
        description="All benchmarks, one after the other, and their page, record and picture.",
        allow_abbrev=False,
    )
    everything.add_argument(
        "--out", type=Path, default=Path("benchmarks"), metavar="FOLDER", help="(default: benchmarks)"
    )
    everything.add_argument("--force", action="store_true", help="replace files that exist")
    for name, module in COMMANDS.items():
        options.add(everything, module.OPTIONS, name)
    return made


def main(argv: list[str] | None = None) -> int:
    """Run the command; return its exit code. What a person can act on is one sentence on stderr."""
    arguments = list(sys.argv[1:] if argv is None else argv)
    return run(PROG, lambda: _main(arguments), what="everything", done="measured")


def _main(arguments: list[str]) -> int:
    made = parser()
    asked = made.parse_args(arguments)
    if asked.version:
        return say_version(PROG)
    if not asked.command:
        made.error(f"expected a command, got none; give one of {', '.join([*COMMANDS, 'all'])}")
    return _run(asked, shlex.join([PROG, *arguments]))


def _run(asked: argparse.Namespace, command: str) -> int:
    """Measure, print the results, write the files."""
    from benchmarks import machine, report
    from gate.modelfile.preset import resolve

    files = _files(asked)
    for path in files.values():
        if not path.absolute().parent.is_dir():
            raise AudioFileError(
                f"{path} cannot be made, the folder {path.parent} does not exist; create it first"
            )
        refuse_target(path, force=asked.force)
    parts = {
        name: options.values(asked, COMMANDS[name].OPTIONS, name if asked.command == "all" else "")
        for name in (COMMANDS if asked.command == "all" else [asked.command])
    }
    for wanted in parts.values():  # a name with a slip of the pen is found out now, not after minutes
        given = wanted.get("presets") or wanted.get("preset") or []
        for preset in [given] if isinstance(given, str) else given:
            resolve(preset)
    for name in [*parts] if asked.command == "all" else []:
        why = COMMANDS[name].absent(**parts[name]) if hasattr(COMMANDS[name], "absent") else ""
        if why:
            say(f"{PROG}: {name} is left out: {why}", sys.stderr)
            del parts[name]
    record: dict[str, Any] = {
        "command": command,
        "date": time.strftime("%Y-%m-%d"),
        "machine": machine.describe(),
    }
    for name, wanted in parts.items():
        record[name] = COMMANDS[name].measure(**wanted)
    page = report.markdown(record)
    say(page)
    if "record" in files:
        write_bytes(files["record"], (json.dumps(record, indent=1) + "\n").encode(), force=asked.force)
    if "picture" in files:
        write_bytes(files["picture"], report.picture(record), force=asked.force)
    if "page" in files:
        write_bytes(files["page"], report.markdown(record, files["picture"].name).encode(), force=asked.force)
    return 0


def _files(asked: argparse.Namespace) -> dict[str, Path]:
    """Return the files to write, by kind."""
    if asked.command == "all":
        return {"page": asked.out / PAGE, "record": asked.out / RECORD, "picture": asked.out / PICTURE}
    return {kind: path for kind, path in (("record", asked.json), ("picture", asked.picture)) if path}


if __name__ == "__main__":
    sys.exit(main())
