"""Words: docstrings that say something."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PACKAGES = ("gate", "training", "export", "benchmarks", "scripts")
LEAST_WORDS = 3


@pytest.mark.parametrize("package", PACKAGES)
def test_docstrings_say_something(package: str) -> None:
    """No docstring has fewer than three words: a name says as much."""
    short = []
    for path in sorted((ROOT / package).rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(), str(path))):
            if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
                text = ast.get_docstring(node)
                if text is not None and len(text.split()) < LEAST_WORDS:
                    short.append(f"{path.relative_to(ROOT)}:{getattr(node, 'lineno', 1)} {text!r}")
    assert not short
