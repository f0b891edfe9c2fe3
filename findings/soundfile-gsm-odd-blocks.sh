#!/usr/bin/env bash
# libsndfile 1.2.2 (soundfile 0.14.0): a WAV of GSM 6.10 with an odd number of blocks comes back 320 samples too long.
#
# A block is 65 bytes, so an odd number of them is followed by RIFF's pad byte, which stands outside the chunk's size. libsndfile
# takes it for the beginning of a block and decodes 320 samples that were never there: a burst at the end. `fact` has the right
# number and is not asked. AIFF is right.
# Here: gate.files.sound_header counts the blocks; tests/gate/files/test_headers.py.
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
packages soundfile==0.14.0 numpy==2.4.6
got="$("$PY" - <<'PYTHON'
import numpy as np, soundfile as sf
for name in ("a.wav", "a.aiff"):
    for blocks in (2, 3):
        n = blocks * 320
        sf.write(name, .05 * np.sin(2 * np.pi * 440 * np.arange(n) / 8000), 8000, subtype="GSM610")
        x = sf.read(name)[0]
        print(name, "written", n, "read", len(x), "louder than it was after its end:", bool(len(x) > n and np.abs(x[n:]).max() > .1))
PYTHON
)"
seen "$got"
described "a.wav written 640 read 640 louder than it was after its end: False
a.wav written 960 read 1280 louder than it was after its end: True
a.aiff written 640 read 640 louder than it was after its end: False
a.aiff written 960 read 960 louder than it was after its end: False" "$got"
