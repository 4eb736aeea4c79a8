# shellcheck shell=bash
# A drover-agent in the guest: the real program with the real drivers, in folders of its own below /run/drover-lab. Sourced by the
# scripts in groups/, which give the folder of the build as their first argument.
: "${build:?a group sets build first}"
agent_folder=/run/drover-lab

# agent_install: the programs and drivers of the build, owned by root the whole path down, as the agent insists.
agent_install() {
    mkdir -p "$agent_folder"/{bin,drivers,secrets}
    chmod 755 "$agent_folder" "$agent_folder"/{bin,drivers}
    cp "$build"/bin/drover "$build"/bin/drover-agent "$build"/bin/drover-driver-host "$agent_folder/bin/"
    cp -d "$build"/drivers/*.so "$agent_folder/drivers/"
    chmod 755 "$agent_folder"/drivers/*.so
}

# agent_configure: agent.yml, its backend's part from stdin (the keys below dataset:).
agent_configure() {
    {
        printf 'version: 1\ndataset:\n'
        sed 's/^/  /'
        cat <<YML
agent:
  state-dir: $agent_folder/state
  run-dir: $agent_folder/run
  mount-root: $agent_folder/mnt
  driver-dir: $agent_folder/drivers
  node-id: lab-node
docker:
  plugin-dir: $agent_folder/plugins
YML
    } >"$agent_folder/agent.yml"
    mkdir -p "$agent_folder/plugins"
    "$agent_folder/bin/drover" config check "$agent_folder/agent.yml"
}

# agent_start: until every backend is ready.
agent_start() {
    setsid "$agent_folder/bin/drover-agent" --config "$agent_folder/agent.yml" --foreground \
        >>"$agent_folder/agent.log" 2>&1 </dev/null &
    echo $! >"$agent_folder/agent.pid"
    eventually 60 "the agent is ready" agent_is_ready
}
agent_is_ready() {
    kill -0 "$(cat "$agent_folder/agent.pid")" || return 99
    agent_get /v2/health | jq -e '[.backends[].state] | length > 0 and all(. == "ready")'
}
agent_get() { curl --silent --noproxy '*' --max-time $((60 * ${DROVER_LAB_PATIENCE:-1})) --unix-socket "$agent_folder/run/api.sock" "http://agent$1"; }
agent_is_gone() { ! kill -0 "$(cat "$agent_folder/agent.pid")" 2>/dev/null; }
agent_stop() {
    kill "$(cat "$agent_folder/agent.pid")"
    eventually 60 "the agent ends" agent_is_gone
}
# As a crash of the node does: nothing is put in order.
agent_kill() {
    kill -9 "$(cat "$agent_folder/agent.pid")"
    eventually 30 "the agent is gone" agent_is_gone
}
drover() { "$agent_folder/bin/drover" --socket "$agent_folder/run/api.sock" "$@"; }

# docker_ask METHOD JSON: as dockerd calls a volume plugin; prints the answer.
docker_ask() {
    curl --silent --show-error --noproxy '*' --max-time $((300 * ${DROVER_LAB_PATIENCE:-1})) --unix-socket "$agent_folder/plugins/drover.sock" \
        -H 'Content-Type:' -H 'Accept: application/vnd.docker.plugins.v1.2+json' --data "$2" "http://plugin/VolumeDriver.$1"
}
# docker_call METHOD JSON: the same; fails with the error it tells.
docker_call() {
    local answer
    answer=$(docker_ask "$1" "$2")
    [[ $answer == *'"Err":""'* ]] || fail "$1 $2: $answer" >&2
    printf '%s' "$answer"
}
# docker_create NAME SIZE [OPTION=VALUE]..., docker_mount NAME (prints where), docker_unmount NAME, docker_remove NAME
docker_create() {
    local name=$1 size=$2 options
    shift 2
    options=$(printf '%s\n' "size=$size" "$@" | jq -R 'capture("^(?<key>[^=]*)=(?<value>.*)$")' | jq -sc from_entries)
    docker_call Create "{\"Name\": \"$name\", \"Opts\": $options}" >/dev/null
}
docker_mount() {
    local answer
    answer=$(docker_call Mount "{\"Name\": \"$1\", \"ID\": \"lab\"}") || return 1
    jq -r .Mountpoint <<<"$answer"
}
# docker_again METHOD NAME: Mount, Unmount or Remove as an orchestrator does, which asks again after an error until it is done;
# prints where it is mounted.
docker_again() {
    local answer until=$((SECONDS + 600 * ${DROVER_LAB_PATIENCE:-1}))
    while ((SECONDS < until)); do
        answer=$(docker_ask "$1" "{\"Name\": \"$2\", \"ID\": \"lab\"}")
        if [[ $answer == *'"Err":""'* ]]; then
            [[ ! $answer =~ '"Mountpoint":"'([^\"]*)'"' ]] || echo "${BASH_REMATCH[1]}"
            return 0
        fi
        echo "$1 $2, once more: $answer" >&2
        sleep 1
    done
    fail "$1 $2: $answer"
}
docker_unmount() { docker_call Unmount "{\"Name\": \"$1\", \"ID\": \"lab\"}" >/dev/null; }
# Every use of it, however many there are.
docker_release() {
    while [[ $(drover volume inspect "$1" --json | jq -r .uses) != 0 ]]; do docker_unmount "$1"; done
}
docker_remove() { docker_call Remove "{\"Name\": \"$1\"}" >/dev/null; }

# Called with a case's exit code: the last lines of the agent's log where it failed.
end_case() {
    writers_end
    [[ $1 == 0 || $1 == 77 || ! -e $agent_folder/agent.log ]] || tail -n 30 "$agent_folder/agent.log"
}

room_mib() { df --output=size -BM "$1" | tail -n 1 | tr -dc 0-9; }
