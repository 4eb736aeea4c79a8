#include "loopback_fixture.hpp"

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <dlfcn.h>
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

namespace loopback::testing {
namespace fs = std::filesystem;
using drv::to_abi;
using drv::view_of;

namespace {

const drv_driver_v1 *load() {
    static const drv_driver_v1 *table = [] {
        void *library = ::dlopen(LOOPBACK_DRIVER, RTLD_NOW | RTLD_LOCAL);
        if (library == nullptr)
            throw std::runtime_error(::dlerror());
        return reinterpret_cast<drv_entry_v1_fn>(::dlsym(library, "drv_entry_v1"))();
    }();
    return table;
}

class Opened {
public:
    Opened(const std::string &path, int flags) : fd(::open(path.c_str(), flags | O_CLOEXEC)) {
        if (fd < 0)
            throw std::runtime_error("open " + path + ": " + std::strerror(errno));
    }
    ~Opened() { ::close(fd); }
    Opened(const Opened &) = delete;
    Opened &operator=(const Opened &) = delete;
    const int fd;
};

drv_create_req create_request(std::string_view id, std::uint64_t bytes, std::string_view profile) {
    return {.struct_size = sizeof(drv_create_req),
            .reserved = 0,
            .flags = 0,
            .bytes = bytes,
            .id = to_abi(id),
            .name = to_abi("a name"),
            .pool = to_abi(""),
            .profile = to_abi(profile),
            .attrs = nullptr,
            .attr_count = 0};
}

drv_attach_req attach_request(std::string_view id, std::string_view node, std::uint64_t flags) {
    return {.struct_size = sizeof(drv_attach_req),
            .reserved = 0,
            .flags = flags,
            .id = to_abi(id),
            .node_id = to_abi(node),
            .initiators = nullptr,
            .initiator_count = 0};
}

drv_list_req list_request(std::uint64_t max, std::string_view token) {
    return {.struct_size = sizeof(drv_list_req),
            .reserved = 0,
            .flags = 0,
            .max_entries = max,
            .page_token = to_abi(token)};
}

constexpr std::string_view kScratch = "drover-loopback-";

// What a test left that was killed: folders carry the number of their process.
void clean_up_after_the_dead() {
    std::error_code ignored; // others clean up at the same time
    for (const auto &entry : fs::directory_iterator(fs::temp_directory_path(), ignored)) {
        const std::string name = entry.path().filename();
        if (!name.starts_with(kScratch))
            continue;
        const long owner = std::strtol(name.c_str() + kScratch.size(), nullptr, 10);
        if (owner <= 0 || ::kill(static_cast<pid_t>(owner), 0) == 0 || errno != ESRCH)
            continue;
        for (const std::string &device : loops_below(entry.path()))
            free_by_hand(device);
        fs::remove_all(entry.path(), ignored);
    }
}

} // namespace

Agent::Agent(const fs::path &root, const std::string &node, const std::map<std::string, std::string> &more)
    : node_(node), table_(load()) {
    host.set_node_id(node);
    for (std::uint64_t i = 0; i < table_->config_key_count; ++i) {
        const drv_config_key &key = table_->config_keys[i];
        if (key.fallback.len > 0)
            host.config[std::string(view_of(key.name))] = view_of(key.fallback);
    }
    host.config["root_path"] = root.string();
    for (const auto &[key, value] : more)
        host.config[key] = value;
    opened = table_->open(host.get(), begin(), &instance_);
}

Agent::~Agent() {
    if (instance_ != nullptr)
        table_->close(instance_);
}

const drv_call *Agent::begin() {
    call = next_call ? std::move(next_call) : std::make_unique<FakeCall>();
    volumes = std::make_unique<VolumeCatcher>();
    connection = std::make_unique<ConnectionCatcher>();
    return call->get();
}

drv_status Agent::create(std::string_view id, std::uint64_t bytes, std::string_view profile) {
    const auto request = create_request(id, bytes, profile);
    const drv_call *made = begin();
    return table_->ops->create(instance_, made, &request, volumes->get());
}
drv_status Agent::destroy(std::string_view id) {
    return table_->ops->destroy(instance_, begin(), to_abi(id), 0);
}
drv_status Agent::get(std::string_view id) {
    const drv_call *made = begin();
    return table_->ops->get(instance_, made, to_abi(id), volumes->get());
}
drv_status Agent::list(std::uint64_t max, std::string_view token) {
    const auto request = list_request(max, token);
    const drv_call *made = begin();
    return table_->ops->list(instance_, made, &request, volumes->get());
}
drv_status Agent::attach_to(std::string_view id, std::string_view node, std::uint64_t flags) {
    const auto request = attach_request(id, node, flags);
    const drv_call *made = begin();
    return table_->ops->attach(instance_, made, &request, connection->get());
}
drv_status Agent::detach_from(std::string_view id, std::string_view node) {
    const auto request = attach_request(id, node, 0);
    return table_->ops->detach(instance_, begin(), &request);
}
drv_status Agent::resolve(std::string_view id) {
    const auto request = attach_request(id, node_, 0);
    const drv_call *made = begin();
    return table_->ops->resolve(instance_, made, &request, connection->get());
}
drv_status Agent::extend(std::string_view id, std::uint64_t bytes) {
    const drv_call *made = begin();
    return extension<drv_extend_v1>(DRV_EXT_EXTEND)
        .extend(instance_, made, to_abi(id), bytes, 0, volumes->get());
}
drv_status Agent::clone(std::string_view source, std::string_view id, std::uint64_t bytes,
                        std::string_view profile) {
    const auto request = create_request(id, bytes, profile);
    const drv_call *made = begin();
    return extension<drv_clone_v1>(DRV_EXT_CLONE)
        .clone(instance_, made, to_abi(source), &request, volumes->get());
}
drv_status Agent::snapshot(std::string_view volume, std::string_view id) {
    const drv_snapshot_req request = {.struct_size = sizeof request,
                                      .reserved = 0,
                                      .flags = 0,
                                      .volume_id = to_abi(volume),
                                      .snapshot_id = to_abi(id),
                                      .name = to_abi("before"),
                                      .attrs = nullptr,
                                      .attr_count = 0};
    const drv_call *made = begin();
    return extension<drv_snapshot_v1>(DRV_EXT_SNAPSHOT).create(instance_, made, &request, volumes->get());
}
drv_status Agent::snapshot_destroy(std::string_view id) {
    return extension<drv_snapshot_v1>(DRV_EXT_SNAPSHOT).destroy(instance_, begin(), to_abi(id), 0);
}
drv_status Agent::snapshot_get(std::string_view id) {
    const drv_call *made = begin();
    return extension<drv_snapshot_v1>(DRV_EXT_SNAPSHOT).get(instance_, made, to_abi(id), volumes->get());
}
drv_status Agent::snapshot_list(std::string_view volume) {
    const auto request = list_request(0, "");
    const drv_call *made = begin();
    return extension<drv_snapshot_v1>(DRV_EXT_SNAPSHOT)
        .list(instance_, made, to_abi(volume), &request, volumes->get());
}
drv_status Agent::snapshot_clone(std::string_view snapshot, std::string_view id, std::uint64_t bytes) {
    const auto request = create_request(id, bytes, "");
    const drv_call *made = begin();
    return extension<drv_snapshot_v1>(DRV_EXT_SNAPSHOT)
        .clone(instance_, made, to_abi(snapshot), &request, volumes->get());
}
drv_status Agent::revert(std::string_view snapshot) {
    return extension<drv_snapshot_v1>(DRV_EXT_SNAPSHOT).revert(instance_, begin(), to_abi(snapshot), 0);
}
drv_status Agent::probe() {
    return table_->ops->probe(instance_, begin());
}
drv_status Agent::capabilities(drv_caps &caps) {
    caps = {};
    caps.struct_size = sizeof caps;
    return table_->ops->capabilities(instance_, begin(), &caps);
}
std::vector<std::string> Agent::profile_names() {
    std::vector<std::string> names;
    const drv_profile_sink sink = {.struct_size = sizeof sink,
                                   .reserved = 0,
                                   .data = &names,
                                   .emit = [](void *data, const drv_profile *row) -> drv_status {
                                       static_cast<std::vector<std::string> *>(data)->emplace_back(
                                           view_of(row->name));
                                       return DRV_OK;
                                   }};
    EXPECT_EQ(extension<drv_profiles_v1>(DRV_EXT_PROFILES).list(instance_, begin(), &sink), DRV_OK);
    return names;
}

void LoopbackTest::SetUp() {
    if (::geteuid() != 0 || ::access("/dev/loop-control", W_OK) != 0)
        GTEST_SKIP() << "needs root and /dev/loop-control";
    clean_up_after_the_dead();
    std::string name =
        (fs::temp_directory_path() / (std::string(kScratch) + std::to_string(::getpid()) + "-XXXXXX"))
            .string();
    ASSERT_NE(::mkdtemp(name.data()), nullptr);
    scratch = name;
    root = scratch / "root";
}

void LoopbackTest::TearDown() {
    if (scratch.empty())
        return;
    for (auto at = mounts.rbegin(); at != mounts.rend(); ++at)
        ::umount2(at->c_str(), MNT_DETACH);
    for (const std::string &device : loops_below(scratch))
        free_by_hand(device);
    fs::remove_all(scratch);
}

void LoopbackTest::mount(const std::string &source, const fs::path &where, const char *type,
                         const char *options) {
    if (mounts.empty()) {
        ASSERT_EQ(::unshare(CLONE_NEWNS), 0);
        ASSERT_EQ(::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr), 0);
    }
    fs::create_directories(where);
    ASSERT_EQ(::mount(source.c_str(), where.c_str(), type, 0, options), 0) << std::strerror(errno);
    mounts.push_back(where);
}

std::vector<std::string> LoopbackTest::files() const {
    std::vector<std::string> names;
    for (const auto &entry : fs::recursive_directory_iterator(root)) {
        if (!entry.is_directory() && entry.path().filename() != "locks")
            names.push_back(fs::relative(entry.path(), root));
    }
    std::sort(names.begin(), names.end());
    return names;
}

fs::path LoopbackTest::file(std::string_view folder, std::string_view stem, std::string_view suffix) const {
    fs::path found;
    for (const auto &entry : fs::directory_iterator(root / folder)) {
        const std::string name = entry.path().filename();
        if (name.starts_with(stem) && name.ends_with(suffix)) {
            EXPECT_TRUE(found.empty()) << name << " and " << found;
            found = entry.path();
        }
    }
    EXPECT_FALSE(found.empty()) << stem << "*" << suffix;
    return found;
}

std::string read_file(const fs::path &path) {
    std::ifstream stream(path, std::ios::binary);
    std::stringstream text;
    text << stream.rdbuf();
    return text.str();
}

void write_file(const fs::path &path, std::string_view text) {
    std::ofstream(path, std::ios::binary | std::ios::trunc) << text;
}

std::string read_at(const std::string &path, std::uint64_t offset, std::size_t length) {
    const Opened file(path, O_RDONLY);
    std::string bytes(length, '?');
    const ssize_t got = ::pread(file.fd, bytes.data(), length, static_cast<off_t>(offset));
    bytes.resize(got < 0 ? 0 : static_cast<std::size_t>(got));
    return bytes;
}

void write_at(const std::string &path, std::uint64_t offset, std::string_view bytes) {
    const Opened file(path, O_WRONLY);
    if (::pwrite(file.fd, bytes.data(), bytes.size(), static_cast<off_t>(offset)) !=
        static_cast<ssize_t>(bytes.size()))
        throw std::runtime_error("write " + path + ": " + std::strerror(errno));
}

std::uint64_t device_bytes(const std::string &path) {
    const Opened device(path, O_RDONLY);
    std::uint64_t bytes = 0;
    return ::ioctl(device.fd, BLKGETSIZE64, &bytes) == 0 ? bytes : 0;
}

std::vector<std::string> loops_below(const fs::path &root) {
    std::vector<std::string> found;
    for (const auto &entry : fs::directory_iterator("/sys/block")) {
        const std::string name = entry.path().filename();
        if (name.starts_with("loop") &&
            read_file(entry.path() / "loop/backing_file").find(root.string() + "/") == 0)
            found.push_back("/dev/" + name);
    }
    return found;
}

std::string bind_by_hand(const fs::path &image) {
    const Opened file(image, O_RDWR);
    const Opened control("/dev/loop-control", O_RDWR);
    for (;;) {
        std::string path = "/dev/loop" + std::to_string(::ioctl(control.fd, LOOP_CTL_GET_FREE));
        const Opened device(path, O_RDWR);
        loop_config config{};
        config.fd = static_cast<std::uint32_t>(file.fd);
        if (::ioctl(device.fd, LOOP_CONFIGURE, &config) == 0)
            return path;
        if (errno != EBUSY)
            throw std::runtime_error("LOOP_CONFIGURE: " + std::string(std::strerror(errno)));
    }
}

void free_by_hand(const std::string &device) {
    const Opened opened(device, O_RDONLY);
    ::ioctl(opened.fd, LOOP_CLR_FD, 0);
}

} // namespace loopback::testing
