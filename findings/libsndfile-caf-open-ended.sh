#!/usr/bin/env bash
# libsndfile 1.2.2 (soundfile 0.14.0): a CAF whose samples have the size -1 is called malformed, though the format says that they may.
#
# Apple's specification gives the data chunk a size of -1 where it is the last one and was not closed: a recorder can lose power
# and lose nothing. ffmpeg writes it into pipes. libsndfile says "file is malformed" of it, and of a size of 0 "SF_INFO struct
# incomplete"; with the size in its place the same file is read.
# Here: gate.files.containers has the table of such sizes; tests/gate/files/test_headers.py.
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
packages soundfile==0.14.0 numpy==2.4.6
got="$("$PY" - <<'PYTHON'
import numpy as np, soundfile as sf
x = np.random.default_rng(0).integers(-9999, 9999, 48000).astype(np.int16)
sf.write("a.caf", x, 48000, subtype="PCM_16")
data = bytearray(open("a.caf", "rb").read())
at = data.rindex(b"data", 0, 8192) + 4
for size in (int.from_bytes(data[at:at + 8], "big"), -1, 0):
    data[at:at + 8] = size.to_bytes(8, "big", signed=True)
    open("a.caf", "wb").write(data)
    try: print(size, "read", len(sf.read("a.caf", dtype="int16")[0]))
    except sf.LibsndfileError as error: print(size, error.error_string)
PYTHON
)"
seen "$got"
described "96004 read 48000
-1 Supported file format but file is malformed.
0 Internal error : SF_INFO struct incomplete." "$got"
