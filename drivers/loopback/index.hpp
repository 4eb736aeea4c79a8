// What a shelf holds, kept in memory, so that listing ten thousand objects reads no files and getting one
// reads none that did not change. Other agents change the same folder, so nothing is believed unasked:
//
//   get   compares the metadata file's identity and times, and looks at the image, each time
//   all   reloads what the kernel says was changed since the last time (change_watch.hpp), and looks at
//         everything when it cannot say
//
// Ops that change something do not use the index: they read the disk under the object's lock.
#pragma once

#include "change_watch.hpp"
#include "drover/sdk.hpp"
#include "shelf.hpp"

#include <algorithm>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace loopback {

class Index {
public:
    struct Entry {
        std::string key;
        drv::Volume volume; // as it is emitted; used_bytes of an attached one is as old as the entry
        std::string group_snapshot;
        std::string image;
        FileId file;
        std::uint64_t image_bytes = 0;
        bool is_damaged = false;
        bool is_attached = false;
        FileStamp stamp; // of the metadata file
        bool is_stamp_final = false;
    };
    using EntryPtr = std::shared_ptr<const Entry>;
    using Entries = std::vector<EntryPtr>;
    using Show = std::function<drv::Volume(Object object, std::string_view key)>;

    // `shelf` outlives the index; `show` makes of an object what is emitted.
    Index(const Shelf &shelf, Show show) : shelf_(shelf), show_(std::move(show)) {}

    // Nothing: no such object. used_bytes is that of this moment. Also what Shelf::load does not show.
    [[nodiscard]] std::optional<Entry> get(const std::string &key);
    // All of this moment, sorted by key. The index outlives the pointer.
    [[nodiscard]] std::shared_ptr<const Entries> all(const drv::Call &call);

private:
    [[nodiscard]] EntryPtr load(const std::string &key) const;
    // The entry if it is still right, else a new one; nothing: no such object.
    [[nodiscard]] EntryPtr checked(const EntryPtr &entry, const std::string &key) const;
    [[nodiscard]] EntryPtr find(std::string_view key) const;
    void put(const std::string &key, EntryPtr entry);
    [[nodiscard]] bool note_changes();
    [[nodiscard]] std::shared_ptr<const Entries> shown();

    const Shelf &shelf_;
    const Show show_;
    std::mutex mutex_; // of all below
    std::shared_ptr<Entries> entries_ = std::make_shared<Entries>();
    std::unique_ptr<ChangeWatch> watch_;
    std::set<std::string> changed_; // keys
    bool is_complete_ = false;      // every object that is not in changed_ has its right entry
};

// Emits the page that `request` asks for: as drv::emit_page, with the same tokens, but quick enough for lists
// of thousands. `load(entry)` gives a pointer to a record, or NULL to leave the entry out.
template <class OutSink, class Load>
void emit_entries(const drv::Call &call, const drv::ListRequest &request, OutSink &out,
                  const Index::Entries &entries, const Load &load) {
    constexpr std::string_view kPrefix = "after:";
    constexpr std::size_t kLookEvery = 256; // rows; looking at the clock costs as much as a row
    auto at = entries.begin();
    if (!request.page_token.empty()) {
        if (!request.page_token.starts_with(kPrefix) || request.page_token.size() == kPrefix.size()) {
            throw drv::Error(drv::Code::invalid,
                             "the page token is not one of this driver; start the listing again");
        }
        at = std::upper_bound(
            at, entries.end(), request.page_token.substr(kPrefix.size()),
            [](std::string_view last, const Index::EntryPtr &entry) { return last < entry->key; });
    }
    std::uint64_t emitted = 0;
    for (std::size_t looked = 0; at != entries.end(); ++at, ++looked) {
        if (request.max_entries != 0 && emitted == request.max_entries) {
            out.next_page(std::string(kPrefix).append((*std::prev(at))->key));
            return;
        }
        if (looked % kLookEvery == 0)
            call.throw_if_cancelled();
        if (const auto *record = load(**at)) {
            out.emit(*record);
            ++emitted;
        }
    }
}

} // namespace loopback
