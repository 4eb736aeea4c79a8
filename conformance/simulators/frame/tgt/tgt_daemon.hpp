// A tgtd of our own (Debian's package tgt, a target in user space), with its control socket and its log in a
// folder "tgt" beside the volumes' files, so that it meets no other tgtd. It ends with us, see
// kept_program.hpp.
//
// Secrets: tgtadm takes passwords as arguments and in no other way, so those who may read /proc of this
// machine see the CHAP secrets of the simulated array while it runs, for some milliseconds.
#pragma once

#include "conformance/simulators/frame/tgt/kept_program.hpp"

#include <memory>

namespace drover::sim {

class TgtDaemon {
public:
    // Waits for one of an earlier run to be gone, and until this one answers: some seconds at most. It
    // listens on nothing that is known to anybody.
    static Result<std::unique_ptr<TgtDaemon>> start(const std::filesystem::path &data_folder);

    // Listens on these alone: "127.0.0.1:3260", "[::1]:3260".
    Result<void> listen_on(const std::vector<std::string> &portals);

    // Runs tgtadm, and gives what it printed. `what` is for messages: "showing LUN 7".
    Result<std::string> ask(std::string_view what, const std::vector<std::string> &arguments);
    Result<void> tell(std::string_view what, const std::vector<std::string> &arguments);

private:
    TgtDaemon(UniqueFd lock, std::filesystem::path folder, KeptProgram program) noexcept
        : lock_(std::move(lock)), folder_(std::move(folder)), program_(std::move(program)) {}
    Result<void> wait_until_it_answers();
    [[nodiscard]] std::string last_words() const;

    UniqueFd lock_; // of the data folder: held by tgtd too
    std::filesystem::path folder_;
    KeptProgram program_;
    bool has_answered_ = false;
};

} // namespace drover::sim
