// What is written beside an image: one JSON object per volume or snapshot. Its existence is the object's
// existence. This file turns it into text and back, distrusting the text; it does no I/O.
#pragma once

#include "loop_counters.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

namespace loopback {

enum class Kind { volume, snapshot };

struct Attachment {
    std::string node;
    std::string boot_id; // of the boot in which the device was made
    std::string device;  // /dev/loopN
    bool read_only = false;
    std::uint64_t since_unix_ns = 0;      // when it was attached; 0: not written down
    std::optional<LoopCounters> counters; // where those of the device stood then
};

struct Metadata {
    Kind kind = Kind::volume;
    std::string id;
    std::string name;
    std::string profile;
    std::string parent;
    std::string group_snapshot;    // of a snapshot: the group snapshot it belongs to, or empty
    std::string volume_backend_id; // of a released snapshot: its volume's, whose id may change meanwhile
    std::string backend_id;        // the first image's name: stays when the image is replaced
    std::string image;             // the name of the image, without suffix
    std::uint64_t bytes = 0;
    std::uint64_t created_unix_ns = 0;
    std::optional<Attachment> attachment;
};

inline constexpr std::size_t kMaxMetadataBytes = 65536;

[[nodiscard]] std::string to_json(const Metadata &metadata);
// The metadata, or what is wrong with the text, as the end of a sentence ("is not JSON: ...").
[[nodiscard]] std::variant<Metadata, std::string> from_json(std::string_view text);

} // namespace loopback
