#!/usr/bin/env bash
# FluidR3_GM.sf2 (fluid-soundfont-gm 3.1-5.3, Debian 12): all 970 of its left and right samples are linked to a mono sample, "Gun".
#
# By SoundFont 2.01 (7.10), which the file says it is, wSampleLink of a left sample is the index of the right one of the same sound, and
# the other way round. Here the field is 0 in all 1,418 samples, and sample 0 is a sound like any other. Synthesizers do not need the
# field (tinysoundfont 0.3.7 plays the strings in stereo), so nobody hears it. What takes samples out does need it: by sf2utils 1.0.0
# every link leads to "Gun", and soundFontToJSON (soundfonttools 0.1.4), which takes 0 for "none", writes 1,418 mono files and no pair.
# An editor that follows the links lays "Gun" over the sounds that it exports: https://github.com/davy7125/polyphone/issues/129.
# Only the names pair them: all 485 that end in "(L)" (two were cut to "(L") have one with R, of the same length, rate and key.
# Here: training/packages/soundfont.py pairs by name where links do not lead to each other.
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
packages sf2utils==1.0.0 soundfonttools==0.1.4 numpy==2.4.6
"$PY" -m pip install -qq --disable-pip-version-check --no-deps tinysoundfont==0.3.7 # without PyAudio, which has to be built
debian fluid-soundfont-gm=3.1-5.3
font=root/usr/share/sounds/sf2/FluidR3_GM.sf2
mkdir waves
env/bin/soundFontToJSON -i "$font" -w waves -sn i -idx nat > /dev/null
got="$("$PY" - "$font" <<'PYTHON'
import logging, pathlib, re, sys, wave
from collections import Counter
import numpy as np, tinysoundfont
from sf2utils.sf2parse import Sf2File

logging.disable(logging.CRITICAL)  # it remarks on loops, not on links
path = sys.argv[1]
with open(path, "rb") as file:
    samples = [s for s in Sf2File(file).samples if s.name != "EOS"]
left, right = ([s for s in samples if s.sample_type == kind] for kind in (4, 2))
print(len(samples), "samples,", len(left), "left,", len(right), "right")
for to, n in Counter(s.sample_link for s in left + right).items():
    print(n, "links to sample", to, samples[to].name, "mono" if samples[to].sample_type == 1 else "stereo")
shape = lambda s: (s.duration, s.sample_rate, s.original_pitch)
named = {s.name: s for s in right}
others = [(s, named.get(re.sub(r"\(L(\)?)$", r"(R\1", s.name))) for s in left]
print(sum(r is not None and shape(s) == shape(r) for s, r in others), "pairs by name, length, rate and key")
channels = Counter(wave.open(str(p)).getnchannels() for p in pathlib.Path("waves").iterdir())
print("soundFontToJSON:", *(f"{n} files of {c} channel(s)" for c, n in channels.items()))
synth = tinysoundfont.Synth(samplerate=44100)
synth.program_select(0, synth.sfload(path), 0, 48)
synth.noteon(0, 60, 100)
l, r = np.frombuffer(synth.generate(44100), np.float32).reshape(-1, 2).T
print("tinysoundfont plays strings in", "stereo" if np.corrcoef(l, r)[0, 1] < 0.9 else "mono")
PYTHON
)"
seen "$got"
described "1418 samples, 485 left, 485 right
970 links to sample 0 Gun mono
485 pairs by name, length, rate and key
soundFontToJSON: 1418 files of 1 channel(s)
tinysoundfont plays strings in stereo" "$got"
