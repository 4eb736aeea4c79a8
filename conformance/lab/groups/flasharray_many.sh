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
    spare_udev
    array_start
    array_backend | agent_configure
    agent_start
}

# each WORD [ARGUMENT]...: WORD called for all numbers at the same time.
each() {
    local number begin=$EPOCHREALTIME workers=()
    for number in $(seq "$many"); do
        "$@" "$number" &
        workers+=($!)
    done
    for number in "${workers[@]}"; do wait "$number"; done
    echo "$*: $(seconds_since "$begin") s"
}
create() { docker_call Create "{\"Name\": \"many-$1\", \"Opts\": {\"size\": \"16m\"}}" >/dev/null; }
mount_and_write() {
    local where
    where=$(docker_again Mount "many-$1")
    echo "$1" >"$where/number" && sync "$where/number"
}
unmount() { docker_again Unmount "many-$1"; }
remove() { docker_again Remove "many-$1"; }

case_fifty_volumes_attached_and_detached_in_parallel() {
    local number
    each create
    each mount_and_write
    expect "maps" "$many" "$(maps)"
    expect "sessions" 2 "$(sessions)"
    each unmount
    eventually 120 "the maps are gone" has_maps 0
    eventually 60 "the disks are gone" has_disks 0
    # Each is itself: no two were mixed up.
    for number in 1 $((many / 2)) "$many"; do
        expect "what volume $number holds" "$number" "$(cat "$(docker_mount "many-$number")/number")"
        docker_unmount "many-$number"
    done
    each remove
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
