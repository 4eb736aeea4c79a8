// What lies in a shelf's folder and is not managed: images that somebody put there, and objects that were
// released.
//
// Release is one rename, of the metadata. Adoption gives the image a second name, writes metadata that names
// that one, and then takes the first name away, and with it the record of the release. Between the last two
// steps the image has two names, one of them managed: such a stray is shown to nobody.
#include "names.hpp"
#include "shelf.hpp"
#include "shelf_names.hpp"

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <fcntl.h>
#include <unistd.h>

namespace loopback {
namespace {

constexpr std::uint64_t kSector = 512;
// Leaves room for the longest suffix.
constexpr std::size_t kMaxStem = 240;

// Anything else was not made by us, or is no name for a file.
bool is_stem(std::string_view name) {
    return !name.empty() && name.size() <= kMaxStem && name.front() != '.' &&
           name.find('/') == std::string_view::npos && name.find('\0') == std::string_view::npos;
}

} // namespace

std::string Shelf::stray_lock_name(std::string_view backend_id) const {
    return with(kind_ == Kind::volume ? "unmanaged/volume/" : "unmanaged/snapshot/", backend_id);
}

// True when managed metadata, or that of an object being removed, names it.
bool Shelf::is_named(const std::string &image) const {
    const auto key = key_of_image(image);
    if (!key)
        return false;
    for (const std::string_view suffix : {kMetadata, kDeleting}) {
        const auto text = read_metadata(folder_.get(), with(*key, suffix));
        if (!text)
            continue;
        const auto parsed = from_json(*text);
        const auto *metadata = std::get_if<Metadata>(&parsed);
        // Of damaged metadata nobody can say what it names: all its images are its own.
        if (metadata == nullptr || metadata->image == image)
            return true;
    }
    return false;
}

std::vector<Released> Shelf::released() const {
    std::vector<Released> all;
    for (const std::string &name : names_in(folder_.get())) {
        const auto stem = without_suffix(name, kReleased);
        const auto text = stem ? read_metadata(folder_.get(), name) : std::nullopt;
        if (!text)
            continue;
        auto parsed = from_json(*text);
        Released record{.stem = std::string(*stem), .metadata = {}, .problem = {}};
        if (auto *metadata = std::get_if<Metadata>(&parsed);
            metadata != nullptr && metadata->kind == kind_ && metadata->image == *stem) {
            record.metadata = std::move(*metadata);
        } else {
            const auto *wrong = std::get_if<std::string>(&parsed);
            record.problem = name + " " + (wrong != nullptr ? *wrong : "describes another object");
        }
        all.push_back(std::move(record));
    }
    return all;
}

std::vector<std::string> Shelf::stray_candidates(const std::vector<Released> &released) const {
    std::vector<std::string> ids;
    std::vector<std::string> taken; // images that are not strays by themselves
    for (const Released &record : released) {
        ids.push_back(record.metadata ? record.metadata->backend_id : record.stem);
        taken.push_back(record.stem);
    }
    const auto names = names_in(folder_.get());
    for (const std::string &name : names) {
        if (const auto old = without_suffix(name, kOld)) // being replaced
            taken.emplace_back(*old);
    }
    std::sort(taken.begin(), taken.end());
    for (const std::string &name : names) {
        const auto id = without_suffix(name, kImage);
        if (id && is_stem(*id) && drv::is_utf8(*id) &&
            !std::binary_search(taken.begin(), taken.end(), *id, std::less<>()))
            ids.emplace_back(*id);
    }
    std::sort(ids.begin(), ids.end());
    ids.erase(std::unique(ids.begin(), ids.end()), ids.end());
    return ids;
}

std::optional<Object> Shelf::owner_of(const FileId &file, std::string_view backend_id) const {
    for (const std::string &key : keys()) {
        auto object = load_any(key);
        if (object &&
            (object->file == file || (object->problem.empty() && object->metadata.backend_id == backend_id)))
            return object;
    }
    return std::nullopt;
}

std::optional<Stray> Shelf::load_stray(const std::string &backend_id,
                                       const std::vector<Released> &released) const {
    Stray stray{.backend_id = backend_id, .image = {}, .known = {}, .refused = {}, .file = {}};
    bool is_stem_taken = false;
    for (const Released &record : released) {
        if (record.metadata ? record.metadata->backend_id == backend_id : record.stem == backend_id) {
            stray.image = record.stem;
            stray.known = record.metadata;
            stray.refused = record.problem;
        }
        is_stem_taken = is_stem_taken || record.stem == backend_id;
    }
    if (stray.image.empty() && (is_stem_taken || !is_stem(backend_id)))
        return std::nullopt;
    if (stray.image.empty())
        stray.image = backend_id;
    struct stat status {};
    if (is_named(stray.image) ||
        ::fstatat(folder_.get(), with(stray.image, kImage).c_str(), &status, AT_SYMLINK_NOFOLLOW) != 0)
        return std::nullopt;
    stray.file = {status.st_dev, status.st_ino};
    stray.bytes = static_cast<std::uint64_t>(status.st_size);
    stray.used_bytes = static_cast<std::uint64_t>(status.st_blocks) * kSector;
    const auto refuse = [&](const std::string &why) {
        if (stray.refused.empty())
            stray.refused = with(stray.image, kImage) + " " + why;
    };
    if (!S_ISREG(status.st_mode)) {
        refuse("is no regular file");
    } else if (status.st_nlink > 1) {
        if (owner_of(stray.file, {}))
            return std::nullopt; // adopted, all but its first name
        refuse("has another name as well (a hard link), under which somebody could change it");
    }
    if (stray.bytes == 0 || stray.bytes % kSector != 0) {
        refuse("has " + std::to_string(stray.bytes) +
               " bytes; a volume has a multiple of 512 (truncate -s %512 makes it one)");
    } else if (stray.known && stray.known->bytes > stray.bytes) {
        refuse("has fewer bytes than its volume had; it was truncated");
    }
    if (stray.known)
        stray.bytes = stray.known->bytes;
    return stray;
}

void Shelf::release(const std::string &key, const Metadata &metadata) const {
    // What no metadata names must not look like an image being made.
    if (::renameat2(folder_.get(), with(metadata.image, kNew).c_str(), folder_.get(),
                    with(metadata.image, kImage).c_str(), RENAME_NOREPLACE) == 0) {
        if (::fsync(folder_.get()) != 0)
            throw failure("cannot flush", path_, errno);
    } else if (errno != ENOENT && errno != EEXIST) {
        throw failure("cannot rename", with(metadata.image, kNew), errno);
    }
    if (::renameat(folder_.get(), with(key, kMetadata).c_str(), folder_.get(),
                   with(metadata.image, kReleased).c_str()) != 0)
        throw failure("cannot rename", with(key, kMetadata), errno);
    if (::fsync(folder_.get()) != 0)
        throw failure("cannot flush", path_, errno).state_unknown();
}

void Shelf::adopt(const std::string &key, Metadata metadata, const Stray &stray) const {
    NewImage image(*this, new_image_name(key), with(stray.image, kImage));
    if (openers_of(image.fd()) == Openers::others_too) {
        throw drv::Error(drv::Code::conflict,
                         path_ + "/" + with(stray.image, kImage) +
                             " is in use: another program, or a loop device, has it open")
            .retryable();
    }
    flush(image.fd(), with(stray.image, kImage));
    metadata.image = image.name();
    store(key, metadata, &image);
    drop_names(metadata, stray.image, stray.file);
}

// The first name goes before the record that tells of it.
void Shelf::drop_names(const Metadata &adopted, const std::string &stem, const FileId &file) const {
    struct stat status {};
    const std::string first = with(stem, kImage);
    if (stem != adopted.image && ::fstatat(folder_.get(), first.c_str(), &status, AT_SYMLINK_NOFOLLOW) == 0 &&
        FileId{status.st_dev, status.st_ino} == file)
        remove_file(folder_.get(), first);
    remove_file(folder_.get(), with(stem, kReleased));
}

void Shelf::finish_adoption(const Object &adopted) const {
    for (const Released &record : released()) {
        if (record.metadata && record.metadata->backend_id == adopted.metadata.backend_id)
            drop_names(adopted.metadata, record.stem, adopted.file);
    }
    if (is_stem(adopted.metadata.backend_id)) // it was a file that somebody had put here
        drop_names(adopted.metadata, adopted.metadata.backend_id, adopted.file);
}

void Shelf::sweep_released(const std::string &stem, const Locks &locks) const {
    const auto text = read_metadata(folder_.get(), with(stem, kReleased));
    if (!text)
        return;
    const auto parsed = from_json(*text);
    const auto *metadata = std::get_if<Metadata>(&parsed);
    if (metadata == nullptr)
        return;
    struct stat status {};
    const bool is_there =
        ::fstatat(folder_.get(), with(stem, kImage).c_str(), &status, AT_SYMLINK_NOFOLLOW) == 0;
    if (is_there && status.st_nlink == 1)
        return; // as a release leaves it
    const auto lock = locks.try_lock({stray_lock_name(metadata->backend_id)});
    const auto owner = lock ? owner_of({status.st_dev, status.st_ino}, metadata->backend_id) : std::nullopt;
    if (owner && owner->problem.empty())
        drop_names(owner->metadata, stem, owner->file);
}

} // namespace loopback
