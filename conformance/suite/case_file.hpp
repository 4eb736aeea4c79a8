// What a run is told about the backend and its surroundings: a case.yml (docs/conformance.md describes every
// key), or the agent.yml of a node that uses the driver already. The driver's own keys are kept as they were
// written; check_backend_keys judges them once the driver has said what it accepts.
#pragma once

#include "core/config/agent_config.hpp"
#include "core/config/problem.hpp"
#include "loader/volume_types.hpp"

#include <tl/expected.hpp>

#include <array>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace drover::conformance {

struct SkipRule {
    std::string id; // of one case, or "core.list.*" for all that begin so
    std::string reason;

    [[nodiscard]] bool matches(std::string_view case_id) const noexcept;
};

struct CaseFile {
    BackendConfig backend;
    std::vector<RawKey> bad_keys; // instead of the backend's, to prove that open or probe refuses them
    std::uint64_t small_bytes = std::uint64_t{64} << 20;  // of most volumes
    std::uint64_t grown_bytes = std::uint64_t{128} << 20; // what extend and larger clones ask for
    std::array<NodeIdentity, 2> nodes = {NodeIdentity{.id = "conformance-a", .initiators = {}},
                                         NodeIdentity{.id = "conformance-b", .initiators = {}}};
    std::optional<std::vector<std::string>> profiles; // which the suite may use; absent: all that are offered
    std::string pool;                                 // where volumes are made; empty: the driver's choice
    std::string fstype = "ext4";
    bool is_shared = false;           // others use the backend at the same time
    std::filesystem::path driver_dir; // of an agent.yml; empty: not told
    std::vector<SkipRule> skips;
};

// `scratch` takes the place of "{scratch}" in every value of `keys` and `bad-keys`.
tl::expected<CaseFile, std::vector<Problem>> parse_case_file(std::string_view text, std::string_view file,
                                                             const std::filesystem::path &scratch);
tl::expected<CaseFile, std::vector<Problem>> load_case_file(const std::filesystem::path &file,
                                                            const std::filesystem::path &scratch);
// The backend whose driver is called `driver`, else the default one.
tl::expected<CaseFile, std::vector<Problem>>
case_file_from_agent_config(const std::filesystem::path &file, std::string_view driver,
                            const std::filesystem::path &scratch);

} // namespace drover::conformance
