// The states a crash can leave on disk, made by hand; damaged and foreign files.
#include "loopback_fixture.hpp"

#include <sys/stat.h>
#include <unistd.h>

namespace loopback::testing {
namespace {

namespace fs = std::filesystem;
constexpr char kTag[] = "0123456789abcdef";

class Crash : public LoopbackTest {
protected:
    void SetUp() override {
        LoopbackTest::SetUp();
        if (IsSkipped())
            return;
        agent = open();
        ASSERT_EQ(agent->create("v1", 4 * kMiB), DRV_OK) << agent->call->message;
    }
    void replace_in_metadata(const std::string &what, const std::string &with) {
        const fs::path path = root / "volumes/v1.json";
        std::string text = read_file(path);
        const auto at = text.find(what);
        ASSERT_NE(at, std::string::npos) << text;
        write_file(path, text.replace(at, what.size(), with));
    }
    // A start of the agent, with its cleaning.
    void restart() { EXPECT_EQ(open()->opened, DRV_OK); }
    std::unique_ptr<Agent> agent;
};

TEST_F(Crash, ImageWithoutMetadataThatWasBeingMadeIsRemoved) {
    write_file(root / "volumes" / (std::string("v2.") + kTag + ".new"), "half");
    write_file(root / "volumes/v1.json.tmp", "{");
    write_file(root / "volumes" / (std::string("v1.") + kTag + ".new"), "half a revert");
    const auto later = open();
    EXPECT_EQ(later->opened, DRV_OK);
    EXPECT_EQ(files().size(), 2U);
    EXPECT_EQ(later->get("v1"), DRV_OK);
    EXPECT_EQ(later->get("v2"), DRV_E_NOT_FOUND);
    EXPECT_EQ(later->create("v2", kMiB), DRV_OK);
}

TEST_F(Crash, VolumeWhoseImageWasNotRenamedYetIsComplete) {
    const fs::path image = file("volumes", "v1.", ".img");
    fs::path made = image;
    made.replace_extension(".new");
    write_at(image, 0, "data");
    fs::rename(image, made);
    EXPECT_EQ(agent->get("v1"), DRV_OK);
    EXPECT_EQ(agent->volumes->only().state, std::uint32_t{DRV_VOLUME_READY});
    ASSERT_EQ(agent->attach("v1"), DRV_OK) << agent->call->message;
    EXPECT_EQ(read_at(agent->connection->device, 0, 4), "data");
    ASSERT_EQ(agent->detach("v1"), DRV_OK);
    const auto later = open();
    EXPECT_TRUE(fs::exists(image));
    EXPECT_FALSE(fs::exists(made));
}

TEST_F(Crash, RemovalIsFinished) {
    fs::rename(root / "volumes/v1.json", root / "volumes/v1.deleting");
    EXPECT_EQ(agent->get("v1"), DRV_E_NOT_FOUND);
    ASSERT_EQ(agent->list(), DRV_OK);
    EXPECT_TRUE(agent->volumes->rows.empty());
    EXPECT_EQ(agent->destroy("v1"), DRV_OK); // finishes it too
    EXPECT_TRUE(files().empty());
    ASSERT_EQ(agent->create("v1", kMiB), DRV_OK);
    fs::rename(root / "volumes/v1.json", root / "volumes/v1.deleting");
    const auto later = open();
    EXPECT_TRUE(files().empty());
}

TEST_F(Crash, CreateAfterAnUnfinishedRemovalIsANewVolume) {
    const std::string old = file("volumes", "v1.", ".img");
    fs::rename(root / "volumes/v1.json", root / "volumes/v1.deleting");
    EXPECT_EQ(agent->create("v1", kMiB), DRV_OK) << agent->call->message;
    EXPECT_FALSE(fs::exists(old));
    EXPECT_EQ(files().size(), 2U);
}

TEST_F(Crash, ImageBeingReplacedIsKeptOrDropped) {
    const fs::path image = file("volumes", "v1.", ".img");
    fs::path second = image;
    second.replace_extension(".old");
    fs::create_hard_link(image, second); // before the new metadata was written
    restart();
    EXPECT_TRUE(fs::exists(image));
    EXPECT_FALSE(fs::exists(second));
    // After it was written: the old image has both names and nobody refers to it.
    const fs::path replaced = root / "volumes" / (std::string("v1.") + kTag + ".img");
    write_file(replaced, "old");
    fs::path replaced_second = replaced;
    replaced_second.replace_extension(".old");
    fs::create_hard_link(replaced, replaced_second);
    restart();
    EXPECT_EQ(files().size(), 2U);
    EXPECT_TRUE(fs::exists(image));
}

TEST_F(Crash, ImageThatNobodyNamesIsSomebodysDataAndStays) {
    const fs::path lost = root / "volumes" / (std::string("v2.") + kTag + ".img");
    write_file(lost, "precious");
    write_file(root / "volumes/notes.txt", "mine");
    const auto later = open();
    EXPECT_EQ(later->create("v2", kMiB), DRV_OK);
    EXPECT_EQ(later->destroy("v2"), DRV_OK);
    EXPECT_EQ(read_file(lost), "precious");
    EXPECT_TRUE(fs::exists(root / "volumes/notes.txt"));
}

TEST_F(Crash, DeviceBoundBeforeItWasRecordedIsTakenOver) {
    const std::string stray = bind_by_hand(file("volumes", "v1.", ".img"));
    EXPECT_EQ(agent->resolve("v1"), DRV_E_NOT_FOUND);
    ASSERT_EQ(agent->attach("v1"), DRV_OK) << agent->call->message;
    EXPECT_EQ(agent->connection->device, stray);
    EXPECT_EQ(loops_below(root).size(), 1U);
}

TEST_F(Crash, DeviceBoundBeforeItWasRecordedDoesNotOutliveTheVolume) {
    bind_by_hand(file("volumes", "v1.", ".img"));
    EXPECT_EQ(agent->destroy("v1"), DRV_OK) << agent->call->message;
    EXPECT_TRUE(loops_below(root).empty());
}

TEST_F(Crash, DetachClearsAnUnrecordedDevice) {
    bind_by_hand(file("volumes", "v1.", ".img"));
    EXPECT_EQ(agent->detach("v1"), DRV_OK) << agent->call->message;
    EXPECT_TRUE(loops_below(root).empty());
}

TEST_F(Crash, UnrecordedDeviceOfTheOtherKindIsReplaced) {
    bind_by_hand(file("volumes", "v1.", ".img"));
    ASSERT_EQ(agent->attach("v1", DRV_ATTACH_READ_ONLY), DRV_OK) << agent->call->message;
    EXPECT_EQ(loops_below(root).size(), 1U);
    EXPECT_THROW(write_at(agent->connection->device, 0, "x"), std::runtime_error);
}

TEST_F(Crash, DetachThatDidNotReachItsRecordIsRepeated) {
    ASSERT_EQ(agent->attach("v1"), DRV_OK);
    free_by_hand(agent->connection->device);
    EXPECT_EQ(agent->resolve("v1"), DRV_E_NOT_FOUND);
    EXPECT_EQ(agent->detach("v1"), DRV_OK) << agent->call->message;
    ASSERT_EQ(agent->get("v1"), DRV_OK);
    EXPECT_TRUE(agent->volumes->only().attached_nodes.empty());
}

TEST_F(Crash, AttachmentSurvivesARebootButItsDeviceDoesNot) {
    ASSERT_EQ(agent->attach("v1"), DRV_OK);
    const std::string device = agent->connection->device;
    write_at(device, 0, "data");
    free_by_hand(device);
    const std::string key = "\"boot_id\":\"";
    replace_in_metadata(key, key + "another-");
    const auto other = open("node-b");
    EXPECT_EQ(agent->resolve("v1"), DRV_E_NOT_FOUND);
    EXPECT_EQ(other->attach("v1"), DRV_E_CONFLICT);
    ASSERT_EQ(agent->attach("v1"), DRV_OK) << agent->call->message;
    EXPECT_EQ(read_at(agent->connection->device, 0, 4), "data");
    EXPECT_EQ(agent->resolve("v1"), DRV_OK);
}

TEST_F(Crash, RecordedDeviceThatIsSomebodyElsesNowIsLeftAlone) {
    ASSERT_EQ(agent->create("v2", kMiB), DRV_OK);
    ASSERT_EQ(agent->attach("v1"), DRV_OK);
    const std::string device = agent->connection->device;
    free_by_hand(device);
    ASSERT_EQ(agent->attach("v2"), DRV_OK);
    const std::string others = agent->connection->device;
    replace_in_metadata(device, others);
    EXPECT_EQ(agent->resolve("v1"), DRV_E_NOT_FOUND);
    EXPECT_EQ(agent->detach("v1"), DRV_OK);
    EXPECT_EQ(agent->resolve("v2"), DRV_OK);
}

TEST_F(Crash, ExtendThatStoppedHalfWayIsRolledForward) {
    fs::resize_file(file("volumes", "v1.", ".img"), 6 * kMiB);
    ASSERT_EQ(agent->attach("v1"), DRV_OK);
    EXPECT_EQ(device_bytes(agent->connection->device), 6 * kMiB);
    ASSERT_EQ(agent->get("v1"), DRV_OK);
    EXPECT_EQ(agent->volumes->only().bytes, 6 * kMiB);
}

TEST_F(Crash, DamagedVolumeIsShownAndNeverTouched) {
    const fs::path metadata = root / "volumes/v1.json";
    const fs::path image = file("volumes", "v1.", ".img");
    const std::string good = read_file(metadata);
    const auto expect_damaged = [&](const char *how) {
        SCOPED_TRACE(how);
        const auto before = files();
        const auto other = open("node-b"); // a start, with its cleaning
        ASSERT_EQ(other->get("v1"), DRV_OK) << other->call->message;
        EXPECT_EQ(other->volumes->only().state, std::uint32_t{DRV_VOLUME_FAULTED});
        EXPECT_FALSE(other->volumes->only().attributes.at("problem").empty());
        ASSERT_EQ(other->list(), DRV_OK);
        EXPECT_EQ(other->volumes->only().state, std::uint32_t{DRV_VOLUME_FAULTED});
        EXPECT_EQ(other->create("v1", 4 * kMiB), DRV_E_CONFLICT);
        EXPECT_EQ(other->destroy("v1"), DRV_E_CONFLICT);
        EXPECT_EQ(other->attach("v1"), DRV_E_CONFLICT);
        EXPECT_EQ(other->extend("v1", 9 * kMiB), DRV_E_CONFLICT);
        EXPECT_EQ(other->snapshot("v1", "s1"), DRV_E_CONFLICT);
        EXPECT_NE(other->call->message.find("v1"), std::string::npos);
        EXPECT_EQ(files(), before);
    };
    for (const char *text : {"", "{", "[]", "garbage \xff", "{\"format\":1}", "{\"format\":2}"}) {
        write_file(metadata, text);
        expect_damaged(text);
    }
    write_file(metadata, std::string(100000, ' '));
    expect_damaged("too long");
    write_file(metadata, good);
    ASSERT_EQ(agent->get("v1"), DRV_OK);
    replace_in_metadata("\"image\":\"v1.", "\"image\":\"../../v1.");
    expect_damaged("image outside");
    write_file(metadata, good);
    replace_in_metadata("\"id\":\"v1\"", "\"id\":\"v9\"");
    expect_damaged("copied metadata");
    write_file(metadata, good);
    fs::resize_file(image, kMiB);
    expect_damaged("truncated image");
    fs::remove(image);
    expect_damaged("missing image");
    fs::create_symlink("/etc/passwd", image);
    expect_damaged("image is a link");
    fs::remove(image);
    fs::remove(metadata);
    write_file(scratch / "elsewhere.json", good);
    fs::create_symlink(scratch / "elsewhere.json", metadata);
    expect_damaged("metadata is a link");
    fs::remove(metadata);
    ASSERT_EQ(::mkfifo(metadata.c_str(), 0600), 0);
    expect_damaged("metadata is a FIFO");
    fs::remove(metadata);
    fs::create_directory(metadata);
    expect_damaged("metadata is a folder");
}

} // namespace
} // namespace loopback::testing
