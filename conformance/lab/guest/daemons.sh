# shellcheck shell=bash
# The daemons of a node, each by its name: there is no systemd in the guest. Sourced by main, and by tests that stop one
# and start it again. Nothing here waits longer than its limit.

lab_initiator=iqn.2026-11.io.drover:lab-node

start_udevd() {
    # What the first process put into /dev is there; its links are udev's.
    /lib/systemd/systemd-udevd --daemon && udevadm trigger --action=add && udevadm settle --timeout=300
}

start_iscsid() {
    modprobe -a iscsi_tcp sd_mod sg
    mkdir -p /etc/iscsi /run/lock/iscsi
    printf 'InitiatorName=%s\n' "$lab_initiator" >/etc/iscsi/initiatorname.iscsi
    iscsid
}

# As the operator page tells: a section for the array, no friendly names, a map also for a single path.
start_multipathd() {
    modprobe -a dm_multipath dm_service_time dm_round_robin scsi_dh_alua
    [[ -e /etc/multipath.conf ]] || cat >/etc/multipath.conf <<'CONF'
defaults {
    user_friendly_names no
    find_multipaths no
    polling_interval 2
}
devices {
    device {
        vendor "PURE"
        product "FlashArray"
        path_selector "service-time 0"
        path_grouping_policy "multibus"
        no_path_retry 30
        fast_io_fail_tmo 5
        dev_loss_tmo 60
    }
}
CONF
    multipathd
}

# Maps stay, and nobody looks after them: as after a crash of the daemon.
stop_multipathd() { multipathd shutdown >/dev/null; }
