// The way of a record to the host: `emit` lowers a value to the ABI's struct and hands it over. When the host
// wants no more, emit throws Stopped, which passes through the driver to the guard. A sink is used by one
// thread at a time and never after the op returned.
#pragma once

#include "drover/abi/volume.h"
#include "drover/sdk/checks.hpp"
#include "drover/sdk/error.hpp"
#include "drover/sdk/volume.hpp"

#include <string_view>
#include <vector>

namespace drv {

namespace detail {

// Arrays a lowered record points to; kept by the sink so that rows of a long list reuse the memory.
struct Scratch {
    std::vector<drv_kv> attributes;
    std::vector<drv_str> first, second;

    void take(const std::vector<Attribute> &from) {
        attributes.clear();
        for (const Attribute &row : from)
            attributes.push_back({to_abi(row.key.view()), to_abi(row.value.view())});
    }
    static void take(const std::vector<Text> &from, std::vector<drv_str> &to) {
        to.clear();
        for (const Text &text : from)
            to.push_back(to_abi(text.view()));
    }
};

inline drv_volume lower(const Volume &from, Scratch &scratch) {
    scratch.take(from.attributes);
    Scratch::take(from.attached_nodes, scratch.first);
    return {.struct_size = sizeof(drv_volume),
            .state = static_cast<std::uint32_t>(from.state),
            .flags = (from.is_snapshot ? std::uint64_t{DRV_VOLUME_SNAPSHOT} : 0) |
                     (from.is_write_protected ? std::uint64_t{DRV_VOLUME_WRITE_PROTECTED} : 0),
            .id = to_abi(from.id.view()),
            .name = to_abi(from.name.view()),
            .backend_id = to_abi(from.backend_id.view()),
            .pool = to_abi(from.pool.view()),
            .profile = to_abi(from.profile.view()),
            .parent = to_abi(from.parent.view()),
            .bytes = from.bytes,
            .used_bytes = from.used_bytes,
            .created_unix_ns = from.created_unix_ns,
            .attached_nodes = scratch.first.data(),
            .attached_count = scratch.first.size(),
            .attrs = scratch.attributes.data(),
            .attr_count = scratch.attributes.size()};
}

inline drv_connection lower(const Connection &from, Scratch &scratch) {
    scratch.take(from.attributes);
    scratch.first.clear();
    scratch.second.clear();
    for (const Path &path : from.paths) {
        scratch.first.push_back(to_abi(path.portal.view()));
        scratch.second.push_back(to_abi(path.target.view()));
    }
    return {.struct_size = sizeof(drv_connection),
            .protocol = static_cast<std::uint32_t>(from.protocol),
            .device = to_abi(from.device.view()),
            .wwid = to_abi(from.wwid.view()),
            .lun = from.lun,
            .portals = scratch.first.data(),
            .targets = scratch.second.data(),
            .portal_count = scratch.first.size(),
            .auth_user = to_abi(from.auth_user.view()),
            .auth_secret_key = to_abi(from.auth_secret_key.view()),
            .attrs = scratch.attributes.data(),
            .attr_count = scratch.attributes.size()};
}

// A bug of the driver that the host would refuse anyway, said where the author looks. "": none.
inline std::string_view flaw(const Volume &volume, const Scratch & /*unused*/) noexcept {
    return volume.backend_id.empty() ? "a volume without backend_id was emitted" : "";
}
inline std::string_view flaw(const Connection &connection, const Scratch & /*unused*/) noexcept {
    return connection.wwid.empty() ? "a connection without wwid was emitted" : "";
}

// As much of the capabilities as the host's struct has room for.
inline void lower(const Capabilities &from, drv_caps &to) noexcept {
    to.protocols = from.protocols;
    to.flags = (from.thin ? std::uint64_t{DRV_CAP_THIN} : 0) |
               (from.multi_attach ? std::uint64_t{DRV_CAP_MULTI_ATTACH} : 0) |
               (from.online_extend ? std::uint64_t{DRV_CAP_ONLINE_EXTEND} : 0) |
               (from.zeroed ? std::uint64_t{DRV_CAP_ZEROED} : 0);
    to.min_bytes = from.min_bytes;
    to.max_bytes = from.max_bytes;
    to.granularity_bytes = from.granularity_bytes;
    to.total_bytes = from.total_bytes;
    to.free_bytes = from.free_bytes;
}

} // namespace detail

template <class Record, class Raw>
class Sink {
public:
    explicit Sink(const Raw *raw) : raw_(&detail::check_struct("the sink", raw, minor0())) {
        if (raw->emit == nullptr)
            throw detail::invalid("the sink", "has no emit function");
    }
    Sink(const Sink &) = delete;
    Sink &operator=(const Sink &) = delete;

    // Hands one record over; the host copies it. Throws Stopped when the host wants no more.
    void emit(const Record &record) {
        throw_if_stopped();
#ifndef NDEBUG
        if (const std::string_view wrong = flaw(record, scratch_); !wrong.empty())
            throw Error(Code::internal, "driver bug: " + std::string(wrong));
#endif
        const auto lowered = lower(record, scratch_); // found beside Scratch
        status_ = raw_->emit(raw_->data, &lowered);
        throw_if_stopped();
    }

    // Says that there is more, and where it begins: text of the driver's own making, UTF-8, not empty. At
    // most once, after the last row.
    void next_page(std::string_view token) requires requires(const Raw *raw) {
        raw->next_page;
    }
    {
        throw_if_stopped();
        if (raw_->next_page == nullptr)
            throw detail::invalid("the sink", "has no next_page function");
        status_ = raw_->next_page(raw_->data, to_abi(token));
        throw_if_stopped();
    }

    // Also for a driver that swallowed Stopped: the host's word goes back to the host.
    void throw_if_stopped() const {
        if (status_ != DRV_OK)
            throw Stopped{status_};
    }

private:
    static constexpr std::size_t minor0() {
        if constexpr (requires(const Raw &raw) { raw.next_page; }) {
            return DRV_SIZE_WITH(Raw, next_page);
        } else {
            return DRV_SIZE_WITH(Raw, emit);
        }
    }

    const Raw *raw_;
    drv_status status_ = DRV_OK;
    detail::Scratch scratch_;
};

using VolumeSink = Sink<Volume, drv_volume_sink>;
using ConnectionSink = Sink<Connection, drv_connection_sink>;

} // namespace drv
