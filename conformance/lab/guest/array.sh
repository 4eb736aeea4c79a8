# shellcheck shell=bash
# A simulated FlashArray in the guest, whose volumes are real LUNs of the kernel's target on two portals, and the agent's backend
# for it. Sourced by the scripts in groups/, after agent.sh.
: "${build:?}" "${agent_folder:?}"
array_folder=/run/drover-array
array_address=127.0.0.1:8443
array_token=3bdf3b60-f0c0-fa8a-83c1-b794ba8f562c
array_seed='' # a file, or nothing for the array that the simulator has by itself
array_chap_user=drover-lab
array_chap_password=a-chap-secret-of-the-lab
array_target_user=drover-lab-array # with which the array proves itself
array_target_password=another-secret-of-the-lab

# Ready, with the state of the run before.
array_start() {
    mkdir -p "$array_folder"
    setsid "$build/bin/drover-array-sim" flasharray --listen "$array_address" --data-plane lio --data-dir "$array_folder/volumes" \
        --state "$array_folder/state" \
        ${array_seed:+--seed "$array_seed"} \
        >"$array_folder/ready" 2>>"$array_folder/log" </dev/null &
    echo $! >"$array_folder/pid"
    eventually 60 "the array is ready" array_is_ready
}
array_is_ready() {
    kill -0 "$(cat "$array_folder/pid")" || return 99
    grep -q '^ready ' "$array_folder/ready"
}
array_is_gone() { ! kill -0 "$(cat "$array_folder/pid")" 2>/dev/null; }
array_stop() {
    kill "$(cat "$array_folder/pid")"
    eventually 60 "the array ends" array_is_gone
}
array_kill() {
    kill -9 "$(cat "$array_folder/pid")"
    eventually 30 "the array is gone" array_is_gone
}

# The keys below dataset:, on stdout.
array_backend() {
    printf '%s\n' "backend: purestorage_flasharray_flocker_driver" "pure_ip: $array_address" "pure_api_token: $array_token" \
        "pure_chap_host_user: $array_chap_user" "pure_chap_host_password: $array_chap_password" \
        "pure_chap_target_user: $array_target_user" "pure_chap_target_password: $array_target_password" \
        "pure_eradicate_on_delete: true"
}

# For each disk and map udev starts some thirty programs, of which most look for what is not there (partitions, LVM) or make
# links that nobody uses. On an emulated processor they take longer than all the rest of an attach. For groups with many of them.
spare_udev() {
    local rule
    for rule in 55-scsi-sg3_id 58-scsi-sg3_symlink 56-dm-parts 56-lvm 60-kpartx 69-lvm; do
        ln -sf /dev/null "/etc/udev/rules.d/$rule.rules"
    done
    udevadm control --reload
}

# What the kernel knows: sessions that are logged in, maps with the array's WWID, its disks.
sessions() { grep -l LOGGED_IN /sys/class/iscsi_session/*/state 2>/dev/null | wc -l; }
maps() { cat /sys/block/dm-*/dm/uuid 2>/dev/null | grep -c '^mpath-3624a9370' || true; }
disks() { cat /sys/block/sd*/device/vendor 2>/dev/null | grep -c '^PURE' || true; }
has_sessions() { [[ $(sessions) == "$1" ]]; }
has_disks() { [[ $(disks) == "$1" ]]; }
has_maps() { [[ $(maps) == "$1" ]]; }

# map_of FOLDER: the map's name below a mount point; fails when it is no map.
map_of() {
    local number
    number=$(findmnt -n -o MAJ:MIN --target "$1" | tr -d ' ')
    grep -q '^mpath-3624a9370' "/sys/dev/block/$number/dm/uuid"
    cat "/sys/dev/block/$number/dm/name"
}
# good_paths MAP: how many of its paths work.
good_paths() { multipathd show paths raw format "%m %t %T %o" | awk -v map="$1" '$1 == map && $2 == "active" && $4 == "running"' | wc -l; }
has_good_paths() { [[ $(good_paths "$1") == "$2" ]]; }

# A portal that is cut off, silently, as a pulled cable is.
portal_lose() { iptables -I INPUT -d "$1" -p tcp --dport 3260 -j DROP; }
portal_return() { iptables -D INPUT -d "$1" -p tcp --dport 3260 -j DROP; }

# No secret in anything that was logged.
no_secret_logged() {
    local secrets=/run/secrets-looked-for
    printf '%s\n' "$array_token" "$array_chap_password" "$array_target_password" >"$secrets"
    ! grep -H -n -F -f "$secrets" "$agent_folder/agent.log" "$array_folder/log" || fail "a secret was logged"
    ! grep -s -l -a -F -f "$secrets" /proc/[0-9]*/cmdline || fail "a secret is an argument of a process"
}
