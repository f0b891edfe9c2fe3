"""Whole sources kept together: groups of data sets, makers and kits, of which one at a time is not learned from.

A split by speaker or by drum leaves rooms, microphones and the hands of whoever recorded on both sides. What a gate is worth
elsewhere only shows on sources that it has never met. So every source belongs to one of ``GROUPS`` groups; a gate that is
taught on all but one is judged on that one, and what is asked of a setting is asked once for each.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import replace

from training.recordings.corpus import Corpus, Item

GROUPS = 3
"""Groups of sources: with three, two thirds are learned from, and each third still holds several of everything."""

FIXED: Mapping[str, int] = {
    # speech
    "gcompris/GCompris-voices": 0,
    "rhasspy/dataset-voice-kerstin": 1,
    "rhasspy/dataset-voice-kathleen": 1,
    "resemble-ai/Resemblyzer": 1,
    "Picovoice/speech-to-intent-benchmark": 2,
    "Picovoice/wake-word-benchmark": 2,
    "mindslab-ai/nuwave2": 0,
    "yxlu-0102/AP-BWE": 0,
    "Jakobovski/free-spoken-digit-dataset": 2,
    "asterisk-core-sounds/Allison": 1,
    "asterisk-core-sounds/Carlo": 0,
    "asterisk-prompt-it-menardi-wav": 0,
    "asterisk-core-sounds/IvrvoiceRU": 2,
    "asterisk-core-sounds/June": 1,
    "fillets-ng-data/cs": 2,
    "fillets-ng-data/nl": 0,
    "hedgewars-data/voices": 1,
    # noise
    "karolpiczak/ESC-10": 1,
    "Fris0uman/CDDA-Soundpacks": 0,
    "VoxeLibre/VoxeLibre": 2,
    "minetest/minetest_game": 2,
    "Timgrau/Projektarbeit-1": 0,
    "consint/Tumult": 2,
    "rafaelmardojai/blanket": 2,
    "zevv/bucklespring": 1,
    "LCAV/pyroomacoustics": 1,
    # music, songs
    "C-C-Minetest-Server/phonograph_album_mcl": 0,
    "worldwidejimmy/tonescope": 1,
    "ichbinsoftware/everythingisremixed": 2,
    "mdn/webaudio-examples": 2,
    "Debian fretsonfire-songs-muldjord": 1,
    # drums: one kit, one group
    "crabacus/the-open-source-drumkit": 0,
    "freepats/muldjordkit": 1,
    "sfzinstruments/DrumGizmo.MuldjordKit": 1,
    "oramics/sampled": 2,
    "sfzinstruments/karoryfer.frankensnare": 2,
    "sfzinstruments/body_percussion": 0,
    "sonic-pi-net/sonic-pi": 1,
    # guitars
    "sfzinstruments/karoryfer.shinyguitar": 0,
    "nyanshell/nyanshell.strat": 1,
    "freepats/spanish-classical-guitar": 1,
    "sfzinstruments/karoryfer.growlybass": 2,
    "freepats/electric-bass-YR": 0,
    "tone-3000/neural-amp-modeler-wasm": 2,
    "jatinchowdhury18/KlonCentaur": 1,
}
"""Sources placed by hand: each group has a large and a small one of each class. All others go by their name's hash."""


def group_of(item: Item) -> int:
    """Return the number of an item's group, 0 to GROUPS - 1: by its source; where none is given, by its owner."""
    name = item.source.split(" (")[0] or item.owner
    if name in FIXED:
        return FIXED[name]
    return int.from_bytes(hashlib.sha256(name.encode()).digest()[:4], "big") % GROUPS


def only_group(corpus: Corpus, group: int) -> Corpus:
    """Return the corpus of one group's recordings, their splits as they were; rooms and plates are everybody's."""
    return Corpus(i for i in corpus.all if i.kind == "impulse_response" or group_of(i) == group)


def held_out(corpus: Corpus, group: int) -> Corpus:
    """Return the corpus that judges a gate which was not taught this group: all of its recordings, in split ``val``."""
    return Corpus(replace(i, split="val") for i in only_group(corpus, group).all)


def known_only(corpus: Corpus, group: int) -> Corpus:
    """Return the corpus without a group."""
    return Corpus(i for i in corpus.all if i.kind == "impulse_response" or group_of(i) != group)
