#include "core/filesystem/mount_table.hpp"
#include "core/filesystem/proc.hpp"

#include <fmt/format.h>

#include <set>

namespace drover::filesystem {

Result<std::vector<NamespaceUse>> mount_namespaces_using(unsigned major, unsigned minor) {
    std::set<std::string> seen{read_proc_link("/proc/thread-self/ns/mnt")};
    std::vector<NamespaceUse> uses;
    for (const int pid : processes()) {
        std::string name = read_proc_link(fmt::format("/proc/{}/ns/mnt", pid));
        if (name.empty() || seen.contains(name))
            continue;
        auto text = read_proc(fmt::format("/proc/{}/mountinfo", pid));
        if (!text)
            continue; // ended meanwhile; another process may still show the namespace
        auto table = parse_mountinfo(*text);
        if (!table)
            return fail(std::move(table).error());
        seen.insert(std::move(name));
        for (auto &entry : *table) {
            if (entry.major == major && entry.minor == minor) {
                uses.push_back({.pid = pid, .command = command_of(pid), .target = std::move(entry.target)});
                break;
            }
        }
    }
    return uses;
}

} // namespace drover::filesystem
