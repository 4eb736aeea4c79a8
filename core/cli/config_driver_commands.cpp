// drover config schema|example: agent.yml as the drivers declare it. Neither asks the agent; both load driver
// files, as `drover driver inspect` does.
#include "core/cli/commands.hpp"
#include "core/cli/config_check.hpp"
#include "core/cli/config_example.hpp"
#include "core/cli/config_schema.hpp"
#include "loader/open.hpp"

#include <boost/json/object.hpp>
#include <fmt/format.h>

namespace drover::cli {
namespace {

namespace fs = std::filesystem;

constexpr const char *kDriverDirHelp =
    "Where the drivers are; normally the agent.driver-dir of this node's agent.yml";

fs::path absolute(const std::string &path) {
    std::error_code error;
    auto result = fs::absolute(path, error);
    return error ? fs::path(path) : result.lexically_normal();
}

fs::path driver_folder(const std::string &given) {
    return given.empty() ? default_driver_folder() : absolute(given);
}

struct SchemaOptions {
    std::string driver_dir;
};

Exit schema(Context &context, const SchemaOptions &options) {
    const auto folder = driver_folder(options.driver_dir);
    std::error_code error;
    if (!options.driver_dir.empty() && !fs::is_directory(folder, error)) {
        throw CommandFailed(Exit::not_found, Code::not_found,
                            fmt::format("{} is no folder", folder.native()));
    }
    const auto drivers = Catalog(folder).scan();
    bool has_driver = false;
    for (const auto &driver : drivers) {
        has_driver = has_driver || driver.description.has_value();
        if (!driver.description && !context.quiet()) {
            context.err() << fmt::format("drover: left out: {}\n",
                                         printable(driver.description.error().message));
        }
    }
    if (!has_driver && !context.quiet()) {
        context.err() << fmt::format("drover: {} holds no driver that can be used, so the schema takes any "
                                     "keys in a backend\n",
                                     printable(folder.native()));
    }
    context.print_json(config_schema(drivers));
    return Exit::ok;
}

struct ExampleOptions {
    std::string driver;
    std::string backend;
    std::string driver_dir;
};

Exit example(Context &context, const ExampleOptions &options) {
    if (!options.backend.empty() && !is_valid_name(options.backend)) {
        fail_usage(fmt::format("{} is no name for a backend: it needs a lower case letter, then up to 62 of "
                               "a-z, 0-9, _ and -",
                               printable(options.backend)));
    }
    const bool is_path = options.driver.find('/') != std::string::npos;
    const auto folder = is_path ? absolute(options.driver).parent_path() : driver_folder(options.driver_dir);
    const auto name = is_path ? absolute(options.driver).stem().native() : options.driver;
    const auto library = Catalog(folder).load(name);
    if (!library)
        fail_with(library.error());
    const auto text = config_example(description(**library), name, options.backend);
    if (context.json()) {
        context.print_json(boost::json::object{{"example", text}});
    } else {
        context.out() << text;
    }
    return Exit::ok;
}

} // namespace

void add_config_driver_commands(CLI::App &config, Action &chosen) {
    add_command<SchemaOptions>(
        config, chosen, "schema",
        "Print a JSON Schema of agent.yml, with the keys of the drivers that are here",
        "  drover config schema > agent.schema.json\n"
        "  drover config schema --driver-dir ./build/release/drivers\n\n"
        "For editors: the first line of agent.yml then is # yaml-language-server: "
        "$schema=agent.schema.json\n"
        "Loads the driver files of the folder, and opens no backend.",
        [](CLI::App &command, SchemaOptions &options) {
            command.add_option("--driver-dir", options.driver_dir, kDriverDirHelp)->type_name("FILE");
        },
        schema);
    add_command<ExampleOptions>(
        config, chosen, "example", "Print an agent.yml for a driver, with each of its keys explained",
        "  drover config example loopback > agent.yml\n"
        "  drover config example ./build/acme.so --name gold\n\n"
        "Required keys are left to fill in: drover config check names them. Loads the driver's file, and "
        "opens no\n"
        "backend.",
        [](CLI::App &command, ExampleOptions &options) {
            command.add_option("backend", options.driver, "A driver's name, or the path of a .so")
                ->required()
                ->type_name("DRIVER");
            command.add_option("--name", options.backend, "Print an entry of backends of this name")
                ->type_name("NAME");
            command.add_option("--driver-dir", options.driver_dir, kDriverDirHelp)->type_name("FILE");
        },
        example);
}

} // namespace drover::cli
