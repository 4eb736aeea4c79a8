// A call on the wire: which op, until when, its arguments, and how it ended. The agent writes the ABI's own
// request structs; the child reads all arguments into one object that gives them back.
#pragma once

#include "drover/abi/volume.h"
#include "drover/ext/group.h"
#include "drover/ext/manage.h"
#include "drover/ext/qos.h"
#include "drover/ext/retype.h"
#include "drover/ext/snapshot.h"
#include "loader/base/error.hpp"
#include "loader/wire/tags.hpp"

#include <optional>
#include <string>
#include <vector>

namespace drover::wire {

// Which levels of log lines the host wants; bit n is that of LogLevel n.
using LogLevels = std::uint64_t;

void begin_call(FrameWriter &to, std::uint64_t call, WireOp op, const drv_call &context, LogLevels levels);
void write_arguments(FrameWriter &to, const drv_create_req &request);
void write_arguments(FrameWriter &to, const drv_attach_req &request);
void write_arguments(FrameWriter &to, const drv_list_req &request);
void write_arguments(FrameWriter &to, const drv_snapshot_req &request);
void write_arguments(FrameWriter &to, const drv_group_req &request);
void write_arguments(FrameWriter &to, const drv_group_snapshot_req &request);
void write_arguments(FrameWriter &to, const drv_adopt_req &request);
void write_arguments(FrameWriter &to, const drv_retype_req &request);
void write_arguments(FrameWriter &to, const drv_qos &limits);

// What a call frame held. Texts are terminated and point into the frame, which must outlive this object.
class CallArguments {
public:
    // False: no call frame that a writer made.
    [[nodiscard]] bool read(std::string_view fields);

    [[nodiscard]] WireOp op() const noexcept { return op_; }
    [[nodiscard]] std::uint64_t deadline_ns() const noexcept { return deadline_ns_; }
    [[nodiscard]] std::string_view request_id() const noexcept { return request_id_; }
    [[nodiscard]] LogLevels log_levels() const noexcept { return log_levels_; }
    [[nodiscard]] drv_str id() const noexcept { return id_; }
    [[nodiscard]] drv_str source_id() const noexcept { return source_id_; }
    [[nodiscard]] std::uint64_t bytes() const noexcept { return bytes_; }
    [[nodiscard]] std::uint64_t flags() const noexcept { return flags_; }
    // Valid as long as this object.
    [[nodiscard]] drv_create_req create() const noexcept;
    [[nodiscard]] drv_attach_req attach() const noexcept;
    [[nodiscard]] drv_list_req list() const noexcept;
    [[nodiscard]] drv_snapshot_req snapshot() const noexcept;
    [[nodiscard]] drv_group_req group() const noexcept;
    [[nodiscard]] drv_group_snapshot_req group_snapshot() const noexcept;
    [[nodiscard]] drv_adopt_req adopt() const noexcept;
    [[nodiscard]] drv_retype_req retype() const noexcept;
    [[nodiscard]] const drv_qos &limits() const noexcept { return limits_; }

private:
    WireOp op_{};
    std::uint64_t deadline_ns_ = DRV_UNKNOWN;
    LogLevels log_levels_ = 0;
    std::string_view request_id_;
    // What only extensions take. False: the field is out of place.
    bool take_of_extension(const Field &field);

    drv_str id_{"", 0}, source_id_{"", 0}, name_{"", 0}, pool_{"", 0}, profile_{"", 0}, node_id_{"", 0},
        page_token_{"", 0}, backend_id_{"", 0};
    std::uint64_t flags_ = 0, bytes_ = 0, max_entries_ = 0;
    std::vector<drv_kv> attributes_;
    std::vector<drv_kv> initiators_;
    std::vector<drv_kv> snapshots_;
    std::vector<drv_str> added_;
    std::vector<drv_str> removed_;
    drv_qos limits_{.struct_size = sizeof(drv_qos)};
};

// How a call ended: what the op returned, and what it had said by `fail`, with the code as the driver wrote
// it.
struct Outcome {
    drv_status status = DRV_E_INTERNAL;
    std::optional<Error> failure;
    drv_status failure_code = DRV_OK;
};
void write_outcome(FrameWriter &to, const Outcome &outcome);

// Picks the outcome out of a result frame's fields, one by one; fields of other kinds are left alone. False:
// nonsense.
class OutcomeReader {
public:
    [[nodiscard]] bool take(const Field &field);
    // Nothing when the frame had no status.
    [[nodiscard]] std::optional<Outcome> finish() &&;

private:
    Outcome outcome_;
    bool has_status_ = false;
};

} // namespace drover::wire
