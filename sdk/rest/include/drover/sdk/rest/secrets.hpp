// What must never be seen: each secret is registered once, and every text on its way to a log, an error or a
// file goes through `cleaned`. Thread-safe.
#pragma once

#include <cstddef>
#include <deque>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

namespace drv::rest {

inline constexpr std::string_view kRedacted = "***";

class Secrets {
public:
    Secrets() = default;
    ~Secrets(); // wipes what it knows
    Secrets(const Secrets &) = delete;
    Secrets &operator=(const Secrets &) = delete;

    // Known until the end, as it is and as it looks in JSON, in a URL and in base64. Empty text is no secret.
    void add(std::string_view secret);
    // The same for what an array hands out (a session's token): only the newest kPassing are known.
    void add_passing(std::string_view secret);
    static constexpr std::size_t kPassing = 64;

    // `text` with "***" in the place of every secret.
    [[nodiscard]] std::string cleaned(std::string_view text) const;
    // True for headers whose value is a secret whatever it is: Authorization, Cookie and their like.
    [[nodiscard]] static bool is_secret_header(std::string_view name);

private:
    using Forms = std::vector<std::string>;
    [[nodiscard]] static Forms forms_of(std::string_view secret);
    static void wipe(Forms &forms) noexcept;

    mutable std::mutex mutex_;
    std::vector<Forms> lasting_;
    std::deque<Forms> passing_;
};

} // namespace drv::rest
