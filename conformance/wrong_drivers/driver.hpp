// The parts of a driver that can be built wrong in one way at a time: DROVER_FAULT names the fault, `none` is
// the right one. It is the test tree's plain C driver (abi/tests/cfile) with snapshots, clones and extend
// beside it, straight on the ABI: the SDK would catch or prevent half of these faults. Every source is
// compiled once for each fault; faults.txt says which test of the suite must catch it.
//   entry.cpp      descriptor, open and close, the extension tables
//   volumes.cpp    the ops about volumes
//   attachments.cpp, snapshots.cpp, copies.cpp   attach and detach; drv.snapshot/1; drv.clone/1, drv.extend/1
//   images.cpp     files under them: copies, notes, the folder of snapshots
//   process.cpp    what a driver must never do to the process that loads it
#pragma once

#include "drover/ext/clone.h"
#include "drover/ext/extend.h"
#include "drover/ext/snapshot.h"

extern "C" {
#include "abi/tests/cfile/cfile.h"

// cfile.c's entry, compiled under this name.
const drv_driver_v1 *cfile_entry(void);
}

#include <map>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

namespace wrong {

enum class Fault {
    none,
#define DROVER_FAULT_NAME(name) name,
#include "wrong_driver_faults.inc" // from faults.txt, by CMake
#undef DROVER_FAULT_NAME
};

constexpr bool is(Fault fault) {
    return fault == Fault::DROVER_FAULT;
}

inline std::string_view view(drv_str text) {
    return {text.data, text.len};
}
inline drv_str str(const std::string &text) {
    return {text.c_str(), text.size()};
}

inline const drv_ops_v1 &right() {
    return *cfile_entry()->ops;
}

// A descriptor that closes itself; -1: none.
class Fd {
public:
    explicit Fd(int fd = -1) : fd_(fd) {}
    ~Fd();
    Fd(const Fd &) = delete;
    Fd &operator=(const Fd &) = delete;
    [[nodiscard]] int get() const { return fd_; }
    int *out() { return &fd_; }

private:
    int fd_;
};

// What faults remember of an open backend. Right code keeps nothing.
struct Memory {
    std::mutex mutex; // of what follows: what is wrong with a driver shall be nothing but its fault
    std::map<std::string, std::string> ids_by_request;
    std::vector<std::string> paged; // the ids that listings in pages know
    drv_str kept = {"", 0};
    bool has_cache = false;
};
Memory &memory_of(drv_instance *self);
// The ids of all volumes that this process made.
void remember_made(const char *id);
bool was_made(const char *id);
void forget(drv_instance *self);

// ---- images.cpp ----

// The folder of snapshots: images and records as those of volumes.
class Snapshots {
public:
    explicit Snapshots(const drv_instance *self);
    [[nodiscard]] int folder() const { return folder_.get(); }
    // Keeps other ops about snapshots out. Always taken before a volume's lock.
    drv_status lock(const drv_instance *self, const drv_call *call, const char *id);

private:
    Fd folder_;
    Fd lock_;
};

bool make_snapshot_folder(const drv_instance *self);
// The text kept beside an image: what it was made from. Empty: nothing is.
std::string origin_of(int folder, const char *id);
problem keep_origin(int folder, const char *id, const std::string &origin);
void drop_origin(int folder, const char *id);
// A new image and record `made` with the data of `from`; it exists when all of it is there.
problem copy_image(int from_folder, const volume &from, int to_folder, volume &made, bool is_shared = false);
// The data and size of `from` back into `into`, which keeps its id.
problem replace_image(int from_folder, const volume &from, int to_folder, volume &into);
problem grow_image(int folder, volume &volume, uint64_t bytes);
// Opens the image itself.
int open_image(int folder, const char *id, int flags);
drv_status emit(const volume &row, const std::string &parent, bool is_snapshot, const drv_volume_sink *sink);

// ---- The ops ----

drv_status probe(drv_instance *self, const drv_call *call);
drv_status capabilities(drv_instance *self, const drv_call *call, drv_caps *caps);
drv_status create(drv_instance *self, const drv_call *call, const drv_create_req *request,
                  const drv_volume_sink *sink);
drv_status destroy(drv_instance *self, const drv_call *call, drv_str id, uint64_t flags);
drv_status attach(drv_instance *self, const drv_call *call, const drv_attach_req *request,
                  const drv_connection_sink *sink);
drv_status detach(drv_instance *self, const drv_call *call, const drv_attach_req *request);
drv_status list(drv_instance *self, const drv_call *call, const drv_list_req *request,
                const drv_volume_sink *sink);
drv_status get(drv_instance *self, const drv_call *call, drv_str id, const drv_volume_sink *sink);
drv_status resolve(drv_instance *self, const drv_call *call, const drv_attach_req *request,
                   const drv_connection_sink *sink);

extern const drv_snapshot_v1 kSnapshot;
extern const drv_clone_v1 kClone;
extern const drv_extend_v1 kExtend;

// A clone of an image in `from_folder`: the rules are the same whether it is a volume or a snapshot.
drv_status clone_image(drv_instance *self, const drv_call *call, int from_folder, const char *from_id,
                       const drv_create_req *request, uint64_t known_flags, const drv_volume_sink *sink);

// ---- process.cpp: does nothing without a fault ----

void while_loaded();
void while_opened(drv_instance *self, const drv_host_v1 *host);
void when_open_failed();
void when_closed();
void while_probing();
void while_destroying();

} // namespace wrong
