#!/usr/bin/env bash
# soundfile 0.14.0 (libsndfile 1.2.2): AIFF with DWVW is written, and its first read fails, though every sample was decoded.
#
# libsndfile says that such a file can be sought in; soundfile therefore seeks to where it is after the read, and that seek is the
# one thing that fails ("Internal psf_fseek() failed."). The same file through a subclass that says it is not seekable is exact.
# Here: the same subclass as for MP3 (gate.files.sound_reader).
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
packages soundfile==0.14.0 numpy==2.4.6
got="$("$PY" - <<'PYTHON'
import numpy as np, soundfile as sf
class Straight(sf.SoundFile):
    def seekable(self): return False
x = (8000 * np.random.default_rng(0).standard_normal(5000)).clip(-32768, 32767).astype(np.int16)
sf.write("a.aiff", x, 44100, subtype="DWVW_16")
print(sf.info("a.aiff").frames, "frames, seekable", sf.SoundFile("a.aiff").seekable())
try: print("read", len(sf.read("a.aiff")[0]))
except sf.LibsndfileError as error: print(error)
print("read straight, all the same:", bool((Straight("a.aiff").read(5000, dtype="int16") == x).all()))
PYTHON
)"
seen "$got"
described "5000 frames, seekable True
Internal psf_fseek() failed.
read straight, all the same: True" "$got"
