#include "core/connect/sysfs.hpp"

#include "loader/base/child_call.hpp"
#include "loader/base/file_content.hpp"
#include "loader/base/unique_fd.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <fcntl.h>
#include <fstream>
#include <unistd.h>

namespace drover::connect {

std::string read_attribute(const std::filesystem::path &file) {
    std::ifstream in(file);
    std::string line;
    std::getline(in, line);
    constexpr std::string_view kBlank(" \t\r\n\0", 5);
    const auto first = line.find_first_not_of(kBlank);
    if (first == std::string::npos)
        return {};
    return line.substr(first, line.find_last_not_of(kBlank) - first + 1);
}

std::string read_bytes(const std::filesystem::path &file) {
    return content_of(file).value_or(std::string());
}

std::optional<std::vector<std::string>> entries_of(const std::filesystem::path &folder) {
    std::vector<std::string> names;
    std::error_code error;
    std::filesystem::directory_iterator each(folder, error);
    while (!error && each != std::filesystem::directory_iterator()) {
        names.push_back(each->path().filename().string());
        each.increment(error);
    }
    if (error)
        return std::nullopt;
    std::sort(names.begin(), names.end());
    return names;
}

std::vector<std::string> names_in(const std::filesystem::path &folder) {
    return entries_of(folder).value_or(std::vector<std::string>{});
}

std::optional<std::uint64_t> number(std::string_view text) {
    std::uint64_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc() || end != text.data() + text.size())
        return std::nullopt;
    return value;
}

std::optional<DeviceNumber> device_number(std::string_view text) {
    const auto colon = text.find(':');
    if (colon == std::string_view::npos)
        return std::nullopt;
    const auto major = number(text.substr(0, colon));
    const auto minor = number(text.substr(colon + 1));
    if (!major || !minor || *major > 0xffffU || *minor > 0xffffffU)
        return std::nullopt;
    return DeviceNumber{static_cast<unsigned>(*major), static_cast<unsigned>(*minor)};
}

Result<void> write_attribute(std::string_view what, const std::filesystem::path &file, std::string_view text,
                             Deadline deadline) {
    const auto work = [](std::string_view arguments) -> Result<std::string> {
        const auto fields = split_fields(arguments);
        const std::string &name = fields.at(0);
        const std::string &value = fields.at(1);
        const UniqueFd fd(::open(name.c_str(), O_WRONLY | O_CLOEXEC));
        if (!fd)
            return fail_errno(errno, fmt::format("opening {}", name));
        if (::write(fd.get(), value.data(), value.size()) < 0)
            return fail_errno(errno, fmt::format("writing \"{}\" to {}", value, name));
        return std::string();
    };
    auto written = call_in_kept_child(what, deadline, work, join_fields({file.string(), text}));
    if (!written)
        return fail(std::move(written).error());
    return {};
}

} // namespace drover::connect
