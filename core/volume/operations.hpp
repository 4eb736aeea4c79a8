// Which operations run, how far they are, and how those of the last minutes ended: what people and scripts
// ask while they wait. Nothing here is durable; what must survive is in the journal.
#pragma once

#include "core/volume/views.hpp"

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

namespace drover {

class Operations {
public:
    // How many ended operations are remembered.
    static constexpr std::size_t kRemembered = 256;

    std::string begin(std::string_view kind, std::string_view volume);
    void progress(const std::string &id, unsigned permille, std::string_view stage);
    void stage(const std::string &id, std::string_view stage);
    void end(const std::string &id, const Error *error, std::string_view result_id);

    [[nodiscard]] std::vector<OperationView> list() const; // newest first
    [[nodiscard]] Result<OperationView> get(const std::string &id) const;
    // What runs on a volume now: "mount: formatting", or empty.
    [[nodiscard]] std::string running_on(std::string_view volume) const;

    // See VolumeService::watch_operation.
    std::uint64_t watch(const std::string &id, unsigned seen_permille, const std::string &seen_stage,
                        std::function<void()> changed);
    void stop_watching(std::uint64_t token);

private:
    struct Watcher {
        std::string operation;
        std::function<void()> changed;
    };
    using Called = std::vector<std::function<void()>>;

    [[nodiscard]] Called take_watchers(const std::string &id); // under the mutex
    void forget_oldest();

    mutable std::mutex mutex_;
    std::map<std::string, OperationView> running_;
    std::map<std::string, OperationView> ended_;
    std::vector<std::string> ended_order_;
    std::map<std::uint64_t, Watcher> watchers_;
    std::uint64_t next_token_ = 1;
    std::uint64_t next_id_ = 1;
};

std::uint64_t unix_now_ns();

} // namespace drover
