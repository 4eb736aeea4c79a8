// Reading /proc: files whose size is not known before, and the processes there are.
#pragma once

#include "loader/base/error.hpp"

#include <string>
#include <vector>

namespace drover::filesystem {

// The whole file. Code::not_found also when the process has ended meanwhile.
Result<std::string> read_proc(const std::string &file);
// The rest of an open one; `file` is its name in errors.
Result<std::string> read_proc(int fd, const std::string &file);
// What a link such as /proc/1/ns/mnt says; empty when it cannot be read.
std::string read_proc_link(const std::string &link);
std::vector<int> processes();
std::string command_of(int pid); // "bash"; empty when it has ended

} // namespace drover::filesystem
