// The contents of volumes and snapshots, when there is a data plane: a sparse file each, named by its serial.
// Copies share blocks where the file system can, and keep holes where it cannot. Not from two threads at a
// time.
#pragma once

#include "loader/base/error.hpp"

#include <cstdint>
#include <filesystem>
#include <string>

namespace drover::sim {

class VolumeFiles {
public:
    // An empty folder: there are no files, and everything succeeds.
    explicit VolumeFiles(std::filesystem::path folder) : folder_(std::move(folder)) {}

    [[nodiscard]] const std::filesystem::path &folder() const noexcept { return folder_; }
    [[nodiscard]] std::filesystem::path file_of(const std::string &serial) const;
    // A file of that size that reads as zero; one that is there is kept, and given the size.
    Result<void> make(const std::string &serial, std::uint64_t bytes) const;
    // The content of `to` becomes that of `from`, in place when `to` is there, so that whoever has it open
    // sees the new content; and its size `bytes`.
    Result<void> copy(const std::string &from, const std::string &to, std::uint64_t bytes) const;
    Result<void> resize(const std::string &serial, std::uint64_t bytes) const;
    // One that is not there is fine.
    Result<void> remove(const std::string &serial) const;
    // What is really stored of it; 0 without files.
    [[nodiscard]] std::uint64_t used_bytes(const std::string &serial) const;

private:
    std::filesystem::path folder_;
};

} // namespace drover::sim
