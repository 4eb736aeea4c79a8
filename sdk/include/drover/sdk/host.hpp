// The host as a driver sees it: log, clock, identity, services, and the configuration as typed values. What
// agent.yml holds was checked against the declared keys before open; the getters check again and name the
// key. All of it is [any]: callable on any thread of the driver between the start of open and the return of
// close.
#pragma once

#include "drover/abi/host.h"
#include "drover/sdk/error.hpp"
#include "drover/sdk/text.hpp"

#include <charconv>
#include <cstdint>
#include <exception>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace drv {

enum class LogLevel : std::int32_t {
    debug = DRV_LOG_DEBUG,
    info = DRV_LOG_INFO,
    warn = DRV_LOG_WARN,
    error = DRV_LOG_ERROR,
    host_misbehaving = DRV_LOG_HOST_MISBEHAVING,
    driver_misbehaving = DRV_LOG_DRIVER_MISBEHAVING,
};

// A handle: cheap to copy, valid until close returns.
class Host {
public:
    explicit Host(const drv_host_v1 *raw) noexcept : raw_(raw) {}

    [[nodiscard]] std::string_view agent_version() const noexcept { return view_of(raw_->agent_version); }
    // The backend's name in agent.yml; may differ from the driver's name.
    [[nodiscard]] std::string_view backend() const noexcept { return view_of(raw_->backend); }
    // This node, as attach requests name it.
    [[nodiscard]] std::string_view node_id() const noexcept { return view_of(raw_->node_id); }
    // CLOCK_MONOTONIC in nanoseconds.
    [[nodiscard]] std::uint64_t now_ns() const noexcept { return raw_->now_ns(raw_); }

    // Ask before building an expensive line.
    [[nodiscard]] bool log_enabled(LogLevel level) const noexcept {
        return raw_->log_enabled(raw_, static_cast<std::int32_t>(level)) != 0;
    }
    // One line; never a secret. Control characters are replaced. Never fails.
    void log(LogLevel level, std::string_view message) const noexcept {
        try {
            if (log_enabled(level)) {
                const std::string line = one_line(message);
                raw_->log(raw_, static_cast<std::int32_t>(level), to_abi(line));
            }
        } catch (...) { // out of memory: a lost line must not end the op
        }
    }
    void debug(std::string_view message) const noexcept { log(LogLevel::debug, message); }
    void info(std::string_view message) const noexcept { log(LogLevel::info, message); }
    void warn(std::string_view message) const noexcept { log(LogLevel::warn, message); }
    void error(std::string_view message) const noexcept { log(LogLevel::error, message); }

    // A host service's table by id ("drv.store/1"), or NULL. Check its struct_size with DRV_HAS.
    [[nodiscard]] const void *service(std::string_view id) const noexcept {
        return raw_->service(raw_, to_abi(id));
    }

    // ---- Configuration. Nothing: not configured and no fallback. A value of the wrong form, or a key that
    // was not declared (a bug of the driver), throws Error. ----

    [[nodiscard]] std::optional<std::string> find_string(std::string_view key) const {
        drv_str value{"", 0};
        const std::string name(key); // terminated, as all text of ours for a C host
        const drv_status status = raw_->config(raw_, to_abi(name), &value);
        if (status == DRV_E_NOT_FOUND)
            return std::nullopt;
        if (status != DRV_OK) {
            throw Error(Code::internal, "configuration key \"" + name +
                                            "\" cannot be read: the driver does not declare it, "
                                            "or declares it as a secret");
        }
        return std::string(view_of(value));
    }
    // Decimal digits only.
    [[nodiscard]] std::optional<std::uint64_t> find_u64(std::string_view key) const {
        const auto text = find_string(key);
        if (!text)
            return std::nullopt;
        std::uint64_t value = 0;
        const char *end = text->data() + text->size();
        const auto [stop, problem] = std::from_chars(text->data(), end, value);
        if (text->empty() || problem != std::errc() || stop != end)
            throw wrong(key, *text, "a whole number");
        return value;
    }
    // A size in bytes: the host has turned "10GiB" into digits.
    [[nodiscard]] std::optional<std::uint64_t> find_bytes(std::string_view key) const {
        return find_u64(key);
    }
    [[nodiscard]] std::optional<bool> find_bool(std::string_view key) const {
        const auto text = find_string(key);
        if (!text)
            return std::nullopt;
        if (*text != "true" && *text != "false")
            throw wrong(key, *text, "true or false");
        return *text == "true";
    }
    // The items of a list, in order, without empty ones.
    [[nodiscard]] std::optional<std::vector<std::string>> find_list(std::string_view key) const {
        const auto text = find_string(key);
        if (!text)
            return std::nullopt;
        std::vector<std::string> items;
        for (std::size_t at = 0; at <= text->size();) {
            const std::size_t end = std::min(text->find('\n', at), text->size());
            if (end > at)
                items.push_back(text->substr(at, end - at));
            at = end + 1;
        }
        return items;
    }

    // The same for keys that must be there (required, or with a fallback).
    [[nodiscard]] std::string string(std::string_view key) const { return need(key, find_string(key)); }
    [[nodiscard]] std::uint64_t u64(std::string_view key) const { return need(key, find_u64(key)); }
    [[nodiscard]] std::uint64_t bytes(std::string_view key) const { return need(key, find_bytes(key)); }
    [[nodiscard]] bool boolean(std::string_view key) const { return need(key, find_bool(key)); }
    [[nodiscard]] std::vector<std::string> list(std::string_view key) const {
        return need(key, find_list(key));
    }

    // Calls use(std::string_view) with the secret on this thread; the bytes are wiped when it returns, so it
    // must not keep them longer than it needs. False: not configured. What `use` throws arrives here.
    template <class Use>
    bool find_secret(std::string_view key, Use &&use) const {
        struct Trampoline {
            Use &use;
            std::exception_ptr thrown;
        } trampoline{use, nullptr};
        const std::string name(key);
        const drv_status status =
            raw_->secret(raw_, to_abi(name), &trampoline, [](void *data, drv_str value) noexcept {
                auto &self = *static_cast<Trampoline *>(data);
                try { // nothing may unwind through the host's frames
                    self.use(view_of(value));
                } catch (...) {
                    self.thrown = std::current_exception();
                }
            });
        if (trampoline.thrown)
            std::rethrow_exception(trampoline.thrown);
        if (status == DRV_E_NOT_FOUND)
            return false;
        if (status != DRV_OK) {
            throw Error(Code::internal, "configuration key \"" + name +
                                            "\" cannot be read: the driver does not declare it as a secret");
        }
        return true;
    }
    // As find_secret, for a secret that must be there.
    template <class Use>
    void secret(std::string_view key, Use &&use) const {
        if (!find_secret(key, std::forward<Use>(use)))
            throw missing(key);
    }

    [[nodiscard]] const drv_host_v1 *raw() const noexcept { return raw_; }

private:
    [[nodiscard]] static Error missing(std::string_view key) {
        return Error(Code::invalid, "configuration key \"" + std::string(key) + "\" is not set");
    }
    [[nodiscard]] static Error wrong(std::string_view key, const std::string &found, const char *wanted) {
        return Error(Code::invalid, "configuration key \"" + std::string(key) + "\" is \"" + found +
                                        "\"; expected " + wanted);
    }
    template <class T>
    [[nodiscard]] static T need(std::string_view key, std::optional<T> value) {
        if (!value)
            throw missing(key);
        return *std::move(value);
    }

    const drv_host_v1 *raw_;
};

} // namespace drv
