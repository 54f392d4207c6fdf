#!/usr/bin/env bash
# Formatting, static analysis and the web's linters. --fix rewrites formatting; --changed looks only at
# files that differ from main.
set -euo pipefail
root=$(cd "$(dirname "$0")/.." && pwd)
cd "$root"
bin=${SPOTTER_DEPS:-$root/.deps}/lint/bin
fix=0 changed=0
for word in "$@"; do
  case "$word" in
    --fix) fix=1 ;;
    --changed) changed=1 ;;
    *) echo "lint: unknown option '$word': use --fix or --changed" >&2; exit 2 ;;
  esac
done
say() { printf 'lint: %s\n' "$*" >&2; }

files() { if [ $changed = 1 ]; then git diff --name-only --diff-filter=d main -- "$@"; else git ls-files -- "$@"; fi; }

failed=0
mapfile -t sources < <(files 'src/*.cc' 'src/*.h' 'tests/*.cc')
say "clang-format on ${#sources[@]} files"
if [ ${#sources[@]} -gt 0 ]; then
  if [ $fix = 1 ]; then "$bin/clang-format" -i "${sources[@]}"
  else "$bin/clang-format" --dry-run -Werror "${sources[@]}" || failed=1; fi
fi
say "tools/tidy.py"
python3 tools/tidy.py || failed=1
cmake --preset lint >/dev/null  # without precompiled headers, which are another compiler's
mapfile -t units < <(files 'src/*.cc' 'tests/*.cc')
say "clang-tidy on ${#units[@]} files"
printf '%s\n' "${units[@]}" | xargs -r -P "$(nproc)" -n 4 "$bin/clang-tidy" -p build/lint --quiet || failed=1
if [ -d web/node_modules ]; then
  say "eslint and tsc"
  (cd web && npx --no-install tsc --noEmit && npx --no-install eslint .) || failed=1
fi
exit $failed
