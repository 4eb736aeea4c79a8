#include "core/connect/iscsi.hpp"

#include "core/connect/iscsi_node.hpp"
#include "core/connect/uevents.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <chrono>
#include <future>

namespace drover::connect {
namespace {

using namespace std::chrono_literals;

constexpr std::uint16_t kPort = 3260;
constexpr auto kLoginLimit = 25s; // of one portal: discovery, record, login
constexpr std::size_t kMaxName = 223;
constexpr std::size_t kMaxSecret = 255; // open-iscsi's

// It becomes the name of a folder and an argument.
bool is_target_name(std::string_view name) {
    const bool has_type = name.starts_with("iqn.") || name.starts_with("eui.") || name.starts_with("naa.");
    return has_type && name.size() <= kMaxName && std::ranges::all_of(name, [](char c) {
               return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                      c == '.' || c == '-' || c == ':' || c == '_';
           });
}

Result<void> check_line(std::string_view what, const std::string &value) {
    const bool is_plain =
        std::ranges::all_of(value, [](char c) { return static_cast<unsigned char>(c) > 0x20 && c != 0x7f; });
    if (value.empty() || value.size() > kMaxSecret || !is_plain || value.starts_with('#')) {
        return fail(Code::invalid,
                    fmt::format("the {} is empty, longer than {} bytes, or has blanks or control "
                                "characters in it, which open-iscsi cannot keep",
                                what, kMaxSecret));
    }
    return {};
}

Result<SecretText> secret_of(const Secrets &secrets, std::string_view what, const std::string &key) {
    if (key.empty() || !secrets)
        return fail(Code::invalid, fmt::format("the driver named a {} user and no key of its secret", what));
    auto secret = secrets(key);
    if (!secret)
        return fail(std::move(secret).error().with_context(fmt::format("the {} secret {}", what, key)));
    if (auto good = check_line(fmt::format("{} secret {}", what, key), secret->reveal()); !good)
        return fail(std::move(good).error());
    return secret;
}

std::string attribute(const Connection &connection, std::string_view key) {
    const auto found = connection.attributes.find(key);
    return found == connection.attributes.end() ? std::string() : found->second;
}

Result<NodeSettings> settings_of(const Connection &connection, const Secrets &secrets, bool has_other_paths) {
    NodeSettings settings{.chap_user = connection.auth_user,
                          .mutual_user = attribute(connection, kMutualUser),
                          .has_other_paths = has_other_paths};
    if (settings.chap_user.empty()) {
        if (!settings.mutual_user.empty())
            return fail(Code::invalid, "the driver asked for mutual CHAP without a CHAP user");
        return settings;
    }
    if (auto good = check_line("CHAP user", settings.chap_user); !good)
        return fail(std::move(good).error());
    auto secret = secret_of(secrets, "CHAP", connection.auth_secret_key);
    if (!secret)
        return fail(std::move(secret).error());
    settings.chap_secret = std::move(*secret);
    if (settings.mutual_user.empty())
        return settings;
    if (auto good = check_line("mutual CHAP user", settings.mutual_user); !good)
        return fail(std::move(good).error());
    secret = secret_of(secrets, "mutual CHAP", attribute(connection, kMutualSecretKey));
    if (!secret)
        return fail(std::move(secret).error());
    settings.mutual_secret = std::move(*secret);
    return settings;
}

} // namespace

Result<std::vector<IscsiTransport::Way>> IscsiTransport::ways_of(const Connection &connection) {
    std::vector<Way> ways;
    for (const auto &path : connection.paths) {
        if (!is_target_name(path.target)) {
            return fail(Code::invalid,
                        fmt::format("the driver's target \"{}\" is no iSCSI name", path.target));
        }
        auto portal = parse_portal(path.portal, kPort);
        if (!portal)
            return fail(std::move(portal).error().with_context("the driver's portal"));
        Way way{.target = path.target, .portal = std::move(*portal)};
        if (std::find(ways.begin(), ways.end(), way) == ways.end())
            ways.push_back(std::move(way));
    }
    return ways;
}

Result<void> IscsiTransport::check(const Connection &connection) const {
    return ways_of(connection).map([](const auto &) {});
}

std::shared_ptr<IscsiTransport::Node> IscsiTransport::node_of(const Way &way) {
    const std::lock_guard lock(nodes_mutex_);
    auto &node = nodes_[way];
    if (!node)
        node = std::make_shared<Node>();
    return node;
}

std::shared_ptr<void> IscsiTransport::use(std::shared_ptr<Node> node) {
    {
        const std::lock_guard lock(node->uses_mutex);
        ++node->uses;
    }
    Node *counted = node.get();
    return {counted, [node = std::move(node)](void *) {
                const std::lock_guard lock(node->uses_mutex);
                --node->uses;
            }};
}

// Of the same initiator name: LUNs are an initiator's.
bool IscsiTransport::is_of_ours(const IscsiSession &session) const {
    return initiator_.empty() || session.initiator == initiator_;
}

// One that works, else any.
std::optional<IscsiSession> IscsiTransport::session_to(const Way &way) const {
    std::optional<IscsiSession> found;
    for (auto &session : iscsi_sessions(host_)) {
        if (session.leads_to(way.target, way.portal) && is_of_ours(session) && (!found || session.works()))
            found = std::move(session);
    }
    return found;
}

std::vector<Nexus> IscsiTransport::nexuses(const Connection &connection) const {
    std::vector<Nexus> found;
    const auto ways = ways_of(connection);
    if (!ways)
        return found;
    for (const auto &session : iscsi_sessions(host_)) {
        const bool is_wanted = std::ranges::any_of(
            *ways, [&](const Way &way) { return session.leads_to(way.target, way.portal); });
        if (is_wanted && is_of_ours(session) && session.works())
            found.push_back(session.nexus);
    }
    std::sort(found.begin(), found.end());
    return found;
}

Result<void> IscsiTransport::open_session(const Way &way, const NodeSettings &settings,
                                          Deadline deadline) const {
    for (const auto &session : iscsi_sessions(host_)) {
        if (session.leads_to(way.target, way.portal)) {
            // open-iscsi has one record and one session there, which are somebody's.
            return fail_retryable(Code::conflict, fmt::format("{}: {} is logged in there, so that {} cannot",
                                                              way.text(), session.initiator, initiator_));
        }
    }
    const IscsiNode open_iscsi(host_, way.target, way.portal);
    if (auto prepared = open_iscsi.prepare(settings, deadline); !prepared)
        return prepared;
    if (auto logged_in = open_iscsi.log_in(deadline); !logged_in)
        return logged_in;
    spdlog::info("iSCSI: logged in to {}", way.text());
    return {};
}

Result<Nexus> IscsiTransport::log_in(const Way &way, Node &node, const NodeSettings &settings,
                                     Deadline deadline) const {
    const Deadline limit = deadline.earlier(Deadline::after(kLoginLimit));
    // Also a session that works is looked at under the lock: another volume may be leaving it just now.
    const std::unique_lock work(node.work,
                                limit.is_never() ? Deadline::Clock::now() + kLoginLimit : limit.when());
    if (!work.owns_lock())
        return fail_retryable(Code::deadline, way.text() + ": another login there has not ended");
    auto session = session_to(way);
    if (!session) {
        if (auto opened = open_session(way, settings, limit); !opened)
            return fail(std::move(opened).error());
    }
    Uevents events;
    for (;;) {
        session = session_to(way);
        if (session && session->works())
            return session->nexus;
        if (limit.has_passed()) {
            return fail_retryable(Code::unreachable,
                                  fmt::format("the session to {} is {}: iscsid tries to bring it back",
                                              way.text(), session ? session->state : "gone"));
        }
        events.wait(limit);
    }
}

Result<Reached> IscsiTransport::reach(const Connection &connection, const Secrets &secrets,
                                      bool one_is_enough, Deadline deadline) {
    const auto ways = ways_of(connection);
    if (!ways)
        return fail(ways.error());
    auto settings = settings_of(connection, secrets, !one_is_enough && ways->size() > 1);
    if (!settings)
        return fail(std::move(settings).error());
    settings->initiator = initiator_;
    Reached reached;
    std::optional<Error> first;
    const auto take = [&](const Way &way, Result<Nexus> nexus) {
        if (nexus) {
            reached.nexuses.push_back(*nexus);
            return;
        }
        reached.troubles.push_back(fmt::format("{}: {}", way.text(), nexus.error().message));
        // A wrong secret tells more than a dead portal beside it.
        if (!first || nexus.error().code == Code::auth)
            first = std::move(nexus).error();
    };
    std::vector<std::shared_ptr<Node>> nodes;
    for (const auto &way : *ways) {
        nodes.push_back(node_of(way));
        reached.uses.push_back(use(nodes.back()));
    }
    if (one_is_enough) {
        for (std::size_t i = 0; i < ways->size() && reached.nexuses.empty(); ++i)
            take((*ways)[i], log_in((*ways)[i], *nodes[i], *settings, deadline));
    } else {
        std::vector<std::future<Result<Nexus>>> logins;
        for (std::size_t i = 0; i < ways->size(); ++i) {
            logins.push_back(std::async(
                std::launch::async, [&, i] { return log_in((*ways)[i], *nodes[i], *settings, deadline); }));
        }
        for (std::size_t i = 0; i < ways->size(); ++i)
            take((*ways)[i], logins[i].get());
    }
    if (reached.nexuses.empty()) {
        Error error = first.value_or(Error{.code = Code::invalid, .message = "no portal was named"});
        error.message =
            fmt::format("no portal of the volume can be logged in to: {}", fmt::join(reached.troubles, "; "));
        return fail(std::move(error));
    }
    std::sort(reached.nexuses.begin(), reached.nexuses.end());
    return reached;
}

Result<void> IscsiTransport::leave(const Way &way, Deadline deadline) {
    const auto node = node_of(way);
    const std::unique_lock work(node->work, deadline.earlier(Deadline::after(kLoginLimit)).when());
    if (!work.owns_lock())
        return {}; // somebody logs in there: it is in use
    {
        const std::lock_guard lock(node->uses_mutex);
        if (node->uses > 0)
            return {};
    }
    const IscsiNode open_iscsi(host_, way.target, way.portal);
    if (open_iscsi.owner() == RecordOwner::nobody)
        return {};
    for (const auto &session : iscsi_sessions(host_)) {
        if (session.leads_to(way.target, way.portal) && carries_devices(host_, session))
            return {};
    }
    if (auto left = open_iscsi.log_out(deadline); !left)
        return left;
    spdlog::info("iSCSI: logged out from {}", way.text());
    return {};
}

Result<void> IscsiTransport::leave(const Connection &connection, Deadline deadline) {
    const auto ways = ways_of(connection);
    if (!ways)
        return fail(ways.error());
    Result<void> result;
    for (const auto &way : *ways) {
        if (auto left = leave(way, deadline); !left)
            result = std::move(left);
    }
    return result;
}

} // namespace drover::connect
