#include "core/cli/volume_text.hpp"

#include "core/cli/json_text.hpp"
#include "core/config/size.hpp"

#include <fmt/format.h>

namespace drover::cli {
namespace {

std::string exact_size(const boost::json::value &object) {
    const auto bytes = number_of(object, "bytes");
    return bytes == 0 ? "" : fmt::format("{} ({} bytes)", format_size(bytes), bytes);
}

std::string created(const boost::json::value &object, Moment now) {
    const auto time = text_of(object, "created_at");
    return time.empty() ? "" : fmt::format("{} ({} ago)", time, age_of(time, now));
}

Cell status_cell(const boost::json::value &object) {
    const auto status = text_of(object, "status");
    return {std::string(status), color_of(status)};
}

} // namespace

std::string shown_size(const boost::json::value &object, std::string_view key) {
    const auto bytes = number_of(object, key);
    return bytes == 0 ? "" : format_size(bytes);
}

std::string next_retry(const boost::json::value &error, Moment now) {
    const auto moment = parse_moment(text_of(error, "next_retry_at"));
    if (!moment)
        return "never";
    return *moment <= now ? "now" : "in " + format_distance(*moment, now);
}

Table volume_table(const boost::json::array &volumes, Moment now) {
    Table table({{"NAME"},
                 {"STATUS"},
                 {"SIZE", Align::right},
                 {"FS"},
                 {"BACKEND"},
                 {"PROFILE"},
                 {"NODE"},
                 {"USES", Align::right},
                 {"AGE", Align::right}});
    for (const auto &volume : volumes) {
        table.add({text_of(volume, "name"), status_cell(volume), shown_size(volume, "bytes"),
                   text_of(volume, "fstype"), text_of(volume, "backend"), text_of(volume, "profile"),
                   text_of(volume, "node"), std::to_string(number_of(volume, "uses")),
                   age_of(text_of(volume, "created_at"), now)});
    }
    return table;
}

Sheet volume_sheet(const boost::json::value &volume, const boost::json::array &snapshots, Moment now) {
    Sheet sheet;
    sheet.add("Name", text_of(volume, "name"));
    sheet.add("Id", text_of(volume, "id"));
    sheet.add("Status", status_cell(volume));
    sheet.add("Running", text_of(volume, "operation"));
    if (const auto &error = value_of(volume, "error"); !error.is_null()) {
        sheet.add("Error", {fmt::format("{}: {} (since {}, next try {})", text_of(error, "code"),
                                        text_of(error, "message"), age_of(text_of(error, "since"), now),
                                        next_retry(error, now)),
                            Color::bad});
    }
    sheet.add("Size", exact_size(volume));
    const auto fs_uuid = text_of(volume, "fs_uuid");
    sheet.add("Filesystem",
              text_of(volume, "fstype").empty()
                  ? "not known until it is mounted here; Drover does not format it"
                  : fmt::format("{}{}", text_of(volume, "fstype"),
                                fs_uuid.empty() ? ", not formatted yet" : fmt::format(", {}", fs_uuid)));
    sheet.add("Backend", text_of(volume, "backend"));
    sheet.add("Backend's id", text_of(volume, "backend_id"));
    sheet.add("Profile", text_of(volume, "profile"));
    sheet.add("Pool", text_of(volume, "pool"));
    sheet.add("Mounted at", text_of(volume, "mountpoint"));
    sheet.add("Uses", std::to_string(number_of(volume, "uses")));
    sheet.add("Device", text_of(volume, "device"));
    sheet.add("Attached to", text_of(volume, "node"));
    sheet.add("Made from", text_of(volume, "source"));
    sheet.add("Created", created(volume, now));
    sheet.add("Created by", flag_of(volume, "created_by_us") ? "Drover" : "others; adopted");
    std::string names;
    for (const auto &snapshot : snapshots)
        names += (names.empty() ? "" : ", ") + std::string(text_of(snapshot, "name"));
    sheet.add("Snapshots", names);
    return sheet;
}

Table snapshot_table(const boost::json::array &snapshots, Moment now) {
    Table table({{"VOLUME"},
                 {"NAME"},
                 {"STATUS"},
                 {"SIZE", Align::right},
                 {"CONSISTENT"},
                 {"BACKEND"},
                 {"AGE", Align::right}});
    for (const auto &snapshot : snapshots) {
        table.add({text_of(snapshot, "volume"), text_of(snapshot, "name"), status_cell(snapshot),
                   shown_size(snapshot, "bytes"), flag_of(snapshot, "filesystem_consistent") ? "yes" : "no",
                   text_of(snapshot, "backend"), age_of(text_of(snapshot, "created_at"), now)});
    }
    return table;
}

Sheet snapshot_sheet(const boost::json::value &snapshot, Moment now) {
    Sheet sheet;
    sheet.add("Name", text_of(snapshot, "name"));
    sheet.add("Id", text_of(snapshot, "id"));
    sheet.add("Status", status_cell(snapshot));
    sheet.add("Volume", fmt::format("{} ({})", text_of(snapshot, "volume"), text_of(snapshot, "volume_id")));
    sheet.add("Size", exact_size(snapshot));
    sheet.add("Backend", text_of(snapshot, "backend"));
    sheet.add("Consistent", flag_of(snapshot, "filesystem_consistent")
                                ? "yes: the filesystem was frozen or not mounted"
                                : "no: taken while it was written to; it may need a check");
    sheet.add("Created", created(snapshot, now));
    return sheet;
}

} // namespace drover::cli
