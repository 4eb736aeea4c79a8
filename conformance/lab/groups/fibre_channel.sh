#!/usr/bin/env bash
# FlashArray over Fibre Channel: real ports (FCoE), the kernel's target as the array's port, multipath.
#
#   fibre_channel.sh BUILD_FOLDER
set -euo pipefail
build=$1
here=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")" && pwd -P)
# shellcheck source=conformance/lab/guest/cases.sh
source "$here/../guest/cases.sh"
# shellcheck source=conformance/lab/guest/agent.sh
source "$here/../guest/agent.sh"
# shellcheck source=conformance/lab/guest/array.sh
source "$here/../guest/array.sh"
# shellcheck source=conformance/lab/guest/fabric.sh
source "$here/../guest/fabric.sh"
agent_install

case_fabric_array_and_agent_start() {
    fabric_array_up
    cat >/run/seed.yml <<YML
ports:
  - name: CT0.FC0
    wwn: "$fabric_array_port"
hosts:
  - name: lab
    wwns: ["$fabric_node_port"]
YML
    array_seed=/run/seed.yml
    array_start
    fabric_node_up
    array_backend | grep -v chap | sed '$a pure_storage_protocol: FIBRE_CHANNEL' | agent_configure
    agent_start
}

case_a_volume_is_written_and_found_again() {
    local where
    docker_create data 512m
    where=$(docker_mount data)
    map_of "$where"
    head -c 30M /dev/urandom >"$where/file" && sync "$where/file"
    sha256sum <"$where/file" >/run/data.sum
    docker_unmount data
    eventually 60 "the maps are gone" has_maps 0
    eventually 60 "the disks are gone" has_disks 0
    where=$(docker_mount data)
    expect "the file" "$(cat /run/data.sum)" "$(sha256sum <"$where/file")"
}

case_it_grows_while_mounted() {
    local where before
    where=$(docker_mount data)
    before=$(room_mib "$where")
    drover volume extend data 1g
    (($(room_mib "$where") > before + 400)) || fail "the file system did not grow: $before MiB before, $(room_mib "$where") after"
    docker_unmount data
}

case_two_volumes_at_once() {
    local where
    docker_create other 64m
    where=$(docker_mount other)
    expect "maps" 2 "$(maps)"
    echo other >"$where/file" && sync "$where/file"
    docker_unmount other
    eventually 60 "one map is left" has_maps 1
    docker_remove other
}

case_nothing_is_left() {
    docker_release data
    docker_remove data
    agent_stop
    eventually 60 "the maps are gone" has_maps 0
    eventually 60 "the disks are gone" has_disks 0
    array_stop
    expect "LUNs of the kernel's target" "" "$(ls -d /sys/kernel/config/target/core/iblock_*/* 2>/dev/null || true)"
}

run_cases fibre_channel fabric_array_and_agent_start a_volume_is_written_and_found_again it_grows_while_mounted \
    two_volumes_at_once nothing_is_left
