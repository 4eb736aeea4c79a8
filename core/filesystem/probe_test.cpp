#include "core/filesystem/device_fixture.hpp"
#include "core/filesystem/probe.hpp"

namespace drover::filesystem {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

class ProbeTest : public DeviceTest {
protected:
    static Probe probed(const LoopDevice &loop) {
        auto found = probe(device_of(loop), soon());
        EXPECT_TRUE(found.has_value()) << found.error().message;
        return found.value_or(Probe{});
    }
};

TEST_F(ProbeTest, AnEmptyDeviceIsBlankAndZero) {
    const LoopDevice loop(64 * kMiB);
    const Probe found = probed(loop);
    EXPECT_TRUE(found.blank);
    EXPECT_TRUE(found.head_and_tail_zero);
    EXPECT_EQ(found.kind, "");
    EXPECT_EQ(found.bytes, 64 * kMiB);
    EXPECT_THAT(found.signatures, IsEmpty());
}

TEST_F(ProbeTest, DataWithoutSignatureShowsInHeadOrTail) {
    const LoopDevice loop(8 * kMiB);
    loop.write(8 * kMiB - 1, "x");
    EXPECT_TRUE(probed(loop).blank);
    EXPECT_FALSE(probed(loop).head_and_tail_zero);
    loop.zero(8 * kMiB - 1, 1);
    loop.write(kMiB - 1, "x");
    EXPECT_FALSE(probed(loop).head_and_tail_zero);
}

TEST_F(ProbeTest, ADeviceSmallerThanItsEdgesIsRead) {
    const LoopDevice loop(512);
    EXPECT_TRUE(probed(loop).head_and_tail_zero);
    loop.write(511, "x");
    EXPECT_FALSE(probed(loop).head_and_tail_zero);
}

TEST_F(ProbeTest, Ext4TellsItsUuidAndLabel) {
    const LoopDevice loop(64 * kMiB);
    ASSERT_TRUE(
        format(device_of(loop), {.fstype = "ext4", .uuid = kUuid, .label = "a label"}, soon()).has_value());
    const Probe found = probed(loop);
    EXPECT_FALSE(found.blank);
    EXPECT_FALSE(found.head_and_tail_zero);
    EXPECT_EQ(found.kind, "ext4");
    EXPECT_EQ(found.uuid, kUuid);
    EXPECT_EQ(found.label, "a label");
}

TEST_F(ProbeTest, Xfs) {
    const LoopDevice loop(300 * kMiB);
    make(loop, "xfs");
    EXPECT_EQ(probed(loop).kind, "xfs");
    EXPECT_EQ(probed(loop).uuid, kUuid);
}

TEST_F(ProbeTest, Swap) {
    const LoopDevice loop(8 * kMiB);
    run("/usr/sbin/mkswap", {loop.path()});
    EXPECT_EQ(probed(loop).kind, "swap");
}

TEST_F(ProbeTest, Luks) {
    const LoopDevice loop(32 * kMiB);
    const auto key = folder() / "key";
    write_file(key, "not a secret");
    run("/usr/sbin/cryptsetup", {"luksFormat", "-q", "--type", "luks2", "--pbkdf", "pbkdf2",
                                 "--pbkdf-force-iterations", "1000", loop.path(), key});
    EXPECT_EQ(probed(loop).kind, "crypto_LUKS");
    // The second header alone still says so.
    loop.zero(0, 4096);
    EXPECT_FALSE(probed(loop).blank);
}

TEST_F(ProbeTest, Lvm) {
    const LoopDevice loop(16 * kMiB);
    // A label as pvcreate writes it: it would also tell the machine's LVM about the device.
    loop.write(512, std::string("LABELONE\1\0\0\0\0\0\0\0", 16));
    std::string label = loop.read(512, 512);
    label.replace(20, 4, std::string("\x20\0\0\0", 4));
    label.replace(24, 8, "LVM2 001");
    label.replace(32, 32, "abcdefghijklmnopqrstuvwxyz012345");
    loop.write(512, label);
    EXPECT_EQ(probed(loop).kind, "LVM2_member (bad checksum)");
    std::uint32_t crc = 0xf597a6cf;
    for (std::size_t i = 20; i < 512; ++i) {
        crc ^= static_cast<unsigned char>(label[i]);
        for (int bit = 0; bit < 8; ++bit)
            crc = (crc >> 1U) ^ ((crc & 1U) != 0 ? 0xedb88320U : 0U);
    }
    for (std::size_t i = 0; i < 4; ++i)
        label[16 + i] = static_cast<char>(crc >> (8 * i) & 0xffU);
    loop.write(512, label);
    EXPECT_EQ(probed(loop).kind, "LVM2_member");
}

TEST_F(ProbeTest, PartitionTables) {
    const LoopDevice dos(16 * kMiB);
    const LoopDevice gpt(16 * kMiB);
    const auto script = folder() / "script";
    for (const auto &[loop, label] : {std::pair(&dos, "dos"), std::pair(&gpt, "gpt")}) {
        write_file(script, std::string("label: ") + label + "\n,4M\n");
        run("/bin/sh",
            {"-c", "sfdisk -q --no-reread --no-tell-kernel \"$1\" < \"$2\"", "sh", loop->path(), script});
        EXPECT_EQ(probed(*loop).kind, label);
    }
    // The spare table at the end is enough.
    gpt.zero(0, 512);
    EXPECT_FALSE(probed(gpt).blank);
    gpt.zero(0, kMiB);
    EXPECT_THAT(probed(gpt).signatures, Contains("gpt"));
}

TEST_F(ProbeTest, BtrfsIsSeenByItsMagicAlone) {
    const LoopDevice loop(16 * kMiB);
    loop.write(0x10000 + 0x40, "_BHRfS_M"); // all else of the superblock is gone
    EXPECT_FALSE(probed(loop).blank);
    EXPECT_EQ(probed(loop).kind, "btrfs");
}

TEST_F(ProbeTest, TwoClaimsAreAmbiguousAndBothNamed) {
    const LoopDevice loop(64 * kMiB);
    make(loop, "ext4");
    const auto script = folder() / "script";
    write_file(script, "label: dos\n");
    run("/bin/sh", {"-c", "sfdisk -q --no-reread --no-tell-kernel --wipe never \"$1\" < \"$2\"", "sh",
                    loop.path(), script});
    const Probe found = probed(loop);
    EXPECT_EQ(found.kind, "ambiguous");
    EXPECT_EQ(found.uuid, "");
    EXPECT_THAT(found.signatures, Contains("ext4"));
    EXPECT_THAT(found.signatures, Contains("dos"));
}

TEST_F(ProbeTest, AnExt4WithoutItsFirstSectorIsNotZero) {
    const LoopDevice loop(64 * kMiB);
    make(loop, "ext4");
    loop.zero(0, 512);
    EXPECT_EQ(probed(loop).kind, "ext4");
    loop.zero(0, 4096);
    EXPECT_FALSE(probed(loop).head_and_tail_zero);
}

TEST_F(ProbeTest, AnExt4WithoutItsBeginningIsKnownByItsSpareSuperblock) {
    for (const char *block_size : {"1024", "4096"}) {
        const LoopDevice loop(160 * kMiB);
        ASSERT_TRUE(
            format(device_of(loop), {.fstype = "ext4", .uuid = kUuid, .extra = {"-b", block_size}}, soon())
                .has_value());
        loop.zero(0, 4 * kMiB);
        loop.zero(159 * kMiB, kMiB);
        const Probe found = probed(loop);
        EXPECT_FALSE(found.blank);
        EXPECT_THAT(found.signatures, ElementsAre("ext backup superblock"));
    }
}

TEST_F(ProbeTest, AReadThatFailsIsAnErrorAndNeverBlank) {
    const LoopDevice loop(8 * kMiB);
    loop.resize(0); // the device keeps its size: every read is past the end of its file
    auto found = probe(device_of(loop), soon());
    ASSERT_FALSE(found.has_value());
    EXPECT_EQ(found.error().code, Code::unreachable);
    EXPECT_THAT(found.error().message, HasSubstr("nothing is known of its content"));
}

TEST_F(ProbeTest, AnotherDeviceOnThePathIsAConflict) {
    const LoopDevice loop(kMiB);
    BlockDevice device = device_of(loop);
    device.minor += 1;
    EXPECT_EQ(probe(device, soon()).error().code, Code::conflict);
}

TEST_F(ProbeTest, APassedDeadlineIsAnError) {
    const LoopDevice loop(kMiB);
    EXPECT_EQ(probe(device_of(loop), Deadline::after(0ns)).error().code, Code::deadline);
}

} // namespace
} // namespace drover::filesystem
