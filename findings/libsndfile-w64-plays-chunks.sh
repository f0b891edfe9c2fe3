#!/usr/bin/env bash
# libsndfile 1.2.2 (soundfile 0.14.0): in Wave64 whatever stands after the samples is played as sound.
#
# The size of the data chunk is not asked: samples are read to the end of the file. A marker list or a summary list there, both of
# Sony's own specification, is a click of noise, and the file is longer than its header says. (WAV and RF64 with the same chunk
# after the samples are right.)
# Here: gate.files.sound_header always hands libsndfile a Wave64 that ends with its samples; tests/gate/files/test_headers.py.
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
packages soundfile==0.14.0 numpy==2.4.6
got="$("$PY" - <<'PYTHON'
import numpy as np, soundfile as sf, uuid
x = np.zeros(48000, np.int16)
sf.write("a.w64", x, 48000, subtype="PCM_16")
data = open("a.w64", "rb").read()
guid = lambda name: name + bytes.fromhex("f3acd3118cd100c04f8edb8a")
text = "a marker list stands here, a multiple of eight: ".encode("utf-16-le")
chunk = guid(b"list") + (24 + len(text)).to_bytes(8, "little") + text
whole = data + chunk
whole = whole[:16] + len(whole).to_bytes(8, "little") + whole[24:]
open("b.w64", "wb").write(whole)
for name in ("a.w64", "b.w64"):
    y = sf.read(name, dtype="int16")[0]
    print(name, "frames", len(y), "peak", int(np.abs(y).max()))
PYTHON
)"
seen "$got"
described "a.w64 frames 48000 peak 0
b.w64 frames 48060 peak 29989" "$got"
