#!/usr/bin/env bash
# Regenerate python/electron_local/_core.pyi from the built module; with --check only compare.
set -euo pipefail
cd "$(dirname "$0")/.."
stub=python/electron_local/_core.pyi
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
.venv/bin/pybind11-stubgen electron_local._core --output-dir "$folder" --exit-code >"$folder/log" 2>&1 || {
  cat "$folder/log"
  exit 1
}
new=$folder/electron_local/_core.pyi
# What differs from build to build, as a type rather than a value.
sed -E -i "s/^([a-z_]+): str = '.*'/\1: str/; s/^__version__: str = .*/__version__: str/" "$new"
.venv/bin/ruff format -q "$new"
if [[ ${1:-} == --check ]]; then
  diff -u "$stub" "$new" || { echo "$stub is out of date: run tools/make_stub.sh"; exit 1; }
else
  cp "$new" "$stub"
fi
