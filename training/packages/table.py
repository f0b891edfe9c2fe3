"""Which packages, and what their paths say: the lists in packages.toml and names.toml, read and applied."""

import hashlib
import re
import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path, PurePosixPath

from training.packages.found import Found

HERE = Path(__file__).parent


@dataclass(frozen=True)
class Rule:
    """What is done with sounds whose path fits: a class and an owner, or left out for a reason.

    ``kind`` may be "drums" or "midi": then names.toml decides. ``owner``, ``part`` and ``folder`` may name groups of the
    expression, ``{name}`` (the file's) and ``{base}`` (without the number at its end).
    """

    path: re.Pattern[str]
    kind: str = ""
    owner: str = ""
    part: str = ""
    folder: str = ""
    licence: str = ""
    reason: str = ""


@dataclass(frozen=True)
class Package:
    """A package of Debian, pinned: its version, its place under a mirror, its size and SHA-256, and rules for its paths.

    ``collection`` names the source in the manifest: packages that share recordings share one.
    """

    name: str
    version: str
    place: str
    size: int
    sha256: str
    licence: str
    collection: str
    note: str
    rules: tuple[Rule, ...]


@dataclass(frozen=True)
class Sorted:
    """What a sound is: class, owner, source, the folder it is put in, its name, and a licence ("" for the package's)."""

    kind: str
    owner: str
    source: str
    folder: str
    name: str
    licence: str


@cache
def packages() -> tuple[Package, ...]:
    """Read packages.toml, in its order."""
    with (HERE / "packages.toml").open("rb") as file:
        return tuple(package(row) for row in tomllib.load(file)["package"])


def package(row: dict) -> Package:  # type: ignore[type-arg]
    """Make a package of one table of packages.toml."""
    rules = tuple(
        Rule(**{**rule, "path": re.compile(rule["path"], re.IGNORECASE)}) for rule in row.get("rule", ())
    )
    rest = {key: value for key, value in row.items() if key != "rule"}
    return Package(**{"collection": row["name"], "note": "", **rest}, rules=rules)


def choose(names: list[str]) -> tuple[Package, ...]:
    """Return the packages of these names, all of them for none.

    Raises:
        ValueError: a name is not in the table.
    """
    known = {one.name: one for one in packages()}
    for name in names:
        if name not in known:
            raise ValueError(f"expected one of the packages {', '.join(known)}, got {name}; name one of them")
    return tuple(known[name] for name in names) if names else packages()


def sort(one: Package, found: Found) -> Sorted | str:
    """Decide what a sound of a package is, or why it is left out."""
    for rule in one.rules:
        fits = rule.path.search(found.place)
        if fits is None:
            continue
        if not rule.kind:
            return rule.reason or "left out by a rule"
        name = slug(found.name or PurePosixPath(found.place).stem)
        kind, part = rule.kind, ""
        if kind == "midi":
            kind, reason = ("drums", "") if found.drum else midi(found.program)
            if not kind:
                return reason
        if kind == "drums":
            kind, part = drum(found.name or name, found.instrument)
            if not kind:
                return "no drum"
        base = re.sub(r"[-_ ]*\d+[a-z]?$", "", name) or name
        words = {
            **fits.groupdict(""),
            "name": name,
            "base": base,
            "instrument": slug(found.instrument),
            "class": kind,
        }
        owner = rule.owner.format(**words)
        folder = slug(rule.folder.format(**words)) if rule.folder else slug(owner.rpartition("/")[2])
        source = f"{one.collection}/{rule.part.format(**words)}" if rule.part else one.collection
        return Sorted(kind, owner, source, folder, part + name if part else name, rule.licence)
    return "no rule for its path"


def drum(name: str, instrument: str) -> tuple[str, str]:
    """Tell the class of a drum and the words its file's name begins with: by its own name, else by its instrument's."""
    lists = _names()
    for words in (name, instrument):
        low = re.sub(r"[_]+", " ", re.sub(r"(?<=[a-z])(?=[A-Z0-9])", " ", words)).lower()
        for row in lists["drum"]:
            if re.search(row["name"], low) and ("only" not in row or re.search(row["only"], low)):
                part = row.get("part", "")
                if part == "hat":
                    part = next(
                        (f"hat-{how}" for how, fits in lists["hats"].items() if re.search(fits, low)), "hat"
                    )
                return row["class"], f"{part}_" if part else ""
    return "drums/percussion", ""


def midi(program: int) -> tuple[str, str]:
    """Tell the class of a General MIDI program, "drums" where names tell which, or "" and a reason why it is none."""
    for row in _names()["midi"]:
        if program in row["programs"]:
            return row["class"], row.get("reason", "")
    return "instrument", ""


@cache
def names_digest() -> str:
    """Compute the SHA-256 of the lists of names."""
    return hashlib.sha256((HERE / "names.toml").read_bytes()).hexdigest()


@cache
def _names() -> dict:  # type: ignore[type-arg]
    with (HERE / "names.toml").open("rb") as file:
        return tomllib.load(file)


def slug(text: str) -> str:
    """Write a name with letters, digits and -_+ alone, at most 60 of them."""
    return re.sub(r"[^\w+-]+", "-", text.replace("#", "s"), flags=re.ASCII).strip("-")[:60] or "x"
