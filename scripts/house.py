"""How the code is built: rooms, floors, arrows and circles of each package, measured from its imports.

    python -m scripts.house [FOLDER]

A *room* is a file or a folder at the top of a package, an *arrow* an import from one room to another, anywhere in a
file, for types too. *Floors* say how deep arrows stack. An *arrow up* goes to a room that the importing room's
docstring does not name after "May import". A *circle* is a set of files that import each other, anywhere in the
checkout.
"""

import ast
import re
import sys
from collections import defaultdict
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import NamedTuple

PACKAGES = ("gate", "training", "export", "benchmarks")
MAY = "May import:"

Graph = dict[str, set[str]]


class Figures(NamedTuple):
    """Figures of a package. ``up`` names arrows as "room -> room", ``longest`` is (lines, file)."""

    rooms: int
    floors: int
    arrows: int
    up: list[str]
    longest: tuple[int, str]


def modules(root: Path) -> dict[str, Path]:
    """Find every module of the packages under a folder: name to file; a package is its ``__init__``."""
    found = {}
    for package in PACKAGES:
        for path in sorted((root / package).rglob("*.py")):
            parts = path.relative_to(root).with_suffix("").parts
            found[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path
    return found


def file_graph(root: Path) -> Graph:
    """Find which modules import which, wherever in a file, and for types alone too."""
    known = modules(root)
    return {name: set(_imports(path, name, known)) - {name} for name, path in known.items()}


def _imports(path: Path, name: str, known: dict[str, Path]) -> Iterable[str]:
    package = name if path.name == "__init__.py" else name.rpartition(".")[0]
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"), str(path))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names if alias.name in known)
        elif isinstance(node, ast.ImportFrom):
            above = package.split(".")[: len(package.split(".")) - node.level + 1] if node.level else []
            module = ".".join([*above, *([node.module] if node.module else [])])
            for alias in node.names:
                whole = f"{module}.{alias.name}"
                if whole in known or module in known:
                    yield whole if whole in known else module


def room(module: str) -> str:
    """Name the room of a module: its package and the next name; a package's own ``__init__`` is the front door."""
    return ".".join(module.split(".")[:2])


def room_graph(files: Graph, package: str) -> Graph:
    """Find which rooms of a package import which others; the front door, which only hands names out, is no room."""
    graph: Graph = defaultdict(set)
    for name, targets in files.items():
        if room(name) != name or name != package:
            own = room(name)
            if own.startswith(f"{package}.") and own not in _doors(package):
                graph[own] |= {
                    room(target)
                    for target in targets
                    if target.startswith(f"{package}.") and room(target) not in {own, *_doors(package)}
                }
    return dict(graph)


def _doors(package: str) -> set[str]:
    """Modules that only hand out the names of others."""
    return {package, "gate.plugin"} if package == "gate" else {package}


def floors(graph: Graph) -> int:
    """Count how deep arrows stack: the most rooms on one way down (rooms in a circle count as one)."""
    group = {name: number for number, names in enumerate(groups(graph)) for name in names}
    below: dict[int, set[int]] = defaultdict(set)
    for name, targets in graph.items():
        below[group[name]] |= {group[target] for target in targets if target in group} - {group[name]}

    @cache
    def depth(number: int) -> int:
        return 1 + max((depth(other) for other in below[number]), default=0)

    return max((depth(number) for number in group.values()), default=0)


def circles(graph: Graph) -> list[list[str]]:
    """Find the sets of names that import each other."""
    return [sorted(names) for names in groups(graph) if len(names) > 1]


def groups(graph: Graph) -> list[list[str]]:
    """Find strongly connected components (R. Tarjan, 1972), each name in one of them."""
    index: dict[str, int] = {}
    low: dict[str, int] = {}
    stack: list[str] = []
    found: list[list[str]] = []

    def visit(name: str) -> None:
        index[name] = low[name] = len(index)
        stack.append(name)
        for target in sorted(graph.get(name, ())):
            if target not in index:
                visit(target)
                low[name] = min(low[name], low[target])
            elif target in stack:
                low[name] = min(low[name], index[target])
        if low[name] == index[name]:
            at = stack.index(name)
            found.append(stack[at:])
            del stack[at:]

    sys.setrecursionlimit(10_000)
    for name in sorted(graph):
        if name not in index:
            visit(name)
    return found


def may_import(root: Path, package: str) -> dict[str, set[str]]:
    """Read what each room may import, from its docstring: by their last names; a room without the line is left out."""
    said = {}
    for name, path in modules(root).items():
        if name != room(name) or not name.startswith(f"{package}."):
            continue
        text = ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))) or ""
        named = re.search(rf"^{MAY}(.*?)\.$", text, re.MULTILINE | re.DOTALL)
        if named:
            rooms = {one.strip() for one in named[1].split(",")} - {"nothing"}
            said[name] = {f"{package}.{one}" for one in rooms}
    return said


def measure(root: Path, package: str) -> Figures:
    """Measure a package of the checkout at ``root``."""
    files = file_graph(root)
    graph = room_graph(files, package)
    said = may_import(root, package)
    up = [
        f"{name} -> {target}"
        for name, targets in sorted(graph.items())
        for target in sorted(targets)
        if name in said and target not in said[name]
    ]
    lines = {
        path: path.read_text(encoding="utf-8").count("\n")
        for name, path in modules(root).items()
        if name.split(".")[0] == package
    }
    longest = max(lines, key=lambda path: lines[path])
    count = sum(map(len, graph.values()))
    return Figures(
        len(graph), floors(graph), count, up, (lines[longest], longest.relative_to(root).as_posix())
    )


def table(root: Path) -> str:
    """Lay the figures out as a page's table."""
    rows = ["| | rooms | floors | arrows | arrows up | longest file |", "|---|---|---|---|---|---|"]
    for package in PACKAGES:
        if not (root / package).is_dir():
            continue
        found = measure(root, package)
        lines, path = found.longest
        rows.append(
            f"| `{package}` | {found.rooms} | {found.floors} | {found.arrows} | {len(found.up)} | {lines} ({path}) |"
        )
        rows += [f"| | | | | {arrow} | |" for arrow in found.up]
    rings = circles(file_graph(root))
    rows += ["", f"Circles: {len(rings)}."]
    return "\n".join([*rows, *(f"- {', '.join(ring)}" for ring in rings)])


def main() -> None:
    """Print the table of a checkout; this one without a folder."""
    print(table(Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).resolve().parent.parent))


if __name__ == "__main__":
    main()
