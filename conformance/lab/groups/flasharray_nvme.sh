#!/usr/bin/env bash
# FlashArray over NVMe/TCP, from REST to the file system: the driver against the simulated array, real controllers on two
# portals, the kernel's own multipath.
#
#   flasharray_nvme.sh BUILD_FOLDER
set -euo pipefail
build=$1
here=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")" && pwd -P)
# shellcheck source=conformance/lab/guest/cases.sh
source "$here/../guest/cases.sh"
# shellcheck source=conformance/lab/guest/agent.sh
source "$here/../guest/agent.sh"
# shellcheck source=conformance/lab/guest/nvme_array.sh
source "$here/../guest/nvme_array.sh"
agent_install

case_array_and_agent_start() {
    node_prepare
    array_start
    array_backend | agent_configure
    agent_start
}

case_a_volume_is_mounted_over_two_controllers() {
    local where device
    docker_create data 320m fstype=ext4
    where=$(docker_mount data)
    eventually 60 "both controllers work" has_controllers 2
    device=$(findmnt -n -o SOURCE --target "$where")
    [[ $device == /dev/nvme*n* ]] || fail "$device is no namespace"
    # 00, seven bytes of the serial, 24a937, five bytes.
    nguids | grep -Ex '00[0-9a-f]{14}24a937[0-9a-f]{10}' || fail "no NGUID of the array: $(nguids)"
    head -c 20M /dev/urandom >"$where/file" && sync "$where/file"
    sha256sum <"$where/file" >/run/data.sum
}

case_what_was_written_is_there_after_another_attach() {
    local where
    docker_unmount data
    eventually 60 "the controllers are gone" has_controllers 0
    where=$(docker_mount data)
    expect "the file" "$(cat /run/data.sum)" "$(sha256sum <"$where/file")"
}

case_a_lost_portal_stops_no_write() {
    local where before
    where=$(docker_mount data)
    eventually 60 "both controllers work" has_controllers 2
    writer_start data "$where"
    portal_lose 127.0.0.2
    eventually 180 "one controller is left" has_controllers 1
    before=$(written data)
    eventually 120 "writes go on" has_written data $((before + 5))
    portal_return 127.0.0.2
    eventually 180 "both controllers work again" has_controllers 2
    writer_stop data
}

case_a_killed_agent_finds_its_volume_again() {
    local where
    where=$(docker_mount data)
    agent_kill
    expect "the file while no agent runs" "$(cat /run/data.sum)" "$(sha256sum <"$where/file")"
    agent_start
    expect "where it is mounted" "$where" "$(docker_mount data)"
    expect "controllers" 2 "$(controllers | wc -l)"
}

case_it_grows_while_it_is_written_to() {
    local where before
    where=$(docker_mount data)
    before=$(room_mib "$where")
    writer_start data "$where"
    drover volume extend data 512m
    writer_stop data
    (($(room_mib "$where") > before + 150)) || fail "the file system did not grow"
    expect "the file" "$(cat /run/data.sum)" "$(sha256sum <"$where/file")"
}

case_a_neighbour_keeps_its_controllers() {
    local where
    docker_create neighbour 64m
    where=$(docker_mount neighbour)
    docker_release data
    eventually 60 "one namespace is left" has_namespaces 1
    expect "controllers" 2 "$(controllers | wc -l)"
    echo still >"$where/file" && sync "$where/file"
    docker_unmount neighbour
    docker_remove neighbour
}

# Cases that need one node: a machine has one NQN. Not all of those, which take an hour in the VM.
case_conformance_with_the_data_path() {
    (umask 077 && printf %s "$array_token" >/run/conformance-token)
    {
        printf 'version: 1\nkeys:\n'
        array_backend | grep -v -e '^backend:' -e pure_api_token | sed 's/^/  /'
        echo '  pure_api_token: file:/run/conformance-token'
        printf 'nodes:\n  - {id: lab-node, initiators: {nqn: "%s"}}\n  - {id: other-node, initiators: {nqn: "%s-2"}}\n' "$node_nqn" "$node_nqn"
    } >/run/conformance.yml
    "$build/bin/drover-conformance" "$build/drivers/flasharray.so" --config /run/conformance.yml \
        --filter '^data[.](two-devices|snapshot[.]revert|extend[.]online|many-at-once)$' \
        --timeout $((180 * ${DROVER_LAB_PATIENCE:-1})) --junit /vm-out/conformance.xml
}

case_removed_and_nothing_is_left() {
    docker_remove data
    agent_stop
    eventually 60 "the controllers are gone" has_controllers 0
    array_stop
    expect "what the kernel's target has" "" "$(find /sys/kernel/config/nvmet/{subsystems,ports,hosts} -mindepth 1 -maxdepth 1)"
    expect "loop devices" "" "$(losetup -n -O BACK-FILE | grep "$array_folder" || true)"
}

case_no_secret_was_logged() {
    ! grep -n -F -e "$array_token" "$agent_folder/agent.log" "$array_folder/log" || fail "a secret was logged"
}

run_cases flasharray_nvme array_and_agent_start a_volume_is_mounted_over_two_controllers \
    what_was_written_is_there_after_another_attach a_lost_portal_stops_no_write \
    a_killed_agent_finds_its_volume_again it_grows_while_it_is_written_to a_neighbour_keeps_its_controllers \
    conformance_with_the_data_path removed_and_nothing_is_left no_secret_was_logged
