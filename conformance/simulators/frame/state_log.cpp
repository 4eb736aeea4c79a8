#include "conformance/simulators/frame/state_log.hpp"

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <fmt/format.h>

#include <cerrno>
#include <fcntl.h>
#include <fstream>
#include <sys/file.h>
#include <unistd.h>

namespace drover::sim {

namespace {

namespace json = boost::json;

constexpr const char *kProduct = "drover-array-sim";
constexpr int kFormat = 1;

tl::unexpected<Error> fail_file(const std::filesystem::path &file, std::string_view what) {
    return fail_errno(errno, fmt::format("the state file {} {}", file.native(), what));
}

bool write_all(int fd, std::string_view bytes) {
    while (!bytes.empty()) {
        const ssize_t written = ::write(fd, bytes.data(), bytes.size());
        if (written < 0 && errno == EINTR)
            continue;
        if (written <= 0)
            return false;
        bytes.remove_prefix(static_cast<std::size_t>(written));
    }
    return true;
}

} // namespace

Result<std::unique_ptr<StateLog>> StateLog::open(const std::filesystem::path &file, std::string_view product,
                                                 const Take &take) {
    const std::filesystem::path lock_file = file.native() + ".lock";
    UniqueFd lock(::open(lock_file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
    if (!lock)
        return fail_file(file, "cannot be locked");
    if (::flock(lock.get(), LOCK_EX | LOCK_NB) != 0) {
        return fail(
            Code::conflict,
            fmt::format("the state file {} is used by another simulator; end it, or give this one a file of "
                        "its own",
                        file.native()));
    }
    std::unique_ptr<StateLog> log(new StateLog(file, std::string(product), std::move(lock)));
    if (auto read = log->read(take); !read)
        return fail(std::move(read).error());
    return log;
}

Result<void> StateLog::read(const Take &take) const {
    std::ifstream in(file_, std::ios::binary);
    if (!in) {
        std::error_code error;
        if (!std::filesystem::exists(file_, error))
            return {};
        return fail_file(file_, "cannot be read");
    }
    std::string line;
    for (std::uint64_t number = 1; std::getline(in, line); ++number) {
        boost::system::error_code error;
        const auto value = json::parse(line, error);
        if (in.eof() && number > 1) // its end was not written: the call was never answered
            return {};
        if (error || !value.is_object()) {
            return fail(Code::invalid,
                        fmt::format("line {} of the state file {} is no JSON object; remove the file to "
                                    "begin anew",
                                    number, file_.native()));
        }
        if (number == 1) {
            const auto *is = value.get_object().if_contains(kProduct);
            const auto *format = value.get_object().if_contains("format");
            if (is == nullptr || format == nullptr || *is != json::value(product_) ||
                *format != json::value(kFormat)) {
                return fail(Code::invalid, fmt::format("{} is not the state of a simulated {} in format {}",
                                                       file_.native(), product_, kFormat));
            }
            continue;
        }
        if (auto taken = take(value.get_object()); !taken) {
            return fail(std::move(taken).error().with_context(
                fmt::format("line {} of the state file {}", number, file_.native())));
        }
    }
    return {};
}

Result<void> StateLog::append(const json::object &line) {
    const std::string text = json::serialize(line) + "\n";
    if (!log_)
        return fail(Code::internal, "the state file is not written yet");
    if (!write_all(log_.get(), text)) {
        const int reason = errno;
        // Half a line in the middle would spoil what comes after it.
        static_cast<void>(::ftruncate(log_.get(), static_cast<off_t>(bytes_)));
        errno = reason;
        return fail_file(file_, "cannot be written");
    }
    bytes_ += text.size();
    return {};
}

Result<void> StateLog::rewrite(const std::vector<json::object> &lines) {
    std::string text = json::serialize(json::object{{kProduct, product_}, {"format", kFormat}}) + "\n";
    for (const auto &line : lines)
        text += json::serialize(line) + "\n";
    const std::filesystem::path fresh = file_.native() + ".new";
    UniqueFd fd(::open(fresh.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC, 0600));
    if (!fd || !write_all(fd.get(), text) || ::fsync(fd.get()) != 0 ||
        ::rename(fresh.c_str(), file_.c_str()) != 0)
        return fail_file(file_, "cannot be written");
    log_ = std::move(fd);
    bytes_ = bytes_rewritten_ = text.size();
    return {};
}

} // namespace drover::sim
