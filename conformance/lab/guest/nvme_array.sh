# shellcheck shell=bash
# A simulated FlashArray in the guest whose volumes are real namespaces of the kernel's NVMe target on two portals, and the
# agent's backend for it. Sourced by the scripts in groups/, after agent.sh.
: "${build:?}" "${agent_folder:?}"
array_folder=/run/drover-array
array_address=127.0.0.1:8443
array_token=3bdf3b60-f0c0-fa8a-83c1-b794ba8f562c
array_nqn=nqn.2010-06.com.purestorage:flasharray.5a5e1ab5e1ab5e1a
node_id=6f1c0f2e-5d0a-4b8e-9c38-000000000001
node_nqn=nqn.2014-08.org.nvmexpress:uuid:$node_id

# What a node needs besides nvme-cli.
node_prepare() {
    modprobe nvme-tcp
    mkdir -p /etc/nvme
    echo "$node_nqn" >/etc/nvme/hostnqn
    echo "$node_id" >/etc/nvme/hostid
}

# Ready, with the state of the run before.
array_start() {
    mkdir -p "$array_folder"
    cat >"$array_folder/seed.yml" <<SEED
array: {name: lab-nvme}
users: [{name: pureuser, password: pureuser, api_token: $array_token}]
ports:
  - {name: CT0.ETH8, portal: "127.0.0.1:4420", nqn: "$array_nqn"}
  - {name: CT1.ETH8, portal: "127.0.0.2:4420", nqn: "$array_nqn"}
SEED
    setsid "$build/bin/drover-array-sim" flasharray --listen "$array_address" --data-plane nvmet \
        --data-dir "$array_folder/volumes" --state "$array_folder/state" --seed "$array_folder/seed.yml" \
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

# The keys below dataset:, on stdout.
array_backend() {
    printf '%s\n' "backend: flasharray" "pure_ip: $array_address" "pure_api_token: $array_token" \
        "pure_storage_protocol: NVME_TCP" "pure_eradicate_on_delete: true"
}

# What the kernel knows: controllers of the array that work, and its namespaces' NGUIDs.
controllers() {
    local folder
    for folder in /sys/class/nvme/nvme*; do
        [[ $(cat "$folder/subsysnqn" 2>/dev/null) != "$array_nqn" || $(cat "$folder/state" 2>/dev/null) != live ]] || echo "${folder##*/}"
    done
}
nguids() {
    local file
    for file in /sys/block/nvme*/nguid; do
        [[ $file == *nvme*c*n*/nguid || ! -e $file ]] || tr -d - <"$file"
    done
}
has_controllers() { [[ $(controllers | wc -l) == "$1" ]]; }
has_namespaces() { [[ $(nguids | wc -l) == "$1" ]]; }

# A portal that is cut off, silently, as a pulled cable is.
portal_lose() { iptables -I INPUT -d "$1" -p tcp --dport 4420 -j DROP; }
portal_return() { iptables -D INPUT -d "$1" -p tcp --dport 4420 -j DROP; }
