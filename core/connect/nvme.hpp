// NVMe over TCP: controllers made by nvme-cli, paths joined by the kernel's own multipath. A volume is a
// namespace of the subsystem that the driver names, proven by its UUID or NGUID, which the kernel itself
// checks at each reconnect.
#pragma once

#include "core/connect/connector.hpp"
#include "core/connect/host_access.hpp"
#include "core/connect/nvme_subsystem.hpp"

#include <mutex>
#include <vector>

namespace drover::connect {

class NvmeConnector final : public Connector {
public:
    explicit NvmeConnector(HostAccess host) : host_(std::move(host)) {}

    Result<Device> connect(const Connection &connection, const Secrets &secrets, Deadline deadline) override;
    Result<Device> find(const Connection &connection, Deadline deadline) override;
    // Controllers go with the last namespace of their subsystem.
    Result<void> disconnect(const Connection &connection, Deadline deadline) override;
    Result<void> drop(const Connection &connection, Deadline deadline) override;
    Result<Device> rescan(const Connection &connection, std::uint64_t wanted_bytes,
                          Deadline deadline) override;

private:
    struct Way {
        std::string nqn;
        Portal portal;
        bool operator==(const Way &) const = default;
    };

    static Result<std::vector<Way>> ways_of(const Connection &connection);
    [[nodiscard]] std::vector<NvmeController> controllers_of(const std::vector<Way> &ways) const;
    [[nodiscard]] std::vector<NvmeNamespace> namespaces_of(const std::vector<Way> &ways) const;
    Result<void> open(const Way &way, Deadline deadline) const;
    void look_again(const std::vector<Way> &ways, Deadline deadline) const;
    // Waits until the volume is there with `wanted_bytes`.
    Result<Device> appear(const Connection &connection, const std::vector<Way> &ways,
                          std::uint64_t wanted_bytes, Deadline deadline);
    Result<void> close(const Connection &connection, const std::vector<Way> &ways, Deadline deadline);

    HostAccess host_;
    std::mutex uses_mutex_;
    std::vector<std::string> uses_; // NQNs that a connect counts on now
};

} // namespace drover::connect
