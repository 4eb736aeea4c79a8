# shellcheck shell=bash
# ./dev lint: what can be said of the sources without running them. Sourced by dev. Looks at files that git knows;
# takes compiler flags from a configured build/release, which need not be built. What passed once is remembered in
# build/lint and not looked at again until it, or anything it includes, changes.
: "${root:?dev.d/lint.sh is a part of dev}"

# lint [--without-tidy]: every check, also after one failed.
lint() {
    local checks=(format scripts includes headers tidy templates) check failed=()
    [[ ${1-} != --without-tidy ]] || checks=(format scripts includes headers)
    cd "$root" || return
    mkdir -p build/lint
    cmake --preset release -Wno-dev --log-level=NOTICE >/dev/null
    for check in "${checks[@]}"; do
        timed "lint: $check" "lint_$check" || failed+=("$check")
    done
    ((${#failed[@]} == 0)) || die "lint failed: ${failed[*]}"
    say "lint: good"
}

lint_files() { git -c safe.directory="$root" ls-files -- "$@"; }

lint_format() {
    lint_files '*.c' '*.h' '*.cpp' '*.hpp' | xargs -r clang-format --dry-run -Werror
}

lint_scripts() {
    shellcheck --external-sources dev dev.d/*.sh dev.d/tidy-one .ci/run cmake/check_includes abi/tests/abidiff_test abi/tests/golden_headers packaging/manual_page packaging/deb/*/p* \
        packaging/tests/*_test conformance/lab/prepare conformance/lab/vm-run conformance/lab/guest/main conformance/lab/*/*.sh
    shellcheck --shell dash --exclude SC1091 conformance/lab/guest/init # what it reads is made for each VM
}

# Who includes whom.
lint_includes() { cmake/check_includes; }

# ---- Each header compiles on its own, with the flags of the sources around it ----

lint_headers() {
    lint_read_commands
    local header flags stub list=build/lint/headers.sh
    mkdir -p build/lint/headers
    : >"$list"
    while read -r header; do
        stub=$root/build/lint/headers/${header//\//__}.cpp
        # Only written when it is new: ccache then knows the answer.
        [[ -f $stub ]] || printf '#include "%s"\n' "$root/$header" >"$stub"
        {
            # As one of the targets around it sees it; what is said is said by the last.
            printf 'exec 3>&2 2>%s.err; ' "$stub"
            while read -r flags; do
                printf ': >%s.err; ccache %s -O0 -o %s.o -c %s && exit 0; ' "$stub" "$flags" "$stub" "$stub"
            done < <(lint_flags_of "$header")
            printf 'cat %s.err >&3; echo "%s does not compile alone"; exit 1\0' "$stub" "$header"
        } >>"$list"
    done < <(lint_files '*.hpp' '*.h')
    xargs -0 -r -n 1 -P "$(build_jobs)" bash -c <"$list"
}

# Flags, a line for each target, of the sources in the header's folder or the nearest one above it; what is only for tests takes a test's.
lint_flags_of() {
    local folder=${1%/*} kind kinds=(source test)
    [[ $folder != */testing && $folder != */tests ]] || kinds=(test)
    while :; do
        for kind in "${kinds[@]}"; do
            if [[ -n ${lint_commands[$kind:$folder]-} ]]; then
                printf '%s' "${lint_commands[$kind:$folder]}"
                return
            fi
        done
        [[ $folder == */* ]] || break
        folder=${folder%/*}
    done
    # Headers that are installed as they stand: nothing but themselves on the path.
    printf 'c++ -std=c++20 -Wall -Wextra -Werror -I%s/abi/include -I%s/sdk/include\n' "$root" "$root"
}

# lint_commands[source:FOLDER] and [test:FOLDER]: the command of the first such source there, up to its files.
lint_read_commands() {
    declare -gA lint_commands=()
    local file command kind
    while IFS=$'\t' read -r file command; do
        file=${file#"$root"/}
        [[ $file == *.cpp ]] || continue
        kind="source"
        [[ $file != *_test.cpp && $file != *_test_*.cpp ]] || kind="test"
        command=${command%% -o *}
        # Targets of one folder may see different things.
        [[ ${lint_commands[$kind:${file%/*}]-} == *"$command"$'\n'* ]] ||
            lint_commands[$kind:${file%/*}]+=$command$'\n'
    done < <(jq -r '.[] | [.file, .command] | @tsv' build/release/compile_commands.json | sed 's/\\\\/\\/g')
}

# ---- clang-tidy ----

lint_tidy() {
    export lint_settings
    lint_settings=$(cat .clang-tidy dev.d/tidy-one && clang-tidy --version)
    # Some test drivers are wrong on purpose, and what a build makes of several sources is none.
    jq -r '.[].file' build/release/compile_commands.json | grep -F "$root/" | grep -v -F "$root/build/" |
        grep -v -E '/fixture[^/]*$|/fixtures/' |
        sort -u | xargs -r -n 1 -P "$(build_jobs)" dev.d/tidy-one
}

# The templates of drover sdk new are in no build of ours: clang-tidy with the flags of the projects they become.
lint_templates() {
    local copy=build/lint/templates include=(-I "$root/abi/include" -I "$root/sdk/include") good=yes
    rm -rf "$copy" && cp -r sdk/templates "$copy" && sed -i 's/@NAME@/acme/' "$copy"/*/*
    clang-tidy --quiet "$copy"/cpp/*.cpp -- -std=c++20 "${include[@]}" 2>"$copy.err" || good=no
    clang-tidy --quiet "$copy"/c/*.c -- -std=c11 -D_POSIX_C_SOURCE=200809L "${include[@]}" 2>>"$copy.err" || good=no
    grep -v -E '^[0-9]+ warnings? .*generated' "$copy.err" >&2 || true
    [[ $good == yes ]]
}
