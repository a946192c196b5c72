#!/usr/bin/env bash
# Makes or updates .venv from a locked list: `tools/environment.sh core` or `… dev`.
# Used by the Makefile, which calls it only when the list or setup.cfg is newer than the stamp.
set -euo pipefail
cd "$(dirname "$0")/.."

kind=${1:?say core or dev}
python=${PYTHON:-python3}
list=requirements/$kind.txt

say() { printf '%s\n' "$*" >&2; }

if ! "$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
    say "This needs Python 3.11 or newer, and '$python' isn't. Install it, or name it: make PYTHON=python3.12 …"
    exit 1
fi
if [ ! -x .venv/bin/python ] || ! .venv/bin/python -c 'import pip' 2>/dev/null; then
    say "Making .venv with $("$python" --version) …"
    rm -rf .venv
    if ! "$python" -m venv .venv; then
        rm -rf .venv
        say "Python can't make environments here. On Debian and Ubuntu: apt-get install python3-venv"
        exit 1
    fi
fi

say "Installing the $(grep -cE '^[A-Za-z0-9]' "$list") locked packages of $list; the first time this downloads them …"
# Python compiles what is imported when it first is; compiling all of it here took half the time.
install() {
    .venv/bin/python -m pip install --disable-pip-version-check --no-input --no-deps \
        --no-build-isolation --no-compile --progress-bar off "$@" </dev/null
}
# The lists are complete and every file in them is known by its hash, so nothing is resolved, and
# what has to be built is built with the locked setuptools.
install --quiet --require-hashes --requirement requirements/build.txt
install --require-hashes --requirement "$list" |
    sed --unbuffered --quiet 's/^Collecting \([^ ]*\).*/  \1/p; s/^Installing collected.*/  unpacking …/p' >&2
install --quiet --editable .

# The development list holds everything of the core list at the same versions.
if [ "$kind" = dev ]; then touch .venv/core.stamp; fi
touch ".venv/$kind.stamp"
say "The environment is ready."
