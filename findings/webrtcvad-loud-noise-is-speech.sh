#!/usr/bin/env bash
# webrtcvad-wheels 2.0.14.post1: white noise is no speech at -50 dBFS and speech all the time at -10 dBFS, in its strictest mode.
#
# The detector looks at levels in absolute terms: the same noise, 40 dB louder, goes from hardly ever to always, mode 3, 20 ms frames at
# 16 kHz. A comparison that does not say at which level its recordings were played says nothing about it.
# Here: docs/peers.md; every detector is judged on the same scenes at their own levels.
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
packages webrtcvad-wheels==2.0.14.post1 numpy==2.4.6
got="$("$PY" - <<'PYTHON'
import numpy as np, webrtcvad
noise = np.random.default_rng(0).standard_normal(20 * 16000)
for level in (-50, -30, -10):
    x = (noise * 10 ** (level / 20) * 32768).clip(-32768, 32767).astype("<i2")
    vad = webrtcvad.Vad(3)
    said = [vad.is_speech(x[at:at + 320].tobytes(), 16000) for at in range(0, len(x) - 319, 320)]
    print("white noise at", level, "dBFS:", "speech" if np.mean(said) > .95 else "no speech" if np.mean(said) < .1 else "now and then")
PYTHON
)"
seen "$got"
described "white noise at -50 dBFS: no speech
white noise at -30 dBFS: no speech
white noise at -10 dBFS: speech" "$got"
