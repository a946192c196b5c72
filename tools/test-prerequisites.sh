#!/usr/bin/env bash
# Has what some tests need: a browser and a database server, which root gets from the system's
# packages and anybody else by one loud line. Without them those tests are skipped, never passed.
set -euo pipefail
cd "$(dirname "$0")/.."

browser() {
    for name in "${VCP_CHROMIUM:-}" chromium chromium-browser google-chrome; do
        # Ubuntu's chromium-browser is a stub that only says how to get a snap.
        if [ -n "$name" ] && command -v "$name" >/dev/null && timeout 20 "$name" --version >/dev/null 2>&1; then
            return 0
        fi
    done
    return 1
}

postgresql() {
    command -v initdb >/dev/null || compgen -G '/usr/lib/postgresql/*/bin/initdb' >/dev/null
}

loud() {
    printf '\n!!!!!!!! SKIPPING TESTS: %s\n\n' "$*" >&2
}

tests/networks/pds/fetch.sh --check ||
    loud "no Bluesky server here. To run its tests too, which takes some minutes once: make pds"

wanted=()
browser || wanted+=(chromium)
postgresql || wanted+=(postgresql)
[ ${#wanted[@]} -eq 0 ] && exit 0

if [ "$(id -u)" -ne 0 ] || ! command -v apt-get >/dev/null; then
    loud "no ${wanted[*]} here. To run them too: sudo apt-get install ${wanted[*]}"
    exit 0
fi

printf 'Installing %s for the tests …\n' "${wanted[*]}" >&2
export DEBIAN_FRONTEND=noninteractive
log=$(mktemp)
apt-get update -qq </dev/null >"$log" 2>&1 || true
for package in "${wanted[@]}"; do
    # One by one: where one can't be had, the other still can.
    apt-get install -y -qq --no-install-recommends "$package" </dev/null >>"$log" 2>&1 || true
done
missing=()
browser || missing+=("a working Chromium (set VCP_CHROMIUM to its path)")
postgresql || missing+=("PostgreSQL")
if [ ${#missing[@]} -gt 0 ]; then
    tail -n 5 "$log" >&2
    loud "could not install ${missing[*]}"
fi
rm -f "$log"
