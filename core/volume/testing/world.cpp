#include "core/volume/testing/world.hpp"

#include "core/filesystem/mount_table.hpp"
#include "core/volume/identity.hpp"
#include "loader/base/child_call.hpp"

#include <algorithm>
#include <cstdlib>
#include <fcntl.h>
#include <fstream>
#include <linux/fs.h>
#include <linux/loop.h>
#include <sched.h>
#include <sstream>
#include <stdexcept>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <unistd.h>

namespace drover::testing {

namespace {
constexpr std::chrono::seconds kLimit{60};

// Waits for an asynchronous call.
template <typename T, typename Start>
Result<T> wait_for(Start &&start) {
    auto answer = std::make_shared<std::promise<Result<T>>>();
    auto future = answer->get_future();
    start(Done<T>([answer](Result<T> result) { answer->set_value(std::move(result)); }));
    if (future.wait_for(kLimit) != std::future_status::ready)
        return fail(Code::deadline, "the test's limit passed without an answer");
    return future.get();
}

template <typename T>
T must(Result<T> result, const char *what) {
    if (!result)
        throw std::runtime_error(std::string(what) + ": " + result.error().message);
    return std::move(*result);
}

std::filesystem::path driver_folder() {
    const char *folder = std::getenv("DROVER_TEST_DRIVER_DIR");
    if (folder == nullptr)
        throw std::runtime_error("DROVER_TEST_DRIVER_DIR is not set; run this through ctest");
    return folder;
}
} // namespace

bool enter_private_mount_namespace() {
    if (::unshare(CLONE_NEWNS) != 0)
        return false;
    return ::mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) == 0;
}

void TestBackends::add(const std::string &name, std::shared_ptr<Driver> driver) {
    if (default_.empty())
        default_ = name;
    drivers_[name] = std::move(driver);
}

Result<std::shared_ptr<Driver>> TestBackends::driver(const std::string &backend) {
    if (!reachable_)
        return fail_retryable(Code::unreachable, "the backend is switched off");
    const auto found = drivers_.find(backend);
    if (found == drivers_.end())
        return fail(Code::not_found, "no such backend: " + backend);
    return found->second;
}

Result<Capabilities> TestBackends::capabilities(const std::string &backend) {
    auto open = driver(backend);
    if (!open)
        return fail(std::move(open).error());
    return (*open)->capabilities({});
}

Result<SecretText> TestBackends::secret(const std::string &, const std::string &key) {
    return fail(Code::not_found, "no such key: " + key);
}

std::vector<BackendView> TestBackends::views() const {
    std::vector<BackendView> views;
    for (const auto &[name, driver] : drivers_)
        views.push_back({.name = name, .state = "ready", .is_default = name == default_});
    return views;
}

// These drivers run in the test's own process.
Result<std::vector<std::string>> TestBackends::reload(const std::string &name, Deadline /*deadline*/) {
    return fail(Code::unsupported, "backend " + name + ": its driver runs in this process");
}

World::World(Options options) : options_(std::move(options)), folder_(options_.folder) {
    if (folder_.empty()) {
        std::string pattern = "/tmp/drover-world-XXXXXX";
        if (::mkdtemp(pattern.data()) == nullptr)
            throw std::runtime_error("mkdtemp failed");
        folder_ = pattern;
        owns_folder_ = true;
    }
    backend_root_ = options_.backend_root.empty() ? folder_ / "loopback" : options_.backend_root;
    std::filesystem::create_directories(mount_root());
    boot_id_ = options_.boot_id.empty() ? random_uuid() : options_.boot_id;
    catalog_ = std::make_unique<Catalog>(driver_folder());
    if (auto started = start_kept_children(2); !started)
        throw std::runtime_error(started.error().message);
    build();
}

World::~World() {
    if (workers_)
        workers_->stop(kLimit);
    volumes_.reset();
    driver_.reset();
    backends_.reset();
    if (owns_folder_) {
        remove_world(folder_, backend_root_);
    }
}

void World::build() {
    auto library = must(catalog_->load("loopback"), "load loopback");
    std::shared_ptr<Driver> driver =
        must(open_in_process(std::move(library),
                             {.backend = "loopback",
                              .agent_version = "test",
                              .node_id = options_.node_id,
                              .settings = {.values = {{"root_path", backend_root_.string()}}}},
                             host_, {}),
             "open loopback");
    driver_ = options_.wrap ? options_.wrap(std::move(driver)) : std::move(driver);
    std::filesystem::create_directories(folder_ / "state");
    std::filesystem::permissions(folder_ / "state", std::filesystem::perms::owner_all);
    store_ = must(store::open_sqlite_store(folder_ / "state" / "state.db"), "open store");
    journal_ = must(Journal::load(*store_), "load journal");
    backends_ = std::make_unique<TestBackends>();
    backends_->add("loopback", driver_);
    connectors_ = std::make_unique<connect::Connectors>(connect::standard_connectors());
    workers_ = std::make_unique<Workers>();
    volumes_ =
        std::make_unique<Volumes>(Volumes::Parts{.journal = *journal_,
                                                 .backends = *backends_,
                                                 .connectors = *connectors_,
                                                 .workers = *workers_,
                                                 .node = {.identity = {.id = options_.node_id},
                                                          .cluster_id = std::string(kDefaultClusterId),
                                                          .boot_id = boot_id_,
                                                          .mount_root = mount_root(),
                                                          .unmount_patience = options_.unmount_patience},
                                                 .defaults = {.bytes = 64U << 20U, .fstype = "ext4"}});
    if (auto recovered = volumes_->recover(); !recovered)
        throw std::runtime_error("recover: " + recovered.error().message);
}

void World::restart_agent() {
    workers_->stop(kLimit);
    volumes_.reset();
    workers_.reset();
    backends_.reset();
    driver_.reset();
    journal_.reset();
    store_.reset();
    build();
}

void World::pretend_reboot() {
    workers_->stop(kLimit);
    release_devices(folder_, backend_root_);
    boot_id_ = random_uuid();
    restart_agent();
}

void unmount_below(const std::filesystem::path &folder) {
    if (auto table = filesystem::mount_table()) {
        for (auto entry = table->rbegin(); entry != table->rend(); ++entry) {
            if (!entry->target.starts_with(folder.string() + "/"))
                continue;
            // A frozen filesystem would keep its device until its watchdog thaws it.
            if (const int fd = ::open(entry->target.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC); fd >= 0) {
                ::ioctl(fd, FITHAW, 0);
                ::close(fd);
            }
            ::umount2(entry->target.c_str(), MNT_DETACH);
        }
    }
}

// What the driver's own detach would do, without asking it.
void release_devices(const std::filesystem::path &folder, const std::filesystem::path &backend_root) {
    unmount_below(folder);
    if (!backend_root.is_absolute() || backend_root == "/") {
        std::cerr << "release_devices: without a folder every loop device of the machine would be freed\n";
        return;
    }
    std::error_code ignored;
    for (const auto &block : std::filesystem::directory_iterator("/sys/block", ignored)) {
        const auto is_ours = [&] {
            return read_file(block.path() / "loop" / "backing_file").starts_with(backend_root.string() + "/");
        };
        if (!is_ours())
            continue;
        const int device = ::open(("/dev/" + block.path().filename().string()).c_str(), O_RDWR | O_CLOEXEC);
        if (device < 0)
            continue;
        // It may have gone by itself just now, and have been taken by somebody else. While it is open it
        // stays.
        if (is_ours())
            ::ioctl(device, LOOP_CLR_FD, 0);
        ::close(device);
    }
}

void remove_world(const std::filesystem::path &folder, const std::filesystem::path &backend_root) {
    release_devices(folder, backend_root);
    std::error_code ignored;
    // Empty mount points are immutable.
    for (const auto &point : std::filesystem::directory_iterator(folder / "mnt", ignored)) {
        const int fd = ::open(point.path().c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        int flags = 0;
        if (fd >= 0 && ::ioctl(fd, FS_IOC_GETFLAGS, &flags) == 0) {
            flags &= ~FS_IMMUTABLE_FL;
            ::ioctl(fd, FS_IOC_SETFLAGS, &flags);
        }
        ::close(fd);
    }
    const auto table = filesystem::mount_table();
    const auto below = [&](const auto &entry) { return entry.target.starts_with(folder.string() + "/"); };
    if (table && std::none_of(table->begin(), table->end(), below))
        std::filesystem::remove_all(folder, ignored);
}

Result<VolumeView> World::create(VolumeSpec spec) {
    return wait_for<VolumeView>([&](auto done) { volumes_->create(std::move(spec), {}, std::move(done)); });
}
Result<VolumeView> World::create(const std::string &name, std::uint64_t bytes, const std::string &fstype) {
    return create(VolumeSpec{.name = name, .bytes = bytes, .fstype = fstype});
}
Result<MountView> World::mount(const std::string &name, const std::string &use) {
    return wait_for<MountView>(
        [&](auto done) { volumes_->mount({.name_or_id = name}, use, {}, std::move(done)); });
}
Result<void> World::unmount(const std::string &name, const std::string &use) {
    return wait_for<void>(
        [&](auto done) { volumes_->unmount({.name_or_id = name}, use, {}, std::move(done)); });
}
Result<void> World::remove(const std::string &name, RemovePolicy policy) {
    return wait_for<void>(
        [&](auto done) { volumes_->remove({.name_or_id = name}, policy, {}, std::move(done)); });
}
Result<VolumeView> World::extend(const std::string &name, std::uint64_t bytes) {
    return wait_for<VolumeView>(
        [&](auto done) { volumes_->extend({.name_or_id = name}, bytes, {}, std::move(done)); });
}
Result<SnapshotView> World::snapshot(const std::string &volume, const std::string &name) {
    return wait_for<SnapshotView>(
        [&](auto done) { volumes_->snapshot_create({.name_or_id = volume}, name, {}, std::move(done)); });
}
Result<void> World::remove_snapshot(const std::string &volume, const std::string &name) {
    return wait_for<void>([&](auto done) {
        volumes_->snapshot_remove(name, VolumeRef{.name_or_id = volume}, {}, std::move(done));
    });
}
Result<VolumeView> World::revert(const std::string &volume, const std::string &name) {
    return wait_for<VolumeView>(
        [&](auto done) { volumes_->revert(name, VolumeRef{.name_or_id = volume}, {}, std::move(done)); });
}

Result<VolumeView> World::retype(const std::string &name, NewShape shape) {
    return wait_for<VolumeView>(
        [&](auto done) { volumes_->retype({.name_or_id = name}, std::move(shape), {}, std::move(done)); });
}
Result<LimitsView> World::limits(const std::string &name) {
    return wait_for<LimitsView>(
        [&](auto done) { volumes_->limits({.name_or_id = name}, {}, std::move(done)); });
}
Result<LimitsView> World::set_limits(const std::string &name, Limits limits) {
    return wait_for<LimitsView>(
        [&](auto done) { volumes_->set_limits({.name_or_id = name}, limits, {}, std::move(done)); });
}
Result<std::vector<UnmanagedView>> World::unmanaged() {
    return wait_for<std::vector<UnmanagedView>>(
        [&](auto done) { volumes_->unmanaged({}, {}, std::move(done)); });
}
Result<VolumeView> World::adopt(const std::string &handle, const std::string &name) {
    return wait_for<VolumeView>([&](auto done) {
        volumes_->adopt({.backend = {}, .handle = handle, .name = name}, {}, std::move(done));
    });
}
Result<void> World::release(const std::string &name) {
    return wait_for<void>([&](auto done) { volumes_->release({.name_or_id = name}, {}, std::move(done)); });
}
Result<std::vector<UnmanagedView>> World::unmanaged_snapshots(const std::string &volume) {
    return wait_for<std::vector<UnmanagedView>>(
        [&](auto done) { volumes_->unmanaged_snapshots({.name_or_id = volume}, {}, std::move(done)); });
}
Result<SnapshotView> World::adopt_snapshot(const std::string &volume, const std::string &handle,
                                           const std::string &name) {
    return wait_for<SnapshotView>([&](auto done) {
        volumes_->snapshot_adopt({.name_or_id = volume}, handle, name, {}, std::move(done));
    });
}
Result<void> World::release_snapshot(const std::string &volume, const std::string &name) {
    return wait_for<void>([&](auto done) {
        volumes_->snapshot_release(name, VolumeRef{.name_or_id = volume}, {}, std::move(done));
    });
}
Result<GroupView> World::create_group(const std::string &name, std::vector<std::string> volumes) {
    return wait_for<GroupView>([&](auto done) {
        volumes_->group_create({.name = name, .volumes = std::move(volumes)}, {}, std::move(done));
    });
}
Result<void> World::remove_group(const std::string &name) {
    return wait_for<void>([&](auto done) { volumes_->group_remove(name, {}, std::move(done)); });
}
Result<GroupSnapshotView> World::snapshot_group(const std::string &group, const std::string &name) {
    return wait_for<GroupSnapshotView>(
        [&](auto done) { volumes_->group_snapshot_create(group, name, {}, std::move(done)); });
}
Result<void> World::remove_group_snapshot(const std::string &group, const std::string &name) {
    return wait_for<void>(
        [&](auto done) { volumes_->group_snapshot_remove(group, name, {}, std::move(done)); });
}

// A job in each volume's queue ends after all that were there before it.
void World::settle() {
    const auto wait_for = [&](const std::string &lane, const std::string &key) {
        std::promise<void> reached;
        workers_->post(lane, key, [&] { reached.set_value(); });
        if (reached.get_future().wait_for(kLimit) != std::future_status::ready)
            throw std::runtime_error("work does not end");
    };
    for (const auto &record : journal_->groups())
        wait_for(record->backend, record->id);
    for (const auto &record : journal_->volumes())
        wait_for(record->backend, record->id);
    wait_for("", "journal"); // what a create did not wait for
}

void write_file(const std::filesystem::path &file, std::string_view text) {
    std::ofstream out(file, std::ios::binary | std::ios::trunc);
    out << text;
    out.flush();
    if (!out)
        throw std::runtime_error("cannot write " + file.string());
}

std::string read_file(const std::filesystem::path &file) {
    std::ifstream in(file, std::ios::binary);
    std::ostringstream text;
    text << in.rdbuf();
    return text.str();
}

} // namespace drover::testing
