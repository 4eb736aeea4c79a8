// What a driver answers: volumes, connections and capabilities as values. Text fields own their bytes unless
// they were made with Text::borrow. Sizes are in bytes, times in nanoseconds since 1970 UTC. Every
// field has an initialiser, so that drivers built with -Wextra may name only the fields they fill.
#pragma once

#include "drover/abi/volume.h"
#include "drover/sdk/text.hpp"

#include <cstdint>
#include <vector>

namespace drv {

struct Attribute {
    Text key{}, value{};
};

enum class VolumeState : std::uint32_t {
    ready = DRV_VOLUME_READY,
    creating = DRV_VOLUME_CREATING,
    deleting = DRV_VOLUME_DELETING,
    faulted = DRV_VOLUME_FAULTED,
};

// A volume, or with is_snapshot a snapshot of one. The meaning of each field is at drv_volume.
struct Volume {
    VolumeState state = VolumeState::ready;
    bool is_snapshot = false;
    bool is_write_protected = false;
    Text id{};         // empty: not managed by us
    Text name{};       // as given at create
    Text backend_id{}; // never empty
    Text pool{};
    Text profile{};
    Text parent{}; // snapshot: its volume's id; volume: what it was made from
    std::uint64_t bytes = 0;
    std::uint64_t used_bytes = DRV_UNKNOWN;
    std::uint64_t created_unix_ns = DRV_UNKNOWN;
    std::vector<Text> attached_nodes{};
    std::vector<Attribute> attributes{};
};

enum class Protocol : std::uint32_t {
    local = DRV_PROTO_LOCAL,
    iscsi = DRV_PROTO_ISCSI,
    fc = DRV_PROTO_FC,
    nvme_tcp = DRV_PROTO_NVME_TCP,
};

struct Path {
    Text portal{}; // "address:port"; empty for FC
    Text target{}; // IQN, WWPN or subsystem NQN
};

// Enough for the host to find exactly one device and to prove that it is the right one; see drv_connection
// for the form of wwid by protocol.
struct Connection {
    Protocol protocol = Protocol::local;
    Text device{}; // local: the path under /dev
    Text wwid{};   // never empty
    std::uint64_t lun = 0;
    std::vector<Path> paths{};
    Text auth_user{};       // CHAP user; empty: no CHAP
    Text auth_secret_key{}; // the name of the configuration key that holds the secret
    std::vector<Attribute> attributes{};
};

struct Capabilities {
    std::uint64_t protocols = 0; // OR of drv::bit(Protocol)
    bool thin = false;
    bool multi_attach = false;
    bool online_extend = false;
    bool zeroed = false; // a new volume reads as zero everywhere
    std::uint64_t min_bytes = 1;
    std::uint64_t max_bytes = DRV_UNKNOWN;
    std::uint64_t granularity_bytes = 1;
    std::uint64_t total_bytes = DRV_UNKNOWN;
    std::uint64_t free_bytes = DRV_UNKNOWN;
};

[[nodiscard]] constexpr std::uint64_t bit(Protocol protocol) noexcept {
    return std::uint64_t{1} << static_cast<std::uint32_t>(protocol);
}

} // namespace drv
