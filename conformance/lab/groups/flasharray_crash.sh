#!/usr/bin/env bash
# A node that crashes with volumes mounted, and what it left behind.
#
#   flasharray_crash.sh BUILD_FOLDER
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

case_a_killed_agent_finds_its_mounts_again() {
    local where
    docker_create data 64m
    where=$(docker_mount data)
    echo before >"$where/file" && sync "$where/file"
    agent_kill
    expect "the file while no agent runs" before "$(cat "$where/file")"
    agent_start
    expect "where it is mounted" "$where" "$(docker_mount data)"
    docker_unmount data
}

# As after a crash of the machine: mounts are gone, sessions and maps (here they are) are not the agent's doing any more.
case_sessions_left_over_are_taken_up_or_cleaned() {
    local where
    where=$(docker_mount data)
    agent_kill
    umount "$where"
    agent_start
    where=$(docker_mount data)
    expect "the file" before "$(cat "$where/file")"
    expect "sessions" 2 "$(sessions)"
    docker_release data
    eventually 60 "the maps are gone" has_maps 0
    eventually 60 "the disks are gone" has_disks 0
}

# The agent dies between any two steps of a detach.
case_a_detach_that_was_cut_off_is_finished() {
    local begin=$EPOCHREALTIME detach
    docker_mount data >/dev/null
    (docker_unmount data || true) >/dev/null 2>&1 &
    detach=$!
    eventually 30 "the detach has begun" detach_has_begun
    agent_kill
    agent_start
    wait "$detach" || true # its call was cut off with the agent
    docker_release data
    eventually 120 "the maps are gone" has_maps 0
    eventually 60 "the disks are gone" has_disks 0
    docker_remove data
    echo "in $(seconds_since "$begin") s"
}
detach_has_begun() { ! findmnt -n -l -o TARGET | grep -q "^$agent_folder/mnt/" || [[ $(disks) != 2 ]]; }

case_nothing_is_left() {
    agent_stop
    eventually 60 "the sessions are gone" has_sessions 0
    expect "mounts left" "" "$(findmnt -n -l -o TARGET | grep "^$agent_folder/mnt/" || true)"
    array_stop
    expect "LUNs of the kernel's target" "" "$(ls -d /sys/kernel/config/target/core/iblock_*/* 2>/dev/null || true)"
}

case_no_secret_was_logged() { no_secret_logged; }

run_cases flasharray_crash array_and_agent_start a_killed_agent_finds_its_mounts_again \
    sessions_left_over_are_taken_up_or_cleaned a_detach_that_was_cut_off_is_finished \
    nothing_is_left no_secret_was_logged
