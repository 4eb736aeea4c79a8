#include "drover/sdk/rest/secrets.hpp"

#include "drover/sdk/rest/message.hpp"

#include <boost/json/serialize.hpp>
#include <boost/json/string.hpp>
#include <openssl/crypto.h>
#include <openssl/evp.h>

#include <algorithm>
#include <array>

namespace drv::rest {

namespace {

std::string base64(std::string_view text) {
    std::string encoded(4 * ((text.size() + 2) / 3) + 1, '\0');
    const int size =
        EVP_EncodeBlock(reinterpret_cast<unsigned char *>(encoded.data()),
                        reinterpret_cast<const unsigned char *>(text.data()), static_cast<int>(text.size()));
    encoded.resize(static_cast<std::size_t>(std::max(size, 0)));
    return encoded;
}

std::string in_json(std::string_view text) {
    const std::string quoted = boost::json::serialize(boost::json::string_view(text.data(), text.size()));
    return quoted.substr(1, quoted.size() - 2);
}

std::string lower(std::string_view text) {
    std::string result(text);
    std::ranges::transform(result, result.begin(), [](char c) {
        return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    });
    return result;
}

} // namespace

Secrets::~Secrets() {
    std::ranges::for_each(lasting_, wipe);
    std::ranges::for_each(passing_, wipe);
}

void Secrets::wipe(Forms &forms) noexcept {
    for (std::string &form : forms)
        OPENSSL_cleanse(form.data(), form.size());
}

// The longest first, so that no form is cut up by a shorter one within it.
Secrets::Forms Secrets::forms_of(std::string_view secret) {
    Forms forms{std::string(secret), in_json(secret), percent_encoded(secret), base64(secret)};
    std::ranges::sort(forms, [](const std::string &one, const std::string &other) {
        return one.size() != other.size() ? one.size() > other.size() : one < other;
    });
    forms.erase(std::unique(forms.begin(), forms.end()), forms.end());
    return forms;
}

void Secrets::add(std::string_view secret) {
    if (secret.empty())
        return;
    Forms forms = forms_of(secret);
    const std::lock_guard lock(mutex_);
    if (std::ranges::find(lasting_, forms) == lasting_.end())
        lasting_.push_back(std::move(forms));
}

void Secrets::add_passing(std::string_view secret) {
    if (secret.empty())
        return;
    Forms forms = forms_of(secret);
    const std::lock_guard lock(mutex_);
    if (std::ranges::find(passing_, forms) != passing_.end())
        return;
    if (passing_.size() == kPassing) {
        wipe(passing_.front());
        passing_.pop_front();
    }
    passing_.push_back(std::move(forms));
}

std::string Secrets::cleaned(std::string_view text) const {
    const std::lock_guard lock(mutex_);
    // Every stretch that is part of a secret, also where two overlap.
    std::vector<std::pair<std::size_t, std::size_t>> found;
    const auto look_for = [&](const Forms &forms) {
        for (const std::string &form : forms) {
            for (auto at = text.find(form); at != std::string_view::npos; at = text.find(form, at + 1))
                found.emplace_back(at, at + form.size());
        }
    };
    std::ranges::for_each(lasting_, look_for);
    std::ranges::for_each(passing_, look_for);
    std::ranges::sort(found);

    std::string clean;
    std::size_t at = 0;
    for (std::size_t i = 0; i < found.size();) {
        auto [begin, end] = found[i];
        for (++i; i < found.size() && found[i].first < end; ++i)
            end = std::max(end, found[i].second);
        clean += text.substr(at, begin - at);
        clean += kRedacted;
        at = end;
    }
    clean += text.substr(at);
    return clean;
}

bool Secrets::is_secret_header(std::string_view name) {
    const std::string lowered = lower(name);
    if (lowered == "authorization" || lowered == "proxy-authorization" || lowered == "cookie" ||
        lowered == "set-cookie")
        return true;
    constexpr std::array<std::string_view, 6> kWords{"token",   "secret", "password",
                                                     "api-key", "apikey", "session"};
    // A page's token is no secret, and a replay needs it.
    if (lowered == "x-next-token")
        return false;
    return std::ranges::any_of(
        kWords, [&](std::string_view word) { return lowered.find(word) != std::string::npos; });
}

} // namespace drv::rest
