"""Places of values and faults in a text of TOML, with line and column from 1."""

import contextlib
import re
import tomllib
from typing import Any

_AT = re.compile(r"^(.*) \(at line (\d+), column (\d+)\)$", re.DOTALL)

_MARK = "@ this place @"


def place(before: str) -> tuple[int, int]:
    """Return line and column of what comes after a text."""
    return before.count("\n") + 1, len(before) - (before.rfind("\n") + 1) + 1


def where(words: str, tree: Any, path: tuple[str | int, ...]) -> tuple[int, int]:
    """Return line and column of a value; of a table, its first value; (1, 1) if the value is not there.

    TOML readers do not report them. But a text written back with another value in that place begins to differ there.

    Args:
        words: the text.
        tree: the values in it.
        path: of the value.
    """
    import tomlkit

    for key in path:
        try:
            tree = tree[key]
        except (KeyError, IndexError, TypeError):
            return 1, 1
    while isinstance(tree, dict | list) and tree:
        key = next(iter(tree)) if isinstance(tree, dict) else 0
        path, tree = (*path, key), tree[key]
    with contextlib.suppress(Exception):  # a text that only the standard library's reader takes
        document: Any = tomlkit.parse(words)
        at = document
        for key in path[:-1]:
            at = at[key]
        if tree == {}:
            at[path[-1]][_MARK] = ""  # an empty table: after its head
        else:
            at[path[-1]] = _MARK
        marked = tomlkit.dumps(document)
        return place(marked[: marked.index(f'"{_MARK}"')])
    return 1, 1


def fault(error: Exception, words: str) -> tuple[str, int, int]:
    """Return a TOML reader's reason to refuse a text, and where: its ``ValueError`` or ``RecursionError``, reworded."""
    found = _AT.match(str(error))
    if found:
        return _printable(found[1]), int(found[2]), int(found[3])
    if isinstance(error, tomllib.TOMLDecodeError):
        return _printable(str(error).removesuffix(" (at end of document)")), *place(words)
    # a number or a nesting beyond what Python takes: find the first line that fails in this way
    lines = words.split("\n")
    low, high = 1, len(lines)
    while low < high:
        middle = (low + high) // 2
        try:
            tomllib.loads("\n".join(lines[:middle]))
            low = middle + 1
        except tomllib.TOMLDecodeError:
            low = middle + 1
        except (ValueError, RecursionError):
            high = middle
    what = "too deep a nesting" if isinstance(error, RecursionError) else _printable(str(error))
    return what, low, 1


def _printable(reason: str) -> str:
    """Return a reader's words for a sentence of ours; what they quote of the text must not steer a terminal."""
    printable = "".join(letter if letter.isprintable() else "?" for letter in reason)
    return f"{printable[:1].lower()}{printable[1:]}"
