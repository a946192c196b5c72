#!/usr/bin/env bash
# Shows that the two commands of the README work for a newcomer: clones what is committed into an
# empty place with an empty HOME and no package cache, runs `make run` until it is ready, asks for
# the pages, stops it, and runs `make test`. Prints how long each took.
#     tools/fresh_clone.sh [--keep] [--no-test]      PORT=8123 tools/fresh_clone.sh
set -euo pipefail
source=$(git -C "$(dirname "$0")/.." rev-parse --show-toplevel)
keep='' test=yes
for option in "$@"; do
    case $option in
    --keep) keep=yes ;;
    --no-test) test='' ;;
    *) echo "unknown option $option" >&2 && exit 2 ;;
    esac
done
port=${PORT:-8123}
url=http://127.0.0.1:$port
place=$(mktemp -d)
run=''

finish() {
    if [ -n "$run" ]; then kill -TERM "$run" 2>/dev/null && wait "$run" || true; fi
    if [ -n "$keep" ]; then echo "kept: $place"; else rm -rf "$place"; fi
}
trap finish EXIT

unset VIRTUAL_ENV PYTHONPATH MAKEFLAGS MAKELEVEL
export HOME=$place/home PIP_NO_CACHE_DIR=1
unset XDG_CACHE_HOME XDG_CONFIG_HOME XDG_DATA_HOME
mkdir "$HOME"

status() { python3 - "$1" <<'PYTHON'
import sys, urllib.error, urllib.request
try:
    answer = urllib.request.urlopen(sys.argv[1], timeout=5)
    print(answer.status, answer.headers.get_content_type())
except urllib.error.HTTPError as error:
    print(error.code)
except OSError:
    print("none")
PYTHON
}

git clone --quiet "$source" "$place/clone"
cd "$place/clone"
echo "clone of $(git log -1 --format='%h %s')"

began=$SECONDS
make run PORT="$port" </dev/null >"$place/run.log" 2>&1 &
run=$!
until [[ $(status "$url/readyz") = 200* ]]; do
    if ! kill -0 "$run" 2>/dev/null; then
        tail -n 40 "$place/run.log"
        echo "make run ended before it was ready"
        exit 1
    fi
    if ((SECONDS - began > 1800)); then
        tail -n 40 "$place/run.log"
        echo "make run isn't ready after 30 minutes"
        exit 1
    fi
    # Waiting in steps of half a second measures to half a second.
    sleep 0.5
done
installed=$(stat -c %Y .venv/core.stamp) started=$(stat -c %Y "$HOME")
echo "make run: ready after $((SECONDS - began)) s, of which $((installed - started)) s made the environment"
sed -n '/environment is ready/,$p' "$place/run.log" | tail -n +2

# An officer's page and feeds are found as a visitor finds them: from the list of officers.
read -r -d '' find_officer <<'PYTHON' || true
import re, sys, urllib.request
page = urllib.request.urlopen(sys.argv[1] + "/officers/", timeout=5).read().decode()
print(re.search(r'href="(/officers/[^"/]+/)"', page).group(1))
PYTHON
officer=$(python3 -c "$find_officer" "$url")
failed=0
for path in /healthz /readyz / "$officer" "${officer}feed.atom" "${officer}feed.json" /posts/ /places/ /sign-in; do
    answer=$(status "$url$path")
    printf '  %-50s %s\n' "$path" "$answer"
    [[ $answer = 200* ]] || failed=1
done

began=$SECONDS
make run PORT="$((port + 1))" INSTANCE=again </dev/null >"$place/again.log" 2>&1 &
again=$!
until [[ $(status "http://127.0.0.1:$((port + 1))/readyz") = 200* ]] || ! kill -0 "$again" 2>/dev/null; do
    sleep 0.2
done
echo "make run a second time, with an empty instance: $((SECONDS - began)) s"
kill -TERM "$again" 2>/dev/null && wait "$again" || true

began=$SECONDS
kill -TERM "$run" && wait "$run" || true
run=''
[[ $(status "$url/healthz") = none ]] || { echo "it still answers after SIGTERM" && failed=1; }
echo "stopped in $((SECONDS - began)) s"
[ "$failed" = 0 ] || exit 1

if [ -n "$test" ]; then
    began=$SECONDS
    make test </dev/null 2>&1 | tail -n 25
    echo "make test: $((SECONDS - began)) s"
fi
