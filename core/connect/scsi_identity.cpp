#include "core/connect/scsi_identity.hpp"

#include "core/connect/wwid.hpp"
#include "loader/base/child_call.hpp"
#include "loader/base/unique_fd.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <chrono>
#include <fcntl.h>
#include <scsi/sg.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

namespace drover::connect {
namespace {

using namespace std::chrono_literals;

// An answer takes a millisecond; a path that lost its target is found out by the transport in about ten
// seconds.
constexpr auto kAnswerLimit = 12s;
constexpr unsigned kCommandLimitMs = 10'000;
constexpr std::size_t kPageBytes = 1020;

Result<UniqueFd> open_disk(const std::string &path, dev_t wanted) {
    UniqueFd fd(::open(path.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC));
    if (!fd)
        return fail_errno(errno, fmt::format("opening {}", path));
    struct stat info {};
    if (::fstat(fd.get(), &info) != 0)
        return fail_errno(errno, fmt::format("looking at {}", path));
    if (!S_ISBLK(info.st_mode) || info.st_rdev != wanted)
        return fail_retryable(Code::unreachable, fmt::format("{} has become another device", path));
    return fd;
}

// In the child: the page as the disk sends it now. Arguments: the path, major and minor.
Result<std::string> ask_page83(std::string_view arguments) {
    const auto fields = split_fields(arguments);
    auto fd = open_disk(fields.at(0), makedev(static_cast<unsigned>(std::stoul(fields.at(1))),
                                              static_cast<unsigned>(std::stoul(fields.at(2)))));
    if (!fd)
        return fail(std::move(fd).error());
    std::array<unsigned char, kPageBytes> page{};
    std::array<unsigned char, 64> sense{};
    constexpr unsigned char kInquiry = 0x12;
    constexpr unsigned char kVitalProductData = 1;
    std::array<unsigned char, 6> command{kInquiry,         kVitalProductData,  0x83,
                                         kPageBytes >> 8U, kPageBytes & 0xffU, 0};
    sg_io_hdr_t request{};
    request.interface_id = 'S';
    request.dxfer_direction = SG_DXFER_FROM_DEV;
    request.cmd_len = command.size();
    request.mx_sb_len = sense.size();
    request.dxfer_len = page.size();
    request.dxferp = page.data();
    request.cmdp = command.data();
    request.sbp = sense.data();
    request.timeout = kCommandLimitMs;
    if (::ioctl(fd->get(), SG_IO, &request) != 0)
        return fail_errno(errno, fmt::format("asking {} who it is", fields.at(0)));
    if ((request.info & SG_INFO_OK_MASK) != SG_INFO_OK) {
        return fail_retryable(
            Code::unreachable,
            fmt::format("{} does not tell who it is (status {:#x}, host {:#x}, driver {:#x})", fields.at(0),
                        request.status, request.host_status, request.driver_status));
    }
    const auto size = page.size() - static_cast<std::size_t>(std::clamp(request.resid, 0, int{kPageBytes}));
    return std::string(reinterpret_cast<const char *>(page.data()), size);
}

void judge(ProvenDisk &proven, const Result<std::string> &page, const std::string &wwid) {
    if (!page) {
        proven.found = page.error().message;
        return;
    }
    const auto ids = ids_of_page83(*page);
    if (ids.empty()) {
        proven.found = proven.disk.name + " tells no NAA or EUI on page 0x83";
    } else if (std::find(ids.begin(), ids.end(), wwid) != ids.end()) {
        proven.identity = Identity::ours;
    } else {
        proven.identity = Identity::other;
        proven.found = fmt::format("{}", fmt::join(ids, ", "));
    }
}

} // namespace

std::vector<ProvenDisk> prove(std::vector<ScsiDisk> disks, const std::string &wwid, Deadline deadline,
                              const ProvenBefore &known) {
    const Deadline limit = deadline.earlier(Deadline::after(kAnswerLimit));
    std::vector<ProvenDisk> proven;
    std::vector<std::optional<Result<BegunCall>>> calls;
    for (auto &disk : disks) {
        calls.emplace_back();
        const bool is_known = disk.is_running() && known.holds(disk);
        if (disk.is_running() && !is_known) {
            const std::string path = "/dev/" + disk.name;
            calls.back().emplace(begin_in_kept_child(
                "asking " + path + " who it is", limit, ask_page83,
                join_fields({path, std::to_string(disk.major), std::to_string(disk.minor)})));
        }
        proven.push_back(
            {.disk = std::move(disk), .identity = is_known ? Identity::ours : Identity::silent, .found = {}});
    }
    for (std::size_t i = 0; i < proven.size(); ++i) {
        if (proven[i].identity == Identity::ours)
            continue;
        if (!calls[i]) {
            proven[i].found = fmt::format("{} is {}", proven[i].disk.name,
                                          proven[i].disk.state.empty() ? "gone" : proven[i].disk.state);
        } else if (!*calls[i]) {
            proven[i].found = calls[i]->error().message;
        } else {
            judge(proven[i], (*calls[i])->wait(), wwid);
        }
    }
    return proven;
}

} // namespace drover::connect
