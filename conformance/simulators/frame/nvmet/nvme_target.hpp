// The array's subsystem in the kernel's NVMe target (nvmet), set up by configfs, on all its portals over TCP.
// Hosts are let in by name; whoever is in sees every namespace, since the kernel has no other way.
#pragma once

#include "conformance/simulators/frame/data_plane.hpp"

#include <filesystem>
#include <string>
#include <vector>

namespace drover::sim {

class NvmeTarget {
public:
    // `nqn` of the subsystem, `model` as hosts show it.
    NvmeTarget(std::string nqn, std::string model, std::vector<std::string> portals);

    // Takes away what an earlier run left of this subsystem, then makes it.
    Result<void> open();
    // The subsystem goes with its namespaces, and its hosts' controllers.
    Result<void> close();

    Result<void> let_in(const std::string &host_nqn);
    // Not let in is fine. Who is connected stays so.
    Result<void> shut_out(const std::string &host_nqn);

    // The device as the namespace of that number (from 1), with that identity: 32 hex digits.
    Result<void> show(unsigned number, const std::string &nguid, const std::filesystem::path &device);
    // Gone at once. Not there is fine.
    Result<void> hide(unsigned number);
    // Its device has another size already; hosts are told.
    Result<void> take_new_size(unsigned number) const;

private:
    [[nodiscard]] std::filesystem::path namespace_folder(unsigned number) const;
    Result<void> listen(const std::string &portal) const;
    Result<void> leave_port(const std::filesystem::path &port) const;

    std::string nqn_, model_;
    std::vector<std::string> portals_;
    std::filesystem::path folder_;
};

} // namespace drover::sim
