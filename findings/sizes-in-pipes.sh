#!/usr/bin/env bash
# Debian 12's flac 1.4.2, mpg123 1.31.2, lame 3.100, sox 14.4.2, arecord 1.2.8 and imageio-ffmpeg 0.8.1: every program writes another
# "size" where it cannot know the size.
#
# A WAV that comes out of a pipe has a data chunk of 0 (flac, mpg123), 0x7FFFF000 (sox), 0x7FFFFFFF (lame), 0x80000000 (arecord) or
# 0xFFFFFFFF (ffmpeg); in other formats 8 (flac's AIFF), 24 (flac's Wave64), 2^63 - 1 (ffmpeg's Wave64), 0xFFFFFFFE (arecord's AU).
# A reader that knows only 0xFFFFFFFF calls the others empty, or cut short by two gigabytes.
# Here: one table, gate.files.containers.PLACEHOLDERS; tests/gate/files/test_headers.py.
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
packages imageio-ffmpeg==0.8.1 numpy==2.4.6
FFMPEG="$("$PY" -c 'import imageio_ffmpeg; print(imageio_ffmpeg.get_ffmpeg_exe())')"
debian flac=1.4.2+ds-2 libflac12 libogg0 mpg123=1.31.2-1+deb12u1 libmpg123-0 libout123-0 libsyn123-0 lame=3.100-6 libmp3lame0 libsndfile1 \
    libvorbis0a libvorbisenc2 libopus0 sox=14.4.2+git20190427-3.5 libsox3 libltdl7 libpng16-16 libmagic1 libgsm1 libgomp1 \
    alsa-utils=1.2.8-1 libasound2
"$FFMPEG" -v error -f lavfi -i anoisesrc=d=1:r=48000:a=0.3:seed=1 -ac 1 -c:a pcm_s16le a.wav
"$FFMPEG" -v error -i a.wav -b:a 128k a.mp3
"$FFMPEG" -v error -i a.wav -f flac - | cat >a.flac
size() { # size NAME BYTES: the number of so many bytes after a chunk's name, in the file's order, as it stands there
    "$PY" -c '
import sys
name, width, skip = sys.argv[1].encode(), int(sys.argv[2]), int(sys.argv[3])
data = sys.stdin.buffer.read()
at = data.index(name) + len(name) + skip
print(data[at : at + width].hex())' "$@"
}
got="$(
    {
        echo "flac WAV $(flac -s -d -c a.flac 2>/dev/null | cat | size data 4 0)"
        echo "flac AIFF $(flac -s -d -c --force-aiff-format a.flac 2>/dev/null | cat | size SSND 4 0)"
        echo "flac Wave64 $(flac -s -d -c --force-wave64-format a.flac 2>/dev/null | cat | size data 8 12)"
        echo "mpg123 WAV $(mpg123 -q -w - a.mp3 | cat | size data 4 0)"
        echo "lame WAV $(lame --quiet --decode a.mp3 - | cat | size data 4 0)"
        echo "sox WAV $(tail -c 9600 a.wav | sox -t raw -r 48000 -b 16 -e signed -c 1 - -t wav - 2>/dev/null | cat | size data 4 0)"
        echo "sox AIFF $(tail -c 9600 a.wav | sox -t raw -r 48000 -b 16 -e signed -c 1 - -t aiff - 2>/dev/null | cat | size SSND 4 0)"
        echo "arecord WAV $({ timeout 2 arecord -q -D null -f S16_LE -r 48000 -t wav - 2>/dev/null || true; } | head -c 4000 | size data 4 0)"
        echo "arecord AU $({ timeout 2 arecord -q -D null -f S16_BE -r 48000 -t au - 2>/dev/null || true; } | head -c 4000 | size .snd 4 4)"
        for format in wav w64 caf au; do
            "$FFMPEG" -v error -i a.wav -f $format - 2>/dev/null | cat >piped
            case $format in
            wav) echo "ffmpeg WAV $(size data 4 0 <piped)" ;;
            w64) echo "ffmpeg Wave64 $(size data 8 12 <piped)" ;;
            caf) echo "ffmpeg CAF $(size data 8 0 <piped)" ;;
            au) echo "ffmpeg AU $(size .snd 4 4 <piped)" ;;
            esac
        done
    } 2>/dev/null
)"
seen "$got"
described "flac WAV 00000000
flac AIFF 00000008
flac Wave64 1800000000000000
mpg123 WAV 00000000
lame WAV ffffff7f
sox WAV 00f0ff7f
sox AIFF 7f000008
arecord WAV 00000080
arecord AU fffffffe
ffmpeg WAV ffffffff
ffmpeg Wave64 ffffffffffffff7f
ffmpeg CAF ffffffffffffffff
ffmpeg AU ffffffff" "$got"
