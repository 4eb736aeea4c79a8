#!/usr/bin/env bash
# Paths that come and go, and a volume that grows, while a file system on it is written to: no error may reach the writer.
#
#   flasharray_paths.sh BUILD_FOLDER
set -euo pipefail
build=$1
here=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")" && pwd -P)
# shellcheck source=conformance/lab/guest/cases.sh
source "$here/../guest/cases.sh"
# shellcheck source=conformance/lab/guest/agent.sh
source "$here/../guest/agent.sh"
# shellcheck source=conformance/lab/guest/array.sh
source "$here/../guest/array.sh"
agent_install

case_array_and_agent_start() {
    spare_udev
    array_start
    array_backend | agent_configure
    agent_start
}

case_a_lost_portal_stops_no_writer_and_comes_back() {
    local where map before
    docker_create data 1g fstype=ext4
    where=$(docker_mount data)
    map=$(map_of "$where")
    eventually 60 "both paths work" has_good_paths "$map" 2
    writer_start data "$where"
    portal_lose 127.0.0.2
    eventually 90 "the path is seen to have failed" has_good_paths "$map" 1
    before=$(written data)
    eventually 90 "writes go on over the other path" has_written data $((before + 20))
    portal_return 127.0.0.2
    eventually 180 "both paths work again" has_good_paths "$map" 2
    writer_stop data
    docker_unmount data
}

case_attach_with_one_portal_lost_is_degraded_not_failed() {
    local where map
    portal_lose 127.0.0.2
    docker_create lonely 64m
    where=$(docker_mount lonely)
    map=$(map_of "$where")
    eventually 60 "one path works" has_good_paths "$map" 1
    echo here >"$where/file" && sync "$where/file"
    portal_return 127.0.0.2
    docker_unmount lonely
    docker_remove lonely
}

grows_online() { # grows_online NAME FILE_SYSTEM
    local where map before
    docker_create "$1" 512m "fstype=$2"
    where=$(docker_mount "$1")
    map=$(map_of "$where")
    eventually 60 "both paths work" has_good_paths "$map" 2
    before=$(room_mib "$where")
    writer_start "$1" "$where"
    drover volume extend "$1" 1g
    echo "$2: $before MiB before, $(room_mib "$where") MiB after, during write $(written "$1")"
    (($(room_mib "$where") > before + 400)) || fail "the file system did not grow"
    before=$(written "$1")
    eventually 60 "writes go on" has_written "$1" $((before + 10))
    writer_stop "$1"
    head -c 600M /dev/zero >"$where/more" || fail "the new room cannot be used"
    docker_unmount "$1"
    docker_remove "$1"
}
case_mounted_ext4_grows_under_io() { grows_online ext ext4; }
case_mounted_xfs_grows_under_io() { grows_online xfs xfs; }

case_the_array_restarts_under_io() {
    local where map
    where=$(docker_mount data)
    map=$(map_of "$where")
    writer_start data "$where"
    array_kill
    array_start
    eventually 240 "both paths work again" has_good_paths "$map" 2
    eventually 60 "writes go on" has_written data $(($(written data) + 10))
    writer_stop data
    docker_unmount data
    docker_remove data
}

case_no_secret_was_logged() { no_secret_logged; }

run_cases flasharray_paths array_and_agent_start a_lost_portal_stops_no_writer_and_comes_back \
    attach_with_one_portal_lost_is_degraded_not_failed mounted_ext4_grows_under_io mounted_xfs_grows_under_io \
    the_array_restarts_under_io no_secret_was_logged
