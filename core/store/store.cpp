#include "core/store/store.hpp"

#include <fmt/format.h>

#include <unordered_set>

namespace drover::store {

Result<void> check_writes(std::span<const Write> writes) {
    if (writes.size() > kMaxWrites) {
        return fail(Code::invalid, fmt::format("a commit of {} writes: the store takes at most {} at once",
                                               writes.size(), kMaxWrites));
    }
    std::unordered_set<std::string_view> keys;
    std::size_t bytes = 0;
    for (const Write &write : writes) {
        if (write.key.empty() || write.key.size() > kMaxKeyBytes) {
            return fail(Code::invalid,
                        fmt::format("a store key of {} bytes (\"{:.64}\"): it must have 1 to {}",
                                    write.key.size(), write.key, kMaxKeyBytes));
        }
        if (!keys.insert(write.key).second) {
            return fail(Code::invalid,
                        fmt::format("store key \"{}\" appears twice in one commit", write.key));
        }
        if (write.expected && *write.expected < 0) {
            return fail(Code::invalid,
                        fmt::format("store key \"{}\" is expected at revision {}, which cannot be", write.key,
                                    *write.expected));
        }
        bytes += write.key.size() + (write.value ? write.value->size() : 0);
        if (bytes > kMaxCommitBytes) {
            return fail(Code::invalid, fmt::format("a commit of more than {} bytes, up to store key \"{}\"",
                                                   kMaxCommitBytes, write.key));
        }
    }
    return {};
}

} // namespace drover::store
