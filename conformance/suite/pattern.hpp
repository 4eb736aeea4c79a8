// Data that can be told from any other: blocks whose bytes follow from a seed and from where they lie, and
// files likewise. Read back past the page cache, so that what is checked is what the backend has.
#pragma once

#include "loader/base/error.hpp"

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>

namespace drover::conformance {

inline constexpr std::uint64_t kPatternBlock = 4096;
inline constexpr std::uint64_t kPatternStride = std::uint64_t{1}
                                                << 20; // one block in each MiB, and the last block

// Writes the pattern over [0, bytes) of a device or file and flushes it down to the backend.
Result<void> write_pattern(const std::filesystem::path &device, std::uint64_t seed, std::uint64_t bytes);
// The first difference in words, or nothing.
Result<std::optional<std::string>> check_pattern(const std::filesystem::path &device, std::uint64_t seed,
                                                 std::uint64_t bytes);
// Where [from, to) is not zero, in words, or nothing. Reads every byte.
Result<std::optional<std::string>> check_zero(const std::filesystem::path &device, std::uint64_t from,
                                              std::uint64_t to);

// A few files of different sizes below an existing folder, flushed.
Result<void> write_files(const std::filesystem::path &folder, std::uint64_t seed);
Result<std::optional<std::string>> check_files(const std::filesystem::path &folder, std::uint64_t seed);

} // namespace drover::conformance
