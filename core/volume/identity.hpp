// Ids: how a name becomes the same UUID on every node, without asking anyone.
#pragma once

#include <string>
#include <string_view>

namespace drover {

// The cluster id of agents that were not given one: agents that share a backend find each other's volumes by
// name.
inline constexpr std::string_view kDefaultClusterId = "6c8ff3ab-5d3e-5d0f-9f3c-2a8b1d7c4e60";

// UUIDv5 (RFC 4122, SHA-1) of `name` in the namespace `space`, itself a UUID in text; lower case, 36
// characters.
std::string uuid_v5(std::string_view space, std::string_view name);
// A random one (v4).
std::string random_uuid();
// The uuid of the filesystem that Drover makes on a volume. It follows from the volume's id, so that every
// agent which shares the backend knows it for Drover's own work, without the records of the agent that made
// it.
std::string filesystem_uuid(std::string_view volume_id);
// The id of a volume that is adopted under this name: as that of a new one it follows from the name, and it
// says by itself that the volume was there before Drover. So no agent, whatever its records, ever takes such
// a volume for one that was never written, and formats it. (Version 8 of UUIDs, RFC 9562, is for such uses.)
std::string adopted_id(std::string_view cluster_id, std::string_view name);
[[nodiscard]] bool is_adopted_id(std::string_view id) noexcept;
[[nodiscard]] bool is_uuid(std::string_view text) noexcept; // lower case, 36 characters

} // namespace drover
