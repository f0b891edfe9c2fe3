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
        found += [
            _voice(path, path.relative_to(folder).as_posix(), voice) for voice in soundfont.voices(path)
        ]
    return found


def _files(folder: Path, endings: tuple[str, ...]) -> list[Path]:
    return sorted(p for p in folder.rglob("*") if p.is_file() and p.name.lower().endswith(endings))


def _voice(path: Path, place: str, voice: soundfont.Voice) -> Found:
    bank = "drums" if voice.drum else f"{voice.program:03d}"
    name = _of_its_own(voice.name) if voice.drum else voice.name
    place = f"{place}/{bank}/{voice.instrument}/{voice.name}"
    return Found(place, path, name, voice.instrument, voice.program, voice.drum, voice.sample)


def _of_its_own(name: str) -> str:
    """End a drum's name in a letter: names that differ in a number at the end would be takes of one drum."""
    return re.sub(r"(\d)$", r"\1x", name)


def _instruments(kit: Path) -> dict[str, tuple[str, str]]:
    """Read what a kit calls its files: name (with the number of the layer, where there are several) and instrument."""
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
        short = _of_its_own(called)
        for number, file in enumerate(files, 1):
            named.setdefault(file, (f"{short}_{number}" if len(files) > 1 else short, called))
    return named
