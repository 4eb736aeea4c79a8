#include "core/connect/local_identity.hpp"

#include "loader/base/file_content.hpp"

#include <fmt/format.h>

#include <cerrno>
#include <fstream>
#include <linux/loop.h>
#include <linux/major.h>
#include <sys/ioctl.h>

namespace drover::connect {
namespace {

std::string trimmed(std::string text) {
    const auto is_blank = [](char c) { return c == ' ' || c == '\n' || c == '\t' || c == '\r' || c == '\0'; };
    while (!text.empty() && is_blank(text.back()))
        text.pop_back();
    std::size_t start = 0;
    while (start < text.size() && is_blank(text[start]))
        ++start;
    return text.substr(start);
}

// One line of a sysfs file; empty when there is none.
std::string attribute(const std::filesystem::path &file) {
    std::ifstream in(file);
    std::string line;
    std::getline(in, line);
    return trimmed(std::move(line));
}

// The unit serial number of a SCSI device: page 0x80 as it came from the device, its length in bytes 2 and 3.
std::string unit_serial(const std::filesystem::path &file) {
    const std::string page = content_of(file).value_or(std::string());
    if (page.size() < 4 || static_cast<unsigned char>(page[1]) != 0x80)
        return {};
    const std::size_t length = static_cast<std::size_t>(static_cast<unsigned char>(page[2])) << 8U |
                               static_cast<unsigned char>(page[3]);
    if (page.size() - 4 < length)
        return {};
    return trimmed(page.substr(4, length));
}

Result<std::vector<std::string>> loop_identity(int fd, unsigned major, unsigned minor) {
    loop_info64 info{};
    if (::ioctl(fd, LOOP_GET_STATUS64, &info) != 0) {
        if (errno == ENXIO)
            return fail(Code::not_found, fmt::format("loop device {}:{} has no file", major, minor));
        return fail_errno(errno, fmt::format("asking loop device {}:{} for its file", major, minor));
    }
    return std::vector<std::string>{fmt::format("loop:{:x}:{:x}", info.lo_device, info.lo_inode)};
}

} // namespace

Result<std::vector<std::string>> identities_of(int fd, unsigned major, unsigned minor,
                                               const std::filesystem::path &sysfs) {
    if (major == LOOP_MAJOR)
        return loop_identity(fd, major, minor);
    const auto folder = sysfs / "dev" / "block" / fmt::format("{}:{}", major, minor);
    if (std::string uuid = attribute(folder / "dm" / "uuid"); !uuid.empty())
        return std::vector<std::string>{"dm:" + uuid};
    std::vector<std::string> identities;
    for (const char *file : {"serial", "wwid", "device/serial", "device/wwid"}) {
        if (const std::string value = attribute(folder / file); !value.empty())
            identities.push_back("serial:" + value);
    }
    if (const std::string value = unit_serial(folder / "device" / "vpd_pg80"); !value.empty())
        identities.push_back("serial:" + value);
    if (identities.empty()) {
        return fail(Code::internal,
                    fmt::format("device {}:{} tells no serial, wwid or dm uuid in {}: it cannot be "
                                "proven to be the volume",
                                major, minor, folder.string()));
    }
    return identities;
}

} // namespace drover::connect
