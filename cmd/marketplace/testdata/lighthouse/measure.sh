#!/bin/sh
# measure.sh GO [runs]: builds the program, fills a demonstration, and measures its pages; all of it is thrown away.
set -e
here=$(dirname "$0")
data=$(mktemp -d)
trap 'kill "$served" 2>/dev/null; rm -rf "$data"' EXIT INT TERM
[ "$here/node_modules/.package-lock.json" -nt "$here/package-lock.json" ] || (cd "$here" && npm ci --ignore-scripts --no-audit --no-fund --loglevel=error)
CGO_ENABLED=0 "$1" build -trimpath -ldflags "-s -w" -o "$data/marketplace" ./cmd/marketplace
"$data/marketplace" serve --demo --data "$data/data" --listen 127.0.0.1:8097 --internal 127.0.0.1:9097 >"$data/log" 2>&1 &
served=$!
for _ in $(seq 240); do curl -fso /dev/null http://127.0.0.1:8097/ && break; sleep 0.5; done
sleep 5 # pictures are drawn after the start
CHROME_PATH=${CHROME_PATH:-$(command -v chromium || command -v chromium-browser || command -v chromium-headless-shell || command -v google-chrome)} \
	node "$here/run.mjs" http://127.0.0.1:8097 "${2:-3}"
