// What both sides say before the first op: hello, with the driver's description or why it cannot be used, and
// the arguments of open, with the backend's settings.
#pragma once

#include "loader/base/error.hpp"
#include "loader/driver.hpp"
#include "loader/host.hpp"
#include "loader/wire/tags.hpp"

#include <filesystem>
#include <string>

namespace drover::wire {

void write_hello(FrameWriter &to, const Result<DriverDescription> &driver);
// The description as if `file` had been loaded here: checked by the same rules. An error is the child's own
// sentence, or one about a hello that cannot be believed (Code::internal).
Result<DriverDescription> read_hello(std::string_view fields, const std::filesystem::path &file);

struct OpenArguments {
    std::string agent_version;
    std::string backend;
    std::string node_id;
    BackendSettings settings;
    std::string store_folder = {}; // as OpenRequest has it
};
// After begin_call. The frame then holds secrets: wipe it.
void write_open(FrameWriter &to, const OpenArguments &arguments);
// False: nonsense.
[[nodiscard]] bool read_open(std::string_view fields, OpenArguments &arguments);

} // namespace drover::wire
