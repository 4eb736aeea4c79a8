# shellcheck shell=bash
# ./dev bench: what docs/benchmarks.md tells. Sourced by dev. The program works in a temporary folder and a mount
# namespace of its own; no installed agent is touched.
: "${root:?dev.d/bench.sh is a part of dev}"

bench() {
    timed "build (release)" configure_and_build release drover-bench
    say "== bench: keep the machine quiet meanwhile"
    "$root/build/release/bench/drover-bench" "$@"
}
