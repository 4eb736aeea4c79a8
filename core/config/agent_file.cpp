#include "core/config/agent_file.hpp"

#include <fstream>
#include <system_error>

namespace drover {
namespace {

namespace fs = std::filesystem;

constexpr std::uintmax_t kMaxBytes = std::uintmax_t{1} << 20; // more than that is refused when it is loaded

bool has_only_comments(const fs::path &file) {
    std::error_code error;
    // A folder or a pipe is no file that somebody forgot to fill in.
    if (!fs::is_regular_file(file, error) || fs::file_size(file, error) > kMaxBytes || error)
        return false;
    std::ifstream stream(file);
    if (!stream)
        return false;
    for (std::string line; std::getline(stream, line);) {
        const auto begin = line.find_first_not_of(" \t\r");
        if (begin != std::string::npos && line[begin] != '#')
            return false;
    }
    return !stream.bad();
}

} // namespace

AgentFile choose_agent_file(const fs::path &root) {
    const fs::path ours = root / "etc/drover/agent.yml";
    const fs::path flockers = root / "etc/flocker/agent.yml";
    std::error_code error;
    const bool is_missing = fs::symlink_status(ours, error).type() == fs::file_type::not_found;
    if ((!is_missing && !has_only_comments(ours)) || !fs::exists(flockers, error))
        return {ours, {}};
    return {flockers, ours.string() + (is_missing ? " does not exist" : " has nothing but comments")};
}

} // namespace drover
