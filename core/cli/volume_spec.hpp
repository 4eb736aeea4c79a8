// What a new volume is to look like, as options of create and clone and as the API's VolumeSpec.
#pragma once

#include "core/cli/context.hpp"

#include <CLI/App.hpp>
#include <boost/json/object.hpp>

#include <cstdint>
#include <optional>
#include <string>

namespace drover::cli {

struct VolumeSpecOptions {
    std::string size;
    std::string backend;
    std::string profile;
    std::string pool;
    std::string fstype;
    std::string mode;
    std::optional<std::uint32_t> uid;
    std::optional<std::uint32_t> gid;
    std::string subfolder;

    void declare(CLI::App &command);
    // Only what was given.
    [[nodiscard]] boost::json::object to_json(const std::string &name) const;
};

// The volume that an ended operation made or changed, and its words: "volume v is ready: 10 GiB on gold".
void print_made_volume(Context &context, const boost::json::value &operation, std::string_view what);

} // namespace drover::cli
