// The keys of agent.yml for a FlashArray, typed and checked before anything is connected to.
#pragma once

#include "drivers/flasharray/networks.hpp"
#include "drivers/flasharray/profiles.hpp"
#include "drover/sdk/config.hpp"
#include "drover/sdk/host.hpp"
#include "drover/sdk/rest/address.hpp"

#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace flasharray {

inline constexpr std::array kConfigKeys{
    drv::required(drv::string_key("pure_ip",
                                  "management address of the array: host name or IP, with :PORT if unusual")),
    drv::required(
        drv::secret_key("pure_api_token", "API token of an array user that may manage volumes and hosts")),
    drv::string_key("pure_storage_protocol", "ISCSI, FIBRE_CHANNEL or NVME_TCP", "ISCSI"),
    drv::bool_key("pure_manage_purity_hosts",
                  "make the array's host objects for our nodes, and keep them right", "true"),
    drv::string_key("pure_chap_host_user",
                    "CHAP user of our nodes (ISCSI only; with pure_chap_host_password)"),
    drv::secret_key("pure_chap_host_password",
                    "CHAP password of our nodes: 12 to 255 characters without blanks"),
    drv::string_key("pure_chap_target_user",
                    "CHAP user by which the array proves itself to our nodes (mutual CHAP; with "
                    "pure_chap_target_password, and the two keys of the nodes)"),
    drv::secret_key("pure_chap_target_password",
                    "CHAP password of the array: 12 to 255 characters without blanks, not that of the nodes"),
    drv::bool_key("pure_verify_https", "check the array's certificate", "false"),
    drv::string_key(
        "pure_ssl_cert",
        "PEM file that the array's certificate must be in, or signed by (with pure_verify_https); "
        "default: the system's authorities"),
    drv::string_key(
        "pure_cluster_id",
        "UUID of this cluster, when several share the array: each then sees its own volumes only. "
        "Set it before the first volume is made"),
    drv::bool_key("pure_eradicate_on_delete",
                  "eradicate what is destroyed at once, instead of keeping it recoverable on the array",
                  "false"),
    drv::bool_key("pure_multi_attach", "let a volume be attached to several nodes at a time", "false"),
    drv::list_key("pure_profiles",
                  "profiles to offer: NAME=iops:COUNT,bandwidth:BYTES (per second, as 200M); "
                  "one of the two may be left out"),
    drv::list_key("pure_iscsi_cidr",
                  "use only the array's iSCSI portals in these networks, as 10.1.0.0/16 or fd00::/64"),
    drv::list_key("pure_nvme_cidr", "use only the array's NVMe/TCP portals in these networks"),
    drv::string_key("pure_host_personality", "personality that new host objects get: aix, esxi, hitachi-vsp, "
                                             "hpux, oracle-vm-server, solaris or vms"),
};

enum class Protocol { iscsi, fibre_channel, nvme_tcp };
// As pure_storage_protocol has it.
[[nodiscard]] std::string_view name_of(Protocol protocol) noexcept;

struct Chap {
    std::string user, password;
};

struct Config {
    drv::rest::Address address;
    std::string api_token;
    Protocol protocol = Protocol::iscsi;
    bool manages_hosts = true;
    std::optional<Chap> chap;        // our nodes' own; with iSCSI only
    std::optional<Chap> target_chap; // the array's, to our nodes; never without `chap`
    bool verify_https = false;
    std::string ca_file;    // empty: the system's store
    std::string cluster_id; // a UUID, or empty
    bool eradicates = false;
    bool multi_attach = false;
    std::vector<ProfileRule> profiles;
    std::vector<Network> networks; // of the portals to use; empty: any
    std::string personality;       // empty: none
};

// Throws Error(invalid) that names the key, what it is and what was expected; never a secret. Warns of keys
// that have no effect beside the others.
[[nodiscard]] Config read_config(const drv::Host &host);

} // namespace flasharray
