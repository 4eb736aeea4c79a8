#!/usr/bin/env bash
# FlashArray from REST to the file system: the driver against the simulated array, real iSCSI with CHAP over two portals, real
# multipath; then what operators do with it.
#
#   flasharray.sh BUILD_FOLDER
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
    array_start
    array_backend | agent_configure
    agent_start
}

case_a_volume_is_mounted_over_two_paths_with_chap() {
    local where map
    docker_create data 1g
    where=$(docker_mount data)
    map=$(map_of "$where")
    eventually 60 "both paths work" has_good_paths "$map" 2
    expect "sessions" 2 "$(sessions)"
    expect "the user of CHAP" "$array_chap_user" "$(sort -u /sys/class/iscsi_session/*/username)"
    expect "the array's user of CHAP" "$array_target_user" "$(sort -u /sys/class/iscsi_session/*/username_in)"
    head -c 30M /dev/urandom >"$where/file" && sync "$where/file"
    sha256sum <"$where/file" >/run/data.sum
}

case_what_was_written_is_there_after_another_attach() {
    local where
    docker_unmount data
    eventually 60 "the maps are gone" has_maps 0
    eventually 60 "the disks are gone" has_disks 0
    where=$(docker_mount data)
    expect "the file" "$(cat /run/data.sum)" "$(sha256sum <"$where/file")"
}

case_a_snapshot_and_a_clone_hold_what_was_there() {
    local where
    drover snapshot create data monday
    where=$(docker_mount data)
    echo later >"$where/later" && sync "$where/later"
    docker_create tuesday 1g from=data@monday
    where=$(docker_mount tuesday)
    expect "the file in the clone" "$(cat /run/data.sum)" "$(sha256sum <"$where/file")"
    [[ ! -e $where/later ]] || fail "the clone holds what was written after the snapshot"
    docker_unmount tuesday
    docker_remove tuesday
    docker_unmount data
    drover snapshot rm data monday
}

case_a_neighbour_keeps_its_sessions() {
    local where
    docker_create neighbour 64m
    where=$(docker_mount neighbour)
    docker_unmount data
    eventually 60 "one map is left" has_maps 1
    expect "sessions" 2 "$(sessions)"
    echo still >"$where/file" && sync "$where/file"
    docker_unmount neighbour
    docker_remove neighbour
}

# With Debian's default multipathd makes maps only of WWIDs that it was told of.
case_a_volume_that_multipathd_would_leave_alone_gets_its_map() {
    local where map
    sed -i 's/find_multipaths no/find_multipaths strict/' /etc/multipath.conf
    multipathd reconfigure
    expect "what multipathd goes by" 1 "$(multipathd show config | grep -c 'find_multipaths "strict"')"
    docker_create stranger 64m
    where=$(docker_mount stranger)
    map=$(map_of "$where")
    eventually 60 "both paths work" has_good_paths "$map" 2
    docker_unmount stranger
    docker_remove stranger
    sed -i 's/find_multipaths strict/find_multipaths no/' /etc/multipath.conf
    multipathd reconfigure
}

case_removed_and_nothing_is_left() {
    docker_remove data
    agent_stop
    eventually 60 "the maps are gone" has_maps 0
    eventually 60 "the disks are gone" has_disks 0
    eventually 60 "the sessions are gone" has_sessions 0
    expect "node records" "" "$(iscsiadm -m node 2>/dev/null | grep com.purestorage || true)"
    array_stop
    expect "LUNs of the kernel's target" "" "$(ls -d /sys/kernel/config/target/core/iblock_*/* 2>/dev/null || true)"
    expect "loop devices" "" "$(losetup -n -O BACK-FILE | grep "$array_folder" || true)"
}

case_no_secret_was_logged() { no_secret_logged; }

run_cases flasharray array_and_agent_start a_volume_is_mounted_over_two_paths_with_chap \
    what_was_written_is_there_after_another_attach a_snapshot_and_a_clone_hold_what_was_there a_neighbour_keeps_its_sessions \
    a_volume_that_multipathd_would_leave_alone_gets_its_map \
    removed_and_nothing_is_left no_secret_was_logged
