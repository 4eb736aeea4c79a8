#include "drivers/flasharray/config.hpp"

#include "drivers/flasharray/names.hpp"

#include <algorithm>
#include <string_view>
#include <utility>

namespace flasharray {

namespace {

drv::Error wrong(const std::string &key, const std::string &why) {
    return {drv::Code::invalid, "configuration key \"" + key + "\" " + why};
}

Protocol protocol_of(const std::string &text) {
    std::string upper = text;
    std::ranges::transform(upper, upper.begin(), [](char c) {
        return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
    });
    for (const Protocol protocol : {Protocol::iscsi, Protocol::fibre_channel, Protocol::nvme_tcp}) {
        if (upper == name_of(protocol))
            return protocol;
    }
    throw wrong("pure_storage_protocol",
                "is \"" + drv::one_line(text, 100) + "\"; expected ISCSI, FIBRE_CHANNEL or NVME_TCP");
}

std::string secret_of(const drv::Host &host, const char *key) {
    std::string value;
    static_cast<void>(host.find_secret(key, [&](std::string_view secret) { value = secret; }));
    return value;
}

std::optional<Chap> read_chap(const drv::Host &host, const char *user_key, const char *password_key) {
    Chap chap{host.find_string(user_key).value_or(""), secret_of(host, password_key)};
    if (chap.user.empty() && chap.password.empty())
        return std::nullopt;
    if (chap.user.empty()) {
        throw wrong(user_key,
                    "is missing: " + std::string(password_key) + " is set; expected both or neither");
    }
    if (chap.password.empty()) {
        throw wrong(password_key,
                    "is missing: " + std::string(user_key) + " is set; expected both or neither");
    }
    if (chap.password.size() < 12 || chap.password.size() > 255 ||
        chap.password.find_first_of(" \t\r\n") != std::string::npos)
        throw wrong(password_key, "cannot be used: the array wants 12 to 255 characters without blanks");
    return chap;
}

// Both directions of CHAP, into `config`.
void read_chaps(const drv::Host &host, Config &config) {
    config.chap = read_chap(host, "pure_chap_host_user", "pure_chap_host_password");
    config.target_chap = read_chap(host, "pure_chap_target_user", "pure_chap_target_password");
    if (config.target_chap && !config.chap) {
        throw wrong("pure_chap_target_user",
                    "has no use alone: an array proves itself only to a node that does so first; set "
                    "pure_chap_host_user and pure_chap_host_password too");
    }
    // Else whoever sends the node its own challenge back would pass for the array (RFC 7143, 12.1.3).
    if (config.target_chap && config.target_chap->password == config.chap->password) {
        throw wrong("pure_chap_target_password",
                    "is the one of pure_chap_host_password: with one password for "
                    "both directions nothing is proven; choose another");
    }
    if (config.protocol != Protocol::iscsi && config.chap) {
        host.warn(std::string(config.target_chap ? "the keys pure_chap_host_* and pure_chap_target_*"
                                                 : "pure_chap_host_user and pure_chap_host_password") +
                  " have no effect with " + std::string(name_of(config.protocol)));
        config.chap.reset();
        config.target_chap.reset();
    }
}

std::string read_cluster(const drv::Host &host) {
    std::string cluster = lower_case(host.find_string("pure_cluster_id").value_or(""));
    if (!cluster.empty() && !is_uuid(cluster)) {
        throw wrong("pure_cluster_id", "is \"" + drv::one_line(cluster, 100) +
                                           "\"; expected a UUID, as Flocker's cluster.crt or uuidgen has it");
    }
    return cluster;
}

std::string read_personality(const drv::Host &host) {
    constexpr std::array<std::string_view, 7> kKnown{
        "aix", "esxi", "hitachi-vsp", "hpux", "oracle-vm-server", "solaris", "vms"};
    std::string personality = host.find_string("pure_host_personality").value_or("");
    if (!personality.empty() && std::ranges::find(kKnown, personality) == kKnown.end()) {
        throw wrong("pure_host_personality",
                    "is \"" + drv::one_line(personality, 100) +
                        "\"; expected aix, esxi, hitachi-vsp, hpux, oracle-vm-server, solaris or vms");
    }
    return personality;
}

std::vector<Network> read_networks(const drv::Host &host, const char *key) {
    std::vector<Network> networks;
    for (const std::string &text : host.find_list(key).value_or(std::vector<std::string>())) {
        const auto network = Network::parse(text);
        if (!network) {
            throw wrong(key, "has \"" + drv::one_line(text, 100) +
                                 "\"; expected a network as 10.1.0.0/16 or fd00::/64");
        }
        networks.push_back(*network);
    }
    return networks;
}

// Those of the protocol's own key; the other's are checked and have no effect.
std::vector<Network> read_networks(const drv::Host &host, Protocol protocol) {
    std::vector<Network> chosen;
    for (const auto &[key, its] :
         {std::pair("pure_iscsi_cidr", Protocol::iscsi), {"pure_nvme_cidr", Protocol::nvme_tcp}}) {
        std::vector<Network> networks = read_networks(host, key);
        if (its == protocol) {
            chosen = std::move(networks);
        } else if (!networks.empty()) {
            host.warn(std::string(key) + " has no effect with " + std::string(name_of(protocol)));
        }
    }
    return chosen;
}

std::vector<ProfileRule> read_profiles(const drv::Host &host) {
    try {
        return parse_profiles(host.find_list("pure_profiles").value_or(std::vector<std::string>()));
    } catch (const drv::Error &error) {
        throw wrong("pure_profiles", error.message);
    }
}

} // namespace

std::string_view name_of(Protocol protocol) noexcept {
    switch (protocol) {
    case Protocol::fibre_channel:
        return "FIBRE_CHANNEL";
    case Protocol::nvme_tcp:
        return "NVME_TCP";
    case Protocol::iscsi:
        break;
    }
    return "ISCSI";
}

Config read_config(const drv::Host &host) {
    Config config;
    const std::string address = host.string("pure_ip");
    try {
        config.address = drv::rest::Address::parse(address);
    } catch (const drv::Error &error) {
        throw wrong("pure_ip", "cannot be used: " + error.message);
    }
    config.api_token = secret_of(host, "pure_api_token");
    if (config.api_token.empty())
        throw wrong("pure_api_token", "is empty; expected an API token, which the array makes for a user");
    config.protocol = protocol_of(host.find_string("pure_storage_protocol").value_or("ISCSI"));
    config.manages_hosts = host.find_bool("pure_manage_purity_hosts").value_or(true);
    read_chaps(host, config);
    config.verify_https = host.find_bool("pure_verify_https").value_or(false);
    config.ca_file = host.find_string("pure_ssl_cert").value_or("");
    if (!config.ca_file.empty() && !config.verify_https)
        host.warn("pure_ssl_cert has no effect, because pure_verify_https is not true");
    config.cluster_id = read_cluster(host);
    config.eradicates = host.find_bool("pure_eradicate_on_delete").value_or(false);
    config.multi_attach = host.find_bool("pure_multi_attach").value_or(false);
    config.profiles = read_profiles(host);
    config.networks = read_networks(host, config.protocol);
    config.personality = read_personality(host);
    return config;
}

} // namespace flasharray
