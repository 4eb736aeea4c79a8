// drover version.
#include "core/cli/commands.hpp"

#include <boost/json/object.hpp>

namespace drover::cli {
namespace {

struct NoOptions {};

} // namespace

void add_version_command(CLI::App &app, Action &chosen) {
    add_command<NoOptions>(
        app, chosen, "version", "Print the version of this program", "  drover version",
        [](CLI::App &, NoOptions &) {},
        [](Context &context, const NoOptions &) {
            if (context.json()) {
                context.print_json(boost::json::object{{"version", DROVER_VERSION}});
            } else {
                context.out() << "drover " << DROVER_VERSION << '\n';
            }
            return Exit::ok;
        });
}

} // namespace drover::cli
