// drover volume retype|qos.
#include "core/cli/commands.hpp"
#include "core/cli/json_text.hpp"
#include "core/cli/volume_spec.hpp"
#include "core/config/size.hpp"

#include <boost/json/object.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <charconv>

namespace drover::cli {
namespace {

struct RetypeOptions {
    std::string name;
    std::string profile;
    std::string pool;
    bool may_migrate = false;
};

Exit retype(Context &context, const RetypeOptions &options) {
    boost::json::object body;
    if (!options.profile.empty())
        body["profile"] = options.profile;
    if (!options.pool.empty())
        body["pool"] = options.pool;
    if (options.may_migrate)
        body["may_migrate"] = true;
    context.about_volume(options.name, [&] {
        const auto operation =
            context.agent().act("POST", path("/v2/volumes", {options.name}) + "/retype", std::move(body));
        print_made_volume(context, operation, "retyped");
    });
    return Exit::ok;
}

// CLI11 would take "-1" for a very large number.
std::uint64_t count_argument(const std::string &text) {
    std::uint64_t count = 0;
    const char *end = text.data() + text.size();
    const auto [stop, problem] = std::from_chars(text.data(), end, count);
    if (problem != std::errc() || stop != end || count == 0) {
        fail_usage(
            fmt::format("\"{}\" is no number of operations: give digits, such as 5000", printable(text)));
    }
    return count;
}

struct QosOptions {
    std::string name;
    std::string max_iops;
    std::string min_iops;
    std::string burst_iops;
    std::string max_bytes_per_second;
    bool none = false;

    [[nodiscard]] boost::json::object to_json() const {
        boost::json::object body;
        if (!max_iops.empty())
            body["max_iops"] = count_argument(max_iops);
        if (!min_iops.empty())
            body["min_iops"] = count_argument(min_iops);
        if (!burst_iops.empty())
            body["burst_iops"] = count_argument(burst_iops);
        if (!max_bytes_per_second.empty())
            body["max_bytes_per_second"] = size_argument(max_bytes_per_second);
        return body;
    }
};

// A limit that the backend has not is left out.
Sheet qos_sheet(const boost::json::value &limits) {
    const auto &supported = list_of(limits, "supported");
    Sheet sheet;
    const auto add = [&](std::string_view shown, std::string_view key, const auto &format) {
        const bool is_known = std::ranges::any_of(supported, [&](const boost::json::value &name) {
            const auto *text = name.if_string();
            return text != nullptr && std::string_view(text->data(), text->size()) == key;
        });
        const auto value = number_of(limits, key);
        if (value != 0) {
            sheet.add(shown, format(value));
        } else if (is_known) {
            sheet.add(shown, "no limit");
        }
    };
    const auto count = [](std::uint64_t value) { return std::to_string(value); };
    add("Max IOPS", "max_iops", count);
    add("Min IOPS", "min_iops", count);
    add("Burst IOPS", "burst_iops", count);
    add("Max bytes", "max_bytes_per_second", [](std::uint64_t value) { return format_size(value) + "/s"; });
    return sheet;
}

Exit qos(Context &context, const QosOptions &options) {
    const auto target = path("/v2/volumes", {options.name}) + "/qos";
    auto body = options.to_json();
    context.about_volume(options.name, [&] {
        if (options.none || !body.empty())
            context.agent().act("PUT", target, std::move(body));
        const auto limits = context.agent().get(target);
        if (context.json()) {
            context.print_json(limits);
        } else if (!context.quiet()) {
            const auto text = qos_sheet(limits).render(context.colored());
            context.out() << (text.empty() ? "its backend has no limits for volumes\n" : text);
        }
    });
    return Exit::ok;
}

} // namespace

void add_volume_shape_commands(CLI::App &volume, Action &chosen) {
    add_command<RetypeOptions>(
        volume, chosen, "retype", "Give a volume another profile or pool, in place",
        "  drover volume retype data silver\n"
        "  drover volume retype data --pool fast --migrate\n\n"
        "The data, the size and the snapshots stay; so does the attachment, where the backend can. What "
        "there "
        "is:\n"
        "drover profile ls.",
        [](CLI::App &command, RetypeOptions &options) {
            command.add_option("volume", options.name, "Name or id")->required()->type_name("VOLUME");
            command.add_option("profile", options.profile, "The profile that it is to have")
                ->type_name("PROFILE");
            command.add_option("--pool", options.pool, "The pool that it is to be in")->type_name("POOL");
            command.add_flag("--migrate", options.may_migrate,
                             "The backend may copy its data for that, which may take hours");
        },
        retype);
    add_command<QosOptions>(
        volume, chosen, "qos", "Show or set what a volume may take of its backend",
        "  drover volume qos data                                    what it may take now\n"
        "  drover volume qos data --max-iops 5000 --max-bytes-per-second 200m\n"
        "  drover volume qos data --none                             no limits\n\n"
        "The limits named are then all it has; those not named are removed. They are the volume's, on every "
        "node.",
        [](CLI::App &command, QosOptions &options) {
            command.add_option("volume", options.name, "Name or id")->required()->type_name("VOLUME");
            auto *none = command.add_flag("--none", options.none, "Remove all limits");
            command.add_option("--max-iops", options.max_iops, "At most so many operations a second")
                ->type_name("COUNT")
                ->excludes(none);
            command.add_option("--min-iops", options.min_iops, "So many operations a second for sure")
                ->type_name("COUNT")
                ->excludes(none);
            command.add_option("--burst-iops", options.burst_iops, "So many for a short time")
                ->type_name("COUNT")
                ->excludes(none);
            command
                .add_option("--max-bytes-per-second", options.max_bytes_per_second,
                            "At most so much a second, reads and writes together")
                ->type_name("SIZE")
                ->excludes(none);
        },
        qos);
}

} // namespace drover::cli
