#include "group_shelf.hpp"

#include "json_reader.hpp"
#include "names.hpp"

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <fcntl.h>
#include <unistd.h>

namespace loopback {
namespace {

namespace json = boost::json;

constexpr std::uint64_t kFormat = 1;
constexpr std::string_view kGroup = "group";
constexpr std::string_view kSnapshot = "group snapshot";
constexpr std::string_view kRecord = ".json";
constexpr std::string_view kMaking = ".making";
constexpr std::string_view kDeleting = ".deleting";
constexpr std::string_view kTemporary = ".tmp";

std::string with(std::string_view name, std::string_view suffix) {
    return std::string(name) + std::string(suffix);
}

} // namespace

std::string to_json(const GroupRecord &record) {
    const json::object object{{"format", kFormat},
                              {"kind", record.kind == GroupKind::group ? kGroup : kSnapshot},
                              {"id", record.id},
                              {"name", record.name},
                              {"backend_id", record.backend_id},
                              {"parent", record.parent},
                              {"members", json::array(record.members.begin(), record.members.end())},
                              {"created_unix_ns", record.created_unix_ns}};
    return json::serialize(object) + "\n";
}

std::variant<GroupRecord, std::string> group_from_json(std::string_view text) {
    if (text.size() > kMaxGroupBytes)
        return "is longer than " + std::to_string(kMaxGroupBytes) + " bytes";
    json::error_code error;
    json::parse_options options;
    options.max_depth = 8;
    const json::value value = json::parse({text.data(), text.size()}, error, {}, options);
    if (error)
        return "is not JSON: " + error.message();
    if (!value.is_object())
        return "is no JSON object";
    JsonReader read(value.get_object());
    if (const std::uint64_t format = read.number("format"); read.problem().empty() && format != kFormat) {
        return "has format " + std::to_string(format) + "; this driver knows format " +
               std::to_string(kFormat);
    }
    const std::string kind = read.some_text("kind");
    if (kind != kGroup && kind != kSnapshot)
        read.report("kind", "is neither a group nor a group snapshot");
    GroupRecord record{.kind = kind == kSnapshot ? GroupKind::snapshot : GroupKind::group,
                       .id = read.some_text("id"),
                       .name = read.text("name"),
                       .backend_id = read.some_text("backend_id"),
                       .parent = read.text("parent"),
                       .members = read.texts("members"),
                       .created_unix_ns = read.number("created_unix_ns")};
    if (record.members.size() > kMaxGroupMembers)
        read.report("members", "holds too many");
    if (!read.problem().empty())
        return read.problem();
    std::sort(record.members.begin(), record.members.end());
    return record;
}

GroupShelf::GroupShelf(int root, const std::string &root_path)
    : folder_(open_folder(root, "groups")), path_(root_path + "/groups") {}

std::string GroupShelf::lock_name(std::string_view key) {
    return with("group/", key);
}

std::vector<std::string> GroupShelf::keys() const {
    std::vector<std::string> keys;
    for (const std::string &name : names_in(folder_.get())) {
        if (const auto key = without_suffix(name, kRecord))
            keys.emplace_back(*key);
    }
    std::sort(keys.begin(), keys.end());
    return keys;
}

std::optional<GroupRecord> GroupShelf::read(const std::string &file, const std::string &key) const {
    const auto opened = open_file(folder_.get(), file, O_RDONLY);
    if (!opened)
        return std::nullopt;
    auto parsed = group_from_json(read_start(opened->get(), file, kMaxGroupBytes));
    std::string wrong;
    if (const auto *text = std::get_if<std::string>(&parsed)) {
        wrong = *text;
    } else if (key_of(std::get<GroupRecord>(parsed).id) != key) {
        wrong = "describes another group; was it copied here?";
    } else {
        return std::get<GroupRecord>(std::move(parsed));
    }
    throw drv::Error(drv::Code::conflict,
                     path_ + "/" + file + " " + wrong + "; repair it, or move it out of root_path");
}

std::optional<GroupRecord> GroupShelf::load(const std::string &key) const {
    return read(with(key, kRecord), key);
}

bool GroupShelf::is_there(std::string_view key) const {
    if (::faccessat(folder_.get(), with(key, kRecord).c_str(), F_OK, AT_SYMLINK_NOFOLLOW) == 0)
        return true;
    if (errno != ENOENT)
        throw failure("cannot look at", with(key, kRecord), errno);
    return false;
}

void GroupShelf::store(const std::string &key, const GroupRecord &record) const {
    replace_file(folder_.get(), with(key, kRecord), to_json(record), Lasting::through_power_loss, nullptr,
                 nullptr);
}

void GroupShelf::remove(const std::string &key) const {
    if (remove_file(folder_.get(), with(key, kRecord)) && ::fsync(folder_.get()) != 0)
        throw failure("cannot flush", path_, errno).state_unknown();
}

void GroupShelf::begin_making(const std::string &key, const GroupRecord &record) const {
    replace_file(folder_.get(), with(key, kMaking), to_json(record), Lasting::through_power_loss, nullptr,
                 nullptr);
}

void GroupShelf::rename(const std::string &from, const std::string &to) const {
    if (::renameat(folder_.get(), from.c_str(), folder_.get(), to.c_str()) != 0)
        throw failure("cannot rename", path_ + "/" + from, errno);
    if (::fsync(folder_.get()) != 0)
        throw failure("cannot flush", path_, errno).state_unknown();
}

void GroupShelf::finish_making(const std::string &key) const {
    rename(with(key, kMaking), with(key, kRecord));
}

void GroupShelf::begin_removal(const std::string &key) const {
    rename(with(key, kRecord), with(key, kDeleting));
}

std::optional<GroupRecord> GroupShelf::leftover(const std::string &key) const {
    if (auto record = read(with(key, kDeleting), key))
        return record;
    return read(with(key, kMaking), key);
}

void GroupShelf::drop_leftover(const std::string &key) const {
    for (const std::string_view suffix : {kDeleting, kMaking})
        remove_file(folder_.get(), with(key, suffix));
}

std::vector<std::string> GroupShelf::sweep(const Locks &locks) const {
    std::vector<std::string> unfinished;
    for (const std::string &name : names_in(folder_.get())) {
        for (const std::string_view suffix : {kDeleting, kMaking}) {
            if (const auto key = without_suffix(name, suffix))
                unfinished.emplace_back(*key);
        }
        const auto file = without_suffix(name, kTemporary);
        if (!file)
            continue;
        for (const std::string_view suffix : {kRecord, kMaking}) {
            const auto key = without_suffix(*file, suffix);
            if (const auto lock = key ? locks.try_lock({lock_name(*key)}) : std::nullopt)
                remove_file(folder_.get(), name);
        }
    }
    return unfinished;
}

} // namespace loopback
