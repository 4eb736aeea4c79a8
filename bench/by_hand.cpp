#include "bench/by_hand.hpp"

#include "bench/processes.hpp"

#include <exception>
#include <string>
#include <utility>

namespace drover::bench {

namespace {

// $1: the folder; $2: the size.
std::chrono::nanoseconds shell(const char *script, const std::filesystem::path &folder, std::uint64_t bytes) {
    return run({"/bin/sh", "-ec", script, "sh", folder.string(), std::to_string(bytes)});
}

} // namespace

ByHand::ByHand(std::filesystem::path folder, std::uint64_t bytes)
    : folder_(std::move(folder)), bytes_(bytes) {
    std::filesystem::create_directories(folder_ / "mnt");
}

ByHand::~ByHand() {
    try {
        shell("! mountpoint -q \"$1/mnt\" || umount \"$1/mnt\"\n"
              "losetup -n -O NAME -j \"$1/image\" | xargs -r losetup -d",
              folder_, bytes_);
    } catch (const std::exception &) { // the workplace's end is thorough
    }
}

std::chrono::nanoseconds ByHand::create_and_mount() {
    return shell("truncate -s \"$2\" \"$1/image\"\n"
                 "device=$(losetup -f --show \"$1/image\")\n"
                 "mkfs.ext4 -q \"$device\"\n"
                 "mount \"$device\" \"$1/mnt\"",
                 folder_, bytes_);
}

std::chrono::nanoseconds ByHand::mount() {
    return shell("device=$(losetup -f --show \"$1/image\")\nmount \"$device\" \"$1/mnt\"", folder_, bytes_);
}

void ByHand::unmount() {
    shell("device=$(findmnt -n -o SOURCE \"$1/mnt\")\numount \"$1/mnt\"\nlosetup -d \"$device\"", folder_,
          bytes_);
}

void ByHand::remove() {
    std::filesystem::remove(folder_ / "image");
}

} // namespace drover::bench
