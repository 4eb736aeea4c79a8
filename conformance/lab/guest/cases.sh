# shellcheck shell=bash
# How a group of tests runs in one VM: cases are functions, run in the given order, each in a shell of its own that ends at
# the first failure; the rest go on. Results go to /vm-out/cases.xml (JUnit). Sourced by the scripts in groups/.

# run_cases GROUP CASE...: 0 when no case failed. `skip REASON` in a case ends it; it then counts as skipped. After each case
# end_case CODE is called, where a group has one.
run_cases() {
    local group=$1 name begin code failed=0 log=/run/lab-case.log xml=/run/lab-cases.xml
    shift
    : >"$xml"
    for name in "$@"; do
        printf '[ RUN  ] %s.%s\n' "$group" "$name"
        begin=$EPOCHREALTIME
        set +e
        (set -euo pipefail && "case_$name") 2>&1 | tee "$log"
        code=${PIPESTATUS[0]}
        set -e
        printf '  <testcase classname="%s" name="%s" time="%s">' "$group" "$name" "$(seconds_since "$begin")" >>"$xml"
        case $code in
        0) printf '[ GOOD ] ' ;;
        77)
            printf '[ SKIP ] '
            printf '<skipped message="%s"/>' "$(tail -n 1 "$log" | xml_text)" >>"$xml"
            ;;
        *)
            printf '[FAILED] '
            failed=1
            printf '<failure message="ended with %s">%s</failure>' "$code" "$(tail -n 60 "$log" | xml_text)" >>"$xml"
            ;;
        esac
        printf '%s.%s (%s s)\n' "$group" "$name" "$(seconds_since "$begin")"
        echo '</testcase>' >>"$xml"
        ! declare -F end_case >/dev/null || end_case "$code"
    done
    { echo "<testsuite name=\"lab.$group\" tests=\"$#\">" && cat "$xml" && echo '</testsuite>'; } >/vm-out/cases.xml
    return "$failed"
}

skip() {
    echo "$*"
    exit 77
}
fail() {
    echo "FAILED: $*"
    exit 1
}
xml_text() { LC_ALL=C tr -d '\000-\010\013-\037' | sed 's/&/\&amp;/g; s/</\&lt;/g; s/>/\&gt;/g; s/"/\&quot;/g'; }
seconds_since() {
    local now=$EPOCHREALTIME
    local centis=$(((${now/[.,]/} - ${1/[.,]/}) / 10000))
    printf '%d.%02d' $((centis / 100)) $((centis % 100))
}

# expect WHAT EXPECTED ACTUAL
expect() { [[ $2 == "$3" ]] || fail "$1: expected '$2', got '$3'"; }
# refused COMMAND...: it must fail; prints what it said.
refused() {
    local said
    ! said=$("$@" 2>&1) || fail "this should have been refused: $*"
    printf '%s\n' "$said"
}
# eventually SECONDS WHAT COMMAND...: looks ten times a second until COMMAND succeeds, or ends with 99: it never will. Everything
# is slow under emulation: a limit is for what will never come. DROVER_LAB_PATIENCE (1) multiplies limits, for a machine that has
# other work to do.
eventually() {
    local limit=$((SECONDS + $1 * ${DROVER_LAB_PATIENCE:-1})) what=$2 code
    shift 2
    while :; do
        code=0
        "$@" >/dev/null 2>&1 || code=$?
        ((code != 0)) || return 0
        ((code != 99)) || fail "will never come: $what"
        ((SECONDS <= limit)) || fail "not within the limit: $what"
        read -r -t 0.1 <> <(:) || true
    done
}

# writer_start NAME FOLDER: numbered files, each on the disk before the next. writer_stop NAME: fails when a write met an error.
# written NAME: how many are done. writers_end: those that a failed case left.
writer_start() {
    rm -f "/run/writer-$1".*
    (
        number=0
        until [[ -e /run/writer-$1.stop ]]; do
            number=$((number + 1))
            dd if=/dev/urandom of="$2/part-$((number % 16))" bs=64k count=4 conv=fsync || exit 1
            echo "$number" >"/run/writer-$1.written"
        done
    ) >"/run/writer-$1.log" 2>&1 &
    echo $! >"/run/writer-$1.pid"
    eventually 60 "the first write" test -s "/run/writer-$1.written"
}
writer_stop() {
    touch "/run/writer-$1.stop"
    wait "$(cat "/run/writer-$1.pid")" || fail "a write met an error, after $(written "$1") good ones: $(tail -n 2 "/run/writer-$1.log")"
    rm -f "/run/writer-$1".*
}
written() { cat "/run/writer-$1.written"; }
has_written() { (($(written "$1") >= $2)); }
writers_end() {
    local file
    for file in /run/writer-*.pid; do
        [[ ! -e $file ]] || { touch "${file%.pid}.stop" && rm -f "$file"; }
    done
}
