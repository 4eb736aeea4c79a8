// The keys of agent.yml for a FlashArray, typed and checked before anything is connected to.
#pragma once

#include "drover/sdk/config.hpp"
#include "drover/sdk/host.hpp"
#include "drover/sdk/rest/address.hpp"

#include <array>
#include <optional>
#include <string>

namespace flasharray {

inline constexpr std::array kConfigKeys{
    drv::required(drv::string_key("pure_ip",
                                  "management address of the array: host name or IP, with :PORT if unusual")),
    drv::required(
        drv::secret_key("pure_api_token", "API token of an array user that may manage volumes and hosts")),
    drv::string_key("pure_storage_protocol", "ISCSI or FIBRE_CHANNEL", "ISCSI"),
    drv::bool_key("pure_manage_purity_hosts",
                  "make the array's host objects for our nodes, and keep them right", "true"),
    drv::string_key("pure_chap_host_user",
                    "CHAP user of our nodes (ISCSI only; with pure_chap_host_password)"),
    drv::secret_key("pure_chap_host_password",
                    "CHAP password of our nodes: 12 to 255 characters without blanks"),
    drv::bool_key("pure_verify_https", "check the array's certificate", "false"),
    drv::string_key(
        "pure_ssl_cert",
        "PEM file that the array's certificate must be in, or signed by (with pure_verify_https); "
        "default: the system's authorities"),
};

enum class Protocol { iscsi, fibre_channel };

struct Chap {
    std::string user, password;
};

struct Config {
    drv::rest::Address address;
    std::string api_token;
    Protocol protocol = Protocol::iscsi;
    bool manages_hosts = true;
    std::optional<Chap> chap; // never with Fibre Channel
    bool verify_https = false;
    std::string ca_file; // empty: the system's store
};

// Throws Error(invalid) that names the key, what it is and what was expected; never a secret. Warns of keys
// that have no effect beside the others.
[[nodiscard]] Config read_config(const drv::Host &host);

} // namespace flasharray
