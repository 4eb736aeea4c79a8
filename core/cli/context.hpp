// What every command gets: the global options, where to print, and the agent, connected when first asked for.
#pragma once

#include "core/cli/agent_client.hpp"
#include "core/cli/cli.hpp"
#include "core/cli/table.hpp"

#include <boost/json/value.hpp>

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

namespace drover::cli {

struct Globals {
    std::string socket; // empty: DROVER_SOCKET, else the usual place
    bool json = false;
    bool quiet = false;
    bool no_color = false;
    double timeout_seconds = 0; // 0: none
};

class Context {
public:
    Context(const Surroundings &around, Globals globals);

    [[nodiscard]] const Globals &globals() const noexcept { return globals_; }
    [[nodiscard]] bool json() const noexcept { return globals_.json; }
    [[nodiscard]] bool quiet() const noexcept { return globals_.quiet; }
    [[nodiscard]] bool colored() const noexcept { return colored_; }
    [[nodiscard]] Moment now() const { return around_.now(); }
    [[nodiscard]] std::ostream &out() const noexcept { return around_.out; }
    [[nodiscard]] std::ostream &err() const noexcept { return around_.err; }

    AgentClient &agent();

    // For commands about one volume: adds "did you mean" when the agent knows none of that name.
    void about_volume(const std::string &name, const std::function<void()> &act);

    void print_json(const boost::json::value &value) const;
    void print(const Table &table) const { out() << table.render(colored_); }
    void print(const Sheet &sheet) const { out() << sheet.render(colored_); }
    // "created v": for people only.
    void report(std::string_view line) const;

private:
    Surroundings around_;
    Globals globals_;
    bool colored_;
    std::unique_ptr<AgentClient> agent_;
};

// What the command line chose to do.
using Action = std::function<Exit(Context &)>;

} // namespace drover::cli
