// The state file: one line of JSON for each change, so that a change costs what it changes and not what the
// array holds. A line is written before its call is answered; a process that is killed loses nothing that it
// answered. A last line that is only half there is dropped. At each start, and when it has grown long, the
// file is written anew in one piece. A second simulator on the same file is refused.
#pragma once

#include "loader/base/error.hpp"
#include "loader/base/unique_fd.hpp"

#include <boost/json/object.hpp>

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <vector>

namespace drover::sim {

class StateLog {
public:
    using Take = std::function<Result<void>(const boost::json::object &)>;

    // Hands every line of the file, oldest first, to `take`; no file is an empty one. `product` stands in the
    // file's first line, and another one is refused.
    [[nodiscard]] static Result<std::unique_ptr<StateLog>> open(const std::filesystem::path &file,
                                                                std::string_view product, const Take &take);

    // Not from two threads at a time.
    Result<void> append(const boost::json::object &line);
    // Replaces all lines, in one piece.
    Result<void> rewrite(const std::vector<boost::json::object> &lines);
    // Whether rewriting is worth its while.
    [[nodiscard]] bool is_long() const noexcept { return bytes_ > 8 * bytes_rewritten_ + (4ULL << 20U); }

private:
    StateLog(std::filesystem::path file, std::string product, UniqueFd lock)
        : file_(std::move(file)), product_(std::move(product)), lock_(std::move(lock)) {}
    Result<void> read(const Take &take) const;

    std::filesystem::path file_;
    std::string product_;
    UniqueFd lock_;
    UniqueFd log_;
    std::uint64_t bytes_ = 0, bytes_rewritten_ = 0;
};

} // namespace drover::sim
