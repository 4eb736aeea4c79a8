#include "shelf.hpp"

#include "names.hpp"
#include "shelf_names.hpp"

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <fcntl.h>
#include <unistd.h>

namespace loopback {
std::optional<std::string> read_metadata(int folder, const std::string &name) {
    const auto file = open_file(folder, name, O_RDONLY);
    if (!file)
        return std::nullopt;
    return read_start(file->get(), name, kMaxMetadataBytes);
}

NewImage::NewImage(const Shelf &shelf, std::string name) : shelf_(shelf), name_(std::move(name)) {
    const std::string file = with(name_, kNew);
    file_ = Fd(::openat(shelf_.folder_.get(), file.c_str(),
                        O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600));
    if (!file_)
        throw failure("cannot make the image", file, errno);
}

NewImage::NewImage(const Shelf &shelf, std::string name, const std::string &file)
    : shelf_(shelf), name_(std::move(name)) {
    const std::string second = with(name_, kNew);
    if (::linkat(shelf_.folder_.get(), file.c_str(), shelf_.folder_.get(), second.c_str(), 0) != 0)
        throw failure("cannot link", file, errno);
    try {
        file_ = std::move(open_file(shelf_.folder_.get(), second, O_RDWR).value());
    } catch (...) {
        (void)::unlinkat(shelf_.folder_.get(), second.c_str(), 0);
        throw;
    }
}

NewImage::~NewImage() {
    if (!is_kept_)
        (void)::unlinkat(shelf_.folder_.get(), with(name_, kNew).c_str(), 0);
}

Shelf::Shelf(int root, const std::string &folder, Kind kind, const std::string &root_path,
             const GroupShelf *groups)
    : folder_(open_folder(root, folder)), kind_(kind), path_(root_path + "/" + folder), groups_(groups) {}

std::string Shelf::lock_name(std::string_view key) const {
    return with(kind_ == Kind::volume ? "volume/" : "snapshot/", key);
}

std::string Shelf::path_of(const Metadata &metadata) const {
    return path_ + "/" + with(metadata.image, kImage);
}

std::vector<std::string> Shelf::keys() const {
    std::vector<std::string> keys;
    for (const std::string &name : names_in(folder_.get())) {
        if (const auto key = without_suffix(name, kMetadata))
            keys.emplace_back(*key);
    }
    std::sort(keys.begin(), keys.end());
    return keys;
}

std::optional<Object> Shelf::load(const std::string &key) const {
    auto object = load_any(key);
    if (object && !is_shown(object->metadata.group_snapshot))
        return std::nullopt;
    return object;
}

bool Shelf::is_shown(std::string_view group_snapshot) const {
    return groups_ == nullptr || group_snapshot.empty() || groups_->is_there(key_of(group_snapshot));
}

FileStamp Shelf::stamp_of(const std::string &key) const {
    struct stat status {};
    if (::fstatat(folder_.get(), with(key, kMetadata).c_str(), &status, AT_SYMLINK_NOFOLLOW) != 0)
        return {};
    const auto ns = [](const timespec &time) { return time.tv_sec * 1'000'000'000 + time.tv_nsec; };
    return {.file = {status.st_dev, status.st_ino},
            .changed_ns = ns(status.st_ctim),
            .modified_ns = ns(status.st_mtim),
            .bytes = static_cast<std::uint64_t>(status.st_size)};
}

std::optional<Shelf::ImageStatus> Shelf::status_of_image(const std::string &image) const {
    struct stat status {};
    if (::fstatat(folder_.get(), with(image, kImage).c_str(), &status, AT_SYMLINK_NOFOLLOW) != 0 ||
        !S_ISREG(status.st_mode))
        return std::nullopt;
    return ImageStatus{.file = {status.st_dev, status.st_ino},
                       .bytes = static_cast<std::uint64_t>(status.st_size),
                       .used_bytes = static_cast<std::uint64_t>(status.st_blocks) * 512};
}

std::optional<std::string> Shelf::key_of_file(std::string_view name) {
    if (const auto key = without_suffix(name, kMetadata))
        return std::string(*key);
    for (const std::string_view suffix : {kImage, kNew}) {
        const auto image = without_suffix(name, suffix);
        if (const auto key = image ? key_of_image(*image) : std::nullopt)
            return std::string(*key);
    }
    return std::nullopt;
}

std::optional<Object> Shelf::load_any(const std::string &key) const {
    const std::string file = with(key, kMetadata);
    std::string before;
    for (;;) {
        Object object;
        const auto damaged = [&](std::string_view wrong) {
            object.problem = path_ + "/" + file + " " + std::string(wrong);
            return object;
        };
        std::optional<std::string> text;
        try {
            text = read_metadata(folder_.get(), file);
        } catch (const drv::Error &error) {
            if (error.code != drv::Code::conflict)
                throw;
            return damaged("is no regular file");
        }
        if (!text)
            return std::nullopt;
        auto parsed = from_json(*text);
        if (const auto *wrong = std::get_if<std::string>(&parsed))
            return damaged(*wrong);
        object.metadata = std::get<Metadata>(std::move(parsed));
        const Metadata &metadata = object.metadata;
        if (key_of(metadata.id) != key || metadata.kind != kind_)
            return damaged("describes another object; was it copied here?");
        if (key_of_image(metadata.image) != std::string_view(key))
            return damaged("names an image of another object");
        struct stat status {};
        const auto is_there = [&](std::string_view suffix) {
            return ::fstatat(folder_.get(), with(metadata.image, suffix).c_str(), &status,
                             AT_SYMLINK_NOFOLLOW) == 0;
        };
        // In that order twice: it may be renamed between two looks.
        if (is_there(kImage) || is_there(kNew) || is_there(kImage)) {
            if (!S_ISREG(status.st_mode))
                return damaged("names an image that is no regular file");
            object.file = {status.st_dev, status.st_ino};
            object.image_bytes = static_cast<std::uint64_t>(status.st_size);
            object.used_bytes = static_cast<std::uint64_t>(status.st_blocks) * 512;
            if (object.image_bytes < metadata.bytes)
                return damaged("promises more bytes than its image has; the image was truncated");
            return object;
        }
        // Removed or replaced since we read? Only metadata that stays the same is to blame.
        if (*text == before)
            return damaged("names an image that is missing: " + with(metadata.image, kImage));
        before = std::move(*text);
    }
}

std::vector<Image> Shelf::images_of(std::string_view key) const {
    std::vector<Image> images;
    for (const std::string &file : names_in(folder_.get())) {
        for (const std::string_view suffix : {kImage, kNew, kOld}) {
            const auto image = without_suffix(file, suffix);
            struct stat status {};
            if (image && key_of_image(*image) == key &&
                ::fstatat(folder_.get(), file.c_str(), &status, AT_SYMLINK_NOFOLLOW) == 0)
                images.push_back({std::string(*image), {status.st_dev, status.st_ino}});
        }
    }
    return images;
}

Fd Shelf::open_image(const Metadata &metadata, int flags) const {
    for (const std::string_view suffix : {kImage, kNew, kImage}) {
        if (auto file = open_file(folder_.get(), with(metadata.image, suffix), flags))
            return std::move(*file);
    }
    throw failure("cannot open the image", path_of(metadata), ENOENT);
}

void Shelf::store(const std::string &key, const Metadata &metadata, NewImage *image) const {
    replace_file(
        folder_.get(), with(key, kMetadata), to_json(metadata), Lasting::through_power_loss,
        [](void *data) {
            if (data != nullptr)
                static_cast<NewImage *>(data)->is_kept_ = true;
        },
        image);
    // Not durable, and need not be: both names are looked for.
    if (image != nullptr && ::renameat2(folder_.get(), with(image->name_, kNew).c_str(), folder_.get(),
                                        with(image->name_, kImage).c_str(), RENAME_NOREPLACE) != 0)
        throw failure("cannot rename the image", path_of(metadata), errno).state_unknown();
}

void Shelf::store_for_this_boot(const std::string &key, const Metadata &metadata) const {
    replace_file(folder_.get(), with(key, kMetadata), to_json(metadata), Lasting::through_crash, nullptr,
                 nullptr);
}

void Shelf::store_replacing(const std::string &key, const Metadata &metadata, NewImage &image,
                            const Metadata &old) const {
    const std::string second_name = with(old.image, kOld);
    for (const std::string_view suffix : {kImage, kNew}) {
        if (::linkat(folder_.get(), with(old.image, suffix).c_str(), folder_.get(), second_name.c_str(), 0) !=
                0 &&
            errno != ENOENT && errno != EEXIST)
            throw failure("cannot link", second_name, errno);
    }
    store(key, metadata, &image);
    discard(old.image);
}

void Shelf::remove(const std::string &key) const {
    finish_removal(key);
    if (::renameat(folder_.get(), with(key, kMetadata).c_str(), folder_.get(),
                   with(key, kDeleting).c_str()) != 0)
        throw failure("cannot remove", with(key, kMetadata), errno);
    if (::fsync(folder_.get()) != 0)
        throw failure("cannot flush", path_, errno).state_unknown();
    finish_removal(key);
}

void Shelf::clear(const std::string &key) const {
    if (const auto object = load_any(key); object && !is_shown(object->metadata.group_snapshot))
        remove(key);
    finish_removal(key);
}

void Shelf::finish_removal(const std::string &key) const {
    const std::string file = with(key, kDeleting);
    const auto text = read_metadata(folder_.get(), file);
    if (!text)
        return;
    const auto parsed = from_json(*text);
    const auto *metadata = std::get_if<Metadata>(&parsed);
    if (metadata != nullptr && key_of_image(metadata->image) == std::string_view(key))
        discard(metadata->image);
    remove_file(folder_.get(), file);
}

void Shelf::discard(const std::string &image) const {
    remove_file(folder_.get(), with(image, kNew));
    remove_file(folder_.get(), with(image, kImage));
    remove_file(folder_.get(), with(image, kOld));
}

void Shelf::sweep(const Locks &locks, const drv::Host &host) const {
    for (const std::string &name : names_in(folder_.get())) {
        try {
            sweep_one(name, locks);
        } catch (const drv::Error &error) { // one bad file must not keep the driver from opening
            host.warn("leftover " + path_ + "/" + name + " could not be cleaned up: " + error.message);
        }
    }
}

void Shelf::sweep_one(const std::string &name, const Locks &locks) const {
    if (const auto key = without_suffix(name, kDeleting)) {
        if (const auto lock = locks.try_lock({lock_name(*key)}))
            finish_removal(std::string(*key));
        return;
    }
    if (const auto key = without_suffix(name, kTemporary)) {
        if (const auto lock = locks.try_lock({lock_name(*key)}))
            remove_file(folder_.get(), name);
        return;
    }
    if (const auto stem = without_suffix(name, kReleased)) {
        sweep_released(std::string(*stem), locks);
        return;
    }
    const auto made = without_suffix(name, kNew);
    const auto replaced = without_suffix(name, kOld);
    if (!made && !replaced)
        return;
    const std::string image(made ? *made : *replaced);
    const auto found_key = key_of_image(image);
    if (!found_key)
        return; // not one of ours
    const std::string key(*found_key);
    const auto lock = locks.try_lock({lock_name(key)});
    if (!lock)
        return; // being made right now
    const auto object = load(key);
    if (object && !object->problem.empty())
        return; // damaged: nobody can say what is needed
    const bool is_named = object && object->metadata.image == image;
    if (made && is_named) {
        if (::renameat2(folder_.get(), name.c_str(), folder_.get(), with(image, kImage).c_str(),
                        RENAME_NOREPLACE) != 0)
            throw failure("cannot rename", name, errno);
    } else if (made || is_named) { // never became anybody's; or the replacement was not reached
        remove_file(folder_.get(), name);
    } else if (object) {
        discard(image);
    }
}

} // namespace loopback
