// A user of this node that a driver's process runs as instead of root.
#pragma once

#include "loader/base/error.hpp"

#include <string>
#include <sys/types.h>
#include <vector>

namespace drover {

struct Account {
    std::string name;
    uid_t uid = 0;
    gid_t gid = 0;
    std::vector<gid_t> groups; // all of them, `gid` too
};

// As the node's user database has it now. Code::not_found with what to do about it. Any thread; may block as
// long as the database does (LDAP, for one).
Result<Account> find_account(const std::string &name);

} // namespace drover
