#include "loader/wire/calls.hpp"

#include "loader/driver_text.hpp"
#include "loader/status.hpp"

#include <algorithm>
#include <limits>

namespace drover::wire {
namespace {

// Statuses are signed, numbers on the wire are not.
std::uint64_t to_number(drv_status status) noexcept {
    return static_cast<std::uint32_t>(status);
}
drv_status to_status(std::uint64_t number) noexcept {
    return static_cast<drv_status>(static_cast<std::uint32_t>(number));
}

void write_pairs(FrameWriter &to, Tag key, Tag value, const drv_kv *pairs, std::uint64_t count) {
    for (std::uint64_t i = 0; i < count; ++i) {
        to.text(key, pairs[i].key);
        to.text(value, pairs[i].value);
    }
}

void write_if_any(FrameWriter &to, Tag tag, drv_str text) {
    if (text.len != 0)
        to.text(tag, text);
}

} // namespace

void begin_call(FrameWriter &to, std::uint64_t call, WireOp op, const drv_call &context, LogLevels levels) {
    to.begin(Kind::call, call);
    to.number(Tag::op, static_cast<std::uint64_t>(op));
    if (context.deadline_ns != DRV_UNKNOWN)
        to.number(Tag::deadline_ns, context.deadline_ns);
    write_if_any(to, Tag::request_id, context.request_id);
    to.number(Tag::log_levels, levels);
}

void write_arguments(FrameWriter &to, const drv_create_req &request) {
    to.number(Tag::flags, request.flags);
    to.number(Tag::bytes, request.bytes);
    to.text(Tag::id, request.id);
    write_if_any(to, Tag::name, request.name);
    write_if_any(to, Tag::pool, request.pool);
    write_if_any(to, Tag::profile, request.profile);
    write_pairs(to, Tag::attr_key, Tag::attr_value, request.attrs, request.attr_count);
}

void write_arguments(FrameWriter &to, const drv_attach_req &request) {
    to.number(Tag::flags, request.flags);
    to.text(Tag::id, request.id);
    to.text(Tag::node_id, request.node_id);
    write_pairs(to, Tag::initiator_kind, Tag::initiator_name, request.initiators, request.initiator_count);
}

void write_arguments(FrameWriter &to, const drv_list_req &request) {
    to.number(Tag::flags, request.flags);
    to.number(Tag::max_entries, request.max_entries);
    write_if_any(to, Tag::page_token, request.page_token);
}

void write_arguments(FrameWriter &to, const drv_snapshot_req &request) {
    to.number(Tag::flags, request.flags);
    to.text(Tag::source_id, request.volume_id);
    to.text(Tag::id, request.snapshot_id);
    write_if_any(to, Tag::name, request.name);
    write_pairs(to, Tag::attr_key, Tag::attr_value, request.attrs, request.attr_count);
}

bool CallArguments::read(std::string_view fields) {
    *this = {};
    bool has_op = false;
    FieldReader reader(fields);
    for (Field field; reader.next(field);) {
        // The agent's own arguments are text that can be read.
        if (field.is_unreadable)
            return false;
        switch (field.tag) {
        case Tag::op:
            op_ = static_cast<WireOp>(field.number);
            has_op = field.number <= std::numeric_limits<std::uint32_t>::max();
            break;
        case Tag::deadline_ns:
            deadline_ns_ = field.number;
            break;
        case Tag::request_id:
            request_id_ = field.bytes;
            break;
        case Tag::log_levels:
            log_levels_ = field.number;
            break;
        case Tag::id:
            id_ = field.text();
            break;
        case Tag::source_id:
            source_id_ = field.text();
            break;
        case Tag::name:
            name_ = field.text();
            break;
        case Tag::pool:
            pool_ = field.text();
            break;
        case Tag::profile:
            profile_ = field.text();
            break;
        case Tag::node_id:
            node_id_ = field.text();
            break;
        case Tag::page_token:
            page_token_ = field.text();
            break;
        case Tag::flags:
            flags_ = field.number;
            break;
        case Tag::bytes:
            bytes_ = field.number;
            break;
        case Tag::max_entries:
            max_entries_ = field.number;
            break;
        case Tag::attr_key:
            attributes_.push_back({field.text(), {"", 0}});
            break;
        case Tag::attr_value:
            if (attributes_.empty())
                return false;
            attributes_.back().value = field.text();
            break;
        case Tag::initiator_kind:
            initiators_.push_back({field.text(), {"", 0}});
            break;
        case Tag::initiator_name:
            if (initiators_.empty())
                return false;
            initiators_.back().value = field.text();
            break;
        default:
            if (!take_of_extension(field))
                return false;
        }
    }
    return reader.ok() && has_op;
}

drv_create_req CallArguments::create() const noexcept {
    return {.struct_size = sizeof(drv_create_req),
            .reserved = 0,
            .flags = flags_,
            .bytes = bytes_,
            .id = id_,
            .name = name_,
            .pool = pool_,
            .profile = profile_,
            .attrs = attributes_.data(),
            .attr_count = attributes_.size()};
}

drv_attach_req CallArguments::attach() const noexcept {
    return {.struct_size = sizeof(drv_attach_req),
            .reserved = 0,
            .flags = flags_,
            .id = id_,
            .node_id = node_id_,
            .initiators = initiators_.data(),
            .initiator_count = initiators_.size()};
}

drv_list_req CallArguments::list() const noexcept {
    return {.struct_size = sizeof(drv_list_req),
            .reserved = 0,
            .flags = flags_,
            .max_entries = max_entries_,
            .page_token = page_token_};
}

drv_snapshot_req CallArguments::snapshot() const noexcept {
    return {.struct_size = sizeof(drv_snapshot_req),
            .reserved = 0,
            .flags = flags_,
            .volume_id = source_id_,
            .snapshot_id = id_,
            .name = name_,
            .attrs = attributes_.data(),
            .attr_count = attributes_.size()};
}

void write_outcome(FrameWriter &to, const Outcome &outcome) {
    to.number(Tag::status, to_number(outcome.status));
    if (!outcome.failure)
        return;
    const Error &error = *outcome.failure;
    const std::size_t group = to.open(Tag::failure);
    to.number(Tag::failure_code, to_number(outcome.failure_code));
    to.number(Tag::failure_flags, (error.retryable ? std::uint64_t{DRV_FAIL_RETRYABLE} : 0) |
                                      (error.state_unknown ? std::uint64_t{DRV_FAIL_STATE_UNKNOWN} : 0));
    if (error.retry_after.count() > 0)
        to.number(Tag::retry_after_ns, static_cast<std::uint64_t>(error.retry_after.count()));
    to.text(Tag::message, std::string_view(error.message));
    to.text(Tag::vendor_code, std::string_view(error.vendor_code));
    to.close(group);
}

bool OutcomeReader::take(const Field &field) {
    if (field.tag == Tag::status) {
        has_status_ = field.is_number;
        outcome_.status = to_status(field.number);
        return field.is_number;
    }
    if (field.tag != Tag::failure)
        return true;
    Error error;
    FieldReader fields(field.bytes);
    for (Field part; fields.next(part);) {
        switch (part.tag) {
        case Tag::failure_code:
            outcome_.failure_code = to_status(part.number);
            break;
        case Tag::failure_flags:
            error.retryable = (part.number & DRV_FAIL_RETRYABLE) != 0;
            error.state_unknown = (part.number & DRV_FAIL_STATE_UNKNOWN) != 0;
            break;
        case Tag::retry_after_ns:
            error.retry_after = std::chrono::nanoseconds(static_cast<std::int64_t>(
                std::min<std::uint64_t>(part.number, std::numeric_limits<std::int64_t>::max())));
            break;
        case Tag::message:
            error.message = one_line(part.text());
            break;
        case Tag::vendor_code:
            error.vendor_code = one_line(part.text(), 256);
            break;
        default: // of a later protocol
            break;
        }
    }
    error.code = code_of(outcome_.failure_code);
    outcome_.failure = std::move(error);
    return fields.ok() && !field.is_number && !field.is_unreadable;
}

std::optional<Outcome> OutcomeReader::finish() && {
    return has_status_ ? std::optional(std::move(outcome_)) : std::nullopt;
}

} // namespace drover::wire
