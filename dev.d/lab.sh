# shellcheck shell=bash
# ./dev lab, and the lab's part of ./dev test: tests labelled `lab`, each in a VM of its own (conformance/lab). Sourced by dev.
: "${root:?dev.d/lab.sh is a part of dev}" "${packages_lab[0]:?}"

# lab_ready: 0 when the VM boots here, which it does once to see. Otherwise prints why not.
lab_ready() {
    local out=$root/build/release/lab/boot
    (ensure_packages "${packages_lab[@]}") >&2 || {
        say "its packages are not there"
        return 1
    }
    if DROVER_LAB=required "$root/conformance/lab/vm-run" -t 300 -o "$out" -- true >"$root/build/lab.log" 2>&1; then
        say "the VM boots in $(lab_time "$out" boot) s" >&2
        return 0
    fi
    grep '^lab: ' "$root/build/lab.log" | tail -n 1 | sed 's/^lab: //'
    return 1
}

# lab_tests PRESET [-R REGEX]: how many tests of the lab would run.
lab_tests() {
    local preset=$1
    shift
    run_tests "$preset" -N -L '^lab$' "$@" 2>/dev/null | awk '/^Total Tests:/ { print $3 }'
}

lab_time() { tr ' ' '\n' <"$1/times" | sed -n "s/^$2=//p"; }

# What each VM left: boot time, cases, and the sum of them.
lab_totals() {
    local folder group cases failed skipped sum=(0 0 0) count=0 begin=$1
    printf '%-28s %8s %8s %7s %7s %8s\n' "group" "boot s" "all s" "cases" "failed" "skipped"
    for folder in "$root"/build/release/lab/*/; do
        # Only of this run.
        [[ -s $folder/times && $folder/times -nt $begin ]] || continue
        group=${folder%/} && group=${group##*/}
        [[ $group != boot ]] || continue
        cases=$(lab_count "$folder" '//testcase')
        failed=$(lab_count "$folder" '//testcase[failure or error]')
        skipped=$(lab_count "$folder" '//testcase[skipped]')
        printf '%-28s %8s %8s %7s %7s %8s\n' "$group" "$(lab_time "$folder" boot)" "$(lab_time "$folder" total)" "$cases" "$failed" "$skipped"
        sum=($((sum[0] + cases)) $((sum[1] + failed)) $((sum[2] + skipped)))
        count=$((count + 1))
    done
    say "lab: $count VMs, ${sum[0]} cases, ${sum[1]} failed, ${sum[2]} skipped; consoles and JUnit files: build/release/lab"
}

# lab_count FOLDER XPATH: over all JUnit files of a group.
lab_count() {
    local file number=0
    for file in "$1"/*.xml; do
        [[ ! -e $file ]] || number=$((number + $(xmllint --xpath "count($2)" "$file" 2>/dev/null || echo 0)))
    done
    echo "$number"
}

# lab [-R REGEX]
lab() {
    local reason begin=$root/build/lab.begin code=0
    [[ $(lab_tests release "$@") != 0 ]] || die "no test of the lab has a matching name; they are: $(lab_names)"
    say "== lab"
    reason=$(lab_ready) || die "the lab cannot run here: $reason (its log: build/lab.log)"
    touch "$begin"
    DROVER_LAB=required run_tests release -L '^lab$' "$@" || code=$?
    lab_totals "$begin"
    return "$code"
}
lab_names() { run_tests release -N -L '^lab$' | sed -n 's/.*Test *#[0-9]*: lab\.//p' | tr '\n' ' '; }
