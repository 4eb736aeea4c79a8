#include "loader/host_bridge.hpp"

#include "loader/driver_text.hpp"
#include "loader/host_text.hpp"

#include <fmt/format.h>

#include <chrono>
#include <cstring>
#include <exception>
#include <span>

namespace drover {
namespace {

constexpr std::size_t kMaxKey = 255;
constexpr std::size_t kMaxLogLine = 8192;
// Shorter values occur in ordinary words; masking them would make lines unreadable and protect nothing.
constexpr std::size_t kMinMasked = 4;

void replace_all(std::string &text, std::string_view what, std::string_view with) {
    for (std::size_t at = text.find(what); at != std::string::npos; at = text.find(what, at + with.size()))
        text.replace(at, what.size(), with);
}

// A buffer that is wiped however it is left.
class WipedCopy {
public:
    explicit WipedCopy(const std::string &value) : bytes_(value.begin(), value.end()) {
        bytes_.push_back('\0');
    }
    ~WipedCopy() { ::explicit_bzero(bytes_.data(), bytes_.size()); }
    WipedCopy(const WipedCopy &) = delete;
    WipedCopy &operator=(const WipedCopy &) = delete;
    [[nodiscard]] drv_str get() const noexcept { return drv_str{bytes_.data(), bytes_.size() - 1}; }

private:
    std::vector<char> bytes_;
};

} // namespace

HostBridge::HostBridge(Host &host, Identity identity, BackendSettings settings,
                       std::vector<ConfigKey> declared)
    : host_(host), identity_(std::move(identity)), settings_(std::move(settings)),
      declared_(std::move(declared)), services_(identity_.store_folder) {
    for (const ConfigKey &key : declared_) {
        if (!key.secret && !key.fallback.empty())
            settings_.values.try_emplace(key.name, key.fallback);
    }
    table_ = drv_host_v1{
        .struct_size = sizeof table_,
        .abi_major = DRV_ABI_MAJOR,
        .abi_minor = DRV_ABI_MINOR,
        .host_data = this,
        .agent_version = borrow(identity_.agent_version),
        .backend = borrow(identity_.backend),
        .node_id = borrow(identity_.node_id),
        .log = &HostBridge::on_log,
        .log_enabled = &HostBridge::on_log_enabled,
        .now_ns = &HostBridge::on_now_ns,
        .config = &HostBridge::on_config,
        .secret = &HostBridge::on_secret,
        .service = &HostBridge::on_service,
    };
}

HostBridge::~HostBridge() {
    for (auto &[key, value] : settings_.secrets)
        ::explicit_bzero(value.data(), value.size());
}

void HostBridge::log(LogLevel level, std::string_view message) noexcept {
    try {
        host_.log(identity_.backend, level, one_line(masked(message), kMaxLogLine));
    } catch (...) { // a line that cannot be written must not end what it tells of
    }
}

std::string HostBridge::masked(std::string_view text) const {
    std::string result(text);
    for (const auto &[key, value] : settings_.secrets) {
        if (value.size() < kMinMasked)
            continue;
        replace_all(result, value, "***");
        // Error texts were made one line before they come here.
        if (value.find_first_of("\n\r\t") != std::string::npos)
            replace_all(result, one_line(std::string_view(value)), "***");
    }
    return result;
}

Error HostBridge::masked(Error error) const {
    if (!settings_.secrets.empty()) {
        error.message = masked(error.message);
        error.vendor_code = masked(error.vendor_code);
    }
    return error;
}

void HostBridge::on_log(const drv_host_v1 *self, std::int32_t level, drv_str message) noexcept {
    try {
        HostBridge &bridge = of(self);
        LogLevel host_level = LogLevel::warn; // for levels of a newer minor
        std::string_view prefix;
        switch (level) {
        case DRV_LOG_DEBUG:
            host_level = LogLevel::debug;
            break;
        case DRV_LOG_INFO:
            host_level = LogLevel::info;
            break;
        case DRV_LOG_WARN:
            host_level = LogLevel::warn;
            break;
        case DRV_LOG_ERROR:
            host_level = LogLevel::error;
            break;
        case DRV_LOG_HOST_MISBEHAVING:
            prefix = "the host breaks the contract: ";
            break;
        case DRV_LOG_DRIVER_MISBEHAVING:
            prefix = "the driver breaks the contract: ";
            break;
        default:
            break;
        }
        if (!bridge.host_.log_enabled(host_level))
            return;
        // Masked before it is cut, so that no half of a secret is left at the end.
        const std::string text = message.data != nullptr && message.len <= (1U << 20)
                                     ? bridge.masked(view_of(message))
                                     : one_line(message);
        bridge.host_.log(bridge.identity_.backend, host_level,
                         fmt::format("{}{}", prefix, one_line(std::string_view(text), kMaxLogLine)));
    } catch (...) { // as in log()
    }
}

std::uint32_t HostBridge::on_log_enabled(const drv_host_v1 *self, std::int32_t level) noexcept {
    const auto known =
        level >= DRV_LOG_DEBUG && level <= DRV_LOG_ERROR ? static_cast<LogLevel>(level) : LogLevel::warn;
    return of(self).host_.log_enabled(known) ? 1 : 0;
}

std::uint64_t HostBridge::on_now_ns(const drv_host_v1 * /*self*/) noexcept {
    return static_cast<std::uint64_t>(std::chrono::steady_clock::now().time_since_epoch().count());
}

const ConfigKey *HostBridge::declared(drv_str key) const noexcept {
    if (key.data == nullptr || key.len == 0 || key.len > kMaxKey)
        return nullptr;
    for (const ConfigKey &row : declared_) {
        if (row.name == view_of(key))
            return &row;
    }
    return nullptr;
}

drv_status HostBridge::on_config(const drv_host_v1 *self, drv_str key, drv_str *value) noexcept {
    const HostBridge &bridge = of(self);
    const ConfigKey *row = bridge.declared(key);
    if (row == nullptr || row->secret || value == nullptr)
        return DRV_E_INVALID;
    const auto found = bridge.settings_.values.find(row->name);
    if (found == bridge.settings_.values.end())
        return DRV_E_NOT_FOUND;
    *value = borrow(found->second);
    return DRV_OK;
}

drv_status HostBridge::on_secret(const drv_host_v1 *self, drv_str key, void *data,
                                 void (*use)(void *data, drv_str value)) noexcept {
    const HostBridge &bridge = of(self);
    const ConfigKey *row = bridge.declared(key);
    if (row == nullptr || !row->secret || use == nullptr)
        return DRV_E_INVALID;
    const auto found = bridge.settings_.secrets.find(row->name);
    if (found == bridge.settings_.secrets.end())
        return DRV_E_NOT_FOUND;
    const WipedCopy copy(found->second);
    use(data, copy.get());
    return DRV_OK;
}

const void *HostBridge::on_service(const drv_host_v1 *self, drv_str id) noexcept {
    return id.data == nullptr || id.len > kMaxKey ? nullptr : of(self).services_.find(view_of(id));
}

} // namespace drover
