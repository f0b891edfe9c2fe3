#!/usr/bin/env bash
# logmmse 1.5: 320 samples are missing after every minute, and importing it makes numpy raise in the whole process.
#
# A recording of 150 s comes back 320 samples early from the first minute on and 640 from the second: it is cleaned in pieces of 60 s whose last
# window is dropped. `import logmmse` also calls numpy.seterr(all="raise"), so that a division somewhere else in the program, which gave inf
# before, is now an exception.
# Here: training.studies.swishnet.log_mmse is our own.
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
packages logmmse==1.5 numpy==2.4.6 scipy==1.17.1
got="$("$PY" - <<'PYTHON'
import warnings; warnings.simplefilter("ignore")
import numpy as np
before = np.geterr()["divide"]
import logmmse
print("numpy's divide:", before, "->", np.geterr()["divide"])
rate = 16000
rng = np.random.default_rng(0)
x = (.01 * rng.standard_normal(150 * rate)).astype(np.float32)
places = [20, 90, 140]
for s in places: x[s * rate:s * rate + 400] += .8 * np.hanning(400).astype(np.float32)
y = logmmse.logmmse(x, rate, initial_noise=6, window_size=0, noise_threshold=.15)
for s in places:
    near = y[s * rate - 2000:s * rate + 2400]
    print("a click at", s, "s comes", int(round((2000 - (np.argmax(np.correlate(near, np.hanning(400), "valid")))) / 160)) * 160, "samples early")
PYTHON
)"
seen "$got"
described "numpy's divide: warn -> raise
a click at 20 s comes 0 samples early
a click at 90 s comes 320 samples early
a click at 140 s comes 640 samples early" "$got"
