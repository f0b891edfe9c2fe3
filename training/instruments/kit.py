"""A drum kit put together from the corpus' single hits: which recordings are which part, tuned and damped for a scene."""

from dataclasses import dataclass

import numpy as np

from training.instruments import made_up_drums as synthetic_drums
from training.instruments.drummer import TOMS, Lead
from training.instruments.hits import FLOOR_DB, Piece, grouped, measure, recorded_piece
from training.recordings.corpus import Item
from training.sounds.bench import Studio
from training.sounds.recipe import Recipe, Rng, log_uniform

TARGETS = ("snare", "kick", "toms")
"""Drums that a gate can be taught."""

SPEEDS = {"kick": (0.72, 1.35), "snare": (0.8, 1.28), "toms": (0.75, 1.35), "cymbals": (0.85, 1.2)}
"""How fast hits may be read: tuning of drums, size of cymbals."""


HOME = 0.5
"""Chance of another part of the kit coming from the folder of the first, where it has any: most kits are of one make."""

DAMP_DB_S = (0.0, 60.0)
"""How much drums are damped, half of them not at all; tape and cloth take a second's ring away."""

CYMBALS_DAMP_DB_S = (0.0, 10.0)
"""How much cymbals are damped: hardly."""


@dataclass(frozen=True)
class Kit(Recipe):
    """A kit: its pieces, and (part, index of its piece); one piece may be several parts."""

    pieces: tuple[Piece, ...]
    parts: tuple[tuple[str, int], ...]

    @classmethod
    def of(cls, parts: dict[str, Piece]) -> "Kit":
        """Put a kit together from pieces by their parts."""
        pieces = list({id(piece): piece for piece in parts.values()}.values())
        index = {id(piece): number for number, piece in enumerate(pieces)}
        return cls(tuple(pieces), tuple((part, index[id(piece)]) for part, piece in parts.items()))

    def __contains__(self, part: str) -> bool:
        """Say whether the kit has a part."""
        return any(name == part for name, _ in self.parts)

    def __getitem__(self, part: str) -> Piece:
        """Find the piece that is a part; KeyError if there is none."""
        return self.pieces[dict(self.parts)[part]]


def assemble(studio: Studio, lead: Lead, made_up: float = 0.0) -> Kit:
    """Draw a kit. What the corpus lacks is not in it.

    Args:
        made_up: chance of each drum not being a recorded one, see ``training.instruments.made_up_drums``.

    Raises:
        ValueError: nothing clean of the drum that it is about.
    """
    rng = studio.rng
    kit: dict[str, Piece] = {}
    home: str | None = None  # the folder of the drum that it is about
    for drum in (lead, *(d for d in TARGETS if d != lead)):
        if drum == "kit":
            continue
        groups = _usable(studio, f"drums/{drum}")
        if drum == lead and not groups:
            raise ValueError(
                f"expected hits of drums/{drum} in the {studio.split} split whose floor is {FLOOR_DB:g} dB or more under "
                "them, got none; add some"
            )
        if made_up > 0.0 and studio.happens(made_up):
            kit |= _made_up(studio, drum)
            continue
        if not groups:
            continue
        names = _of_home(rng, list(groups), home)
        home = home or names[0].split("/")[0]
        drawn = _Drawn(studio, groups, names, log_uniform(rng, *SPEEDS[drum]), _damping(rng))
        if drum == "kick":
            kit["kick"] = drawn.piece(names)
        elif drum == "snare":
            full = [name for name in names if _strike(name) == "snare"] or names
            kit["snare"] = drawn.piece(full)
            for part in ("rim", "side"):
                same = [name for name in names if _strike(name) == part]
                kit[part] = drawn.piece(same) if same else kit["snare"]
        else:
            kit |= _toms(drawn)
    return Kit.of(kit | _cymbals(studio, home))


@dataclass(frozen=True)
class _Drawn:
    """What the parts of one drum have in common: recordings of a folder by how they were struck, tuning and damping."""

    studio: Studio
    groups: dict[str, list[Item]]
    names: list[str]
    speed: float
    damp_db_s: float

    def piece(self, names: list[str]) -> Piece:
        """Draw one piece of recordings of these names."""
        return recorded_piece(self.studio, self.groups[self.studio.one_of(names)], self.speed, self.damp_db_s)


def _damping(rng: Rng) -> float:
    """Draw how much a drum is damped, in dB a second."""
    return float(rng.choice([0.0, rng.uniform(*DAMP_DB_S)]))


def _made_up(studio: Studio, drum: str) -> dict[str, Piece]:
    """Draw the parts of a drum that was never built."""
    if drum == "kick":
        return {"kick": synthetic_drums.made_up(studio, "kick")}
    if drum == "snare":
        snare = synthetic_drums.made_up(studio, "snare")
        return {
            "snare": snare,
            "rim": synthetic_drums.made_up(studio, "snare", snare.hz, "rim"),
            "side": synthetic_drums.made_up(studio, "snare", snare.hz, "side"),
        }
    rng = studio.rng
    count = int(rng.integers(2, TOMS + 1))
    highest = log_uniform(rng, 110.0, 240.0)
    steps = np.concatenate([[0.0], np.cumsum(rng.uniform(3.0, 8.0, count - 1))])  # semitones down
    toms = [synthetic_drums.made_up(studio, "toms", highest * 2.0 ** (-step / 12.0)) for step in steps]
    return {f"tom{i}": toms[i * count // TOMS] for i in range(TOMS)}


def _toms(drawn: _Drawn) -> dict[str, Piece]:
    """Draw two to four toms, the highest first; with too few recordings, one is tuned to be several."""
    rng, names = drawn.studio.rng, drawn.names
    count = int(rng.integers(2, TOMS + 1))
    chosen = [names[int(i)] for i in rng.permutation(len(names))[:count]]
    while len(chosen) < count:
        chosen.append(drawn.studio.one_of(chosen))
    tuned = []
    for i, name in enumerate(chosen):
        again = chosen[:i].count(name)  # a third of an octave lower each time
        tuned.append(drawn.speed * 2.0 ** (rng.uniform(-1.5, 1.5) / 12.0 - again / 3.0))
    pieces = [
        recorded_piece(drawn.studio, drawn.groups[name], speed, drawn.damp_db_s, takes=5)
        for name, speed in zip(chosen, tuned, strict=True)
    ]
    pieces.sort(key=lambda piece: -piece.hz)
    return {f"tom{i}": pieces[i * count // TOMS] for i in range(TOMS)}


def _cymbals(studio: Studio, home: str | None) -> dict[str, Piece]:
    rng = studio.rng
    groups = grouped(studio.items("drums/cymbals"))
    kit: dict[str, Piece] = {}
    speed = log_uniform(rng, *SPEEDS["cymbals"])
    for part in ("closed", "open", "pedal", "ride", "bell", "crash"):
        names = [name for name in groups if cymbal(name) == part]
        if names:
            name = studio.one_of(_of_home(rng, names, home))
            damp_db_s = float(rng.uniform(*CYMBALS_DAMP_DB_S))
            kit[part] = recorded_piece(studio, groups[name], speed, damp_db_s, "go on", takes=4)
    return with_stand_ins(kit)


def with_stand_ins(kit: dict[str, Piece]) -> dict[str, Piece]:
    """Add cymbals that a kit lacks, each as another one that it has."""
    for part, instead in (("bell", "ride"), ("ride", "closed"), ("pedal", "closed"), ("open", "crash")):
        if part not in kit and instead in kit:
            kit[part] = kit[instead]
    return kit


def _of_home(rng: Rng, names: list[str], home: str | None) -> list[str]:
    """Draw recordings of one folder: mostly of the one that the kit is from, else of any."""
    folders = sorted({name.split("/")[0] for name in names})
    stay = home in folders and rng.random() < HOME
    chosen = home if stay else folders[int(rng.integers(len(folders)))]
    return [name for name in names if name.split("/")[0] == chosen]


def _usable(studio: Studio, kind: str) -> dict[str, list[Item]]:
    """Find groups of clean hits, no rolls, no far microphones."""
    corpus, items = studio.corpus, studio.items(kind)
    close = tuple(i for i in items if not i.path.stem.endswith("__oh") and "roll" not in i.path.stem)
    groups = {
        name: [item for item in group if corpus.derive("hit", item, measure).clean]
        for name, group in grouped(close).items()
    }
    return {name: group for name, group in groups.items() if group}


def _strike(name: str) -> str:
    """Tell how a snare was struck by its name."""
    name = name.lower()
    if "sidestick" in name or "__ss" in name:
        return "side"
    return "rim" if "rimshot" in name else "snare"


def cymbal(name: str) -> str | None:
    """Tell what part of the kit a cymbal is by its folder and name; None for gongs, cowbells and choked ones."""
    name = name.lower().split("/")[1]
    if any(word in name for word in ("choke", "gong", "scrape", "cowbell")):
        return None
    for part, words in {
        "open": ("open", "half", "swish"),
        "pedal": ("pedal", "foot"),
        "closed": ("closed", "chh"),
        "crash": ("crash", "splash", "china"),
        "bell": ("bell",),
        "ride": ("ride",),
    }.items():
        if any(word in name for word in words):
            return part
    return "crash"
