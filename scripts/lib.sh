# Shared set-up, sourced by scripts/demo, scripts/test and scripts/check: system packages, .venv, pinned installation.
# Quick when there is nothing to do: a stamp in .venv holds a hash of everything the installation depends on.
set -euo pipefail

ROOT="$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)"
VENV="$ROOT/.venv"
PY="$VENV/bin/python"
STAMP="$VENV/.set-up"
cd "$ROOT"

# Sound: PortAudio, JACK's client and, for tests, its server (the wheels bring the rest).
# Qt: what its xcb and offscreen platforms load.
# espeak-ng speaks the demo; without it a synthetic voice does. libc++1: what TEN VAD's library loads (docs/peers.md).
# tcc, a C compiler of 0.3 MB, makes the VST3 plugin that tests load (tests/toy_vst3.c).
SYSTEM_PACKAGES=(
    libportaudio2 libjack-jackd2-0 jackd2
    libegl1 libgl1 libglib2.0-0 libdbus-1-3 libfontconfig1 libxkbcommon0 libxkbcommon-x11-0 libxcb-cursor0
    libxcb-icccm4 libxcb-image0 libxcb-keysyms1 libxcb-randr0 libxcb-render-util0 libxcb-shape0 libxcb-xinerama0
    libxcb-xkb1
    espeak-ng
    libc++1
    tcc
)

say() { printf '%s\n' "$*" >&2; }

die() {
    say "error: $*"
    exit 1
}

has_package() { # is this Debian package (or the one that took its name over, as t64 ones did) installed?
    grep -qx installed <<<"$(dpkg-query -W -f='${db:Status-Status}\n' "$1" "$1t64" 2>/dev/null)"
}

apt_install() { # root only; packages that this release does not have are left out
    local apt=(apt-get -q -y -o DPkg::Lock::Timeout=120 -o Acquire::Retries=2 -o Acquire::http::Timeout=30)
    export DEBIAN_FRONTEND=noninteractive
    say "installing system packages: $*"
    if [ -z "${APT_UPDATED:-}" ]; then
        APT_UPDATED=yes
        "${apt[@]}" update >/dev/null 2>&1 || say "apt-get update failed: going on with the lists that are there"
    fi
    "${apt[@]}" install --no-install-recommends "$@" >/dev/null 2>&1 && return
    local package
    for package in "$@"; do
        "${apt[@]}" install --no-install-recommends "$package" >/dev/null 2>&1 || say "could not install $package: going on without"
    done
}

system_packages() { # installs what is missing of "$@" where it may, and otherwise says how, in one line
    local missing=() package
    if ! command -v apt-get >/dev/null || ! command -v dpkg-query >/dev/null; then
        say "no apt-get here: PortAudio, Qt's X and EGL libraries and espeak-ng have to come from your system's packages"
        return
    fi
    for package in "$@"; do
        has_package "$package" || missing+=("$package")
    done
    [ ${#missing[@]} -eq 0 ] && return
    if [ "$(id -u)" -eq 0 ]; then
        apt_install "${missing[@]}"
    else
        say "system packages are missing: sudo apt-get install --no-install-recommends ${missing[*]}"
    fi
}

is_new_enough() { "$1" -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1; }

find_python() { # prints the interpreter to build .venv with; 3.11 and 3.12 first: every pinned wheel exists for them
    local candidate
    for candidate in "${PYTHON:-}" python3.11 python3.12 python3 python3.13 python3.14; do
        # A pyenv shim is on the PATH even where its version is not in use: try it, do not just look for it.
        if [ -n "$candidate" ] && command -v "$candidate" >/dev/null && is_new_enough "$candidate"; then
            command -v "$candidate"
            return
        fi
    done
    return 1
}

can_make_venv() { "$1" -c 'import ensurepip, venv' >/dev/null 2>&1; }

python_packages() { # prints what Debian lacks for making .venv: Python itself, or the part of it that it splits off
    local python
    if is_good_venv; then
        return
    elif ! python="$(find_python)"; then
        echo python3 python3-venv
    elif ! can_make_venv "$python"; then
        "$python" -c 'import sys; print("python%d.%d-venv" % sys.version_info[:2])'
    fi
}

is_good_venv() { [ -x "$PY" ] && is_new_enough "$PY" && "$PY" -m pip --version >/dev/null 2>&1; }

make_venv() {
    if is_good_venv; then
        return
    fi
    local python
    python="$(find_python)" || die "no Python 3.11 or newer found: install one, or name it with PYTHON=/path/to/python3"
    can_make_venv "$python" || die "$python cannot make environments: install the packages named above"
    say "making .venv with $("$python" --version) ($python)"
    rm -rf "$VENV"
    "$python" -m venv "$VENV"
}

set_up() {
    local want
    # The folder counts too: a moved checkout needs its commands written again.
    want="$(cat pyproject.toml constraints.txt scripts/lib.sh <(echo "$ROOT") | sha256sum | cut -d' ' -f1)"
    if [ -x "$PY" ] && [ "$(cat "$STAMP" 2>/dev/null)" = "$want" ] && is_new_enough "$PY"; then
        return
    fi
    # shellcheck disable=SC2046 # several words are several packages
    system_packages $(python_packages) "${SYSTEM_PACKAGES[@]}"
    make_venv
    say "installing learned-gate with all extras, pinned (minutes, the first time)"
    export PIP_DISABLE_PIP_VERSION_CHECK=1
    # The build backend first, pinned like the rest: an isolated build would take the newest. -qq: errors only.
    "$PY" -m pip install -qq -c constraints.txt hatchling
    "$PY" -m pip install -qq -c constraints.txt --no-build-isolation -e '.[all,peers,dev]'
    # Only its librnnoise is used (docs/peers.md): what else it asks for is an audio and video decoder.
    "$PY" -m pip install -qq -c constraints.txt --no-deps pyrnnoise
    echo "$want" >"$STAMP"
}
