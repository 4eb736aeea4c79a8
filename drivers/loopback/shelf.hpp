// One folder of objects (all volumes, or all snapshots), and the order of steps that makes a crash between
// any two of them harmless. Files of the object with key K:
//
//   K.json          the metadata: the object exists exactly as long as this file does
//   K.<tag>.img     its image; <tag> is random, so no name is ever used twice
//   K.<tag>.new     an image being made. Renamed to .img once the metadata names it; until then both names
//                   are looked for
//   K.<tag>.old     a second name of an image that is being replaced
//   K.deleting      the metadata of an object being removed; it names the image that is still to go
//   K.json.tmp      metadata being written
//   IMAGE.released  the metadata of an object that is no longer managed, beside its image
//
// `sweep` finishes or undoes what a crash left of these. An image ending in .img is never removed unless
// metadata named it: without metadata it is somebody's data, and can be adopted. Callers hold the object's
// lock for everything that changes something; `load` and `keys` need none.
#pragma once

#include "drover/sdk/host.hpp"
#include "files.hpp"
#include "group_shelf.hpp"
#include "locks.hpp"
#include "metadata.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace loopback {

struct Object {
    Metadata metadata;
    std::string problem; // not empty: damaged, and of metadata only what could be read counts
    std::uint64_t used_bytes = 0;
    std::uint64_t image_bytes = 0; // the file's size
    FileId file;                   // the image
};

// A file with an image in it, whether metadata names it or not.
struct Image {
    std::string name; // without suffix
    FileId file;
};

// An object that is there and not managed: its image, and what is known from when it was.
struct Stray {
    std::string backend_id;
    std::string image;             // the name of the image, without suffix
    std::optional<Metadata> known; // absent: a file that somebody put here
    std::string refused;           // not empty: why it cannot be adopted
    std::uint64_t bytes = 0;
    std::uint64_t used_bytes = 0;
    FileId file;
};

// The record that a release leaves beside the image.
struct Released {
    std::string stem;                 // the image's name
    std::optional<Metadata> metadata; // absent: damaged
    std::string problem;
};

class Shelf;

// An image that belongs to no metadata yet. Removed when it is destroyed, unless `store` has named it.
class NewImage {
public:
    NewImage(const Shelf &shelf, std::string name);
    ~NewImage();
    NewImage(const NewImage &) = delete;
    NewImage &operator=(const NewImage &) = delete;
    [[nodiscard]] int fd() const noexcept { return file_.get(); }
    [[nodiscard]] const std::string &name() const noexcept { return name_; }

private:
    friend class Shelf;
    // Another name for a file that is there already.
    NewImage(const Shelf &shelf, std::string name, const std::string &file);
    const Shelf &shelf_;
    std::string name_;
    Fd file_;
    bool is_kept_ = false;
};

class Shelf {
public:
    // `root_path` is for people. `groups`, where given, outlives the shelf and decides which members of group
    // snapshots exist.
    Shelf(int root, const std::string &folder, Kind kind, const std::string &root_path,
          const GroupShelf *groups = nullptr);

    [[nodiscard]] std::string lock_name(std::string_view key) const;
    [[nodiscard]] std::string path_of(const Metadata &metadata) const; // of its image

    // Sorted.
    [[nodiscard]] std::vector<std::string> keys() const;
    // One small file read. Nothing: no such object. Damage is told in `problem`.
    [[nodiscard]] std::optional<Object> load(const std::string &key) const;
    // Also what is not there yet, or no longer: a member of a group snapshot that does not exist.
    [[nodiscard]] std::optional<Object> load_any(const std::string &key) const;
    // What `load` looks at, for those who keep what it answered. Nothing: no such file.
    struct ImageStatus {
        FileId file;
        std::uint64_t bytes = 0, used_bytes = 0;
    };
    [[nodiscard]] FileStamp stamp_of(const std::string &key) const;
    [[nodiscard]] std::optional<ImageStatus> status_of_image(const std::string &image) const;
    [[nodiscard]] int folder() const noexcept { return folder_.get(); }
    // The object that a file of the folder belongs to, as `load` sees it.
    [[nodiscard]] static std::optional<std::string> key_of_file(std::string_view name);
    // False for a member of a group snapshot that does not exist.
    [[nodiscard]] bool is_shown(std::string_view group_snapshot) const;
    // All images of this key that are there, also when its metadata is damaged.
    [[nodiscard]] std::vector<Image> images_of(std::string_view key) const;
    // The image for reading (O_RDONLY) or changing (O_RDWR).
    [[nodiscard]] Fd open_image(const Metadata &metadata, int flags) const;

    // Makes `metadata` the object's, durably. `image`, when given, is the one it names.
    void store(const std::string &key, const Metadata &metadata, NewImage *image = nullptr) const;
    // What ends with this boot, as an attachment does: after a power loss it may be what it was before.
    void store_for_this_boot(const std::string &key, const Metadata &metadata) const;
    // As store, for an object that gets another image: the old one is removed.
    void store_replacing(const std::string &key, const Metadata &metadata, NewImage &image,
                         const Metadata &old) const;
    // Removes the object and its image. Gone for everybody when the first step is done.
    void remove(const std::string &key) const;
    // Makes room for a new object with this key, where `load` finds none: completes what was interrupted.
    // Cheap when there is nothing to do.
    void clear(const std::string &key) const;
    // What is not managed (shelf_unmanaged.cpp). A name to be locked together with the object's.
    [[nodiscard]] std::string stray_lock_name(std::string_view backend_id) const;
    [[nodiscard]] std::vector<Released> released() const;
    // Backend ids, sorted; load_stray says which of them are strays.
    [[nodiscard]] std::vector<std::string> stray_candidates(const std::vector<Released> &released) const;
    [[nodiscard]] std::optional<Stray> load_stray(const std::string &backend_id,
                                                  const std::vector<Released> &released) const;
    // The object is no longer managed from the moment its metadata has another name; its image stays.
    void release(const std::string &key, const Metadata &metadata) const;
    // Makes the stray the object with this key. `metadata` tells all but the image.
    void adopt(const std::string &key, Metadata metadata, const Stray &stray) const;
    // Removes what an adoption that was interrupted has left of the stray.
    void finish_adoption(const Object &adopted) const;

    // Cleans up after crashes, as far as nobody is at work there.
    void sweep(const Locks &locks, const drv::Host &host) const;

private:
    friend class NewImage;
    void finish_removal(const std::string &key) const;
    void sweep_one(const std::string &name, const Locks &locks) const;
    void sweep_released(const std::string &stem, const Locks &locks) const;
    void drop_names(const Metadata &adopted, const std::string &stem, const FileId &file) const;
    [[nodiscard]] std::optional<Object> owner_of(const FileId &file, std::string_view backend_id) const;
    [[nodiscard]] bool is_named(const std::string &image) const;
    void discard(const std::string &image) const;

    Fd folder_;
    Kind kind_;
    std::string path_;
    const GroupShelf *groups_;
};

} // namespace loopback
