#include "conformance/report/about_driver.hpp"

#include "conformance/suite/backend_settings.hpp"
#include "conformance/suite/outcome_json.hpp"
#include "conformance/suite/sandbox.hpp"
#include "loader/open.hpp"

#include <boost/json.hpp>

#include <algorithm>
#include <fcntl.h>
#include <unistd.h>

namespace drover::conformance {
namespace {

namespace json = boost::json;

constexpr std::chrono::seconds kLongest{10};

json::array array_of(const std::vector<std::string> &texts) {
    json::array rows;
    for (const std::string &text : texts)
        rows.push_back(json::string(as_text(text)));
    return rows;
}

std::vector<std::string> texts_of(const json::value &rows) {
    std::vector<std::string> texts;
    for (const json::value &row : rows.as_array())
        texts.push_back(as_text(row.as_string()));
    return texts;
}

std::string_view name_of(Protocol protocol) {
    switch (protocol) {
    case Protocol::local:
        return "local";
    case Protocol::iscsi:
        return "iSCSI";
    case Protocol::fc:
        return "Fibre Channel";
    case Protocol::nvme_tcp:
        return "NVMe/TCP";
    }
    return "unknown";
}

bool write_line(const AboutDriver &about) {
    const std::string line = json::serialize(json::object{{"name", as_text(about.name)},
                                                          {"version", as_text(about.version)},
                                                          {"vendor", as_text(about.vendor)},
                                                          {"abi_major", about.abi_major},
                                                          {"abi_minor", about.abi_minor},
                                                          {"extensions", array_of(about.extensions)},
                                                          {"protocols", array_of(about.protocols)},
                                                          {"traits", array_of(about.traits)}}) +
                             "\n";
    for (std::size_t done = 0; done < line.size();) {
        const ssize_t count = ::write(kResultFd, line.data() + done, line.size() - done);
        if (count <= 0)
            return false;
        done += static_cast<std::size_t>(count);
    }
    return true;
}

std::vector<std::string> traits_of(const Capabilities &can) {
    std::vector<std::string> traits;
    const auto add = [&](bool has, std::string_view name) {
        if (has)
            traits.emplace_back(name);
    };
    add(can.thin, "thin");
    add(can.multi_attach, "multi-attach");
    add(can.online_extend, "online extend");
    add(can.zeroed, "new volumes read as zero");
    return traits;
}

std::optional<AboutDriver> from_line(std::string_view line) {
    try {
        const json::object from = json::parse(line).as_object();
        return AboutDriver{.name = as_text(from.at("name").as_string()),
                           .version = as_text(from.at("version").as_string()),
                           .vendor = as_text(from.at("vendor").as_string()),
                           .abi_major = from.at("abi_major").to_number<unsigned>(),
                           .abi_minor = from.at("abi_minor").to_number<unsigned>(),
                           .extensions = texts_of(from.at("extensions")),
                           .protocols = texts_of(from.at("protocols")),
                           .traits = texts_of(from.at("traits"))};
    } catch (const std::exception &) { // of another form
        return std::nullopt;
    }
}

} // namespace

int tell_about_driver(const Settings &settings) {
    ::fcntl(kResultFd, F_SETFD, FD_CLOEXEC); // no program that the driver starts may find it
    const auto library = DriverLibrary::load(settings.driver);
    if (!library)
        return 1;
    const DriverDescription &said = (*library)->description();
    AboutDriver about{.name = said.name,
                      .version = said.version,
                      .vendor = said.vendor,
                      .abi_major = said.abi_major,
                      .abi_minor = said.abi_minor};
    if (!write_line(about))
        return 1;
    const auto checked = check_settings(settings.file, said);
    if (!checked)
        return 1;
    StderrHost host;
    const CallContext call{
        .deadline = Deadline::after(std::min<std::chrono::nanoseconds>(settings.limit / 2, kLongest / 2)),
        .request_id = "about"};
    const auto driver = open_in_process(*library,
                                        {.backend = "conformance",
                                         .agent_version = "conformance",
                                         .node_id = settings.file.nodes[0].id,
                                         .settings = *checked},
                                        host, call);
    if (!driver)
        return 1;
    about.extensions = (*driver)->extensions();
    if (const auto can = (*driver)->capabilities(call)) {
        about.traits = traits_of(*can);
        for (const Protocol protocol : can->protocols)
            about.protocols.emplace_back(name_of(protocol));
    }
    return write_line(about) ? 0 : 1;
}

AboutDriver read_about_driver(std::string_view lines) {
    AboutDriver last;
    while (!lines.empty()) {
        const std::string_view line = lines.substr(0, lines.find('\n'));
        if (auto about = from_line(line))
            last = std::move(*about);
        lines.remove_prefix(std::min(line.size() + 1, lines.size()));
    }
    return last;
}

AboutDriver ask_about_driver(const std::vector<std::string> &arguments, std::chrono::nanoseconds limit,
                             int stop_fd) {
    const auto end = run_in_sandbox({.program = "/proc/self/exe",
                                     .arguments = arguments,
                                     .limit = std::min<std::chrono::nanoseconds>(limit, kLongest),
                                     .stop_fd = stop_fd});
    return end ? read_about_driver(end->result) : AboutDriver();
}

} // namespace drover::conformance
