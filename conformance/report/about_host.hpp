// Where a run took place and on which file, for the head of a report.
#pragma once

#include <filesystem>
#include <string>

namespace drover::conformance {

// This machine's name.
std::string host_name();
// "Debian GNU/Linux 12 (bookworm), Linux 6.1.0-18-amd64, x86_64". The first part is missing where no
// os-release tells it.
std::string system_description();

// 64 lower case digits; empty when the file cannot be read.
std::string sha256_of_file(const std::filesystem::path &file);

} // namespace drover::conformance
