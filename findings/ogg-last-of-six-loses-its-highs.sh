#!/usr/bin/env bash
# libvorbis and libopus, through libsndfile 1.2.2 (soundfile 0.14.0): a sixth microphone in an Ogg file is a subwoofer.
#
# Six channels have one meaning in Vorbis, and in Opus' usual mapping: the last one is low frequencies. The coders make use of
# that and throw its highs away: a tone of 1.2 kHz in channel 6 comes back as silence, while in channels 1 to 5 it is there. A
# recorder's six microphones fit into a file that looks right and lacks one. (Of nine channels all are kept by Vorbis.)
# Here: a note names the channel (gate.files.beside.carry), and docs/files.md.
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
packages soundfile==0.14.0 numpy==2.4.6
got="$("$PY" - <<'PYTHON'
import numpy as np, soundfile as sf
tone = .3 * np.sin(2 * np.pi * 1200 * np.arange(2 * 48000) / 48000)
for subtype in ("VORBIS", "OPUS"):
    for channels in (5, 6):
        with sf.SoundFile("a.ogg", "w", 48000, channels, subtype, None, "OGG") as f:
            for at in range(0, len(tone), 4096): f.write(np.stack([tone[at:at + 4096]] * channels, 1))
        y = sf.read("a.ogg")[0][20000:70000]
        print(subtype, channels, "channels:", *["silent" if level < .001 * tone.std() else "there" for level in y.std(0)])
PYTHON
)"
seen "$got"
described "VORBIS 5 channels: there there there there there
VORBIS 6 channels: there there there there there silent
OPUS 5 channels: there there there there there
OPUS 6 channels: there there there there there silent" "$got"
