#!/usr/bin/env bash
# The main job with a real container engine: Debian's dockerd, real containers, and every one of container, agent and dockerd killed
# with -9 on the way. Runs in mount and PID namespaces of its own with an empty /run/docker, so that it meets no installed engine or
# agent, and nothing of it stays when it ends, however it ends.
#
#   dockerd_test.sh BIN_DIR DRIVER_DIR
set -euo pipefail

if [ -z "${DROVER_TEST_NAMESPACE:-}" ]; then
    mkdir -p /run/docker
    exec env DROVER_TEST_NAMESPACE=1 unshare --mount --propagation private --pid --fork --kill-child --mount-proc \
        bash "$0" "$@"
fi

bin=$(realpath "$1")
drivers=$(realpath "$2")
docker_cli=/usr/bin/docker # another docker, a client without an engine, may come first in PATH
work=$(mktemp -d /tmp/drover-dockerd-XXXXXX)
agent_pid=
dockerd_pid=

cleanup() {
    status=$?
    set +e
    if [ "$status" -ne 0 ]; then
        echo "--- the agent's log"
        tail -n 40 "$work/agent.log"
        echo "--- dockerd's log"
        tail -n 40 "$work/dockerd.log"
    fi
    [ -z "$dockerd_pid" ] || kill "$dockerd_pid" 2>/dev/null
    [ -z "$dockerd_pid" ] || wait "$dockerd_pid" 2>/dev/null
    [ -z "$agent_pid" ] || kill -9 "$agent_pid" 2>/dev/null
    # Only what lies below our own folder.
    awk -v top="$work/" 'index($5, top) == 1 { print $5 }' /proc/self/mountinfo | sort -r | while read -r target; do
        umount -l "$target"
    done
    for backing in /sys/block/loop*/loop/backing_file; do
        [ -e "$backing" ] || continue
        if [[ $(cat "$backing") == "$work"/* ]]; then
            device=${backing#/sys/block/}
            losetup -d "/dev/${device%%/*}"
        fi
    done
    chattr -R -i "$work/mnt" 2>/dev/null # empty mount points are immutable
    rm -rf --one-file-system "$work"
    exit "$status"
}
trap cleanup EXIT

# Both daemons look here; the namespace gives us one of our own.
mount -t tmpfs none /run/docker
mkdir -p /run/docker/plugins

step() { printf '%6.1f s  %s\n' "$(awk '{ print $1 - start }' start="$begin" /proc/uptime)" "$*"; }
begin=$(awk '{ print $1 }' /proc/uptime)

# until_true SECONDS WHAT COMMAND...: tries ten times a second.
until_true() {
    local limit=$1 what=$2
    shift 2
    for _ in $(seq $((limit * 10))); do
        if "$@" >/dev/null 2>&1; then return 0; fi
        read -r -t 0.1 <> <(:) || true
    done
    echo "FAILED: $what did not come true within $limit s" >&2
    return 1
}
check() { # check WHAT EXPECTED ACTUAL
    if [ "$2" != "$3" ]; then
        echo "FAILED: $1: expected '$2', got '$3'" >&2
        exit 1
    fi
}

drover() { "$bin/drover" --socket "$work/run/api.sock" "$@"; }
docker() { "$docker_cli" -H "unix://$work/docker.sock" "$@"; }
# What a container's own process sees. Not docker exec: below a chroot that joins the wrong root.
inside() { echo "/proc/$(docker inspect --format '{{.State.Pid}}' "$1")/root$2"; }
uses() { drover volume inspect "$1" --json | jq -r '.uses'; }
uses_are() { [ "$(uses "$1")" = "$2" ]; }

start_agent() {
    "$bin/drover-agent" --config "$work/agent.yml" >>"$work/agent.log" 2>&1 &
    agent_pid=$!
    until_true 20 "the agent answers" drover status
}
start_dockerd() {
    /usr/sbin/dockerd --iptables=false --bridge=none --storage-driver=vfs --data-root "$work/docker" --exec-root "$work/docker-exec" \
        --pidfile "$work/docker.pid" -H "unix://$work/docker.sock" >>"$work/dockerd.log" 2>&1 &
    dockerd_pid=$!
    until_true 30 "dockerd answers" docker version
}
run() { docker run --network none "$@"; }

cat >"$work/agent.yml" <<EOF
version: 1
dataset:
  backend: loopback
  root_path: $work/loopback
agent:
  state-dir: $work/state
  run-dir: $work/run
  mount-root: $work/mnt
  driver-dir: $drivers
  node-id: dockerd-test
docker:
  plugin-dir: /run/docker/plugins
EOF

start_agent
start_dockerd
mkdir -p "$work/image/bin"
cp /bin/busybox "$work/image/bin/"
for applet in sh cat echo sleep sync; do ln -s busybox "$work/image/bin/$applet"; done
tar -C "$work/image" -c . | docker import - busybox:test >/dev/null
step "agent and dockerd run, image made"

check "volume create" volume_1 "$(docker volume create --driver=flocker --name volume_1 --opt profile=gold --opt size=10g)"
check "size" $((10 << 30)) "$(drover volume inspect volume_1 --json | jq .bytes)"
check "profile" gold "$(drover volume inspect volume_1 --json | jq -r .profile)"
if docker volume create --driver=flocker --name wrong --opt sice=10g 2>"$work/error"; then
    echo "FAILED: an unknown option was accepted" >&2
    exit 1
fi
grep -q 'did you mean "size"' "$work/error" || { cat "$work/error"; echo "FAILED: no suggestion for an unknown option" >&2; exit 1; }
step "docker volume create, with options; a wrong option is refused with a suggestion"

run --rm --volume-driver flocker -v volume_1:/data busybox:test sh -c 'echo precious > /data/file && sync'
check "data in a second container" precious "$(run --rm --volume-driver flocker -v volume_1:/data busybox:test cat /data/file)"
check "uses after the containers" 0 "$(uses volume_1)"
step "data survives the container"

run -d --name c1 --volume-driver flocker -v volume_1:/data busybox:test sleep 1000 >/dev/null
run -d --name c2 --volume-driver flocker -v volume_1:/data busybox:test sleep 1000 >/dev/null
check "uses of two containers" 2 "$(uses volume_1)"
echo shared >"$(inside c1 /data/shared)"
check "one container sees the other's file" shared "$(cat "$(inside c2 /data/shared)")"
docker rm -f c2 >/dev/null
check "uses of one container" 1 "$(uses volume_1)"
check "the other container goes on" shared "$(cat "$(inside c1 /data/shared)")"
step "two containers share a volume"

echo copied >"$work/copied"
docker cp "$work/copied" c1:/data/copied
docker cp c1:/data/copied "$work/back"
check "docker cp" copied "$(cat "$work/back")"
check "uses after docker cp" 1 "$(uses volume_1)"
check "the container after docker cp" copied "$(cat "$(inside c1 /data/copied)")"
step "docker cp does not lose the count"

kill -9 "$agent_pid"
wait "$agent_pid" 2>/dev/null || true
check "the container without an agent" precious "$(cat "$(inside c1 /data/file)")"
start_agent
check "uses after the agent was killed" 1 "$(uses volume_1)"
echo more >"$(inside c1 /data/more)"
sync "$(inside c1 /data/more)"
step "the agent was killed; the container did not notice"

docker kill c1 >/dev/null
until_true 20 "the count after a killed container" uses_are volume_1 0
docker start c1 >/dev/null
check "data after the container was killed" more "$(cat "$(inside c1 /data/more)")"
check "uses after its start" 1 "$(uses volume_1)"
step "the container was killed and started again"

containerd_pid=$(cat "$work/docker-exec/containerd/containerd.pid")
kill -9 "$dockerd_pid"
wait "$dockerd_pid" 2>/dev/null || true
# It ends with its dockerd, but later; a new dockerd that still sees it would wait for it for ever.
has_ended() { ! kill -0 "$1"; }
until_true 20 "the end of dockerd's containerd" has_ended "$containerd_pid"
start_dockerd
docker start c1 >/dev/null
check "data after dockerd was killed" precious "$(cat "$(inside c1 /data/file)")"
check "uses after dockerd was killed" 1 "$(uses volume_1)"
docker rm -f c1 >/dev/null
check "uses at the end" 0 "$(uses volume_1)"
check "nothing is mounted at the end" 0 "$(grep -c "$work/mnt/" /proc/self/mountinfo || true)"
step "dockerd was killed; its successor's container has the data and the count is right"

docker volume ls --format '{{.Driver}} {{.Name}}' | grep -q '^flocker volume_1$'
docker volume inspect volume_1 --format '{{.Status.backend}}' | grep -q '^loopback$'
docker volume rm volume_1 >/dev/null
check "after docker volume rm" 3 "$(drover volume inspect volume_1 >/dev/null 2>&1; echo $?)"
step "docker volume ls, inspect, rm"
echo "all steps passed"
