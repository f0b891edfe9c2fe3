"""Imports run one way, export -> training -> gate, and the runtime stays light."""

import ast
import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

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
