// Reading and writing attributes of sysfs. What is read here the kernel answers from memory; what is written
// may wait for a device, so that is done in a child with a deadline.
#pragma once

#include "loader/base/deadline.hpp"
#include "loader/base/error.hpp"

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace drover::connect {

// The first line without blanks around it; empty when there is none.
std::string read_attribute(const std::filesystem::path &file);
// Every byte; empty when it cannot be read.
std::string read_bytes(const std::filesystem::path &file);
// The names in a folder, sorted. Nothing: it cannot be read, which is not the same as empty.
std::optional<std::vector<std::string>> entries_of(const std::filesystem::path &folder);
// entries_of, with an unreadable folder as an empty one: for looking, not for concluding that nothing is
// there.
std::vector<std::string> names_in(const std::filesystem::path &folder);

// A decimal number and nothing else.
std::optional<std::uint64_t> number(std::string_view text);

// "8:16" of a `dev` attribute.
struct DeviceNumber {
    unsigned major = 0;
    unsigned minor = 0;
    bool operator==(const DeviceNumber &) const = default;
};
std::optional<DeviceNumber> device_number(std::string_view text);

// `what` for the error. Code::not_found: there is no such attribute (any more). Code::deadline with
// state_unknown: the kernel still works on it.
Result<void> write_attribute(std::string_view what, const std::filesystem::path &file, std::string_view text,
                             Deadline deadline);

} // namespace drover::connect
