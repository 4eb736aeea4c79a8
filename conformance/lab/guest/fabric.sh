# shellcheck shell=bash
# A Fibre Channel fabric in one kernel: two ports that see each other by FCoE (VN2VN) over a pair of virtual cables. The array's port has to
# have its target, with the node's port let in, before the node's port comes up: a node that logs in to a port without a target takes
# it for none. Sourced by scripts in groups/, after cases.sh.
fabric_array_port=2000020000000001
fabric_node_port=2000020000000002

# fabric_port INTERFACE PORT: until the port is online.
fabric_port() {
    local controller
    echo "$1" >/sys/bus/fcoe/ctlr_create
    eventually 30 "the controller of $1" fabric_controller "$1"
    controller=$(fabric_controller "$1")
    echo vn2vn >"$controller/mode"
    echo 1 >"$controller/enabled"
    eventually 30 "the port of $1" fabric_has_port "$2"
}
fabric_controller() {
    local link
    for link in /sys/bus/fcoe/devices/ctlr_*; do
        [[ $(readlink -f "$link") != */"$1"/* ]] || { echo "$link" && return; }
    done
    return 1
}
fabric_has_port() { grep -l "0x$1" /sys/class/fc_host/*/port_name; }
fabric_sees_target() { grep -l 'FCP Target' /sys/class/fc_remote_ports/*/roles; }

fabric_array_up() {
    modprobe -a libfc libfcoe fcoe tcm_fc veth sd_mod sg scsi_dh_alua
    ip link add array address 02:00:00:00:00:01 type veth peer name node address 02:00:00:00:00:02
    ip link set array up
    ip link set node up
    fabric_port array "$fabric_array_port"
}
fabric_node_up() {
    fabric_port node "$fabric_node_port"
    eventually 60 "the node sees the array's port" fabric_sees_target
}
