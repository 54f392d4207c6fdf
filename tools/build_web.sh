#!/usr/bin/env bash
# Builds the web application and puts it beside the program: build/<preset>/web. Installs packages only when the
# lock file changed and builds only when a source changed, so that calling it again costs nothing.
set -euo pipefail
root=$(cd "$(dirname "$0")/.." && pwd)
export PATH="${SPOTTER_DEPS:-$root/.deps}/node/bin:$PATH"
preset=${PRESET:-release}
target="$root/build/$preset/web"
cd "$root/web"
say() { printf 'web: %s\n' "$*" >&2; }

command -v npm >/dev/null || { say "npm is missing: run ./run setup first"; exit 1; }

lock=$(sha256sum <package-lock.json | cut -d' ' -f1)
if [ "$(cat node_modules/.spotter-lock 2>/dev/null)" != "$lock" ]; then
  say "installing packages of package-lock.json"
  npm ci --no-audit --no-fund --loglevel=error
  printf '%s' "$lock" >node_modules/.spotter-lock
fi

sources=$(find src public index.html vite.config.ts tsconfig.json package-lock.json -type f -print0 |
  LC_ALL=C sort -z | xargs -0 sha256sum | sha256sum | cut -d' ' -f1)
if [ "$(cat dist/.sources 2>/dev/null)" != "$sources" ]; then
  say "building"
  npx --no-install vite build --logLevel warn
  printf '%s' "$sources" >dist/.sources
fi

if [ "$(cat "$target/.sources" 2>/dev/null)" != "$sources" ]; then
  rm -rf "$target.partial" && mkdir -p "$target.partial"
  cp -r dist/. "$target.partial/"
  rm -rf "$target" && mv "$target.partial" "$target"
fi
