#include "loader/records.hpp"

#include "loader/driver_text.hpp"

#include <fmt/format.h>

#include <cstdint>

namespace drover {
namespace {

constexpr std::size_t kMaxFieldBytes = 4096;
constexpr std::size_t kMaxValueBytes = 65536;

// Copies fields until the first problem, which it keeps together with the record's kind.
class Reader {
public:
    explicit Reader(const char *kind) : kind_(kind) {}

    void text(const char *field, drv_str from, std::string &to, std::size_t max_bytes) {
        if (problem_)
            return;
        if (is_good(from, max_bytes)) {
            to.assign(view_of(from));
        } else {
            report(field, problem_with(from, max_bytes).value_or("cannot be read"));
        }
    }

    void required(const char *field, drv_str from, std::string &to, std::size_t max_bytes) {
        text(field, from, to, max_bytes);
        if (!problem_ && to.empty())
            report(field, "is empty");
    }

    bool rows(const char *field, const void *data, std::uint64_t count) {
        if (problem_ || count == 0)
            return false;
        if (data == nullptr) {
            report(field, fmt::format("has {} entries but no data pointer", count));
        } else if (count > kMaxRows) {
            report(field, fmt::format("has {} entries (at most {})", count, kMaxRows));
        }
        return !problem_;
    }

    void attributes(const drv_kv *from, std::uint64_t count, Attributes &to) {
        if (!rows("attrs", from, count))
            return;
        for (std::uint64_t i = 0; i < count && !problem_; ++i) {
            std::string key;
            std::string value;
            required("attrs[].key", from[i].key, key, kMaxFieldBytes);
            text("attrs[].value", from[i].value, value, kMaxValueBytes);
            to.insert_or_assign(std::move(key), std::move(value));
        }
    }

    void report(const char *field, std::string_view wrong) {
        problem_ = fmt::format("a {} whose \"{}\" {}", kind_, field, wrong);
    }

    // NULL, or smaller than minor 0.
    template <typename Record>
    bool usable(const Record *record, std::size_t minimum) {
        if (record == nullptr) {
            problem_ = fmt::format("a NULL {}", kind_);
        } else if (record->struct_size < minimum) {
            report("struct_size", fmt::format("is {} (at least {})", record->struct_size, minimum));
        }
        return !problem_;
    }

    RecordProblem take() { return std::move(problem_); }

private:
    const char *kind_;
    RecordProblem problem_;
};

constexpr std::size_t kVolumeMinor0 = offsetof(drv_volume, attr_count) + sizeof(drv_volume::attr_count);
constexpr std::size_t kConnectionMinor0 =
    offsetof(drv_connection, attr_count) + sizeof(drv_connection::attr_count);
constexpr std::size_t kProfileMinor0 = offsetof(drv_profile, attr_count) + sizeof(drv_profile::attr_count);

constexpr std::size_t kStatsMinor0 = offsetof(drv_stats, attr_count) + sizeof(drv_stats::attr_count);
constexpr std::size_t kGroupMinor0 = offsetof(drv_group, attr_count) + sizeof(drv_group::attr_count);

std::optional<std::uint64_t> unless_unknown(std::uint64_t value) {
    return value == DRV_UNKNOWN ? std::nullopt : std::optional(value);
}

VolumeState to_state(std::uint32_t state) {
    switch (state) {
    case DRV_VOLUME_READY:
        return VolumeState::ready;
    case DRV_VOLUME_CREATING:
        return VolumeState::creating;
    case DRV_VOLUME_DELETING:
        return VolumeState::deleting;
    default:
        return VolumeState::faulted; // also every state of a newer minor
    }
}

} // namespace

RecordProblem copy_volume(const drv_volume *from, BackendVolume &to) {
    Reader read("volume");
    if (!read.usable(from, kVolumeMinor0))
        return read.take();
    read.text("id", from->id, to.id, kMaxIdBytes);
    read.text("name", from->name, to.name, kMaxIdBytes);
    read.required("backend_id", from->backend_id, to.backend_id, kMaxFieldBytes);
    read.text("pool", from->pool, to.pool, kMaxFieldBytes);
    read.text("profile", from->profile, to.profile, kMaxFieldBytes);
    read.text("parent", from->parent, to.parent, kMaxFieldBytes);
    to.state = to_state(from->state);
    to.is_snapshot = (from->flags & DRV_VOLUME_SNAPSHOT) != 0;
    to.write_protected = (from->flags & DRV_VOLUME_WRITE_PROTECTED) != 0;
    to.bytes = from->bytes;
    to.used_bytes = unless_unknown(from->used_bytes);
    to.created_unix_ns = unless_unknown(from->created_unix_ns);
    if (read.rows("attached_nodes", from->attached_nodes, from->attached_count)) {
        to.attached_nodes.resize(from->attached_count);
        for (std::uint64_t i = 0; i < from->attached_count; ++i)
            read.required("attached_nodes[]", from->attached_nodes[i], to.attached_nodes[i], kMaxFieldBytes);
    }
    read.attributes(from->attrs, from->attr_count, to.attributes);
    return read.take();
}

RecordProblem copy_stats(const drv_stats *from, BackendStats &to) {
    Reader read("statistics row");
    if (!read.usable(from, kStatsMinor0))
        return read.take();
    read.required("id", from->id, to.id, kMaxFieldBytes);
    to.taken_unix_ns = from->taken_unix_ns;
    to.epoch = from->epoch;
    to.read_ops = unless_unknown(from->read_ops);
    to.write_ops = unless_unknown(from->write_ops);
    to.read_bytes = unless_unknown(from->read_bytes);
    to.write_bytes = unless_unknown(from->write_bytes);
    to.read_latency_ns_sum = unless_unknown(from->read_latency_ns_sum);
    to.write_latency_ns_sum = unless_unknown(from->write_latency_ns_sum);
    to.used_bytes = unless_unknown(from->used_bytes);
    to.provisioned_bytes = unless_unknown(from->provisioned_bytes);
    to.total_bytes = unless_unknown(from->total_bytes);
    to.saved_permille = unless_unknown(from->saved_permille);
    read.attributes(from->attrs, from->attr_count, to.attributes);
    return read.take();
}

RecordProblem copy_group(const drv_group *from, BackendGroup &to) {
    Reader read("group");
    if (!read.usable(from, kGroupMinor0))
        return read.take();
    read.required("id", from->id, to.id, kMaxIdBytes);
    read.text("name", from->name, to.name, kMaxIdBytes);
    read.required("backend_id", from->backend_id, to.backend_id, kMaxFieldBytes);
    if (read.rows("members", from->members, from->member_count)) {
        to.members.resize(from->member_count);
        for (std::uint64_t i = 0; i < from->member_count; ++i)
            read.required("members[]", from->members[i], to.members[i], kMaxIdBytes);
    }
    read.text("parent", from->parent, to.parent, kMaxIdBytes);
    to.created_unix_ns = unless_unknown(from->created_unix_ns);
    read.attributes(from->attrs, from->attr_count, to.attributes);
    return read.take();
}

RecordProblem copy_profile(const drv_profile *from, Profile &to) {
    Reader read("profile");
    if (!read.usable(from, kProfileMinor0))
        return read.take();
    read.required("name", from->name, to.name, kMaxFieldBytes);
    read.text("description", from->description, to.description, kMaxFieldBytes);
    to.is_default = (from->flags & DRV_PROFILE_DEFAULT) != 0;
    read.attributes(from->attrs, from->attr_count, to.attributes);
    return read.take();
}

RecordProblem copy_connection(const drv_connection *from, Connection &to, bool *known) {
    Reader read("connection");
    *known = true;
    if (!read.usable(from, kConnectionMinor0))
        return read.take();
    if (from->protocol < DRV_PROTO_LOCAL || from->protocol > DRV_PROTO_NVME_TCP) {
        *known = false;
        return std::nullopt;
    }
    to.protocol = static_cast<Protocol>(from->protocol);
    // Without it nobody can prove that the device found is the right one.
    read.required("wwid", from->wwid, to.wwid, kMaxFieldBytes);
    if (to.protocol == Protocol::local) {
        read.required("device", from->device, to.device, kMaxFieldBytes);
    } else {
        read.text("device", from->device, to.device, kMaxFieldBytes);
    }
    to.lun = from->lun;
    if (read.rows("portals", from->portals, from->portal_count) &&
        read.rows("targets", from->targets, from->portal_count)) {
        to.paths.resize(from->portal_count);
        for (std::uint64_t i = 0; i < from->portal_count; ++i) {
            read.text("portals[]", from->portals[i], to.paths[i].portal, kMaxFieldBytes);
            read.text("targets[]", from->targets[i], to.paths[i].target, kMaxFieldBytes);
        }
    }
    read.text("auth_user", from->auth_user, to.auth_user, kMaxFieldBytes);
    read.text("auth_secret_key", from->auth_secret_key, to.auth_secret_key, kMaxIdBytes);
    read.attributes(from->attrs, from->attr_count, to.attributes);
    return read.take();
}

Capabilities to_capabilities(const drv_caps &from) {
    Capabilities to;
    to.thin = (from.flags & DRV_CAP_THIN) != 0;
    to.multi_attach = (from.flags & DRV_CAP_MULTI_ATTACH) != 0;
    to.online_extend = (from.flags & DRV_CAP_ONLINE_EXTEND) != 0;
    to.zeroed = (from.flags & DRV_CAP_ZEROED) != 0;
    for (unsigned protocol = DRV_PROTO_LOCAL; protocol <= DRV_PROTO_NVME_TCP; ++protocol) {
        if ((from.protocols >> protocol & 1U) != 0)
            to.protocols.push_back(static_cast<Protocol>(protocol));
    }
    to.min_bytes = from.min_bytes == 0 ? 1 : from.min_bytes;
    to.max_bytes = unless_unknown(from.max_bytes);
    to.granularity_bytes = from.granularity_bytes == 0 ? 1 : from.granularity_bytes;
    to.total_bytes = unless_unknown(from.total_bytes);
    to.free_bytes = unless_unknown(from.free_bytes);
    return to;
}

} // namespace drover
