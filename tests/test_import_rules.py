"""Imports run one way, export -> training -> gate, and the runtime stays light."""

import ast
import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from scripts import house

ROOT = Path(__file__).resolve().parent.parent

ABOVE = {"gate": {"training", "export"}, "training": {"export"}, "export": set[str]()}
"""For each package the packages that it must not know."""

HEAVY = (
    "torch",
    "onnx",
    "onnxscript",
    "training",
    "export",
    "PyQt6",
    "pyqtgraph",
    "sounddevice",
    "rtmidi",
    "pedalboard",
)
"""What importing any module of the runtime must not load (scipy is missing here: numba looks for it)."""

COLD = ("matplotlib", "onnxruntime", "numba", "mutagen")
"""What a command must not import before it has read its arguments: --help has to be instant."""

ALLOWED_IN_GATE = {
    "numpy", "numba", "llvmlite", "onnxruntime", "soundfile", "mutagen", "matplotlib", "tomlkit", "tqdm",
}  # fmt: skip
"""Everything outside the standard library that the base installation may use (llvmlite comes with numba)."""

EXTRAS_IN_GATE = {
    "gate/panel/view": {"PyQt6", "pyqtgraph"},
    "gate/soundsystem/portaudio_library.py": {"sounddevice"},
    "gate/midi/ports.py": {"rtmidi"},
    "gate/plugins/vst3/hosted.py": {"pedalboard"},
}
"""The only places that may use an extra."""

NEEDS_AN_EXTRA = ("gate.panel.view", "gate.midi")

ALLOWED_ABOVE = ALLOWED_IN_GATE | {"torch", "onnx", "onnxscript", "scipy"}

EXTRAS_ABOVE = {"training/studies/five/search.py": {"optuna"}}
"""The only places outside gate/ that may use an extra other than `learn`."""


def sources(package: str) -> Iterator[Path]:
    """Every module of a package."""
    yield from sorted((ROOT / package).rglob("*.py"))


def imported(path: Path) -> set[tuple[str, int]]:
    """Top-level names that a module imports anywhere in it, lazily or not, with their lines."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text(), str(path))):
        if isinstance(node, ast.Import):
            found |= {(alias.name.split(".")[0], node.lineno) for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            found.add(
                (
                    (node.module or "").split(".")[0] if not node.level else path.relative_to(ROOT).parts[0],
                    node.lineno,
                )
            )
    return found


def loaded_after(code: str) -> set[str]:
    """Top-level modules in a fresh interpreter after some code."""
    program = f"{code}\nimport json, sys\nprint(json.dumps(sorted({{m.split('.')[0] for m in sys.modules}})))"
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, timeout=120
    )
    assert done.returncode == 0, done.stderr
    return set(json.loads(done.stdout.splitlines()[-1]))


def module_name(path: Path) -> str:
    """gate/cli/render.py -> gate.cli.render."""
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


@pytest.mark.parametrize("package", ABOVE)
def test_imports_run_one_way(package: str) -> None:
    """A package never imports one above it, not even inside a function."""
    wrong = [
        f"{path.relative_to(ROOT)}:{line} imports {name}"
        for path in sources(package)
        for name, line in imported(path)
        if name in ABOVE[package]
    ]
    assert not wrong


def test_runtime_uses_only_what_the_base_installs() -> None:
    """gate/ imports the standard library, itself and the base dependencies; extras in their places only."""
    wrong = []
    for path in sources("gate"):
        where = path.relative_to(ROOT).as_posix()
        extras = {
            name for place, names in EXTRAS_IN_GATE.items() if where.startswith(place) for name in names
        }
        allowed = ALLOWED_IN_GATE | extras | {"gate"} | sys.stdlib_module_names
        wrong += [f"{where}:{line} imports {name}" for name, line in imported(path) if name not in allowed]
    assert not wrong


@pytest.mark.parametrize("package", ["training", "export"])
def test_learning_uses_only_what_the_learn_extra_installs(package: str) -> None:
    """training/ and export/ import nothing that `pip install learned-gate[learn]` does not bring."""
    allowed = ALLOWED_ABOVE | set(ABOVE) | sys.stdlib_module_names
    wrong = [
        f"{path.relative_to(ROOT)}:{line} imports {name}"
        for path in sources(package)
        for name, line in imported(path)
        if name not in allowed | EXTRAS_ABOVE.get(path.relative_to(ROOT).as_posix(), set())
    ]
    assert not wrong


def test_importing_all_of_the_runtime_loads_nothing_heavy() -> None:
    """With every module of gate/ imported, no torch, onnx, Qt, training or export is in the process."""
    names = [name for name in map(module_name, sources("gate")) if not name.startswith(NEEDS_AN_EXTRA)]
    assert names
    heavy = loaded_after("\n".join(f"import {name}" for name in names)) & set(HEAVY)
    assert not heavy


def test_commands_read_their_arguments_before_they_load_anything() -> None:
    """Importing a command's module loads neither the compiler nor the plots nor ONNX Runtime."""
    names = [name for name in map(module_name, sources("gate/cli")) if name != "gate.cli"]
    assert names
    cold = loaded_after("\n".join(f"import {name}" for name in names)) & set(COLD)
    assert not cold


# -- rooms: folders and files at the top of a package ------------------------------------------------------

ROOMS = sorted(
    path.parent for package in ("gate", "training") for path in (ROOT / package).glob("*/__init__.py")
)
REACH = {"gate": (21, 10), "training": (15, 8)}
"""Most rooms and floors of a package."""

LONGEST = 400
"""Lines of a file."""


@pytest.mark.parametrize("folder", ROOMS, ids=lambda folder: folder.relative_to(ROOT).as_posix())
def test_a_room_says_what_it_may_import_and_where_it_runs(folder: Path) -> None:
    """Whoever opens a folder reads on its first page what it is for, what it may import, and on which thread it runs."""
    page = ast.get_docstring(ast.parse((folder / "__init__.py").read_text())) or ""
    assert len(page.splitlines()[0].split()) >= 3
    assert (
        house.may_import(ROOT, folder.parent.name).get(".".join(folder.relative_to(ROOT).parts)) is not None
    )
    assert "Runs on: " in page


@pytest.mark.parametrize("package", REACH)
def test_no_import_runs_against_the_rooms(package: str) -> None:
    """Every import goes to a room that the importing room names, and rooms and floors are few enough to keep in mind."""
    found = house.measure(ROOT, package)
    assert found.up == []
    assert (found.rooms <= REACH[package][0], found.floors <= REACH[package][1]) == (True, True)


def test_no_files_import_each_other() -> None:
    """There is no circle of imports anywhere, not even for types."""
    assert house.circles(house.file_graph(ROOT)) == []


@pytest.mark.parametrize("package", house.PACKAGES)
def test_no_file_is_too_long(package: str) -> None:
    """A file has one job."""
    lines, name = house.measure(ROOT, package).longest
    assert lines <= LONGEST, name


def test_the_measure_sees_what_it_measures(tmp_path: Path) -> None:
    """An arrow up, a circle, and how deep rooms stack, in a package made for it."""
    files = {
        "gate/__init__.py": '"""Door."""',
        "gate/low/__init__.py": '"""Low room here.\n\nMay import: nothing.\nRuns on: any.\n"""',
        "gate/low/a.py": "from gate.low import b",
        "gate/low/b.py": "def later():\n    import gate.low.a\n    from gate import high",
        "gate/high.py": "from gate.low.a import x",
        "gate/top.py": "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from .high import y",
    }
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    found = house.measure(tmp_path, "gate")
    assert (found.rooms, found.floors, found.arrows) == (3, 2, 3)
    assert found.up == ["gate.low -> gate.high"]
    assert house.circles(house.file_graph(tmp_path)) == [["gate.high", "gate.low.a", "gate.low.b"]]
