#include "core/volume/tests/crash/power_loss_vfs.hpp"

#include <sqlite3.h>

#include <algorithm>
#include <cstring>
#include <mutex>
#include <new>
#include <set>
#include <stdexcept>
#include <vector>

namespace drover::crash {

namespace {

struct PendingWrite {
    sqlite3_int64 offset;
    std::vector<unsigned char> bytes;
};

// The real file follows this one in memory, as SQLite's shims do: szOsFile has room for both.
struct File {
    sqlite3_file base;
    std::vector<PendingWrite> *pending;
    sqlite3_int64 size; // with the pending writes
    sqlite3_file *real() { return reinterpret_cast<sqlite3_file *>(this + 1); }
};

std::mutex g_mutex; // over everything below; one database, few files
std::set<File *> g_files;
Unsynced g_fate = Unsynced::all_lost;
sqlite3_vfs *g_real = nullptr;

File &of(sqlite3_file *file) {
    return *reinterpret_cast<File *>(file);
}

int flush(File &file) {
    for (const auto &write : *file.pending) {
        const int code = file.real()->pMethods->xWrite(file.real(), write.bytes.data(),
                                                       static_cast<int>(write.bytes.size()), write.offset);
        if (code != SQLITE_OK)
            return code;
    }
    file.pending->clear();
    return SQLITE_OK;
}

int close_file(sqlite3_file *base) {
    const std::lock_guard lock(g_mutex);
    File &file = of(base);
    const int flushed = flush(file); // the system writes it out some day
    g_files.erase(&file);
    delete file.pending;
    const int closed = file.real()->pMethods->xClose(file.real());
    return flushed == SQLITE_OK ? closed : flushed;
}

int read_file(sqlite3_file *base, void *into, int amount, sqlite3_int64 offset) {
    const std::lock_guard lock(g_mutex);
    File &file = of(base);
    int code = file.real()->pMethods->xRead(file.real(), into, amount, offset);
    if (code != SQLITE_OK && code != SQLITE_IOERR_SHORT_READ)
        return code;
    auto *bytes = static_cast<unsigned char *>(into);
    for (const auto &write : *file.pending) {
        const sqlite3_int64 begin = std::max(offset, write.offset);
        const sqlite3_int64 end =
            std::min(offset + amount, write.offset + static_cast<sqlite3_int64>(write.bytes.size()));
        if (begin < end) {
            std::memcpy(bytes + (begin - offset), write.bytes.data() + (begin - write.offset),
                        static_cast<std::size_t>(end - begin));
        }
    }
    if (code == SQLITE_IOERR_SHORT_READ && offset + amount <= file.size)
        code = SQLITE_OK;
    return code;
}

int write_file(sqlite3_file *base, const void *from, int amount, sqlite3_int64 offset) {
    const std::lock_guard lock(g_mutex);
    File &file = of(base);
    const auto *bytes = static_cast<const unsigned char *>(from);
    file.pending->push_back({offset, std::vector<unsigned char>(bytes, bytes + amount)});
    file.size = std::max(file.size, offset + amount);
    return SQLITE_OK;
}

int truncate_file(sqlite3_file *base, sqlite3_int64 size) {
    const std::lock_guard lock(g_mutex);
    File &file = of(base);
    if (const int code = flush(file); code != SQLITE_OK)
        return code;
    file.size = size;
    return file.real()->pMethods->xTruncate(file.real(), size);
}

int sync_file(sqlite3_file *base, int flags) {
    const std::lock_guard lock(g_mutex);
    File &file = of(base);
    if (const int code = flush(file); code != SQLITE_OK)
        return code;
    return file.real()->pMethods->xSync(file.real(), flags);
}

int file_size(sqlite3_file *base, sqlite3_int64 *size) {
    const std::lock_guard lock(g_mutex);
    *size = of(base).size;
    return SQLITE_OK;
}

// The rest is the real file's own business.
int lock_file(sqlite3_file *base, int level) {
    return of(base).real()->pMethods->xLock(of(base).real(), level);
}
int unlock_file(sqlite3_file *base, int level) {
    return of(base).real()->pMethods->xUnlock(of(base).real(), level);
}
int check_reserved(sqlite3_file *base, int *result) {
    return of(base).real()->pMethods->xCheckReservedLock(of(base).real(), result);
}
int control(sqlite3_file *base, int op, void *argument) {
    return of(base).real()->pMethods->xFileControl(of(base).real(), op, argument);
}
int sector_size(sqlite3_file *base) {
    return of(base).real()->pMethods->xSectorSize(of(base).real());
}
int characteristics(sqlite3_file *base) {
    return of(base).real()->pMethods->xDeviceCharacteristics(of(base).real());
}
int shm_map(sqlite3_file *base, int page, int size, int extend, void volatile **memory) {
    return of(base).real()->pMethods->xShmMap(of(base).real(), page, size, extend, memory);
}
int shm_lock(sqlite3_file *base, int offset, int count, int flags) {
    return of(base).real()->pMethods->xShmLock(of(base).real(), offset, count, flags);
}
void shm_barrier(sqlite3_file *base) {
    of(base).real()->pMethods->xShmBarrier(of(base).real());
}
int shm_unmap(sqlite3_file *base, int remove) {
    return of(base).real()->pMethods->xShmUnmap(of(base).real(), remove);
}

constexpr sqlite3_io_methods kMethods{
    .iVersion = 2, // without memory-mapped reads, which would go past us
    .xClose = close_file,
    .xRead = read_file,
    .xWrite = write_file,
    .xTruncate = truncate_file,
    .xSync = sync_file,
    .xFileSize = file_size,
    .xLock = lock_file,
    .xUnlock = unlock_file,
    .xCheckReservedLock = check_reserved,
    .xFileControl = control,
    .xSectorSize = sector_size,
    .xDeviceCharacteristics = characteristics,
    .xShmMap = shm_map,
    .xShmLock = shm_lock,
    .xShmBarrier = shm_barrier,
    .xShmUnmap = shm_unmap,
    .xFetch = nullptr,
    .xUnfetch = nullptr,
};

int open_file(sqlite3_vfs *, sqlite3_filename name, sqlite3_file *base, int flags, int *out_flags) {
    File &file = of(base);
    file.base.pMethods = nullptr;
    const int code = g_real->xOpen(g_real, name, file.real(), flags, out_flags);
    if (code != SQLITE_OK)
        return code;
    const std::lock_guard lock(g_mutex);
    file.pending = new (std::nothrow) std::vector<PendingWrite>();
    if (file.pending == nullptr)
        return SQLITE_NOMEM;
    file.real()->pMethods->xFileSize(file.real(), &file.size);
    file.base.pMethods = &kMethods;
    g_files.insert(&file);
    return SQLITE_OK;
}

sqlite3_vfs g_vfs; // a copy of the real one with our open

} // namespace

void lose_unsynced_writes(Unsynced fate) {
    g_fate = fate;
    g_real = sqlite3_vfs_find(nullptr);
    g_vfs = *g_real;
    g_vfs.pNext = nullptr;
    g_vfs.zName = "drover-power-loss";
    g_vfs.szOsFile = static_cast<int>(sizeof(File)) + g_real->szOsFile;
    g_vfs.xOpen = open_file;
    if (sqlite3_vfs_register(&g_vfs, 1) != SQLITE_OK)
        throw std::runtime_error("sqlite3_vfs_register failed");
}

void cut_power() {
    const std::lock_guard lock(g_mutex);
    if (g_fate == Unsynced::all_lost)
        return;
    for (File *file : g_files) {
        for (std::size_t i = 1; i < file->pending->size(); i += 2) {
            const auto &write = (*file->pending)[i];
            file->real()->pMethods->xWrite(file->real(), write.bytes.data(),
                                           static_cast<int>(write.bytes.size()), write.offset);
        }
    }
}

} // namespace drover::crash
