// Images that nobody manages: adopted, released, and cut in the middle of both.
#include "extension_calls.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace loopback::testing {
namespace {

namespace fs = std::filesystem;
constexpr char kTag[] = "0123456789abcdef";

class Manage : public LoopbackTest {
protected:
    void SetUp() override {
        LoopbackTest::SetUp();
        if (IsSkipped())
            return;
        agent = open();
        ASSERT_EQ(agent->create("v1", 4 * kMiB, "silver"), DRV_OK) << agent->call->message;
        ASSERT_EQ(agent->attach("v1"), DRV_OK);
        write_at(agent->connection->device, 4096, "data");
        ASSERT_EQ(agent->detach("v1"), DRV_OK);
        ASSERT_EQ(agent->get("v1"), DRV_OK);
        backend_id = agent->volumes->only().backend_id;
    }
    std::string look(std::string_view volume) {
        EXPECT_EQ(agent->attach(volume), DRV_OK) << agent->call->message;
        std::string bytes = read_at(agent->connection->device, 4096, 4);
        EXPECT_EQ(agent->detach(volume), DRV_OK) << agent->call->message;
        return bytes;
    }
    // An image as somebody would put it there.
    [[nodiscard]] fs::path put_image(const std::string &name, std::uint64_t bytes = kMiB) const {
        fs::path path = root / "volumes" / (name + ".img");
        write_file(path, "");
        fs::resize_file(path, bytes);
        if (bytes > 4100)
            write_at(path, 4096, "mine");
        return path;
    }
    std::string refusal(std::string_view id) {
        EXPECT_EQ(list_unmanaged(*agent), DRV_OK) << agent->call->message;
        for (const auto &row : agent->volumes->rows) {
            if (row.backend_id == id)
                return row.attributes.contains("refused") ? row.attributes.at("refused") : "none";
        }
        return "not listed";
    }
    std::unique_ptr<Agent> agent;
    std::string backend_id;
};

TEST_F(Manage, ReleasedVolumeIsListedAndAdoptedUnderAnotherId) {
    ASSERT_EQ(list_unmanaged(*agent), DRV_OK) << agent->call->message;
    EXPECT_TRUE(agent->volumes->rows.empty());
    ASSERT_EQ(release(*agent, "v1"), DRV_OK) << agent->call->message;
    const auto released = agent->volumes->only();
    EXPECT_EQ(released.id, "");
    EXPECT_EQ(released.name, "a name");
    EXPECT_EQ(released.backend_id, backend_id);
    EXPECT_EQ(released.profile, "silver");
    EXPECT_EQ(released.bytes, 4 * kMiB);
    EXPECT_EQ(released.attributes.count("refused"), 0U);
    EXPECT_EQ(release(*agent, "v1"), DRV_E_NOT_FOUND);
    EXPECT_EQ(agent->get("v1"), DRV_E_NOT_FOUND);
    EXPECT_EQ(agent->destroy("v1"), DRV_OK); // of an id that nobody has
    ASSERT_EQ(list_unmanaged(*agent), DRV_OK);
    EXPECT_EQ(agent->volumes->only().backend_id, backend_id);
    for (int round = 0; round < 2; ++round) {
        ASSERT_EQ(adopt(*agent, backend_id, "v2"), DRV_OK) << agent->call->message;
        const auto adopted = agent->volumes->only();
        EXPECT_EQ(adopted.id, "v2");
        EXPECT_EQ(adopted.name, "adopted");
        EXPECT_EQ(adopted.backend_id, backend_id);
        EXPECT_EQ(adopted.profile, "silver");
        EXPECT_EQ(adopted.bytes, 4 * kMiB);
        EXPECT_EQ(files().size(), 2U);
    }
    EXPECT_EQ(look("v2"), "data");
    EXPECT_EQ(agent->get("v1"), DRV_E_NOT_FOUND);
    ASSERT_EQ(list_unmanaged(*agent), DRV_OK);
    EXPECT_TRUE(agent->volumes->rows.empty());
    EXPECT_EQ(adopt(*agent, backend_id, "v3"), DRV_E_CONFLICT);
    EXPECT_NE(agent->call->message.find("\"v2\""), std::string::npos) << agent->call->message;
    ASSERT_EQ(release(*agent, "v2"), DRV_OK);
    ASSERT_EQ(agent->create("v1", kMiB), DRV_OK); // the id is free, and gets an image of its own
    EXPECT_EQ(adopt(*agent, backend_id, "v1"), DRV_E_EXISTS);
    ASSERT_EQ(adopt(*agent, backend_id, "v4"), DRV_OK) << agent->call->message;
    EXPECT_EQ(look("v4"), "data");
    EXPECT_EQ(agent->destroy("v4"), DRV_OK);
    EXPECT_EQ(agent->destroy("v1"), DRV_OK);
    EXPECT_TRUE(files().empty());
}

TEST_F(Manage, OwnPairAgainIsNoHarm) {
    ASSERT_EQ(adopt(*agent, backend_id, "v1"), DRV_OK) << agent->call->message; // it was never released
    EXPECT_EQ(agent->volumes->only().name, "a name");
    EXPECT_EQ(files().size(), 2U);
    EXPECT_EQ(look("v1"), "data");
}

TEST_F(Manage, FileThatSomebodyPutThereBecomesAVolume) {
    const fs::path image = put_image("from the old machine");
    ASSERT_EQ(list_unmanaged(*agent), DRV_OK);
    EXPECT_EQ(agent->volumes->only().backend_id, "from the old machine");
    EXPECT_EQ(agent->volumes->only().bytes, kMiB);
    ASSERT_EQ(adopt(*agent, "from the old machine", "v2"), DRV_OK) << agent->call->message;
    EXPECT_EQ(agent->volumes->only().backend_id, "from the old machine");
    EXPECT_FALSE(fs::exists(image));
    EXPECT_EQ(look("v2"), "mine");
    ASSERT_EQ(agent->extend("v2", 2 * kMiB), DRV_OK);
    ASSERT_EQ(agent->snapshot("v2", "s1"), DRV_OK);
    ASSERT_EQ(agent->revert("s1"), DRV_OK) << agent->call->message;
    ASSERT_EQ(agent->snapshot_destroy("s1"), DRV_OK);
    // After the revert its image has another name; what it is called stays.
    ASSERT_EQ(release(*agent, "v2"), DRV_OK) << agent->call->message;
    EXPECT_EQ(agent->volumes->only().backend_id, "from the old machine");
    ASSERT_EQ(list_unmanaged(*agent), DRV_OK);
    EXPECT_EQ(agent->volumes->only().backend_id, "from the old machine");
    ASSERT_EQ(adopt(*agent, "from the old machine", "v2"), DRV_OK) << agent->call->message;
    EXPECT_EQ(look("v2"), "mine");
    EXPECT_EQ(agent->destroy("v2"), DRV_OK);
    EXPECT_EQ(files().size(), 2U);
}

TEST_F(Manage, WhatCannotBeAdoptedSaysWhy) {
    const auto expect_refused = [&](const std::string &id, std::string_view why) {
        SCOPED_TRACE(id);
        const auto before = files();
        EXPECT_NE(refusal(id).find(why), std::string::npos) << refusal(id);
        EXPECT_EQ(adopt(*agent, id, "v2"), DRV_E_CONFLICT);
        EXPECT_NE(agent->call->message.find(why), std::string::npos) << agent->call->message;
        EXPECT_EQ(files(), before);
        EXPECT_EQ(agent->get("v2"), DRV_E_NOT_FOUND);
    };
    (void)put_image("empty", 0);
    expect_refused("empty", "0 bytes");
    (void)put_image("odd", 1000);
    expect_refused("odd", "multiple of 512");
    const fs::path linked = put_image("linked");
    fs::create_hard_link(linked, scratch / "elsewhere");
    expect_refused("linked", "hard link");
    fs::create_symlink("/etc/passwd", root / "volumes/link.img");
    expect_refused("link", "no regular file");
    const fs::path used = put_image("used");
    const std::string device = bind_by_hand(used);
    expect_refused("used", device);
    free_by_hand(device);
    EXPECT_EQ(refusal("used"), "none");
    const fs::path opened = put_image("opened");
    const int fd = ::open(opened.c_str(), O_RDONLY | O_CLOEXEC);
    EXPECT_EQ(adopt(*agent, "opened", "v2"), DRV_E_CONFLICT);
    EXPECT_NE(agent->call->message.find("in use"), std::string::npos) << agent->call->message;
    ::close(fd);
    EXPECT_EQ(adopt(*agent, "opened", "v2"), DRV_OK) << agent->call->message;
    ASSERT_EQ(release(*agent, "v1"), DRV_OK);
    fs::resize_file(file("volumes", "v1.", ".img"), kMiB);
    EXPECT_NE(refusal(backend_id).find("truncated"), std::string::npos);
    EXPECT_EQ(adopt(*agent, backend_id, "v1"), DRV_E_CONFLICT);
    write_file(file("volumes", "v1.", ".released"), "{");
    EXPECT_NE(refusal(file("volumes", "v1.", ".img").stem().string()).find("JSON"), std::string::npos);
}

TEST_F(Manage, WrongRequests) {
    EXPECT_EQ(adopt(*agent, "nope", "v2"), DRV_E_NOT_FOUND);
    EXPECT_EQ(adopt(*agent, "../v1", "v2"), DRV_E_NOT_FOUND);
    EXPECT_EQ(adopt(*agent, backend_id, "v2"), DRV_E_CONFLICT); // managed as v1
    (void)put_image("mine");
    EXPECT_EQ(adopt(*agent, "mine", "v1"), DRV_E_EXISTS);
    EXPECT_EQ(adopt(*agent, "mine", "v2", "v1"), DRV_E_INVALID);
    EXPECT_EQ(adopt(*agent, "mine", ""), DRV_E_INVALID);
    EXPECT_EQ(adopt(*agent, "", "v2"), DRV_E_INVALID);
    EXPECT_EQ(release(*agent, "nope"), DRV_E_NOT_FOUND);
    ASSERT_EQ(list_unmanaged(*agent), DRV_OK);
    EXPECT_EQ(agent->volumes->only().backend_id, "mine");
}

TEST_F(Manage, VolumeThatIsNeededIsNotReleased) {
    ASSERT_EQ(agent->attach("v1"), DRV_OK);
    EXPECT_EQ(release(*agent, "v1"), DRV_E_CONFLICT);
    ASSERT_EQ(agent->detach("v1"), DRV_OK);
    SeenGroups seen;
    ASSERT_EQ(group_create(*agent, "g1", {"v1"}, seen), DRV_OK);
    EXPECT_EQ(release(*agent, "v1"), DRV_E_CONFLICT);
    ASSERT_EQ(group_destroy(*agent, "g1"), DRV_OK);
    ASSERT_EQ(agent->snapshot("v1", "s1"), DRV_OK);
    EXPECT_EQ(release(*agent, "v1"), DRV_E_CONFLICT);
    ASSERT_EQ(release_snapshot(*agent, "s1"), DRV_OK) << agent->call->message;
    EXPECT_EQ(release(*agent, "v1"), DRV_OK) << agent->call->message;
}

TEST_F(Manage, SnapshotsFollowTheirVolumeUnderItsNewId) {
    ASSERT_EQ(agent->create("other", kMiB), DRV_OK);
    ASSERT_EQ(agent->snapshot("v1", "s1"), DRV_OK);
    const std::string snapshot = agent->volumes->only().backend_id;
    ASSERT_EQ(list_unmanaged_snapshots(*agent, ""), DRV_OK);
    EXPECT_TRUE(agent->volumes->rows.empty());
    ASSERT_EQ(release_snapshot(*agent, "s1"), DRV_OK) << agent->call->message;
    EXPECT_EQ(agent->volumes->only().id, "");
    EXPECT_EQ(agent->volumes->only().parent, "v1");
    EXPECT_EQ(agent->volumes->only().flags, std::uint64_t{DRV_VOLUME_SNAPSHOT});
    EXPECT_EQ(release_snapshot(*agent, "s1"), DRV_E_NOT_FOUND);
    EXPECT_EQ(agent->snapshot_get("s1"), DRV_E_NOT_FOUND);
    ASSERT_EQ(release(*agent, "v1"), DRV_OK) << agent->call->message;
    ASSERT_EQ(list_unmanaged_snapshots(*agent, ""), DRV_OK); // of managed volumes only
    EXPECT_TRUE(agent->volumes->rows.empty());
    ASSERT_EQ(adopt(*agent, backend_id, "v2"), DRV_OK);
    ASSERT_EQ(list_unmanaged_snapshots(*agent, "v2"), DRV_OK);
    EXPECT_EQ(agent->volumes->only().backend_id, snapshot);
    EXPECT_EQ(agent->volumes->only().parent, "v2");
    for (const char *id : {"other", "nope"}) {
        ASSERT_EQ(list_unmanaged_snapshots(*agent, id), DRV_OK);
        EXPECT_TRUE(agent->volumes->rows.empty());
    }
    EXPECT_EQ(adopt_snapshot(*agent, snapshot, "s2", "nope"), DRV_E_NOT_FOUND);
    EXPECT_EQ(adopt_snapshot(*agent, snapshot, "s2", "other"), DRV_E_CONFLICT);
    EXPECT_EQ(adopt_snapshot(*agent, "nope", "s2", "v2"), DRV_E_NOT_FOUND);
    EXPECT_EQ(adopt(*agent, snapshot, "v3"), DRV_E_NOT_FOUND); // it is no volume
    for (int round = 0; round < 2; ++round) {
        ASSERT_EQ(adopt_snapshot(*agent, snapshot, "s2", "v2"), DRV_OK) << agent->call->message;
        EXPECT_EQ(agent->volumes->only().parent, "v2");
        EXPECT_EQ(agent->volumes->only().backend_id, snapshot);
    }
    EXPECT_EQ(adopt_snapshot(*agent, snapshot, "s3", "v2"), DRV_E_CONFLICT);
    EXPECT_EQ(adopt_snapshot(*agent, snapshot, "s2", "other"), DRV_E_EXISTS);
    EXPECT_EQ(agent->revert("s2"), DRV_OK) << agent->call->message;
    EXPECT_EQ(look("v2"), "data");
    EXPECT_EQ(agent->destroy("v2"), DRV_E_CONFLICT);
    EXPECT_EQ(agent->snapshot_destroy("s2"), DRV_OK);
    EXPECT_EQ(agent->destroy("v2"), DRV_OK) << agent->call->message;
    EXPECT_EQ(files().size(), 2U);
}

TEST_F(Manage, MemberOfAGroupSnapshotLeavesItWhenReleased) {
    SeenGroups seen;
    ASSERT_EQ(group_create(*agent, "g1", {"v1"}, seen), DRV_OK);
    ASSERT_EQ(group_snapshot(*agent, "g1", "gs1", {{"v1", "s1"}}, seen), DRV_OK) << agent->call->message;
    ASSERT_EQ(release_snapshot(*agent, "s1"), DRV_OK) << agent->call->message;
    const std::string snapshot = agent->volumes->only().backend_id;
    ASSERT_EQ(group_get(*agent, "gs1", seen), DRV_OK);
    EXPECT_TRUE(seen.only().members.empty());
    EXPECT_EQ(group_snapshot_destroy(*agent, "gs1"), DRV_OK);
    ASSERT_EQ(adopt_snapshot(*agent, snapshot, "s1", "v1"), DRV_OK) << agent->call->message;
    EXPECT_EQ(agent->snapshot_get("s1"), DRV_OK);
}

TEST_F(Manage, ReleaseKeepsAnImageThatWasNotRenamedYet) {
    const fs::path image = file("volumes", "v1.", ".img");
    fs::path made = image;
    fs::rename(image, made.replace_extension(".new"));
    ASSERT_EQ(release(*agent, "v1"), DRV_OK) << agent->call->message;
    agent = open(); // a start, with its cleaning
    ASSERT_EQ(adopt(*agent, backend_id, "v1"), DRV_OK) << agent->call->message;
    EXPECT_EQ(look("v1"), "data");
}

// Adoption: the image has its second name, and nothing else happened.
TEST_F(Manage, AdoptionCutBeforeTheMetadata) {
    ASSERT_EQ(release(*agent, "v1"), DRV_OK);
    const fs::path image = file("volumes", "v1.", ".img");
    fs::create_hard_link(image, root / "volumes" / (std::string("v2.") + kTag + ".new"));
    agent = open();
    EXPECT_EQ(files().size(), 2U);
    EXPECT_EQ(refusal(backend_id), "none");
    ASSERT_EQ(adopt(*agent, backend_id, "v2"), DRV_OK) << agent->call->message;
    EXPECT_EQ(look("v2"), "data");
}

// Adoption: the volume exists, and the image has both names.
TEST_F(Manage, AdoptionCutBehindTheMetadata) {
    ASSERT_EQ(release(*agent, "v1"), DRV_OK);
    const fs::path image = file("volumes", "v1.", ".img");
    const fs::path record = file("volumes", "v1.", ".released");
    const std::string text = read_file(record);
    ASSERT_EQ(adopt(*agent, backend_id, "v2"), DRV_OK);
    const auto leave_behind = [&] {
        fs::create_hard_link(file("volumes", "v2.", ".img"), image);
        write_file(record, text);
    };
    leave_behind();
    EXPECT_EQ(refusal(backend_id), "not listed");
    EXPECT_EQ(adopt(*agent, backend_id, "v3"), DRV_E_CONFLICT);
    ASSERT_EQ(adopt(*agent, backend_id, "v2"), DRV_OK) << agent->call->message; // finishes it
    EXPECT_EQ(files().size(), 2U);
    leave_behind();
    EXPECT_EQ(open()->opened, DRV_OK); // so does a start
    EXPECT_EQ(files().size(), 2U);
    write_file(record, text); // without the first name
    EXPECT_EQ(refusal(backend_id), "not listed");
    EXPECT_EQ(open()->opened, DRV_OK);
    EXPECT_EQ(files().size(), 2U);
    leave_behind();
    ASSERT_EQ(release(*agent, "v2"), DRV_OK) << agent->call->message; // does not trip over it
    EXPECT_EQ(files().size(), 2U);
    EXPECT_EQ(refusal(backend_id), "none");
    ASSERT_EQ(adopt(*agent, backend_id, "v1"), DRV_OK) << agent->call->message;
    EXPECT_EQ(look("v1"), "data");
}

TEST_F(Manage, AdoptionOfAFileCutBehindTheMetadata) {
    const fs::path image = put_image("mine");
    ASSERT_EQ(adopt(*agent, "mine", "v2"), DRV_OK);
    fs::create_hard_link(file("volumes", "v2.", ".img"), image);
    EXPECT_EQ(refusal("mine"), "not listed");
    EXPECT_EQ(adopt(*agent, "mine", "v3"), DRV_E_CONFLICT);
    ASSERT_EQ(adopt(*agent, "mine", "v2"), DRV_OK) << agent->call->message;
    EXPECT_FALSE(fs::exists(image));
    EXPECT_EQ(look("v2"), "mine");
}

TEST_F(Manage, StraysAreListedByPage) {
    for (const char *name : {"a", "b", "c"})
        (void)put_image(name);
    ASSERT_EQ(list_unmanaged(*agent, 2), DRV_OK);
    EXPECT_EQ(agent->volumes->rows.size(), 2U);
    const std::string token = agent->volumes->token;
    ASSERT_EQ(list_unmanaged(*agent, 2, token), DRV_OK);
    EXPECT_EQ(agent->volumes->only().backend_id, "c");
    EXPECT_EQ(list_unmanaged(*agent, 2, "made up"), DRV_E_INVALID);
}

} // namespace
} // namespace loopback::testing
