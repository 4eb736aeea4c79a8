// What is one for the whole process and no driver's to change: working directory, umask, locale, environment,
// signals, limits. Taken before and after, and compared in words.
#pragma once

#include <map>
#include <string>
#include <vector>

namespace drover::conformance {

// A setting's name ("the working directory", "the handler of signal 17") to its value in words.
using Settled = std::map<std::string, std::string>;

Settled working_directory();
Settled file_mask();
Settled locale_settings();
Settled environment();
Settled signal_handlers();
Settled signal_mask(); // of this thread
Settled limits();

// "the working directory was /home and is /": everything that differs.
std::vector<std::string> differences(const Settled &before, const Settled &after);

} // namespace drover::conformance
