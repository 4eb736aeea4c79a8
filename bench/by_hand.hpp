// What a person would type instead of asking the agent: the peers of the Docker figures.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>

namespace drover::bench {

// A file as a loop device with ext4, mounted and unmounted by shell commands. Everything throws when a
// command fails; the destructor undoes what is left, and the workplace what it cannot.
class ByHand {
public:
    ByHand(std::filesystem::path folder, std::uint64_t bytes); // the folder is made
    ~ByHand();
    ByHand(const ByHand &) = delete;
    ByHand &operator=(const ByHand &) = delete;

    std::chrono::nanoseconds create_and_mount(); // truncate, losetup, mkfs.ext4, mount
    std::chrono::nanoseconds mount();            // losetup, mount
    void unmount();                              // umount, losetup -d
    void remove();                               // rm

private:
    std::filesystem::path folder_;
    std::uint64_t bytes_;
};

} // namespace drover::bench
