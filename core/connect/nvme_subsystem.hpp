// NVMe controllers and namespaces as sysfs shows them, found by the subsystem's NQN and the namespace's own
// identity, never by a device's name or number: those change when a controller reconnects.
#pragma once

#include "core/connect/host_access.hpp"
#include "core/connect/portal.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace drover::connect {

struct NvmeController {
    std::string name; // "nvme0"
    std::string nqn;  // of its subsystem
    std::string state;
    std::string transport;
    std::optional<Portal> portal;

    [[nodiscard]] bool is_live() const noexcept { return state == "live"; }
};
std::vector<NvmeController> nvme_controllers(const HostAccess &host);

struct NvmeNamespace {
    std::string name;             // "nvme0n1"
    std::string nqn;              // of its subsystem
    std::vector<std::string> ids; // UUID with dashes, NGUID without; lower case
    std::uint64_t bytes = 0;
    bool read_only = false;
    unsigned major = 0;
    unsigned minor = 0;
};
// Of every namespace that has a device; the hidden ones of single paths are none.
std::vector<NvmeNamespace> nvme_namespaces(const HostAccess &host);

// "traddr=10.0.0.1,trsvcid=4420,src_addr=10.0.0.9", also with blanks. Nothing when address or port is
// missing.
std::optional<Portal> portal_of_address(std::string_view address);

// A UUID of 36 characters or an NGUID of 32 hex digits, lower case.
bool is_nvme_wwid(std::string_view text) noexcept;

} // namespace drover::connect
