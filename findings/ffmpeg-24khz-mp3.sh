#!/usr/bin/env bash
# FFmpeg 4.2.2 (imageio-ffmpeg 0.4.9) and Debian 12's 5.1.9: MP3s of 24 kHz come out with samples of FFmpeg's own.
#
# At 24 kHz, and at no other rate tried, it differs from mpg123, libmad and LAME, which agree: clicks do, steady noise does not.
# With Debian's it was up to 0.07 of full scale in speech at 32 kbit/s, and the sound lay further from the original. FFmpeg
# 7.0.2 (imageio-ffmpeg 0.6.0) agrees with the others. Lengths and places are right, and nothing warns: whoever takes an older
# ffmpeg for the measure of another reader finds a fault there that is none.
# Here: tests compare MP3s with libsndfile's decoder (mpg123), whole against in pieces.
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
packages soundfile==0.14.0 numpy==2.4.6 imageio-ffmpeg==0.6.0
cat > clicks.py <<'PYTHON'
import subprocess, sys
import imageio_ffmpeg, numpy as np, soundfile as sf
ffmpeg = imageio_ffmpeg.get_ffmpeg_exe()
rng = np.random.default_rng(0)
for rate in (22050, 24000, 32000, 48000):
    n = rate // 20
    click = 0.5 * rng.standard_normal(n) * np.exp(-np.arange(n) / rate * 60)
    x = np.tile(np.concatenate([np.zeros(4 * n), click]), 16)
    with sf.SoundFile("in.mp3", "w", rate, 1, "MPEG_LAYER_III", None, "MP3", bitrate_mode="CONSTANT", compression_level=0.8) as file:
        file.write(x)
    mine = sf.read("in.mp3", dtype="float32")[0]
    theirs = subprocess.run([ffmpeg, "-v", "error", "-i", "in.mp3", "-f", "f32le", "-"], capture_output=True, check=True).stdout
    theirs = np.frombuffer(theirs, "<f4")
    assert len(mine) == len(theirs)
    off = np.abs(mine - theirs).max()
    print(f"FFmpeg {imageio_ffmpeg.get_ffmpeg_version().split('-')[0]} at {rate} Hz:", "like mpg123" if off < 1e-4 else "other samples")
    print(f"largest difference {off:.4f} of full scale", file=sys.stderr)
PYTHON
new="$("$PY" clicks.py)"
packages soundfile==0.14.0 numpy==2.4.6 imageio-ffmpeg==0.4.9
old="$("$PY" clicks.py)"
seen "$old
$new"
described "FFmpeg 4.2.2 at 22050 Hz: like mpg123
FFmpeg 4.2.2 at 24000 Hz: other samples
FFmpeg 4.2.2 at 32000 Hz: like mpg123
FFmpeg 4.2.2 at 48000 Hz: like mpg123
FFmpeg 7.0.2 at 22050 Hz: like mpg123
FFmpeg 7.0.2 at 24000 Hz: like mpg123
FFmpeg 7.0.2 at 32000 Hz: like mpg123
FFmpeg 7.0.2 at 48000 Hz: like mpg123" "$old
$new"
