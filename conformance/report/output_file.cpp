#include "conformance/report/output_file.hpp"

#include "loader/base/unique_fd.hpp"

#include <fmt/format.h>

#include <cerrno>
#include <cstdio>
#include <fcntl.h>
#include <random>
#include <unistd.h>

namespace drover::conformance {
namespace {

namespace fs = std::filesystem;

struct Place {
    fs::path file;
    bool is_special = false; // no regular file: a rename would put one in its place
};

Result<Place> place_of(const fs::path &file) {
    std::error_code error;
    const fs::file_status status = fs::status(file, error);
    if (fs::is_directory(status)) {
        return fail(
            Code::invalid,
            fmt::format("{} cannot be written: it is a folder; give the name of a file", file.native()));
    }
    if (fs::exists(status) && !fs::is_regular_file(status))
        return Place{file, true};
    const fs::path followed = fs::weakly_canonical(file, error);
    return Place{error ? file : followed, false};
}

// The file beside the place; removed unless it was renamed.
class Beside {
public:
    explicit Beside(const fs::path &file) {
        std::random_device random;
        for (int tries = 0; fd_.get() < 0 && tries < 16; ++tries) {
            name_ = file.parent_path() / fmt::format(".{}.{:08x}.new", file.filename().native(), random());
            // 0666: who may read a report is the umask's business.
            fd_ = UniqueFd(::open(name_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666));
            errno_ = errno;
            if (fd_.get() < 0 && errno_ != EEXIST)
                return;
        }
    }
    ~Beside() {
        if (fd_.get() >= 0 && !is_renamed_)
            ::unlink(name_.c_str());
    }
    Beside(const Beside &) = delete;
    Beside &operator=(const Beside &) = delete;

    [[nodiscard]] int fd() const noexcept { return fd_.get(); }
    [[nodiscard]] int open_errno() const noexcept { return errno_; }
    bool rename_to(const fs::path &file) {
        is_renamed_ = ::rename(name_.c_str(), file.c_str()) == 0;
        return is_renamed_;
    }

private:
    fs::path name_;
    UniqueFd fd_;
    int errno_ = 0;
    bool is_renamed_ = false;
};

bool write_all(int fd, std::string_view text) {
    while (!text.empty()) {
        const ssize_t count = ::write(fd, text.data(), text.size());
        if (count < 0 && errno == EINTR)
            continue;
        if (count <= 0)
            return false;
        text.remove_prefix(static_cast<std::size_t>(count));
    }
    return true;
}

tl::unexpected<Error> cannot(int error_number, const fs::path &file) {
    std::error_code error;
    const fs::path folder = fs::absolute(file, error).parent_path();
    return fail_errno(error_number, fmt::format("{} cannot be written (a new file in {} takes its place)",
                                                file.native(), folder.native()));
}

} // namespace

Result<void> check_writable(const fs::path &file) {
    const auto place = place_of(file);
    if (!place)
        return fail(place.error());
    if (place->is_special) {
        if (::access(place->file.c_str(), W_OK) != 0)
            return cannot(errno, file);
        return {};
    }
    if (const Beside beside(place->file); beside.fd() < 0)
        return cannot(beside.open_errno(), file);
    return {};
}

Result<void> write_file(const fs::path &file, std::string_view text) {
    const auto place = place_of(file);
    if (!place)
        return fail(place.error());
    if (place->is_special) {
        const UniqueFd to(::open(place->file.c_str(), O_WRONLY | O_CLOEXEC));
        if (to.get() < 0 || !write_all(to.get(), text))
            return cannot(errno, file);
        return {};
    }
    Beside beside(place->file);
    if (beside.fd() < 0)
        return cannot(beside.open_errno(), file);
    if (!write_all(beside.fd(), text) || ::fsync(beside.fd()) != 0 || !beside.rename_to(place->file))
        return cannot(errno, file);
    return {};
}

} // namespace drover::conformance
