// A disk that can lose its power: a filesystem of its own, mounted where a world lives. What its files were
// told and the disk was not (nothing synced it) is gone after a cut, as on a real machine: the next start
// finds the disk as it was at that instant, and the filesystem's own journal to replay.
#pragma once

#include <filesystem>
#include <string>

namespace drover::crash {

class Disk {
public:
    // Mounts a new, empty disk on `folder`. `blank` is an image with an empty filesystem; see make_blank.
    Disk(const std::filesystem::path &blank, std::filesystem::path folder);
    ~Disk();
    Disk(const Disk &) = delete;
    Disk &operator=(const Disk &) = delete;

    // Everything written so far is on the disk.
    void sync();
    // Remembers the disk as it is now: what is not written out yet is not in it.
    void lose_power();
    // The machine is on again: the disk of that instant is mounted. Nothing may use the folder.
    void power_on();

    // Makes `file`, an image with an empty ext4 of 1 GiB (sparse).
    static void make_blank(const std::filesystem::path &file);

private:
    void mount(const std::filesystem::path &image);
    void unmount();

    std::filesystem::path folder_;
    std::filesystem::path image_;
    std::filesystem::path at_the_cut_;
};

} // namespace drover::crash
