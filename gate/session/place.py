"""Where something stands in a text of TOML, and what is wrong with it, with line and column from 1."""

import contextlib
import re
import tomllib
from typing import Any

_AT = re.compile(r"^(.*) \(at line (\d+), column (\d+)\)$", re.DOTALL)

_MARK = "@ this place @"


def place(before: str) -> tuple[int, int]:
    """Line and column of what comes behind a text."""
    return before.count("\n") + 1, len(before) - (before.rfind("\n") + 1) + 1


def where(words: str, tree: Any, path: tuple[str | int, ...]) -> tuple[int, int]:
    """Line and column of a value; of a table, its first value; (1, 1) if it is not there.

    Readers do not tell. But a text that is written back with another value in that place begins to differ there.

    Args:
        words: the text.
        tree: what it says.
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
            at[path[-1]][_MARK] = ""  # an empty table: behind its head
        else:
            at[path[-1]] = _MARK
        marked = tomlkit.dumps(document)
        return place(marked[: marked.index(f'"{_MARK}"')])
    return 1, 1


def fault(error: Exception, words: str) -> tuple[str, int, int]:
    """What a reader of TOML has against a text, and where: its ``ValueError`` or ``RecursionError`` in other words."""
    found = _AT.match(str(error))
    if found:
        return _printable(found[1]), int(found[2]), int(found[3])
    if isinstance(error, tomllib.TOMLDecodeError):
        return _printable(str(error).removesuffix(" (at end of document)")), *place(words)
    # a number or a nesting beyond what Python takes: the first line with which it goes wrong in this way
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
    """A reader's words within a sentence of ours; what they quote of the text must not steer a terminal."""
    printable = "".join(letter if letter.isprintable() else "?" for letter in reason)
    return f"{printable[:1].lower()}{printable[1:]}"
