#!/usr/bin/env bash
# Those cases of the conformance suite that need the volumes' devices, on the FlashArray driver: against the simulated array,
# over two iSCSI portals with CHAP and multipath. The others run where no kernel is needed (drivers/flasharray/tests).
#
#   flasharray_conformance.sh BUILD_FOLDER
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

with_devices='^(data\.|ext\.(retype\.changes|fence\.taken-over|group\.snapshot\.data|manage\.there-and-back)$)'

backend() {
    array_backend
    echo 'pure_profiles: ["gold=iops:20k,bandwidth:400M", "silver=bandwidth:100M"]'
}

case_array_and_agent_start() {
    spare_udev
    array_start
    backend | agent_configure
    agent_start
}

case_conformance_suite_with_the_data_path() {
    printf 'version: 1\ndataset:\n%s\n' "$(backend | sed 's/^/  /')" >/run/flasharray-agent.yml
    "$build/bin/drover-conformance" "$build/drivers/flasharray.so" --agent-config /run/flasharray-agent.yml --junit /vm-out/conformance.xml --filter "$with_devices" \
        --timeout $((180 * ${DROVER_LAB_PATIENCE:-1}))
}

case_removed_and_nothing_is_left() {
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

run_cases flasharray_conformance array_and_agent_start \
    conformance_suite_with_the_data_path removed_and_nothing_is_left no_secret_was_logged
