// A good agent.yml with a few slips of the keyboard in it, none of them within a secret: whatever becomes of
// the file, no message shows one. The input is the slips, four bytes each: where (two bytes), what, and which
// character.
#include "core/config/agent_config.hpp"
#include "core/config/backend_keys.hpp"
#include "fuzz/check.hpp"

#include <array>

namespace {

using namespace drover;

constexpr std::string_view kSecret = "hunter2";
constexpr std::size_t kMaxSlips = 3;
constexpr std::array<std::string_view, 2> kRight = {"version: 1\n"
                                                    "docker:\n"
                                                    "  names: [drover]\n"
                                                    "  default-fstype: \"ext4\"\n"
                                                    "dataset:\n"
                                                    "  backend: array\n"
                                                    "  driver: loopback\n"
                                                    "  password: hunter2\n"
                                                    "  isolation: process\n"
                                                    "  token: \"hunter2\"\n"
                                                    "  size: 10g\n"
                                                    "  pin: 'hunter2'\n"
                                                    "agent: {node-id: node-1}\n",
                                                    "version: 1\n"
                                                    "backends:\n"
                                                    "  array:\n"
                                                    "    password: 'hunter2' # hunter2\n"
                                                    "    driver: acme\n"
                                                    "    token: [hunter2, \"hunter2\"]\n"
                                                    "  second: {driver: acme, password: hunter2, size: 1g}\n"
                                                    "dataset: {backend: array}\n"
                                                    "logging:\n"
                                                    "  level: info\n"};
constexpr std::string_view kLetters = ":\"'\n\t {}[]#-,&*!|>?%\\x01/~=";

std::vector<ConfigKey> declared_keys() {
    std::vector<ConfigKey> keys;
    for (const auto &[name, kind, secret] :
         {std::tuple{"password", KeyKind::string, true}, std::tuple{"token", KeyKind::list, true},
          std::tuple{"pin", KeyKind::u64, true}, std::tuple{"size", KeyKind::bytes, false}})
        keys.push_back({.name = name, .kind = kind, .secret = secret});
    return keys;
}

bool is_within_secret(std::string_view text, std::size_t at) {
    const auto secret = text.rfind(kSecret, at);
    return secret != std::string_view::npos && at > secret && at < secret + kSecret.size();
}

void slip(std::string &text, const std::uint8_t *bytes) {
    const std::size_t at = (std::size_t{bytes[0]} << 8U | bytes[1]) % text.size();
    const char letter = kLetters[bytes[3] % kLetters.size()];
    if (is_within_secret(text, at))
        return;
    const bool is_secret = text.compare(at, kSecret.size(), kSecret) == 0;
    switch (bytes[2] % 4) {
    case 0:
        text.insert(at, 1, letter);
        break;
    case 1:
        if (!is_secret)
            text.erase(at, 1);
        break;
    case 2:
        if (!is_secret)
            text[at] = letter;
        break;
    default: // two keys in the wrong order
        if (!is_secret && at + 1 < text.size() && text.compare(at + 1, kSecret.size(), kSecret) != 0)
            std::swap(text[at], text[at + 1]);
    }
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size) {
    if (size < 1)
        return 0;
    std::string text(kRight[data[0] % kRight.size()]);
    for (std::size_t i = 0; i < kMaxSlips && size >= 1 + (i + 1) * 4; ++i)
        slip(text, data + 1 + i * 4);
    static const std::vector<ConfigKey> kDeclared = declared_keys();
    const auto config = parse_agent_config(text);
    auto problems = config ? config->warnings : config.error();
    for (std::size_t i = 0; config && i < config->backends.size(); ++i) {
        const auto checked = check_backend_keys(config->backends[i], kDeclared);
        const auto &more = checked ? checked->warnings : checked.error();
        problems.insert(problems.end(), more.begin(), more.end());
    }
    for (const Problem &problem : problems) {
        std::string shown = render_with_source(problem);
        shown.append(problem.found).append(problem.expected);
        shown.append("\nin\n");
        fuzz::require(shown.find("hunter") == std::string::npos, "no secret is shown", shown + text);
    }
    return 0;
}
