#include "conformance/suite/checks.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <set>

namespace drover::conformance {
namespace {

constexpr std::size_t kMaxPages = 1'000'000;

template <typename Fetch>
std::vector<BackendVolume> every_page(Test &test, const Fetch &fetch) {
    std::vector<BackendVolume> rows;
    std::set<std::string> seen;
    ListArguments page;
    for (std::size_t pages = 0; pages < kMaxPages; ++pages) {
        Answer answer = fetch(page);
        ok(test, answer, "lists a page");
        std::move(answer.volumes.begin(), answer.volumes.end(), std::back_inserter(rows));
        if (answer.tokens.empty())
            return rows;
        page.token = answer.tokens.front();
        if (!seen.insert(page.token).second) {
            test.fail("a listing that ends",
                      fmt::format("the page token \"{}\" came again: it runs in a circle", page.token));
        }
    }
    test.fail("a listing that ends", fmt::format("{} pages and still more", kMaxPages));
}

BackendVolume one_row(Test &test, const Answer &answer, std::string_view id) {
    ok(test, answer);
    if (answer.volumes.size() != 1) {
        test.fail(fmt::format("{} emits exactly one row", answer.op),
                  fmt::format("it emitted {}", answer.volumes.size()));
    }
    if (answer.volumes.front().id != id) {
        test.fail(fmt::format("{} emits the id \"{}\"", answer.op, id),
                  fmt::format("it emitted \"{}\"", answer.volumes.front().id));
    }
    return answer.volumes.front();
}

} // namespace

void well_formed(Test &test, const Answer &answer) {
    for (const std::string &breach : answer.breaches)
        test.note(fmt::format("{} keeps the form of the ABI", answer.op), "it " + breach);
    if (!answer.breaches.empty())
        throw CaseEnded();
    if (answer.status < DRV_OK || answer.status > DRV_E_GONE || answer.status == DRV_E_GONE ||
        (answer.status == DRV_E_STOPPED && !answer.was_stopped))
        test.fail(fmt::format("{} answers a code that drivers may give", answer.op), answer.describe());
}

const Answer &ok(Test &test, const Answer &answer, std::string_view expected) {
    well_formed(test, answer);
    if (!answer.is_ok()) {
        test.fail(fmt::format("{} {}", answer.op, expected.empty() ? "answers OK" : expected),
                  answer.describe());
    }
    return answer;
}

const Answer &answers(Test &test, const Answer &answer, std::initializer_list<drv_status> wanted,
                      std::string_view because) {
    well_formed(test, answer);
    if (std::find(wanted.begin(), wanted.end(), answer.status) == wanted.end()) {
        std::vector<std::string> names;
        for (const drv_status status : wanted)
            names.push_back(status_name(status));
        test.fail(fmt::format("{} answers {}: {}", answer.op, fmt::join(names, " or "), because),
                  answer.describe());
    }
    return answer;
}

void has_text(Test &test, const Answer &answer) {
    well_formed(test, answer);
    test.expect(!answer.is_ok(), fmt::format("{} fails", answer.op), "OK");
    test.expect(answer.failure.has_value(), fmt::format("{} tells by fail() why it fails", answer.op),
                "it never called fail()");
    const std::string &text = answer.failure->message;
    test.expect(text.size() >= 8, "a sentence for people", fmt::format("\"{}\"", text));
    test.expect(answer.failure_code == answer.status, "fail() was given the code that the op returns",
                fmt::format("{} to fail(), {} returned", status_name(answer.failure_code.value_or(DRV_OK)),
                            status_name(answer.status)));
}

BackendVolume one_volume(Test &test, const Answer &answer, std::string_view id) {
    BackendVolume volume = one_row(test, answer, id);
    test.expect(!volume.is_snapshot, "a volume, without DRV_VOLUME_SNAPSHOT", "it is marked as a snapshot");
    test.expect(volume.state == VolumeState::ready, "the volume is DRV_VOLUME_READY",
                "it is in another state");
    return volume;
}

BackendVolume one_snapshot(Test &test, const Answer &answer, std::string_view id) {
    BackendVolume snapshot = one_row(test, answer, id);
    test.expect(snapshot.is_snapshot, "a snapshot, marked with DRV_VOLUME_SNAPSHOT", "it is not marked");
    return snapshot;
}

Connection one_connection(Test &test, const Answer &answer) {
    ok(test, answer);
    if (answer.connections.size() != 1) {
        test.fail(fmt::format("{} emits exactly one connection", answer.op),
                  fmt::format("it emitted {}", answer.connections.size()));
    }
    return answer.connections.front();
}

BackendVolume exists(Test &test, Instance &instance, std::string_view id) {
    return one_volume(test, instance.get(id), id);
}

void absent(Test &test, Instance &instance, std::string_view id) {
    answers(test, instance.get(id), {DRV_E_NOT_FOUND}, "the volume does not exist");
}

std::vector<BackendVolume> list_all(Test &test, Instance &instance, std::uint64_t page_size) {
    return every_page(test, [&](ListArguments page) {
        page.max_entries = page_size;
        return instance.list(page);
    });
}

std::vector<BackendVolume> list_snapshots(Test &test, Instance &instance, std::string_view volume_id,
                                          std::uint64_t page_size) {
    return every_page(test, [&](ListArguments page) {
        page.max_entries = page_size;
        return instance.snapshot_list(volume_id, page);
    });
}

bool contains(const std::vector<BackendVolume> &rows, std::string_view id) {
    return std::any_of(rows.begin(), rows.end(), [&](const BackendVolume &row) { return row.id == id; });
}

void same_volume(Test &test, const BackendVolume &first, const BackendVolume &again, std::string_view where) {
    const auto compare = [&](std::string_view field, const auto &left, const auto &right) {
        if (left != right) {
            test.fail(fmt::format("{} tells the same of the volume: {} \"{}\"", where, field, left),
                      fmt::format("{} \"{}\"", field, right));
        }
    };
    compare("id", first.id, again.id);
    compare("name", first.name, again.name);
    compare("backend id", first.backend_id, again.backend_id);
    compare("pool", first.pool, again.pool);
    compare("profile", first.profile, again.profile);
    compare("parent", first.parent, again.parent);
    compare("bytes", first.bytes, again.bytes);
    compare("creation time", first.created_unix_ns.value_or(0), again.created_unix_ns.value_or(0));
    compare("snapshot mark", first.is_snapshot, again.is_snapshot);
}

} // namespace drover::conformance
