"""A drum kit put together from the corpus' single hits: which recordings are which part, tuned and damped for a scene."""

import numpy as np

from training.instruments import made_up_drums as synthetic_drums
from training.instruments.drummer import TOMS, Lead
from training.instruments.hits import FLOOR_DB, Piece, grouped, measure
from training.recordings.corpus import Corpus, Item
from training.sounds.changes import Rng, log_uniform

TARGETS = ("snare", "kick", "toms")
"""Drums that a gate can be taught."""

SPEEDS = {"kick": (0.72, 1.35), "snare": (0.8, 1.28), "toms": (0.75, 1.35), "cymbals": (0.85, 1.2)}
"""How fast hits may be read: tuning of drums, size of cymbals."""


def assemble(corpus: Corpus, rng: Rng, split: str, lead: Lead, made_up: float = 0.0) -> dict[str, Piece]:
    """Put a kit together: part -> piece. What the corpus lacks is not in it.

    Args:
        made_up: chance of each drum not being a recorded one, see ``training.instruments.made_up_drums``.

    Raises:
        ValueError: nothing clean of the drum that it is about.
    """
    kit: dict[str, Piece] = {}
    home: str | None = None  # the folder of the drum that it is about: most kits are of one make
    for drum in (lead, *(d for d in TARGETS if d != lead)):
        if drum == "kit":
            continue
        groups = _usable(corpus, f"drums/{drum}", split)
        if drum == lead and not groups:
            raise ValueError(
                f"expected hits of drums/{drum} in the {split} split whose floor is {FLOOR_DB:g} dB or more under "
                "them, got none; add some"
            )
        if made_up > 0.0 and rng.random() < made_up:
            kit |= _made_up(rng, drum)
            continue
        if not groups:
            continue
        names = _of_home(rng, list(groups), home)
        home = home or names[0].split("/")[0]
        speed, damp = log_uniform(rng, *SPEEDS[drum]), float(rng.choice([0.0, rng.uniform(0.0, 60.0)]))
        if drum == "kick":
            kit["kick"] = _piece(corpus, rng, groups, names, speed, damp)
        elif drum == "snare":
            full = [name for name in names if _strike(name) == "snare"] or names
            kit["snare"] = _piece(corpus, rng, groups, full, speed, damp)
            for part in ("rim", "side"):
                same = [name for name in names if _strike(name) == part]
                kit[part] = _piece(corpus, rng, groups, same, speed, damp) if same else kit["snare"]
        else:
            kit |= _toms(corpus, rng, groups, names, speed, damp)
    return kit | _cymbals(corpus, rng, split, home)


def _made_up(rng: Rng, drum: str) -> dict[str, Piece]:
    """The parts of a drum that was never built."""
    if drum == "kick":
        return {"kick": synthetic_drums.made_up(rng, "kick")}
    if drum == "snare":
        snare = synthetic_drums.made_up(rng, "snare")
        return {
            "snare": snare,
            "rim": synthetic_drums.made_up(rng, "snare", snare.hz, "rim"),
            "side": synthetic_drums.made_up(rng, "snare", snare.hz, "side"),
        }
    count = int(rng.integers(2, TOMS + 1))
    highest = log_uniform(rng, 110.0, 240.0)
    steps = np.concatenate([[0.0], np.cumsum(rng.uniform(3.0, 8.0, count - 1))])  # semitones down
    toms = [synthetic_drums.made_up(rng, "toms", highest * 2.0 ** (-step / 12.0)) for step in steps]
    return {f"tom{i}": toms[i * count // TOMS] for i in range(TOMS)}


def _piece(
    corpus: Corpus, rng: Rng, groups: dict[str, list[Item]], names: list[str], speed: float, damp: float
) -> Piece:
    return Piece(corpus, rng, groups[names[int(rng.integers(len(names)))]], speed, damp)


def _toms(
    corpus: Corpus, rng: Rng, groups: dict[str, list[Item]], names: list[str], speed: float, damp: float
) -> dict[str, Piece]:
    """Two to four toms, the highest first; with too few recordings, one is tuned to be several."""
    count = int(rng.integers(2, TOMS + 1))
    chosen = [names[int(i)] for i in rng.permutation(len(names))[:count]]
    while len(chosen) < count:
        chosen.append(chosen[int(rng.integers(len(chosen)))])
    tuned = []
    for i, name in enumerate(chosen):
        again = chosen[:i].count(name)  # a third of an octave lower each time
        tuned.append(speed * 2.0 ** (rng.uniform(-1.5, 1.5) / 12.0 - again / 3.0))
    pieces = [
        Piece(corpus, rng, groups[name], s, damp, takes=5) for name, s in zip(chosen, tuned, strict=True)
    ]
    pieces.sort(key=lambda piece: -piece.hz)
    return {f"tom{i}": pieces[i * count // TOMS] for i in range(TOMS)}


def _cymbals(corpus: Corpus, rng: Rng, split: str, home: str | None) -> dict[str, Piece]:
    groups = grouped(corpus.items("drums/cymbals", split))
    kit: dict[str, Piece] = {}
    speed = log_uniform(rng, *SPEEDS["cymbals"])
    for part in ("closed", "open", "pedal", "ride", "bell", "crash"):
        names = [name for name in groups if _cymbal(name) == part]
        if names:
            names = _of_home(rng, names, home)
            name = names[int(rng.integers(len(names)))]
            kit[part] = Piece(
                corpus, rng, groups[name], speed, float(rng.uniform(0.0, 10.0)), "go on", takes=4
            )
    for part, instead in (("bell", "ride"), ("ride", "closed"), ("pedal", "closed"), ("open", "crash")):
        if part not in kit and instead in kit:
            kit[part] = kit[instead]
    return kit


def _of_home(rng: Rng, names: list[str], home: str | None) -> list[str]:
    """Recordings of one folder: mostly of the one that the kit is from, else of any."""
    folders = sorted({name.split("/")[0] for name in names})
    stay = home in folders and rng.random() < 0.5
    chosen = home if stay else folders[int(rng.integers(len(folders)))]
    return [name for name in names if name.split("/")[0] == chosen]


def _usable(corpus: Corpus, kind: str, split: str) -> dict[str, list[Item]]:
    """Groups of clean hits, no rolls, no far microphones."""
    items = corpus.items(kind, split)
    close = tuple(i for i in items if not i.path.stem.endswith("__oh") and "roll" not in i.path.stem)
    groups = {
        name: [item for item in group if corpus.derive("hit", item, measure).clean]
        for name, group in grouped(close).items()
    }
    return {name: group for name, group in groups.items() if group}


def _strike(name: str) -> str:
    """How a snare was struck, by its name."""
    name = name.lower()
    if "sidestick" in name or "__ss" in name:
        return "side"
    return "rim" if "rimshot" in name else "snare"


def _cymbal(name: str) -> str | None:
    """What part of the kit a cymbal is, by its name; None for gongs, cowbells and choked ones."""
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
