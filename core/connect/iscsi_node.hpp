// One (target, portal) of open-iscsi: its node record, login and logout. `iscsiadm` is only told what to do;
// what is true is read from sysfs.
#pragma once

#include "core/connect/host_access.hpp"
#include "core/connect/node_record.hpp"
#include "core/connect/portal.hpp"

namespace drover::connect {

class IscsiNode {
public:
    IscsiNode(const HostAccess &host, std::string target, Portal portal)
        : host_(host), target_(std::move(target)), portal_(std::move(portal)) {}

    // Makes the record say what a session of ours needs. Not while anybody else works on this node.
    Result<void> prepare(const NodeSettings &settings, Deadline deadline) const;
    // Success says that iscsiadm is content: look whether the session works. Code::auth: CHAP was refused.
    Result<void> log_in(Deadline deadline) const;
    // Only sessions whose record is ours or lent to us. Then the record is deleted, or put back as it was.
    Result<void> log_out(Deadline deadline) const;
    [[nodiscard]] RecordOwner owner() const;

private:
    [[nodiscard]] std::filesystem::path record() const; // empty: there is none
    Result<void> make_record(Deadline deadline) const;
    [[nodiscard]] std::string group_tag(Deadline deadline) const;
    Result<ProgramResult> iscsiadm(std::vector<std::string> words, Deadline deadline) const;
    [[nodiscard]] std::vector<std::string> with_node(std::vector<std::string> words) const;

    const HostAccess &host_;
    std::string target_;
    Portal portal_;
};

} // namespace drover::connect
