#include "core/connect/iscsi_node.hpp"

#include "core/connect/sysfs.hpp"
#include "core/connect/uevents.hpp"
#include "loader/base/unique_fd.hpp"

#include <fmt/format.h>

#include <cerrno>
#include <chrono>
#include <fcntl.h>
#include <functional>
#include <sstream>
#include <sys/stat.h>
#include <unistd.h>

namespace drover::connect {
namespace {

using namespace std::chrono_literals;

constexpr auto kProgramLimit = 20s;
constexpr auto kDiscoveryLimit = 10s;
constexpr int kDatabaseTries = 5;

// What iscsiadm means by its exit codes, as far as something follows from it.
enum Exit : int {
    kDone = 0,
    kDatabase = 6,
    kSessionExists = 15,
    kNoIscsid = 20,
    kNothingFound = 21,
    kRefused = 24,
    kBusy = 28,
    kTryAgain = 29,
};

tl::unexpected<Error> refusal(std::string_view act, const std::string &what, const ProgramResult &result) {
    const std::string said = fmt::format("{} {}: iscsiadm exit code {}: {}", act, what, result.exit_code,
                                         last_lines(result.output));
    switch (result.exit_code) {
    case kRefused:
        return fail(Code::auth,
                    said +
                        "; the target refused the CHAP user or secret: compare both with what the array has "
                        "for this node's initiator name");
    case kNoIscsid:
    case 12: // no transport module
    case 13: // no permission
    case 18:
        return fail_retryable(Code::unsupported,
                              said + "; iscsid does not answer: apt install open-iscsi; systemctl enable "
                                     "--now iscsid (`drover node check` tells more)");
    default:
        return fail_retryable(Code::unreachable, said);
    }
}

// In one step, readable by root only, on disk before it counts.
Result<void> replace_file(const std::filesystem::path &file, const SecretText &text) {
    // Outside of the database, whose every entry means something.
    std::filesystem::path nodes = file;
    while (nodes.has_relative_path() && nodes.filename() != "nodes")
        nodes = nodes.parent_path();
    const auto fresh =
        nodes.parent_path() / fmt::format(".drover-{:x}", std::hash<std::string>{}(file.string()));
    (void)::unlink(fresh.c_str());
    const UniqueFd fd(::open(fresh.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600));
    if (!fd)
        return fail_errno(errno, fmt::format("making {}", fresh.string()));
    const std::string &bytes = text.reveal();
    const ssize_t written = ::write(fd.get(), bytes.data(), bytes.size());
    if (written < 0 || static_cast<std::size_t>(written) != bytes.size() || ::fsync(fd.get()) != 0 ||
        ::rename(fresh.c_str(), file.c_str()) != 0) {
        const int error = errno;
        (void)::unlink(fresh.c_str());
        return fail_errno(error, fmt::format("writing {}", file.string()));
    }
    return {};
}

} // namespace

std::vector<std::string> IscsiNode::with_node(std::vector<std::string> words) const {
    std::vector<std::string> all{"-m", "node", "-T", target_, "-p", portal_.text()};
    all.insert(all.end(), words.begin(), words.end());
    return all;
}

// The node database has one lock for all programs: who does not get it tries again.
Result<ProgramResult> IscsiNode::iscsiadm(std::vector<std::string> words, Deadline deadline) const {
    const Program program{
        .file = "/usr/sbin/iscsiadm", .arguments = std::move(words), .package = "open-iscsi"};
    const Deadline limit = deadline.earlier(Deadline::after(kProgramLimit));
    Uevents pause;
    for (int attempt = 1;; ++attempt) {
        auto result = host_.run(program, limit);
        const bool is_busy = result && (result->exit_code == kDatabase || result->exit_code == kBusy ||
                                        result->exit_code == kTryAgain);
        if (!is_busy || attempt == kDatabaseTries || limit.has_passed())
            return result;
        pause.wait(limit);
    }
}

// <nodes>/<target>/<address>,<port>,<group>/default, or without the group as a file; Debian's place first.
std::filesystem::path IscsiNode::record() const {
    for (const char *place : {"etc/iscsi/nodes", "var/lib/iscsi/nodes"}) {
        const auto folder = host_.at(place) / target_;
        for (const auto &name : names_in(folder)) {
            const std::string_view text = name;
            const auto comma = text.find(',');
            if (comma == std::string_view::npos)
                continue;
            const auto portal = make_portal(text.substr(0, comma),
                                            text.substr(comma + 1, text.find(',', comma + 1) - comma - 1));
            if (!portal || *portal != portal_)
                continue;
            std::error_code error;
            for (const auto &file : {folder / name / "default", folder / name}) {
                if (std::filesystem::is_regular_file(file, error))
                    return file;
            }
        }
    }
    return {};
}

RecordOwner IscsiNode::owner() const {
    const auto file = record();
    return file.empty() ? RecordOwner::nobody : owner_of_record(SecretText(read_bytes(file)).reveal());
}

// The target itself says which portal group the portal is in. Asked so that nothing is stored: a normal
// discovery writes records of every target it hears of. Empty when the portal does not tell: any group.
std::string IscsiNode::group_tag(Deadline deadline) const {
    auto found = host_.run(
        {.file = "/usr/sbin/iscsiadm",
         .arguments = {"-m", "discovery", "-t", "sendtargets", "-p", portal_.text(), "-o", "nonpersistent"},
         .package = "open-iscsi"},
        deadline.earlier(Deadline::after(kDiscoveryLimit)));
    if (!found || found->exit_code != kDone)
        return {};
    // "10.0.0.1:3260,1 iqn.2010-06.com.purestorage:flasharray.1"
    std::istringstream lines(found->output);
    for (std::string line; std::getline(lines, line);) {
        const auto blank = line.find(' ');
        const auto comma = line.substr(0, blank).rfind(',');
        if (blank == std::string::npos || comma == std::string::npos || line.substr(blank + 1) != target_)
            continue;
        const auto portal = parse_portal(line.substr(0, comma), 3260);
        const auto tag = line.substr(comma + 1, blank - comma - 1);
        if (portal && *portal == portal_ && number(tag))
            return tag;
    }
    return {};
}

Result<void> IscsiNode::make_record(Deadline deadline) const {
    const std::string tag = group_tag(deadline);
    const std::string portal = tag.empty() ? portal_.text() : fmt::format("{},{}", portal_.text(), tag);
    auto made = iscsiadm({"-m", "node", "-T", target_, "-p", portal, "-I", "default", "-o", "new"}, deadline);
    if (!made)
        return fail(std::move(made).error());
    if (made->exit_code != kDone)
        return refusal("making the node record of", fmt::format("{} at {}", target_, portal), *made);
    return {};
}

Result<void> IscsiNode::prepare(const NodeSettings &settings, Deadline deadline) const {
    auto file = record();
    const bool is_new = file.empty();
    if (is_new) {
        if (auto made = make_record(deadline); !made)
            return made;
        file = record();
        if (file.empty()) {
            return fail(Code::internal,
                        fmt::format("iscsiadm made a node record of {} at {}, but there is none "
                                    "in /etc/iscsi/nodes",
                                    target_, portal_.text()));
        }
    }
    const SecretText before(read_bytes(file));
    if (before.empty())
        return fail(Code::internal, fmt::format("the node record {} cannot be read", file.string()));
    return replace_file(file, with_settings(before.reveal(), settings, is_new));
}

Result<void> IscsiNode::log_in(Deadline deadline) const {
    auto result = iscsiadm(with_node({"--login"}), deadline);
    if (!result)
        return fail(std::move(result).error());
    if (result->exit_code != kDone && result->exit_code != kSessionExists)
        return refusal("login to", fmt::format("{} at {}", target_, portal_.text()), *result);
    return {};
}

Result<void> IscsiNode::log_out(Deadline deadline) const {
    const auto file = record();
    const auto owned = owner();
    if (owned == RecordOwner::nobody)
        return {};
    auto result = iscsiadm(with_node({"--logout"}), deadline);
    if (!result)
        return fail(std::move(result).error());
    if (result->exit_code != kDone && result->exit_code != kNothingFound)
        return refusal("logout from", fmt::format("{} at {}", target_, portal_.text()), *result);
    if (owned == RecordOwner::lent)
        return replace_file(file, as_it_was(SecretText(read_bytes(file)).reveal()));
    auto deleted = iscsiadm(with_node({"-o", "delete"}), deadline);
    if (!deleted)
        return fail(std::move(deleted).error());
    if (deleted->exit_code != kDone && deleted->exit_code != kNothingFound) {
        return refusal("deleting the node record of", fmt::format("{} at {}", target_, portal_.text()),
                       *deleted);
    }
    return {};
}

} // namespace drover::connect
