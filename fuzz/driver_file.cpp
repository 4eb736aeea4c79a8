// A driver's file as it may lie on a disk: truncated, damaged, or made to hurt its reader. Nothing of it is
// ever run: it is refused with a sentence that names it, or it has a list of names.
#include "fuzz/check.hpp"
#include "loader/driver_exports.hpp"
#include "loader/elf_exports.hpp"

#include <filesystem>
#include <sys/mman.h>
#include <unistd.h>

namespace {

using drover::fuzz::require;

// A file in memory, which the reader opens by its path.
class MemoryFile {
public:
    MemoryFile() : fd_(::memfd_create("driver", MFD_CLOEXEC)), path_("/proc/self/fd/" + std::to_string(fd_)) {
        require(fd_ >= 0, "there is a file in memory");
    }
    ~MemoryFile() { ::close(fd_); }
    MemoryFile(const MemoryFile &) = delete;
    MemoryFile &operator=(const MemoryFile &) = delete;

    void hold(const std::uint8_t *data, std::size_t size) const {
        const bool good =
            ::ftruncate(fd_, 0) == 0 && ::pwrite(fd_, data, size, 0) == static_cast<ssize_t>(size);
        require(good, "the file in memory holds the input");
    }
    [[nodiscard]] const std::filesystem::path &path() const noexcept { return path_; }

private:
    int fd_;
    std::filesystem::path path_;
};

void check_refusal(const drover::Error &error, const std::filesystem::path &file) {
    drover::fuzz::require_message(error.message);
    require(error.message.starts_with(file.native()), "a refusal names the file", error.message);
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size) {
    static const MemoryFile file;
    file.hold(data, size);
    const auto exports = drover::read_exports(file.path());
    const auto checked = drover::check_driver_exports(file.path());
    if (!exports) {
        check_refusal(exports.error(), file.path());
        require(!checked && checked.error().message == exports.error().message,
                "what cannot be read is no driver", exports.error().message);
        return 0;
    }
    bool has_entry = false;
    for (const drover::ExportedSymbol &symbol : *exports) {
        require(symbol.name.find('\0') == std::string::npos, "a name ends at its NUL", symbol.name);
        has_entry = has_entry || (symbol.name == "drv_entry_v1" && symbol.is_function);
    }
    if (!checked)
        check_refusal(checked.error(), file.path());
    require(!checked || has_entry, "a driver has the entry");
    return 0;
}
