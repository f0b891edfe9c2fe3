"""Licences of single files, from a package's `copyright` file where that is in Debian's machine-readable format.

https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/: stanzas of `Files:` patterns and a `License:`; the
last that fits counts. Patterns are paths of the source, so they are compared with the ends of installed paths.
"""

import re
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

DEBIAN_ONLY = "debian/"


@dataclass(frozen=True)
class Licences:
    """Patterns and their licences, in the order of the file."""

    stanzas: tuple[tuple[tuple[str, ...], str], ...]

    def of(self, place: str) -> str:
        """Name the licence of an installed path, "" where no pattern but a general one fits."""
        path = PurePosixPath(place)
        ends = ["/".join(path.parts[i:]) for i in range(len(path.parts))]
        ends += [
            f"{'/'.join(path.parts[i:-1])}.h2drumkit" for i in range(len(path.parts) - 1)
        ]  # unpacked by Debian
        found = ""
        for patterns, licence in self.stanzas:
            if any(_fits(pattern, ends) for pattern in patterns):
                found = licence
        return found


def read_licences(copyright_file: Path) -> Licences:
    """Read a copyright file; one in another format, or none, gives no licences."""
    if not copyright_file.is_file():
        return Licences(())
    stanzas = []
    for stanza in re.split(r"\n\s*\n", copyright_file.read_text(encoding="utf-8", errors="replace")):
        files = re.search(r"^Files:((?:.*\n?)(?:[ \t].*\n?)*)", stanza, re.MULTILINE)
        licence = re.search(r"^License:[ \t]*(\S.*)$", stanza, re.MULTILINE)
        if files and licence:
            patterns = tuple(p for p in files[1].replace(",", " ").split() if not p.startswith(DEBIAN_ONLY))
            stanzas.append((patterns, licence[1].strip()))
    return Licences(tuple(stanzas))


def _fits(pattern: str, ends: list[str]) -> bool:
    if pattern in ("*", "./*"):
        return False
    shape = re.escape(pattern.removeprefix("./")).replace(r"\*", ".*").replace(r"\?", ".")
    return any(re.fullmatch(shape, end) for end in ends)
