// An array of one's own: a TLS server with a certificate of a test's authority, a client that trusts it, and
// calls that can be cancelled.
#pragma once

#include "drover/sdk/rest/client.hpp"
#include "drover/sdk/testing/fake_host.hpp"
#include "sdk/rest/signal_fd.hpp"
#include "sdk/rest/tests/tls_server.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <filesystem>
#include <stdlib.h>
#include <string>

namespace drv::rest::testing {

inline constexpr std::chrono::seconds kPatience{60}; // for what must happen

// A call with a descriptor for its cancellation, as the agent makes them.
class CancelCall {
public:
    CancelCall() {
        ops_ = {.struct_size = sizeof ops_,
                .reserved = 0,
                .fail = [](const drv_call *, const drv_failure *failure) { return failure->code; },
                .cancelled = [](const drv_call *raw) -> std::uint32_t { return of(raw).cancelled_ ? 1 : 0; },
                .cancel_fd = [](const drv_call *raw) -> std::int32_t { return of(raw).event_.fd(); },
                .progress = [](const drv_call *, std::uint32_t, drv_str) {}};
        raw_ = {.struct_size = sizeof raw_,
                .reserved = 0,
                .deadline_ns = UINT64_MAX,
                .request_id = to_abi(""),
                .ops = &ops_,
                .host_data = this};
    }
    void cancel() {
        cancelled_ = true;
        event_.set();
    }
    [[nodiscard]] const Call &get() { return scope_.call(); }

private:
    static CancelCall &of(const drv_call *raw) { return *static_cast<CancelCall *>(raw->host_data); }

    drv::testing::FakeHost host_;
    Event event_;
    std::atomic<bool> cancelled_{false};
    drv_call_ops ops_{};
    drv_call raw_{};
    detail::CallScope scope_{&raw_, host_.get()};
};

class Folder {
public:
    Folder() {
        std::string name = (std::filesystem::temp_directory_path() / "drover-rest-XXXXXX").string();
        if (::mkdtemp(name.data()) == nullptr)
            throw std::runtime_error("no folder");
        path = name;
    }
    ~Folder() {
        std::error_code error;
        std::filesystem::remove_all(path, error);
    }
    Folder(const Folder &) = delete;
    Folder &operator=(const Folder &) = delete;
    std::filesystem::path path;
};

// Making keys takes its time: one authority for all tests of the program.
inline const Authority &authority() {
    static const Authority instance("authority of the tests");
    return instance;
}
inline const Identity &array_identity() {
    static const Identity instance = authority().issue(kLoopbackNames);
    return instance;
}

class RestTest : public ::testing::Test {
protected:
    RestTest() { write_pem(authority().identity(), ca_file()); }

    [[nodiscard]] std::filesystem::path ca_file() const { return folder.path / "ca.pem"; }
    [[nodiscard]] Options options_for(const TlsServer &server) const { return options_for(server.port()); }
    [[nodiscard]] Options options_for(std::uint16_t port) const {
        Options options;
        options.address = {"127.0.0.1", port};
        options.tls.ca_file = ca_file().string();
        return options;
    }
    [[nodiscard]] static Limit patience() { return Limit::within(kPatience); }
    // What the call throws.
    template <class Run>
    static Error error_of(Run run) {
        try {
            static_cast<void>(run());
        } catch (const Error &error) {
            return error;
        }
        ADD_FAILURE() << "no error";
        return {Code::internal, "no error"};
    }
    [[nodiscard]] std::string logged() const {
        std::string all;
        for (const auto level : {DRV_LOG_DEBUG, DRV_LOG_INFO, DRV_LOG_WARN, DRV_LOG_ERROR})
            all += host.logged(level);
        return all;
    }
    [[nodiscard]] Host the_host() const { return Host(host.get()); }
    // Answers every request with the same, until the client closes.
    static TlsServer::Handler always(int status, std::string body) {
        return [status, body = std::move(body)](Peer &peer) {
            while (peer.read_request() && peer.answer(status, body)) {
            }
        };
    }

    Folder folder;
    drv::testing::FakeHost host;
};

inline Request get(std::string path) {
    return {.method = Method::get, .path = std::move(path)};
}
inline Request post(std::string path, std::string body) {
    return {.method = Method::post, .path = std::move(path), .body = std::move(body)};
}

} // namespace drv::rest::testing
