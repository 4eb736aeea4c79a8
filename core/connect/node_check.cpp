#include "core/connect/node_check.hpp"

#include "core/connect/fc.hpp"
#include "core/connect/initiators.hpp"
#include "core/connect/sysfs.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <fstream>
#include <sstream>

namespace drover::connect {
namespace {

std::vector<std::string> names_of(const std::vector<std::pair<std::string, std::string>> &initiators,
                                  std::string_view kind) {
    std::vector<std::string> names;
    for (const auto &[each, name] : initiators) {
        if (each == kind)
            names.push_back(name);
    }
    return names;
}

// "key = value" of a configuration file, the last one; comments do not count.
std::string setting(const std::filesystem::path &file, std::string_view key) {
    std::string found;
    std::ifstream in(file);
    for (std::string line; std::getline(in, line);) {
        std::istringstream words(line);
        std::string name;
        std::string equals;
        std::string value;
        if (words >> name >> equals && name == key && equals == "=" && std::getline(words >> std::ws, value))
            found = value;
    }
    return found;
}

class NodeCheck {
public:
    NodeCheck(const HostAccess &host, MultipathPolicy policy, const std::set<Protocol> &needed,
              Deadline deadline)
        : host_(host), policy_(policy), needed_(needed), deadline_(deadline), initiators_(initiators(host)) {}

    std::vector<Finding> findings() {
        check_iscsi();
        check_multipath();
        check_fc();
        check_nvme();
        return std::move(findings_);
    }

private:
    [[nodiscard]] bool is_needed(std::initializer_list<Protocol> protocols) const {
        return std::ranges::any_of(protocols, [&](Protocol each) { return needed_.contains(each); });
    }
    // A lack: as bad as `level` when somebody needs it.
    void lack(std::string check, std::initializer_list<Protocol> by, FindingLevel level, std::string message,
              std::string cure) {
        findings_.push_back({.check = std::move(check),
                             .level = is_needed(by) ? level : FindingLevel::note,
                             .message = std::move(message),
                             .cure = std::move(cure)});
    }
    void good(std::string check, std::string message) {
        findings_.push_back({.check = std::move(check),
                             .level = FindingLevel::ok,
                             .message = std::move(message),
                             .cure = {}});
    }
    [[nodiscard]] bool exists(std::string_view path) const {
        std::error_code error;
        return std::filesystem::exists(host_.at(path), error);
    }

    void check_program(const std::string &check, std::initializer_list<Protocol> by, const std::string &path,
                       const std::string &package) {
        if (exists(path)) {
            good(check, fmt::format("/{} is there", path));
        } else {
            lack(check, by, FindingLevel::error, fmt::format("/{} is not installed", path),
                 "apt install " + package);
        }
    }
    void check_module(const std::string &check, std::initializer_list<Protocol> by,
                      const std::string &module) {
        if (exists("sys/module/" + module)) {
            good(check, fmt::format("the kernel module {} is loaded", module));
            return;
        }
        auto can_load = host_.run(
            {.file = "/usr/sbin/modprobe", .arguments = {"-n", "-q", module}, .package = "kmod"}, deadline_);
        if (can_load && can_load->exit_code == 0) {
            good(check, fmt::format("the kernel module {} can be loaded", module));
            return;
        }
        lack(check, by, FindingLevel::error, fmt::format("this kernel has no module {}", module),
             "boot a kernel that has it, such as Debian's linux-image-amd64");
    }

    void check_iscsi() {
        const auto by = {Protocol::iscsi};
        check_program("iscsi.iscsiadm", by, "usr/sbin/iscsiadm", "open-iscsi");
        // systemd listens for iscsid and starts it at the first login.
        if (is_listening("@ISCSIADM_ABSTRACT_NAMESPACE")) {
            good("iscsi.iscsid", "iscsid answers, or is started on demand");
        } else {
            lack("iscsi.iscsid", by, FindingLevel::error, "iscsid does not run",
                 "systemctl enable --now iscsid.socket iscsid.service");
        }
        check_initiator_name(by);
        check_module("iscsi.module", by, "iscsi_tcp");
        check_chap(by);
    }

    void check_initiator_name(std::initializer_list<Protocol> by) {
        const auto names = names_of(initiators_, "iqn");
        constexpr std::string_view kCheck = "iscsi.initiator-name";
        const std::string cure = "echo \"InitiatorName=$(iscsi-iname)\" > /etc/iscsi/initiatorname.iscsi; "
                                 "systemctl restart iscsid drover-agent";
        if (names.empty()) {
            lack(std::string(kCheck), by, FindingLevel::error,
                 "/etc/iscsi/initiatorname.iscsi has no InitiatorName: arrays cannot tell this node from "
                 "others",
                 cure);
        } else if (names.size() > 1) {
            lack(std::string(kCheck), by, FindingLevel::error,
                 fmt::format("/etc/iscsi/initiatorname.iscsi has {} names: {}", names.size(),
                             fmt::join(names, ", ")),
                 "leave one InitiatorName line in it; systemctl restart iscsid drover-agent");
        } else if (!names.front().starts_with("iqn.") && !names.front().starts_with("eui.") &&
                   !names.front().starts_with("naa.")) {
            lack(std::string(kCheck), by, FindingLevel::error,
                 fmt::format("\"{}\" in /etc/iscsi/initiatorname.iscsi is no iSCSI name", names.front()),
                 cure);
        } else {
            good(std::string(kCheck), names.front());
        }
    }

    // Arrays prove themselves and us by MD5, mostly; a list without it refuses correct secrets.
    void check_chap(std::initializer_list<Protocol> by) {
        const auto algorithms = setting(host_.at("etc/iscsi/iscsid.conf"), "node.session.auth.chap_algs");
        if (!algorithms.empty() && algorithms.find("MD5") == std::string::npos) {
            lack("iscsi.chap", by, FindingLevel::warning,
                 fmt::format("/etc/iscsi/iscsid.conf allows CHAP by {} only: an array that knows MD5 alone "
                             "refuses the login with a correct secret",
                             algorithms),
                 "add MD5 to node.session.auth.chap_algs there, unless the array has a newer one");
        } else {
            good("iscsi.chap", algorithms.empty() ? "CHAP by any algorithm" : "CHAP by " + algorithms);
        }
    }

    [[nodiscard]] bool is_listening(std::string_view socket) const {
        std::ifstream table(host_.at("proc/net/unix"));
        for (std::string line; std::getline(table, line);) {
            if (line.ends_with(socket))
                return true;
        }
        return false;
    }

    void check_multipath() {
        const auto by = {Protocol::iscsi, Protocol::fc};
        if (policy_ == MultipathPolicy::off) {
            good("multipath.daemon", "agent.multipath is off: each volume has one path");
            return;
        }
        const bool runs = host_.multipathd_listens();
        if (runs) {
            good("multipath.daemon", "multipathd runs");
        } else {
            lack("multipath.daemon", by,
                 policy_ == MultipathPolicy::required ? FindingLevel::error : FindingLevel::warning,
                 policy_ == MultipathPolicy::required
                     ? "multipathd does not run, and agent.multipath is required: nothing is connected"
                     : "multipathd does not run: each volume has one path, and its loss stops the volume",
                 "apt install multipath-tools; systemctl enable --now multipathd");
        }
        check_module("multipath.module", by, "dm_multipath");
        if (exists("usr/lib/udev/scsi_id") || exists("lib/udev/scsi_id")) {
            good("multipath.scsi-id", "udev's scsi_id is there");
        } else {
            lack("multipath.scsi-id", by, FindingLevel::warning,
                 "udev's scsi_id is not installed: multipathd cannot tell which paths belong together",
                 "apt install udev");
        }
        if (runs)
            check_queueing(by);
    }

    void check_queueing(std::initializer_list<Protocol> by) {
        const auto shown = host_.ask_multipathd("show config local", deadline_);
        if (!shown) {
            lack("multipath.config", by, FindingLevel::warning, "multipathd does not show its configuration",
                 "systemctl restart multipathd; journalctl -u multipathd");
            return;
        }
        if (shown->find("no_path_retry \"queue\"") != std::string::npos ||
            shown->find("no_path_retry queue") != std::string::npos) {
            lack("multipath.config", by, FindingLevel::warning,
                 "a no_path_retry of multipathd is queue: programs wait for ever when the last path is lost",
                 "set no_path_retry to a number of tries in /etc/multipath.conf; multipathd reconfigure");
            return;
        }
        good("multipath.config", "I/O without a path ends after some tries");
    }

    void check_fc() {
        const auto by = {Protocol::fc};
        const auto ports = fc_ports(host_);
        std::vector<std::string> online;
        std::vector<std::string> all;
        for (const auto &port : ports) {
            all.push_back(port.wwpn);
            if (port.is_online)
                online.push_back(port.wwpn);
        }
        if (ports.empty()) {
            lack("fc.ports", by, FindingLevel::error, "this node has no Fibre Channel port",
                 "install the adapter, or load its module (lpfc, qla2xxx, fcoe)");
        } else if (online.empty()) {
            lack("fc.ports", by, FindingLevel::error,
                 fmt::format("none of the ports {} is online", fmt::join(all, ", ")),
                 "check cable, transceiver and switch port");
        } else if (online.size() < all.size()) {
            lack("fc.ports", by, FindingLevel::warning,
                 fmt::format("of the ports {} only {} are online", fmt::join(all, ", "),
                             fmt::join(online, ", ")),
                 "check cable, transceiver and switch port of the others");
        } else {
            good("fc.ports", fmt::format("online: {}", fmt::join(online, ", ")));
        }
    }

    void check_nvme() {
        const auto by = {Protocol::nvme_tcp};
        check_program("nvme.cli", by, "usr/sbin/nvme", "nvme-cli");
        const auto names = names_of(initiators_, "nqn");
        if (names.empty()) {
            lack("nvme.host-nqn", by, FindingLevel::error,
                 "/etc/nvme/hostnqn is missing: arrays cannot tell this node from others",
                 "nvme gen-hostnqn > /etc/nvme/hostnqn; systemctl restart drover-agent");
        } else {
            good("nvme.host-nqn", names.front());
        }
        if (read_attribute(host_.at("etc/nvme/hostid")).empty()) {
            lack("nvme.host-id", by, FindingLevel::warning,
                 "/etc/nvme/hostid is missing: a new one at each connect is refused by newer kernels",
                 "uuidgen > /etc/nvme/hostid");
        } else {
            good("nvme.host-id", read_attribute(host_.at("etc/nvme/hostid")));
        }
        check_module("nvme.module", by, "nvme_tcp");
        if (read_attribute(host_.at("sys/module/nvme_core/parameters/multipath")) == "N") {
            lack("nvme.multipath", by, FindingLevel::warning,
                 "the kernel's NVMe multipath is off: each volume has one path",
                 "boot with nvme_core.multipath=Y");
        } else {
            good("nvme.multipath", "the kernel joins the paths itself");
        }
    }

    const HostAccess &host_;
    MultipathPolicy policy_;
    const std::set<Protocol> &needed_;
    Deadline deadline_;
    std::vector<std::pair<std::string, std::string>> initiators_;
    std::vector<Finding> findings_;
};

} // namespace

std::string_view to_string(FindingLevel level) noexcept {
    switch (level) {
    case FindingLevel::ok:
        return "ok";
    case FindingLevel::note:
        return "note";
    case FindingLevel::warning:
        return "warning";
    case FindingLevel::error:
        return "error";
    }
    return "?";
}

std::vector<Finding> check_node(const HostAccess &host, MultipathPolicy policy,
                                const std::set<Protocol> &needed, Deadline deadline) {
    return NodeCheck(host, policy, needed, deadline).findings();
}

} // namespace drover::connect
