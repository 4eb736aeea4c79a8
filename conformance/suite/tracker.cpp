#include "conformance/suite/tracker.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <fcntl.h>
#include <fstream>
#include <optional>
#include <sstream>
#include <unistd.h>

namespace drover::conformance {
namespace {

// Ids may hold any byte (some tests see to that), so they are written in hexadecimal digits.
std::string to_hex(std::string_view bytes) {
    std::string text;
    for (const char byte : bytes)
        text += fmt::format("{:02x}", static_cast<unsigned char>(byte));
    return text.empty() ? "-" : text;
}

std::optional<std::string> from_hex(std::string_view text) {
    if (text == "-")
        return std::string();
    std::string bytes;
    const auto digit = [](char c) {
        return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
    };
    for (std::size_t i = 0; i + 1 < text.size(); i += 2) {
        const int high = digit(text[i]);
        const int low = digit(text[i + 1]);
        if (high < 0 || low < 0)
            return std::nullopt;
        bytes.push_back(static_cast<char>(high * 16 + low));
    }
    return text.size() % 2 == 0 ? std::optional(bytes) : std::nullopt;
}

char letter(TrackedKind kind) {
    return kind == TrackedKind::volume ? 'v' : kind == TrackedKind::snapshot ? 's' : 'a';
}

} // namespace

Result<Tracker> Tracker::open(const std::filesystem::path &file) {
    UniqueFd fd(::open(file.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600));
    if (!fd) {
        return fail_errno(errno,
                          fmt::format("{}: the list of what tests made cannot be opened", file.native()));
    }
    return Tracker(std::move(fd));
}

void Tracker::write(char sign, const Tracked &what) {
    const std::string line =
        fmt::format("{} {} {} {} .\n", sign, letter(what.kind), to_hex(what.id), to_hex(what.node));
    if (::write(fd_.get(), line.data(), line.size()) != static_cast<ssize_t>(line.size()))
        std::fputs("conformance: the list of what tests made cannot be written\n", stderr);
}

void Tracker::add(const Tracked &what) {
    write('+', what);
}

void Tracker::remove(const Tracked &what) {
    write('-', what);
}

Result<std::vector<Tracked>> Tracker::remaining(const std::filesystem::path &file) {
    std::vector<Tracked> there;
    std::ifstream in(file);
    if (!in) {
        if (!std::filesystem::exists(file))
            return there;
        return fail(Code::internal, fmt::format("{}: cannot be read", file.native()));
    }
    for (std::string line; std::getline(in, line);) {
        std::istringstream fields(line);
        std::string sign;
        std::string kind;
        std::string id;
        std::string node;
        std::string end;
        if (!(fields >> sign >> kind >> id >> node >> end) || end != ".")
            continue;
        auto id_bytes = from_hex(id);
        auto node_bytes = from_hex(node);
        if (!id_bytes || !node_bytes)
            continue;
        const Tracked what{.kind = kind == "v"   ? TrackedKind::volume
                                   : kind == "s" ? TrackedKind::snapshot
                                                 : TrackedKind::attachment,
                           .id = std::move(*id_bytes),
                           .node = std::move(*node_bytes)};
        if (sign == "-") {
            std::erase(there, what);
        } else if (std::find(there.begin(), there.end(), what) == there.end()) {
            there.push_back(what);
        }
    }
    return there;
}

} // namespace drover::conformance
