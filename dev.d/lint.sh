# shellcheck shell=bash
# ./dev lint: what can be said of the sources without running them. Sourced by dev. Looks at files that git knows;
# takes compiler flags from a configured build/release, which need not be built. What passed once is remembered in
# build/lint and not looked at again until it, or anything it includes, changes.
: "${root:?dev.d/lint.sh is a part of dev}"

# lint [--without-tidy]: every check, also after one failed.
lint() {
    local checks=(format scripts includes headers tidy) check failed=()
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
    shellcheck --external-sources dev dev.d/*.sh dev.d/tidy-one .ci/run
}

# Who includes whom.
lint_includes() { cmake/check_includes; }

# ---- Each header compiles on its own, with the flags of the sources around it ----

lint_headers() {
    lint_read_commands
    local header folder stub list=build/lint/headers.sh
    : >"$list"
    while read -r header; do
        folder=$(lint_flags_of "$header")
        stub=build/lint/headers/${header//\//__}.cpp
        mkdir -p build/lint/headers
        # Only touched when it is new: ccache then knows the answer.
        [[ -f $stub ]] || printf '#include "%s"\n' "$(lint_include_name "$header")" >"$stub"
        printf '%s -O0 -I%s/abi/include -I%s/sdk/include -o /dev/null -c %s || { echo "%s does not compile alone"; exit 1; }\0' \
            "$folder" "$root" "$root" "$root/$stub" "$header" >>"$list"
    done < <(lint_files '*.hpp' '*.h')
    xargs -0 -r -n 1 -P "$(build_jobs)" bash -c <"$list"
}

# "core/x/y.hpp" is included by that name; the headers that are installed, by their place below include/.
lint_include_name() { printf '%s' "${1#*/include/}"; }

# The flags of a source in the header's folder or the nearest one above it; of a test for what lies in testing/.
lint_flags_of() {
    local folder=${1%/*}
    local kind=source
    [[ $folder != */testing ]] || kind="test"
    while [[ -n $folder ]]; do
        if [[ -n ${lint_commands[$kind:$folder]-} ]]; then
            printf '%s' "${lint_commands[$kind:$folder]}"
            return
        fi
        if [[ -n ${lint_commands[test:$folder]-} && $kind == source ]]; then
            printf '%s' "${lint_commands[test:$folder]}"
            return
        fi
        [[ $folder == */* ]] || break
        folder=${folder%/*}
    done
    printf 'c++ -std=c++20 -Wall -Wextra -Werror'
}

# lint_commands[source:FOLDER] and [test:FOLDER]: the command of the first such source there, up to its files.
lint_read_commands() {
    declare -gA lint_commands=()
    local file command kind
    while IFS=$'\t' read -r file command; do
        file=${file#"$root"/}
        [[ $file == *.cpp ]] || continue
        kind=source
        [[ $file != *_test.cpp && $file != */tests/* && $file != */testing/* ]] || kind="test"
        : "${lint_commands[$kind:${file%/*}]:=${command%% -o *}}"
    done < <(jq -r '.[] | [.file, .command] | @tsv' build/release/compile_commands.json | sed 's/\\\\/\\/g')
}

# ---- clang-tidy ----

lint_tidy() {
    export lint_settings
    lint_settings=$(cat .clang-tidy dev.d/tidy-one && clang-tidy --version)
    # Test drivers are wrong on purpose.
    jq -r '.[].file' build/release/compile_commands.json | grep -F "$root/" | grep -v -E '/fixture[^/]*$|/fixtures/' |
        sort -u | xargs -r -n 1 -P "$(build_jobs)" dev.d/tidy-one
}
