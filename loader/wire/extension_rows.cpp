#include "loader/wire/row_parts.hpp"
#include "loader/wire/rows.hpp"

#include <array>

namespace drover::wire {
namespace {

struct StatsNumber {
    Tag tag;
    uint64_t drv_stats::*member;
};
// What the backend does not count is DRV_UNKNOWN, and is not sent.
constexpr std::array kStatsNumbers = {
    StatsNumber{Tag::read_ops, &drv_stats::read_ops},
    StatsNumber{Tag::write_ops, &drv_stats::write_ops},
    StatsNumber{Tag::read_bytes, &drv_stats::read_bytes},
    StatsNumber{Tag::write_bytes, &drv_stats::write_bytes},
    StatsNumber{Tag::read_latency_ns_sum, &drv_stats::read_latency_ns_sum},
    StatsNumber{Tag::write_latency_ns_sum, &drv_stats::write_latency_ns_sum},
    StatsNumber{Tag::used_bytes, &drv_stats::used_bytes},
    StatsNumber{Tag::provisioned_bytes, &drv_stats::provisioned_bytes},
    StatsNumber{Tag::total_bytes, &drv_stats::total_bytes},
    StatsNumber{Tag::saved_permille, &drv_stats::saved_permille},
};

} // namespace

void write_profile(FrameWriter &to, const drv_profile *profile) {
    const std::size_t group = to.open(Tag::profile_row);
    if (profile == nullptr) {
        to.number(Tag::is_null, 1);
        return to.close(group);
    }
    const drv_profile from = known_part(profile);
    write_struct_size(to, from.struct_size, sizeof from);
    if (from.struct_size == sizeof from) {
        to.number(Tag::flags, from.flags);
        write_text(to, Tag::name, from.name);
        write_text(to, Tag::description, from.description);
        write_attributes(to, from.attrs, from.attr_count);
    }
    to.close(group);
}

bool RowReader::profile(const Field &group, const drv_profile **row) {
    profile_ = {.struct_size = sizeof profile_, .name = kNoText, .description = kNoText};
    CommonFields common(pairs_, profile_.struct_size);
    FieldReader fields(group.bytes);
    bool ok = fits(group, false) && !group.is_unreadable;
    for (Field field; ok && fields.next(field);) {
        switch (field.tag) {
        case Tag::flags: {
            std::uint64_t flags = 0;
            ok = take_number(field, flags);
            profile_.flags = static_cast<decltype(profile_.flags)>(flags);
            break;
        }
        case Tag::name:
            ok = take_text(field, profile_.name);
            break;
        case Tag::description:
            ok = take_text(field, profile_.description);
            break;
        default:
            common.take(field, sizeof profile_);
        }
    }
    if (!ok || !fields.ok() || !common.finish(profile_.attrs, profile_.attr_count))
        return false;
    *row = common.is_null() ? nullptr : &profile_;
    return true;
}

void write_group(FrameWriter &to, const drv_group *row) {
    const std::size_t group = to.open(Tag::group_row);
    if (row == nullptr) {
        to.number(Tag::is_null, 1);
        return to.close(group);
    }
    const drv_group from = known_part(row);
    write_struct_size(to, from.struct_size, sizeof from);
    if (from.struct_size == sizeof from) {
        to.number(Tag::flags, from.flags);
        write_text(to, Tag::id, from.id);
        write_text(to, Tag::name, from.name);
        write_text(to, Tag::backend_id, from.backend_id);
        write_text(to, Tag::parent, from.parent);
        if (from.created_unix_ns != DRV_UNKNOWN)
            to.number(Tag::created_unix_ns, from.created_unix_ns);
        write_texts(to, Tag::member, from.members, from.member_count);
        if (from.member_count != 0 && !can_follow(from.members, from.member_count))
            write_array_problem(to, Tag::member_count, from.member_count, Tag::member_is_null, from.members);
        write_attributes(to, from.attrs, from.attr_count);
    }
    to.close(group);
}

bool RowReader::group(const Field &group, const drv_group **row) {
    group_ = {.struct_size = sizeof group_,
              .id = kNoText,
              .name = kNoText,
              .backend_id = kNoText,
              .parent = kNoText,
              .created_unix_ns = DRV_UNKNOWN};
    texts_.clear();
    Told members;
    CommonFields common(pairs_, group_.struct_size);
    FieldReader fields(group.bytes);
    bool ok = fits(group, false) && !group.is_unreadable;
    for (Field field; ok && fields.next(field);) {
        switch (field.tag) {
        case Tag::flags:
            ok = take_number(field, group_.flags);
            break;
        case Tag::id:
            ok = take_text(field, group_.id);
            break;
        case Tag::name:
            ok = take_text(field, group_.name);
            break;
        case Tag::backend_id:
            ok = take_text(field, group_.backend_id);
            break;
        case Tag::parent:
            ok = take_text(field, group_.parent);
            break;
        case Tag::created_unix_ns:
            ok = take_number(field, group_.created_unix_ns);
            break;
        case Tag::member:
            texts_.push_back(field.text());
            ok = fits(field, false);
            break;
        case Tag::member_count:
            ok = take_number(field, members.count);
            break;
        case Tag::member_is_null:
            members.is_null = true;
            break;
        default:
            common.take(field, sizeof group_);
        }
    }
    if (!ok || !fields.ok() || !common.finish(group_.attrs, group_.attr_count) ||
        !members.apply(texts_, group_.members, group_.member_count))
        return false;
    *row = common.is_null() ? nullptr : &group_;
    return true;
}

void write_stats(FrameWriter &to, const drv_stats *row) {
    const std::size_t group = to.open(Tag::stats_row);
    if (row == nullptr) {
        to.number(Tag::is_null, 1);
        return to.close(group);
    }
    const drv_stats from = known_part(row);
    write_struct_size(to, from.struct_size, sizeof from);
    if (from.struct_size == sizeof from) {
        to.number(Tag::flags, from.flags);
        write_text(to, Tag::id, from.id);
        to.number(Tag::taken_unix_ns, from.taken_unix_ns);
        to.number(Tag::epoch, from.epoch);
        for (const StatsNumber &number : kStatsNumbers) {
            if (from.*number.member != DRV_UNKNOWN)
                to.number(number.tag, from.*number.member);
        }
        write_attributes(to, from.attrs, from.attr_count);
    }
    to.close(group);
}

bool RowReader::stats(const Field &group, const drv_stats **row) {
    stats_ = {.struct_size = sizeof stats_, .id = kNoText};
    for (const StatsNumber &number : kStatsNumbers)
        stats_.*number.member = DRV_UNKNOWN;
    CommonFields common(pairs_, stats_.struct_size);
    FieldReader fields(group.bytes);
    bool ok = fits(group, false) && !group.is_unreadable;
    for (Field field; ok && fields.next(field);) {
        switch (field.tag) {
        case Tag::flags:
            ok = take_number(field, stats_.flags);
            break;
        case Tag::id:
            ok = take_text(field, stats_.id);
            break;
        case Tag::taken_unix_ns:
            ok = take_number(field, stats_.taken_unix_ns);
            break;
        case Tag::epoch:
            ok = take_number(field, stats_.epoch);
            break;
        default: {
            const auto *const number =
                std::find_if(kStatsNumbers.begin(), kStatsNumbers.end(),
                             [&](const StatsNumber &each) { return each.tag == field.tag; });
            if (number != kStatsNumbers.end()) {
                ok = take_number(field, stats_.*number->member);
            } else {
                common.take(field, sizeof stats_);
            }
        }
        }
    }
    if (!ok || !fields.ok() || !common.finish(stats_.attrs, stats_.attr_count))
        return false;
    *row = common.is_null() ? nullptr : &stats_;
    return true;
}

void write_limits(FrameWriter &to, const drv_qos &limits) {
    const std::size_t group = to.open(Tag::qos_row);
    to.number(Tag::limits, limits.limits);
    to.number(Tag::max_iops, limits.max_iops);
    to.number(Tag::min_iops, limits.min_iops);
    to.number(Tag::burst_iops, limits.burst_iops);
    to.number(Tag::max_bytes_per_second, limits.max_bytes_per_second);
    to.close(group);
}

bool RowReader::limits(const Field &group, drv_qos &limits) {
    FieldReader fields(group.bytes);
    bool ok = fits(group, false) && !group.is_unreadable;
    for (Field field; ok && fields.next(field);) {
        switch (field.tag) {
        case Tag::limits:
            ok = take_number(field, limits.limits);
            break;
        case Tag::max_iops:
            ok = take_number(field, limits.max_iops);
            break;
        case Tag::min_iops:
            ok = take_number(field, limits.min_iops);
            break;
        case Tag::burst_iops:
            ok = take_number(field, limits.burst_iops);
            break;
        case Tag::max_bytes_per_second:
            ok = take_number(field, limits.max_bytes_per_second);
            break;
        default: // of a later protocol
            break;
        }
    }
    return ok && fields.ok();
}

} // namespace drover::wire
