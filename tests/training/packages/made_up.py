"""Packages made by arithmetic: a .deb, a SoundFont, a table that names them."""

import hashlib
import io
import struct
import tarfile
from pathlib import Path

import numpy as np
import soundfile

RATE = 16_000


def deb(path: Path, files: dict[str, bytes], members: list[tarfile.TarInfo] | None = None) -> Path:
    """Write a Debian package of these files, and of members that carry no data."""
    tar = io.BytesIO()
    with tarfile.open(fileobj=tar, mode="w:xz") as archive:
        for member in members or ():
            archive.addfile(member)
        for name, data in files.items():
            info = tarfile.TarInfo(name)
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
    parts = {"debian-binary": b"2.0\n", "control.tar.xz": b"odd", "data.tar.xz": tar.getvalue()}
    with path.open("wb") as file:
        file.write(b"!<arch>\n")
        for name, data in parts.items():
            file.write(f"{name:<16}{0:<12}{0:<6}{0:<6}{100644:<8}{len(data):<10}`\n".encode() + data)
            file.write(b"\n" * (len(data) % 2))
    return path


def row(path: Path, rules: list[dict[str, str]], **more: str) -> dict:
    """Return a row of packages.toml that pins a package as it is."""
    data = path.read_bytes()
    name, version, _ = path.name.split("_")
    return {
        "name": name,
        "version": version,
        "place": f"pool/main/{path.name}",
        "size": len(data),
        "sha256": hashlib.sha256(data).hexdigest(),
        "licence": "CC0",
        "rule": rules,
        **more,
    }


def toml(rows: list[dict]) -> str:
    """Write rows as packages.toml has them."""
    lines = []
    for one in rows:
        lines.append("[[package]]")
        lines += [f"{key} = {_value(value)}" for key, value in one.items() if key != "rule"]
        for rule in one["rule"]:
            lines += ["[[package.rule]]", *(f"{key} = '{value}'" for key, value in rule.items())]
    return "\n".join(lines)


def _value(value: str | int) -> str:
    return str(value) if isinstance(value, int) else f'"{value}"'


def file(x: np.ndarray, rate: int = RATE, form: str = "WAV") -> bytes:
    """Write a sound as a file's bytes."""
    stream = io.BytesIO()
    soundfile.write(stream, x, rate, format=form)
    return stream.getvalue()


def talk(seed: int, seconds: float, floor: float = 1e-5) -> np.ndarray:
    """Syllables of noise with pauses, over a quiet floor."""
    rng = np.random.default_rng(seed)
    n = int(seconds * RATE)
    x = rng.normal(size=n)
    envelope = np.clip(np.sin(2 * np.pi * 2.0 * np.arange(n) / RATE + rng.uniform(0, 6)), 0, None)
    return 0.2 * np.clip(x, -3, 3) * envelope**2 + floor * rng.normal(size=n)


def hit(seed: int, seconds: float = 0.3, rate: int = 44_100) -> np.ndarray:
    """A tone and noise that die."""
    rng = np.random.default_rng(seed)
    t = np.arange(int(seconds * rate)) / rate
    noise = 0.3 * rng.normal(size=len(t))
    return 0.5 * np.exp(-t / 0.05) * (np.sin(2 * np.pi * rng.uniform(80, 400) * t) + np.clip(noise, -1, 1))


def tone(hz: float, seconds: float, rate: int = 44_100) -> np.ndarray:
    """A tone with two overtones."""
    t = np.arange(int(seconds * rate)) / rate
    return sum(0.3 / k * np.sin(2 * np.pi * hz * k * t) for k in (1, 2, 3))


def soundfont(samples: list[dict], presets: list[dict]) -> bytes:
    """Write a SoundFont 2.

    ``samples``: name, data (int16 array, or bytes of Ogg Vorbis), rate, loop, kind, link. ``presets``: name, bank, program,
    and zones: lists of (sample index, {generator: value}); each preset has an instrument of its name.
    """
    smpl, headers = b"", b""
    for one in samples:
        raw = (
            one["data"] if isinstance(one["data"], bytes) else one["data"].astype("<i2").tobytes() + bytes(92)
        )
        compressed = isinstance(one["data"], bytes)
        start = len(smpl) if compressed else len(smpl) // 2
        length = len(raw) if compressed else len(one["data"])
        first, after = one.get("loop", (0, 0))
        base = 0 if compressed else start
        headers += struct.pack(
            "<20s5IBbHH", one["name"].encode(), start, start + length, base + first, base + after, one["rate"], 60, 0,
            one.get("link", 0), one.get("kind", 1) | (0x10 if compressed else 0),
        )  # fmt: skip
        smpl += raw + bytes(len(raw) % 2)
    headers += struct.pack("<20s5IBbHH", b"EOS", *[0] * 9)
    phdr = pbag = pgen = inst = ibag = igen = b""
    for number, one in enumerate(presets):
        phdr += struct.pack("<20sHHHIII", one["name"].encode(), one["program"], one["bank"], number, 0, 0, 0)
        pbag += struct.pack("<HH", number, 0)
        pgen += struct.pack("<Hh", 41, number)
        inst += struct.pack("<20sH", one["name"].encode(), len(ibag) // 4)
        for sample, generators in [(None, one.get("common", {})), *one["zones"]]:
            ibag += struct.pack("<HH", len(igen) // 4, 0)
            for kind, value in generators.items():
                igen += struct.pack("<Hh", kind, value)
            if sample is not None:
                igen += struct.pack("<Hh", 53, sample)
    phdr += struct.pack("<20sHHHIII", b"EOP", 0, 0, len(presets), 0, 0, 0)
    pbag += struct.pack("<HH", len(presets), 0)
    inst += struct.pack("<20sH", b"EOI", len(ibag) // 4)
    ibag += struct.pack("<HH", len(igen) // 4, 0)
    tables = {"phdr": phdr, "pbag": pbag, "pgen": pgen + bytes(4), "inst": inst, "ibag": ibag}
    tables |= {"igen": igen + bytes(4), "shdr": headers}
    pdta = b"pdta" + b"".join(_chunk(name, data) for name, data in tables.items())
    body = b"sfbk" + _chunk("LIST", b"sdta" + _chunk("smpl", smpl)) + _chunk("LIST", pdta)
    return _chunk("RIFF", body)


def _chunk(name: str, data: bytes) -> bytes:
    return name.encode() + struct.pack("<I", len(data)) + data + bytes(len(data) % 2)
