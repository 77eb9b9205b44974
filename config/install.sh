#!/bin/sh
# install.sh REQUIREMENTS STAMP: makes .venv where there is none, installs, then writes the stamp.
set -eu
requirements=$1
stamp=$2

fits() {
    command -v "$1" >/dev/null 2>&1 && "$1" -c '
import ensurepip, ssl, sys, venv
sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 14))' >/dev/null 2>&1
}

make_environment() {
    for python in python3.12 python3.11 python3; do
        if fits "$python"; then
            echo "Making .venv with $("$python" --version)"
            "$python" -m venv --clear .venv
            return
        fi
    done
    if command -v uv >/dev/null 2>&1; then
        echo "Making .venv with uv and Python 3.12"
        uv venv --clear --seed --python 3.12 .venv
        return
    fi
    echo "Storekeep needs Python 3.11 or newer with venv. Install one of:" >&2
    echo "  Debian, Ubuntu: apt-get install python3 python3-venv" >&2
    echo "  Fedora:         dnf install python3" >&2
    echo "  macOS:          brew install python@3.12" >&2
    echo "  or uv:          https://docs.astral.sh/uv/" >&2
    exit 1
}

.venv/bin/python -c '' >/dev/null 2>&1 || make_environment
echo "Installing $requirements (this takes a minute the first time)"
.venv/bin/python -m pip install --quiet --disable-pip-version-check --requirement "$requirements"
touch "$stamp"
