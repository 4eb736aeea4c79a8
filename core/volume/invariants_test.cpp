// The invariants of the agent, one test each (their numbers are those of the design's list): a world, a
// driver or a neighbour that tries to make the agent break the rule.
#include "core/filesystem/mount_table.hpp"
#include "core/volume/identity.hpp"
#include "core/volume/testing/meddled_driver.hpp"
#include "core/volume/testing/world.hpp"
#include "loader/base/unique_fd.hpp"

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <fcntl.h>
#include <fstream>
#include <linux/loop.h>
#include <mutex>
#include <set>
#include <sys/ioctl.h>
#include <thread>
#include <unistd.h>

namespace drover {
namespace {

using testing::Meddled;
using testing::read_file;
using testing::World;
using testing::write_file;

constexpr std::uint64_t kMiB = 1U << 20U;
constexpr std::uint64_t kSmall = 16 * kMiB;

// A world whose driver is meddled with.
class Invariant : public ::testing::Test {
protected:
    Invariant()
        : world_({.wrap = [this](std::shared_ptr<Driver> inner) {
              meddled_ = std::make_shared<Meddled>(std::move(inner));
              return meddled_;
          }}) {}

    std::filesystem::path image(const std::string &id) const {
        for (const auto &file : std::filesystem::recursive_directory_iterator(world_.backend_root())) {
            if (file.path().filename().string().starts_with(id) && file.path().extension() == ".img")
                return file.path();
        }
        return {};
    }
    bool is_mounted(const std::string &id) {
        const auto found = filesystem::mounted_at((world_.mount_root() / id).string());
        EXPECT_TRUE(found);
        return found && found->has_value();
    }
    // Mounted by a caller that has its answer, with a file in it.
    VolumeView in_use(const std::string &name) {
        EXPECT_TRUE(world_.create(name, kSmall));
        const auto mounted = world_.mount(name);
        EXPECT_TRUE(mounted) << mounted.error().message;
        write_file(mounted->mountpoint + "/file", name);
        world_.volumes().mount_delivered({.name_or_id = name}, "u1");
        world_.settle();
        return mounted->volume;
    }

    std::shared_ptr<Meddled> meddled_; // before the world, which makes it
    World world_;
};

TEST_F(Invariant, No01NothingIsFormattedThatGetsASignatureWhileItIsLookedAt) {
    const auto created = world_.create("db", kSmall);
    ASSERT_TRUE(created);
    // The first look found it blank; before the second one, right before mkfs, somebody writes.
    std::atomic<int> looks = 0;
    meddled_->on_get = [&](BackendVolume &row) {
        if (!row.attached_nodes.empty() && ++looks == 2) {
            std::fstream file(image(row.id), std::ios::in | std::ios::out | std::ios::binary);
            file << "somebody's data";
        }
    };
    const auto mounted = world_.mount("db");
    ASSERT_FALSE(mounted);
    EXPECT_EQ(mounted.error().code, Code::conflict) << mounted.error().message;
    EXPECT_GE(looks.load(), 2);
    world_.settle();
    EXPECT_TRUE(read_file(image(created->id)).starts_with("somebody's data"));
    EXPECT_FALSE(is_mounted(created->id));
    // A caller that tries again finds it as well guarded.
    EXPECT_FALSE(world_.mount("db"));
    EXPECT_TRUE(read_file(image(created->id)).starts_with("somebody's data"));
}

TEST_F(Invariant, No01NothingIsFormattedThatSomebodyHasOpenForHimself) {
    const auto created = world_.create("db", kSmall);
    ASSERT_TRUE(created);
    int other = -1;
    meddled_->after_attach = [&](const Connection &connection) {
        if (other < 0)
            other = ::open(connection.device.c_str(), O_RDWR | O_EXCL | O_CLOEXEC);
    };
    const auto mounted = world_.mount("db");
    ASSERT_FALSE(mounted);
    ASSERT_GE(other, 0);
    ::close(other);
    world_.settle();
    const std::string content = read_file(image(created->id));
    EXPECT_TRUE(std::all_of(content.begin(), content.end(), [](char byte) { return byte == 0; }))
        << "something was written";
    meddled_->after_attach = nullptr;
    EXPECT_TRUE(world_.mount("db"));
}

TEST_F(Invariant, No02NothingIsMountedThatAnotherNodeHasAsWell) {
    const auto created = world_.create("db", kSmall);
    ASSERT_TRUE(created);
    meddled_->on_get = [](BackendVolume &row) {
        if (!row.attached_nodes.empty())
            row.attached_nodes.emplace_back("node-z");
    };
    const auto mounted = world_.mount("db");
    ASSERT_FALSE(mounted);
    EXPECT_EQ(mounted.error().code, Code::conflict);
    EXPECT_NE(mounted.error().message.find("node-z"), std::string::npos) << mounted.error().message;
    const std::string content = read_file(image(created->id));
    EXPECT_TRUE(std::all_of(content.begin(), content.end(), [](char byte) { return byte == 0; }));
}

TEST_F(Invariant, No03OfTwoNodesThatWantItAtOnceOneGetsIt) {
    ASSERT_TRUE(world_.create("db", kSmall));
    ASSERT_TRUE(world_.mount("db"));
    ASSERT_TRUE(world_.unmount("db"));
    World other({.node_id = "node-b", .backend_root = world_.backend_root()});
    ASSERT_TRUE(other.create("db", kSmall));
    for (int round = 0; round < 5; ++round) {
        Result<MountView> theirs = fail(Code::internal, "not asked");
        std::thread there([&] { theirs = other.mount("db"); });
        const auto ours = world_.mount("db");
        there.join();
        EXPECT_FALSE(ours && theirs) << "both have it";
        if (ours) {
            EXPECT_TRUE(world_.unmount("db"));
        }
        if (theirs) {
            EXPECT_TRUE(other.unmount("db"));
        }
        other.settle();
        world_.settle();
    }
}

TEST_F(Invariant, No04NothingIsDestroyedThatIsUsedOrNeededOrAnothers) {
    const auto view = in_use("db");
    EXPECT_EQ(world_.remove("db").error().code, Code::conflict); // used here
    ASSERT_TRUE(world_.unmount("db"));
    ASSERT_TRUE(world_.snapshot("db", "monday"));
    EXPECT_EQ(world_.remove("db").error().code, Code::conflict); // has a snapshot
    ASSERT_TRUE(world_.remove_snapshot("db", "monday"));
    meddled_->on_get = [](BackendVolume &row) { row.attached_nodes = {"node-z"}; };
    EXPECT_EQ(world_.remove("db").error().code, Code::conflict); // used there
    meddled_->on_get = [](BackendVolume &row) { row.backend_id = "somebody else's"; };
    EXPECT_FALSE(world_.remove("db")); // not the one we own
    meddled_->on_get = nullptr;
    const auto mutations = meddled_->mutations();
    EXPECT_EQ(std::count(mutations.begin(), mutations.end(), "destroy"), 0);
    const auto mounted = world_.mount("db");
    ASSERT_TRUE(mounted) << mounted.error().message;
    EXPECT_EQ(read_file(mounted->mountpoint + "/file"), "db");
}

TEST_F(Invariant, No05ErrorsAndEmptyListsChangeNothing) {
    const auto view = in_use("db");
    ASSERT_TRUE(world_.create("idle", kSmall));
    for (const Code code : {Code::unreachable, Code::deadline, Code::internal}) {
        meddled_->forget_mutations();
        world_.restart_agent();
        meddled_->list_is_empty = true;
        meddled_->get_fails = [code] { return Error{.code = code, .message = "no", .retryable = true}; };
        world_.volumes().backend_ready("loopback");
        world_.volumes().mounts_changed();
        world_.settle();
        EXPECT_TRUE(meddled_->mutations().empty()) << to_string(code);
        EXPECT_TRUE(is_mounted(view.id));
        EXPECT_EQ(world_.volumes().list({}).size(), 2U);
        EXPECT_EQ(world_.volumes().get({.name_or_id = "db"})->uses, 1U);
    }
}

TEST_F(Invariant, No06SilenceOfANodeIsNoProof) {
    {
        World other({.node_id = "node-b",
                     .folder = world_.folder() / "node-b",
                     .backend_root = world_.backend_root()});
        ASSERT_TRUE(other.create("db", kSmall));
        ASSERT_TRUE(other.mount("db"));
    } // its agent is gone for good; what it mounted is not
    ASSERT_TRUE(world_.create("db", kSmall));
    meddled_->forget_mutations();
    for (int again = 0; again < 3; ++again)
        EXPECT_EQ(world_.mount("db").error().code, Code::conflict);
    EXPECT_EQ(world_.remove("db").error().code, Code::conflict);
    world_.settle();
    EXPECT_TRUE(meddled_->mutations().empty());
    testing::unmount_below(world_.folder() / "node-b");
}

TEST_F(Invariant, No07ASecondObjectForTheSameVolumeIsNeitherUsedNorDestroyed) {
    const auto created = world_.create("db", kSmall);
    ASSERT_TRUE(created);
    meddled_->forget_mutations();
    meddled_->on_get = [](BackendVolume &row) { row.backend_id = "the second"; };
    const auto mounted = world_.mount("db");
    EXPECT_EQ(mounted.error().code, Code::conflict);
    EXPECT_NE(mounted.error().message.find("the second"), std::string::npos) << mounted.error().message;
    EXPECT_FALSE(world_.remove("db"));
    EXPECT_FALSE(world_.extend("db", 2 * kSmall));
    world_.settle();
    EXPECT_TRUE(meddled_->mutations().empty());
    EXPECT_EQ(world_.journal().volume(created->id)->owner, created->backend_id);
}

TEST_F(Invariant, No08ACreateWhoseAnswerWasLostIsRepeatedWithItsToken) {
    meddled_->create_answer_is_lost = true;
    auto created = world_.create("db", kSmall);
    if (!created) {
        EXPECT_TRUE(created.error().state_unknown || created.error().retryable);
        created = world_.create("db", kSmall);
    }
    ASSERT_TRUE(created) << created.error().message;
    const std::set<std::string> tokens(meddled_->created_ids.begin(), meddled_->created_ids.end());
    EXPECT_EQ(tokens, std::set<std::string>{created->id});
    int rows = 0;
    ASSERT_TRUE(meddled_->list({}, [&](BackendVolume &&) { return ++rows > 0; }));
    EXPECT_EQ(rows, 1);
}

TEST_F(Invariant, No09DataWithUsersStaysMountedWhateverElseIsGone) {
    const auto view = in_use("db");
    world_.backends().set_reachable(false);
    world_.restart_agent(); // and with it the switch: reachable again, until it is thrown
    world_.backends().set_reachable(false);
    world_.volumes().backend_ready("loopback");
    world_.settle();
    EXPECT_TRUE(is_mounted(view.id));
    EXPECT_EQ(read_file(view.mountpoint + "/file"), "db");
    write_file(view.mountpoint + "/more", "goes on");
    // Nor does anybody's wish to have it gone help while it is used.
    world_.backends().set_reachable(true);
    EXPECT_EQ(world_.remove("db").error().code, Code::conflict);
    EXPECT_TRUE(is_mounted(view.id));
}

TEST_F(Invariant, No10AFilesystemIsThawedHoweverTheSnapshotEnds) {
    const auto view = in_use("db");
    const auto writable = [&] {
        std::ofstream out(view.mountpoint + "/probe", std::ios::trunc);
        out << "x" << std::flush;
        return out.good();
    };
    meddled_->snapshot_fails = [] {
        return Error{.code = Code::internal, .message = "the array had a bad day"};
    };
    EXPECT_FALSE(world_.snapshot("db", "one"));
    EXPECT_TRUE(writable());
    meddled_->snapshot_fails = []() -> std::optional<Error> { throw std::runtime_error("a bug"); };
    EXPECT_FALSE(world_.snapshot("db", "two"));
    EXPECT_TRUE(writable());
    meddled_->snapshot_fails = nullptr;
    EXPECT_TRUE(world_.snapshot("db", "three"));
    EXPECT_TRUE(writable());
}

TEST_F(Invariant, No11ItIsUnmountedBeforeItIsDetachedAndDetachedBeforeAnotherGetsIt) {
    const auto view = in_use("db");
    int detaches = 0;
    meddled_->before_detach = [&](const AttachRequest &request) {
        ++detaches;
        EXPECT_EQ(request.node.id, "node-a"); // only ever itself
        EXPECT_FALSE(is_mounted(view.id));
    };
    ASSERT_TRUE(world_.unmount("db"));
    EXPECT_EQ(detaches, 1);
    EXPECT_TRUE(world_.driver().get({}, view.id)->attached_nodes.empty());
    World other({.node_id = "node-b", .backend_root = world_.backend_root()});
    ASSERT_TRUE(other.create("db", kSmall));
    const auto moved = other.mount("db");
    ASSERT_TRUE(moved) << moved.error().message;
    EXPECT_EQ(read_file(moved->mountpoint + "/file"), "db");
}

TEST_F(Invariant, No12TheDeviceIsLookedUpAgainAtEachUse) {
    std::string before = in_use("db").device;
    const auto decoy = world_.folder() / "decoy";
    write_file(decoy, std::string(kSmall, 'd'));
    const UniqueFd file(::open(decoy.c_str(), O_RDWR | O_CLOEXEC));
    UniqueFd device;
    for (int attempt = 0; attempt < 50; ++attempt) {
        ASSERT_TRUE(world_.unmount("db"));
        // The device that it had goes to another file; unless another process of this machine was faster.
        device.reset(::open(before.c_str(), O_RDWR | O_CLOEXEC));
        ASSERT_TRUE(device);
        if (::ioctl(device.get(), LOOP_SET_FD, file.get()) == 0)
            break;
        ASSERT_EQ(errno, EBUSY);
        const auto again = world_.mount("db");
        ASSERT_TRUE(again) << again.error().message;
        before = again->volume.device;
    }
    const auto mounted = world_.mount("db");
    EXPECT_TRUE(mounted) << mounted.error().message;
    EXPECT_NE(mounted->volume.device, before);
    EXPECT_EQ(read_file(mounted->mountpoint + "/file"), "db");
    EXPECT_TRUE(world_.unmount("db"));
    ::ioctl(device.get(), LOOP_CLR_FD, 0);
    EXPECT_EQ(read_file(decoy), std::string(kSmall, 'd')) << "the wrong device was written to";
}

TEST_F(Invariant, No13AStuckCallHoldsUpItsOwnVolumeOnly) {
    ASSERT_TRUE(world_.create("stuck", kSmall));
    ASSERT_TRUE(world_.create("db", kSmall));
    std::mutex mutex;
    std::condition_variable changed;
    bool is_stuck = false;
    bool let_go = false;
    const std::string stuck_id = world_.volumes().get({.name_or_id = "stuck"})->id;
    meddled_->before_attach = [&](const std::string &id) {
        if (id != stuck_id)
            return;
        std::unique_lock lock(mutex);
        is_stuck = true;
        changed.notify_all();
        changed.wait(lock, [&] { return let_go; });
    };
    Result<MountView> late = fail(Code::internal, "not asked");
    std::thread waits([&] { late = world_.mount("stuck"); });
    {
        std::unique_lock lock(mutex);
        changed.wait(lock, [&] { return is_stuck; });
    }
    EXPECT_TRUE(world_.mount("db"));
    EXPECT_TRUE(world_.unmount("db"));
    EXPECT_TRUE(world_.create("another", kSmall));
    EXPECT_TRUE(world_.volumes().get({.name_or_id = "stuck"}));
    EXPECT_EQ(world_.volumes().list({}).size(), 3U);
    {
        const std::lock_guard lock(mutex);
        let_go = true;
    }
    changed.notify_all();
    waits.join();
    EXPECT_TRUE(late) << late.error().message;
}

TEST_F(Invariant, No14AFailingVolumeTellsItsErrorSinceWhenAndWhenItIsTriedAgain) {
    in_use("db");
    world_.restart_agent();
    meddled_->get_fails = [] {
        return Error{.code = Code::unreachable, .message = "the array is away", .retryable = true};
    };
    const auto before = unix_now_ns();
    world_.volumes().backend_ready("loopback");
    world_.settle();
    const auto failing = world_.volumes().get({.name_or_id = "db"});
    ASSERT_TRUE(failing && failing->error);
    EXPECT_EQ(failing->error->code, Code::unreachable);
    EXPECT_NE(failing->error->message.find("the array is away"), std::string::npos);
    EXPECT_LE(failing->error->since_unix_ns, unix_now_ns());
    ASSERT_TRUE(failing->error->next_retry_unix_ns);
    EXPECT_GT(*failing->error->next_retry_unix_ns, before);
    meddled_->get_fails = nullptr;
    world_.volumes().backend_ready("loopback");
    world_.settle();
    EXPECT_FALSE(world_.volumes().get({.name_or_id = "db"})->error);
}

TEST_F(Invariant, No15NothingShrinksOrChangesShapeByTheWay) {
    const auto created =
        world_.create({.name = "db", .bytes = 2 * kSmall, .profile = "silver", .fstype = "ext4"});
    ASSERT_TRUE(created) << created.error().message;
    EXPECT_EQ(world_.create("db", kSmall).error().code, Code::exists);
    EXPECT_EQ(world_.create({.name = "db", .profile = "gold"}).error().code, Code::exists);
    EXPECT_EQ(world_.create({.name = "db", .fstype = "xfs"}).error().code, Code::exists);
    EXPECT_EQ(world_.extend("db", kSmall).error().code, Code::invalid);
    const auto docker = world_.create({.name = "db", .bytes = kSmall, .profile = "gold", .any_shape = true});
    ASSERT_TRUE(docker); // Docker gets the volume as it is
    const auto mounted = world_.mount("db");
    ASSERT_TRUE(mounted);
    EXPECT_EQ(mounted->volume.bytes, 2 * kSmall);
    EXPECT_EQ(mounted->volume.profile, "silver");
    EXPECT_EQ(mounted->volume.fstype, "ext4");
    EXPECT_EQ(world_.driver().get({}, created->id)->bytes, 2 * kSmall);
}

} // namespace
} // namespace drover
