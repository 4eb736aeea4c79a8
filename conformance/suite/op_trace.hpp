// Which op of the driver runs, written where it survives the process: a page shared with the runner. So a
// crash or a hang can be told with the name of the op. One writer, the test's process; the runner reads once
// that has ended.
#pragma once

#include "loader/base/error.hpp"
#include "loader/base/unique_fd.hpp"

#include <string>
#include <string_view>

namespace drover::conformance {

class OpTrace {
public:
    // A new page; fd() is for the child.
    static Result<OpTrace> make();
    // The page behind a descriptor that was inherited. Takes the descriptor.
    static Result<OpTrace> adopt(UniqueFd fd);

    OpTrace(OpTrace &&other) noexcept;
    OpTrace &operator=(OpTrace &&) = delete;
    OpTrace(const OpTrace &) = delete;
    OpTrace &operator=(const OpTrace &) = delete;
    ~OpTrace();

    [[nodiscard]] int fd() const noexcept { return fd_.get(); }

    void begin(std::string_view op, std::string_view subject) noexcept;
    void end() noexcept;
    void clear() noexcept;

    // "create of 6c8f...", also when it has returned; empty: none has run.
    [[nodiscard]] std::string last() const;
    // Has the last op not returned?
    [[nodiscard]] bool is_running() const noexcept;

private:
    struct Page;
    OpTrace(UniqueFd fd, Page *page) noexcept;
    static Result<OpTrace> map(UniqueFd fd);

    UniqueFd fd_;
    Page *page_;
};

} // namespace drover::conformance
