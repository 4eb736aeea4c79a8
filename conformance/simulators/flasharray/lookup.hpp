// Finding the objects that a call names, or refusing in the array's words. A destroyed object is there only
// for those who ask for it.
#pragma once

#include "conformance/simulators/flasharray/model.hpp"

namespace drover::sim::flasharray {

// A live volume, no snapshot.
[[nodiscard]] const Volume &live_volume(const Store &store, std::string_view name);
// A live volume or snapshot: what a copy can be made from.
[[nodiscard]] const Volume &live_source(const Store &store, std::string_view name);
// Live or destroyed, volume or snapshot.
[[nodiscard]] const Volume &any_volume(const Store &store, std::string_view name);
[[nodiscard]] const Host &the_host(const Store &store, std::string_view name);
[[nodiscard]] const HostGroup &the_host_group(const Store &store, std::string_view name);
[[nodiscard]] const ProtectionGroup &live_group(const Store &store, std::string_view name);

// "does not exist" as it is said of what has that form of a name.
[[nodiscard]] const char *missing_words(std::string_view volume_or_snapshot) noexcept;

// Whole seconds until it is eradicated; null for a live one.
[[nodiscard]] boost::json::value time_remaining(const Model &model, const std::optional<Seconds> &destroyed);

// Which of live and destroyed objects a list shows.
struct Pending {
    bool live = true, destroyed = false;
    [[nodiscard]] static Pending of(const Ask &ask);
    [[nodiscard]] bool take(const std::optional<Seconds> &at) const { return at ? destroyed : live; }
};

} // namespace drover::sim::flasharray
