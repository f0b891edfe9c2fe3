#!/usr/bin/env bash
# libsndfile 1.2.2 (soundfile 0.14.0): an RF64 is unreadable after a chunk of odd length, which a WAV is not.
#
# RIFF fills a chunk of odd length up with a byte. In a WAV libsndfile counts it; in an RF64 it does not, looks for the samples one
# byte too early, and says "No 'data' chunk marker". Broadcast recorders put iXML and bext of any length in front of the samples.
# Here: libsndfile is given such a file without the chunks that are in its way (gate.files.containers).
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
packages soundfile==0.14.0 numpy==2.4.6
got="$("$PY" - <<'PYTHON'
import numpy as np, soundfile as sf, struct
x = np.random.default_rng(0).integers(-999, 999, 4800).astype("<i2").tobytes()
fmt = b"fmt " + struct.pack("<IHHIIHH", 16, 1, 1, 48000, 96000, 2, 16)
for size in (4, 3):
    chunk = b"note" + struct.pack("<I", size) + b"abcd"  # the last byte fills up, or belongs to it
    body = fmt + chunk + b"data"
    riff = b"WAVE" + body + struct.pack("<I", len(x)) + x
    rf64 = b"WAVEds64" + struct.pack("<IQQQI", 28, 4 + 36 + len(body) + 4 + len(x), len(x), len(x) // 2, 0) + body + b"\xff" * 4 + x
    for name, data in (("WAV", b"RIFF" + struct.pack("<I", len(riff)) + riff), ("RF64", b"RF64" + b"\xff" * 4 + rf64)):
        open("a.wav", "wb").write(data)
        try: print(name, "chunk of", size, "bytes:", len(sf.read("a.wav")[0]), "frames")
        except sf.LibsndfileError as error: print(name, "chunk of", size, "bytes:", error.error_string)
PYTHON
)"
seen "$got"
described "WAV chunk of 4 bytes: 4800 frames
RF64 chunk of 4 bytes: 4800 frames
WAV chunk of 3 bytes: 4800 frames
RF64 chunk of 3 bytes: Error in RF64 file. No 'data' chunk marker." "$got"
