// The array. This one is a model in memory, so that the driver does something from the first hour. Replace it
// with a client of your array's API, and keep what driver.cpp asks of it.
//
// The model lives as long as the process: volumes outlast the open backends that made them, as on an array,
// and are gone when the process ends. Every method may be called by several threads at a time; all of them
// throw drv::Error.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace array {

inline constexpr std::uint64_t kUnitBytes = std::uint64_t{1} << 20;     // sizes are multiples of it
inline constexpr std::uint64_t kCapacityBytes = std::uint64_t{1} << 40; // of one array

// The host that may reach a volume.
struct Mapping {
    std::string node;      // the agent's name for the host, kept on the array
    std::string initiator; // its IQN
    bool read_only = false;
    std::uint64_t lun = 0; // chosen by the array
};

struct Volume {
    std::string id;           // the agent's, kept on the array: every node finds the volume by it
    std::string name;         // what people call it
    std::uint64_t number = 0; // the array's own, never used again
    std::uint64_t bytes = 0;
    std::uint64_t created_unix_ns = 0;
    std::optional<Mapping> mapping;
};

class Model;

// A session with the array at an address. Two with the same address see the same volumes.
class Client {
public:
    explicit Client(const std::string &address);

    [[nodiscard]] std::uint64_t free_bytes() const;
    // Nothing: it is certain that there is no such volume.
    [[nodiscard]] std::optional<Volume> find(std::string_view id) const;
    [[nodiscard]] std::vector<std::string> ids() const; // sorted by bytes

    // Makes a volume, or gives the one that has the id already, in whatever shape. NO_SPACE.
    Volume create(std::string_view id, std::string_view name, std::uint64_t bytes);
    // Absent: done. CONFLICT: it is mapped.
    void remove(std::string_view id);
    // Lets a host reach an unmapped volume and chooses the LUN. NOT_FOUND. CONFLICT: mapped meanwhile.
    // INVALID: another host has that initiator.
    Volume map(std::string_view id, Mapping wanted);
    // Takes away the access of that host, and of no other.
    void unmap(std::string_view id, std::string_view node);

private:
    std::shared_ptr<Model> model_;
};

} // namespace array
