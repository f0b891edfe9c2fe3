#!/usr/bin/env bash
# libsndfile 1.2.2 (soundfile 0.14.0): an AIFF of 8 bits and one channel with an odd number of samples comes out one sample longer.
#
# The byte that fills the chunk up is counted as a sample, in COMM's number of frames too, so every reader believes it. Twice
# through libsndfile changes nothing more: the count is even by then.
# Here: the number of frames is corrected after writing (gate.files.beside.put_chunks); tests/gate/files/test_beside.py.
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
packages soundfile==0.14.0 numpy==2.4.6
got="$("$PY" - <<'PYTHON'
import numpy as np, soundfile as sf
for n in (100, 101):
    sf.write("a.aiff", np.zeros(n), 8000, subtype="PCM_S8")
    data = open("a.aiff", "rb").read()
    at = data.index(b"COMM") + 10
    print("written", n, "COMM says", int.from_bytes(data[at:at + 4], "big"), "read", len(sf.read("a.aiff")[0]))
PYTHON
)"
seen "$got"
described "written 100 COMM says 100 read 100
written 101 COMM says 102 read 102" "$got"
