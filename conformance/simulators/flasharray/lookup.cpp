#include "conformance/simulators/flasharray/lookup.hpp"

#include <algorithm>

namespace drover::sim::flasharray {

const char *missing_words(std::string_view volume_or_snapshot) noexcept {
    return volume_or_snapshot.find('.') == std::string_view::npos ? words::kNoVolume : words::kNoSnapshot;
}

const Volume &any_volume(const Store &store, std::string_view name) {
    const Volume *found = store.volumes.find(name);
    if (found == nullptr)
        refuse(name, missing_words(name));
    return *found;
}

const Volume &live_source(const Store &store, std::string_view name) {
    const Volume &found = any_volume(store, name);
    if (found.destroyed)
        refuse(name, missing_words(name));
    return found;
}

const Volume &live_volume(const Store &store, std::string_view name) {
    const Volume &found = live_source(store, name);
    if (found.is_snapshot())
        refuse(name, words::kNoVolume);
    return found;
}

const Host &the_host(const Store &store, std::string_view name) {
    const Host *found = store.hosts.find(name);
    if (found == nullptr)
        refuse(name, words::kNoHost);
    return *found;
}

const HostGroup &the_host_group(const Store &store, std::string_view name) {
    const HostGroup *found = store.host_groups.find(name);
    if (found == nullptr)
        refuse(name, words::kNoHostGroup);
    return *found;
}

const ProtectionGroup &live_group(const Store &store, std::string_view name) {
    const ProtectionGroup *found = store.groups.find(name);
    if (found == nullptr || found->destroyed)
        refuse(name, words::kNoGroup);
    return *found;
}

boost::json::value time_remaining(const Model &model, const std::optional<Seconds> &destroyed) {
    if (!destroyed)
        return nullptr;
    return std::max<Seconds>(0, *destroyed + model.settings.eradication_delay_s - model.now);
}

Pending Pending::of(const Ask &ask) {
    const bool only = ask.parameters.flag("pending_only");
    const bool both = ask.parameters.flag("pending");
    return {.live = !only, .destroyed = only || both};
}

} // namespace drover::sim::flasharray
