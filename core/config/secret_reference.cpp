#include "core/config/secret_reference.hpp"

#include "core/config/scalars.hpp"
#include "loader/base/unique_fd.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <fcntl.h>
#include <string_view>
#include <sys/stat.h>

namespace drover {
namespace {

using Resolved = tl::expected<ResolvedSecret, std::string>;

tl::unexpected<std::string> refuse(std::string why) {
    return tl::unexpected<std::string>(std::move(why));
}

Resolved resolve_variable(const std::string &name) {
    const auto is_name = [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
    };
    if (name.empty() || !std::ranges::all_of(name, is_name) || (name[0] >= '0' && name[0] <= '9'))
        return refuse("env: needs the name of a variable (letters, digits and _), such as env:ARRAY_TOKEN");
    const char *value = std::getenv(name.c_str());
    if (value == nullptr || *value == '\0') {
        return refuse(fmt::format("env:{} is {} in the agent's environment", name,
                                  value == nullptr ? "not set" : "empty"));
    }
    if (find_bad_utf8(value))
        return refuse(fmt::format("env:{} is not UTF-8 text", name));
    return ResolvedSecret{SecretText(value), false};
}

// Why a file with these attributes must not be trusted with a secret; empty if it may.
std::string distrust(const struct stat &status) {
    if (!S_ISREG(status.st_mode))
        return "is not a regular file";
    if (status.st_uid != 0 && status.st_uid != ::geteuid())
        return fmt::format("belongs to user {}; expected root or the agent's own user", status.st_uid);
    if ((status.st_mode & (S_IRWXO | S_IWGRP)) != 0) {
        return fmt::format("has mode {:04o}, so that others could read or change it; chmod 0600 it",
                           status.st_mode & 07777U);
    }
    if (status.st_size > static_cast<off_t>(kMaxSecretBytes))
        return "is larger than 64 KiB";
    return {};
}

Resolved resolve_file(const std::string &path) {
    if (!path.starts_with('/'))
        return refuse("file: needs an absolute path, such as file:/etc/drover/array.token");
    const UniqueFd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY));
    if (!fd)
        return refuse(fmt::format("file:{} cannot be opened: {}", path, std::strerror(errno)));
    struct stat status {};
    if (::fstat(fd.get(), &status) != 0)
        return refuse(fmt::format("file:{} cannot be examined: {}", path, std::strerror(errno)));
    if (const auto why = distrust(status); !why.empty())
        return refuse(fmt::format("file:{} {}", path, why));

    std::string text(kMaxSecretBytes + 1, '\0');
    std::size_t length = 0;
    while (length < text.size()) {
        const ssize_t got = ::read(fd.get(), text.data() + length, text.size() - length);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0) {
            const int error_number = errno;
            wipe(text);
            return refuse(fmt::format("file:{} cannot be read: {}", path, std::strerror(error_number)));
        }
        if (got == 0)
            break;
        length += static_cast<std::size_t>(got);
    }
    std::string_view value(text.data(), length);
    if (value.ends_with('\n'))
        value.remove_suffix(value.ends_with("\r\n") ? 2 : 1);
    ResolvedSecret resolved{SecretText(std::string(value)), false};
    wipe(text);
    if (length > kMaxSecretBytes)
        return refuse(fmt::format("file:{} is larger than 64 KiB", path));
    if (resolved.value.empty())
        return refuse(fmt::format("file:{} is empty", path));
    if (find_bad_utf8(resolved.value.reveal()))
        return refuse(fmt::format("file:{} is not UTF-8 text", path));
    return resolved;
}

} // namespace

Resolved resolve_secret(const SecretText &written) {
    const std::string &text = written.reveal();
    if (text.starts_with("file:"))
        return resolve_file(text.substr(5));
    if (text.starts_with("env:"))
        return resolve_variable(text.substr(4));
    if (text.starts_with("sealed:"))
        return refuse("sealed: references cannot be opened by this version; use file: or env:");
    return ResolvedSecret{written, true};
}

} // namespace drover
