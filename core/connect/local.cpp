#include "core/connect/local.hpp"

#include "core/connect/local_device.hpp"
#include "loader/base/child_call.hpp"

#include <fmt/format.h>

#include <chrono>
#include <poll.h>

namespace drover::connect {
namespace {

using namespace std::chrono_literals;

// A device node follows the driver's answer within milliseconds; after this it is not coming.
constexpr auto kAppearLimit = 10s;
constexpr auto kLookEvery = 20ms;

Result<void> check(const Connection &connection) {
    if (connection.protocol != Protocol::local)
        return fail(Code::invalid, "the local connector was given a connection of another protocol");
    if (connection.device.empty())
        return fail(Code::invalid, "the driver named no device");
    if (connection.wwid.empty()) {
        return fail(Code::invalid,
                    fmt::format("the driver gave no wwid for {}: a device without identity is not used",
                                connection.device));
    }
    return {};
}

void pause_before(Deadline deadline) {
    const auto until = Deadline::after(kLookEvery).earlier(deadline);
    (void)::poll(nullptr, 0, until.poll_timeout_ms());
}

} // namespace

Result<Device> LocalConnector::find(const Connection &connection, Deadline deadline) {
    if (auto good = check(connection); !good)
        return fail(std::move(good).error());
    const auto work = [](std::string_view arguments) -> Result<std::string> {
        auto fields = split_fields(arguments);
        const Connection wanted{
            .protocol = Protocol::local, .device = std::move(fields.at(0)), .wwid = std::move(fields.at(1))};
        return inspect_local(wanted).map([](const Device &device) { return encode(device); });
    };
    auto answer = call_in_kept_child("looking at device " + connection.device, deadline, work,
                                     join_fields({connection.device, connection.wwid}));
    if (!answer)
        return fail(std::move(answer).error());
    return decode_device(*answer);
}

Result<Device> LocalConnector::connect(const Connection &connection, const Secrets &, Deadline deadline) {
    const Deadline limit = Deadline::after(kAppearLimit).earlier(deadline);
    for (;;) {
        auto device = find(connection, deadline);
        if (device || device.error().code != Code::not_found)
            return device;
        pause_before(limit);
        if (limit.has_passed()) {
            Error error = std::move(device).error();
            error.retryable = true;
            return fail(std::move(error).with_context("the device did not appear"));
        }
    }
}

Result<void> LocalConnector::disconnect(const Connection &connection, Deadline deadline) {
    auto device = find(connection, deadline);
    if (!device) {
        // Gone, or its name went to another device since: nothing of ours is there to let go of.
        const Code code = device.error().code;
        if (code == Code::not_found || code == Code::conflict)
            return {};
        return fail(std::move(device).error());
    }
    auto flushed =
        call_in_child("flushing device " + connection.device, deadline, [&]() -> Result<std::string> {
            return flush_local(*device).map([] { return std::string(); });
        });
    if (!flushed)
        return fail(std::move(flushed).error());
    return {};
}

Result<void> LocalConnector::drop(const Connection &, Deadline) {
    return {};
}

Result<Device> LocalConnector::rescan(const Connection &connection, std::uint64_t wanted_bytes,
                                      Deadline deadline) {
    for (;;) {
        auto device = find(connection, deadline);
        if (!device || device->bytes >= wanted_bytes)
            return device;
        auto refreshed =
            call_in_child("rescanning device " + connection.device, deadline, [&]() -> Result<std::string> {
                return refresh_local(*device).map([] { return std::string(); });
            });
        if (!refreshed)
            return fail(std::move(refreshed).error());
        device = find(connection, deadline);
        if (!device || device->bytes >= wanted_bytes)
            return device;
        if (deadline.has_passed()) {
            return fail_retryable(Code::deadline,
                                  fmt::format("device {} still has {} bytes where {} are wanted: the "
                                              "volume has not grown on this node",
                                              device->path.string(), device->bytes, wanted_bytes));
        }
        pause_before(deadline);
    }
}

} // namespace drover::connect
