#include "core/connect/nvme_subsystem.hpp"

#include "core/connect/sysfs.hpp"

#include <algorithm>

namespace drover::connect {
namespace {

bool is_hex(char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
}

std::string lower(std::string text) {
    std::transform(text.begin(), text.end(), text.begin(),
                   [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
    return text;
}

bool is_nothing(const std::string &id) {
    return std::ranges::all_of(id, [](char c) { return c == '0' || c == '-'; });
}

// sysfs prints the NGUID like a UUID.
std::vector<std::string> ids_of(const std::filesystem::path &folder) {
    std::vector<std::string> ids;
    if (auto uuid = lower(read_attribute(folder / "uuid")); is_nvme_wwid(uuid) && !is_nothing(uuid))
        ids.push_back(std::move(uuid));
    auto nguid = lower(read_attribute(folder / "nguid"));
    std::erase(nguid, '-');
    if (is_nvme_wwid(nguid) && !is_nothing(nguid))
        ids.push_back(std::move(nguid));
    return ids;
}

// "nvme0n1", not "nvme0c1n1" and not a partition.
bool is_namespace(std::string_view name) {
    constexpr std::string_view kNvme = "nvme";
    if (!name.starts_with(kNvme))
        return false;
    name.remove_prefix(kNvme.size());
    const auto n = name.find('n');
    return n != std::string_view::npos && number(name.substr(0, n)) && number(name.substr(n + 1));
}

} // namespace

bool is_nvme_wwid(std::string_view text) noexcept {
    if (text.size() == 32)
        return std::all_of(text.begin(), text.end(), is_hex);
    if (text.size() != 36)
        return false;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const bool is_dash = i == 8 || i == 13 || i == 18 || i == 23;
        if (is_dash ? text[i] != '-' : !is_hex(text[i]))
            return false;
    }
    return true;
}

std::optional<Portal> portal_of_address(std::string_view address) {
    std::string_view host;
    std::string_view port;
    while (!address.empty()) {
        const auto end = address.find_first_of(", \t");
        const auto token = address.substr(0, end);
        constexpr std::string_view kAddress = "traddr=";
        constexpr std::string_view kPort = "trsvcid=";
        if (token.starts_with(kAddress))
            host = token.substr(kAddress.size());
        if (token.starts_with(kPort))
            port = token.substr(kPort.size());
        address.remove_prefix(end == std::string_view::npos ? address.size() : end + 1);
    }
    auto portal = make_portal(host, port);
    if (!portal)
        return std::nullopt;
    return std::move(*portal);
}

std::vector<NvmeController> nvme_controllers(const HostAccess &host) {
    std::vector<NvmeController> found;
    const auto all = host.at("sys/class/nvme");
    for (const auto &name : names_in(all)) {
        const auto folder = all / name;
        found.push_back({.name = name,
                         .nqn = read_attribute(folder / "subsysnqn"),
                         .state = read_attribute(folder / "state"),
                         .transport = read_attribute(folder / "transport"),
                         .portal = portal_of_address(read_attribute(folder / "address"))});
    }
    return found;
}

std::vector<NvmeNamespace> nvme_namespaces(const HostAccess &host) {
    std::vector<NvmeNamespace> found;
    for (const auto &name : names_in(host.at("sys/block"))) {
        if (!is_namespace(name))
            continue;
        const auto folder = host.at("sys/block") / name;
        const auto dev = device_number(read_attribute(folder / "dev"));
        if (!dev)
            continue;
        // `device` is the subsystem, or without the kernel's multipath the controller; both tell the NQN.
        found.push_back({.name = name,
                         .nqn = read_attribute(folder / "device" / "subsysnqn"),
                         .ids = ids_of(folder),
                         .bytes = number(read_attribute(folder / "size")).value_or(0) * 512,
                         .read_only = read_attribute(folder / "ro") == "1",
                         .major = dev->major,
                         .minor = dev->minor});
    }
    return found;
}

} // namespace drover::connect
