"""SoundFont 2 files (.sf2, and .sf3 with Ogg Vorbis inside) as sounds: which samples there are, and what they are of.

Of the format (SoundFont Technical Specification 2.04) this reads sample headers, the instruments and presets that use
them, and what a decaying sound needs: the loop and the volume envelope after the attack.
"""

import io
import mmap
import re
import struct
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import soundfile
from numpy.typing import NDArray

GEN_HOLD, GEN_DECAY, GEN_SUSTAIN, GEN_INSTRUMENT, GEN_SAMPLE, GEN_MODES = 35, 36, 37, 41, 53, 54
RIGHT, LEFT, COMPRESSED, ROM = 2, 4, 0x10, 0x8000
DRUM_BANK = 128
WHOLE_DB = 100.0
"""The envelope's decay is the time that this much would take."""

LONGEST_CENTS = 8_000
"""Time in cents of a second, at most: 100 s."""


@dataclass(frozen=True)
class Sample:
    """One sample, or the two sides of one: first and last frames in the file, and how it goes on after its loop.

    ``starts`` has one place for each channel; ``loop`` is (first, after the last) in frames of the sample, (0, 0) for none.
    ``hold_s`` and ``decay_db_s`` say when and how fast the envelope falls, ``sustain_db`` how far.
    """

    starts: tuple[int, ...]
    length: int
    rate_hz: int
    loop: tuple[int, int]
    hold_s: float
    decay_db_s: float
    sustain_db: float
    compressed: bool = False


@dataclass(frozen=True)
class Voice:
    """A sample and what it is of: names of instrument and sample, the General MIDI program, and whether it is a drum."""

    sample: Sample
    name: str
    instrument: str
    program: int
    drum: bool


def voices(path: Path) -> list[Voice]:
    """List the samples of a SoundFont that an instrument uses, sides of a pair together, in the order of the file.

    Raises:
        ValueError: not a SoundFont, or damaged.
    """
    try:
        with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
            return _Tables(data).voices()
    except (KeyError, IndexError, struct.error, ValueError) as error:
        raise ValueError(
            f"expected a SoundFont 2 in {path}, got one that cannot be read ({error}); leave it out by a rule"
        ) from error


def read(path: Path, sample: Sample) -> NDArray[np.float32]:
    """Read a sample: (n, channels) float32 as it is stored, loop not unrolled.

    Raises:
        ValueError: it lies outside the file.
    """
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
        at, size = _chunks(data)[b"smpl"]
        sides = []
        for start in sample.starts:
            if sample.compressed:
                x, _ = soundfile.read(
                    io.BytesIO(data[at + start : at + start + sample.length]), dtype="float32"
                )
                sides.append(np.ascontiguousarray(x if x.ndim == 1 else x[:, 0]))
                continue
            if start < 0 or 2 * (start + sample.length) > size:
                raise ValueError(
                    f"expected samples inside {path.name}, got a place outside; leave it out by a rule"
                )
            raw = np.frombuffer(data[at + 2 * start : at + 2 * (start + sample.length)], "<i2")
            sides.append((raw / 32768.0).astype(np.float32))
        length = min(map(len, sides))
        return np.stack([side[:length] for side in sides], axis=1)


def unrolled(x: NDArray[np.float32], sample: Sample, seconds: float) -> NDArray[np.float32]:
    """Let a sample (n,) go on in its loop until it is this long, falling as its envelope says; without a loop as it is."""
    first, after = sample.loop
    want = int(seconds * sample.rate_hz)
    if after > first and after <= len(x) and want > after:
        again = x[first:after]
        x = np.concatenate([x[:after], np.tile(again, (want - after) // len(again) + 1)])[:want]
    t = np.arange(len(x), dtype=np.float32) / np.float32(sample.rate_hz)
    fall_db = np.minimum(np.maximum(t - sample.hold_s, 0.0) * sample.decay_db_s, sample.sustain_db)
    return (x * 10.0 ** (-fall_db / 20.0)).astype(np.float32)


class _Tables:
    """The lists of a SoundFont, as they lie in the file."""

    def __init__(self, data: mmap.mmap) -> None:
        chunks = _chunks(data)

        def rows(name: bytes, form: str) -> list[tuple[int | bytes, ...]]:
            at, size = chunks[name]
            return list(struct.iter_unpack(form, data[at : at + size - size % struct.calcsize(form)]))

        self.samples = rows(b"shdr", "<20s5IBbHH")[:-1]
        self.instruments, self.presets = rows(b"inst", "<20sH"), rows(b"phdr", "<20sHHHIII")
        self.bags = {b"i": rows(b"ibag", "<HH"), b"p": rows(b"pbag", "<HH")}
        self.generators = {b"i": rows(b"igen", "<Hh"), b"p": rows(b"pgen", "<Hh")}
        self.partners = self._pairs()

    def zones(self, side: bytes, first: int, after: int) -> list[dict[int, int]]:
        """Return the generators of each zone of an instrument (side i) or preset (side p), its global ones included."""
        found, common = [], dict[int, int]()
        for bag in range(first, after):
            start, stop = int(self.bags[side][bag][0]), int(self.bags[side][bag + 1][0])
            own = {int(kind): int(value) for kind, value in self.generators[side][start:stop]}
            if bag == first and not own.keys() & {GEN_SAMPLE, GEN_INSTRUMENT}:
                common = own
            else:
                found.append(common | own)
        return found

    def users(self) -> dict[int, tuple[bool, int]]:
        """Tell of each instrument whether a drum kit uses it, and else its lowest program."""
        users: dict[int, tuple[bool, int]] = {}
        for preset, following in zip(self.presets, self.presets[1:], strict=False):
            program, bank = int(preset[1]), int(preset[2])
            for zone in self.zones(b"p", int(preset[3]), int(following[3])):
                if GEN_INSTRUMENT in zone:
                    drum, lowest = users.get(zone[GEN_INSTRUMENT], (False, 128))
                    drum = drum or bank == DRUM_BANK
                    users[zone[GEN_INSTRUMENT]] = drum, lowest if bank == DRUM_BANK else min(lowest, program)
        return users

    def voices(self) -> list[Voice]:
        users, found = self.users(), dict[int, Voice]()
        for number, (head, following) in enumerate(zip(self.instruments, self.instruments[1:], strict=False)):
            if number not in users:
                continue
            drum, program = users[number]
            for zone in self.zones(b"i", int(head[1]), int(following[1])):
                index = zone.get(GEN_SAMPLE, -1)
                if 0 <= index < len(self.samples) and index not in found:
                    voice = self._voice(index, zone, _text(head[0]), program, drum)
                    if voice is not None:
                        found[index] = voice
        return [
            found[index]
            for index in sorted(found)
            if not (self.partners.get(index, index) < index and self.partners[index] in found)
        ]

    def _pairs(self) -> dict[int, int]:
        """Find the two sides of a sound: by their link or, where that leads nowhere, by names that end in (L) and (R)."""
        sides = dict[tuple[str, int, int], list[int]]()
        for index, row in enumerate(self.samples):
            if int(row[9]) & (LEFT | RIGHT):
                base = _without_side(_text(row[0]))
                sides.setdefault((base, int(row[2]) - int(row[1]), int(row[5])), []).append(index)
        pairs = {a: b for two in sides.values() if len(two) == 2 for a, b in (two, two[::-1])}
        for index, row in enumerate(self.samples):
            link = int(row[8])
            if (
                int(row[9]) & (LEFT | RIGHT)
                and link < len(self.samples)
                and self.samples[link][8] == index != link
            ):
                pairs[index] = link
        return {
            a: b
            for a, b in pairs.items()
            if self.samples[a][5] == self.samples[b][5] and self._length(a) == self._length(b)
        }

    def _length(self, index: int) -> int:
        return int(self.samples[index][2]) - int(self.samples[index][1])

    def _voice(
        self, index: int, zone: dict[int, int], instrument: str, program: int, drum: bool
    ) -> Voice | None:
        name, start, end, loop, loop_end, rate, _, _, _, kind = self.samples[index]
        start, end, rate, kind = int(start), int(end), int(rate), int(kind)
        if kind & ROM or end <= start or not 4_000 <= rate <= 192_000:
            return None
        other = self.partners.get(index)
        starts = (start,) if other is None else (start, int(self.samples[other][1]))
        looped = zone.get(GEN_MODES, 0) & 3 in (1, 3)
        base = 0 if kind & COMPRESSED else start
        return Voice(
            Sample(
                starts=starts,
                length=end - start,
                rate_hz=rate,
                loop=(int(loop) - base, int(loop_end) - base) if looped else (0, 0),
                hold_s=_seconds(zone.get(GEN_HOLD, -12_000)),
                decay_db_s=WHOLE_DB / max(_seconds(zone.get(GEN_DECAY, -12_000)), 0.001),
                sustain_db=min(max(zone.get(GEN_SUSTAIN, 0) / 10.0, 0.0), WHOLE_DB),
                compressed=bool(kind & COMPRESSED),
            ),
            _text(name) if other is None else _without_side(_text(name)),
            instrument,
            program,
            drum,
        )


def _chunks(data: mmap.mmap) -> dict[bytes, tuple[int, int]]:
    """Find the chunks of a SoundFont: where each begins and how long it is, in bytes."""
    if data[:4] != b"RIFF" or data[8:12] != b"sfbk":
        raise ValueError("its head is another one")
    found, at = dict[bytes, tuple[int, int]](), 12
    while at + 8 <= len(data):
        name, size = data[at : at + 4], struct.unpack("<I", data[at + 4 : at + 8])[0]
        if name == b"LIST":
            at += 12
            continue
        found[name] = at + 8, min(size, len(data) - at - 8)
        at += 8 + size + size % 2
    return found


def _text(name: int | bytes) -> str:
    return bytes(name).split(b"\0")[0].decode("latin-1").strip() if isinstance(name, bytes) else ""


def _without_side(name: str) -> str:
    """Take the (L) or (R) off a sample's name, the last letter of which may be lost: names have 20."""
    return re.sub(r"[ _-]*\(?[LR]\)?$", "", name)


def _seconds(cents: int) -> float:
    return float(2.0 ** (min(cents, LONGEST_CENTS) / 1200.0))
