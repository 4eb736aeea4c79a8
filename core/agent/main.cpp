// drover-agent: the node service. Reads agent.yml, builds the agent and runs it until SIGTERM.
#include "core/agent/agent.hpp"
#include "core/agent/log.hpp"
#include "core/agent/version.hpp"
#include "core/config/agent_config.hpp"
#include "core/config/agent_file.hpp"
#include "loader/base/child_call.hpp"

#include <CLI/CLI.hpp>
#include <spdlog/spdlog.h>

#include <cerrno>
#include <cstring>
#include <exception>
#include <iostream>
#include <string>
#include <sys/resource.h>
#include <sys/stat.h>

namespace {

// A shell and most service managers give 1024 and allow more. Clients that only connect must not take the
// descriptors that a mount needs.
void raise_descriptor_limit() {
    rlimit limit{};
    if (::getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur == limit.rlim_max)
        return;
    limit.rlim_cur = limit.rlim_max;
    if (::setrlimit(RLIMIT_NOFILE, &limit) != 0)
        spdlog::warn("cannot raise the limit of open files: {}", std::strerror(errno));
}

int run(const drover::AgentFile &chosen) {
    const std::string file = chosen.file.string();
    auto config = drover::load_agent_config(chosen.file);
    if (!config) {
        std::cerr << drover::render_with_source(config.error()) << "drover-agent: " << file
                  << " cannot be used; `drover config check " << file << "` shows this as well\n";
        return 2;
    }
    drover::set_up_log(config->logging);
    if (!chosen.why.empty())
        spdlog::info("configured by {}: {}", file, chosen.why);
    raise_descriptor_limit();
    for (const auto &warning : config->warnings)
        spdlog::warn("{}", drover::render(warning));
    // Now, while there are no threads: what a probe and a mount need at once.
    if (auto started = drover::start_kept_children(2); !started)
        spdlog::warn("{}", started.error().message);
    auto agent = drover::Agent::build(std::move(*config), drover::kVersion);
    if (!agent) {
        spdlog::error("cannot start: {}", agent.error().message);
        return 1;
    }
    if (auto ended = (*agent)->run(); !ended) {
        spdlog::error("{}", ended.error().message);
        return 1;
    }
    return 0;
}

} // namespace

int main(int argc, char **argv) {
    // Whatever is made without an explicit mode is the agent's own business.
    ::umask(0077);
    CLI::App app{"The Drover node agent: loads storage drivers, and serves their volumes to Docker and to "
                 "the API socket.",
                 "drover-agent"};
    std::string file;
    bool foreground = true;
    const auto *given =
        app.add_option("--config,-c", file,
                       "agent.yml to read; normally /etc/drover/agent.yml, or /etc/flocker/agent.yml when "
                       "the former is missing or has nothing but comments")
            ->type_name("FILE");
    app.add_flag("--foreground,-f", foreground,
                 "Stay in the foreground and log to stderr (always so; accepted for old unit files)");
    app.set_version_flag("--version", std::string("drover-agent ") + drover::kVersion);
    app.footer("Ends with 0 after SIGTERM or SIGINT, 1 when it cannot start, 2 for a wrong command line or "
               "agent.yml.\n"
               "Mounted volumes stay mounted when the agent stops.");
    try {
        app.parse(argc, argv);
    } catch (const CLI::ParseError &wrong) {
        return app.exit(wrong) == 0 ? 0 : 2;
    }
    try {
        return run(given->count() > 0 ? drover::AgentFile{file, {}} : drover::choose_agent_file());
    } catch (const std::exception &bug) {
        std::cerr << "drover-agent: " << bug.what() << '\n';
        return 1;
    }
}
