// drover sdk new: for authors of drivers. Asks no agent and loads no driver.
#include "core/cli/commands.hpp"
#include "core/cli/driver_project.hpp"

#include <CLI/Validators.hpp>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <fmt/format.h>

#include <chrono>

namespace drover::cli {
namespace {

namespace fs = std::filesystem;

struct NewOptions {
    std::string name;
    std::string language = "cpp";
    std::string directory; // empty: the name
};

// As a shell takes it for one word.
std::string shell_word(const std::string &text) {
    constexpr std::string_view kPlain =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789./_-+:@%,";
    if (!text.empty() && text.find_first_not_of(kPlain) == std::string::npos)
        return text;
    std::string word = "'";
    for (const char c : text)
        word += c == '\'' ? "'\\''" : std::string(1, c);
    return word + "'";
}

// CMake looks below /usr and /usr/local by itself.
std::string where_the_sdk_is(const fs::path &prefix) {
    std::error_code error;
    if (prefix == "/usr" || prefix == "/usr/local" ||
        !fs::exists(prefix / "share/pkgconfig/drover-sdk.pc", error))
        return {};
    return " -DCMAKE_PREFIX_PATH=" + shell_word(prefix.native());
}

Exit make(Context &context, const NewOptions &options) {
    if (const auto problem = problem_with_driver_name(options.name))
        fail_usage(printable(*problem));
    const auto given = options.directory.empty() ? options.name : options.directory;
    std::error_code error;
    auto folder = fs::absolute(given, error).lexically_normal();
    if (!folder.has_filename())
        folder = folder.parent_path(); // it was given with a slash at its end
    const auto prefix = program_prefix();
    const std::chrono::year_month_day today(std::chrono::floor<std::chrono::days>(context.now()));
    const auto files = make_driver_project(prefix, {.name = options.name,
                                                    .language = options.language,
                                                    .folder = folder,
                                                    .year = static_cast<int>(today.year())});
    if (!files)
        fail_with(files.error());
    if (context.json()) {
        context.print_json(boost::json::object{{"name", options.name},
                                               {"language", options.language},
                                               {"directory", folder.native()},
                                               {"files", boost::json::array(files->begin(), files->end())}});
    } else if (context.quiet()) {
        context.out() << printable(folder.native()) << '\n';
    } else {
        context.out() << fmt::format(
            "made {}: the driver {}, with an array in memory to begin with. Next:\n\n"
            "  cd {}\n"
            "  cmake -B build{} && cmake --build build\n"
            "  ctest --test-dir build --output-on-failure\n\n"
            "Its README.md tells how to go on.\n",
            printable(folder.native()), options.name, printable(shell_word(given)), where_the_sdk_is(prefix));
    }
    return Exit::ok;
}

} // namespace

void add_sdk_commands(CLI::App &app, Action &chosen) {
    auto *sdk = add_group(app, "sdk", "For authors of drivers");
    add_command<NewOptions>(
        *sdk, chosen, "new", "Make a folder with a new driver in it: whole, and tested",
        "  drover sdk new acme\n"
        "  drover sdk new acme --lang c --directory ./acme-driver\n\n"
        "The driver keeps its volumes in memory, and passes drover-conformance as it is; its README.md tells "
        "how to\n"
        "replace the memory by an array. Needs the package drover-sdk.",
        [](CLI::App &command, NewOptions &options) {
            command.add_option("name", options.name, "The driver's name, which agent.yml will say")
                ->required()
                ->type_name("NAME");
            command.add_option("--lang", options.language, "c, or cpp: C++ with the SDK (the default)")
                ->type_name("LANG")
                ->check(CLI::IsMember({"c", "cpp"}).description(""));
            command
                .add_option("--directory", options.directory,
                            "The folder, new or empty; normally the driver's name")
                ->type_name("FILE");
        },
        make);
}

} // namespace drover::cli
