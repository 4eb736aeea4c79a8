// The loopback driver, opened from its .so on a folder of its own, with every op as a short call. Whatever a
// test leaves, the fixture takes away: it frees the loop devices of its folder only.
#pragma once

#include "drover/abi.h"
#include "drover/ext/clone.h"
#include "drover/ext/extend.h"
#include "drover/ext/profiles.h"
#include "drover/ext/snapshot.h"
#include "drover/sdk/testing/fake_host.hpp"

#include <gtest/gtest.h>

#include <cstdint>
#include <filesystem>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace loopback::testing {

using drv::testing::ConnectionCatcher;
using drv::testing::FakeCall;
using drv::testing::FakeHost;
using drv::testing::VolumeCatcher;

inline constexpr std::uint64_t kMiB = 1U << 20U;

// One agent's view: an open instance. Every op keeps its call in `call`.
class Agent {
public:
    Agent(const std::filesystem::path &root, const std::string &node,
          const std::map<std::string, std::string> &more = {});
    ~Agent();
    Agent(const Agent &) = delete;
    Agent &operator=(const Agent &) = delete;

    drv_status create(std::string_view id, std::uint64_t bytes, std::string_view profile = "");
    drv_status destroy(std::string_view id);
    drv_status get(std::string_view id);
    drv_status list(std::uint64_t max = 0, std::string_view token = "");
    drv_status attach(std::string_view id, std::uint64_t flags = 0) { return attach_to(id, node_, flags); }
    drv_status attach_to(std::string_view id, std::string_view node, std::uint64_t flags = 0);
    drv_status detach(std::string_view id) { return detach_from(id, node_); }
    drv_status detach_from(std::string_view id, std::string_view node);
    drv_status resolve(std::string_view id);
    drv_status extend(std::string_view id, std::uint64_t bytes);
    drv_status clone(std::string_view source, std::string_view id, std::uint64_t bytes = 0,
                     std::string_view profile = "");
    drv_status snapshot(std::string_view volume, std::string_view id);
    drv_status snapshot_destroy(std::string_view id);
    drv_status snapshot_get(std::string_view id);
    drv_status snapshot_list(std::string_view volume);
    drv_status snapshot_clone(std::string_view snapshot, std::string_view id, std::uint64_t bytes = 0);
    drv_status revert(std::string_view snapshot);
    drv_status probe();
    drv_status capabilities(drv_caps &caps);
    std::vector<std::string> profile_names();

    // The call of the next op is made by the caller, who may have set a deadline or a cancellation.
    std::unique_ptr<FakeCall> call = std::make_unique<FakeCall>();
    std::unique_ptr<FakeCall> next_call;
    std::unique_ptr<VolumeCatcher> volumes = std::make_unique<VolumeCatcher>(); // of the last op
    std::unique_ptr<ConnectionCatcher> connection = std::make_unique<ConnectionCatcher>();
    drv_status opened = DRV_OK;
    FakeHost host;

    // For ops that have no method here: a new call, and the table of an extension.
    const drv_call *begin();
    template <class Table>
    const Table &extension(std::string_view id) {
        const void *table = table_->extension(instance_, drv::to_abi(id));
        if (table == nullptr)
            throw std::runtime_error(std::string(id) + " is not offered");
        return *static_cast<const Table *>(table);
    }
    [[nodiscard]] drv_instance *instance() { return instance_; }

private:
    std::string node_;
    const drv_driver_v1 *table_ = nullptr;
    drv_instance *instance_ = nullptr;
};

class LoopbackTest : public ::testing::Test {
protected:
    void SetUp() override;
    void TearDown() override;

    [[nodiscard]] std::unique_ptr<Agent> open(const std::string &node = "node-a",
                                              const std::map<std::string, std::string> &more = {}) const {
        return std::make_unique<Agent>(root, node, more);
    }
    // Files below root_path, relative, sorted; without the lock file.
    [[nodiscard]] std::vector<std::string> files() const;
    // The one file in volumes/ or snapshots/ that begins with `stem` and ends with `suffix`.
    [[nodiscard]] std::filesystem::path file(std::string_view folder, std::string_view stem,
                                             std::string_view suffix) const;

    std::filesystem::path scratch; // removed at the end
    std::filesystem::path root;    // scratch/root
    std::vector<std::filesystem::path> mounts;

    // A filesystem of the test's own on `device` (or tmpfs) in a mount namespace of its own.
    void mount(const std::string &source, const std::filesystem::path &where, const char *type,
               const char *options);
};

std::string read_file(const std::filesystem::path &path);
void write_file(const std::filesystem::path &path, std::string_view text);
// Bytes of a device or image, past the page cache's own copy when it is a device.
std::string read_at(const std::string &path, std::uint64_t offset, std::size_t length);
void write_at(const std::string &path, std::uint64_t offset, std::string_view bytes);
std::uint64_t device_bytes(const std::string &path);
// Loop devices whose file lies below `root`.
std::vector<std::string> loops_below(const std::filesystem::path &root);
// Binds a file as a crashed agent would have left it.
std::string bind_by_hand(const std::filesystem::path &image);
void free_by_hand(const std::string &device);

} // namespace loopback::testing
