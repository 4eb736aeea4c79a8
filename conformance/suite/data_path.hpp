// The way of real data: the array side by the driver, the device by the agent's own connectors (which prove
// its identity before anything is written), the filesystem by the agent's own code, mounted in a mount
// namespace of this process, so that nothing of it outlives a crash. Every failure ends the case.
#pragma once

#include "conformance/suite/test.hpp"
#include "core/connect/connectors.hpp"
#include "core/filesystem/block_device.hpp"
#include "core/filesystem/freeze.hpp"

#include <filesystem>
#include <string>

namespace drover::conformance {

// A volume whose device is here.
struct Plugged {
    std::string id;
    bool is_second = false; // attached as the second node
    Connection connection;
    connect::Device device;
};

class DataPath {
public:
    // Skips the case when this machine cannot do it: not root, or no connector for the backend's protocols.
    explicit DataPath(Test &test);
    ~DataPath(); // unmounts and lets go of what is still there
    DataPath(const DataPath &) = delete;
    DataPath &operator=(const DataPath &) = delete;

    Plugged plug(const std::string &id, bool as_second = false, std::uint64_t flags = 0);
    // The device of an attachment to the first node that was made elsewhere.
    Plugged plug_attached(const std::string &id, const Connection &connection);
    void unplug(const Plugged &plugged); // flushed, device gone, detached
    // Sees that the device has at least so many bytes now.
    void rescan(Plugged &plugged, std::uint64_t bytes);

    void write(const Plugged &plugged, std::uint64_t seed, std::uint64_t bytes);
    void expect_pattern(const Plugged &plugged, std::uint64_t seed, std::uint64_t bytes,
                        std::string_view what);
    void expect_zero(const Plugged &plugged, std::uint64_t from, std::uint64_t to, std::string_view what);

    // plug, work, unplug in one.
    void write_volume(const BackendVolume &volume, std::uint64_t seed);
    void expect_volume(const std::string &id, std::uint64_t seed, std::uint64_t bytes, std::string_view what);

    void format(const Plugged &plugged);
    std::filesystem::path mount(const Plugged &plugged);
    void unmount(const Plugged &plugged);
    filesystem::Freeze freeze(const Plugged &plugged);
    void write_files(const Plugged &plugged, std::uint64_t seed);
    void expect_files(const Plugged &plugged, std::uint64_t seed, std::string_view what);

private:
    Plugged connect(Plugged made);
    Deadline soon() const;
    [[nodiscard]] std::filesystem::path target_of(const Plugged &plugged) const;
    connect::Connector &connector(const Plugged &plugged);
    template <typename T>
    T need(Result<T> result, std::string_view expected);
    Instance &instance_of(const Plugged &plugged);

    Test &test_;
    connect::Connectors connectors_;
    connect::Connectors second_connectors_; // by the other node's name, where a protocol lets one have it
    std::vector<Plugged> plugged_;
    std::vector<std::string> mounted_; // ids
};

} // namespace drover::conformance
