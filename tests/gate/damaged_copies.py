"""Opens damaged copies of a model one after the other, in a process of its own so that a crash is seen.

    python -m tests.gate.damaged_copies MODEL COPIES LIMIT_S

Prints a line of JSON for the model itself and one for each copy. A copy that takes longer than LIMIT_S ends
the process with a traceback.
"""

import faulthandler
import json
import random
import sys
from pathlib import Path

import numpy as np

from gate.engine.classifier import Classifier
from gate.errors import GateError
from gate.modelfile import contract
from tests.gate.engine_tools import open_engine

RATE, CHANNELS, SAMPLES = 48000, 2, 4800


def bits(data: bytearray, chance: random.Random) -> bytearray:
    """1 to 8 bits turned over."""
    for _ in range(chance.randint(1, 8)):
        data[chance.randrange(len(data))] ^= 1 << chance.randrange(8)
    return data


def cut(data: bytearray, chance: random.Random) -> bytearray:
    """Cut short."""
    return data[: chance.randrange(len(data))]


def zeros(data: bytearray, chance: random.Random) -> bytearray:
    """A range of zeros, up to a tenth of the file."""
    at, size = place(data, chance)
    data[at : at + size] = bytes(size)
    return data


def twice(data: bytearray, chance: random.Random) -> bytearray:
    """A range that comes twice."""
    at, size = place(data, chance)
    return data[: at + size] + data[at:]


def tail_bits(data: bytearray, chance: random.Random) -> bytearray:
    """A bit turned over in the last kilobyte, where the metadata is and no hash guards."""
    at = len(data) - 1 - chance.randrange(min(len(data), 1024))
    data[at] ^= 1 << chance.randrange(8)
    return data


def place(data: bytearray, chance: random.Random) -> tuple[int, int]:
    """(start, size) of a random range."""
    size = chance.randint(1, max(1, len(data) // 10))
    return chance.randrange(len(data) - size), size


DAMAGES = (bits, cut, zeros, twice, tail_bits)


def outcome(data: bytes) -> tuple[str, str]:
    """("refused", sentence), ("finite", "") or ("not finite", "") for a tenth of a second of noise."""
    x = np.random.default_rng(1).standard_normal((SAMPLES, CHANNELS)).astype(np.float32) * np.float32(0.1)
    out = np.full_like(x, np.nan)
    try:
        made = contract.read(data)
        if made.kind == "classify":
            with Classifier(made, rate=RATE, channels=CHANNELS) as classifier:
                classifier.process(x)
                said = classifier.take_frames().probabilities
            return ("finite" if len(said) and np.isfinite(said).all() else "not finite"), ""
        with open_engine(made, rate=RATE, channels=CHANNELS) as engine:
            engine.process(x, out)
    except GateError as error:
        return "refused", str(error)
    return ("finite" if np.isfinite(out).all() else "not finite"), ""


def main(path: str, copies: str, limit_s: str) -> None:
    """Print an outcome for the model and each damaged copy."""
    good = Path(path).read_bytes()
    for seed in range(int(copies) + 1):
        faulthandler.dump_traceback_later(float(limit_s), exit=True)
        damage = DAMAGES[seed % len(DAMAGES)] if seed else None
        data = bytes(damage(bytearray(good), random.Random(seed))) if damage else good
        what, sentence = outcome(data)
        line = {"seed": seed, "damage": damage.__name__ if damage else "", "outcome": what, "text": sentence}
        print(json.dumps(line), flush=True)
    faulthandler.cancel_dump_traceback_later()


if __name__ == "__main__":
    main(*sys.argv[1:])
