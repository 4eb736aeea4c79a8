// What the host asks for, as checked values. All text is borrowed from the host and valid until the op
// returns.
#pragma once

#include "drover/abi/volume.h"
#include "drover/ext/clone.h"
#include "drover/sdk/checks.hpp"

#include <cstdint>
#include <string_view>

namespace drv {

struct CreateRequest {
    std::string_view id{};      // the new volume's id
    std::string_view name{};    // what people call it; may be empty
    std::string_view pool{};    // empty: the driver's choice
    std::string_view profile{}; // empty: none
    std::uint64_t bytes = 0;    // at least so many, never 0; for a clone 0 means the source's size
    bool independent = false;   // volume clones: must not depend on the source when the op returns
    Attributes attributes{};
};

struct AttachRequest {
    std::string_view id{};      // the volume
    std::string_view node_id{}; // act on this node's attachment only
    bool read_only = false;
    Attributes initiators{}; // "iqn", "wwpn" (may repeat), "nqn" of the node
};

struct ListRequest {
    std::uint64_t max_entries = 0; // of this page; 0: the driver's choice
    std::string_view page_token{}; // as a next_page gave it; empty: from the start
};

namespace detail {

inline CreateRequest read(const drv_create_req *given, std::uint64_t known_flags, bool is_clone) {
    const auto &raw = check_struct("the request", given, DRV_SIZE_WITH(drv_create_req, attr_count));
    check_flags(raw.flags, known_flags);
    CreateRequest request{.id = check_id("id", raw.id),
                          .name = check_name("name", raw.name),
                          .pool = check_name("pool", raw.pool),
                          .profile = check_name("profile", raw.profile),
                          .bytes = raw.bytes,
                          .independent = (raw.flags & DRV_CLONE_INDEPENDENT) != 0,
                          .attributes = check_attributes("attrs", raw.attrs, raw.attr_count)};
    if (request.bytes == 0 && !is_clone)
        throw invalid("bytes", "is 0; a volume has at least one byte");
    return request;
}

inline AttachRequest read(const drv_attach_req *given) {
    const auto &raw = check_struct("the request", given, DRV_SIZE_WITH(drv_attach_req, initiator_count));
    check_flags(raw.flags, DRV_ATTACH_READ_ONLY);
    return {.id = check_id("id", raw.id),
            .node_id = check_id("node_id", raw.node_id),
            .read_only = (raw.flags & DRV_ATTACH_READ_ONLY) != 0,
            .initiators = check_attributes("initiators", raw.initiators, raw.initiator_count)};
}

inline ListRequest read(const drv_list_req *given) {
    const auto &raw = check_struct("the request", given, DRV_SIZE_WITH(drv_list_req, page_token));
    check_flags(raw.flags, 0);
    return {.max_entries = raw.max_entries,
            .page_token = check_text("page_token", raw.page_token, kMaxValueBytes)};
}

} // namespace detail
} // namespace drv
