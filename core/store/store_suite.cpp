#include "core/store/store_suite.hpp"

#include <gmock/gmock.h>

#include <atomic>
#include <thread>

namespace drover::store {
namespace {

using testing::ElementsAre;
using testing::Field;
using testing::HasSubstr;
using testing::IsEmpty;

TEST_P(StoreSuite, AnAbsentKeyIsNothingAndNoError) {
    auto entry = store_->get("volume/1");
    ASSERT_TRUE(entry.has_value());
    EXPECT_FALSE(entry->has_value());
    EXPECT_EQ(store_->revision().value(), 0);
}

TEST_P(StoreSuite, WhatWasCommittedIsThereAfterOpeningAgain) {
    const std::string value("a\0b\xff", 4);
    const auto revision = put("volume/1", value);
    reopen();
    EXPECT_EQ(store_->get("volume/1").value(), (Entry{"volume/1", value, revision}));
    EXPECT_EQ(store_->revision().value(), revision);
}

TEST_P(StoreSuite, WhatOutlivesTheProcessIsThereAfterItInOrder) {
    const Write first{.key = "a", .value = "1"};
    const auto revision = store_->commit({&first, 1}, Outlives::process).value();
    const Write guarded{.key = "a", .value = "2", .expected = revision};
    const auto second = store_->commit({&guarded, 1}, Outlives::power_loss).value();
    EXPECT_GT(second, revision);
    const Write last{.key = "b", .value = "3", .expected = 0};
    const auto third = store_->commit({&last, 1}, Outlives::process).value();
    EXPECT_TRUE(store_->settle().has_value());
    EXPECT_TRUE(store_->settle().has_value());
    EXPECT_EQ(store_->revision().value(), third);
    reopen();
    EXPECT_EQ(store_->get("a").value(), (Entry{"a", "2", second}));
    EXPECT_EQ(store_->get("b").value(), (Entry{"b", "3", third}));
    EXPECT_EQ(store_->revision().value(), third);
}

TEST_P(StoreSuite, EmptyValuesAreValues) {
    put("a", "");
    auto entry = store_->get("a").value();
    ASSERT_TRUE(entry.has_value());
    EXPECT_EQ(entry->value, "");
}

TEST_P(StoreSuite, RevisionsOnlyGrowOverDeletesAndRestarts) {
    const auto first = put("a", "1");
    const Write erase{.key = "a", .value = std::nullopt};
    const auto second = store_->commit({&erase, 1}).value();
    EXPECT_GT(second, first);
    reopen();
    EXPECT_GT(put("a", "2"), second);
}

TEST_P(StoreSuite, AllWritesOfACommitShareOneRevision) {
    const Write writes[] = {{.key = "a", .value = "1"}, {.key = "b", .value = "2"}};
    const auto revision = store_->commit(writes).value();
    EXPECT_EQ(store_->get("a").value()->revision, revision);
    EXPECT_EQ(store_->get("b").value()->revision, revision);
}

TEST_P(StoreSuite, AnEmptyCommitChangesNothing) {
    const auto before = put("a", "1");
    EXPECT_EQ(store_->commit({}).value(), before);
}

TEST_P(StoreSuite, DeletingWhatIsNotThereIsNoError) {
    const Write erase{.key = "never", .value = std::nullopt};
    EXPECT_TRUE(store_->commit({&erase, 1}).has_value());
}

TEST_P(StoreSuite, AWrongRevisionIsAConflictThatNamesTheKeyAndWritesNothing) {
    const auto revision = put("a", "1");
    const Write writes[] = {{.key = "b", .value = "new"},
                            {.key = "a", .value = "2", .expected = revision - 1}};
    auto result = store_->commit(writes);
    ASSERT_FALSE(result.has_value());
    EXPECT_EQ(result.error().code, Code::conflict);
    EXPECT_THAT(result.error().message, HasSubstr("\"a\""));
    EXPECT_FALSE(store_->get("b").value().has_value());
    EXPECT_EQ(store_->get("a").value()->value, "1");
    EXPECT_EQ(store_->revision().value(), revision);
}

TEST_P(StoreSuite, ExpectedZeroMeansItMustNotExist) {
    const Write create{.key = "a", .value = "1", .expected = 0};
    ASSERT_TRUE(store_->commit({&create, 1}).has_value());
    EXPECT_EQ(store_->commit({&create, 1}).error().code, Code::conflict);
}

TEST_P(StoreSuite, ExpectedRevisionGuardsDeletesToo) {
    const auto revision = put("a", "1");
    const Write late{.key = "a", .value = std::nullopt, .expected = revision + 1};
    EXPECT_EQ(store_->commit({&late, 1}).error().code, Code::conflict);
    const Write right{.key = "a", .value = std::nullopt, .expected = revision};
    EXPECT_TRUE(store_->commit({&right, 1}).has_value());
    EXPECT_FALSE(store_->get("a").value().has_value());
}

TEST_P(StoreSuite, ListGivesExactlyThePrefixInByteOrder) {
    put("v/b", "2");
    put("v/a", "1");
    put("v/\xff", "3");
    put("v", "no");
    put("w", "no");
    EXPECT_THAT(store_->list("v/").value(), ElementsAre(Field(&Entry::key, "v/a"), Field(&Entry::key, "v/b"),
                                                        Field(&Entry::key, "v/\xff")));
    EXPECT_EQ(store_->list("").value().size(), 5U);
    EXPECT_THAT(store_->list("x").value(), IsEmpty());
}

TEST_P(StoreSuite, APrefixOfHighBytesEndsWithThem) {
    put("\xff\xff", "1");
    put("a", "2");
    EXPECT_THAT(store_->list("\xff").value(), ElementsAre(Field(&Entry::key, "\xff\xff")));
}

TEST_P(StoreSuite, TenThousandKeysAreListed) {
    constexpr int kKeys = 10000;
    std::vector<Write> writes;
    for (int i = 0; i < kKeys; ++i) {
        writes.push_back({.key = "volume/" + std::to_string(100000 + i), .value = std::string(200, 'x')});
        if (writes.size() == kMaxWrites || i == kKeys - 1) {
            ASSERT_TRUE(store_->commit(writes).has_value());
            writes.clear();
        }
    }
    auto entries = store_->list("volume/").value();
    ASSERT_EQ(entries.size(), static_cast<std::size_t>(kKeys));
    EXPECT_EQ(entries.front().key, "volume/100000");
    EXPECT_EQ(entries.back().key, "volume/109999");
}

TEST_P(StoreSuite, WhatIsOutOfLimitsIsRefusedBeforeItIsWritten) {
    const Write empty{.key = "", .value = "1"};
    EXPECT_EQ(store_->commit({&empty, 1}).error().code, Code::invalid);
    const Write longest{.key = std::string(kMaxKeyBytes + 1, 'k'), .value = "1"};
    EXPECT_EQ(store_->commit({&longest, 1}).error().code, Code::invalid);
    const Write huge{.key = "a", .value = std::string(kMaxCommitBytes, 'v')};
    EXPECT_EQ(store_->commit({&huge, 1}).error().code, Code::invalid);
    const Write twice[] = {{.key = "a", .value = "1"}, {.key = "a", .value = "2"}};
    EXPECT_EQ(store_->commit(twice).error().code, Code::invalid);
    const Write negative{.key = "a", .value = "1", .expected = -1};
    EXPECT_EQ(store_->commit({&negative, 1}).error().code, Code::invalid);
    const std::vector<Write> many(kMaxWrites + 1, Write{.key = "a", .value = "1"});
    EXPECT_EQ(store_->commit(many).error().code, Code::invalid);
    EXPECT_EQ(store_->revision().value(), 0);
}

TEST_P(StoreSuite, OfManyThreadsExactlyOneWinsEachRevision) {
    constexpr int kThreads = 4;
    constexpr int kRounds = 25;
    put("counter", "0");
    std::atomic<int> conflicts{0};
    std::vector<std::thread> threads;
    threads.reserve(kThreads);
    for (int t = 0; t < kThreads; ++t) {
        threads.emplace_back([&, t] {
            for (int done = 0; done < kRounds;) {
                auto now = store_->get("counter").value().value();
                const Write writes[] = {
                    {.key = "counter",
                     .value = std::to_string(std::stoi(now.value) + 1),
                     .expected = now.revision},
                    {.key = "thread/" + std::to_string(t), .value = std::to_string(done)}};
                auto result = store_->commit(writes);
                if (result.has_value()) {
                    ++done;
                } else if (result.error().code == Code::conflict) {
                    ++conflicts;
                } else {
                    FAIL() << result.error().message;
                }
            }
        });
    }
    for (auto &thread : threads)
        thread.join();
    EXPECT_EQ(store_->get("counter").value()->value, std::to_string(kThreads * kRounds));
    EXPECT_EQ(store_->revision().value(), 1 + kThreads * kRounds);
}

} // namespace
} // namespace drover::store
