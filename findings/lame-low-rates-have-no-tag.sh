#!/usr/bin/env bash
# libsndfile 1.2.2 (soundfile 0.14.0, LAME): whether an MP3 of constant bit rate is late depends on the bit rate.
#
# What says how much delay to drop is a tag in a frame of its own, and that frame has the bit rate of all the others. At 32 kbps a
# frame of 48 kHz is 96 bytes, the tag does not fit, and none is written: the sound comes back 1,105 samples late and in whole
# frames of 1,152. At 162 kbps (169 with the tag) the same call is exact to the sample; so is VARIABLE at any level, whose tag has a bit rate of its own.
# Here: outputs are written with VARIABLE (gate.files.sound_reader).
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
packages soundfile==0.14.0 numpy==2.4.6
got="$("$PY" - <<'PYTHON'
import numpy as np, os, soundfile as sf
n = 48000
x = np.zeros(n); x[20000:20040] = np.hanning(40)
for mode, level in (("CONSTANT", .99), ("CONSTANT", .5), ("VARIABLE", .99), ("VARIABLE", .5)):
    sf.write("a.mp3", x, 48000, bitrate_mode=mode, compression_level=level)
    y = sf.read("a.mp3")[0]
    tag = any(name in open("a.mp3", "rb").read()[:300] for name in (b"Info", b"Xing"))
    late = int(np.argmax(np.correlate(y, x[20000:20040], "valid"))) - 20000
    print(mode, level, round(os.path.getsize("a.mp3") * 8 / 1000), "kbps, tag", tag, "longer by", len(y) - n, "late by", late)
PYTHON
)"
seen "$got"
described "CONSTANT 0.99 33 kbps, tag False longer by 1536 late by 1105
CONSTANT 0.5 169 kbps, tag True longer by 0 late by 0
VARIABLE 0.99 36 kbps, tag True longer by 0 late by 0
VARIABLE 0.5 38 kbps, tag True longer by 0 late by 0" "$got"
