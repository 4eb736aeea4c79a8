#!/usr/bin/env bash
# Fifty volumes of a FlashArray attached, mounted and let go of at the same time.
#
#   flasharray_many.sh BUILD_FOLDER
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
many=50

case_array_and_agent_start() {
    array_start
    array_backend | agent_configure
    agent_start
}

case_fifty_volumes_attached_and_detached_in_parallel() {
    local number begin=$EPOCHREALTIME workers=()
    for number in $(seq "$many"); do docker_create "many-$number" 16m; done
    echo "created in $(seconds_since "$begin") s" && begin=$EPOCHREALTIME
    for number in $(seq "$many"); do
        (where=$(docker_mount "many-$number") && echo "$number" >"$where/number" && sync "$where/number") &
        workers+=($!)
    done
    for number in "${workers[@]}"; do wait "$number"; done
    echo "attached and mounted in $(seconds_since "$begin") s" && begin=$EPOCHREALTIME
    expect "maps" "$many" "$(maps)"
    expect "sessions" 2 "$(sessions)"
    workers=()
    for number in $(seq "$many"); do
        docker_unmount "many-$number" &
        workers+=($!)
    done
    for number in "${workers[@]}"; do wait "$number"; done
    eventually 120 "the maps are gone" has_maps 0
    eventually 60 "the disks are gone" has_disks 0
    echo "unmounted and detached in $(seconds_since "$begin") s"
    # Each is itself: no two were mixed up.
    for number in 1 $((many / 2)) "$many"; do
        expect "what volume $number holds" "$number" "$(cat "$(docker_mount "many-$number")/number")"
        docker_unmount "many-$number"
    done
    for number in $(seq "$many"); do docker_remove "many-$number"; done
}

case_nothing_is_left() {
    agent_stop
    eventually 60 "the sessions are gone" has_sessions 0
    expect "mounts left" "" "$(findmnt -n -l -o TARGET | grep "^$agent_folder/mnt/" || true)"
    array_stop
    expect "LUNs of the kernel's target" "" "$(ls -d /sys/kernel/config/target/core/iblock_*/* 2>/dev/null || true)"
}

case_no_secret_was_logged() { no_secret_logged; }

run_cases flasharray_many array_and_agent_start fifty_volumes_attached_and_detached_in_parallel nothing_is_left no_secret_was_logged
