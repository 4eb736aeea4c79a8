// Exclusion between all agents of this machine that share a root_path, and between the threads of each: locks
// on byte ranges of one file, one byte per object. They belong to an open file description, so they end with
// the process that held them, however it ended, and nothing has to be cleaned up.
#pragma once

#include "drover/sdk/call.hpp"
#include "files.hpp"

#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>

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
    [[nodiscard]] Fd lock(const drv::Call &call, std::initializer_list<Want> wants,
                          std::string_view subject) const;
    // Exclusively, without waiting. Nothing: somebody holds it.
    [[nodiscard]] std::optional<Fd> try_lock(const std::string &name) const;

private:
    [[nodiscard]] Fd open() const;

    int root_;
};

} // namespace loopback
