// The configuration keys a driver declares. agent.yml is checked against them before the driver is opened;
// the values are read with the getters of Host. Keys are constant data, written as an array at namespace
// scope:
//   constexpr drv_config_key kKeys[] = {drv::required(drv::string_key("address", "host name of the array")),
//                                       drv::u64_key("port", "its HTTPS port", "443")};
#pragma once

#include "drover/abi/types.h"
#include "drover/sdk/text.hpp"

#include <cstdint>
#include <string_view>

namespace drv {

namespace detail {
constexpr drv_config_key make_key(std::uint32_t kind, std::string_view name, std::string_view help,
                                  std::string_view fallback, std::uint32_t flags = 0) noexcept {
    return {to_abi(name), to_abi(help), to_abi(fallback), kind, flags};
}
} // namespace detail

// All arguments must be literals: the descriptor points to them for the life of the library. An empty
// fallback means none.
constexpr drv_config_key string_key(std::string_view name, std::string_view help,
                                    std::string_view fallback = {}) noexcept {
    return detail::make_key(DRV_KEY_STRING, name, help, fallback);
}
constexpr drv_config_key u64_key(std::string_view name, std::string_view help,
                                 std::string_view fallback = {}) noexcept {
    return detail::make_key(DRV_KEY_U64, name, help, fallback);
}
constexpr drv_config_key bool_key(std::string_view name, std::string_view help,
                                  std::string_view fallback = {}) noexcept {
    return detail::make_key(DRV_KEY_BOOL, name, help, fallback);
}
// A size: people write "10GiB". The fallback is in decimal bytes.
constexpr drv_config_key bytes_key(std::string_view name, std::string_view help,
                                   std::string_view fallback = {}) noexcept {
    return detail::make_key(DRV_KEY_BYTES, name, help, fallback);
}
// A list of texts. The fallback's items are separated by '\n'.
constexpr drv_config_key list_key(std::string_view name, std::string_view help,
                                  std::string_view fallback = {}) noexcept {
    return detail::make_key(DRV_KEY_LIST, name, help, fallback);
}
// A password or token, read with Host::secret only.
constexpr drv_config_key secret_key(std::string_view name, std::string_view help) noexcept {
    return detail::make_key(DRV_KEY_STRING, name, help, {}, DRV_KEY_SECRET);
}
constexpr drv_config_key required(drv_config_key key) noexcept {
    key.flags |= DRV_KEY_REQUIRED;
    return key;
}

} // namespace drv
