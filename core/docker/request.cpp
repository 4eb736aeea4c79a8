#include "core/docker/request.hpp"

#include "core/docker/answers.hpp"

#include <boost/json/parse.hpp>
#include <fmt/format.h>

#include <algorithm>

namespace drover {

namespace {

namespace json = boost::json;

constexpr std::size_t kMaxDepth = 8;
constexpr std::size_t kMaxText = 255;

bool is_alnum(char c) noexcept {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

bool is_volume_name(std::string_view name) noexcept {
    return !name.empty() && name.size() <= kMaxText && is_alnum(name.front()) &&
           std::all_of(name.begin(), name.end(),
                       [](char c) { return is_alnum(c) || c == '_' || c == '.' || c == '-'; });
}

// Null when there is no such key; the last one counts, as in Go.
const json::value *find(const json::object &object, std::string_view key) noexcept {
    const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; };
    const json::value *found = nullptr;
    for (const auto &member : object) {
        const std::string_view name(member.key().data(), member.key().size());
        if (std::equal(name.begin(), name.end(), key.begin(), key.end(),
                       [&](char a, char b) { return lower(a) == lower(b); }))
            found = &member.value();
    }
    return found;
}

// Absent and null are the empty text.
Result<std::string> text_at(const json::object &object, std::string_view key) {
    const auto *value = find(object, key);
    if (value == nullptr || value->is_null())
        return std::string();
    if (const auto *text = value->if_string())
        return std::string(text->begin(), text->end());
    return fail(Code::invalid, fmt::format("the request's {} is no text", key));
}

Result<void> read_options(const json::object &object, DockerRequest &request) {
    const auto *options = find(object, "Opts");
    if (options == nullptr || options->is_null())
        return {};
    if (!options->is_object())
        return fail(Code::invalid, "the request's Opts are no map");
    for (const auto &member : options->get_object()) {
        const std::string key(member.key());
        const auto *text = member.value().if_string();
        if (text == nullptr)
            return fail(Code::invalid, fmt::format("the value of option \"{}\" is no text", printable(key)));
        request.options.emplace_back(key, std::string(text->begin(), text->end()));
    }
    return {};
}

} // namespace

Result<DockerRequest> parse_docker_request(std::string_view body) {
    if (body.find_first_not_of(" \t\r\n") == std::string_view::npos) {
        return fail(Code::invalid,
                    "empty request: the connection broke during an earlier try; run the command again");
    }
    boost::system::error_code error;
    json::parse_options limits;
    limits.max_depth = kMaxDepth;
    const json::value value = json::parse(json::string_view(body.data(), body.size()), error, {}, limits);
    if (error)
        return fail(Code::invalid, fmt::format("the request is no JSON: {}", error.message()));
    const auto *object = value.if_object();
    if (object == nullptr)
        return fail(Code::invalid, "the request is no JSON object");

    DockerRequest request;
    auto name = text_at(*object, "Name");
    if (!name)
        return fail(std::move(name).error());
    request.name = std::move(*name);
    if (request.name.empty())
        return fail(Code::invalid, "the request names no volume");
    if (!is_volume_name(request.name)) {
        return fail(
            Code::invalid,
            fmt::format("\"{}\" is no volume name: use letters, digits, '_', '.' and '-', beginning with a "
                        "letter or digit, at most 255 in all",
                        printable(request.name)));
    }
    auto id = text_at(*object, "ID");
    if (!id)
        return fail(std::move(id).error());
    request.id = std::move(*id);
    if (request.id.size() > kMaxText)
        return fail(Code::invalid, "the request's ID is longer than 255 bytes");
    if (auto read = read_options(*object, request); !read)
        return fail(std::move(read).error());
    return request;
}

} // namespace drover
