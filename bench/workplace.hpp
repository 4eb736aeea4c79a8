// A folder of the benchmarks' own, and the clean-up behind them: nothing that was mounted in it, and no loop
// device over a file in it, outlives it.
#pragma once

#include <filesystem>
#include <set>
#include <string>

namespace drover::bench {

// The folder build/<preset> that this program belongs to.
std::filesystem::path build_folder();

// Gives this process a mount namespace of its own. Throws when it may not.
void leave_mount_namespace();

class Workplace {
public:
    Workplace(); // below TMPDIR or /tmp, with copies of the drivers in drivers/; throws
    ~Workplace();
    Workplace(const Workplace &) = delete;
    Workplace &operator=(const Workplace &) = delete;

    [[nodiscard]] const std::filesystem::path &path() const noexcept { return path_; }

private:
    std::filesystem::path path_;
    std::set<std::string> loops_before_; // the kernel keeps those it makes; each makes looking for one slower
};

} // namespace drover::bench
