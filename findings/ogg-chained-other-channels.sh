#!/usr/bin/env bash
# klettres-data 4:22.12.3-1 (Debian 12): 18 of its 1,836 Ogg Vorbis files are chained, mono and then stereo, and readers give three answers.
#
# Each is a spoken syllable of 0.2 to 0.7 s in mono, and then one or two links of 1 s of stereo silence: both are valid, so is the chain.
# soundfile, mutagen and miniaudio give the first link and do not say that there is more. FFmpeg's duration is that of the last link,
# 1.000 s for all 18: longer than what soundfile reads and shorter than what FFmpeg 7.0.2 decodes, which is all of it, downmixed.
# FFmpeg 8.1.2 (PyAV 18.1.0) has the same 1.000 s, decodes the first link and stops with "Not yet implemented, patches welcome".
# So lengths taken from one reader do not fit sound taken from another, and a whole data set stops at such a file or has silence added.
# 548 other files have no page that is marked as the last, which RFC 3533 asks for. soundfile, mutagen, miniaudio and FFmpeg 8.1.2 read
# all of them without an error, as long as their last page says (miniaudio one with 448 samples more): a missing mark is no proof of a cut.
# Here: gate/files/ogg.py finds the links, and gate.files.sound_reader refuses a file whose links differ in channels; a missing mark
# is no more than a remark.
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
packages soundfile==0.14.0 numpy==2.4.6 mutagen==1.48.1 miniaudio==1.71 av==18.1.0 imageio-ffmpeg==0.6.0
debian klettres-data=4:22.12.3-1
cat > read.py <<'PYTHON'
import pathlib, re, subprocess
from collections import Counter
import av, imageio_ffmpeg, miniaudio, soundfile as sf
from mutagen.oggvorbis import OggVorbis

ffmpeg = imageio_ffmpeg.get_ffmpeg_exe()


def pages(data):  # (flags, samples so far, channels where a link begins)
    at = 0
    while at < len(data):
        body = at + 27 + data[at + 26]
        yield data[at + 5], int.from_bytes(data[at + 6 : at + 14], "little"), data[body + 11] if data[at + 5] & 2 else 0
        at = body + sum(data[at + 27 : body])
    assert at == len(data)


def by_av(path):  # duration in samples, decoded samples, error
    n, error = 0, "no error"
    with av.open(str(path)) as file:
        length = round(file.duration * 44100 / 1e6)
        try:
            for frame in file.decode(audio=0):
                n += frame.samples
        except av.FFmpegError as e:
            error = type(e).__name__
    return length, n, error


def by_ffmpeg(path):  # duration in samples, decoded samples
    run = subprocess.run([ffmpeg, "-i", path, "-f", "s16le", "-ac", "1", "-"], capture_output=True, check=True)
    assert b"patches welcome" not in run.stderr
    h, m, s = re.search(r"Duration: (\d+):(\d+):([\d.]+)", run.stderr.decode()).groups()
    return round((int(h) * 3600 + int(m) * 60 + float(s)) * 44100), len(run.stdout) // 2


chained, unmarked = Counter(), Counter()
paths = sorted(pathlib.Path("root/usr/share/klettres").rglob("*.ogg"))
for path in paths:
    found = list(pages(path.read_bytes()))
    channels = [c for flags, _, c in found if flags & 2]
    ends = [found[i - 1][1] for i in range(1, len(found)) if found[i][0] & 2] + [found[-1][1]]
    lengths = {ends[0]: "first link", ends[-1]: "last link", sum(ends): "all links"} if len(ends) > 1 else {ends[0]: "whole"}
    what = lambda n: lengths.get(n, f"{n - sum(ends):+} samples")
    if len(ends) > 1 or not found[-1][0] & 4:
        into = chained if len(ends) > 1 else unmarked
        length, decoded, error = by_av(path)
        into["soundfile", what(len(sf.read(path)[0]))] += 1
        into["mutagen", what(round(OggVorbis(path).info.length * 44100))] += 1
        into["miniaudio", what(miniaudio.decode_file(str(path)).num_frames)] += 1
        into["FFmpeg 8.1.2 in PyAV", f"duration: {what(length)}, decoded: {what(decoded)}, {error}"] += 1
    if len(ends) > 1:
        assert channels[0] == 1 and set(channels[1:]) == {2}
        length, decoded = by_ffmpeg(path)
        into["ffmpeg 7.0.2", f"duration: {what(length)}, decoded: {what(decoded)}, exit code 0"] += 1
print(len(paths), "files")
for name, counts in (("chained", chained), ("no last page", unmarked)):
    for (reader, answer), n in counts.items():
        print(f"{name}: {n} by {reader}: {answer}")
PYTHON
got="$("$PY" read.py)"
seen "$got"
described "1836 files
chained: 18 by soundfile: first link
chained: 18 by mutagen: first link
chained: 18 by miniaudio: first link
chained: 18 by FFmpeg 8.1.2 in PyAV: duration: last link, decoded: first link, PatchWelcomeError
chained: 18 by ffmpeg 7.0.2: duration: last link, decoded: all links, exit code 0
no last page: 548 by soundfile: whole
no last page: 548 by mutagen: whole
no last page: 547 by miniaudio: whole
no last page: 548 by FFmpeg 8.1.2 in PyAV: duration: whole, decoded: whole, no error
no last page: 1 by miniaudio: +448 samples" "$got"
