// Exclusion between all agents of this machine that share a root_path, and between the threads of each: locks
// on byte ranges of one file, one byte per object. They belong to an open file description, so they end with
// the process that held them, however it ended, and nothing has to be cleaned up.
#pragma once

#include "drover/sdk/call.hpp"
#include "files.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace loopback {

struct Want {
    std::string name; // what to lock, such as "volume/<key>"
    bool exclusive = true;
};

class Locks {
public:
    explicit Locks(int root) : root_(root) {} // a borrowed descriptor

    // Holds all of them until the result is destroyed. Waits as long as the call allows, but at most 10 s:
    // then it throws CONFLICT, retryable, which names `subject`.
    [[nodiscard]] Fd lock(const drv::Call &call, const std::vector<Want> &wants,
                          std::string_view subject) const;
    // All of them exclusively, without waiting. Nothing: somebody holds one.
    [[nodiscard]] std::optional<Fd> try_lock(const std::vector<std::string> &names) const;

private:
    [[nodiscard]] Fd open() const;

    int root_;
};

} // namespace loopback
