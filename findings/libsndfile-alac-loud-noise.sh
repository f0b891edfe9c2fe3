#!/usr/bin/env bash
# libsndfile 1.2.2 (soundfile 0.14.0): "lossless" ALAC of 24 and 32 bits is not lossless for loud noise.
#
# Two channels of white noise at half of full scale, written as ALAC_24 into CAF and read again, differ from what was written by
# four fifths of its level; at a tenth of full scale, with sine tones, and with 16 bits every sample is right. Nothing is raised,
# length and header are right. A cymbal or hiss close to full scale is such a sound.
# Here: outputs of ALAC inputs are written as PCM of the same bits, with a note (gate.files.sound_format).
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
packages soundfile==0.14.0 numpy==2.4.6
got="$("$PY" - <<'PYTHON'
import numpy as np, soundfile as sf
noise = np.random.default_rng(0).uniform(-1, 1, (48000, 2))
tone = np.stack([np.sin(np.arange(48000) / 9.)] * 2, 1)
for subtype, bits in (("ALAC_16", 16), ("ALAC_24", 24), ("ALAC_32", 32)):
    for name, x in (("noise at .1", .1 * noise), ("noise at .5", .5 * noise), ("tone at .9", .9 * tone)):
        whole = np.round(x * 2 ** (bits - 1)).astype(np.int64) << 32 - bits
        with sf.SoundFile("a.caf", "w", 48000, 2, subtype, None, "CAF") as f: f.write(whole.astype(np.int32))
        back = sf.read("a.caf", dtype="int32")[0].astype(np.int64) >> 32 - bits << 32 - bits
        print(subtype, name, "lossless" if np.array_equal(back, whole) else "DAMAGED")
PYTHON
)"
seen "$got"
described "ALAC_16 noise at .1 lossless
ALAC_16 noise at .5 lossless
ALAC_16 tone at .9 lossless
ALAC_24 noise at .1 lossless
ALAC_24 noise at .5 DAMAGED
ALAC_24 tone at .9 lossless
ALAC_32 noise at .1 lossless
ALAC_32 noise at .5 DAMAGED
ALAC_32 tone at .9 lossless" "$got"
