# shellcheck shell=bash
# ./dev fuzz: libFuzzer on the targets of fuzz/, some at a time. Sourced by dev. What a run learns stays in
# build/fuzz/learnt for the next one; what breaks a target is kept in build/fuzz/finds.
: "${root:?dev.d/fuzz.sh is a part of dev}"

fuzz_most_bytes=16384   # of one input
fuzz_most_seconds=10    # one input that takes longer is a find
fuzz_most_megabytes=2048

# The names of all targets: each has a folder of saved inputs.
fuzz_names() {
    local folder
    for folder in "$root"/fuzz/corpus/*/; do
        folder=${folder%/}
        say "${folder##*/}"
    done
}

# fuzz_check_targets NAME...: is each a target?
fuzz_check_targets() {
    local name
    for name in "$@"; do
        [[ $name =~ ^[a-z_]+$ && -d $root/fuzz/corpus/$name ]] ||
            usage_error "fuzz: unknown target '$name': $(fuzz_names | paste -s -d ' ')"
    done
}

# fuzz SECONDS [TARGET...]: at most as many at a time as the machine builds with, and never in the way of others.
fuzz() {
    local seconds=$1 targets=("${@:2}") name pid jobs failed=()
    local -A target_of=()
    ((${#targets[@]} > 0)) || mapfile -t targets < <(fuzz_names)
    jobs=$(build_jobs)
    mkdir -p "$root/build/fuzz/finds" "$root/build/fuzz/logs"
    trap 'fuzz_stop' EXIT
    trap 'exit 130' INT
    trap 'exit 143' TERM HUP
    say "== fuzz: ${#targets[@]} targets, $seconds s each, $((jobs < ${#targets[@]} ? jobs : ${#targets[@]})) at a time"
    for name in "${targets[@]}"; do
        ((${#target_of[@]} < jobs)) || fuzz_await
        fuzz_one "$name" "$seconds" &
        target_of[$!]=$name
    done
    while ((${#target_of[@]} > 0)); do
        fuzz_await
    done
    trap - EXIT INT TERM HUP
    say "== fuzz: the sum"
    for name in "${targets[@]}"; do
        fuzz_sum "$name"
    done
    ((${#failed[@]} == 0)) || die "fuzz: finds in ${failed[*]}. Once mended, keep each as fuzz/corpus/TARGET/NAME"
    say "fuzz: good"
}

# Waits for one of target_of to end.
fuzz_await() {
    local code=0
    wait -n -p pid "${!target_of[@]}" || code=$?
    ((code == 0)) || failed+=("${target_of[$pid]}")
    unset "target_of[$pid]"
}

# Ends those that still run.
fuzz_stop() {
    local pid
    for pid in "${!target_of[@]}"; do
        kill "$pid" 2>/dev/null || true
    done
    wait
}

fuzz_one() {
    local name=$1 seconds=$2 arguments=() inputs=("$root/fuzz/corpus/$1")
    local learnt=$root/build/fuzz/learnt/$name dictionary=$root/fuzz/dictionary/$name.dict
    mkdir -p "$learnt"
    [[ ! -f $dictionary ]] || arguments+=("-dict=$dictionary")
    [[ $name != agent_config ]] || inputs+=("$root/core/config/testdata/wrong")
    # exec: so that a signal to this job reaches it.
    exec nice -n 10 "$root/build/fuzz/fuzz/fuzz_$name" -max_total_time="$seconds" -max_len="$fuzz_most_bytes" \
        -timeout="$fuzz_most_seconds" -rss_limit_mb="$fuzz_most_megabytes" -print_final_stats=1 \
        -artifact_prefix="$root/build/fuzz/finds/$name-" "${arguments[@]}" "$learnt" "${inputs[@]}" \
        >"$root/build/fuzz/logs/$name" 2>&1
}

# One line for a target, and for one with a find what it was and how to see it again.
fuzz_sum() {
    local name=$1 log=$root/build/fuzz/logs/$1 runs per_second find
    runs=$(awk '/^stat::number_of_executed_units:/ {print $2}' "$log")
    per_second=$(awk '/^stat::average_exec_per_sec:/ {print $2}' "$log")
    find=$(sed -n 's/.*Test unit written to //p' "$log" | tail -n 1)
    if [[ " ${failed[*]} " != *" $name "* ]]; then
        printf '%-18s good   %12s runs %8s/s\n' "$name" "${runs:-?}" "${per_second:-?}"
        return
    fi
    printf '%-18s FOUND  %12s runs %8s/s\n' "$name" "${runs:-?}" "${per_second:-?}"
    grep -m 1 -A 1 '^broken promise:' "$log" | cut -c 1-400 | sed 's/^/    /' || true
    grep -m 1 -E '^SUMMARY:|runtime error:' "$log" | cut -c 1-400 | sed 's/^/    /' || true
    say "    log    build/fuzz/logs/$name"
    [[ -z $find ]] || say "    again  build/fuzz/fuzz/fuzz_$name ${find#"$root"/}"
}
