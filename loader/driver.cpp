#include "loader/driver.hpp"

namespace drover {
namespace {

// A token that went stale (Code::invalid on a later page) means that the listing changed under us: start
// again once. A second time it is the driver's answer.
template <typename NextPage>
Result<void> every_page(const NextPage &next_page) {
    bool may_restart = true;
    PageRequest page;
    while (true) {
        Result<std::optional<std::string>> token = next_page(page);
        if (!token) {
            if (token.error().code != Code::invalid || page.token.empty() || !may_restart)
                return fail(std::move(token).error());
            may_restart = false;
            page.token.clear();
            continue;
        }
        if (!token->has_value())
            return {};
        page.token = std::move(**token);
    }
}

} // namespace

Result<void> Driver::list(const CallContext &call, const Visitor &visit) {
    return every_page([&](const PageRequest &page) { return list_page(call, page, visit); });
}

Result<void> Driver::snapshot_list(const CallContext &call, std::string_view volume_id,
                                   const Visitor &visit) {
    return every_page(
        [&](const PageRequest &page) { return snapshot_list_page(call, volume_id, page, visit); });
}

Result<void> Driver::unmanaged(const CallContext &call, const Visitor &visit) {
    return every_page([&](const PageRequest &page) { return unmanaged_page(call, page, visit); });
}

Result<void> Driver::unmanaged_snapshots(const CallContext &call, std::string_view volume_id,
                                         const Visitor &visit) {
    return every_page(
        [&](const PageRequest &page) { return unmanaged_snapshots_page(call, volume_id, page, visit); });
}

} // namespace drover
