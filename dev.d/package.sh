# shellcheck shell=bash
# ./dev package: the .debs, in build/packages. Sourced by dev.
: "${root:?dev.d/package.sh is a part of dev}"

# Needs a built build/release.
package() {
    local out=$root/build/packages log
    rm -rf "$out"
    mkdir -p "$out"
    log=$out/cpack.log
    # The packages of one commit have one time in them.
    SOURCE_DATE_EPOCH=$(git -C "$root" -c safe.directory="$root" log -1 --format=%ct 2>/dev/null || date +%s)
    export SOURCE_DATE_EPOCH
    (cd "$root/build/release" && umask 022 && cpack --config CPackConfig.cmake >"$log" 2>&1) || {
        cat "$log" >&2
        die "cpack failed"
    }
    rm -rf "$log" "$out/_CPack_Packages"
    (cd "$out" && ls -l -- *.deb)
    say "packages: build/packages"
}
