#!/usr/bin/env bash
# The conformance suite on the FlashArray driver, with real data: against the simulated array, over two iSCSI portals with CHAP and
# multipath.
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

case_array_and_agent_start() {
    array_start
    array_backend | agent_configure
    agent_start
}

case_conformance_suite_with_the_data_path() {
    printf 'version: 1\ndataset:\n%s\n' "$(array_backend | sed 's/^/  /')" >/run/flasharray-agent.yml
    "$build/bin/drover-conformance" "$build/drivers/flasharray.so" --agent-config /run/flasharray-agent.yml --junit /vm-out/conformance.xml \
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
