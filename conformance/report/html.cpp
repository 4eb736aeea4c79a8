#include "conformance/report/html.hpp"

#include "conformance/report/html_parts.hpp"
#include "conformance/report/markup.hpp"

#include <fmt/format.h>
#include <openssl/evp.h>

#include <array>

namespace drover::conformance {
namespace {

// As a Content-Security-Policy names a piece of inline text that may be used: 'sha256-<base64>'.
std::string policy_hash(std::string_view text) {
    std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
    unsigned size = 0;
    if (::EVP_Digest(text.data(), text.size(), digest.data(), &size, ::EVP_sha256(), nullptr) != 1)
        return "'none'";
    std::array<unsigned char, std::size_t{4} * (EVP_MAX_MD_SIZE / 3 + 1) + 1> base64{};
    const int length = ::EVP_EncodeBlock(base64.data(), digest.data(), static_cast<int>(size));
    return fmt::format("'sha256-{}'",
                       std::string(base64.begin(), base64.begin() + static_cast<std::ptrdiff_t>(length)));
}

// The second fence: should an escape ever be missing, a browser still loads nothing and runs no other script.
std::string policy() {
    return fmt::format("default-src 'none'; style-src {}; script-src {}; base-uri 'none'; form-action 'none'",
                       policy_hash(html::kStyle), policy_hash(html::kScript));
}

} // namespace

std::string to_html(const RunRecord &record) {
    std::string page = "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\"/>\n";
    page += fmt::format("<meta http-equiv=\"Content-Security-Policy\" content=\"{}\"/>\n", policy());
    page += "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"/>\n"
            "<meta name=\"color-scheme\" content=\"light dark\"/>\n";
    page += fmt::format("<meta name=\"generator\" content=\"drover-conformance {}\"/>\n", kSuiteVersion);
    page += fmt::format("<title>{}: conformance to Drover's driver ABI {}</title>\n",
                        escaped(html::title(record.run)), escaped(record.run.abi));
    page += fmt::format("<style>{}</style>\n</head>\n<body>\n", html::kStyle);
    page += html::header(record);
    page += "<main>\n";
    page += html::facts(record);
    page += html::leftovers(record);
    page += html::failures(record);
    page += html::warnings(record);
    page += html::skips(record);
    page += html::group_table(record);
    page += "<section aria-labelledby=\"all\">\n<h2 id=\"all\">All tests</h2>\n";
    page += html::filter_form(record);
    page += html::tests(record);
    page += "</section>\n";
    page += html::legend();
    page += "</main>\n";
    page += fmt::format(
        "<footer>\n<p>Written by <span class=\"keep\">drover-conformance {}</span>.</p>\n</footer>\n",
        kSuiteVersion);
    page += fmt::format("<script>{}</script>\n</body>\n</html>\n", html::kScript);
    return page;
}

} // namespace drover::conformance
