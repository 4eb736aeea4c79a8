#!/usr/bin/env bash
# The agent with the loopback driver where the host of the build cannot show it: growing what is mounted while it is written to
# (ext4 asks for CAP_SYS_RESOURCE, which containers lack), and a node that dies with volumes mounted.
#
#   agent.sh BUILD_FOLDER
set -euo pipefail
build=$1
here=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")" && pwd -P)
# shellcheck source=conformance/lab/guest/cases.sh
source "$here/../guest/cases.sh"
# shellcheck source=conformance/lab/guest/agent.sh
source "$here/../guest/agent.sh"

agent_install
# The images on a disk of their own, as on a node: a file system that knows holes and direct I/O, which memory does not.
truncate -s 900M /run/disk
mkfs.xfs -q /run/disk
mkdir -p /run/images
mount -o loop /run/disk /run/images

grows_under_io() { # grows_under_io FILE_SYSTEM
    local name=grow-$1 where before after sum
    docker_create "$name" 320m "fstype=$1"
    where=$(docker_mount "$name")
    expect "the file system" "$1" "$(findmnt -n -o FSTYPE "$where")"
    before=$(room_mib "$where")
    head -c 20M /dev/urandom >"$where/before" && sync "$where/before"
    sum=$(sha256sum <"$where/before")
    writer_start "$name" "$where"
    drover volume extend "$name" 512m
    after=$(room_mib "$where")
    echo "$1: $before MiB before, $after MiB after, during write $(written "$name")"
    ((after > before + 150)) || fail "the file system did not grow"
    before=$(written "$name")
    eventually 60 "writes go on" has_written "$name" $((before + 5))
    writer_stop "$name"
    head -c 300M /dev/zero >"$where/more" || fail "the new room cannot be used"
    docker_unmount "$name"
    ! mountpoint -q "$where" || fail "it is still mounted"
    where=$(docker_mount "$name")
    expect "what was written before" "$sum" "$(sha256sum <"$where/before")"
    expect "its room after another mount" "$after" "$(room_mib "$where")"
    docker_unmount "$name"
    docker_remove "$name"
}

case_starts() {
    printf 'backend: loopback\nroot_path: /run/images\n' | agent_configure
    agent_start
}
case_grows_mounted_ext4_under_io() { grows_under_io ext4; }
case_grows_mounted_xfs_under_io() { grows_under_io xfs; }
case_a_killed_agent_finds_its_mounts_again() {
    local where
    docker_create kept 64m fstype=ext4
    where=$(docker_mount kept)
    echo here >"$where/file" && sync "$where/file"
    agent_kill
    expect "the file while no agent runs" here "$(cat "$where/file")"
    agent_start
    expect "where it is mounted" "$where" "$(docker_mount kept)"
    docker_release kept
    ! mountpoint -q "$where" || fail "it is still mounted"
    docker_remove kept
}
case_leaves_nothing() {
    agent_stop
    expect "mounts left" "" "$(findmnt -n -l -o TARGET | grep "^$agent_folder/mnt/" || true)" # the folder itself stays a mount
    expect "loop devices left" "" "$(losetup -n -O BACK-FILE | grep ^/run/images || true)"
}

run_cases agent starts grows_mounted_ext4_under_io grows_mounted_xfs_under_io a_killed_agent_finds_its_mounts_again leaves_nothing
