// What a simulated FlashArray is told from outside: the seed file's contents. Its form is in
// docs/array-sim.md.
#pragma once

#include "conformance/simulators/frame/data_plane.hpp"

#include <boost/json/object.hpp>

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace drover::sim::flasharray {

// REST 1.MINOR; there was never another major that counts here.
using Version = unsigned;
inline constexpr Version kNewestVersion = 19;

struct Settings {
    std::vector<Version> versions; // as offered, in order
    std::int64_t idle_timeout_s = 1800;
    std::int64_t eradication_delay_s = 86400;
    bool safe_mode = false; // nothing is eradicated on request
    std::uint64_t capacity = 100ULL << 40U;
    std::uint64_t most_volumes = 20'000; // destroyed ones count
    unsigned most_lun = 4095;
    std::uint64_t most_rows = UINT64_MAX; // of an answer with pages, whatever was asked for

    // Changes the members named. Fails, changing nothing, for an unknown or wrong one.
    Result<void> set(const boost::json::object &changes);
};

enum class Role { array_admin, storage_admin, readonly };

struct User {
    std::string name, password, api_token;
    Role role = Role::array_admin;
};

struct Controller {
    std::string name, mode, model, status;
};

// A call that the array carries out for itself at its first start, so that the same rules hold for its first
// objects.
struct FirstCall {
    std::string method, path;
    boost::json::object parameters;
};

struct Seed {
    std::string array_name = "sim-fa";
    std::string array_id; // empty: made at the first start
    std::string purity = "6.1.11";
    std::string revision = "202105251546+drover";
    std::string target_iqn = "iqn.2010-06.com.purestorage:flasharray.0a1b2c3d4e5f6071";
    Settings settings;
    std::vector<User> users;
    std::vector<DataPort> ports;
    std::vector<std::string> targets; // arrays that protection groups can be copied to
    std::vector<FirstCall> first_calls;
};

// "1.9" is 9; nothing for what is no version 1.x of this simulator.
[[nodiscard]] std::optional<Version> parse_version(std::string_view text);

// Without a file: one user, pureuser/pureuser, with the token of docs/array-sim.md, two iSCSI and two FC
// ports.
[[nodiscard]] Seed default_seed();
// YAML, of which JSON is a part. Fails with the file's line for unknown keys and wrong types.
[[nodiscard]] Result<Seed> read_seed(const std::filesystem::path &file);

} // namespace drover::sim::flasharray
