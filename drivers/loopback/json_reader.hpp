// Reads the fields of one JSON object that somebody may have damaged, and remembers the first that is wrong.
#pragma once

#include <boost/json.hpp>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace loopback {

class JsonReader {
public:
    explicit JsonReader(const boost::json::object &object) : object_(object) {}

    std::string text(std::string_view key);
    std::string some_text(std::string_view key); // not empty
    std::string text_if_there(std::string_view key);
    std::uint64_t number(std::string_view key);
    bool flag(std::string_view key);
    std::vector<std::string> texts(std::string_view key); // none of them empty
    void report(std::string_view key, std::string_view wrong);
    // "" or the end of a sentence: has a field "x" that is missing.
    [[nodiscard]] const std::string &problem() const { return problem_; }

private:
    const boost::json::value *find(std::string_view key);

    const boost::json::object &object_;
    std::string problem_;
};

} // namespace loopback
