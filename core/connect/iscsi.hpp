// The iSCSI transport: sessions of open-iscsi, shared by all volumes of a target. Sessions that somebody else
// opened are used and never closed.
#pragma once

#include "core/connect/host_access.hpp"
#include "core/connect/iscsi_session.hpp"
#include "core/connect/node_record.hpp"
#include "core/connect/transport.hpp"

#include <map>
#include <mutex>

namespace drover::connect {

class IscsiTransport final : public Transport {
public:
    // `initiator`: the name to be known by. Only sessions with it are used then, and none is opened beside
    // one to the same portal that has another. Empty: this node's own, from initiatorname.iscsi.
    explicit IscsiTransport(HostAccess host, std::string initiator = {})
        : host_(std::move(host)), initiator_(std::move(initiator)) {}

    [[nodiscard]] Result<void> check(const Connection &connection) const override;
    // All portals at the same time, each with a deadline of its own: a dead one costs the others nothing.
    Result<Reached> reach(const Connection &connection, const Secrets &secrets, bool one_is_enough,
                          Deadline deadline) override;
    [[nodiscard]] std::vector<Nexus> nexuses(const Connection &connection) const override;
    Result<void> leave(const Connection &connection, Deadline deadline) override;

private:
    // Of one (target, portal): who works on its record or session, and who counts on the session.
    struct Node {
        std::timed_mutex work;
        std::mutex uses_mutex;
        unsigned uses = 0;
    };
    struct Way {
        std::string target;
        Portal portal;
        auto operator<=>(const Way &) const = default; // NOLINT(modernize-use-nullptr)
        [[nodiscard]] std::string text() const { return target + " at " + portal.text(); }
    };

    static Result<std::vector<Way>> ways_of(const Connection &connection);
    std::shared_ptr<Node> node_of(const Way &way);
    static std::shared_ptr<void> use(std::shared_ptr<Node> node);
    [[nodiscard]] bool is_of_ours(const IscsiSession &session) const;
    [[nodiscard]] std::optional<IscsiSession> session_to(const Way &way) const;
    [[nodiscard]] Result<void> open_session(const Way &way, const NodeSettings &settings,
                                            Deadline deadline) const;
    [[nodiscard]] Result<Nexus> log_in(const Way &way, Node &node, const NodeSettings &settings,
                                       Deadline deadline) const;
    Result<void> leave(const Way &way, Deadline deadline);

    HostAccess host_;
    std::string initiator_;
    std::mutex nodes_mutex_;
    std::map<Way, std::shared_ptr<Node>> nodes_; // never shrinks: portals of the arrays this agent knows
};

} // namespace drover::connect
