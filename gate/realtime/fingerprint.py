"""A number for the sources that compiled code is made of, which are found by their imports.

Numba keeps compiled code on disk and looks only at the file of the function itself, its time and size, to tell whether it is
current. After an edit elsewhere, or from a wheel (whose files all have the same time), old code would run. A number that the
function closes over is part of the key that it is kept under.

Compiled code can only use what its module, or one that it imports, defines when it is loaded: constants, layouts of records,
other compiled functions. So the sources are those of the module, and of all that it imports, and they import, outside of
functions. That may be more than is needed, and costs a compilation then; it is never less.
"""

import ast
import hashlib
import re
import sys
from collections.abc import Iterator
from pathlib import Path

PACKAGE = __name__.partition(".")[0]

_IMPORT = re.compile(r"^([ \t]*)(?:from|import)\b[^\n(]*(?:\([^)]*\))?[^\n]*", re.MULTILINE)
"""An import statement, of one line or in brackets: to parse these only takes a tenth of the time that whole files take."""

_LATER = re.compile(r"(?:async |def |class |@|if TYPE_CHECKING)")
"""Begins what runs later than its module, or never."""


class Sources:
    """The sources of a package, each read once.

    Args:
        root: folder that the package lies in.
    """

    def __init__(self, root: Path) -> None:
        self._root = root
        self._texts: dict[str, bytes | None] = {}
        self._imports: dict[str, frozenset[str]] = {}

    def fingerprint(self, name: str) -> int:
        """Return a number, 56 bits, for what a module is made of.

        Args:
            name: of the module, such as ``gate.realtime.process``.

        Raises:
            OSError: a source cannot be read.
        """
        digest = hashlib.sha256()
        for module in sorted(self.found(name)):
            digest.update(module.encode() + b"\n" + (self._text(module) or b"") + b"\n")
        return int.from_bytes(digest.digest()[:7], "little")

    def found(self, name: str) -> set[str]:
        """Return the names of a module and of all modules of the package that it rests on."""
        found: set[str] = set()
        waiting = {name}
        while waiting:
            module = waiting.pop()
            found.add(module)
            waiting |= self.imported(module) - found
        return found

    def imported(self, name: str) -> frozenset[str]:
        """Return the names of the modules of the package that one module imports when it is loaded."""
        if name not in self._imports:
            text = (self._text(name) or b"").decode()
            self._imports[name] = frozenset(
                self._module(target)
                for target in _targets(text, name, self._file(name))
                if self._is_own(target)
            )
        return self._imports[name]

    def _is_own(self, name: str) -> bool:
        return name.partition(".")[0] == PACKAGE

    def _module(self, name: str) -> str:
        """Return the module that a dotted name is, or is defined in."""
        while self._text(name) is None and "." in name:
            name = name.rpartition(".")[0]
        return name

    def _file(self, name: str) -> Path:
        place = self._root.joinpath(*name.split("."))
        return place / "__init__.py" if place.is_dir() else place.with_suffix(".py")

    def _text(self, name: str) -> bytes | None:
        """Return the source of a module, None where there is no such module."""
        if name not in self._texts:
            file = self._file(name)
            self._texts[name] = file.read_bytes() if file.is_file() else None
        return self._texts[name]


def _targets(text: str, name: str, file: Path) -> Iterator[str]:
    """Yield the dotted names that a source imports when it is loaded: ``from a import b`` gives ``a.b``."""
    text = text.replace("\\\n", " ")
    for match in _IMPORT.finditer(text):
        if match[1] and _LATER.match(_block(text, match.start())):
            continue
        try:
            statements = ast.parse(match[0].strip()).body
        except SyntaxError:  # a line of a docstring
            continue
        for statement in statements:
            if isinstance(statement, ast.Import):
                yield from (alias.name for alias in statement.names)
            elif isinstance(statement, ast.ImportFrom):
                above = name.split(".") + ["__init__"] * (file.name == "__init__.py")
                base = above[: -statement.level] if statement.level else []
                base += [statement.module] if statement.module else []
                yield from (".".join([*base, alias.name]) for alias in statement.names)


def _block(text: str, at: int) -> str:
    """Return the newest line before ``at`` that is not indented."""
    for line in reversed(text[:at].splitlines()):
        if line and line[0] not in " \t)]}#":
            return line
    return ""


SOURCES = Sources(Path(str(sys.modules[PACKAGE].__file__)).parents[1])
"""Those of this program."""
