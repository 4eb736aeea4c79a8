#include "conformance/simulators/frame/tgt/tgt_target.hpp"

#include <fmt/format.h>

#include <sstream>
#include <utility>

namespace drover::sim {
namespace {

constexpr const char *kTarget = "--tid=1";

std::string number_of(unsigned lun) {
    return fmt::format("--lun={}", lun);
}

// tgtd splits what it is told at commas.
Result<void> check_path(const std::filesystem::path &file) {
    if (file.native().find(',') == std::string::npos)
        return {};
    return fail(Code::invalid, fmt::format("tgtd cannot serve {}: there is a comma in its path; give another "
                                           "--data-dir",
                                           file.native()));
}

Result<void> check_users(const DataChap &chap) {
    if (!chap.user.empty() && chap.user == chap.target_user) {
        return fail(Code::unsupported,
                    fmt::format("tgtd knows accounts by their names alone, so the host's and "
                                "the target's CHAP user cannot both be {}: name one "
                                "otherwise, or use the data plane lio",
                                chap.user));
    }
    return {};
}

struct Connection {
    std::string session, number, initiator;
};

// "Session: 3", below it "Connection: 0" and "Initiator: iqn...", each with blanks before it.
std::vector<Connection> connections_in(const std::string &output) {
    std::vector<Connection> connections;
    std::istringstream lines(output);
    Connection now;
    for (std::string key, value; lines >> key && std::getline(lines >> std::ws, value);) {
        if (key == "Session:") {
            now.session = value;
        } else if (key == "Connection:") {
            now.number = value;
        } else if (key == "Initiator:") {
            now.initiator = value;
            connections.push_back(now);
        }
    }
    return connections;
}

} // namespace

Result<TgtTarget> TgtTarget::make(TgtDaemon &daemon, const std::string &iqn, DataIdentity identity) {
    auto made =
        daemon.tell("making the target", {"--mode=target", "--op=new", kTarget, "--targetname=" + iqn});
    if (!made)
        return fail(std::move(made).error());
    return TgtTarget(daemon, std::move(identity));
}

Result<void> TgtTarget::admit(const std::vector<std::string> &iqns, const DataChap &chap) {
    if (auto good = check_users(chap); !good)
        return good;
    const std::set<std::string> wanted(iqns.begin(), iqns.end());
    const bool has_new_chap = !chap_ || !(chap == *chap_);
    for (const auto &iqn : std::set<std::string>(admitted_)) {
        const bool stays = wanted.contains(iqn);
        // Nobody may come in while there is no CHAP.
        if (stays && !has_new_chap)
            continue;
        if (auto out = shut_out(iqn); !out)
            return out;
        others_may_be_in_ = others_may_be_in_ || !stays;
    }
    if (has_new_chap) {
        if (auto set = set_chap(chap); !set)
            return set;
    }
    for (const auto &iqn : wanted) {
        if (auto in = let_in(iqn); !in)
            return in;
    }
    return others_may_be_in_ ? end_sessions_of_others() : Result<void>();
}

Result<void> TgtTarget::let_in(const std::string &iqn) {
    if (admitted_.contains(iqn))
        return {};
    auto bound = daemon_->tell(fmt::format("admitting {}", iqn),
                               {"--mode=target", "--op=bind", kTarget, "--initiator-name=" + iqn});
    if (bound)
        admitted_.insert(iqn);
    return bound;
}

Result<void> TgtTarget::shut_out(const std::string &iqn) {
    auto unbound = daemon_->tell(fmt::format("shutting out {}", iqn),
                                 {"--mode=target", "--op=unbind", kTarget, "--initiator-name=" + iqn});
    if (unbound)
        admitted_.erase(iqn);
    return unbound;
}

Result<void> TgtTarget::end_sessions_of_others() {
    const auto shown = daemon_->ask("asking for sessions", {"--mode=conn", "--op=show", kTarget});
    if (!shown)
        return fail(shown.error());
    for (const auto &connection : connections_in(*shown)) {
        if (admitted_.contains(connection.initiator))
            continue;
        auto ended = daemon_->tell(fmt::format("ending a session of {}", connection.initiator),
                                   {"--mode=conn", "--op=delete", kTarget, "--sid=" + connection.session,
                                    "--cid=" + connection.number});
        if (ended)
            continue;
        // It may have ended by itself.
        const auto left = daemon_->ask("asking for sessions", {"--mode=conn", "--op=show", kTarget});
        for (const auto &other : left ? connections_in(*left) : std::vector{connection}) {
            if (other.session == connection.session && other.number == connection.number)
                return ended;
        }
    }
    others_may_be_in_ = false;
    return {};
}

Result<void> TgtTarget::set_chap(const DataChap &chap) {
    chap_.reset();
    for (const auto &user : std::set<std::string>(accounts_)) {
        auto removed =
            daemon_->tell("removing a CHAP account", {"--mode=account", "--op=delete", "--user=" + user});
        if (!removed)
            return removed;
        accounts_.erase(user);
    }
    auto added = add_account(chap.user, chap.password, false);
    if (added)
        added = add_account(chap.target_user, chap.target_secret, true);
    if (added)
        chap_ = chap;
    return added;
}

Result<void> TgtTarget::add_account(const std::string &user, const std::string &password, bool of_target) {
    if (user.empty())
        return {};
    auto made = daemon_->tell("making a CHAP account",
                              {"--mode=account", "--op=new", "--user=" + user, "--password=" + password});
    if (!made)
        return made;
    accounts_.insert(user);
    std::vector<std::string> bind = {"--mode=account", "--op=bind", kTarget, "--user=" + user};
    if (of_target)
        bind.emplace_back("--outgoing");
    return daemon_->tell("giving the target a CHAP account", bind);
}

Result<void> TgtTarget::update(std::string_view what, unsigned lun, const std::string &parameters) {
    return daemon_->tell(fmt::format("{} LUN {}", what, lun), {"--mode=logicalunit", "--op=update", kTarget,
                                                               number_of(lun), "--params=" + parameters});
}

Result<void> TgtTarget::show(unsigned lun, const DataVolume &volume) {
    if (const auto known = luns_.find(lun); known != luns_.end()) {
        if (known->second == volume.serial)
            return {};
        return fail(Code::conflict, fmt::format("LUN {} cannot show the volume {}: it shows {}", lun,
                                                volume.serial, known->second));
    }
    if (auto good = check_path(volume.file); !good)
        return good;
    auto made = daemon_->tell(fmt::format("showing LUN {}", lun),
                              {"--mode=logicalunit", "--op=new", kTarget, number_of(lun),
                               "--backing-store=" + volume.file.native()});
    if (!made)
        return made;
    luns_[lun] = volume.serial;
    // tgtd makes the NAA designators of page 0x83 itself; of them nothing can be set.
    auto named = update("naming", lun,
                        fmt::format("vendor_id={},product_id={},scsi_sn={},scsi_id={},thin_provisioning=1",
                                    identity_.vendor, identity_.product, volume.serial, volume.serial));
    if (!named)
        static_cast<void>(hide(lun, volume.serial));
    return named;
}

Result<void> TgtTarget::hide(unsigned lun, const std::string &serial) {
    if (const auto known = luns_.find(lun); known == luns_.end() || known->second != serial)
        return {};
    // tgtd keeps a LUN that has a command in it ("this logical unit is still active"). One that is off line
    // answers each with an error instead; only those of a moment ago may still be at work on the file. Only
    // a removable one can be off line.
    if (auto off = update("taking off line", lun, "removable=1,online=0"); !off)
        return off;
    const std::vector<std::string> words = {"--mode=logicalunit", "--op=delete", kTarget, number_of(lun)};
    const auto deadline = Deadline::after(std::chrono::seconds(5));
    auto hidden = daemon_->tell(fmt::format("hiding LUN {}", lun), words);
    while (!hidden && hidden.error().code == Code::internal && !deadline.has_passed())
        hidden = daemon_->tell(fmt::format("hiding LUN {}", lun), words);
    if (hidden)
        luns_.erase(lun);
    return hidden;
}

// tgtd looks at a file's size when it opens it, which it does for a medium that is put in. It takes the whole
// line of parameters between two commands of the initiators, so that none of them finds the LUN off line.
Result<void> TgtTarget::take_new_size(unsigned lun, const std::filesystem::path &file) {
    return update("opening again the file of", lun,
                  fmt::format("removable=1,online=0,path={},online=1,removable=0", file.native()));
}

} // namespace drover::sim
