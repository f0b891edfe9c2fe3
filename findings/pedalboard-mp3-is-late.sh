#!/usr/bin/env bash
# pedalboard 0.9.26: every MP3 that its AudioFile reads is 1,105 samples late and longer than it was, at any rate.
#
# The LAME tag says how much of the beginning and the end was never in the sound, and soundfile, ffmpeg and players drop it.
# pedalboard.io.AudioFile does not: at 44.1 and 48 kHz the sound comes 1,105 samples (23 ms) late and in whole frames. Clean and
# damaged pairs that are read through it do not line up.
# Here: sound files are read by gate.files.sound_reader alone.
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
packages pedalboard==0.9.26 soundfile==0.14.0 numpy==2.4.6
got="$("$PY" - <<'PYTHON'
import numpy as np, soundfile as sf
from pedalboard.io import AudioFile
for rate in (44100, 48000):
    x = np.zeros(2 * rate); x[30000:30040] = np.hanning(40)
    sf.write("a.mp3", x, rate)
    with AudioFile("a.mp3") as f: pedalboard = f.read(f.frames)[0]
    for name, y in (("soundfile", sf.read("a.mp3")[0]), ("pedalboard", pedalboard)):
        print(rate, name, "longer by", len(y) - len(x), "late by", int(np.argmax(np.correlate(y, x[30000:30040], "valid"))) - 30000)
PYTHON
)"
seen "$got"
described "44100 soundfile longer by 0 late by 0
44100 pedalboard longer by 1656 late by 1105
48000 soundfile longer by 0 late by 0
48000 pedalboard longer by 1920 late by 1105" "$got"
