// The value of a secret key: itself, or what "file:/path" or "env:NAME" leads to. Messages name the file or
// the variable, never what is in it.
#pragma once

#include "loader/base/secret_text.hpp"

#include <tl/expected.hpp>

#include <string>

namespace drover {

inline constexpr std::size_t kMaxSecretBytes = std::size_t{64} << 10;

struct ResolvedSecret {
    SecretText value;
    bool is_inline = false; // it stood in the file itself
};

// The error is the part of a sentence after the key: "file:/x cannot be opened: No such file or directory".
tl::expected<ResolvedSecret, std::string> resolve_secret(const SecretText &written);

} // namespace drover
