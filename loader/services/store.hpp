// drv.store/1 for one backend: a folder with a file for each key. A value is written beside its file and
// renamed over it, so a reader sees the old one or the new one, also after a crash. A lock file keeps the
// writers of several processes apart; readers need none. Nothing is made before the first put.
#pragma once

#include "loader/base/error.hpp"
#include "loader/base/unique_fd.hpp"

#include <filesystem>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace drover {

// Any thread. Blocks as long as the disk does. Errors name the file.
class DriverStore {
public:
    static constexpr std::size_t kMaxKeyBytes = 128;
    static constexpr std::size_t kMaxValueBytes = 65536;
    static constexpr std::size_t kMaxKeys = 1024;

    // `folder` is this backend's alone; it is made with mode 0700 when it is needed, and so are its parents.
    explicit DriverStore(std::filesystem::path folder) : folder_(std::move(folder)) {}

    // Code::not_found; Code::invalid for what is no key, here and below.
    [[nodiscard]] Result<std::string> get(std::string_view key) const;
    // Code::no_space also when there are too many keys. With state_unknown: it may have happened.
    [[nodiscard]] Result<void> put(std::string_view key, std::string_view value) const;
    [[nodiscard]] Result<void> erase(std::string_view key) const;
    // Those that begin with it, sorted.
    [[nodiscard]] Result<std::vector<std::string>> keys(std::string_view prefix) const;

    [[nodiscard]] static bool is_key(std::string_view text) noexcept;

private:
    [[nodiscard]] Result<UniqueFd> lock() const;
    [[nodiscard]] Result<void> make_room(const std::string &key) const;
    [[nodiscard]] Result<void> sync_folder() const;

    std::filesystem::path folder_;
};

} // namespace drover
