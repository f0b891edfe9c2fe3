#!/usr/bin/env bash
# soundfile 0.14.0 (libsndfile 1.2.2): an MP3 of a low bit rate that is read in blocks is not the MP3 that is read at once.
#
# After every read soundfile seeks to where the file stands already. libsndfile and mpg123 then start decoding again a few
# frames back, and the bit reservoir of a low bit rate reaches further: 48 kHz stereo at 32 kbps has a burst at every edge of a
# block, up to .5 of full scale. The length is right and nothing is raised; at 320 kbps nothing happens. A subclass that says
# it is not seekable is exact.
# Here: gate.files.sound_reader reads through such a subclass; tests/gate/files/test_pieces.py.
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
packages soundfile==0.14.0 numpy==2.4.6
got="$("$PY" - <<'PYTHON'
import numpy as np, soundfile as sf
class Straight(sf.SoundFile):
    def seekable(self): return False
t = np.arange(3 * 48000) / 48000
rng = np.random.default_rng(0)
x = .2 * np.sin(2 * np.pi * 330 * t)[:, None] + .2 * rng.standard_normal((len(t), 2)) * (np.sin(2 * np.pi * 3.3 * t) > .7)[:, None]
for level, kbps in ((.99, 32), (0., 320)):
    sf.write("a.mp3", x, 48000, bitrate_mode="CONSTANT", compression_level=level)
    whole = sf.read("a.mp3", dtype="float32")[0]
    for kind in (sf.SoundFile, Straight):
        with kind("a.mp3") as f:
            parts = []
            while len(part := f.read(4096, dtype="float32")): parts.append(part)
        y = np.concatenate(parts)
        n = min(len(y), len(whole))
        print(kbps, "kbps", kind.__name__, "same length", len(y) == len(whole), "error over .1", bool(np.abs(y[:n] - whole[:n]).max() > .1))
PYTHON
)"
seen "$got"
described "32 kbps SoundFile same length True error over .1 True
32 kbps Straight same length True error over .1 False
320 kbps SoundFile same length True error over .1 False
320 kbps Straight same length True error over .1 False" "$got"
