"""The sounds of an unpacked package: files, archives in it, samples of SoundFonts, instruments of Hydrogen's kits."""

import re
import xml.etree.ElementTree as ET
from pathlib import Path

from training.packages import soundfont
from training.packages.archive import unpack_archive
from training.packages.found import Found

SOUNDS = (".wav", ".flac", ".ogg", ".oga", ".opus", ".mp3", ".aif", ".aiff", ".au", ".g722")
FONTS = (".sf2", ".sf3")
ARCHIVES = (".pk3", ".wz", ".h2drumkit")
KIT = "drumkit.xml"


def wanted(path: str) -> bool:
    """Tell whether a file of a package is a sound, holds some, or says something about them."""
    low = path.lower()
    return low.endswith((*SOUNDS, *FONTS, *ARCHIVES, "/" + KIT, "/copyright")) or low == KIT


def find(folder: Path) -> list[Found]:
    """List the sounds in a folder, archives unpacked in place, in the order of their paths.

    Raises:
        ValueError: an archive or a SoundFont is damaged.
    """
    for archive in _files(folder, ARCHIVES):
        unpack_archive(archive, archive.with_name(archive.name + ".d"), wanted)
        archive.unlink()
    kits = {kit.parent: _instruments(kit) for kit in _files(folder, (KIT,))}
    found = []
    for path in _files(folder, SOUNDS):
        place = path.relative_to(folder).as_posix()
        name, instrument = kits.get(path.parent, {}).get(path.name, ("", ""))
        found.append(Found(place, path, name, instrument, drum=path.parent in kits))
    for path in _files(folder, FONTS):
        place = path.relative_to(folder).as_posix()
        found += [
            Found(
                f"{place}/{'drums' if v.drum else f'{v.program:03d}'}/{v.instrument}/{v.name}",
                path,
                v.name,
                v.instrument,
                v.program,
                v.drum,
                v.sample,
            )
            for v in soundfont.voices(path)
        ]
    return found


def _files(folder: Path, endings: tuple[str, ...]) -> list[Path]:
    return sorted(p for p in folder.rglob("*") if p.is_file() and p.name.lower().endswith(endings))


def _instruments(kit: Path) -> dict[str, tuple[str, str]]:
    """Read what a kit calls its files: name (with the number of the layer, where there are several) and instrument.

    The name ends in a letter where there is one layer, so that takes of one drum are told from drums of one name.
    """
    text = re.sub(r'\sxmlns="[^"]*"', "", kit.read_text(encoding="utf-8", errors="replace"), count=1)
    try:
        root = ET.fromstring(text)
    except ET.ParseError:
        return {}
    named: dict[str, tuple[str, str]] = {}
    for instrument in root.iter("instrument"):
        called = re.sub(r"\(.*?\)|[\"']", " ", instrument.findtext("name") or "").strip()
        if not called or called.isdigit() or called.lower().startswith("sample:"):
            continue
        files = [layer.text for layer in instrument.iter("filename") if layer.text]
        short = re.sub(r"(\d)$", r"\1x", called)
        for number, file in enumerate(files, 1):
            named.setdefault(file, (f"{short}_{number}" if len(files) > 1 else short, called))
    return named
