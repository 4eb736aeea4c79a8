// New volumes from volumes and snapshots.
#include "drivers/flasharray/driver.hpp"

namespace flasharray {

using drv::Code;
using drv::Error;

drv::Volume FlashArray::copy(const Limit &limit, const Source &source, const drv::CreateRequest &request) {
    check_uuid(request.id, "volume");
    check_shape(limit, request.profile, request.pool);
    const std::uint64_t bytes = request.bytes == 0 ? source.bytes : rounded_size(request.bytes);
    bool was_begun = false;
    for (const Located &each : all_of(limit, request.id)) {
        if (each.name.kind == NameKind::volume) {
            remember(each);
            return existing(limit, each, request, source.id);
        }
        was_begun = was_begun || each.name.kind == NameKind::unfinished;
    }
    if (bytes < source.bytes) {
        throw Error(Code::invalid, std::to_string(bytes) + " bytes are less than the source has (" +
                                       std::to_string(source.bytes) + ")");
    }
    const VolumeLimits limits = limits_of(request.profile);
    const std::string name = names_.copy(request.id, source.id);
    if (bytes == source.bytes && limits.empty()) {
        try {
            objects_.copy_volume(limit, name, source.name, false);
        } catch (const RefusedError &error) {
            if (error.refusal != Refusal::exists && error.refusal != Refusal::destroyed)
                throw;
            // Its own name of before: nobody but a person destroyed it, since we rename first.
            if (!objects_.volume(limit, name)) {
                throw Error(Code::conflict, "volume " + std::string(request.id) +
                                                " cannot be made: the array still keeps a destroyed volume " +
                                                name + "; eradicate it (purevol eradicate), or recover it");
            }
        }
    } else {
        // More than one step: under a name of the making, so that nobody sees it half done. What an earlier
        // try left is made new.
        const std::string unfinished = names_.unfinished(request.id);
        objects_.copy_volume(limit, unfinished, source.name, was_begun);
        const auto check_made = [&](bool is_good) {
            if (!is_good)
                throw lied("made " + unfinished + " from " + source.name +
                           ", and it is not what was asked for");
        };
        check_made(objects_.volume(limit, unfinished).has_value());
        if (bytes > source.bytes) {
            objects_.grow_volume(limit, unfinished, bytes);
            const auto grown = objects_.volume(limit, unfinished);
            check_made(grown && grown->bytes == bytes);
        }
        if (!limits.empty()) {
            objects_.set_limits(limit, unfinished, limits);
            const auto set = objects_.limits(limit, unfinished);
            check_made(set && !set->empty());
        }
        if (!objects_.rename_volume(limit, unfinished, name) && !objects_.volume(limit, name)) {
            throw Error(Code::conflict, "volume " + unfinished + " went away on the array while it was made")
                .retryable();
        }
    }
    return after_change([&] {
        const auto made = find_volume(limit, request.id);
        if (!made)
            throw lied("copied " + source.name + " to " + name + ", and has no such volume");
        return record(limit, *made, {});
    });
}

drv::Volume FlashArray::clone(drv::Call &call, std::string_view source_id,
                              const drv::CreateRequest &request) {
    const Located source = must_find(call, source_id);
    return copy(call, {source.row.name, source.name.id, source.row.bytes}, request);
}

drv::Volume FlashArray::snapshot_clone(drv::Call &call, std::string_view id,
                                       const drv::CreateRequest &request) {
    const LocatedSnapshot source = must_find_snapshot(call, id);
    return copy(call, {source.row.name, source.name.id, source.row.bytes}, request);
}

} // namespace flasharray
