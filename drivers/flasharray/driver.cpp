#include "drivers/flasharray/driver.hpp"

#include <algorithm>

namespace flasharray {

namespace {

using drv::Code;
using drv::Error;

constexpr std::uint64_t kUnit = 512;
constexpr std::uint64_t kLeast = std::uint64_t{1} << 20U;
constexpr std::uint64_t kMost = std::uint64_t{4} << 50U;

} // namespace

std::uint64_t rounded_size(std::uint64_t bytes) {
    if (bytes > kMost) {
        throw Error(Code::invalid, std::to_string(bytes) +
                                       " bytes are more than a volume of a FlashArray can have (" +
                                       std::to_string(kMost) + ")");
    }
    return std::max(kLeast, (bytes + kUnit - 1) / kUnit * kUnit);
}

drv::Error lied(const std::string &what) {
    return Error(Code::internal, "the array says that it " + what).retryable();
}

FlashArray::FlashArray(drv::Host &host, drv::Call & /*call*/)
    : host_(host), config_(read_config(host)), names_(config_.cluster_id), array_(host, config_),
      objects_(array_), hosts_(host, config_, names_, objects_) {}

FlashArray::~FlashArray() {
    array_.log_out(Limit::within(std::chrono::seconds(5)));
}

void FlashArray::probe(drv::Call &call) {
    const ArrayRow row = objects_.array(call);
    const std::lock_guard lock(mutex_);
    array_name_ = row.name;
}

drv::Capabilities FlashArray::capabilities(drv::Call &call) {
    const SpaceRow space = objects_.array_space(call);
    drv::Capabilities caps{.protocols = drv::bit(abi_protocol(config_.protocol)),
                           .thin = true,
                           .multi_attach = config_.multi_attach,
                           .online_extend = true,
                           .zeroed = true,
                           .min_bytes = kLeast,
                           .max_bytes = kMost,
                           .granularity_bytes = kUnit};
    if (space.capacity) {
        caps.total_bytes = *space.capacity;
        if (space.total) // it may be overfull
            caps.free_bytes = *space.capacity - std::min(*space.capacity, *space.total);
    }
    return caps;
}

void FlashArray::check_shape(const Limit &limit, std::string_view profile, std::string_view pool) {
    if (!profile.empty()) {
        const VolumeLimits limits = limits_of(profile);
        check_supported(limit, limits);
    }
    if (pool.empty())
        return;
    std::string array_name;
    {
        const std::lock_guard lock(mutex_);
        array_name = array_name_;
    }
    if (array_name.empty())
        array_name = objects_.array(limit).name;
    if (pool != array_name) {
        throw Error(Code::invalid, "there is no pool \"" + drv::one_line(pool, 100) +
                                       "\": a FlashArray is one pool, and this one is called " + array_name);
    }
}

FlashArray::Connections FlashArray::connections_of(const Limit &limit, const Located &volume) {
    auto connections = objects_.connections_of(limit, volume.row.name);
    if (!connections)
        throw Error(Code::not_found, "volume " + volume.name.id + " went away on the array").retryable();
    return std::move(*connections);
}

drv::Volume FlashArray::record(const Limit &limit, const Located &volume, const Connections &connections) {
    return volume_record(volume, connections, hosts_, profile_of(limit, volume.row.name));
}

drv::Volume FlashArray::record(const Limit &limit, const Located &volume) {
    return record(limit, volume, connections_of(limit, volume));
}

drv::Volume FlashArray::existing(const Limit &limit, const Located &volume, const drv::CreateRequest &request,
                                 std::string_view parent) {
    drv::Volume there = record(limit, volume);
    std::string differs;
    if (volume.name.parent != parent) {
        differs = volume.name.parent.empty() ? "it is no copy" : "it was made from " + volume.name.parent;
    } else if (there.profile.view() != request.profile) {
        differs =
            "its profile is \"" + there.profile.str() + "\", not \"" + std::string(request.profile) + "\"";
    } else if (request.bytes != 0 && there.bytes != rounded_size(request.bytes)) {
        differs = "it has " + std::to_string(there.bytes) + " bytes, not " +
                  std::to_string(rounded_size(request.bytes));
    }
    if (!differs.empty()) {
        throw Error(Code::exists, "volume " + std::string(request.id) + " exists already on the array as " +
                                      volume.row.name + ": " + differs);
    }
    return there;
}

std::string FlashArray::make_volume(const Limit &limit, std::string_view id, std::uint64_t bytes,
                                    const VolumeLimits &limits) {
    const auto is_taken = [](const RefusedError &error) {
        return error.refusal == Refusal::exists || error.refusal == Refusal::destroyed;
    };
    std::string name = names_.volume(id);
    try {
        objects_.create_volume(limit, name, bytes, limits);
        return name;
    } catch (const RefusedError &error) {
        if (!is_taken(error))
            throw;
    }
    if (objects_.volume(limit, name))
        return name; // somebody made it in this moment, or our own first try did
    // What was destroyed by hand keeps its name until it is eradicated.
    if (config_.eradicates && objects_.eradicate_volume(limit, name)) {
        objects_.create_volume(limit, name, bytes, limits);
        return name;
    }
    std::string second = names_.second(id);
    try {
        objects_.create_volume(limit, second, bytes, limits);
    } catch (const RefusedError &error) {
        if (!is_taken(error) || objects_.volume(limit, second))
            throw;
        throw Error(Code::conflict, "volume " + std::string(id) +
                                        " cannot be made: the array still keeps destroyed volumes named " +
                                        name + " and " + second +
                                        "; eradicate one (purevol eradicate), or recover it");
    }
    return second;
}

drv::Volume FlashArray::create(drv::Call &call, const drv::CreateRequest &request) {
    check_uuid(request.id, "volume");
    const std::uint64_t bytes = rounded_size(request.bytes);
    check_shape(call, request.profile, request.pool);
    for (const Located &each : all_of(call, request.id)) {
        if (each.name.kind == NameKind::volume) {
            remember(each);
            return existing(call, each, request, {});
        }
    }
    const std::string name = make_volume(call, request.id, bytes, limits_of(request.profile));
    return after_change([&] {
        // An array's word is not enough: what it says to have made is looked at.
        auto row = objects_.volume(call, name);
        if (!row)
            throw lied("made volume " + name + ", and has none");
        auto read = names_.read_volume(row->name);
        if (!read)
            throw Error(Code::internal, "the array made a volume of another name than " + name);
        const Located made{std::move(*row), std::move(*read)};
        remember(made);
        if (made.row.bytes != bytes)
            return existing(call, made, request, {}); // somebody else's, in the same moment
        return record(call, made, {});
    });
}

void FlashArray::refuse_attached(const Limit &limit, const Located &volume, std::string_view what) {
    const Connections connections = connections_of(limit, volume);
    if (connections.empty())
        return;
    std::string nodes;
    for (const ConnectionRow &connection : connections)
        nodes += (nodes.empty() ? "" : ", ") + hosts_.node_of(connection.host);
    throw Error(Code::conflict, "volume " + volume.name.id + " cannot be " + std::string(what) +
                                    " while it is attached to " + nodes);
}

void FlashArray::refuse_needed(const Limit &limit, const Located &volume, std::string_view what) {
    const auto rows = objects_.snapshots_of(limit, volume.row.name);
    std::size_t count = 0;
    for (const VolumeRow &row : rows.value_or(std::vector<VolumeRow>())) {
        const SnapshotName name = Names::read_snapshot(row.name);
        count += (!name.id.empty() && !name.is_tombstone) ? 1U : 0U;
    }
    if (count > 0) {
        throw Error(Code::conflict, "volume " + volume.name.id + " cannot be " + std::string(what) +
                                        ": it has " + std::to_string(count) +
                                        (count == 1 ? " snapshot" : " snapshots"));
    }
    if (const std::string group = group_of(objects_.groups(limit), volume.name.id); !group.empty()) {
        throw Error(Code::conflict, "volume " + volume.name.id + " cannot be " + std::string(what) +
                                        ": it is in group " + group);
    }
}

bool FlashArray::drop(const Limit &limit, const std::string &name) {
    if (!objects_.destroy_volume(limit, name))
        return false;
    finish_drop(limit, name);
    return true;
}

void FlashArray::finish_drop(const Limit &limit, const std::string &name) {
    if (objects_.volume(limit, name))
        throw lied("destroyed " + name + ", and still has it");
    if (config_.eradicates && !objects_.eradicate_volume(limit, name)) {
        host_.warn(
            "the array destroyed " + name +
            " and does not eradicate it: eradication is disabled there, so it goes when its time is over");
    }
}

void FlashArray::check_renamed(const Limit &limit, const std::string &before, const std::string &name) {
    if (objects_.volume(limit, before))
        throw lied("renamed " + before + " to " + name + ", and still has it under the old name");
}

void FlashArray::destroy_found(const Limit &limit, const Located &volume) {
    // Out of the way first, so that its name is free: the array keeps that of a destroyed volume for a day.
    const std::string &name = volume.row.name;
    const std::string grave = names_.tombstone(volume.name.id, volume.row.serial);
    if (!objects_.rename_volume(limit, name, grave) && !objects_.volume(limit, grave))
        return; // somebody else was faster
    forget(volume.name.id);
    const auto refused = after_change([&]() -> std::optional<std::string> {
        bool is_there = false;
        try {
            is_there = objects_.destroy_volume(limit, grave);
        } catch (const RefusedError &error) {
            if (error.status != 400)
                throw;
            static_cast<void>(objects_.rename_volume(limit, grave, name));
            return error.message;
        }
        if (is_there) {
            finish_drop(limit, grave);
        } else {
            check_renamed(limit, name, grave);
        }
        return std::nullopt;
    });
    if (refused)
        throw Error(Code::conflict, "volume " + volume.name.id + " cannot be destroyed: " + *refused);
}

void FlashArray::destroy(drv::Call &call, std::string_view id) {
    check_uuid(id, "volume");
    const std::vector<Located> all = all_of(call, id);
    const bool is_there =
        std::ranges::any_of(all, [](const Located &each) { return each.name.kind == NameKind::volume; });
    for (const Located &each : all) {
        if (each.name.kind == NameKind::volume) {
            refuse_attached(call, each, "destroyed");
            refuse_needed(call, each, "destroyed");
            destroy_found(call, each);
        } else if (each.name.kind == NameKind::unfinished || !is_there) {
            // What a first try left. Beside a living volume it may as well be one that people recovered.
            drop(call, each.row.name);
        }
    }
}

drv::Volume FlashArray::get(drv::Call &call, std::string_view id) {
    return record(call, must_find(call, id));
}

drv::Volume FlashArray::extend(drv::Call &call, std::string_view id, std::uint64_t bytes) {
    const std::uint64_t wanted = rounded_size(bytes);
    Located volume = must_find(call, id);
    if (volume.row.bytes < wanted) {
        objects_.grow_volume(call, volume.row.name, wanted);
        return after_change([&] {
            volume = must_find(call, id);
            if (volume.row.bytes < wanted) {
                throw lied("grew volume " + volume.row.name + " to " + std::to_string(wanted) +
                           " bytes, and it has " + std::to_string(volume.row.bytes));
            }
            return record(call, volume);
        });
    }
    return record(call, volume);
}

} // namespace flasharray

DRV_DRIVER(flasharray::FlashArray);
