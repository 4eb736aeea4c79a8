// The array's one iSCSI target in a tgtd: who may log in, with which CHAP, and the LUNs, which all see alike.
// It remembers what it told tgtd, which knows nothing else, so that what is so already costs nothing.
#pragma once

#include "conformance/simulators/frame/data_plane.hpp"
#include "conformance/simulators/frame/tgt/tgt_daemon.hpp"

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace drover::sim {

class TgtTarget {
public:
    // Nobody may log in, and there is no LUN. The daemon outlives it.
    static Result<TgtTarget> make(TgtDaemon &daemon, const std::string &iqn, DataIdentity identity);

    // From now on these may log in, with this CHAP, and nobody else; sessions of others end.
    Result<void> admit(const std::vector<std::string> &iqns, const DataChap &chap);

    Result<void> show(unsigned lun, const DataVolume &volume);
    // At once, also while it is read and written. Fine when the LUN is not there, or another volume's.
    Result<void> hide(unsigned lun, const std::string &serial);
    // The file has another size. Sessions stay, and commands that are on their way find the LUN as ever.
    Result<void> take_new_size(unsigned lun, const std::filesystem::path &file);

private:
    TgtTarget(TgtDaemon &daemon, DataIdentity identity) : daemon_(&daemon), identity_(std::move(identity)) {}

    Result<void> let_in(const std::string &iqn);
    Result<void> shut_out(const std::string &iqn);
    Result<void> end_sessions_of_others();
    Result<void> set_chap(const DataChap &chap);
    Result<void> add_account(const std::string &user, const std::string &password, bool of_target);
    Result<void> update(std::string_view what, unsigned lun, const std::string &parameters);

    TgtDaemon *daemon_;
    DataIdentity identity_;
    std::set<std::string> admitted_;
    bool others_may_be_in_ = false;             // with sessions from before
    std::optional<DataChap> chap_ = DataChap(); // nothing: half of another one is there
    std::set<std::string> accounts_;            // users
    std::map<unsigned, std::string> luns_;      // serials
};

} // namespace drover::sim
