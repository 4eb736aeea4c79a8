#include "index.hpp"

#include <ctime>

namespace loopback {
namespace {

// File times move in steps of some milliseconds. A file that is younger than that when it is read may be
// replaced by one with the same times, and, as its number is free again, the same number.
constexpr std::int64_t kSettledNs = 100'000'000;

std::int64_t now_ns() {
    timespec now{};
    ::clock_gettime(CLOCK_REALTIME, &now);
    return now.tv_sec * 1'000'000'000 + now.tv_nsec;
}

bool comes_before(const Index::EntryPtr &entry, std::string_view key) {
    return entry->key < key;
}

} // namespace

Index::EntryPtr Index::load(const std::string &key) const {
    Entry entry;
    const std::int64_t before = now_ns();
    entry.stamp = shelf_.stamp_of(key);
    auto object = shelf_.load_any(key);
    if (!object)
        return nullptr;
    entry.is_stamp_final = entry.stamp != FileStamp{} && entry.stamp.changed_ns < before - kSettledNs;
    entry.key = key;
    entry.is_damaged = !object->problem.empty();
    entry.is_attached = object->metadata.attachment.has_value();
    entry.group_snapshot = object->metadata.group_snapshot;
    entry.image = object->metadata.image;
    entry.file = object->file;
    entry.image_bytes = object->image_bytes;
    entry.volume = show_(std::move(*object), entry.key);
    return std::make_shared<const Entry>(std::move(entry));
}

Index::EntryPtr Index::checked(const EntryPtr &entry, const std::string &key) const {
    if (entry && entry->is_stamp_final && !entry->is_damaged && entry->stamp == shelf_.stamp_of(key)) {
        const auto image = shelf_.status_of_image(entry->image);
        if (image && image->file == entry->file && image->bytes == entry->image_bytes) {
            if (image->used_bytes == entry->volume.used_bytes)
                return entry;
            auto fresh = std::make_shared<Entry>(*entry);
            fresh->volume.used_bytes = image->used_bytes;
            return fresh;
        }
    }
    return load(key);
}

Index::EntryPtr Index::find(std::string_view key) const {
    const auto at = std::lower_bound(entries_->begin(), entries_->end(), key, comes_before);
    return at != entries_->end() && (*at)->key == key ? *at : nullptr;
}

void Index::put(const std::string &key, EntryPtr entry) {
    if (entries_.use_count() > 1) // somebody emits from them
        entries_ = std::make_shared<Entries>(*entries_);
    const auto at = std::lower_bound(entries_->begin(), entries_->end(), key, comes_before);
    const bool is_there = at != entries_->end() && (*at)->key == key;
    if (!entry && is_there) {
        entries_->erase(at);
    } else if (entry && is_there) {
        *at = std::move(entry);
    } else if (entry) {
        entries_->insert(at, std::move(entry));
    }
}

std::optional<Index::Entry> Index::get(const std::string &key) {
    EntryPtr entry;
    // A list that is being made must not hold up a get.
    if (std::unique_lock lock(mutex_, std::try_to_lock); lock)
        entry = find(key);
    EntryPtr now = checked(entry, key);
    if (!now)
        return std::nullopt;
    if (now != entry) {
        // `all` may have seen a younger state meanwhile, which this one must not replace for it.
        if (std::unique_lock lock(mutex_, std::try_to_lock); lock) {
            put(key, now);
            if (is_complete_)
                changed_.insert(key);
        }
    }
    return *now;
}

bool Index::note_changes() {
    if (!watch_ || !watch_->is_watching())
        watch_ = std::make_unique<ChangeWatch>(shelf_.folder());
    return watch_->drain([&](std::string_view name) {
        if (auto key = Shelf::key_of_file(name))
            changed_.insert(std::move(*key));
    });
}

// The caller holds mutex_. It is taken again when the last copy of the pointer goes, so that `put` sees by
// the count that nobody reads any more, and that whoever did has ended.
std::shared_ptr<const Index::Entries> Index::shown() {
    return {entries_.get(), [this, kept = entries_](const Entries *) mutable {
                const std::lock_guard lock(mutex_);
                kept.reset();
            }};
}

std::shared_ptr<const Index::Entries> Index::all(const drv::Call &call) {
    const std::lock_guard lock(mutex_);
    if (!note_changes() || !is_complete_) {
        is_complete_ = false;
        auto fresh = std::make_shared<Entries>();
        for (const std::string &key : shelf_.keys()) {
            call.throw_if_cancelled();
            if (EntryPtr entry = checked(find(key), key))
                fresh->push_back(std::move(entry));
        }
        entries_ = std::move(fresh);
        is_complete_ = watch_->is_watching();
        changed_.clear();
        return shown();
    }
    while (!changed_.empty()) {
        call.throw_if_cancelled();
        const std::string key = *changed_.begin();
        put(key, load(key));
        changed_.erase(key);
    }
    return shown();
}

} // namespace loopback
