"""A number for the sources that compiled code is made of; imports lead to these sources.

Numba stores compiled code on disk. To tell whether the code is current, it looks only at the time and size of the
function's own file. After an edit elsewhere, or from a wheel (whose files all have the same time), old code would run.
So the function closes over this number, which makes it part of the key that the code is stored under.

Compiled code can only use what its module, or an imported one, defines when it is loaded: constants, layouts of
records, other compiled functions. So the sources are the module and all that it imports outside of functions, directly
or through others. That may be more than is needed, and then costs a compilation; it is never less.
"""

import ast
import hashlib
import re
import sys
from collections.abc import Iterator
from pathlib import Path

PACKAGE = __name__.partition(".")[0]

_IMPORT = re.compile(r"^([ \t]*)(?:from|import)\b[^\n(]*(?:\([^)]*\))?[^\n]*", re.MULTILINE)
"""An import statement, of one line or in brackets. To parse these alone takes a tenth of the time of whole files."""

_LATER = re.compile(r"(?:async |def |class |@|if TYPE_CHECKING)")
"""The beginning of a block that runs later than its module, or never."""


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
        """Return a number of 56 bits for the sources of a module.

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
        """Return the names of a module and of all modules of the package that it imports, also through others."""
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
"""The sources of this program."""
