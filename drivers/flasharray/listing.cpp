// All volumes, a page at a time. The array is asked for everything at the first page, and later pages come
// from that answer for a while; after that it is asked anew, which loses nothing, since pages go by id.
#include "drivers/flasharray/driver.hpp"
#include "drover/sdk/paging.hpp"

#include <algorithm>
#include <functional>

namespace flasharray {

namespace {

constexpr std::chrono::minutes kListingIsFresh{1};

} // namespace

std::shared_ptr<const FlashArray::Listing> FlashArray::take_listing(const Limit &limit) {
    std::map<std::string, Located> volumes; // by id
    for (VolumeRow &row : objects_.volumes(limit, Rows::many, names_.filter_of_all())) {
        auto name = names_.read_volume(row.name);
        if (!name || name->kind != NameKind::volume)
            continue;
        const auto at = volumes.find(name->id);
        if (at == volumes.end()) {
            std::string id = name->id;
            volumes.emplace(std::move(id), Located{std::move(row), std::move(*name)});
        } else if (at->second.name.is_flocker) {
            at->second = {std::move(row), std::move(*name)};
        }
    }
    const auto connections = by_volume(objects_.all_connections(limit));
    std::map<std::string, VolumeLimits> limits; // by name in lower case
    if (!config_.profiles.empty() && objects_.version(limit) >= kBandwidthLimits) {
        for (const LimitsRow &row : objects_.all_limits(limit))
            limits[lower_case(row.name)] = {row.iops, row.bytes_per_second};
    }
    auto listing = std::make_shared<Listing>();
    listing->taken = std::chrono::steady_clock::now();
    listing->ids.reserve(volumes.size());
    listing->rows.reserve(volumes.size());
    for (const auto &[id, volume] : volumes) {
        const std::string name = lower_case(volume.row.name);
        const auto own = connections.find(name);
        const auto limit_of = limits.find(name);
        listing->ids.push_back(id);
        listing->rows.push_back(volume_record(volume, own == connections.end() ? Connections() : own->second,
                                              hosts_,
                                              limit_of == limits.end() ? "" : profile_of(limit_of->second)));
        remember(volume);
    }
    return listing;
}

void FlashArray::list(drv::Call &call, const drv::ListRequest &request, drv::VolumeSink &sink) {
    std::shared_ptr<const Listing> listing;
    if (!request.page_token.empty()) {
        const std::lock_guard lock(mutex_);
        if (listing_ && std::chrono::steady_clock::now() - listing_->taken < kListingIsFresh)
            listing = listing_;
    }
    if (!listing)
        listing = take_listing(call);
    {
        const std::lock_guard lock(mutex_);
        listing_ = request.max_entries == 0 ? nullptr : listing;
    }
    drv::emit_page(call, request, sink, listing->ids, [&](std::string_view id) {
        const auto at = std::ranges::lower_bound(listing->ids, id, std::less<>());
        return &listing->rows[static_cast<std::size_t>(at - listing->ids.begin())];
    });
}

} // namespace flasharray
