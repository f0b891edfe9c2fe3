"""Stands in for gate-learn: says what it says, and writes a toy preset. Its first argument is what it does."""

import sys
import time
from pathlib import Path

from tests import toy_model

HELPED = "On held-out examples mine is right 97% of the time; the toy preset was right 90% of the time."
DID_NOT = "On held-out examples mine is right 90% of the time: learning did not help, so it is the toy preset unchanged."


def main() -> int:
    how, arguments = sys.argv[1], sys.argv[2:]
    output = Path(arguments[arguments.index("-o") + 1])
    print("looking at the examples", file=sys.stderr)
    if how == "refuse":
        print("gate-learn: error: only 3 s of target, at least 10 s are needed; record more", file=sys.stderr)
        return 1
    print("2 files to learn from", file=sys.stderr, flush=True)
    print("starting from toy (0.900 on your examples), as you asked", file=sys.stderr)
    for step in range(10, 60, 10):
        print(f"step {step} of 120, loss 0.1", file=sys.stderr, flush=True)
    while how == "hang":
        time.sleep(0.05)
    print("held-out examples: balanced accuracy 0.97", file=sys.stderr, flush=True)
    toy_model.write_preset(output)
    print(DID_NOT if how == "worse" else HELPED)
    print(f"wrote {output}: gate-render noisy.wav -o clean.wav --preset {output}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
