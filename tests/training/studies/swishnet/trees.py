"""Folders as MUSAN and GTZAN have them, seconds long, made of arithmetic."""

import numpy as np
import soundfile

from tests.training.tiny_corpus import chord, talk

RATE = 16000


def musan(folder, each=4, seconds=4.0):
    """speech/ music/ noise/ with ``each`` files of a class, 16 kHz."""
    rng = np.random.default_rng(3)
    for n in range(each):
        write(folder / f"speech/librivox/speech-librivox-{n:04}.wav", talk(rng, RATE, seconds))
        write(folder / f"music/fma/music-fma-{n:04}.wav", (0.5 + 0.1 * n) * chord(int(seconds * RATE), RATE))
        write(
            folder / f"noise/free-sound/noise-{n:04}.wav",
            0.05 * (n + 1) * rng.normal(size=int(seconds * RATE)),
        )
    return folder


def gtzan(folder, each=4, seconds=3.0):
    """music_wav/ and speech_wav/, 22.05 kHz, with a little hiss."""
    rng = np.random.default_rng(4)
    for n in range(each):
        length = int(seconds * 22050)
        hiss = 1e-3 * rng.normal(size=length)
        write(folder / f"music_wav/music{n}.wav", chord(length, 22050) * (0.5 + 0.1 * n) + hiss, 22050)
        write(folder / f"speech_wav/speech{n}.wav", talk(rng, 22050, seconds)[:length] + hiss, 22050)
    return folder


def write(path, x, rate=RATE):
    path.parent.mkdir(parents=True, exist_ok=True)
    soundfile.write(path, np.clip(x, -1.0, 1.0).astype(np.float32), rate, subtype="FLOAT")
