# shellcheck shell=bash
# ./dev demo: an agent of its own, shown at work. Sourced by dev. Everything lies in one folder below /tmp, which
# also marks what may be cleaned up: only mounts and loop devices of files in it are touched.
: "${root:?dev.d/demo.sh is a part of dev}"

demo_size=64m
demo_larger=128m

demo() {
    local keep=${1-}
    demo_folder=$(mktemp -d /tmp/drover-demo.XXXXXX)
    trap 'demo_end' EXIT
    trap 'exit 130' INT
    trap 'exit 143' TERM HUP
    demo_prepare
    demo_show
    if [[ $keep == --keep ]]; then
        trap - EXIT INT TERM HUP
        demo_explain
    fi
}

# Whatever happened: clean up, and keep the exit code.
demo_end() {
    local code=$?
    trap '' INT TERM HUP
    if ((code == 1)) && [[ -s $demo_folder/agent.log ]]; then
        say "== the demo failed; the agent's last lines:" >&2
        tail -n 30 "$demo_folder/agent.log" >&2
    fi
    local begin=$EPOCHREALTIME
    if demo_clean "$demo_folder"; then
        printf '%8s ms  %s\n' "$(millis_since "$begin")" "stop the agent, unmount, remove $demo_folder"
    else
        code=1
    fi
    exit "$code"
}

# ---- Its own world ----

demo_prepare() {
    : >"$demo_folder/drover-demo" # what --stop looks for
    # The agent loads drivers only from paths that nobody but root may write to; where this checkout lies is
    # unknown, so they are copied.
    mkdir -m 755 "$demo_folder/drivers" "$demo_folder/plugins"
    local driver
    for driver in "$root"/build/release/drivers/*.so; do
        cp "$driver" "$demo_folder/drivers/"
    done
    chmod 755 "$demo_folder"/drivers/*.so
    cat >"$demo_folder/agent.yml" <<YML
version: 1
dataset:
  backend: loopback
  root_path: $demo_folder/backend
agent:
  state-dir: $demo_folder/state
  run-dir: $demo_folder/run
  mount-root: $demo_folder/mnt
  driver-dir: $demo_folder/drivers
  node-id: demo
docker:
  plugin-dir: $demo_folder/plugins
YML
}

demo_start_agent() {
    # A session of its own, so that Ctrl-C ends the demo and the demo ends the agent.
    setsid "$root/build/release/bin/drover-agent" --config "$demo_folder/agent.yml" --foreground \
        >>"$demo_folder/agent.log" 2>&1 </dev/null &
    demo_agent=$!
    echo "$demo_agent" >"$demo_folder/agent.pid"
    demo_wait_ready
}

# Ready when the API answers and no backend is still opening.
demo_wait_ready() {
    local limit=$((SECONDS + 20))
    until demo_curl "$demo_folder/run/api.sock" http://localhost/v2/health 2>/dev/null |
        jq -e '[.backends[].state] | all(. == "ready")' >/dev/null 2>&1; do
        kill -0 "$demo_agent" 2>/dev/null || die "the agent ended while it started"
        ((SECONDS < limit)) || die "the agent was not ready within 20 s"
        sleep 0.02
    done
}

demo_kill_agent() {
    kill -9 "$demo_agent"
    wait "$demo_agent" 2>/dev/null || true
}

demo_curl() {
    local socket=$1
    shift
    curl --silent --show-error --noproxy '*' --max-time 120 --unix-socket "$socket" "$@"
}

# demo_docker METHOD [JSON]: as dockerd calls a volume plugin. Prints the answer; fails if it tells an error.
demo_docker() {
    local answer
    answer=$(demo_curl "$demo_folder/plugins/drover.sock" -H 'Content-Type:' \
        -H 'Accept: application/vnd.docker.plugins.v1.2+json' --data "${2-}" "http://plugin/$1")
    [[ $(jq -r '.Err // ""' <<<"$answer") == '' ]] || die "$1: $(jq -r .Err <<<"$answer")"
    printf '%s' "$answer"
}

demo_drover() { "$root/build/release/bin/drover" --socket "$demo_folder/run/api.sock" "$@"; }

# ---- What is shown ----

# step TEXT COMMAND...: says it, does it, and says how long it took; what it prints comes indented below.
step() {
    local text=$1 begin=$EPOCHREALTIME output
    shift
    output=$("$@") || die "failed: $text"
    printf '%8s ms  %s\n' "$(millis_since "$begin")" "$text"
    [[ -z $output ]] || while IFS= read -r line; do say "               $line"; done <<<"$output"
}
millis_since() {
    local now=$EPOCHREALTIME
    local micros=$((${now/[.,]/} - ${1/[.,]/}))
    printf '%d.%d' $((micros / 1000)) $((micros % 1000 / 100))
}

demo_mount() { demo_docker VolumeDriver.Mount "{\"Name\": \"$1\", \"ID\": \"$2\"}" | jq -r .Mountpoint; }
demo_unmount() { demo_docker VolumeDriver.Unmount "{\"Name\": \"$1\", \"ID\": \"$2\"}" >/dev/null; }
demo_path() { demo_docker VolumeDriver.Path "{\"Name\": \"$1\"}" | jq -r .Mountpoint; }
demo_write() { echo "$2" >"$(demo_path "$1")/message" && sync -f "$(demo_path "$1")"; }
demo_read() {
    local found
    found=$(cat "$(demo_path "$1")/message")
    [[ $found == "$2" ]] || die "$1 holds '$found', not '$2'"
    say "message: $found"
}
demo_room() { df -h --output=source,fstype,size,target "$(demo_path "$1")"; }

demo_show() {
    say "== agent.yml of the demo ($demo_folder/agent.yml)"
    sed 's/^/    /' "$demo_folder/agent.yml"
    say "== the agent, the Docker volume plugin protocol on $demo_folder/plugins/drover.sock, and the CLI"
    local begin=$EPOCHREALTIME
    # Not in a step: the agent must be a child of this shell.
    demo_start_agent
    printf '%8s ms  %s\n' "$(millis_since "$begin")" "start drover-agent (pid $demo_agent)"
    step "Docker: Plugin.Activate" demo_docker Plugin.Activate
    step "Docker: Create 'data', $demo_size" \
        demo_docker VolumeDriver.Create "{\"Name\": \"data\", \"Opts\": {\"size\": \"$demo_size\"}}"
    step "Docker: Mount 'data' (attach, format, mount)" demo_mount data first
    step "write a file" demo_write data 'written before the agent was killed'
    step "Docker: Unmount 'data'" demo_unmount data first
    begin=$EPOCHREALTIME
    demo_kill_agent
    demo_start_agent
    printf '%8s ms  %s\n' "$(millis_since "$begin")" "kill -9 the agent, start it again (pid $demo_agent)"
    step "Docker: Mount 'data' again" demo_mount data second
    step "the file is there" demo_read data 'written before the agent was killed'
    step "drover snapshot create data monday" demo_drover snapshot create data monday
    step "write over the file" demo_write data 'written after the snapshot'
    step "drover volume clone data copy --snapshot monday" demo_drover volume clone data copy --snapshot monday
    step "Docker: Mount 'copy'" demo_mount copy third
    step "the clone holds what the snapshot saw" demo_read copy 'written before the agent was killed'
    step "the volume holds what was written since" demo_read data 'written after the snapshot'
    # ext4 grows while mounted only with a capability that root lacks in some containers: unmounted it always can.
    step "Docker: Unmount 'data'" demo_unmount data second
    step "drover volume extend data $demo_larger" demo_drover volume extend data "$demo_larger"
    step "Docker: Mount 'data' again" demo_mount data fourth
    step "the filesystem has grown" demo_room data
    step "and the file is as it was" demo_read data 'written after the snapshot'
    step "drover volume ls" demo_drover volume ls
    step "drover snapshot ls" demo_drover snapshot ls
}

demo_explain() {
    local drover="$root/build/release/bin/drover"
    cat <<TEXT
== the agent goes on (pid $demo_agent, log $demo_folder/agent.log). To try next:

  export DROVER_SOCKET=$demo_folder/run/api.sock
  $drover status
  $drover volume ls
  $drover volume create mine --size 32m
  cd "\$($drover volume mount mine)"
  $drover --json volume inspect data
  curl --noproxy '*' --unix-socket \$DROVER_SOCKET http://localhost/metrics

With a Docker engine on this machine, until the demo is stopped (and then: rm the .spec file):
  echo unix://$demo_folder/plugins/drover.sock > /etc/docker/plugins/drover-demo.spec
  docker run --rm -v mine:/data --volume-driver drover-demo debian:12 df -h /data

Stop it and clean up:
  $root/dev demo --stop $demo_folder
TEXT
}

# ---- Cleaning up ----

demo_stop() {
    local folder
    folder=$(realpath -e -- "$1" 2>/dev/null) || die "there is no folder $1"
    [[ -f $folder/drover-demo && $folder == /tmp/drover-demo.* && -O $folder ]] || die "$folder is not the folder of a demo of yours"
    demo_clean "$folder"
    say "stopped, and $folder removed"
}

# The agent, then what is mounted below the folder (the deepest first), then loop devices on files in it, then the
# folder, but never across a mount that did not go away.
demo_clean() {
    local folder=$1 pid target device failed=no
    if pid=$(cat "$folder/agent.pid" 2>/dev/null) && demo_is_agent "$pid" "$folder"; then
        kill -TERM "$pid"
        demo_await 15 demo_is_gone "$pid" "$folder" || kill -KILL "$pid" 2>/dev/null || true
        demo_await 5 demo_is_gone "$pid" "$folder" || failed=yes
    fi
    while read -r target; do
        demo_await 5 umount -- "$target" 2>/dev/null || {
            say "dev: cannot unmount $target: is it in use?" >&2
            failed=yes
        }
    done < <(demo_mounts "$folder")
    while read -r device; do
        losetup --detach "$device" 2>/dev/null || true
    done < <(demo_loops "$folder")
    demo_await 5 demo_has_no_loops "$folder" || failed=yes
    if [[ $failed == yes ]]; then
        say "dev: left behind: $folder. When it is free: $root/dev demo --stop $folder" >&2
        return 1
    fi
    # The agent makes mount points immutable, so that nobody writes below one that is not mounted.
    chattr -R -i "$folder/mnt" 2>/dev/null || true
    rm -rf --one-file-system -- "$folder"
}

# A pid alone may be somebody else's by now.
demo_is_agent() {
    [[ -r /proc/$1/cmdline ]] && tr '\0' '\n' <"/proc/$1/cmdline" 2>/dev/null | grep -qxF "$2/agent.yml"
}
demo_is_gone() { ! demo_is_agent "$1" "$2"; }
demo_mounts() {
    awk -v prefix="$1/" 'index($5, prefix) == 1 {print $5}' /proc/self/mountinfo | tac
}
demo_loops() {
    local file backing
    for file in /sys/block/loop*/loop/backing_file; do
        backing=$(cat "$file" 2>/dev/null) || continue
        [[ $backing == "$1"/* ]] || continue
        file=${file#/sys/block/}
        say "/dev/${file%%/*}"
    done
}
demo_has_no_loops() { [[ -z $(demo_loops "$1") ]]; }

# demo_await SECONDS COMMAND...: tries until it succeeds, at most so long.
demo_await() {
    local limit=$((SECONDS + $1))
    shift
    until "$@"; do
        ((SECONDS < limit)) || return 1
        sleep 0.05
    done
}
