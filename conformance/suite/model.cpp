#include "conformance/suite/model.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace drover::conformance {
namespace {

using Presence = Expected::Presence;

std::set<std::string> ids_of(std::span<const BackendVolume> rows) {
    std::set<std::string> ids;
    for (const BackendVolume &row : rows)
        ids.insert(row.id);
    return ids;
}

struct Comparison {
    std::string_view noun; // "volume"
    std::string_view op;   // "list"
    const std::map<std::string, Expected> &expected;
    const std::set<std::string> &strangers;
    bool is_shared;
    std::vector<Finding> findings;

    void report(std::string expected_text, std::string found) {
        findings.push_back({std::move(expected_text), std::move(found), std::string(op)});
    }

    void row(const BackendVolume &listed) {
        const auto known = expected.find(listed.id);
        if (known == expected.end()) {
            if (!is_shared && !strangers.contains(listed.id)) {
                report("nothing exists that the test did not make",
                       fmt::format("{} \"{}\" is listed", noun, listed.id));
            }
            return;
        }
        const Expected &wanted = known->second;
        if (wanted.presence == Presence::gone)
            report(fmt::format("{} {} does not exist", noun, listed.id), "it is listed");
        if (wanted.presence != Presence::there)
            return;
        if (listed.bytes != wanted.bytes) {
            report(fmt::format("{} {} has {} bytes", noun, listed.id, wanted.bytes),
                   fmt::format("it is listed with {}", listed.bytes));
        }
        if (listed.profile != wanted.profile) {
            report(fmt::format("{} {} has the profile \"{}\"", noun, listed.id, wanted.profile),
                   fmt::format("it is listed with \"{}\"", listed.profile));
        }
        const std::set<std::string> nodes(listed.attached_nodes.begin(), listed.attached_nodes.end());
        if (wanted.nodes_known && nodes != wanted.nodes) {
            report(fmt::format("{} {} is attached to [{}]", noun, listed.id, fmt::join(wanted.nodes, ", ")),
                   fmt::format("it is listed as attached to [{}]", fmt::join(nodes, ", ")));
        }
        if (listed.is_snapshot && listed.parent != wanted.parent) {
            report(fmt::format("snapshot {} belongs to {}", listed.id, wanted.parent),
                   fmt::format("it is listed with the parent \"{}\"", listed.parent));
        }
    }

    void run(std::span<const BackendVolume> listed) {
        for (const BackendVolume &each : listed)
            row(each);
        const std::set<std::string> there = ids_of(listed);
        for (const auto &[id, wanted] : expected) {
            if (wanted.presence == Presence::there && !there.contains(id))
                report(fmt::format("{} {} exists", noun, id), "it is not listed");
        }
        for (const std::string &id : strangers) {
            if (!is_shared && !there.contains(id) && !expected.contains(id)) {
                report(fmt::format("{} \"{}\", which was there before and was not touched, stays", noun, id),
                       "it is not listed any more");
            }
        }
    }
};

} // namespace

void Model::set_strangers(std::span<const BackendVolume> volumes, std::span<const BackendVolume> snapshots) {
    strange_volumes_ = ids_of(volumes);
    strange_snapshots_ = ids_of(snapshots);
}

void Model::made(const BackendVolume &volume) {
    Expected &entry = (volume.is_snapshot ? snapshots_ : volumes_)[volume.id];
    if (entry.presence != Presence::there)
        entry.nodes.clear();
    entry.presence = Presence::there;
    entry.bytes = volume.bytes;
    entry.profile = volume.profile;
    entry.parent = volume.parent;
}

void Model::gone(const std::string &id, bool is_snapshot) {
    (is_snapshot ? snapshots_ : volumes_)[id] = Expected{.presence = Presence::gone};
}

void Model::doubtful(const std::string &id, bool is_snapshot) {
    (is_snapshot ? snapshots_ : volumes_)[id].presence = Presence::unknown;
}

void Model::attached(const std::string &id, const std::string &node) {
    volumes_[id].nodes.insert(node);
}

void Model::detached(const std::string &id, const std::string &node) {
    if (const auto entry = volumes_.find(id); entry != volumes_.end())
        entry->second.nodes.erase(node);
}

void Model::attachment_doubtful(const std::string &id) {
    if (const auto entry = volumes_.find(id); entry != volumes_.end())
        entry->second.nodes_known = false;
}

void Model::resized(const std::string &id, std::uint64_t bytes) {
    if (const auto entry = volumes_.find(id); entry != volumes_.end())
        entry->second.bytes = bytes;
}

std::vector<Finding> Model::compare_volumes(std::span<const BackendVolume> listed, bool is_shared) const {
    Comparison comparison{"volume", "list", volumes_, strange_volumes_, is_shared, {}};
    comparison.run(listed);
    return std::move(comparison.findings);
}

std::vector<Finding> Model::compare_snapshots(std::span<const BackendVolume> listed, bool is_shared) const {
    Comparison comparison{"snapshot", "snapshot.list", snapshots_, strange_snapshots_, is_shared, {}};
    comparison.run(listed);
    return std::move(comparison.findings);
}

} // namespace drover::conformance
