// drover driver ls|inspect|reload. With a folder or a file named, ls and inspect ask no agent.
#include "core/cli/commands.hpp"
#include "core/cli/config_check.hpp"
#include "core/cli/driver_text.hpp"
#include "core/cli/json_text.hpp"

#include <boost/json/object.hpp>
#include <fmt/format.h>

namespace drover::cli {
namespace {

std::filesystem::path absolute(const std::string &path) {
    std::error_code error;
    auto result = std::filesystem::absolute(path, error);
    return error ? std::filesystem::path(path) : result.lexically_normal();
}

struct ListOptions {
    std::string folder;
};

Exit list_folder(Context &context, const std::string &folder) {
    const auto path = absolute(folder);
    std::error_code error;
    if (!std::filesystem::is_directory(path, error))
        throw CommandFailed(Exit::not_found, Code::not_found, fmt::format("{} is no folder", path.native()));
    const auto files = Catalog(path).scan();
    if (context.json()) {
        boost::json::array rows;
        for (const auto &file : files) {
            boost::json::object row{{"name", file.name}, {"path", file.path.native()}, {"error", nullptr}};
            if (file.description)
                row = driver_json(*file.description);
            row["error"] = file.description ? boost::json::value(nullptr)
                                            : boost::json::value(file.description.error().message);
            rows.emplace_back(std::move(row));
        }
        context.print_json(boost::json::object{{"files", std::move(rows)}});
        return Exit::ok;
    }
    if (context.quiet()) {
        for (const auto &file : files)
            context.out() << printable(file.name) << '\n';
        return Exit::ok;
    }
    context.print(file_table(files));
    for (const auto &file : files) {
        if (!file.description)
            context.err() << "drover: " << printable(file.description.error().message) << '\n';
    }
    return Exit::ok;
}

Exit list(Context &context, const ListOptions &options) {
    if (!options.folder.empty())
        return list_folder(context, options.folder);
    const auto answer = context.agent().get("/v2/drivers");
    if (context.json()) {
        context.print_json(answer);
        return Exit::ok;
    }
    const auto &backends = list_of(answer, "drivers");
    if (context.quiet()) {
        for (const auto &backend : backends)
            context.out() << printable(text_of(backend, "backend")) << '\n';
        return Exit::ok;
    }
    context.print(backend_table(backends));
    for (const auto &backend : backends) {
        const auto tell = [&](const char *key, const char *introduction) {
            if (const auto &error = value_of(backend, key); !error.is_null()) {
                context.err() << fmt::format("drover: {}: {}{}\n", printable(text_of(backend, "backend")),
                                             introduction, printable(text_of(error, "message")));
            }
        };
        tell("error", "");
        tell("reload_error", "the driver that is open serves on, since its new file cannot be used: ");
    }
    return Exit::ok;
}

struct ReloadOptions {
    std::string name;
};

Exit reload(Context &context, const ReloadOptions &options) {
    const auto began = context.agent().get("/v2/drivers");
    context.agent().act("POST", path("/v2/drivers", {options.name}) + "/reload", std::nullopt);
    const auto answer = context.agent().get("/v2/drivers");
    // A backend of that name, else those of the driver of that name.
    boost::json::array reloaded;
    for (const auto *key : {"backend", "driver"}) {
        for (const auto &backend : list_of(answer, "drivers")) {
            const bool is_isolated = text_of(backend, "isolation") == "process";
            if (is_isolated && text_of(backend, key) == options.name)
                reloaded.push_back(backend);
        }
        if (!reloaded.empty())
            break;
    }
    if (context.json())
        context.print_json(boost::json::object{{"drivers", reloaded}});
    for (const auto &backend : reloaded) {
        const auto name = text_of(backend, "backend");
        std::string_view before;
        for (const auto &row : list_of(began, "drivers")) {
            if (text_of(row, "backend") == name)
                before = text_of(row, "version");
        }
        const auto now = text_of(backend, "version");
        context.report(before == now || before.empty()
                           ? fmt::format("{}: reloaded, version {}", name, now)
                           : fmt::format("{}: reloaded, version {} instead of {}", name, now, before));
    }
    return Exit::ok;
}

struct InspectOptions {
    std::string name;
    std::string folder;
};

// The agent's backends, or none with no agent to ask.
boost::json::array backends_of_agent(Context &context) {
    try {
        const auto answer = context.agent().get("/v2/drivers");
        return list_of(answer, "drivers");
    } catch (const CommandFailed &failed) {
        if (failed.exit() != Exit::no_agent)
            throw;
        return {};
    }
}

struct FoundDriver {
    std::shared_ptr<DriverLibrary> library;
    boost::json::array backends; // the agent's, which use this file
};

// A file by its path; a driver in a named folder; the agent's backend or driver of this name; or, where the
// agent has none or is none, a driver in this node's folder.
FoundDriver find_driver(Context &context, const InspectOptions &options) {
    const bool is_path = options.name.find('/') != std::string::npos;
    const auto folder = options.folder.empty() ? default_driver_folder() : absolute(options.folder);
    std::filesystem::path file = is_path ? absolute(options.name) : std::filesystem::path();
    boost::json::array backends;
    if (!is_path && options.folder.empty()) {
        auto known = backends_of_agent(context);
        for (const auto *key : {"backend", "driver"}) {
            for (const auto &backend : known) {
                if (file.empty() && text_of(backend, key) == options.name)
                    file = std::string(text_of(backend, "path"));
            }
        }
        for (auto &backend : known) {
            if (!file.empty() && text_of(backend, "path") == file.native())
                backends.push_back(std::move(backend));
        }
    }
    Catalog catalog(folder);
    auto library = file.empty() ? catalog.load(options.name) : catalog.load_file(file);
    if (!library)
        fail_with(library.error());
    return {*std::move(library), std::move(backends)};
}

Exit inspect(Context &context, const InspectOptions &options) {
    auto found = find_driver(context, options);
    const auto &driver = description(*found.library);
    auto file = read_driver_file(driver.path);
    if (!file)
        fail_with(file.error());
    const InspectedDriver inspected{driver, *std::move(file), std::move(found.backends)};
    if (context.json()) {
        context.print_json(driver_json(inspected));
        return Exit::ok;
    }
    if (context.quiet()) {
        context.out() << printable(driver.name) << '\n';
        return Exit::ok;
    }
    context.print(driver_sheet(inspected));
    if (driver.config_keys.empty()) {
        context.out() << "\nIt has no keys in agent.yml.\n";
        return Exit::ok;
    }
    context.out() << "\nIts keys in agent.yml:\n";
    context.print(key_table(driver));
    return Exit::ok;
}

} // namespace

void add_driver_commands(CLI::App &app, Action &chosen) {
    auto *driver = add_group(app, "driver", "Drivers: the agent's backends, and what a driver file declares");
    add_command<ListOptions>(
        *driver, chosen, "ls", "List the agent's backends with their drivers",
        "  drover driver ls\n"
        "  drover driver ls --driver-dir /usr/lib/drover/drivers     the files of a folder; asks no agent",
        [](CLI::App &command, ListOptions &options) {
            command
                .add_option("--driver-dir", options.folder, "List the driver files of this folder instead")
                ->type_name("FILE");
        },
        list);
    add_command<InspectOptions>(
        *driver, chosen, "inspect", "Show a driver and its keys in agent.yml",
        "  drover driver inspect loopback\n"
        "  drover driver inspect ./build/acme.so\n"
        "  drover driver inspect acme --driver-dir ./build/drivers\n\n"
        "Opens no backend and reaches no array, but loads the file into this process: the code that runs is "
        "what it\n"
        "runs when it is loaded, and its entry drv_entry_v1. What it exports is checked before. A file or "
        "folder that\n"
        "others than root and you may change is refused.",
        [](CLI::App &command, InspectOptions &options) {
            command.add_option("driver", options.name, "A backend, a driver's name, or the path of a .so")
                ->required()
                ->type_name("DRIVER");
            command.add_option("--driver-dir", options.folder, "Look for the driver in this folder")
                ->type_name("FILE");
        },
        inspect);
    add_command<ReloadOptions>(
        *driver, chosen, "reload", "Take a driver's new file, while its volumes stay in use",
        "  drover driver reload gold      the driver of backend gold\n"
        "  drover driver reload acme      of every backend whose driver is acme\n\n"
        "The file in the driver folder is opened in a new process and checked. Then new calls go to it,\n"
        "those that run end in the old process, and that one ends. A file that fails its checks leaves\n"
        "the old driver serving.\n"
        "A driver in the agent's own process cannot be reloaded.",
        [](CLI::App &command, ReloadOptions &options) {
            command.add_option("name", options.name, "A backend, or a driver's name")
                ->required()
                ->type_name("BACKEND");
        },
        reload);
    add_stats_command(*driver, chosen);
}

} // namespace drover::cli
