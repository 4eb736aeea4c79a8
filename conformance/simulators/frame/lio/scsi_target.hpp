// A target of the array in the kernel, for one protocol: initiators are let in by name (over iSCSI with CHAP,
// if their host has it), and each sees only its own LUNs.
#pragma once

#include "conformance/simulators/frame/data_plane.hpp"

#include <filesystem>
#include <map>
#include <string>
#include <vector>

namespace drover::sim {

class ScsiTarget {
public:
    enum class Protocol { iscsi, fibre_channel };
    // `name` is an IQN, or 16 hex digits. Over Fibre Channel the name is that of a port of this machine.
    ScsiTarget(Protocol protocol, const std::string &name, std::vector<std::string> portals);

    // Takes away what an earlier run left of this target, then makes it.
    Result<void> open();
    // The target goes with its sessions.
    Result<void> close();

    // Those of a host that this target's protocol is for, as the other calls take them.
    [[nodiscard]] std::vector<std::string> initiators_of(const DataHost &host) const;
    Result<void> let_in(const std::string &initiator, const DataChap &chap);
    // Its sessions end.
    Result<void> shut_out(const std::string &initiator);

    // `backstore` is a folder in configfs. One that several initiators see is one LUN of the target.
    Result<void> show(const std::string &initiator, unsigned lun, const std::string &serial,
                      const std::filesystem::path &backstore);
    Result<void> hide(const std::string &initiator, unsigned lun);
    // When nobody sees it any more: its backstore can then be withdrawn. Unknown is fine.
    Result<void> drop(const std::string &serial);

private:
    [[nodiscard]] std::filesystem::path acl(const std::string &initiator) const;
    [[nodiscard]] std::filesystem::path lun_folder(unsigned number) const;
    [[nodiscard]] unsigned free_number() const;
    [[nodiscard]] Result<void> set_chap(const std::string &initiator, const DataChap &chap) const;

    Protocol protocol_;
    std::vector<std::string> portals_; // iSCSI's
    std::filesystem::path folder_;     // ".../iscsi/IQN"
    std::filesystem::path group_;      // ".../iscsi/IQN/tpgt_1"
    std::map<std::string, unsigned>
        numbers_; // serial: LUN of the target, which no initiator sees by that number
};

// 16 hex digits as the kernel writes them: "52:4a:93:70:a1:b2:c3:00".
[[nodiscard]] std::string with_colons(const std::string &wwn);

} // namespace drover::sim
