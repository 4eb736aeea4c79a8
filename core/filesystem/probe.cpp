// libblkid's low-level probe, asked for everything it knows, one find at a time: its "safe" mode stops at the
// first filesystem and hides the rest. Runs in a child, since reading dead storage hangs.
#include "core/filesystem/probe.hpp"

#include "core/filesystem/superblock.hpp"
#include "loader/base/child_call.hpp"

#include <blkid/blkid.h>
#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <fcntl.h>
#include <linux/fs.h>
#include <memory>
#include <optional>
#include <span>
#include <sys/ioctl.h>

namespace drover::filesystem {
namespace {

constexpr std::uint64_t kEdgeBytes = 1024UL * 1024;
constexpr std::size_t kAlignment = 4096;
constexpr std::size_t kMaxSignatures = 64;

struct Free {
    void operator()(char *memory) const { std::free(memory); }
};
using Aligned = std::unique_ptr<char, Free>;

Error no_size(const BlockDevice &device) {
    return {.code = Code::unreachable,
            .message = fmt::format("device {} has no size", describe(device)),
            .retryable = true};
}

Result<void> read_at(const BlockDevice &device, int fd, std::span<char> buffer, std::uint64_t offset) {
    std::size_t done = 0;
    while (done < buffer.size()) {
        const ssize_t n =
            ::pread(fd, buffer.data() + done, buffer.size() - done, static_cast<off_t>(offset + done));
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0) {
            return fail(Error{
                .code = Code::unreachable,
                .message = fmt::format("device {} cannot be read at byte {} ({}): nothing is known of its "
                                       "content",
                                       describe(device), offset + done,
                                       n == 0 ? "it ends there" : std::generic_category().message(errno)),
                .retryable = true});
        }
        done += static_cast<std::size_t>(n);
    }
    return {};
}

// Proves that head and tail can be read, past the page cache, and tells whether they are zero.
Result<bool> read_edges(const BlockDevice &device) {
    auto bytes_there =
        open_device(device, O_RDONLY).and_then([&](const UniqueFd &fd) { return size_of(device, fd.get()); });
    if (!bytes_there)
        return fail(std::move(bytes_there).error());
    const std::uint64_t bytes = *bytes_there;
    if (bytes == 0)
        return fail(no_size(device));
    auto direct = open_device(device, O_RDONLY | O_DIRECT);
    if (!direct && direct.error().code == Code::invalid) {
        direct = open_device(device, O_RDONLY); // no direct I/O here
        if (direct && ::ioctl(direct->get(), BLKFLSBUF, 0) != 0)
            return fail_errno(errno, fmt::format("emptying the cache of device {}", describe(device)));
    }
    if (!direct)
        return fail(std::move(direct).error());
    const auto length = static_cast<std::size_t>(std::min(bytes, kEdgeBytes));
    const Aligned memory(static_cast<char *>(std::aligned_alloc(kAlignment, kEdgeBytes)));
    if (!memory)
        return fail(Code::internal, "no memory to read a device");
    const std::span<char> buffer(memory.get(), length);
    // Zero at the front, and each byte the same as the one before it.
    const auto is_zero = [&] {
        return buffer.front() == 0 && std::memcmp(buffer.data(), buffer.data() + 1, length - 1) == 0;
    };
    bool zero = true;
    for (const std::uint64_t offset : {std::uint64_t{0}, bytes - length}) {
        if (auto read = read_at(device, direct->get(), buffer, offset); !read)
            return fail(std::move(read).error());
        zero = is_zero() && zero;
    }
    return zero;
}

// libblkid, and we after it, look at some sixty places, one small read after the other: most of them in the
// head and the tail, some alone. Asked for together before, they cost a third. Only advice: what it does not
// bring is read when it is looked at.
void fetch_what_is_looked_at(int fd, std::uint64_t bytes) {
    constexpr std::uint64_t kKiB = 1024;
    constexpr std::uint64_t kEdge = 544 * kKiB;
    constexpr std::uint64_t kPage = 4 * kKiB;
    const auto fetch = [&](std::uint64_t offset, std::uint64_t length) {
        if (offset < bytes) {
            (void)::posix_fadvise(fd, static_cast<off_t>(offset), static_cast<off_t>(length),
                                  POSIX_FADV_WILLNEED);
        }
    };
    fetch(0, kEdge);
    fetch(bytes - std::min(bytes, kEdge), kEdge);
    for (const std::uint64_t alone :
         {1024 * kKiB, 2048 * kKiB, 4096 * kKiB, bytes - std::min(bytes, 1580544UL), 8193 * kKiB,
          32768 * kKiB, 131072 * kKiB})
        fetch(alone, kPage);
}

std::string value_of(blkid_probe prober, const char *name) {
    const char *value = nullptr;
    std::size_t length = 0;
    if (blkid_probe_lookup_value(prober, name, &value, &length) != 0 || value == nullptr)
        return {};
    return std::string(value); // NUL-terminated; `length` counts the NUL
}

// One find of libblkid, as a signature.
std::string signature_of(blkid_probe prober) {
    std::string type = value_of(prober, "TYPE");
    if (type.empty())
        type = value_of(prober, "PTTYPE");
    if (type.empty())
        return "unknown";
    return value_of(prober, "SBBADCSUM").empty() ? type : type + " (bad checksum)";
}

Result<void> find_signatures(const BlockDevice &device, int fd, Probe &probe) {
    const std::unique_ptr<blkid_struct_probe, void (*)(blkid_probe)> prober(blkid_new_probe(),
                                                                            &blkid_free_probe);
    if (!prober || blkid_probe_set_device(prober.get(), fd, 0, 0) != 0)
        return fail(Code::internal, fmt::format("device {} cannot be probed", describe(device)));
    blkid_probe_enable_superblocks(prober.get(), 1);
    blkid_probe_set_superblocks_flags(prober.get(), BLKID_SUBLKS_TYPE | BLKID_SUBLKS_UUID |
                                                        BLKID_SUBLKS_LABEL | BLKID_SUBLKS_USAGE |
                                                        BLKID_SUBLKS_MAGIC | BLKID_SUBLKS_BADCSUM);
    blkid_probe_enable_partitions(prober.get(), 1);
    blkid_probe_set_partitions_flags(prober.get(), BLKID_PARTS_MAGIC | BLKID_PARTS_FORCE_GPT);

    int found = 0;
    while ((found = blkid_do_probe(prober.get())) == 0 && probe.signatures.size() < kMaxSignatures) {
        const std::string signature = signature_of(prober.get());
        // Some filesystems answer for several copies of their superblock.
        if (std::find(probe.signatures.begin(), probe.signatures.end(), signature) != probe.signatures.end())
            continue;
        probe.signatures.push_back(signature);
        probe.uuid = value_of(prober.get(), "UUID");
        probe.label = value_of(prober.get(), "LABEL");
    }
    if (found < 0) {
        return fail_retryable(
            Code::unreachable,
            fmt::format("probing device {} failed: nothing is known of its content", describe(device)));
    }
    return {};
}

Result<Probe> probe_here(const BlockDevice &device) {
    auto fd = open_device(device, O_RDONLY);
    if (!fd)
        return fail(std::move(fd).error());
    Probe probe;
    auto bytes = size_of(device, fd->get());
    if (!bytes)
        return fail(std::move(bytes).error());
    if (*bytes == 0)
        return fail(no_size(device));
    probe.bytes = *bytes;
    // Another node may have written since this one looked.
    if (::ioctl(fd->get(), BLKFLSBUF, 0) != 0)
        return fail_errno(errno, fmt::format("emptying the cache of device {}", describe(device)));

    fetch_what_is_looked_at(fd->get(), probe.bytes);
    if (auto found = find_signatures(device, fd->get(), probe); !found)
        return fail(std::move(found).error());
    if (probe.signatures.empty()) {
        auto remains = has_ext_backup(device, fd->get(), probe.bytes);
        if (!remains)
            return fail(std::move(remains).error());
        if (*remains)
            probe.signatures.emplace_back("ext backup superblock");
    }
    probe.blank = probe.signatures.empty();
    if (probe.signatures.size() == 1) {
        probe.kind = probe.signatures.front();
    } else if (!probe.blank) {
        probe.kind = "ambiguous";
        probe.uuid.clear();
        probe.label.clear();
    }
    return probe;
}

// Fields end with NUL, which none of them can hold.
std::string encode(const Probe &probe) {
    std::string text = fmt::format("{}{}", probe.blank ? 'b' : '-', probe.bytes);
    for (const std::string *field : {&probe.kind, &probe.uuid, &probe.label})
        text.append(1, '\0').append(*field);
    for (const auto &signature : probe.signatures)
        text.append(1, '\0').append(signature);
    return text;
}

Result<Probe> decode(const std::string &text) {
    std::vector<std::string> fields(1);
    for (const char c : text) {
        if (c == '\0') {
            fields.emplace_back();
        } else {
            fields.back() += c;
        }
    }
    if (fields.size() < 4 || fields[0].size() < 2)
        return fail(Code::internal, "the helper's answer about a device's content does not read");
    Probe probe;
    probe.blank = fields[0][0] == 'b';
    probe.bytes = std::strtoull(fields[0].c_str() + 1, nullptr, 10);
    probe.kind = fields[1];
    probe.uuid = fields[2];
    probe.label = fields[3];
    probe.signatures.assign(fields.begin() + 4, fields.end());
    return probe;
}

Result<BegunCall> begin_reading_edges(const BlockDevice &device, Deadline deadline) {
    const auto work = [](std::string_view arguments) -> Result<std::string> {
        return read_edges(decode_block_device(split_fields(arguments).at(0))).map([](bool zero) {
            return std::string(zero ? "zero" : "");
        });
    };
    return begin_in_kept_child("reading head and tail of device " + describe(device), deadline, work,
                               join_fields({encode(device)}));
}

} // namespace

Result<Probe> probe(const BlockDevice &device, Deadline deadline, Expect expect) {
    // At the same time, when it looks as if it will be asked for: each waits for the device most of its time.
    std::optional<Result<BegunCall>> edges;
    if (expect == Expect::blank)
        edges.emplace(begin_reading_edges(device, deadline));
    const auto work = [](std::string_view arguments) -> Result<std::string> {
        return probe_here(decode_block_device(split_fields(arguments).at(0))).map([](const Probe &found) {
            return encode(found);
        });
    };
    auto answer = call_in_kept_child("probing device " + describe(device), deadline, work,
                                     join_fields({encode(device)}))
                      .and_then(&decode);
    // What has a signature is not going to be written to, so nothing more needs to be proven of it.
    if (!answer || !answer->blank)
        return answer;
    if (!edges)
        edges.emplace(begin_reading_edges(device, deadline));
    auto zero = edges->and_then([](BegunCall &call) { return call.wait(); });
    if (!zero)
        return fail(std::move(zero).error());
    answer->head_and_tail_zero = !zero->empty();
    return answer;
}

} // namespace drover::filesystem
