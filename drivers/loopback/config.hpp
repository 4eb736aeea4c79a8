// The configuration of the loopback driver: which keys agent.yml may hold, and their checked values.
#pragma once

#include "drover/sdk/config.hpp"
#include "drover/sdk/host.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace loopback {

inline constexpr drv_config_key kConfigKeys[] = {
    drv::string_key("root_path", "folder for the images; agents of one machine may share it",
                    "/var/lib/flocker/loopback"),
    drv::string_key("compute_instance_id",
                    "name of this node in attachments, instead of the agent's node id"),
    drv::bytes_key("allocation_unit",
                   "volume sizes are rounded up to a multiple of it; at least 512 in effect", "1"),
    drv::list_key("profiles", "profiles to offer: gold, silver, bronze, or own names as NAME=gold",
                  "gold\nsilver\nbronze"),
};

// How the space of a volume is treated.
enum class Space {
    returned, // taken when written, given back when the filesystem trims (bronze, and no profile)
    kept,     // taken when written, never given back (silver)
    reserved, // all of it taken at create, never shared, never given back (gold)
};

struct ProfileRule {
    std::string name;
    Space space = Space::returned;
};

struct Settings {
    std::string root_path;
    std::string compute_instance_id; // empty: the agent's node id counts
    std::uint64_t granularity = 512; // bytes; a multiple of 512
    std::vector<ProfileRule> profiles;
};

// Throws INVALID with the key's name for a value that cannot be used.
[[nodiscard]] Settings read_settings(const drv::Host &host);
[[nodiscard]] std::string_view describe(Space space);

} // namespace loopback
