#!/usr/bin/env bash
# No test: how long the guest takes to connect 1 and 20 volumes of the simulated FlashArray at a time. From nothing (no session,
# no device) to mounted file systems that existed before, over two portals with CHAP, through the Docker socket. The best of some rounds,
# in ms, one "NAME VALUE" a line, goes to /vm-out/figures, where the benchmarks read it.
#
#   connect_time.sh BUILD_FOLDER
set -euo pipefail
build=$1
here=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")" && pwd -P)
# shellcheck source=conformance/lab/guest/cases.sh
source "$here/../guest/cases.sh"
# shellcheck source=conformance/lab/guest/agent.sh
source "$here/../guest/agent.sh"
# shellcheck source=conformance/lab/guest/array.sh
source "$here/../guest/array.sh"
many=20
rounds=2

# all METHOD COUNT: for the first COUNT volumes at the same time.
all() {
    local number workers=()
    for number in $(seq "$2"); do
        docker_again "$1" "volume-$number" >/dev/null &
        workers+=($!)
    done
    for number in "${workers[@]}"; do wait "$number"; done
}
# best FIGURE COUNT
best() {
    local round begin least='' took
    for round in $(seq "$rounds"); do
        begin=${EPOCHREALTIME/[.,]/}
        all Mount "$2"
        took=$(((${EPOCHREALTIME/[.,]/} - begin) / 1000))
        expect "maps in round $round" "$2" "$(maps)"
        all Unmount "$2"
        eventually 120 "the maps are gone" has_maps 0
        eventually 60 "the sessions are gone" has_sessions 0
        [[ -n $least ]] && ((least <= took)) || least=$took
    done
    echo "$1 $least" | tee -a /vm-out/figures
}

rm -f /vm-out/figures
agent_install
spare_udev
array_start
array_backend | agent_configure
agent_start
for number in $(seq "$many"); do docker_create "volume-$number" 16m; done
all Mount "$many" # which formats them
all Unmount "$many"
eventually 60 "the sessions are gone" has_sessions 0
best lab.connect_1 1
best lab.connect_20 "$many"
agent_stop
array_stop
