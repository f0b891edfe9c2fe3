#!/usr/bin/env bash
# libsndfile 1.2.2 (soundfile 0.14.0): an MP3 of variable bit rate without a Xing tag is played to a guess, and no further.
#
# The length is guessed from the first frame's bit rate, and the decoder stops there: of three seconds whose first is loud, less
# than half is read, without an error. (Programs that stream write no tag: they cannot go back.)
# A tag in front helps, but not any: an Info tag that names the number of frames makes mpg123 drop 529 samples, its own delay, as
# it never does without a tag. Only with a LAME part whose delay is 1152 - 529, and a silent frame to drop, does every sample
# stay where it was.
# Here: gate.files.mpeg counts the frames and reads through such a tag; tests/gate/files/test_audiofile.py.
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
packages soundfile==0.14.0 numpy==2.4.6
got="$("$PY" - <<'PYTHON'
import io, numpy as np, soundfile as sf
x = .3 * np.random.default_rng(0).standard_normal(3 * 44100)
x[44100:] *= .001
def made(mode):
    b = io.BytesIO()
    sf.write(b, x, 44100, format="MP3", bitrate_mode=mode, compression_level=.5)
    return b.getvalue()
KBPS = (0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320)
size = lambda d, at: 144 * 1000 * KBPS[d[at + 2] >> 4] // 44100 + (d[at + 2] >> 1 & 1)
def frames(d):
    at = n = 0
    while at + 4 <= len(d): at += size(d, at); n += 1
    return n
def read(d): return sf.read(io.BytesIO(d), dtype="float32")[0]
vbr = made("VARIABLE")
bare = vbr[size(vbr, 0):]
print("frames of 1152:", frames(bare), "- all of it read:", len(read(bare)) == frames(bare) * 1152, "- less than half:", len(read(bare)) < frames(bare) * 576)
cbr = made("CONSTANT")
cbr = cbr[size(cbr, 0):]  # without a tag of its own
tag = bytearray(1100)[: size(bytes((cbr[0], cbr[1] | 1, 0xE0, cbr[3])), 0)]
tag[:4] = cbr[0], cbr[1] | 1, 0xE0, cbr[3]
tag[21:25], tag[25:29], tag[29:33], tag[33:37] = b"Info", (3).to_bytes(4, "big"), frames(cbr).to_bytes(4, "big"), (len(cbr) + len(tag)).to_bytes(4, "big")
plain, tagged = read(cbr), read(bytes(tag) + cbr)
print("an Info tag drops", len(plain) - len(tagged), "samples, at the front:", bool(np.abs(tagged - plain[529:]).max() < 1e-6))
PYTHON
)"
seen "$got"
described "frames of 1152: 116 - all of it read: False - less than half: True
an Info tag drops 529 samples, at the front: True" "$got"
