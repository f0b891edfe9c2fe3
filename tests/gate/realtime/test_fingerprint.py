"""What compiled code is made of is found: a change anywhere below it is another fingerprint, and compiles it again."""

import ast
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from numba.core.dispatcher import Dispatcher

from gate.realtime.entry import Entry
from gate.realtime.fingerprint import SOURCES, Sources
from tests.gate.entry_modules import ROOT, entries, entry_modules, source_modules


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """Copy the package's sources; returns the folder that they lie in."""
    shutil.copytree(ROOT / "gate", tmp_path / "gate", ignore=shutil.ignore_patterns("__pycache__", "*.onnx"))
    return tmp_path


def file_of(root: Path, name: str) -> Path:
    place = root.joinpath(*name.split("."))
    return place / "__init__.py" if place.is_dir() else place.with_suffix(".py")


def change_a_constant(source: str) -> str:
    """Return a source in which the first number at the top level is another, or which has one more."""
    for statement in ast.parse(source).body:
        if isinstance(statement, ast.Assign | ast.AnnAssign) and statement.value is not None:
            for node in ast.walk(statement.value):
                if isinstance(node, ast.Constant) and type(node.value) in (int, float):
                    lines = source.encode().splitlines(keepends=True)
                    line, other = lines[node.lineno - 1], str(node.value + 1).encode()
                    lines[node.lineno - 1] = line[: node.col_offset] + other + line[node.end_col_offset :]
                    return b"".join(lines).decode()
    return source + "\nADDED = 7\n"


@pytest.mark.parametrize("name", entry_modules())
def test_every_source_is_part_of_it(name: str, copy: Path) -> None:
    """A constant changed in any module that an entry rests on changes its fingerprint, and back again."""
    before = Sources(copy).fingerprint(name)
    assert before == SOURCES.fingerprint(name)
    found = Sources(copy).found(name)
    assert {name, "gate.realtime.native", "gate.realtime.record", "gate.realtime.entry"} <= found
    for module in sorted(found):
        file = file_of(copy, module)
        source = file.read_text()
        file.write_text(change_a_constant(source))
        assert Sources(copy).fingerprint(name) != before, module
        file.write_text(source)
    assert Sources(copy).fingerprint(name) == before


@pytest.mark.parametrize("name", ["gate.realtime.process", "gate.realtime.stream"])
def test_a_default_of_a_parameter_is_part_of_it(name: str, copy: Path) -> None:
    """The upper end of the key's band stands in the table of parameters, and in the machine code."""
    before = Sources(copy).fingerprint(name)
    file = copy / "gate" / "parameters" / "table.py"
    source = file.read_text()
    assert '"key-high", "Key, to", "Hz", 20.0, 20_000.0, 20_000.0' in source
    file.write_text(source.replace("20_000.0", "18_000.0"))
    assert Sources(copy).fingerprint(name) != before


def test_what_has_no_say_is_left_out() -> None:
    """The renderer and the panel are no part of any compiled code."""
    for name in entry_modules():
        assert not SOURCES.found(name) & {
            "gate.render.file",
            "gate.engine.engine",
            "gate.live.live",
            "gate.panel.model",
            "gate",
        }


def called(function: Callable[..., Any], seen: set[Any]) -> None:
    """Collect the functions of this package that a function's text names, and those that these name."""
    if function in seen:
        return
    seen.add(function)
    codes = [function.__code__]
    for code in codes:
        codes += [constant for constant in code.co_consts if hasattr(constant, "co_names")]
        for name in code.co_names:
            value = function.__globals__.get(name)
            value = value.py_func if isinstance(value, Dispatcher) else getattr(value, "_defn", value)
            if hasattr(value, "__code__") and value.__module__.startswith("gate."):
                called(value, seen)


@pytest.mark.parametrize("entry", entries(), ids=lambda entry: f"{entry.module}.{entry._make.__name__}")
def test_all_that_is_called_is_found(entry: Entry) -> None:
    """Every function that the compiled one calls lies in a module that was found."""
    seen: set[Any] = set()
    called(entry._make(0), seen)
    assert {function.__module__ for function in seen} <= SOURCES.found(entry.module)
    if entry.module == "gate.realtime.process":
        assert len(seen) > 30  # the walk does go down


def test_only_entries_are_kept_on_disk() -> None:
    """Nothing else makes a C function, or keeps machine code, so nothing is without a fingerprint."""
    for name in source_modules():
        source = file_of(ROOT, name).read_text()
        assert ("cfunc" in source or "cache=True" in source) == (name == "gate.realtime.entry"), name


MADE = {
    "__init__": "",
    "top": '''"""Text.

from the gate import nothing, of a sentence
"""
import os, gate.plain
from gate import (
    bracketed,  # a comment
    NAME,
)
from gate.deep.inner import f, \\
    g
from .relative import h
try:
    import gate.tried
except ImportError:
    from gate.other import x
if TYPE_CHECKING:
    from gate.typed import y

def function(
    a,
):
    from gate.later import z

class Class:
    import gate.in_class
''',
    "plain": "import gate.top\nfrom gate.chained import *",
    "deep/__init__": "from .inner import f\nfrom .. import sibling",
    "deep/inner": "from . import beside\nfrom ..above import i",
    **dict.fromkeys(("bracketed", "relative", "tried", "other", "typed", "later", "in_class"), ""),
    **dict.fromkeys(("chained", "sibling", "above", "deep/beside"), ""),
}


def test_imports_are_found(tmp_path: Path) -> None:
    """All kinds of import at the top of a module count, in circles too; those of functions, and for types, do not."""
    for name, source in MADE.items():
        file = tmp_path / "gate" / f"{name}.py"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(source)
    names = (
        "top",
        "plain",
        "bracketed",
        "deep.inner",
        "relative",
        "tried",
        "other",
        "chained",
        "deep.beside",
        "above",
    )
    assert Sources(tmp_path).found("gate.top") == {"gate", *(f"gate.{name}" for name in names)}
    below = {"gate.deep.inner", "gate.deep.beside", "gate.above", "gate.sibling"}
    assert Sources(tmp_path).found("gate.deep") == {"gate.deep"} | below


PROGRAM = """
import importlib, sys
from gate.realtime.entry import Entry
importlib.import_module(sys.argv[1])
print([entry().from_disk for entry in Entry.every if entry.module == sys.argv[1]])
"""


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "edited", "before", "after", "count"),
    [
        ("gate.realtime.plugins.highpass", "realtime/plugins/svf.py", "import", "TRIED = 3\nimport", 1),
        ("gate.realtime.jack", "constants.py", "MAX_CHANNELS = 32", "MAX_CHANNELS = 31", 3),
    ],
)
def test_old_machine_code_is_not_run(
    name: str, edited: str, before: str, after: str, count: int, copy: Path, tmp_path: Path
) -> None:
    """Code that is kept on disk is taken as long as nothing changed, and compiled again after an edit elsewhere."""

    def from_disk() -> str:
        env = os.environ | {"NUMBA_CACHE_DIR": str(tmp_path / "cache"), "PYTHONPATH": str(copy)}
        command = [sys.executable, "-c", PROGRAM, name]
        return subprocess.run(
            command, cwd=copy, env=env, capture_output=True, text=True, check=True
        ).stdout.strip()

    assert from_disk() == str([False] * count)
    assert from_disk() == str([True] * count)
    file = copy / "gate" / edited
    source = file.read_text()
    assert before in source
    file.write_text(source.replace(before, after, 1))
    assert from_disk() == str([False] * count)
    file.write_text(source)
    assert from_disk() == str([True] * count)
