// A temporary folder of one run, removed with everything in it at the end.
#pragma once

#include "loader/base/error.hpp"

#include <filesystem>

namespace drover::conformance {

class Scratch {
public:
    static Result<Scratch> make();
    Scratch(Scratch &&other) noexcept : folder_(std::move(other.folder_)) { other.folder_.clear(); }
    Scratch &operator=(Scratch &&) = delete;
    Scratch(const Scratch &) = delete;
    Scratch &operator=(const Scratch &) = delete;
    ~Scratch();

    [[nodiscard]] const std::filesystem::path &folder() const noexcept { return folder_; }
    void keep() noexcept { folder_.clear(); }

private:
    explicit Scratch(std::filesystem::path folder) : folder_(std::move(folder)) {}
    std::filesystem::path folder_;
};

} // namespace drover::conformance
