# Sourced by the findings: a temporary folder, pinned packages in it, and the closing line.
set -euo pipefail
FOLDER="$(mktemp -d)"
trap 'rm -rf "$FOLDER"' EXIT
cd "$FOLDER"

packages() { # pinned packages from PyPI, in an environment of their own; $PY is its interpreter
    python3 -m venv env
    PY="$FOLDER/env/bin/python"
    "$PY" -m pip install -qq --disable-pip-version-check "$@"
}

debian() { # unpacks Debian packages, NAME or NAME=VERSION, into the folder; their programs are then on the PATH
    local package triplet
    mkdir -p debs root
    triplet="$(dpkg-architecture -qDEB_HOST_MULTIARCH 2>/dev/null || echo x86_64-linux-gnu)"
    for package in "$@"; do
        (cd debs && apt-get download --quiet=2 "$package" 2>/dev/null >/dev/null) || {
            echo "skipped: this release of Debian has no $package"
            exit 2
        }
    done
    for package in debs/*.deb; do dpkg-deb -x "$package" root; done
    export PATH="$FOLDER/root/usr/bin:$PATH"
    export LD_LIBRARY_PATH="$FOLDER/root/usr/lib/$triplet:$FOLDER/root/usr/lib/$triplet/pulseaudio:${LD_LIBRARY_PATH:-}"
}

seen() { printf 'seen: %s\n' "$*"; }

described() { # described EXPECTED GOT: closes the finding
    if [ "$1" = "$2" ]; then
        echo "as described"
    else
        printf 'changed: expected\n%s\ngot\n%s\n' "$1" "$2"
        exit 1
    fi
}
