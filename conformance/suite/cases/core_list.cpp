// core: list and its pages.
#include "conformance/suite/cases/cases.hpp"
#include "conformance/suite/checks.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <set>
#include <thread>

namespace drover::conformance {
namespace {

std::vector<std::string> make_volumes(Test &test, std::size_t count) {
    std::vector<std::string> ids;
    for (std::size_t i = 0; i < count; ++i)
        ids.push_back(test.make_volume().id);
    return ids;
}

void has_all(Test &test, const std::vector<BackendVolume> &rows, const std::vector<std::string> &ids,
             std::string_view how) {
    for (const std::string &id : ids) {
        test.expect(contains(rows, id), fmt::format("{} has volume {}", how, id),
                    fmt::format("it is lost among {} rows", rows.size()));
    }
}

void page_sizes(Test &test) {
    const auto ids = make_volumes(test, 5);
    for (const std::uint64_t size : {std::uint64_t{1}, std::uint64_t{2}, std::uint64_t{3}}) {
        has_all(test, list_all(test, test.instance(), size), ids,
                fmt::format("a listing in pages of {}", size));
    }
}

void page_limit(Test &test) {
    make_volumes(test, 3);
    for (const std::uint64_t size : {std::uint64_t{1}, std::uint64_t{2}}) {
        const Answer answer = test.instance().list({.max_entries = size});
        ok(test, answer);
        test.expect(answer.volumes.size() <= size, fmt::format("at most {} rows", size),
                    fmt::format("{} rows", answer.volumes.size()));
        test.expect(!answer.tokens.empty(), "a page token, since there is more", "none");
    }
}

// A token of a listing whose volumes are all gone, and one that never was any.
void bad_tokens(Test &test) {
    make_volumes(test, 1);
    for (const std::string &token :
         {std::string("conformance-no-such-token"), std::string("\x01\x02"), std::string(65536, 't'),
          std::string("-1"), std::string("../../etc/passwd"), std::string("18446744073709551615")}) {
        const Answer answer = test.instance().list({.token = token});
        // A token may be any text to the host, so a driver whose tokens are a volume's id or a number may
        // take these for a place in the list. What it must not do is fail in any other way.
        answers(test, answer, {DRV_E_INVALID, DRV_OK}, "it is a token that this driver never gave");
    }
}

void stale_token(Test &test) {
    const auto ids = make_volumes(test, 4);
    const Answer page = test.instance().list({.max_entries = 1});
    ok(test, page);
    test.expect(!page.tokens.empty(), "a page token, since there is more", "none");
    ok(test, test.instance().destroy(ids[1]));
    ok(test, test.instance().destroy(ids[2]));
    ListArguments next{.max_entries = 1, .token = page.tokens.front()};
    std::vector<BackendVolume> rows = page.volumes;
    for (int pages = 0; pages < 1000; ++pages) {
        const Answer more = test.instance().list(next);
        answers(test, more, {DRV_OK, DRV_E_INVALID}, "the token went stale, or still leads on");
        if (!more.is_ok())
            return; // the host starts again
        rows.insert(rows.end(), more.volumes.begin(), more.volumes.end());
        if (more.tokens.empty()) {
            has_all(test, rows, {ids[0], ids[3]}, "a listing beside which other volumes went");
            return;
        }
        next.token = more.tokens.front();
    }
    test.fail("a listing that ends", "1000 pages and still more");
}

void destroyed_in_pages(Test &test) {
    const auto ids = make_volumes(test, 3);
    has_all(test, list_all(test, test.instance(), 1), ids, "a listing in pages");
    ok(test, test.instance().destroy(ids[1]));
    for (const std::uint64_t size : {std::uint64_t{1}, std::uint64_t{2}}) {
        test.expect(!contains(list_all(test, test.instance(), size), ids[1]),
                    "pages that are asked for after a destroy do not have the volume", "they have");
    }
}

void stop_in_sink(Test &test) {
    make_volumes(test, 3);
    const Answer answer = test.instance().list({.stop_after = 1});
    answers(test, answer, {DRV_E_STOPPED}, "the sink asked it to stop");
    test.expect(answer.volumes.size() == 1, "no row after the stop",
                fmt::format("{} rows", answer.volumes.size()));
    ok(test, test.instance().list(), "works again after it was stopped");
}

void during_create(Test &test) {
    const auto ids = make_volumes(test, 3);
    Instance &writer = test.instance();
    const auto reader = test.open_another();
    std::atomic<bool> over = false;
    std::vector<std::vector<BackendVolume>> listings;
    std::vector<Answer> failed;
    std::thread beside([&] {
        while (!over.load()) {
            Answer answer = reader->list();
            if (answer.is_ok() && answer.tokens.empty() && answer.breaches.empty()) {
                listings.push_back(std::move(answer.volumes));
            } else if (!answer.is_ok() || !answer.breaches.empty()) {
                failed.push_back(std::move(answer));
            }
        }
    });
    std::vector<Answer> made;
    for (int i = 0; i < 8; ++i) {
        const CreateArguments request = test.small_volume();
        made.push_back(writer.create(request));
        made.push_back(writer.destroy(request.id));
    }
    over = true;
    beside.join();
    for (const Answer &answer : made)
        ok(test, answer, "works beside a listing");
    for (const Answer &answer : failed)
        ok(test, answer, "works beside create and destroy");
    for (const auto &rows : listings)
        has_all(test, rows, ids, "a listing beside create and destroy");
}

} // namespace

void add_core_list_cases(Registry &all) {
    all.mandatory("core.list.all", "Every volume is listed.", [](Test &test) {
        const auto ids = make_volumes(test, 4);
        has_all(test, list_all(test, test.instance()), ids, "list");
    });
    all.mandatory("core.list.repeat", "Two listings of an unchanged backend have the same volumes.",
                  [](Test &test) {
                      make_volumes(test, 3);
                      std::set<std::string> first;
                      std::set<std::string> second;
                      for (const BackendVolume &row : list_all(test, test.instance()))
                          first.insert(row.id);
                      for (const BackendVolume &row : list_all(test, test.instance()))
                          second.insert(row.id);
                      test.expect(first == second || test.file().is_shared, "the same ids", "others");
                  });
    all.mandatory("core.list.page-size-1", "Pages of 1, 2 and 3 rows lose no volume and come to an end.",
                  page_sizes);
    all.mandatory("core.list.page-limit",
                  "A page has no more rows than asked for, and a token when there is more.", page_limit);
    all.mandatory("core.list.huge-page", "The largest page size works.", [](Test &test) {
        const auto ids = make_volumes(test, 2);
        has_all(test, list_all(test, test.instance(), UINT64_MAX), ids, "a page of any size");
    });
    all.mandatory("core.list.unknown-token",
                  "A token that the driver never gave answers INVALID, or lists on, and nothing else.",
                  bad_tokens);
    all.mandatory("core.list.stale-token",
                  "Destroying volumes between two pages makes the token INVALID, or loses no other volume.",
                  stale_token);
    all.mandatory("core.list.destroyed-in-pages",
                  "A listing in pages does not show what was destroyed before.", destroyed_in_pages);
    all.mandatory("core.list.stop-in-sink",
                  "A sink that answers STOPPED ends the listing at once, which answers STOPPED.",
                  stop_in_sink);
    all.mandatory("core.list.during-create",
                  "A listing beside create and destroy loses none of the other volumes.", during_create);
    all.mandatory("core.list.unknown-flag", "An unknown flag bit answers INVALID.", [](Test &test) {
        for (const std::uint64_t flag : {std::uint64_t{1} << 63U, std::uint64_t{1}})
            answers(test, test.instance().list({.flags = flag}), {DRV_E_INVALID}, "the flag is unknown");
    });
}

} // namespace drover::conformance
