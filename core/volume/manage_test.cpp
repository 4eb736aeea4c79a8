// What was on the backend before Drover: shown, adopted, never formatted, and given back. On real devices.
#include "core/volume/identity.hpp"
#include "core/volume/testing/limited_driver.hpp"
#include "core/volume/testing/meddled_driver.hpp"
#include "core/volume/testing/world.hpp"

#include <gmock/gmock.h>

#include <fstream>

namespace drover {
namespace {

using ::testing::HasSubstr;
using testing::Meddled;
using testing::read_file;
using testing::World;
using testing::write_file;

constexpr std::uint64_t kMiB = 1U << 20U;

// A raw image that somebody put there, 64 MiB, with `content` in its middle.
std::filesystem::path put_image(const World &world, const std::string &name,
                                const std::string &content = {}) {
    const auto file = world.backend_root() / "volumes" / (name + ".img");
    std::ofstream out(file, std::ios::binary);
    out.seekp(32 * kMiB);
    out << content;
    out.close();
    std::filesystem::resize_file(file, 64 * kMiB);
    return file;
}

// The image of what was adopted: its first name is gone by then.
std::string bytes_of_only_image(const World &world) {
    std::string all;
    for (const auto &entry : std::filesystem::directory_iterator(world.backend_root() / "volumes")) {
        if (entry.path().extension() == ".img")
            all += read_file(entry.path());
    }
    return all;
}

// Made, filled and given back: the handle under which the backend keeps it.
std::string released(World &world, const std::string &name, const std::string &content) {
    EXPECT_TRUE(world.create(name, 64 * kMiB));
    const auto mounted = world.mount(name);
    EXPECT_TRUE(mounted) << mounted.error().message;
    write_file(mounted->mountpoint + "/file", content);
    EXPECT_TRUE(world.unmount(name));
    const std::string handle = world.volumes().get({.name_or_id = name})->backend_id;
    const auto gone = world.release(name);
    EXPECT_TRUE(gone) << gone.error().message;
    return handle;
}

TEST(Manage, AVolumeIsReleasedShownAndAdoptedWithItsData) {
    World world;
    const std::string handle = released(world, "db", "kept");
    EXPECT_EQ(world.volumes().get({.name_or_id = "db"}).error().code, Code::not_found);
    auto shown = world.unmanaged();
    ASSERT_TRUE(shown) << shown.error().message;
    ASSERT_EQ(shown->size(), 1U);
    EXPECT_EQ(shown->front().handle, handle);
    EXPECT_EQ(shown->front().bytes, 64 * kMiB);
    EXPECT_EQ(shown->front().refused, "");

    const auto adopted = world.adopt(handle, "again");
    ASSERT_TRUE(adopted) << adopted.error().message;
    EXPECT_FALSE(adopted->created_by_us);
    EXPECT_TRUE(is_adopted_id(adopted->id)) << adopted->id;
    EXPECT_EQ(adopted->backend_id, handle);
    EXPECT_EQ(adopted->bytes, 64 * kMiB);
    EXPECT_EQ(world.unmanaged()->size(), 0U);
    const auto repeated = world.adopt(handle, "again");
    ASSERT_TRUE(repeated) << repeated.error().message;
    EXPECT_EQ(repeated->id, adopted->id);

    const auto mounted = world.mount("again");
    ASSERT_TRUE(mounted) << mounted.error().message;
    EXPECT_EQ(read_file(mounted->mountpoint + "/file"), "kept");
    EXPECT_EQ(world.release("again").error().code, Code::conflict); // in use
    ASSERT_TRUE(world.unmount("again"));
    ASSERT_TRUE(world.release("again"));
    EXPECT_EQ(world.release("again").error().code, Code::not_found);
}

TEST(Manage, WhatIsAdoptedIsNeverFormatted) {
    for (const std::string content : {"", "rows of a database without any file system"}) {
        World world;
        put_image(world, "raw", content);
        const auto adopted = world.adopt("raw", "raw");
        ASSERT_TRUE(adopted) << adopted.error().message;
        const std::string before = bytes_of_only_image(world);
        ASSERT_EQ(before.size(), 64 * kMiB);
        const auto mounted = world.mount("raw");
        ASSERT_FALSE(mounted);
        EXPECT_EQ(mounted.error().code, Code::conflict) << mounted.error().message;
        EXPECT_THAT(mounted.error().message, HasSubstr("formats only what it made itself"));
        world.restart_agent();
        EXPECT_FALSE(world.mount("raw"));
        EXPECT_TRUE(bytes_of_only_image(world) == before) << "the image was written to";
    }
}

TEST(Manage, NoOtherAgentFormatsItEither) {
    World first;
    put_image(first, "raw");
    ASSERT_TRUE(first.adopt("raw", "raw"));
    const std::string before = bytes_of_only_image(first);

    // One without any record of it, that finds it by its name; and this one when it has forgotten it.
    World second({.node_id = "node-b", .backend_root = first.backend_root()});
    for (World *world : {&second, &first}) {
        if (world == &first) {
            ASSERT_TRUE(first.remove("raw", RemovePolicy::keep));
        }
        const auto found = world->create({.name = "raw", .must_exist = true, .any_shape = true});
        ASSERT_TRUE(found) << found.error().message;
        EXPECT_TRUE(is_adopted_id(found->id));
        EXPECT_FALSE(world->mount("raw"));
        world->settle();
    }
    // Not by its id under another name either.
    const std::string id = second.volumes().get({.name_or_id = "raw"})->id;
    ASSERT_TRUE(second.remove("raw", RemovePolicy::keep));
    const auto named = second.create({.name = "other", .id = id, .must_exist = true, .any_shape = true});
    ASSERT_TRUE(named) << named.error().message;
    EXPECT_FALSE(second.mount("other"));
    EXPECT_TRUE(bytes_of_only_image(first) == before) << "the image was written to";
}

TEST(Manage, ACopyOfWhatWasAdoptedIsNotFormattedEither) {
    World world;
    put_image(world, "raw");
    ASSERT_TRUE(world.adopt("raw", "raw"));
    ASSERT_TRUE(world.snapshot("raw", "s"));
    for (const auto kind : {VolumeSource::Kind::volume, VolumeSource::Kind::snapshot}) {
        const std::string name = kind == VolumeSource::Kind::volume ? "copy" : "copy-of-s";
        const auto copy = world.create(
            {.name = name, .source = VolumeSource{.kind = kind, .volume = "raw", .snapshot = "s"}});
        ASSERT_TRUE(copy) << copy.error().message;
        EXPECT_FALSE(world.mount(name));
    }
}

TEST(Manage, AdoptingSaysWhyNot) {
    World world;
    ASSERT_TRUE(world.create("db", 64 * kMiB));
    const std::string handle = world.volumes().get({.name_or_id = "db"})->backend_id;
    EXPECT_EQ(world.adopt(handle, "other").error().code, Code::exists);
    put_image(world, "raw");
    EXPECT_EQ(world.adopt("raw", "db").error().code, Code::exists);
    EXPECT_EQ(world.adopt("no-such", "x").error().code, Code::not_found);
    EXPECT_EQ(world.adopt("raw", "a/b").error().code, Code::invalid);
    EXPECT_EQ(world.adopt("", "x").error().code, Code::invalid);
    std::filesystem::resize_file(put_image(world, "odd"), 1000);
    EXPECT_EQ(world.adopt("odd", "odd").error().code, Code::conflict);
    const auto shown = world.unmanaged();
    ASSERT_TRUE(shown);
    ASSERT_EQ(shown->size(), 2U);
    EXPECT_THAT(shown->front().refused, HasSubstr("multiple of 512"));
    EXPECT_EQ(shown->back().refused, "");
    // What was refused left nothing behind.
    EXPECT_EQ(world.volumes().list({}).size(), 1U);
    EXPECT_TRUE(world.adopt("raw", ""));
    EXPECT_TRUE(world.volumes().get({.name_or_id = "raw"}));
}

TEST(Manage, ANameThatAnotherAgentGaveIsTaken) {
    World first;
    ASSERT_TRUE(first.create("db", 64 * kMiB));
    World second({.node_id = "node-b", .backend_root = first.backend_root()});
    put_image(second, "raw");
    EXPECT_EQ(second.adopt("raw", "db").error().code, Code::exists);
}

TEST(Manage, AnAdoptionWhoseAnswerWasLostIsFoundAgain) {
    std::shared_ptr<Meddled> driver;
    World world({.wrap = [&](std::shared_ptr<Driver> inner) {
        driver = std::make_shared<Meddled>(std::move(inner));
        return driver;
    }});
    const std::string handle = released(world, "db", "kept");
    driver->adopt_answer_is_lost = true;
    EXPECT_EQ(world.adopt(handle, "db").error().code, Code::deadline);
    // The intent is there, and nobody destroys what may hold data.
    EXPECT_EQ(world.remove("db").error().code, Code::conflict);
    const auto repeated = world.adopt(handle, "db");
    ASSERT_TRUE(repeated) << repeated.error().message;
    const auto mounted = world.mount("db");
    ASSERT_TRUE(mounted) << mounted.error().message;
    EXPECT_EQ(read_file(mounted->mountpoint + "/file"), "kept");
}

TEST(Manage, AnAdoptionInFlightIsFinishedAtTheNextStart) {
    std::shared_ptr<Meddled> driver;
    World world({.wrap = [&](std::shared_ptr<Driver> inner) {
        driver = std::make_shared<Meddled>(std::move(inner));
        return driver;
    }});
    const std::string handle = released(world, "db", "kept");
    driver->adopt_answer_is_lost = true;
    EXPECT_FALSE(world.adopt(handle, "db"));
    world.restart_agent();
    world.settle();
    const auto found = world.volumes().get({.name_or_id = "db"});
    ASSERT_TRUE(found);
    EXPECT_EQ(found->backend_id, handle);
    EXPECT_EQ(to_string(found->status), "available");
}

TEST(Manage, SnapshotsAreReleasedAndAdopted) {
    World world;
    ASSERT_TRUE(world.create("db", 64 * kMiB));
    auto mounted = world.mount("db");
    ASSERT_TRUE(mounted);
    write_file(mounted->mountpoint + "/file", "then");
    ASSERT_TRUE(world.unmount("db"));
    ASSERT_TRUE(world.snapshot("db", "monday"));
    EXPECT_EQ(world.release("db").error().code, Code::conflict); // it has a snapshot
    ASSERT_TRUE(world.release_snapshot("db", "monday"));
    EXPECT_EQ(world.volumes().snapshots(VolumeRef{.name_or_id = "db"})->size(), 0U);
    const auto shown = world.unmanaged_snapshots("db");
    ASSERT_TRUE(shown) << shown.error().message;
    ASSERT_EQ(shown->size(), 1U);
    const std::string handle = shown->front().handle;
    const auto adopted = world.adopt_snapshot("db", handle, "tuesday");
    ASSERT_TRUE(adopted) << adopted.error().message;
    EXPECT_EQ(adopted->status, "ready");
    EXPECT_FALSE(adopted->filesystem_consistent);
    EXPECT_TRUE(world.adopt_snapshot("db", handle, "tuesday"));
    EXPECT_EQ(world.adopt_snapshot("db", "no-such", "x").error().code, Code::not_found);
    EXPECT_EQ(world.volumes().snapshots(VolumeRef{.name_or_id = "db"})->size(), 1U);
    ASSERT_TRUE(world.create(
        {.name = "copy",
         .source =
             VolumeSource{.kind = VolumeSource::Kind::snapshot, .volume = "db", .snapshot = "tuesday"}}));
    mounted = world.mount("copy");
    ASSERT_TRUE(mounted) << mounted.error().message;
    EXPECT_EQ(read_file(mounted->mountpoint + "/file"), "then");
}

TEST(Retype, GivesAnotherProfileAndKeepsTheData) {
    World world;
    ASSERT_TRUE(world.create({.name = "db", .bytes = 64 * kMiB, .profile = "silver"}));
    auto mounted = world.mount("db");
    ASSERT_TRUE(mounted);
    write_file(mounted->mountpoint + "/file", "kept");
    ASSERT_TRUE(world.unmount("db"));
    const auto changed = world.retype("db", {.profile = "bronze"});
    ASSERT_TRUE(changed) << changed.error().message;
    EXPECT_EQ(changed->profile, "bronze");
    EXPECT_TRUE(world.retype("db", {.profile = "bronze"}));
    EXPECT_EQ(world.retype("db", {.profile = "no-such"}).error().code, Code::invalid);
    EXPECT_FALSE(world.volumes().get({.name_or_id = "db"})->error) << "it is as it was";
    EXPECT_EQ(world.retype("db", {}).error().code, Code::invalid);
    EXPECT_EQ(world.retype("nope", {.profile = "bronze"}).error().code, Code::not_found);
    EXPECT_FALSE(world.journal().volume_named("db")->retyping);
    mounted = world.mount("db");
    ASSERT_TRUE(mounted) << mounted.error().message;
    EXPECT_EQ(read_file(mounted->mountpoint + "/file"), "kept");
}

TEST(Retype, OneWhoseAnswerWasLostIsGoneOnWith) {
    std::shared_ptr<Meddled> driver;
    World world({.wrap = [&](std::shared_ptr<Driver> inner) {
        driver = std::make_shared<Meddled>(std::move(inner));
        return driver;
    }});
    ASSERT_TRUE(world.create({.name = "db", .bytes = 64 * kMiB, .profile = "silver"}));
    driver->retype_answer_is_lost = true;
    EXPECT_EQ(world.retype("db", {.profile = "bronze"}).error().code, Code::deadline);
    EXPECT_TRUE(world.volumes().get({.name_or_id = "db"})->error);
    world.volumes().backend_ready("loopback"); // as if a moment had gone by
    world.settle();
    EXPECT_EQ(world.volumes().get({.name_or_id = "db"})->profile, "bronze");
    EXPECT_FALSE(world.volumes().get({.name_or_id = "db"})->error) << "it is over";
    driver->retype_answer_is_lost = true;
    EXPECT_EQ(world.retype("db", {.profile = "gold"}).error().code, Code::deadline);
    world.restart_agent();
    world.settle();
    EXPECT_EQ(world.volumes().get({.name_or_id = "db"})->profile, "gold");
    EXPECT_FALSE(world.journal().volume_named("db")->retyping);
}

TEST(Limits, AreTheBackendsAndTheProfileFollows) {
    World world({.wrap = [](std::shared_ptr<Driver> inner) {
        return std::make_shared<testing::LimitedDriver>(std::move(inner));
    }});
    ASSERT_TRUE(world.create({.name = "db", .bytes = 64 * kMiB, .profile = "silver"}));
    const auto none = world.limits("db");
    ASSERT_TRUE(none) << none.error().message;
    EXPECT_EQ(none->limits, Limits());
    EXPECT_EQ(none->kinds, (LimitKinds{.max_iops = true, .max_bytes_per_second = true}));
    const Limits wanted{.max_iops = 500, .max_bytes_per_second = 10 * kMiB};
    const auto set = world.set_limits("db", wanted);
    ASSERT_TRUE(set) << set.error().message;
    EXPECT_EQ(set->limits, wanted);
    EXPECT_EQ(world.limits("db")->limits, wanted);
    EXPECT_EQ(world.volumes().get({.name_or_id = "db"})->profile, "");
    EXPECT_EQ(world.set_limits("db", {.max_iops = 5}).error().code, Code::invalid);
    const auto unknown = world.set_limits("db", {.min_iops = 500});
    EXPECT_EQ(unknown.error().code, Code::unsupported);
    EXPECT_THAT(unknown.error().message,
                HasSubstr("no limit min_iops; it has: max_iops, max_bytes_per_second"));
    EXPECT_EQ(world.limits("db")->limits, wanted);
    ASSERT_TRUE(world.set_limits("db", {}));
    EXPECT_EQ(world.limits("db")->limits, Limits());
    EXPECT_EQ(world.volumes().get({.name_or_id = "db"})->profile, "silver");
    EXPECT_EQ(world.limits("nope").error().code, Code::not_found);
}

TEST(Limits, OfABackendWithoutAnyAreUnsupported) {
    World world;
    ASSERT_TRUE(world.create("db", 64 * kMiB));
    EXPECT_EQ(world.limits("db").error().code, Code::unsupported);
    EXPECT_THAT(world.limits("db").error().message,
                HasSubstr("driver loopback of backend loopback has no limits for volumes"));
    EXPECT_EQ(world.set_limits("db", {.max_iops = 500}).error().code, Code::unsupported);
}

} // namespace
} // namespace drover
