// The files under volumes and snapshots.
#include "conformance/wrong_drivers/driver.hpp"

#include <cerrno>
#include <cstring>
#include <ctime>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace wrong {
namespace {

std::string named(const char *id, const char *suffix) {
    return std::string(id) + suffix;
}

// Data only: what is sparse stays sparse.
int copy_data(int from, int to, uint64_t bytes) {
    std::vector<char> buffer(std::size_t{1} << 20);
    off_t at = 0;
    while (true) {
        const off_t data = ::lseek(from, at, SEEK_DATA);
        if (data < 0 || static_cast<uint64_t>(data) >= bytes)
            return data < 0 && errno != ENXIO ? errno : 0;
        off_t hole = ::lseek(from, data, SEEK_HOLE);
        if (hole < 0)
            return errno;
        hole = std::min(hole, static_cast<off_t>(bytes));
        for (at = data; at < hole;) {
            const auto wanted = std::min<std::size_t>(buffer.size(), static_cast<std::size_t>(hole - at));
            const ssize_t got = ::pread(from, buffer.data(), wanted, at);
            if (got <= 0)
                return got < 0 ? errno : EIO;
            if (::pwrite(to, buffer.data(), static_cast<std::size_t>(got), at) != got)
                return errno != 0 ? errno : EIO;
            at += got;
        }
    }
}

// A whole, flushed image under a name of its own.
problem make_copy(int from_folder, const char *from_id, int to_folder, const char *to_name,
                  uint64_t copied_bytes, uint64_t bytes) {
    const Fd from(open_image(from_folder, from_id, O_RDONLY));
    if (from.get() < 0)
        return trouble("cannot open the source", errno);
    static_cast<void>(::unlinkat(to_folder, to_name, 0));
    const Fd to(::openat(to_folder, to_name, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600));
    if (to.get() < 0)
        return trouble("cannot make the copy", errno);
    if (::ftruncate(to.get(), static_cast<off_t>(bytes)) != 0)
        return trouble("cannot size the copy", errno);
    if (const int error = copy_data(from.get(), to.get(), copied_bytes))
        return trouble("cannot copy", error);
    if (is(Fault::clone_tail_dirty) && bytes > copied_bytes)
        static_cast<void>(::pwrite(to.get(), "dirt", 4, static_cast<off_t>(copied_bytes)));
    return ::fsync(to.get()) == 0 ? no_trouble() : trouble("cannot flush the copy", errno);
}

} // namespace

Fd::~Fd() {
    if (fd_ >= 0)
        static_cast<void>(::close(fd_));
}

Snapshots::Snapshots(const drv_instance *self)
    : folder_(::openat(self->folder, "snapshots", O_RDONLY | O_DIRECTORY | O_CLOEXEC)) {}

drv_status Snapshots::lock(const drv_instance *self, const drv_call *call, const char *id) {
    if (folder_.get() < 0)
        return fail_with(self, call, id, trouble("cannot open the folder of snapshots", errno));
    if (const drv_status ended = still_wanted(self, call); ended != DRV_OK)
        return ended;
    const problem wrong = images_lock(folder_.get(), call, lock_.out());
    return wrong.error == 0 ? DRV_OK : fail_with(self, call, id, wrong);
}

bool make_snapshot_folder(const drv_instance *self) {
    return ::mkdirat(self->folder, "snapshots", 0700) == 0 || errno == EEXIST;
}

int open_image(int folder, const char *id, int flags) {
    return ::openat(folder, named(id, ".img").c_str(), flags | O_CLOEXEC | O_NOFOLLOW);
}

std::string origin_of(int folder, const char *id) {
    char text[ID_SIZE] = "";
    const ssize_t length = ::readlinkat(folder, named(id, ".origin").c_str(), text, sizeof text - 1);
    return length > 0 ? std::string(text, static_cast<std::size_t>(length)) : std::string();
}

// A symlink that leads nowhere: made and read in one step, so it is there as a whole or not at all.
problem keep_origin(int folder, const char *id, const std::string &origin) {
    drop_origin(folder, id);
    return ::symlinkat(origin.c_str(), folder, named(id, ".origin").c_str()) == 0
               ? no_trouble()
               : trouble("cannot keep the origin", errno);
}

void drop_origin(int folder, const char *id) {
    static_cast<void>(::unlinkat(folder, named(id, ".origin").c_str(), 0));
}

problem copy_image(int from_folder, const volume &from, int to_folder, volume &made, bool is_shared) {
    timespec now{};
    static_cast<void>(::clock_gettime(CLOCK_REALTIME, &now));
    made.created_unix_ns =
        static_cast<uint64_t>(now.tv_sec) * 1'000'000'000U + static_cast<uint64_t>(now.tv_nsec);
    const std::string name = named(made.id, ".img");
    problem result = no_trouble();
    if (is_shared) {
        if (::linkat(from_folder, named(from.id, ".img").c_str(), to_folder, name.c_str(), 0) != 0)
            result = trouble("cannot link the image", errno);
    } else {
        result = make_copy(from_folder, from.id, to_folder, name.c_str(), from.bytes, made.bytes);
    }
    if (result.error == 0)
        result = keep_origin(to_folder, made.id, from.id);
    if (result.error == 0)
        result = images_store(to_folder, &made);
    if (result.error == 0) {
        const std::string id = made.id;
        return images_load(to_folder, id.c_str(), &made);
    }
    if (!result.state_unknown) {
        static_cast<void>(::unlinkat(to_folder, name.c_str(), 0));
        drop_origin(to_folder, made.id);
    }
    return result;
}

// The record first, since an image may be larger than its record says, but never smaller.
problem replace_image(int from_folder, const volume &from, int to_folder, volume &into) {
    const std::string fresh = named(into.id, ".new");
    const std::string name = named(into.id, ".img");
    if (is(Fault::revert_shares_snapshot)) {
        static_cast<void>(::unlinkat(to_folder, fresh.c_str(), 0));
        if (::linkat(from_folder, named(from.id, ".img").c_str(), to_folder, fresh.c_str(), 0) != 0)
            return trouble("cannot link the image", errno);
    } else {
        const problem copied =
            make_copy(from_folder, from.id, to_folder, fresh.c_str(), from.bytes, from.bytes);
        if (copied.error != 0)
            return copied;
    }
    into.bytes = from.bytes;
    const problem stored = images_store(to_folder, &into);
    if (stored.error != 0)
        return stored;
    if (::renameat(to_folder, fresh.c_str(), to_folder, name.c_str()) != 0 || ::fsync(to_folder) != 0)
        return {errno, "cannot put the image in place", true};
    return no_trouble();
}

problem grow_image(int folder, volume &grown, uint64_t bytes) {
    const Fd image(open_image(folder, grown.id, O_RDWR));
    if (image.get() < 0)
        return trouble("cannot open the image", errno);
    if (is(Fault::extend_loses_data))
        static_cast<void>(::ftruncate(image.get(), 0));
    if (::ftruncate(image.get(), static_cast<off_t>(bytes)) != 0 || ::fsync(image.get()) != 0)
        return trouble("cannot grow the image", errno);
    if (is(Fault::extend_adds_dirt))
        static_cast<void>(::pwrite(image.get(), "dirt", 4, static_cast<off_t>(grown.bytes)));
    grown.bytes = bytes;
    return images_store(folder, &grown);
}

drv_status emit(const volume &row, const std::string &parent, bool is_snapshot, const drv_volume_sink *sink) {
    const drv_str node = text_of(row.node);
    drv_volume record{};
    record.struct_size = sizeof record;
    record.state = DRV_VOLUME_READY;
    record.flags = is_snapshot ? DRV_VOLUME_SNAPSHOT : 0;
    record.id = text_of(row.id);
    record.name = text_of(row.name);
    record.backend_id = record.id;
    record.pool = record.profile = text_of("");
    record.parent = str(parent);
    record.bytes = row.bytes;
    record.used_bytes = row.used_bytes;
    record.created_unix_ns = row.created_unix_ns;
    record.attached_nodes = &node;
    record.attached_count = node.len > 0 ? 1 : 0;
    return sink->emit(sink->data, &record);
}

} // namespace wrong
