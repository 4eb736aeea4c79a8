// A driver's own keys in agent.yml against what the driver declares: unknown and missing keys, wrong kinds,
// and secrets. Does not load drivers; the caller brings their declarations.
//
// A key that the driver marks as secret may be a reference: "file:/path" (absolute; a regular file of root or
// of this user that others cannot read, at most 64 KiB; one newline at its end is dropped) or "env:NAME". The
// value itself works too and gives a warning. Other keys are taken literally: "file:..." means nothing there.
#pragma once

#include "core/config/agent_config.hpp"
#include "loader/driver.hpp"
#include "loader/host.hpp"

#include <tl/expected.hpp>

#include <span>
#include <vector>

namespace drover {

struct CheckedBackend {
    BackendSettings settings; // values and secrets in the canonical form of DRV_KEY_*
    std::vector<Problem> warnings;
};

// On failure: every error, with the warnings among them. No text of a problem holds a secret, nor the value
// of an unknown key, which may be a secret under a mistyped name.
tl::expected<CheckedBackend, std::vector<Problem>> check_backend_keys(const BackendConfig &backend,
                                                                      std::span<const ConfigKey> declared);

} // namespace drover
