#include "conformance/simulators/frame/nvmet/nvme_target.hpp"

#include "conformance/simulators/frame/lio/configfs.hpp"

#include <fmt/format.h>

#include <utility>

namespace drover::sim {
namespace fs = std::filesystem;
namespace {

constexpr unsigned kMostPorts = 65535;
constexpr const char *kNoUuid = "00000000-0000-0000-0000-000000000000";

fs::path root() {
    return configfs::nvme_root();
}

struct Listener {
    std::string family, address, port;
};

// Of "127.0.0.1:4420", "[::1]:4420".
Result<Listener> listener_of(const std::string &portal) {
    const auto colon = portal.rfind(':');
    if (colon == std::string::npos || colon == 0 || colon + 1 == portal.size()) {
        return fail(Code::invalid,
                    fmt::format("the portal \"{}\" is no address and port, as in 127.0.0.1:4420", portal));
    }
    Listener listener{.family = "ipv4", .address = portal.substr(0, colon), .port = portal.substr(colon + 1)};
    if (listener.address.front() == '[' && listener.address.back() == ']') {
        listener.family = "ipv6";
        listener.address = listener.address.substr(1, listener.address.size() - 2);
    }
    return listener;
}

Result<void> write_all(const fs::path &folder,
                       const std::vector<std::pair<const char *, std::string>> &values) {
    for (const auto &[file, value] : values) {
        if (auto written = configfs::write(folder / file, value); !written)
            return written;
    }
    return {};
}

} // namespace

NvmeTarget::NvmeTarget(std::string nqn, std::string model, std::vector<std::string> portals)
    : nqn_(std::move(nqn)), model_(std::move(model)), portals_(std::move(portals)),
      folder_(root() / "subsystems" / nqn_) {}

fs::path NvmeTarget::namespace_folder(unsigned number) const {
    return folder_ / "namespaces" / std::to_string(number);
}

Result<void> NvmeTarget::open() {
    if (auto closed = close(); !closed)
        return closed;
    if (auto made = configfs::make_folder(folder_); !made)
        return made;
    if (auto strict = configfs::write(folder_ / "attr_allow_any_host", "0"); !strict)
        return strict;
    configfs::try_write(folder_ / "attr_model", model_); // older kernels have a fixed one
    for (const auto &portal : portals_) {
        if (auto listening = listen(portal); !listening)
            return fail(std::move(listening).error().with_context(fmt::format("listening on {}", portal)));
    }
    return {};
}

Result<void> NvmeTarget::listen(const std::string &portal) const {
    const auto listener = listener_of(portal);
    if (!listener)
        return fail(listener.error());
    // Administrators number theirs from 1. Two arrays on one machine do not meet: making a folder that is
    // there fails, so each number has one owner.
    std::error_code error;
    for (unsigned number = 1000; number <= kMostPorts; ++number) {
        const auto port = root() / "ports" / std::to_string(number);
        if (!fs::create_directory(port, error)) {
            if (error)
                return fail(Code::internal, fmt::format("making {}: {}", port.string(), error.message()));
            continue;
        }
        auto set = write_all(port, {{"addr_adrfam", listener->family},
                                    {"addr_trtype", "tcp"},
                                    {"addr_traddr", listener->address},
                                    {"addr_trsvcid", listener->port}});
        if (set)
            set = configfs::make_link(folder_, port / "subsystems" / nqn_); // this is what listens
        if (!set)
            static_cast<void>(configfs::remove_folder(port));
        return set;
    }
    return fail(Code::conflict, "every number of a port of the kernel's NVMe target is taken");
}

Result<void> NvmeTarget::leave_port(const fs::path &port) const {
    std::error_code error;
    if (!fs::is_symlink(fs::symlink_status(port / "subsystems" / nqn_, error)))
        return {};
    if (auto removed = configfs::remove_link(port / "subsystems" / nqn_); !removed)
        return removed;
    // Others' subsystems may be on it.
    return configfs::links_in(port / "subsystems").empty() ? configfs::remove_folder(port) : Result<void>();
}

Result<void> NvmeTarget::close() {
    std::error_code error;
    if (!fs::is_directory(folder_, error))
        return {};
    for (const auto &name : configfs::names_in(root() / "ports")) {
        if (auto left = leave_port(root() / "ports" / name); !left)
            return left;
    }
    for (const auto &link : configfs::links_in(folder_ / "allowed_hosts")) {
        if (auto out = shut_out(link.filename().string()); !out)
            return out;
    }
    for (const auto &name : configfs::names_in(folder_ / "namespaces")) {
        configfs::try_write(folder_ / "namespaces" / name / "enable", "0");
        if (auto removed = configfs::remove_folder(folder_ / "namespaces" / name); !removed)
            return removed;
    }
    return configfs::remove_folder(folder_);
}

Result<void> NvmeTarget::let_in(const std::string &host_nqn) {
    const auto host = root() / "hosts" / host_nqn;
    auto in = configfs::make_folder(host);
    if (in)
        in = configfs::make_link(host, folder_ / "allowed_hosts" / host_nqn);
    if (!in)
        return fail(std::move(in).error().with_context(fmt::format("letting {} in", host_nqn)));
    return {};
}

Result<void> NvmeTarget::shut_out(const std::string &host_nqn) {
    if (auto out = configfs::remove_link(folder_ / "allowed_hosts" / host_nqn); !out)
        return out;
    // It stays while another subsystem of this machine lets it in.
    static_cast<void>(configfs::remove_folder(root() / "hosts" / host_nqn));
    return {};
}

Result<void> NvmeTarget::show(unsigned number, const std::string &nguid, const fs::path &device) {
    const auto folder = namespace_folder(number);
    std::error_code error;
    if (fs::is_directory(folder, error))
        return {}; // the array never gives a number to another volume while it is in use
    auto shown = configfs::make_folder(folder);
    // Without a UUID, which the kernel would invent anew each time, the NGUID is the identity.
    if (shown) {
        shown = write_all(folder, {{"device_path", device.string()},
                                   {"device_uuid", kNoUuid},
                                   {"device_nguid", nguid},
                                   {"enable", "1"}});
    }
    if (!shown) {
        static_cast<void>(hide(number));
        return fail(std::move(shown).error().with_context(fmt::format("showing namespace {}", number)));
    }
    return {};
}

Result<void> NvmeTarget::hide(unsigned number) {
    configfs::try_write(namespace_folder(number) / "enable", "0");
    return configfs::remove_folder(namespace_folder(number));
}

Result<void> NvmeTarget::take_new_size(unsigned number) const {
    return configfs::write(namespace_folder(number) / "revalidate_size", "1");
}

} // namespace drover::sim
