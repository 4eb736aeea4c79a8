#include "core/cli/context.hpp"

#include "core/cli/json_text.hpp"
#include "core/config/suggest.hpp"

#include <fmt/format.h>

namespace drover::cli {
namespace {

constexpr const char *kUsualSocket = "/run/drover/api.sock";

bool wants_color(const Surroundings &around, const Globals &globals) {
    const auto is_set = [&](const char *name) {
        const auto value = around.variable(name);
        return value && !value->empty();
    };
    return around.out_is_terminal && !globals.no_color && !is_set("NO_COLOR") &&
           around.variable("TERM").value_or("") != "dumb";
}

} // namespace

Context::Context(const Surroundings &around, Globals globals)
    : around_(around), globals_(std::move(globals)), colored_(wants_color(around_, globals_)) {}

AgentClient &Context::agent() {
    if (agent_)
        return *agent_;
    auto socket = globals_.socket;
    if (socket.empty())
        socket = around_.variable("DROVER_SOCKET").value_or("");
    if (socket.empty())
        socket = kUsualSocket;
    AgentClient::Options options{.deadline = Deadline::never(),
                                 .show_progress = around_.err_is_terminal && !quiet(),
                                 .catch_interrupts = around_.catch_interrupts};
    if (globals_.timeout_seconds > 0) {
        options.deadline = Deadline::after(std::chrono::duration_cast<std::chrono::nanoseconds>(
            std::chrono::duration<double>(globals_.timeout_seconds)));
    }
    agent_ = std::make_unique<AgentClient>(around_.connect(socket), err(), options);
    return *agent_;
}

void Context::about_volume(const std::string &name, const std::function<void()> &act) {
    try {
        act();
    } catch (const CommandFailed &failed) {
        if (failed.exit() != Exit::not_found)
            throw;
        const auto names = agent().volume_names();
        const auto meant = suggest(name, names);
        if (!meant || *meant == name)
            throw;
        throw CommandFailed(failed.exit(), fmt::format("{}; did you mean {}?", failed.what(), *meant),
                            failed.error());
    }
}

void Context::print_json(const boost::json::value &value) const {
    out() << pretty(value);
}

void Context::report(std::string_view line) const {
    if (!json() && !quiet())
        out() << printable(line) << '\n';
}

} // namespace drover::cli
