// Pages a sorted sequence of keys. The token names the last key of the page, so that nothing is lost when
// keys come and go between two pages, and no token ever goes stale. For backends that can list all their
// names at once; one that pages by itself passes its own token through.
#pragma once

#include "drover/sdk/call.hpp"
#include "drover/sdk/requests.hpp"

#include <algorithm>
#include <cstdint>
#include <iterator>
#include <string>
#include <string_view>

namespace drv {

// Emits the page that `request` asks for. `keys` is sorted by bytes and holds no empty key; `load(key)`
// returns something that is empty (such as a std::optional) for a key that vanished meanwhile, which is left
// out. `default_entries`: rows of a page when the host leaves it to the driver; 0 for all. Throws INVALID for
// a token that is none of ours.
template <class Keys, class OutSink, class Load>
void emit_page(const Call &call, const ListRequest &request, OutSink &out, const Keys &keys, const Load &load,
               std::uint64_t default_entries = 0) {
    constexpr std::string_view kPrefix = "after:";
    auto at = std::begin(keys);
    const auto end = std::end(keys);
    if (!request.page_token.empty()) {
        if (!request.page_token.starts_with(kPrefix) || request.page_token.size() == kPrefix.size())
            throw Error(Code::invalid, "the page token is not one of this driver; start the listing again");
        const std::string_view last = request.page_token.substr(kPrefix.size());
        at = std::upper_bound(at, end, last,
                              [](std::string_view a, const auto &b) { return a < std::string_view(b); });
    }
    const std::uint64_t limit = request.max_entries != 0 ? request.max_entries : default_entries;
    std::uint64_t emitted = 0;
    std::string_view last;
    for (; at != end; ++at) {
        if (limit != 0 && emitted == limit) {
            out.next_page(std::string(kPrefix).append(last));
            return;
        }
        call.throw_if_cancelled();
        last = std::string_view(*at);
        if (const auto record = load(last)) {
            out.emit(*record);
            ++emitted;
        }
    }
}

} // namespace drv
