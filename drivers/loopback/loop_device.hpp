// Loop devices: bind an image to one, find the one an image is bound to, resize, flush, and take it away
// again for certain. A device is always proven to be the image's by what the kernel answers
// (LOOP_GET_STATUS64), never by its number. Callers hold the volume's lock.
#pragma once

#include "drover/sdk/call.hpp"
#include "files.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace loopback {

// "loop:<st_dev hex>:<st_ino hex>", see drover/abi/volume.h.
[[nodiscard]] std::string wwid_of(const FileId &backing);

struct BoundLoop {
    std::string path; // /dev/loopN
    bool read_only = false;
};

// True when `path` is /dev/loopN, bound to exactly this file now.
[[nodiscard]] bool is_bound(const std::string &path, const FileId &backing);
// All loop devices bound to this file. `image_name` is a part of the file's name that no other file has:
// devices of other files are not even opened.
[[nodiscard]] std::vector<BoundLoop> find_loops(std::string_view image_name, const FileId &backing);
// What the device does with discards: hand them to the file, which then gives the space back, or refuse them.
enum class Discards { pass, refuse };

// Binds the file to a free device and returns its path. `image` needs to be open for writing unless
// `read_only`.
[[nodiscard]] std::string bind_loop(const drv::Call &call, int image, std::string_view image_name,
                                    bool read_only, Discards discards);
// Flushes the device and takes the file off it; returns when that is certain. Not bound to this file: nothing
// to do. CONFLICT, retryable: it is mounted or open.
void unbind_loop(const drv::Call &call, const std::string &path, const FileId &backing);
// Makes the device as large as its file has become.
void resize_loop(const std::string &path, const FileId &backing);
// Writes what the kernel holds back for the device into the file.
void flush_loop(const std::string &path, const FileId &backing);
// For a device that is bound already. It stays so until the device is free again.
void refuse_discards(const std::string &path);
[[nodiscard]] bool refuses_discards(const std::string &path);

} // namespace loopback
