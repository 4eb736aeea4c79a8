// The arguments of the ops that only extensions have.
#include "loader/wire/calls.hpp"

namespace drover::wire {
namespace {

void write_if_any(FrameWriter &to, Tag tag, drv_str text) {
    if (text.len != 0)
        to.text(tag, text);
}

void write_texts(FrameWriter &to, Tag tag, const drv_str *texts, std::uint64_t count) {
    for (std::uint64_t i = 0; i < count; ++i)
        to.text(tag, texts[i]);
}

} // namespace

void write_arguments(FrameWriter &to, const drv_group_req &request) {
    to.number(Tag::flags, request.flags);
    to.text(Tag::id, request.id);
    write_if_any(to, Tag::name, request.name);
    write_texts(to, Tag::added_member, request.add, request.add_count);
    write_texts(to, Tag::removed_member, request.remove, request.remove_count);
}

void write_arguments(FrameWriter &to, const drv_group_snapshot_req &request) {
    to.number(Tag::flags, request.flags);
    to.text(Tag::source_id, request.group_id);
    to.text(Tag::id, request.id);
    write_if_any(to, Tag::name, request.name);
    for (std::uint64_t i = 0; i < request.snapshot_count; ++i) {
        to.text(Tag::snapshot_of, request.snapshots[i].key);
        to.text(Tag::snapshot_id, request.snapshots[i].value);
    }
}

void write_arguments(FrameWriter &to, const drv_adopt_req &request) {
    to.number(Tag::flags, request.flags);
    to.text(Tag::backend_id, request.backend_id);
    to.text(Tag::id, request.id);
    write_if_any(to, Tag::name, request.name);
    write_if_any(to, Tag::source_id, request.volume_id);
}

void write_arguments(FrameWriter &to, const drv_retype_req &request) {
    to.number(Tag::flags, request.flags);
    to.text(Tag::id, request.id);
    write_if_any(to, Tag::profile, request.profile);
    write_if_any(to, Tag::pool, request.pool);
}

void write_arguments(FrameWriter &to, const drv_qos &limits) {
    to.number(Tag::limits, limits.limits);
    to.number(Tag::max_iops, limits.max_iops);
    to.number(Tag::min_iops, limits.min_iops);
    to.number(Tag::burst_iops, limits.burst_iops);
    to.number(Tag::max_bytes_per_second, limits.max_bytes_per_second);
}

bool CallArguments::take_of_extension(const Field &field) {
    switch (field.tag) {
    case Tag::backend_id:
        backend_id_ = field.text();
        return true;
    case Tag::added_member:
        added_.push_back(field.text());
        return true;
    case Tag::removed_member:
        removed_.push_back(field.text());
        return true;
    case Tag::snapshot_of:
        snapshots_.push_back({field.text(), {"", 0}});
        return true;
    case Tag::snapshot_id:
        if (snapshots_.empty())
            return false;
        snapshots_.back().value = field.text();
        return true;
    case Tag::limits:
        limits_.limits = field.number;
        return true;
    case Tag::max_iops:
        limits_.max_iops = field.number;
        return true;
    case Tag::min_iops:
        limits_.min_iops = field.number;
        return true;
    case Tag::burst_iops:
        limits_.burst_iops = field.number;
        return true;
    case Tag::max_bytes_per_second:
        limits_.max_bytes_per_second = field.number;
        return true;
    default: // of a later protocol
        return true;
    }
}

drv_group_req CallArguments::group() const noexcept {
    return {.struct_size = sizeof(drv_group_req),
            .reserved = 0,
            .flags = flags_,
            .id = id_,
            .name = name_,
            .add = added_.data(),
            .add_count = added_.size(),
            .remove = removed_.data(),
            .remove_count = removed_.size()};
}

drv_group_snapshot_req CallArguments::group_snapshot() const noexcept {
    return {.struct_size = sizeof(drv_group_snapshot_req),
            .reserved = 0,
            .flags = flags_,
            .group_id = source_id_,
            .id = id_,
            .name = name_,
            .snapshots = snapshots_.data(),
            .snapshot_count = snapshots_.size()};
}

drv_adopt_req CallArguments::adopt() const noexcept {
    return {.struct_size = sizeof(drv_adopt_req),
            .reserved = 0,
            .flags = flags_,
            .backend_id = backend_id_,
            .id = id_,
            .name = name_,
            .volume_id = source_id_};
}

drv_retype_req CallArguments::retype() const noexcept {
    return {.struct_size = sizeof(drv_retype_req),
            .reserved = 0,
            .flags = flags_,
            .id = id_,
            .profile = profile_,
            .pool = pool_};
}

} // namespace drover::wire
