#include "loader/account.hpp"

#include <fmt/format.h>

#include <cerrno>
#include <grp.h>
#include <pwd.h>

namespace drover {
namespace {

constexpr std::size_t kFirstBuffer = 4096;
constexpr std::size_t kLargestBuffer = std::size_t{1} << 20;
constexpr int kMostGroups = 65536; // NGROUPS_MAX of Linux

} // namespace

Result<Account> find_account(const std::string &name) {
    std::vector<char> buffer(kFirstBuffer);
    passwd entry{};
    passwd *found = nullptr;
    int error = 0;
    while ((error = ::getpwnam_r(name.c_str(), &entry, buffer.data(), buffer.size(), &found)) == ERANGE &&
           buffer.size() < kLargestBuffer)
        buffer.resize(buffer.size() * 2);
    if (error != 0)
        return fail_errno(error, fmt::format("the user {} cannot be looked up", name));
    if (found == nullptr) {
        return fail(Code::not_found, fmt::format("this node has no user {0}, whom run-as: names; make it "
                                                 "(useradd --system --user-group {0}), or correct run-as:",
                                                 name));
    }
    Account account{.name = name, .uid = entry.pw_uid, .gid = entry.pw_gid, .groups = {}};
    int count = 16;
    account.groups.resize(static_cast<std::size_t>(count));
    while (::getgrouplist(name.c_str(), account.gid, account.groups.data(), &count) < 0) {
        if (count <= 0 || count > kMostGroups)
            return fail(Code::internal, fmt::format("the groups of the user {} cannot be told", name));
        account.groups.resize(static_cast<std::size_t>(count));
    }
    account.groups.resize(static_cast<std::size_t>(count));
    return account;
}

} // namespace drover
