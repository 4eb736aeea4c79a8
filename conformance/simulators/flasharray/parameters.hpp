// A call's parameters: from a JSON body, from the query string, or from both (the body wins), on every
// method. In a query all is text. What is of a wrong type is refused by name. Remembers which were read.
#pragma once

#include "conformance/simulators/frame/message.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace drover::sim::flasharray {

class Parameters {
public:
    Parameters() = default;
    explicit Parameters(boost::json::object members) : members_(std::move(members)) {}
    // Throws Refusal for a body that is neither empty, null nor a JSON object.
    explicit Parameters(const Request &request);

    // There and not null.
    [[nodiscard]] bool has(std::string_view key) const;
    // False when it is not there.
    [[nodiscard]] bool flag(std::string_view key) const;
    [[nodiscard]] std::optional<std::string> text(std::string_view key) const;
    // A list of names, or one text with commas between them.
    [[nodiscard]] std::optional<std::vector<std::string>> names(std::string_view key) const;
    [[nodiscard]] std::optional<std::uint64_t> number(std::string_view key) const;
    // Bytes, or text such as "10G": units of 512 (S) or powers of 1024 (K M G T P).
    [[nodiscard]] std::optional<std::uint64_t> size(std::string_view key) const;

    // Those that nobody asked for: a misspelt one does nothing on the array.
    [[nodiscard]] boost::json::array unread() const;

private:
    // Nothing when it is null or not there.
    [[nodiscard]] const boost::json::value *find(std::string_view key) const;

    boost::json::object members_;
    mutable std::set<std::string, std::less<>> read_;
};

// "10G", "2048S", "1048576"; nothing for what is no size.
[[nodiscard]] std::optional<std::uint64_t> parse_size(std::string_view text);

} // namespace drover::sim::flasharray
