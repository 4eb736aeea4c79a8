// Where the volume service gets its open drivers from. The agent opens them (in the background, again and
// again until it works); a test hands in what it likes.
#pragma once

#include "core/volume/views.hpp"
#include "loader/base/secret_text.hpp"
#include "loader/driver.hpp"

#include <memory>
#include <string>
#include <vector>

namespace drover {

class Backends {
public:
    virtual ~Backends() = default;
    // The open driver, or why there is none: no such backend (not_found, naming those there are), still
    // opening or failed to open (unreachable, retryable). The pointer keeps the driver open. From any thread.
    virtual Result<std::shared_ptr<Driver>> driver(const std::string &backend) = 0;
    // Of an open driver; asked once per open. From any thread; may block on the driver.
    virtual Result<Capabilities> capabilities(const std::string &backend) = 0;
    // The value of a secret key of the backend's section, read afresh, so that a changed file counts.
    // not_found: the section has no such key, or the driver declares none. From any thread.
    virtual Result<SecretText> secret(const std::string &backend, const std::string &key) = 0;
    [[nodiscard]] virtual const std::string &default_backend() const noexcept = 0;
    [[nodiscard]] virtual bool is_known(const std::string &backend) const noexcept = 0;
    [[nodiscard]] virtual std::vector<BackendView> views() const = 0;
    // Replaces the driver of the backend `name`, or of every backend whose driver has that name, by that of
    // the file as it is now; calls in flight end in the old one. The backends whose driver was replaced.
    // When a new one fails its checks, the old one serves on, and the error says why; not_found: no such
    // name; unsupported: the driver runs in this process. Again is another reload. Any thread; blocks until
    // the deadline, or for a minute for each backend.
    virtual Result<std::vector<std::string>> reload(const std::string &name, Deadline deadline) = 0;
};

} // namespace drover
