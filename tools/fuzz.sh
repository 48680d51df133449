#!/bin/sh
# fuzz.sh [SECONDS] [TARGET...]: runs each target of tests/fuzz (libFuzzer; needs clang) for SECONDS, 120 when left out.
# Corpora grow in build/fuzz; an input that crashes lies there as crash-*.
set -eu
cd "$(dirname "$0")/.."
seconds=${1:-120}
[ $# -gt 0 ] && shift
clang=$(command -v clang++ || ls /usr/bin/clang++-* 2>/dev/null | sort -V | tail -1)
[ -n "$clang" ] || { echo "clang is needed (Debian: apt-get install clang)" >&2; exit 1; }
[ $# -gt 0 ] || set -- $(cd tests/fuzz && ls fuzz_*.cpp | sed 's/fuzz_\(.*\)\.cpp/\1/')
mkdir -p build/fuzz
flags="-std=c++17 -O1 -g -fsanitize=address,undefined -fno-sanitize-recover=all -Icsrc -pthread"
objects=
for source in csrc/base/*.cpp csrc/audio/*.cpp csrc/vad/*.cpp; do
  object=build/fuzz/$(echo "$source" | tr / _).o
  "$clang" $flags -fsanitize=fuzzer-no-link -c "$source" -o "$object"
  objects="$objects $object"
done
for target; do
  "$clang" $flags -fsanitize=fuzzer "tests/fuzz/fuzz_$target.cpp" $objects -o "build/fuzz/$target"
  mkdir -p "build/fuzz/$target.corpus"
  "build/fuzz/$target" -max_total_time="$seconds" -timeout=20 -max_len=4096 -print_final_stats=0 -verbosity=0 \
    -artifact_prefix=build/fuzz/crash-"$target"- "build/fuzz/$target.corpus"
  echo "$target: $seconds s without a finding"
done
